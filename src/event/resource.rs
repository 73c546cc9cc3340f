use serde::Deserialize;
use serde_json::value::RawValue;

/// An event as the server described it. A field that the server left out is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    id: Option<String>,
    event_type: Option<String>,
    from: Option<String>,
    timestamp: Option<String>,
    body: Option<String>,
    json: String,
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
        // The derived reader would take an array for an object.
        if !json.trim_start().starts_with('{') {
            return None;
        }
        let fields: Fields<'_> = serde_json::from_str(json).ok()?;
        Some(Event {
            id: fields.id.and_then(text),
            event_type: fields.event_type.and_then(text),
            from: fields.from.and_then(text),
            timestamp: fields.timestamp.and_then(text),
            body: fields.body.map(|raw| raw.get().to_owned()),
            json: json.to_owned(),
        })
    }

    /// The event's id as text, whether the server sent a number or a string.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The event type.
    #[must_use]
    pub fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// The member that the event comes from.
    #[must_use]
    pub fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// When the server created the event, as it wrote it (RFC 3339).
    #[must_use]
    pub fn timestamp(&self) -> Option<&str> {
        self.timestamp.as_deref()
    }

    /// The body's JSON, byte for byte the server's.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// The whole resource's JSON, byte for byte the server's.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// A string's content, anything else as it was written.
fn text(raw: &RawValue) -> Option<String> {
    let raw = raw.get();
    if raw.starts_with('"') { serde_json::from_str(raw).ok() } else { Some(raw.to_owned()) }
}
