//! What a client and its event lists share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::api::{Endpoint, Request};
use crate::config::Settings;
use crate::engine::{self, Blueprint, Engine};
use crate::error::{Error, Result, Status};
use crate::event::TypeRules;
use crate::fork::PerProcess;
use crate::transport::Calls;

/// A client's inside, which its event lists keep alive.
pub struct Handle {
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
}

impl Handle {
    /// Checks what options mean together, and reads the private key and `ca_file`.
    pub fn new(settings: &Settings) -> Result<Handle> {
        check(settings)?;
        let blueprint = Blueprint::new(settings)?;
        Ok(Handle {
            closed: AtomicBool::new(false),
            active: PerProcess::new(Active::new(&blueprint)),
            blueprint,
            endpoint: Endpoint::new(&settings.base_url.text, settings.api_version),
            rules: settings.type_rules,
            timeout: settings.timeout,
        })
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub fn rules(&self) -> TypeRules {
        self.rules
    }

    /// The time limit of a call.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Performs a request within the time limit of a call.
    pub fn perform(&self, request: &Request) -> Result<String> {
        self.perform_within(self.timeout, request)
    }

    /// Performs a request within `limit`; `Ok` is the body of the server's success.
    pub fn perform_within(&self, limit: Duration, request: &Request) -> Result<String> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(engine::closed());
        }
        let active = self.active.get_or_make(|| Active::new(&self.blueprint));
        let running = Arc::new(active.calls.begin().ok_or_else(engine::closed)?);
        active.engine.perform(request, limit, &running)
    }

    /// Refuses new calls, gives the running ones `timeout`, and cancels the rest. Whether
    /// nothing had to be cancelled.
    pub fn close(&self, timeout: Duration) -> bool {
        self.closed.store(true, Ordering::Relaxed);
        // A forked child that never used it has nothing to close.
        let Some(active) = self.active.get() else { return true };
        let complete = active.calls.close(timeout);
        if !self.blueprint.is_shared() {
            active.engine.shut_down();
        }
        complete
    }
}

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
