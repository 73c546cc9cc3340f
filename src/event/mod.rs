//! What an event is. No I/O and no clock: everything here is checked before a byte is sent.

mod body;
mod characters;
mod event_type;
mod id;
mod json;
mod request;
mod resource;

pub use body::EventBody;
pub(crate) use event_type::is_custom;
pub use event_type::{EventType, TypeRules};
pub use id::{ConversationId, EventId, MemberId};
pub use request::EventRequest;
pub use resource::Event;
pub(crate) use resource::Field;

use std::fmt::Write as _;

/// A character as an error message shows it: visible, unambiguous, on one line.
fn shown(character: char) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = match character {
        ' ' => write!(text, "a space"),
        c if c.is_ascii_graphic() => write!(text, "'{c}'"),
        c if c.is_alphanumeric() => write!(text, "'{c}' (U+{:04X})", c as u32),
        c => write!(text, "U+{:04X}", c as u32),
    };
    text
}
