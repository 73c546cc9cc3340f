use crate::event::{ConversationId, EventId, EventKey, EventRequest, MemberId, escaped};
use crate::outcome::Effect;

/// A request's HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Delete,
}

/// One request, without its token.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub url: String,
    /// JSON.
    pub body: Option<String>,
    /// Names the event that is created, if it can be looked up.
    pub key: Option<Box<EventKey>>,
}

impl Request {
    /// Asks for the events at `url`. `query` is already encoded and has no question mark.
    pub fn list(url: &str, query: &str) -> Request {
        let url = if query.is_empty() { url.to_owned() } else { format!("{url}?{query}") };
        Request { method: Method::Get, url, body: None, key: None }
    }

    /// What the request changes if the server carries it out.
    pub fn effect(&self) -> Effect {
        match self.method {
            Method::Post => Effect::Create,
            Method::Delete => Effect::Delete,
            Method::Get => Effect::Read,
        }
    }
}

/// Where the API's events are: base URL and version. Paths do not end with a slash.
#[derive(Clone, Debug)]
pub struct Endpoint {
    root: String,
}

impl Endpoint {
    /// `base_url` must not end with a slash.
    pub fn new(base_url: &str, api_version: &str) -> Endpoint {
        Endpoint { root: format!("{base_url}/{api_version}/conversations/") }
    }

    pub fn create_event(&self, event: &EventRequest<'_>, key: Option<Box<EventKey>>) -> Request {
        let event_type = escaped(event.event_type.as_str());
        // An id has no character that JSON would escape.
        let from = event.from.as_ref().map_or("", MemberId::as_str);
        let (before, after) = if from.is_empty() { ("", "") } else { (",\"from\":\"", "\"") };
        let body = event.body.as_str();
        let parts =
            ["{\"type\":\"", &*event_type, "\"", before, from, after, ",\"body\":", body, "}"];
        Request {
            method: Method::Post,
            url: self.events(event.conversation_id),
            body: Some(parts.concat()),
            key,
        }
    }

    pub fn get_event(&self, conversation: ConversationId<'_>, event: EventId<'_>) -> Request {
        self.on_event(Method::Get, conversation, event)
    }

    pub fn delete_event(&self, conversation: ConversationId<'_>, event: EventId<'_>) -> Request {
        self.on_event(Method::Delete, conversation, event)
    }

    fn on_event(
        &self,
        method: Method,
        conversation: ConversationId<'_>,
        event: EventId<'_>,
    ) -> Request {
        let url = format!("{}/{}", self.events(conversation), event.as_str());
        Request { method, url, body: None, key: None }
    }

    /// The URL of a conversation's events.
    pub fn events(&self, conversation: ConversationId<'_>) -> String {
        [&*self.root, conversation.as_str(), "/events"].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::TypeRules;

    #[test]
    fn a_create_request_is_as_vonage_documents_it() {
        let endpoint = Endpoint::new("https://api.nexmo.com", "v0.3");
        let event = EventRequest::new(
            "CON-1",
            "custom:a",
            Some("MEM-1"),
            "{ \"k\" : 1.0 }",
            TypeRules::Documented,
        )
        .unwrap();
        let request = endpoint.create_event(&event, None);
        assert_eq!(request.url, "https://api.nexmo.com/v0.3/conversations/CON-1/events");
        assert_eq!(
            request.body.as_deref(),
            Some(r#"{"type":"custom:a","from":"MEM-1","body":{"k":1.0}}"#)
        );
    }

    #[test]
    fn a_type_without_rules_is_still_one_json_string() {
        let endpoint = Endpoint::new("https://h", "v1");
        let event = EventRequest::new("C", "a\"b\\\n", None, "{}", TypeRules::Off).unwrap();
        let body = endpoint.create_event(&event, None).body.unwrap();
        assert_eq!(body, r#"{"type":"a\"b\\\n","body":{}}"#);
    }
}
