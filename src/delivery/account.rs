//! What one handle has in the queue: how much, what became of it, and the reports that wait.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::capacity::Capacity;
use super::report::Report;
use super::stats::{Counters, Stats};
use crate::calls::{Calls, RunningCall};
use crate::config::Reports;
use crate::engine;
use crate::error::Result;
use crate::event::Event;
use crate::platform::WakeUp;

/// One handle's share of the queue. Any thread may use it at any time.
pub struct Account {
    /// The queue's.
    capacity: Arc<Capacity>,
    keep: Reports,
    state: Mutex<State>,
    /// A report came, or none will come any more.
    reported: Condvar,
    /// No event is on its way any more.
    settled: Condvar,
    /// The attempts under way.
    attempts: Arc<Calls>,
}

#[derive(Default)]
struct State {
    /// Takes no more events.
    closed: bool,
    /// Nobody will ask for reports any more.
    abandoned: bool,
    /// Events without an end so far.
    unfinished: usize,
    /// Each with the bytes that it takes of the queue.
    reports: VecDeque<(Report, usize)>,
    wake_up: Option<WakeUp>,
    /// Threads that wait for a report, and how many of them were called and have not come yet:
    /// calling one again would be a system call for nothing.
    pollers: usize,
    called: usize,
    flushers: usize,
    /// Closing left no time for some.
    cancelled: bool,
    counters: Counters,
}

impl State {
    fn take_report(&mut self, capacity: &Capacity) -> Option<Report> {
        let (report, bytes) = self.reports.pop_front()?;
        capacity.give_back(bytes);
        if let Some(wake_up) = self.wake_up.as_ref().filter(|_| self.reports.is_empty()) {
            wake_up.lower();
        }
        Some(report)
    }

    fn expects_no_report(&self) -> bool {
        self.abandoned || (self.closed && self.unfinished == 0)
    }
}

impl Account {
    pub fn new(capacity: Arc<Capacity>, keep: Reports) -> Account {
        Account {
            capacity,
            keep,
            state: Mutex::default(),
            reported: Condvar::new(),
            settled: Condvar::new(),
            attempts: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts an event of so many bytes if `enqueue` does, unless the limits are reached or
    /// the handle is closed.
    pub fn accept<T>(&self, bytes: usize, enqueue: impl FnOnce() -> Result<T>) -> Result<T> {
        // Held while it is enqueued, so that closing finds all that was accepted.
        let mut state = self.lock();
        if state.closed {
            return Err(engine::closed());
        }
        self.capacity.take(bytes)?;
        let enqueued = enqueue().inspect_err(|_| self.capacity.give_back(bytes))?;
        state.unfinished += 1;
        state.counters.accepted += 1;
        Ok(enqueued)
    }

    /// Begins to send an event; `None` if the handle's events are cancelled.
    pub fn begin_attempt(&self) -> Option<Arc<RunningCall>> {
        self.attempts.begin()
    }

    pub fn count_retry(&self) {
        self.lock().counters.retries += 1;
    }

    /// An event came to its end.
    pub fn settle(&self, tag: u64, bytes: usize, accepted: Instant, result: Result<Event>) {
        let mut state = self.lock();
        state.unfinished -= 1;
        state.counters.count(&result, accepted.elapsed());
        let is_kept = !state.abandoned
            && match self.keep {
                Reports::All => true,
                Reports::Errors => result.is_err(),
                Reports::None => false,
            };
        if is_kept {
            let mut report = Report::new(tag, result);
            if !self.capacity.has_room_for(report.bytes()) {
                report = report.brief();
            }
            let reported = report.bytes();
            self.capacity.exchange(bytes, reported);
            if let Some(wake_up) = state.wake_up.as_ref().filter(|_| state.reports.is_empty()) {
                wake_up.raise();
            }
            state.reports.push_back((report, reported));
        } else {
            self.capacity.give_back(bytes);
        }
        let is_last = state.unfinished == 0;
        let is_end = is_last && state.closed;
        // Telling nobody would cost a system call for each event.
        let (is_polled, is_flushed) = (state.pollers > 0, state.flushers > 0);
        let calls_one = is_kept && state.pollers > state.called;
        state.called += usize::from(calls_one);
        drop(state);
        if is_polled && is_end {
            self.reported.notify_all();
        } else if calls_one {
            self.reported.notify_one();
        }
        if is_last && is_flushed {
            self.settled.notify_all();
        }
    }

    /// The next report; `None` after `timeout`, or at once if none can come any more.
    pub fn poll(&self, timeout: Duration) -> Option<Report> {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.lock();
        loop {
            if let Some(report) = state.take_report(&self.capacity) {
                return Some(report);
            }
            let left = left(deadline);
            if left.is_zero() || state.expects_no_report() {
                return None;
            }
            state.pollers += 1;
            state =
                self.reported.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.pollers -= 1;
            state.called = state.called.saturating_sub(1);
        }
    }

    /// Waits until every event has come to its end, at most `timeout`; how many have not.
    pub fn flush(&self, timeout: Duration) -> usize {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.lock();
        loop {
            let left = left(deadline);
            if state.abandoned || state.unfinished == 0 {
                return 0;
            }
            if left.is_zero() {
                return state.unfinished;
            }
            state.flushers += 1;
            state =
                self.settled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.flushers -= 1;
        }
    }

    /// Accepts no more events.
    pub fn refuse(&self) {
        let mut state = self.lock();
        state.closed = true;
        if state.expects_no_report() {
            self.reported.notify_all();
        }
    }

    /// Ends the attempts under way, and those to come.
    pub fn cancel(&self) {
        self.lock().cancelled = true;
        self.attempts.close(Duration::ZERO);
    }

    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Forgets the reports, those to come included.
    pub fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.abandoned = true;
        while state.take_report(&self.capacity).is_some() {}
        state.wake_up = None;
        drop(state);
        self.reported.notify_all();
        self.settled.notify_all();
    }

    /// The descriptor that is readable while reports wait; made when it is first asked for.
    pub fn descriptor(&self) -> Option<i32> {
        let mut state = self.lock();
        if state.wake_up.is_none() {
            let wake_up = WakeUp::new().ok()?;
            if !state.reports.is_empty() {
                wake_up.raise();
            }
            state.wake_up = Some(wake_up);
        }
        state.wake_up.as_ref().and_then(WakeUp::descriptor)
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

/// A time beyond the clock's range never comes.
fn left(deadline: Option<Instant>) -> Duration {
    deadline.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()))
}
