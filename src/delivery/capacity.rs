//! How much a queue takes. The limits belong to the engine: all handles that share it share them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result, Status};

/// What counts against the limits of a queue: unfinished events, and reports that wait to be
/// polled. Any thread may use it at any time.
pub struct Capacity {
    max_events: usize,
    max_bytes: usize,
    used: Mutex<Used>,
}

#[derive(Clone, Copy, Default)]
pub struct Used {
    pub events: usize,
    pub bytes: usize,
}

impl Capacity {
    pub fn new(max_events: usize, max_bytes: usize) -> Capacity {
        Capacity { max_events, max_bytes, used: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn used(&self) -> Used {
        *self.lock()
    }

    /// Takes the place of one event of so many bytes, unless the limits are reached.
    pub fn take(&self, bytes: usize) -> Result<()> {
        let mut used = self.lock();
        if used.events >= self.max_events || self.max_bytes.saturating_sub(used.bytes) < bytes {
            let used = *used;
            return Err(self.full(used, bytes));
        }
        used.events += 1;
        used.bytes += bytes;
        Ok(())
    }

    /// Whether the queue has room for a report of so many bytes.
    pub fn has_room_for(&self, bytes: usize) -> bool {
        bytes <= self.max_bytes.saturating_sub(self.lock().bytes)
    }

    /// Gives an event's place to its report; both sizes are in bytes.
    pub fn exchange(&self, event: usize, report: usize) {
        let mut used = self.lock();
        used.bytes = used.bytes - event + report;
    }

    /// Gives the place of an event or of its report back.
    pub fn give_back(&self, bytes: usize) {
        let mut used = self.lock();
        used.events -= 1;
        used.bytes -= bytes;
    }

    fn full(&self, used: Used, bytes: usize) -> Error {
        let message = format!(
            "the queue is full: it holds {} events of at most {} and {} bytes of at most {}, the reports that wait included, and this event has {bytes}",
            used.events, self.max_events, used.bytes, self.max_bytes
        );
        Error::new(Status::QueueFull, message).with_retryable(bytes <= self.max_bytes)
    }
}
