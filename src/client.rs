//! The safe client, which users of the crate and the C ABI both call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::delivery::Report;
use crate::error::{Error, Result, Status};
use crate::event::{ConversationId, Event, EventId};
use crate::handle::Handle;
use crate::list::EventList;

/// A client of the Conversation API. Any thread may use it at any time.
///
/// Dropping a client closes it with a time limit of 0. With `engine=shared`, accepted events are
/// still delivered, but without reports. A child process that inherits a client by `fork` may use
/// it: the child gets its own connections and token, and does not disturb its parent's.
pub struct Client(Arc<Handle>);

impl Client {
    /// Makes a client from a copy of `config`. Reads the private key and `ca_file`; opens no
    /// connection and starts no thread.
    ///
    /// # Errors
    /// [`Status::Config`] or [`Status::Credentials`].
    pub fn new(config: &Config) -> Result<Client> {
        Handle::new(&config.settings).map(|handle| Client(Arc::new(handle)))
    }

    /// Makes a client from the process's environment, which [`Config::load_env`] describes. Every
    /// option that it does not name has its default.
    ///
    /// # Errors
    /// Those of [`Config::load_env`] and [`new`](Client::new).
    pub fn from_env() -> Result<Client> {
        let mut config = Config::new();
        config.load_env()?;
        Client::new(&config)
    }

    /// Creates one event and waits for the answer, at most for the option `timeout`.
    ///
    /// `body` is a JSON object; `from` is needed if the token names a user (`subject`). The
    /// error's [`outcome`](Error::outcome) says whether the event may exist.
    ///
    /// # Errors
    /// The first of: [`Status::ConversationId`], a `Type…`, [`Status::MemberId`], a `Body…`;
    /// then [`Status::Closed`], or what went wrong with the network or the server.
    pub fn create_event(
        &self,
        conversation_id: &str,
        event_type: &str,
        from: Option<&str>,
        body: &str,
    ) -> Result<Event> {
        let request = self.0.create_event(conversation_id, event_type, from, body)?;
        self.0.perform(self.0.limit(), &request)?.event()
    }

    /// Accepts an event to send it in the background, and returns without I/O. A [`Report`] with
    /// the same `tag` later says what happened to the event; libvce does not interpret the tag.
    ///
    /// The events of a conversation are sent one after the other, in the order in which they
    /// were enqueued. The first one starts a thread; see the options `connections`,
    /// `queue_max_events`, `queue_max_bytes`, `delivery_timeout` and `reports`.
    ///
    /// # Errors
    /// Those of [`create_event`](Client::create_event) for events that break a rule;
    /// [`Status::Closed`]; [`Status::QueueFull`]; [`Status::Internal`] if the system cannot start
    /// a thread. After any error, the event was not accepted.
    pub fn enqueue_event(
        &self,
        conversation_id: &str,
        event_type: &str,
        from: Option<&str>,
        body: &str,
        tag: u64,
    ) -> Result<()> {
        let request = self.0.create_event(conversation_id, event_type, from, body)?;
        self.0.enqueue(conversation_id, request, tag)
    }

    /// Returns the next delivery report; `None` if none comes within `timeout`, or at once if none
    /// can come any more. Threads that poll at the same time get different reports.
    #[must_use = "a report that was polled comes only once"]
    pub fn poll(&self, timeout: Duration) -> Option<Report> {
        self.0.poll(timeout)
    }

    /// Waits until every accepted event is finished, at most `timeout`. Returns the number of
    /// unfinished events. Reports may still wait to be polled.
    pub fn flush(&self, timeout: Duration) -> usize {
        self.0.flush(timeout)
    }

    /// Returns a descriptor that is readable exactly while reports wait, for event loops. It
    /// belongs to the client: do not read or close it.
    #[must_use]
    pub fn report_fd(&self) -> Option<i32> {
        self.0.report_fd()
    }

    /// Returns counters, as the JSON object that `vce_client_stats` describes.
    #[must_use]
    pub fn stats(&self) -> String {
        self.0.stats()
    }

    /// Fetches an event.
    ///
    /// # Errors
    /// [`Status::ConversationId`], [`Status::EventId`], [`Status::Closed`], or what went wrong
    /// with the network or the server.
    pub fn get_event(&self, conversation_id: &str, event_id: &str) -> Result<Event> {
        let (conversation, event) = ids(conversation_id, event_id)?;
        let request = self.0.endpoint().get_event(conversation, event);
        self.0.perform(self.0.limit(), &request)?.event()
    }

    /// Deletes an event. The server may still list it, with a `deleted` timestamp.
    ///
    /// # Errors
    /// Those of [`get_event`](Client::get_event).
    pub fn delete_event(&self, conversation_id: &str, event_id: &str) -> Result<()> {
        let (conversation, event) = ids(conversation_id, event_id)?;
        let request = self.0.endpoint().delete_event(conversation, event);
        self.0.perform(self.0.limit(), &request).map(drop)
    }

    /// Lists a conversation's events. Sends nothing before the first event is needed.
    ///
    /// # Errors
    /// [`Status::ConversationId`].
    pub fn list_events(&self, conversation_id: &str) -> Result<EventList> {
        Ok(EventList::new(Arc::clone(&self.0), ConversationId::new(conversation_id)?))
    }

    /// Refuses new calls and events, and waits at most `timeout` for the calls of other threads
    /// and for accepted events. Then it cancels the rest: these calls and events fail with
    /// [`Status::Closed`], and the outcome says what is known about the event. Reports can still
    /// be polled. Closing again is not an error.
    ///
    /// # Errors
    /// [`Status::Timeout`] if something had to be cancelled.
    pub fn close(&self, timeout: Duration) -> Result<()> {
        if self.0.close(timeout) {
            return Ok(());
        }
        Err(Error::new(
            Status::Timeout,
            "calls or events did not finish within the time limit for closing; they were cancelled",
        ))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.detach();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

fn ids<'a>(
    conversation_id: &'a str,
    event_id: &'a str,
) -> Result<(ConversationId<'a>, EventId<'a>)> {
    Ok((ConversationId::new(conversation_id)?, EventId::new(event_id)?))
}
