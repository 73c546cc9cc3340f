use super::{ConversationId, EventBody, EventType, MemberId, TypeRules};
use crate::error::Result;

/// A custom event that is fit to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventRequest {
    /// The conversation that it is put into.
    pub conversation_id: ConversationId,
    /// Its type.
    pub event_type: EventType,
    /// The member that it comes from; needed if the token names a user (`subject`).
    pub from: Option<MemberId>,
    /// Its body.
    pub body: EventBody,
}

impl EventRequest {
    /// Checks all parts, in this order, and reports the first offence: conversation id, type,
    /// member id, body.
    ///
    /// # Errors
    /// Those of the parts' constructors.
    pub fn new(
        conversation_id: &str,
        event_type: &str,
        from: Option<&str>,
        body: &str,
        rules: TypeRules,
    ) -> Result<EventRequest> {
        Ok(EventRequest {
            conversation_id: ConversationId::new(conversation_id)?,
            event_type: EventType::new(event_type, rules)?,
            from: from.map(MemberId::new).transpose()?,
            body: EventBody::new(body)?,
        })
    }
}
