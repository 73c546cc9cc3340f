//! The safe client: what users of the crate and the C ABI both call.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::api::{Endpoint, Request};
use crate::config::{Config, Settings};
use crate::engine::{self, Blueprint, Engine};
use crate::error::{Error, Outcome, Result, Status};
use crate::event::{ConversationId, Event, EventId, EventRequest, TypeRules};
use crate::fork::PerProcess;
use crate::list::EventList;
use crate::transport::Calls;

/// A connection to the Conversation API. Any thread may use it at any time.
///
/// Dropping it closes it with no time. A child process that inherits it by `fork` may use it:
/// it gets connections and a token of its own, and does not disturb its parent's.
pub struct Client(Arc<Handle>);

/// What a client and its event lists share.
pub(crate) struct Handle {
    blueprint: Blueprint,
    endpoint: Endpoint,
    rules: TypeRules,
    timeout: Duration,
    /// Beside the calls' own knowledge, so that a child inherits it.
    closed: AtomicBool,
    active: PerProcess<Active>,
}

/// What a process uses of a handle.
struct Active {
    engine: Arc<Engine>,
    calls: Arc<Calls>,
}

impl Active {
    fn new(blueprint: &Blueprint) -> Active {
        Active { engine: blueprint.engine(), calls: Arc::default() }
    }

    fn close(&self, timeout: Duration, is_shared: bool) -> bool {
        let complete = self.calls.close(timeout);
        if !is_shared {
            self.engine.shut_down();
        }
        complete
    }
}

impl Client {
    /// Makes a client from a copy of `config`. Reads the private key and `ca_file`, connects
    /// to nothing and starts no thread.
    ///
    /// # Errors
    /// [`Status::Config`] or [`Status::Credentials`].
    pub fn new(config: &Config) -> Result<Client> {
        let settings = &config.settings;
        check(settings)?;
        let blueprint = Blueprint::new(settings)?;
        Ok(Client(Arc::new(Handle {
            closed: AtomicBool::new(false),
            active: PerProcess::new(Active::new(&blueprint)),
            blueprint,
            endpoint: Endpoint::new(&settings.base_url.text, settings.api_version),
            rules: settings.type_rules,
            timeout: settings.timeout,
        })))
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
        let event = EventRequest::new(conversation_id, event_type, from, body, self.0.rules)?;
        let request = self.0.endpoint.create_event(&event);
        let answer = self.0.perform(&request)?;
        read_event(&answer, Outcome::MaybeCreated)
    }

    /// Fetches an event.
    ///
    /// # Errors
    /// [`Status::ConversationId`], [`Status::EventId`], or what the network and the server do.
    pub fn get_event(&self, conversation_id: &str, event_id: &str) -> Result<Event> {
        let (conversation, event) = ids(conversation_id, event_id)?;
        let answer = self.0.perform(&self.0.endpoint.get_event(&conversation, &event))?;
        read_event(&answer, Outcome::NotCreated)
    }

    /// Deletes an event. The server may go on listing it, with a `deleted` timestamp.
    ///
    /// # Errors
    /// As [`get_event`](Client::get_event).
    pub fn delete_event(&self, conversation_id: &str, event_id: &str) -> Result<()> {
        let (conversation, event) = ids(conversation_id, event_id)?;
        self.0.perform(&self.0.endpoint.delete_event(&conversation, &event)).map(drop)
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
        self.0.closed.store(true, Ordering::Relaxed);
        if self.0.active().close(timeout, self.0.blueprint.is_shared()) {
            return Ok(());
        }
        Err(Error::new(
            Status::Timeout,
            "calls were still running when the time to close was over; they were cancelled",
        ))
    }
}

impl Handle {
    fn active(&self) -> &Active {
        self.active.get_or_make(|| Active::new(&self.blueprint))
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn perform(&self, request: &Request) -> Result<String> {
        self.perform_within(self.timeout, request)
    }

    pub(crate) fn perform_within(&self, limit: Duration, request: &Request) -> Result<String> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(engine::closed());
        }
        let active = self.active();
        let running = Arc::new(active.calls.begin().ok_or_else(engine::closed)?);
        active.engine.perform(request, limit, &running)
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // For its event lists, in whichever process.
        self.0.closed.store(true, Ordering::Relaxed);
        // A forked child that never used it has nothing to close.
        if let Some(active) = self.0.active.get() {
            active.close(Duration::ZERO, self.0.blueprint.is_shared());
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// What options mean together.
fn check(settings: &Settings) -> Result<()> {
    let url = &settings.base_url;
    if url.is_plain && !url.is_loopback && !settings.allow_plain_http {
        return Err(Error::new(
            Status::Config,
            "the option base_url has no TLS and is not this machine: token and events would travel readable; use https, or set allow_plain_http=true",
        ));
    }
    Ok(())
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
