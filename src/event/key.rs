use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::resource::Event;

/// What tells an event apart from all others: a member of its body, together with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventKey {
    pub event_type: String,
    /// The member's name.
    pub member: String,
    /// The member's value.
    pub value: String,
}

impl EventKey {
    /// Whether this is the event that the key names.
    pub fn names(&self, event: &Event) -> bool {
        event.event_type() == Some(&*self.event_type)
            && event.body().is_some_and(|body| match Member::of(body, &self.member) {
                Member::Text(value) => value == self.value,
                Member::Missing | Member::Other => false,
            })
    }
}

/// A member of a body.
#[derive(Debug, PartialEq, Eq)]
pub enum Member {
    Missing,
    Text(String),
    /// It is not a string.
    Other,
}

impl Member {
    /// Reads a member of a JSON object. Of several with the same name the last one counts, as for
    /// most readers of JSON.
    pub fn of(body: &str, name: &str) -> Member {
        // The derived reader would take an array for an object.
        if !body.trim_ascii_start().starts_with('{') {
            return Member::Missing;
        }
        let mut reader = serde_json::Deserializer::from_str(body);
        let Ok(Some(value)) = reader.deserialize_map(Named(name)) else { return Member::Missing };
        serde_json::from_str(value.get()).map_or(Member::Other, Member::Text)
    }
}

/// Reads the value of the last member with this name.
struct Named<'a>(&'a str);

impl<'de> Visitor<'de> for Named<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value()?;
            if name == self.0 {
                found = Some(value);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_by_its_decoded_name_at_the_top_level() {
        for (body, member) in [
            (r"{}", Member::Missing),
            (r#"{"k":"v"}"#, Member::Text("v".to_owned())),
            (r#"{"\u006b":"\u0076"}"#, Member::Text("v".to_owned())),
            (r#"{"a":{"k":"v"}}"#, Member::Missing),
            (r#"{"k":1}"#, Member::Other),
            (r#"{"k":null}"#, Member::Other),
            (r#"{"k":1,"k":"v"}"#, Member::Text("v".to_owned())),
            (r#"["k"]"#, Member::Missing),
        ] {
            assert_eq!(Member::of(body, "k"), member, "{body}");
        }
    }

    #[test]
    fn a_key_names_an_event_of_its_type_only() {
        let key = EventKey {
            event_type: "custom:a".to_owned(),
            member: "k".to_owned(),
            value: "v".to_owned(),
        };
        for (event, names) in [
            (r#"{"type":"custom:a","body":{"k":"v"}}"#, true),
            (r#"{"type":"custom:b","body":{"k":"v"}}"#, false),
            (r#"{"type":"custom:a","body":{"k":"w"}}"#, false),
            (r#"{"type":"custom:a"}"#, false),
            (r#"{"body":{"k":"v"}}"#, false),
        ] {
            assert_eq!(key.names(&Event::from_json(event).unwrap()), names, "{event}");
        }
    }
}
