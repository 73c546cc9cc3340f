//! One handle's delivery reports that wait to be polled.

use std::collections::VecDeque;

use super::capacity::Capacity;
use super::report::Report;
use crate::config::Reports;
use crate::platform::WakeUp;

/// A queue of reports. Its owner's lock protects it.
pub struct ReportQueue {
    keep: Reports,
    /// No thread will poll any more.
    abandoned: bool,
    /// Each report with the bytes that it takes of the capacity.
    waiting: VecDeque<(Report, usize)>,
    wake_up: Option<WakeUp>,
    /// Threads that wait for a report.
    pollers: usize,
    /// How many of them were woken and do not run yet. Waking one again would waste a system
    /// call.
    woken: usize,
}

impl ReportQueue {
    pub fn new(keep: Reports) -> ReportQueue {
        ReportQueue {
            keep,
            abandoned: false,
            waiting: VecDeque::new(),
            wake_up: None,
            pollers: 0,
            woken: 0,
        }
    }

    /// Returns how many reports wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// Returns whether a thread waits for a report.
    pub fn is_polled(&self) -> bool {
        self.pollers > 0
    }

    /// Keeps a report if it is wanted. It takes over the capacity of its event, which has
    /// `event_bytes`. Returns whether a poller must be woken for it.
    pub fn push(&mut self, mut report: Report, event_bytes: usize, capacity: &Capacity) -> bool {
        if !self.wants(&report) {
            capacity.release(event_bytes);
            return false;
        }
        if !capacity.has_room_for(report.bytes()) {
            report = report.brief();
        }
        let bytes = report.bytes();
        capacity.resize(event_bytes, bytes);
        if let Some(wake_up) = self.wake_up.as_ref().filter(|_| self.waiting.is_empty()) {
            wake_up.raise();
        }
        self.waiting.push_back((report, bytes));
        let needs_poller = self.pollers > self.woken;
        self.woken += usize::from(needs_poller);
        needs_poller
    }

    fn wants(&self, report: &Report) -> bool {
        !self.abandoned
            && match self.keep {
                Reports::All => true,
                Reports::Errors => report.error().is_some(),
                Reports::None => false,
            }
    }

    /// Takes the oldest report.
    pub fn pop(&mut self, capacity: &Capacity) -> Option<Report> {
        let (report, bytes) = self.waiting.pop_front()?;
        capacity.release(bytes);
        if let Some(wake_up) = self.wake_up.as_ref().filter(|_| self.waiting.is_empty()) {
            wake_up.lower();
        }
        Some(report)
    }

    /// Says that a thread begins to wait for a report.
    pub fn poller_waits(&mut self) {
        self.pollers += 1;
    }

    /// Says that a thread has stopped waiting, with or without a report.
    pub fn poller_came(&mut self) {
        self.pollers -= 1;
        self.woken = self.woken.saturating_sub(1);
    }

    /// Drops all reports, now and later.
    pub fn abandon(&mut self, capacity: &Capacity) {
        self.abandoned = true;
        while self.pop(capacity).is_some() {}
        self.wake_up = None;
    }

    /// Returns the descriptor that is readable while reports wait. The first call makes it.
    pub fn descriptor(&mut self) -> Option<i32> {
        if self.wake_up.is_none() {
            let wake_up = WakeUp::new().ok()?;
            if !self.waiting.is_empty() {
                wake_up.raise();
            }
            self.wake_up = Some(wake_up);
        }
        self.wake_up.as_ref().and_then(WakeUp::descriptor)
    }
}
