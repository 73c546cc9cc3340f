//! Background sending: the queue, the order in each conversation, the threads, and the reports.

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

/// Sends one handle's events in the background.
pub struct Delivery {
    dispatcher: Lease,
    owner: Owner,
    tracker: Arc<Tracker>,
    delivery_timeout: Duration,
}

impl Delivery {
    /// Uses its own engine and queue, or those that this process shares. Starts no thread.
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

    /// Returns the engine; calls that wait for their answer use it too.
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

    /// Waits until every event is finished, at most `timeout`. Returns the number of unfinished
    /// events.
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

    /// Delivers what it can within `timeout`, cancels the rest, and stops the engine unless it is
    /// shared. Returns whether nothing had to be cancelled.
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
        // Another thread may close at the same time with less time, and cancel events.
        is_delivered && was_cancelled == self.tracker.is_cancelled()
    }

    /// Leaves accepted events to a shared engine (another engine is closed), and drops their
    /// reports.
    pub fn detach(&self) {
        if !self.dispatcher.is_shared() {
            self.close(Duration::ZERO);
        }
        self.tracker.abandon();
    }
}
