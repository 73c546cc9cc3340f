//! How much a queue holds. The limits belong to the engine: handles that share it share them.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result, Status};

/// What counts against the limits of a queue: unfinished events, and reports that wait to be
/// polled. Any thread may use it at any time.
pub struct Capacity {
    max_events: usize,
    max_bytes: usize,
    events: AtomicUsize,
    bytes: AtomicUsize,
}

impl Capacity {
    pub fn new(max_events: usize, max_bytes: usize) -> Capacity {
        Capacity {
            max_events,
            max_bytes,
            events: AtomicUsize::default(),
            bytes: AtomicUsize::default(),
        }
    }

    /// Returns how many events and reports there are.
    pub fn events(&self) -> usize {
        self.events.load(Ordering::Relaxed)
    }

    /// Returns how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Reserves capacity for one event of this size, unless the limits are reached.
    pub fn reserve(&self, bytes: usize) -> Result<()> {
        if !add(&self.events, 1, self.max_events) {
            return Err(self.full(bytes));
        }
        if !add(&self.bytes, bytes, self.max_bytes) {
            self.events.fetch_sub(1, Ordering::Relaxed);
            return Err(self.full(bytes));
        }
        Ok(())
    }

    /// Returns whether the queue has room for a report of this size.
    pub fn has_room_for(&self, bytes: usize) -> bool {
        bytes <= self.max_bytes.saturating_sub(self.bytes())
    }

    /// Gives an event's capacity to its report; both sizes are in bytes.
    pub fn resize(&self, event: usize, report: usize) {
        self.bytes.fetch_add(report, Ordering::Relaxed);
        self.bytes.fetch_sub(event, Ordering::Relaxed);
    }

    /// Gives back the capacity of an event or of its report.
    pub fn release(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.events.fetch_sub(1, Ordering::Relaxed);
    }

    fn full(&self, bytes: usize) -> Error {
        let message = format!(
            "the queue is full: it holds {} of at most {} events and {} of at most {} bytes (reports that wait to be polled count too), and this event has {bytes} bytes",
            self.events(),
            self.max_events,
            self.bytes(),
            self.max_bytes
        );
        Error::new(Status::QueueFull, message).with_retryable(bytes <= self.max_bytes)
    }
}

/// Adds to a count, unless the sum is above `most`. Returns whether it added.
fn add(count: &AtomicUsize, amount: usize, most: usize) -> bool {
    let sum = |count: usize| count.checked_add(amount).filter(|sum| *sum <= most);
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_limit_refuses_and_takes_nothing() {
        let capacity = Capacity::new(2, 10);
        assert!(capacity.reserve(11).is_err_and(|error| !error.is_retryable()));
        capacity.reserve(6).unwrap();
        assert!(capacity.reserve(5).is_err_and(|error| error.is_retryable()));
        capacity.reserve(4).unwrap();
        assert!(capacity.reserve(0).is_err());
        assert_eq!((capacity.events(), capacity.bytes()), (2, 10));
        capacity.resize(6, 20);
        assert!(!capacity.has_room_for(1));
        capacity.release(20);
        capacity.release(4);
        assert_eq!((capacity.events(), capacity.bytes()), (0, 0));
        assert!(capacity.has_room_for(10) && !capacity.has_room_for(11));
    }
}
