use std::collections::BTreeMap;
use std::ffi::CStr;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

/// An event as the server described it. A field that the server left out is `None`.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// The fields' values, with a NUL after each for C.
    text: String,
    /// Where each [`Field`] is in `text`.
    fields: [Option<Range<usize>>; 6],
}

/// A field of an event.
#[derive(Clone, Copy)]
pub(crate) enum Field {
    Id,
    Type,
    From,
    Timestamp,
    Body,
    /// The whole resource.
    Json,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    from: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

impl Event {
    /// Reads a resource; `None` if it is not a JSON object.
    pub(crate) fn from_json(json: &str) -> Option<Event> {
        // serde's derived code would accept an array too.
        if !json.trim_start().starts_with('{') {
            return None;
        }
        let fields: Fields<'_> = serde_json::from_str(json).ok()?;
        let texts = [fields.id, fields.event_type, fields.from, fields.timestamp];
        let size = |raw: &RawValue| raw.get().len() + 1;
        let sizes: usize = texts.into_iter().chain([fields.body]).flatten().map(size).sum();
        let mut text = String::with_capacity(sizes + json.len() + 1);
        let [id, event_type, from, timestamp] =
            texts.map(|raw| raw.and_then(|raw| append_text(&mut text, raw)));
        let body = fields.body.map(|raw| append(&mut text, raw.get()));
        let whole = Some(append(&mut text, json));
        Some(Event { text, fields: [id, event_type, from, timestamp, body, whole] })
    }

    /// The event with only its id, type and timestamp, for reports that have no room for more.
    pub(crate) fn brief(&self) -> Event {
        const LONGEST: usize = 256;
        let short = |text: Option<&str>| text.filter(|t| t.len() <= LONGEST).map(str::to_owned);
        let fields = [
            ("id", short(self.id())),
            ("type", short(self.event_type())),
            ("timestamp", short(self.timestamp())),
        ];
        let fields: BTreeMap<_, _> =
            fields.into_iter().filter_map(|(name, text)| Some((name, text?))).collect();
        // A map of texts can always be written as JSON, and is an object.
        let json = serde_json::to_string(&fields).unwrap_or_default();
        Event::from_json(&json).unwrap_or_else(|| self.clone())
    }

    /// The event's id as text, whether the server sent a number or a string.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.text.get(self.range(Field::Id)?)
    }

    /// The event type.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.text.get(self.range(Field::Type)?)
    }

    /// The member that the event comes from.
    #[must_use]
    pub fn from(&self) -> Option<&str> {
        self.text.get(self.range(Field::From)?)
    }

    /// When the server created the event, as it wrote it (RFC 3339).
    #[must_use]
    pub fn timestamp(&self) -> Option<&str> {
        self.text.get(self.range(Field::Timestamp)?)
    }

    /// The body's JSON, byte for byte the server's.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.text.get(self.range(Field::Body)?)
    }

    /// The whole resource's JSON, byte for byte the server's.
    #[must_use]
    pub fn json(&self) -> &str {
        self.range(Field::Json).and_then(|range| self.text.get(range)).unwrap_or_default()
    }

    /// A field as a C string. A NUL in it, which no valid field has, ends the string.
    pub(crate) fn c_str(&self, field: Field) -> Option<&CStr> {
        let start = self.range(field)?.start;
        CStr::from_bytes_until_nul(self.text.as_bytes().get(start..)?).ok()
    }

    fn range(&self, field: Field) -> Option<Range<usize>> {
        self.fields.get(field as usize)?.clone()
    }
}

/// Shows the fields, not how they are stored.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id())
            .field("event_type", &self.event_type())
            .field("from", &self.from())
            .field("timestamp", &self.timestamp())
            .field("body", &self.body())
            .finish_non_exhaustive()
    }
}

fn append(text: &mut String, value: &str) -> Range<usize> {
    let start = text.len();
    text.push_str(value);
    text.push('\0');
    start..start + value.len()
}

/// Appends the content of a JSON string, or any other value as it is written.
fn append_text(text: &mut String, raw: &RawValue) -> Option<Range<usize>> {
    let raw = raw.get();
    match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        None => Some(append(text, raw)),
        Some(content) if !content.contains('\\') => Some(append(text, content)),
        Some(_) => serde_json::from_str::<String>(raw).ok().map(|content| append(text, &content)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_the_fields_of_the_event() {
        let event = Event::from_json(r#"{"id":7,"from":"MEM-1","body":{"k":1}}"#).unwrap();
        assert_eq!(
            format!("{event:?}"),
            r#"Event { id: Some("7"), event_type: None, from: Some("MEM-1"), timestamp: None, body: Some("{\"k\":1}"), .. }"#
        );
    }
}
