use super::characters::{first_other, is_name_byte, shown};
use crate::error::{Error, Result, Status};

/// Which event types are accepted. Source: the Conversation API's documentation of custom events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TypeRules {
    /// After `custom:`, only letters, digits, `-` and `_`; 100 characters in all.
    #[default]
    Documented,
    /// The same, with `:` allowed too, as in `custom:poll:question`.
    Namespaced,
    /// Any type of at most 4096 bytes: only the server checks it.
    Off,
}

/// The type of a custom event, such as `custom:order_paid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventType<'a>(&'a str);

const PREFIX: &str = "custom:";
const MAX_CHARACTERS: usize = 100;
/// The limit without rules: the same as for a body, so that no event takes much memory.
const MAX_BYTES: usize = 4096;

/// Returns whether a type, valid or not, is a custom event's.
pub fn is_custom(event_type: &str) -> bool {
    event_type.starts_with(PREFIX)
}

impl<'a> EventType<'a> {
    /// Takes an event type that follows the rules.
    ///
    /// # Errors
    /// The first rule that it breaks, in this order: [`Status::TypePrefix`],
    /// [`Status::TypeEmpty`], [`Status::TypeTooLong`], [`Status::TypeCharacter`].
    pub fn new(text: &'a str, rules: TypeRules) -> Result<EventType<'a>> {
        EventType::validate(text, rules)?;
        Ok(EventType(text))
    }

    /// Checks an event type.
    ///
    /// # Errors
    /// As [`EventType::new`].
    pub fn validate(text: &str, rules: TypeRules) -> Result<()> {
        if rules == TypeRules::Off {
            return if text.len() > MAX_BYTES { Err(too_large(text)) } else { Ok(()) };
        }
        let Some(name) = text.strip_prefix(PREFIX) else {
            return Err(wrong_prefix(text));
        };
        if name.is_empty() {
            return Err(Error::new(
                Status::TypeEmpty,
                "the event type has no name after \"custom:\"; add one, such as \"custom:order_paid\"",
            )
            .at(PREFIX.len()));
        }
        // A type has at most as many characters as bytes, so most types need no counting.
        if text.len() > MAX_CHARACTERS
            && let Some((offset, _)) = text.char_indices().nth(MAX_CHARACTERS)
        {
            return Err(Error::new(
                Status::TypeTooLong,
                format!(
                    "the event type has {} characters, \"custom:\" included; at most {MAX_CHARACTERS} are allowed",
                    text.chars().count()
                ),
            )
            .at(offset));
        }
        let with_colon = rules == TypeRules::Namespaced;
        let is_allowed = |byte: u8| is_name_byte(byte) | (with_colon & (byte == b':'));
        match first_other(name, is_allowed) {
            None => Ok(()),
            Some(position) => Err(wrong_character(text, PREFIX.len() + position, rules)),
        }
    }

    /// The type's text.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.0
    }
}

fn too_large(text: &str) -> Error {
    let message = format!(
        "the event type has {} bytes; with type_rules=off at most {MAX_BYTES} are allowed",
        text.len()
    );
    Error::new(Status::TypeTooLong, message).at(MAX_BYTES)
}

fn wrong_prefix(text: &str) -> Error {
    let offset = text.bytes().zip(PREFIX.bytes()).take_while(|(a, b)| a == b).count();
    let message = if text.is_empty() {
        "the event type is empty; it must begin with \"custom:\", such as \"custom:order_paid\""
    } else {
        "the event type must begin with \"custom:\" in lower case, such as \"custom:order_paid\""
    };
    Error::new(Status::TypePrefix, message).at(offset)
}

fn wrong_character(text: &str, offset: usize, rules: TypeRules) -> Error {
    let character = text.get(offset..).and_then(|rest| rest.chars().next()).unwrap_or_default();
    let hint = match (character, rules) {
        (':', TypeRules::Documented) => "; with type_rules=namespaced ':' is allowed too",
        _ => "",
    };
    let allowed = match rules {
        TypeRules::Namespaced => "letters a-z and A-Z, digits, '-', '_' and ':'",
        _ => "letters a-z and A-Z, digits, '-' and '_'",
    };
    Error::new(
        Status::TypeCharacter,
        format!(
            "the event type has {} at byte {offset}; after \"custom:\" only {allowed} are allowed{hint}",
            shown(character)
        ),
    )
    .at(offset)
}
