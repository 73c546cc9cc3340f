//! Conversations, their members and their events.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::clock::{Clock, timestamp};

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) user_name: String,
}

/// An event as the sandbox stores it.
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
    /// When the API first shows it, by the sandbox's clock: at once, unless a fault hides it.
    pub appears: String,
    /// When it was deleted, if it was. A deleted event stays listed.
    pub deleted: Option<String>,
    /// `appears` by a clock that no test moves.
    #[serde(skip)]
    pub(crate) appears_at: Instant,
}

impl StoredEvent {
    pub(crate) fn new(id: u64, new: NewEvent, clock: &Clock, appears_after: Duration) -> Self {
        let NewEvent { event_type, from, body } = new;
        let created = clock.now();
        Self {
            id,
            event_type,
            from,
            body,
            timestamp: timestamp(created),
            appears: timestamp(created + appears_after),
            deleted: None,
            appears_at: Instant::now() + appears_after,
        }
    }

    fn has_appeared(&self, now: Instant) -> bool {
        self.appears_at <= now
    }
}

/// What a request says about an event.
pub(crate) struct NewEvent {
    pub(crate) event_type: String,
    pub(crate) from: Option<String>,
    pub(crate) body: Box<RawValue>,
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
        new: NewEvent,
        clock: &Clock,
        appears_after: Duration,
    ) -> &StoredEvent {
        let id = self.events.last().map_or(1, |last| last.id + 1);
        self.events.push(StoredEvent::new(id, new, clock, appears_after));
        &self.events[self.events.len() - 1]
    }

    /// The events that have appeared.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &StoredEvent> {
        let now = Instant::now();
        self.events.iter().filter(move |event| event.has_appeared(now))
    }

    /// An event that has appeared.
    pub(crate) fn event(&self, id: u64) -> Option<&StoredEvent> {
        self.visible().find(|event| event.id == id)
    }

    /// Marks an event as deleted; a later deletion keeps the first timestamp. Returns whether such an
    /// event has appeared.
    pub(crate) fn delete(&mut self, id: u64, timestamp: String) -> bool {
        let now = Instant::now();
        let mut events = self.events.iter_mut();
        let event = events.find(|event| event.id == id && event.has_appeared(now));
        event.map(|event| event.deleted.get_or_insert(timestamp)).is_some()
    }
}

#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) conversations: BTreeMap<String, Conversation>,
    /// The ids of the conversation and the member that exist from the start.
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

    /// Opens a conversation with one member, and returns the ids of both.
    pub(crate) fn open_with_member(&mut self) -> (String, String) {
        let id = self.open();
        let member = self.conversations.entry(id.clone()).or_default().join(None, None).id.clone();
        (id, member)
    }

    /// A conversation's events, with deleted ones and those that have not appeared.
    pub(crate) fn events(&self, conversation_id: &str) -> Option<Vec<StoredEvent>> {
        self.conversations.get(conversation_id).map(|conversation| conversation.events.clone())
    }

    /// Shows every event that has not appeared.
    pub(crate) fn show_all(&mut self, clock: &Clock) {
        let now = Instant::now();
        for conversation in self.conversations.values_mut() {
            for event in conversation.events.iter_mut().filter(|event| !event.has_appeared(now)) {
                event.appears = clock.timestamp();
                event.appears_at = now;
            }
        }
    }

    /// Removes everything except the first conversation and its first member.
    pub(crate) fn reset(&mut self) {
        let (id, member) = &self.first;
        self.conversations.retain(|candidate, _| candidate == id);
        for conversation in self.conversations.values_mut() {
            conversation.members.retain(|candidate| candidate.id == *member);
            conversation.events.clear();
        }
    }
}
