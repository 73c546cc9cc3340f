use super::body::EventBody;
use super::event_type::{EventType, TypeRules};
use super::id::{ConversationId, MemberId};
use crate::error::{Error, Result, Status};

/// A valid custom event, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventRequest<'a> {
    /// The conversation that the event is created in.
    pub conversation_id: ConversationId<'a>,
    /// Its type.
    pub event_type: EventType<'a>,
    /// The member that the event comes from; needed if the token names a user (`subject`).
    pub from: Option<MemberId<'a>>,
    /// Its body.
    pub body: EventBody<'a>,
}

impl<'a> EventRequest<'a> {
    /// Checks the parts in this order: conversation id, type, member id, body.
    ///
    /// # Errors
    /// The first error that the parts' constructors return.
    pub fn new(
        conversation_id: &'a str,
        event_type: &'a str,
        from: Option<&'a str>,
        body: &'a str,
        rules: TypeRules,
    ) -> Result<EventRequest<'a>> {
        EventRequest::checked(conversation_id, event_type, from, body, rules, false)
    }

    /// As [`new`](EventRequest::new); with `needs_from` the member id is required.
    pub(crate) fn checked(
        conversation_id: &'a str,
        event_type: &'a str,
        from: Option<&'a str>,
        body: &'a str,
        rules: TypeRules,
        needs_from: bool,
    ) -> Result<EventRequest<'a>> {
        Ok(EventRequest {
            conversation_id: ConversationId::new(conversation_id)?,
            event_type: EventType::new(event_type, rules)?,
            from: match from {
                None if needs_from => return Err(no_member()),
                from => from.map(MemberId::new).transpose()?,
            },
            body: EventBody::new(body)?,
        })
    }
}

fn no_member() -> Error {
    Error::new(
        Status::MemberId,
        "the member id is missing: the token names a user as its subject, so every event needs the id of the member that it comes from",
    )
}
