//! Follows the events of one handle from their acceptance to their reports.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::capacity::Capacity;
use super::report::Report;
use super::reports::ReportQueue;
use super::stats::{Counters, Stats};
use crate::calls::{self, ActiveCall, ActiveCalls};
use crate::config::Reports;
use crate::error::Result;
use crate::event::Event;

/// The events that one handle has enqueued. Any thread may use it at any time.
pub struct Tracker {
    /// The capacity of the queue.
    capacity: Arc<Capacity>,
    state: Mutex<TrackerState>,
    /// Notified when a report comes, or when none can come any more.
    reported: Condvar,
    /// Notified when no event is unfinished any more.
    finished: Condvar,
    /// The attempts that run now.
    attempts: Arc<ActiveCalls>,
}

struct TrackerState {
    /// No more events are accepted.
    closed: bool,
    /// Some events did not finish within the time limit for closing.
    cancelled: bool,
    /// Events that were accepted and have no outcome yet.
    unfinished: usize,
    /// Threads that wait until none is unfinished.
    flushers: usize,
    reports: ReportQueue,
    counters: Counters,
}

impl TrackerState {
    fn expects_no_report(&self) -> bool {
        self.reports.is_abandoned() || (self.closed && self.unfinished == 0)
    }
}

impl Tracker {
    pub fn new(capacity: Arc<Capacity>, keep: Reports) -> Tracker {
        Tracker {
            capacity,
            state: Mutex::new(TrackerState {
                closed: false,
                cancelled: false,
                unfinished: 0,
                flushers: 0,
                reports: ReportQueue::new(keep),
                counters: Counters::default(),
            }),
            reported: Condvar::new(),
            finished: Condvar::new(),
            attempts: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, TrackerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts an event of this size if `enqueue` does, unless the limits are reached or the
    /// handle is closed.
    pub fn accept<T>(&self, bytes: usize, enqueue: impl FnOnce() -> Result<T>) -> Result<T> {
        // Locked while the event is enqueued, so that closing finds every accepted event.
        let mut state = self.lock();
        if state.closed {
            return Err(calls::closed());
        }
        self.capacity.reserve(bytes)?;
        let enqueued = enqueue().inspect_err(|_| self.capacity.release(bytes))?;
        state.unfinished += 1;
        state.counters.accepted += 1;
        Ok(enqueued)
    }

    /// Begins to send an event; `None` if the handle's events are cancelled.
    pub fn begin_attempt(&self) -> Option<Arc<ActiveCall>> {
        self.attempts.begin()
    }

    pub fn count_retry(&self) {
        self.lock().counters.retries += 1;
    }

    /// Reports the outcome of an event.
    pub fn finish(&self, tag: u64, bytes: usize, accepted: Instant, result: Result<Event>) {
        let mut state = self.lock();
        state.unfinished -= 1;
        state.counters.count(&result, accepted.elapsed());
        let needs_poller = state.reports.push(Report::new(tag, result), bytes, &self.capacity);
        let is_last = state.unfinished == 0;
        let is_end = is_last && state.closed;
        // Notifying without a waiting thread would cost a system call for each event.
        let (is_polled, is_flushed) = (state.reports.is_polled(), state.flushers > 0);
        drop(state);
        if is_polled && is_end {
            self.reported.notify_all();
        } else if needs_poller {
            self.reported.notify_one();
        }
        if is_last && is_flushed {
            self.finished.notify_all();
        }
    }

    /// The next report; `None` after `timeout`, or at once if none can come any more.
    pub fn poll(&self, timeout: Duration) -> Option<Report> {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.lock();
        loop {
            if let Some(report) = state.reports.pop(&self.capacity) {
                return Some(report);
            }
            let left = time_left(deadline);
            if left.is_zero() || state.expects_no_report() {
                return None;
            }
            state.reports.poller_waits();
            state =
                self.reported.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.reports.poller_came();
        }
    }

    /// Waits until every event is finished, at most `timeout`. Returns the number of unfinished
    /// events.
    pub fn flush(&self, timeout: Duration) -> usize {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.lock();
        loop {
            let left = time_left(deadline);
            if state.reports.is_abandoned() || state.unfinished == 0 {
                return 0;
            }
            if left.is_zero() {
                return state.unfinished;
            }
            state.flushers += 1;
            state =
                self.finished.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.flushers -= 1;
        }
    }

    /// Accepts no more events.
    pub fn stop_accepting(&self) {
        let mut state = self.lock();
        state.closed = true;
        if state.expects_no_report() {
            self.reported.notify_all();
        }
    }

    /// Ends the attempts that run, and refuses further ones.
    pub fn cancel(&self) {
        self.lock().cancelled = true;
        self.attempts.close(Duration::ZERO);
    }

    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Drops all reports, now and later.
    pub fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.reports.abandon(&self.capacity);
        drop(state);
        self.reported.notify_all();
        self.finished.notify_all();
    }

    /// Returns the descriptor that is readable while reports wait. The first call makes it.
    pub fn descriptor(&self) -> Option<i32> {
        self.lock().reports.descriptor()
    }

    pub fn stats(&self) -> Stats {
        let state = self.lock();
        let in_flight = self.attempts.running().min(state.unfinished);
        Stats {
            queued: state.unfinished - in_flight,
            in_flight,
            reports: state.reports.len(),
            events: self.capacity.events(),
            bytes: self.capacity.bytes(),
            counters: state.counters.clone(),
        }
    }
}

/// Returns the time left. A deadline beyond the clock's range never comes.
fn time_left(deadline: Option<Instant>) -> Duration {
    deadline.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()))
}
