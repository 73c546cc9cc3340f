//! Which resource a request's path names.

use http::Method;

use crate::aim::Operation;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Route<'a> {
    Conversations,
    Members { conversation_id: &'a str },
    Events { conversation_id: &'a str },
    Event { conversation_id: &'a str, event_id: &'a str },
}

impl<'a> Route<'a> {
    /// `None` for an unknown path; a path that ends with a slash is unknown too.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').collect();
        match segments[..] {
            [.., ""] => None,
            ["", "v0.3" | "v1", "conversations"] => Some(Self::Conversations),
            ["", "v0.3" | "v1", "conversations", conversation_id, "members"] => {
                Some(Self::Members { conversation_id })
            }
            ["", "v0.3" | "v1", "conversations", conversation_id, "events"] => {
                Some(Self::Events { conversation_id })
            }
            ["", "v0.3" | "v1", "conversations", conversation_id, "events", event_id] => {
                Some(Self::Event { conversation_id, event_id })
            }
            _ => None,
        }
    }

    pub(crate) fn conversation_id(self) -> Option<&'a str> {
        match self {
            Self::Conversations => None,
            Self::Members { conversation_id }
            | Self::Events { conversation_id }
            | Self::Event { conversation_id, .. } => Some(conversation_id),
        }
    }

    pub(crate) fn operation(self, method: &Method) -> Operation {
        match (self, method.as_str()) {
            (Self::Events { .. }, "POST") => Operation::Create,
            (Self::Events { .. }, "GET") => Operation::List,
            (Self::Event { .. }, "GET") => Operation::Get,
            (Self::Event { .. }, "DELETE") => Operation::Delete,
            _ => Operation::Any,
        }
    }

    /// The resource's methods, as an `Allow` header lists them.
    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Conversations | Self::Members { .. } => "POST",
            Self::Events { .. } => "GET, POST",
            Self::Event { .. } => "GET, DELETE",
        }
    }
}
