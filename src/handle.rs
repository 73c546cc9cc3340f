//! What a client and its event lists share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::api::{Endpoint, Request, Success};
use crate::auth::{self, TokenSource};
use crate::calls::{self, ActiveCalls};
use crate::config::{DeliveryGuarantee, Settings};
use crate::delivery::{Delivery, QueueOptions, Report};
use crate::engine::{Engine, EngineSpec};
use crate::error::{Error, Result, Status};
use crate::event::{EventKey, EventRequest, TypeRules};
use crate::fork::PerProcess;
use crate::limit::Limit;
use crate::platform;
use crate::random;
use crate::transport;

/// A client's internals, which its event lists keep alive.
pub struct Handle {
    spec: EngineSpec,
    queue_options: QueueOptions,
    endpoint: Endpoint,
    rules: TypeRules,
    /// The token names a user: every event needs a `from`.
    needs_from: bool,
    /// With `delivery=effectively_once`: the body's member that names an event.
    event_key: Option<String>,
    timeout: Duration,
    /// Its parts know it too; it is kept here so that a child process inherits it.
    closed: AtomicBool,
    active: PerProcess<Active>,
}

/// What a process uses of a handle.
struct Active {
    calls: Arc<ActiveCalls>,
    /// `delivery` uses the same engine.
    engine: Arc<Engine>,
    /// The engine's token, or the handle's own ready token.
    tokens: Arc<TokenSource>,
    delivery: Delivery,
}

impl Handle {
    /// Checks that the options fit together, and reads the private key and `ca_file`.
    pub fn new(settings: &Settings) -> Result<Handle> {
        check(settings)?;
        prepare();
        let spec = EngineSpec::new(settings)?;
        let queue_options = QueueOptions::from(settings);
        Ok(Handle {
            closed: AtomicBool::new(false),
            active: PerProcess::new(activate(&spec, &queue_options)),
            spec,
            queue_options,
            endpoint: Endpoint::new(&settings.base_url.text, settings.api_version),
            rules: settings.type_rules,
            needs_from: auth::names_a_user(settings),
            event_key: (settings.delivery == DeliveryGuarantee::EffectivelyOnce)
                .then(|| settings.event_key.clone()),
            timeout: settings.timeout,
        })
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Checks an event by the rules of this handle, and makes the request that creates it.
    pub fn create_event(
        &self,
        conversation_id: &str,
        event_type: &str,
        from: Option<&str>,
        body: &str,
    ) -> Result<Request> {
        let (rules, needs_from) = (self.rules, self.needs_from);
        let event =
            EventRequest::checked(conversation_id, event_type, from, body, rules, needs_from)?;
        match &self.event_key {
            None => Ok(self.endpoint.create_event(&event, None)),
            Some(member) => self.create_keyed_event(event, member),
        }
    }

    /// Makes the request for an event that can be looked up.
    fn create_keyed_event(&self, event: EventRequest<'_>, member: &str) -> Result<Request> {
        let (body, value) = event.body.keyed(member, new_key)?;
        let event = EventRequest { body, ..event };
        let event_type = event.event_type.as_str().to_owned();
        let key = EventKey { event_type, member: member.to_owned(), value };
        Ok(self.endpoint.create_event(&event, Some(Box::new(key))))
    }

    /// The time limit of a call that begins now.
    pub fn limit(&self) -> Limit {
        Limit::new("timeout", self.timeout, Instant::now())
    }

    /// Performs a request within `limit`.
    pub fn perform(&self, limit: Limit, request: &Request) -> Result<Success> {
        let active = self.open()?;
        let call = active.calls.begin().ok_or_else(calls::closed)?;
        active.engine.perform(request, &active.tokens, limit, &call)
    }

    /// Accepts an event to be sent in the background.
    pub fn enqueue(&self, conversation_id: &str, request: Request, tag: u64) -> Result<()> {
        let active = self.open()?;
        active.delivery.enqueue(conversation_id, request, &active.tokens, tag)
    }

    /// The next delivery report; `None` after `timeout`, or at once if none can come any more.
    pub fn poll(&self, timeout: Duration) -> Option<Report> {
        let is_closed = self.closed.load(Ordering::Relaxed);
        // A child process that inherited a closed handle has nothing to wait for.
        let active = if is_closed { self.active.get()? } else { self.active() };
        active.delivery.poll(timeout)
    }

    /// Waits until every event is finished, at most `timeout`. Returns the number of unfinished
    /// events.
    pub fn flush(&self, timeout: Duration) -> usize {
        self.active.get().map_or(0, |active| active.delivery.flush(timeout))
    }

    /// The descriptor that is readable while reports wait.
    pub fn report_fd(&self) -> Option<i32> {
        self.active().delivery.descriptor()
    }

    /// The counters, as JSON.
    pub fn stats(&self) -> String {
        self.active().delivery.stats()
    }

    /// Refuses new calls and events, waits at most `timeout` for the others, and cancels the rest.
    /// Returns whether nothing had to be cancelled.
    pub fn close(&self, timeout: Duration) -> bool {
        self.closed.store(true, Ordering::Relaxed);
        // A child process that never used the handle has nothing to close.
        let Some(active) = self.active.get() else { return true };
        let begun = Instant::now();
        active.delivery.stop_accepting();
        let is_answered = active.calls.close(timeout);
        let is_delivered = active.delivery.close(timeout.saturating_sub(begun.elapsed()));
        is_answered && is_delivered
    }

    /// Closes with a time limit of 0, but leaves accepted events to a shared engine.
    pub fn detach(&self) {
        self.closed.store(true, Ordering::Relaxed);
        if let Some(active) = self.active.get() {
            active.calls.close(Duration::ZERO);
            active.delivery.detach();
        }
    }

    /// What this process uses of the handle, unless it is closed.
    fn open(&self) -> Result<&Active> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(calls::closed());
        }
        Ok(self.active())
    }

    fn active(&self) -> &Active {
        self.active.get_or_make(|| activate(&self.spec, &self.queue_options))
    }
}

fn activate(spec: &EngineSpec, queue_options: &QueueOptions) -> Active {
    let delivery = Delivery::new(spec, queue_options);
    let engine = Arc::clone(delivery.engine());
    Active { calls: Arc::default(), tokens: engine.tokens_of_handle(spec), engine, delivery }
}

fn new_key() -> Result<String> {
    random::uuid().ok_or_else(|| Error::new(Status::Internal, "the system has no random numbers"))
}

/// Makes what a process makes once. This must happen before the library has a thread, because
/// another thread must not fork meanwhile.
fn prepare() {
    static IS_PREPARED: AtomicBool = AtomicBool::new(false);
    if !IS_PREPARED.load(Ordering::Acquire) {
        // Two threads may both do it: that does no harm.
        platform::without_fork(transport::prepare);
        IS_PREPARED.store(true, Ordering::Release);
    }
}

fn check(settings: &Settings) -> Result<()> {
    let url = &settings.base_url;
    if url.is_plain && !url.is_loopback && !settings.allow_plain_http {
        return Err(Error::new(
            Status::Config,
            "the option base_url has no TLS and is not on this machine, so the token and the events would be sent unencrypted; use https, or set allow_plain_http=true",
        ));
    }
    Ok(())
}
