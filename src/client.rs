//! The safe client: what users of the crate and the C ABI both call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::error::{Error, Outcome, Result, Status};
use crate::event::{ConversationId, Event, EventId, EventRequest};
use crate::handle::Handle;
use crate::list::EventList;

/// A connection to the Conversation API. Any thread may use it at any time.
///
/// Dropping it closes it with no time. A child process that inherits it by `fork` may use it:
/// it gets connections and a token of its own, and does not disturb its parent's.
pub struct Client(Arc<Handle>);

impl Client {
    /// Makes a client from a copy of `config`. Reads the private key and `ca_file`, connects
    /// to nothing and starts no thread.
    ///
    /// # Errors
    /// [`Status::Config`] or [`Status::Credentials`].
    pub fn new(config: &Config) -> Result<Client> {
        Handle::new(&config.settings).map(|handle| Client(Arc::new(handle)))
    }

    /// Creates one event and waits for the answer, at most for the option `timeout`.
    ///
    /// `body` is a JSON object. The error's [`outcome`](Error::outcome) tells whether the
    /// event exists all the same.
    ///
    /// # Errors
    /// The first of: [`Status::ConversationId`], a `Type…`, [`Status::MemberId`], a `Body…`;
    /// then whatever the network and the server may do.
    pub fn create_event(
        &self,
        conversation_id: &str,
        event_type: &str,
        from: Option<&str>,
        body: &str,
    ) -> Result<Event> {
        let event = EventRequest::new(conversation_id, event_type, from, body, self.0.rules())?;
        let request = self.0.endpoint().create_event(&event);
        let answer = self.0.perform(&request)?;
        read_event(&answer, Outcome::MaybeCreated)
    }

    /// Fetches an event.
    ///
    /// # Errors
    /// [`Status::ConversationId`], [`Status::EventId`], or what the network and the server do.
    pub fn get_event(&self, conversation_id: &str, event_id: &str) -> Result<Event> {
        let (conversation, event) = ids(conversation_id, event_id)?;
        let answer = self.0.perform(&self.0.endpoint().get_event(&conversation, &event))?;
        read_event(&answer, Outcome::NotCreated)
    }

    /// Deletes an event. The server may go on listing it, with a `deleted` timestamp.
    ///
    /// # Errors
    /// As [`get_event`](Client::get_event).
    pub fn delete_event(&self, conversation_id: &str, event_id: &str) -> Result<()> {
        let (conversation, event) = ids(conversation_id, event_id)?;
        self.0.perform(&self.0.endpoint().delete_event(&conversation, &event)).map(drop)
    }

    /// Lists a conversation's events. Nothing is sent before the first is asked for.
    ///
    /// # Errors
    /// [`Status::ConversationId`].
    pub fn list_events(&self, conversation_id: &str) -> Result<EventList> {
        Ok(EventList::new(Arc::clone(&self.0), ConversationId::new(conversation_id)?))
    }

    /// Refuses new calls, waits at most `timeout` for those that other threads make, then
    /// cancels them: they answer [`Status::Closed`]. Closing again is no error.
    ///
    /// # Errors
    /// [`Status::Timeout`] if something had to be cancelled.
    pub fn close(&self, timeout: Duration) -> Result<()> {
        if self.0.close(timeout) {
            return Ok(());
        }
        Err(Error::new(
            Status::Timeout,
            "calls were still running when the time to close was over; they were cancelled",
        ))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.close(Duration::ZERO);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

fn ids(conversation_id: &str, event_id: &str) -> Result<(ConversationId, EventId)> {
    Ok((ConversationId::new(conversation_id)?, EventId::new(event_id)?))
}

fn read_event(answer: &str, outcome: Outcome) -> Result<Event> {
    Event::from_json(answer).ok_or_else(|| {
        Error::new(Status::Response, "the server's answer does not describe an event")
            .with_outcome(outcome)
    })
}
