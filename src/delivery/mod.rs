//! Background sending: the queue, each conversation's order, the threads, and the reports.

mod account;
mod capacity;
mod dispatcher;
mod job;
mod report;
mod scheduler;
mod shared;
mod stats;

pub use dispatcher::Dispatcher;
pub use report::Report;

use std::sync::Arc;
use std::time::{Duration, Instant};

use account::Account;
use job::Job;
use scheduler::Owner;

use crate::api::Request;
use crate::auth::TokenSource;
use crate::config::{Reports, Settings};
use crate::engine::{Blueprint, Engine};
use crate::error::Result;
use crate::limit::Limit;

/// The options of background sending.
#[derive(Clone, Copy)]
pub struct Terms {
    connections: usize,
    timeout: Duration,
    delivery_timeout: Duration,
    max_events: usize,
    max_bytes: usize,
    reports: Reports,
}

impl From<&Settings> for Terms {
    fn from(settings: &Settings) -> Terms {
        Terms {
            connections: settings.connections,
            timeout: settings.timeout,
            delivery_timeout: settings.delivery_timeout,
            max_events: settings.queue_max_events,
            max_bytes: settings.queue_max_bytes,
            reports: settings.reports,
        }
    }
}

/// What one handle sends in the background.
pub struct Delivery {
    dispatcher: Arc<Dispatcher>,
    is_shared: bool,
    owner: Owner,
    account: Arc<Account>,
    /// The engine's, or the handle's own ready token.
    tokens: Arc<TokenSource>,
    delivery_timeout: Duration,
}

impl Delivery {
    /// With an engine of its own, or this process's shared one. Starts no thread.
    pub fn new(blueprint: &Blueprint, terms: &Terms) -> Delivery {
        let make = || Dispatcher::new(blueprint.engine(), terms);
        let dispatcher = match blueprint.shared() {
            None => Arc::new(make()),
            Some(digest) => shared::dispatcher(digest, make),
        };
        Delivery {
            owner: dispatcher.new_owner(),
            is_shared: blueprint.shared().is_some(),
            account: Arc::new(Account::new(Arc::clone(dispatcher.capacity()), terms.reports)),
            tokens: blueprint.tokens(dispatcher.engine()),
            dispatcher,
            delivery_timeout: terms.delivery_timeout,
        }
    }

    /// The engine, which also serves calls that wait.
    pub fn engine(&self) -> &Engine {
        self.dispatcher.engine()
    }

    /// What authorises the handle's requests.
    pub fn tokens(&self) -> &TokenSource {
        &self.tokens
    }

    /// Accepts an event without I/O.
    pub fn enqueue(&self, conversation: &str, request: Request, tag: u64) -> Result<()> {
        let now = Instant::now();
        let limit = Limit::new("delivery_timeout", self.delivery_timeout, now);
        let wake = self.account.accept(Job::bytes(&request), || {
            self.dispatcher.enqueue(self.owner, conversation, now, || {
                let (account, tokens) = (Arc::clone(&self.account), Arc::clone(&self.tokens));
                Job::new(account, tokens, request, tag, now, limit)
            })
        })?;
        wake.wake();
        Ok(())
    }

    /// The next report; `None` after `timeout`, or at once if none can come any more.
    pub fn poll(&self, timeout: Duration) -> Option<Report> {
        self.account.poll(timeout)
    }

    /// Waits until every event has come to its end, at most `timeout`; how many have not.
    pub fn flush(&self, timeout: Duration) -> usize {
        self.account.flush(timeout)
    }

    /// The descriptor that is readable while reports wait.
    pub fn descriptor(&self) -> Option<i32> {
        self.account.descriptor()
    }

    /// The counters, as JSON.
    pub fn stats(&self) -> String {
        self.account.stats().to_json(self.engine())
    }

    /// Accepts no more events.
    pub fn refuse(&self) {
        self.account.refuse();
    }

    /// Delivers what it can within `timeout` and cancels the rest; an engine of its own ends.
    /// Whether nothing had to be cancelled.
    pub fn close(&self, timeout: Duration) -> bool {
        self.refuse();
        let was_cancelled = self.account.is_cancelled();
        let is_delivered = self.account.flush(timeout) == 0;
        if !is_delivered {
            self.account.cancel();
            self.dispatcher.withdraw(self.owner);
            self.account.flush(Duration::MAX);
        }
        if !self.is_shared {
            self.dispatcher.stop();
            self.engine().shut_down();
        }
        // Another thread that closes may have had less time.
        is_delivered && was_cancelled == self.account.is_cancelled()
    }

    /// Leaves what was accepted to a shared engine, and its reports to nobody.
    pub fn leave(&self) {
        if !self.is_shared {
            self.close(Duration::ZERO);
        }
        self.account.abandon();
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.is_shared {
            shared::left(&self.dispatcher);
        }
    }
}
