//! What an event is. There is no I/O and no clock here: events are checked before any byte is
//! sent.

mod body;
mod characters;
mod event_type;
mod id;
mod json;
mod key;
mod request;
mod resource;

pub use body::EventBody;
pub(crate) use event_type::is_custom;
pub use event_type::{EventType, TypeRules};
pub use id::{ConversationId, EventId, MemberId};
pub(crate) use json::escaped;
pub(crate) use key::EventKey;
pub use request::EventRequest;
pub use resource::Event;
pub(crate) use resource::Field;
