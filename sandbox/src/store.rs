//! Conversations, their members and their events.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) user_name: String,
}

/// An event as the sandbox keeps it.
#[derive(Debug, Clone, Serialize)]
pub struct StoredEvent {
    /// Counted from 1 in each conversation.
    pub id: u64,
    /// The event type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The member that sent it, if one was named.
    pub from: Option<String>,
    /// The JSON text exactly as it arrived.
    pub body: Box<RawValue>,
    /// When it was created, by the sandbox's clock.
    pub timestamp: String,
    /// When it was deleted, if it was. A deleted event stays listed.
    pub deleted: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Conversation {
    pub(crate) members: Vec<Member>,
    pub(crate) events: Vec<StoredEvent>,
}

impl Conversation {
    pub(crate) fn member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    pub(crate) fn join(&mut self, user_id: Option<String>, user_name: Option<String>) -> &Member {
        let user_id = user_id.unwrap_or_else(|| format!("USR-{}", Uuid::new_v4()));
        let user_name = user_name.unwrap_or_else(|| format!("NAM-{}", Uuid::new_v4()));
        let id = format!("MEM-{}", Uuid::new_v4());
        self.members.push(Member { id, user_id, user_name });
        &self.members[self.members.len() - 1]
    }

    pub(crate) fn add(
        &mut self,
        event_type: String,
        from: Option<String>,
        body: Box<RawValue>,
        timestamp: String,
    ) -> &StoredEvent {
        let id = self.events.last().map_or(1, |last| last.id + 1);
        self.events.push(StoredEvent { id, event_type, from, body, timestamp, deleted: None });
        &self.events[self.events.len() - 1]
    }

    pub(crate) fn event(&self, id: u64) -> Option<&StoredEvent> {
        self.events.iter().find(|event| event.id == id)
    }

    /// Marks an event as deleted; the first time counts. False if there is no such event.
    pub(crate) fn delete(&mut self, id: u64, timestamp: String) -> bool {
        let event = self.events.iter_mut().find(|event| event.id == id);
        event.map(|event| event.deleted.get_or_insert(timestamp)).is_some()
    }
}

#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) conversations: BTreeMap<String, Conversation>,
    /// The conversation and the member that are there from the start.
    pub(crate) first: (String, String),
}

impl Store {
    pub(crate) fn new() -> Self {
        let mut store = Self { conversations: BTreeMap::new(), first: Default::default() };
        store.first = store.open_with_member();
        store
    }

    pub(crate) fn open(&mut self) -> String {
        let id = format!("CON-{}", Uuid::new_v4());
        self.conversations.insert(id.clone(), Conversation::default());
        id
    }

    /// A new conversation with one member: the ids of both.
    pub(crate) fn open_with_member(&mut self) -> (String, String) {
        let id = self.open();
        let member = self.conversations.entry(id.clone()).or_default().join(None, None).id.clone();
        (id, member)
    }

    /// A conversation's events, deleted ones included.
    pub(crate) fn events(&self, conversation_id: &str) -> Option<Vec<StoredEvent>> {
        self.conversations.get(conversation_id).map(|conversation| conversation.events.clone())
    }

    /// Back to the first conversation with its first member and without events.
    pub(crate) fn reset(&mut self) {
        let (id, member) = &self.first;
        self.conversations.retain(|candidate, _| candidate == id);
        for conversation in self.conversations.values_mut() {
            conversation.members.retain(|candidate| candidate.id == *member);
            conversation.events.clear();
        }
    }
}
