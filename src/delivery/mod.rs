//! Background sending: the queue, each conversation's order, the threads, and the reports.

mod capacity;
mod dispatcher;
mod job;
mod lease;
mod options;
mod report;
mod reports;
mod scheduler;
mod stats;
mod tracker;

pub use options::QueueOptions;
pub use report::Report;

use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatcher::Dispatcher;
use job::Job;
use lease::Lease;
use scheduler::Owner;
use tracker::Tracker;

use crate::api::Request;
use crate::auth::TokenSource;
use crate::engine::{Engine, EngineSpec};
use crate::error::Result;
use crate::limit::Limit;

/// What one handle sends in the background.
pub struct Delivery {
    dispatcher: Lease,
    owner: Owner,
    tracker: Arc<Tracker>,
    delivery_timeout: Duration,
}

impl Delivery {
    /// With an engine and a queue of its own, or with those that this process shares. Starts no
    /// thread.
    pub fn new(spec: &EngineSpec, options: &QueueOptions) -> Delivery {
        let make = || Dispatcher::new(Arc::new(Engine::new(spec)), options);
        let dispatcher = match spec.shared() {
            None => Lease::own(make()),
            Some(digest) => Lease::shared(digest, make),
        };
        Delivery {
            owner: dispatcher.new_owner(),
            tracker: Arc::new(Tracker::new(Arc::clone(dispatcher.capacity()), options.reports)),
            dispatcher,
            delivery_timeout: options.delivery_timeout,
        }
    }

    /// The engine that sends, for calls that wait.
    pub fn engine(&self) -> &Arc<Engine> {
        self.dispatcher.engine()
    }

    /// Accepts an event without I/O.
    pub fn enqueue(
        &self,
        conversation: &str,
        request: Request,
        tokens: &Arc<TokenSource>,
        tag: u64,
    ) -> Result<()> {
        let now = Instant::now();
        let limit = Limit::new("delivery_timeout", self.delivery_timeout, now);
        let wake = self.tracker.accept(Job::bytes(&request), || {
            self.dispatcher.enqueue(self.owner, conversation, now, limit.deadline, || {
                let (tracker, tokens) = (Arc::clone(&self.tracker), Arc::clone(tokens));
                Job::new(tracker, tokens, request, tag, now, limit)
            })
        })?;
        wake.wake();
        Ok(())
    }

    /// The next report; `None` after `timeout`, or at once if none can come any more.
    pub fn poll(&self, timeout: Duration) -> Option<Report> {
        self.tracker.poll(timeout)
    }

    /// Waits until every event has its outcome, at most `timeout`; how many have none.
    pub fn flush(&self, timeout: Duration) -> usize {
        self.tracker.flush(timeout)
    }

    /// The descriptor that is readable while reports wait.
    pub fn descriptor(&self) -> Option<i32> {
        self.tracker.descriptor()
    }

    /// The counters, as JSON.
    pub fn stats(&self) -> String {
        self.tracker.stats().to_json(self.engine())
    }

    /// Accepts no more events.
    pub fn stop_accepting(&self) {
        self.tracker.stop_accepting();
    }

    /// Delivers what it can within `timeout` and cancels the rest; an engine of its own ends.
    /// Whether nothing had to be cancelled.
    pub fn close(&self, timeout: Duration) -> bool {
        self.stop_accepting();
        let was_cancelled = self.tracker.is_cancelled();
        let is_delivered = self.tracker.flush(timeout) == 0;
        if !is_delivered {
            self.tracker.cancel();
            self.dispatcher.withdraw(self.owner);
            self.tracker.flush(Duration::MAX);
        }
        self.dispatcher.stop_own();
        // Another thread that closes may have had less time.
        is_delivered && was_cancelled == self.tracker.is_cancelled()
    }

    /// Leaves what was accepted to a shared engine, and its reports to nobody.
    pub fn detach(&self) {
        if !self.dispatcher.is_shared() {
            self.close(Duration::ZERO);
        }
        self.tracker.abandon();
    }
}
