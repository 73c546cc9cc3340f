//! The calls of one handle: counted, so that closing can wait for them, and reachable, so that
//! it can cancel them.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Something that a call waits for and that can be made to end.
pub trait Interrupt: Send + Sync {
    /// Ends what is this call's alone. Done while the call cannot give it to another, so it
    /// must not wait for a lock.
    fn cut(&self) {}

    /// Wakes the call, and perhaps others, which look for themselves whether they are meant.
    fn wake(&self) {}
}

impl Interrupt for TcpStream {
    fn cut(&self) {
        // An error means that it is not connected any more.
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// The calls of one handle.
#[derive(Default)]
pub struct Calls {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    closed: bool,
    cancelled: bool,
    running: usize,
    next_id: u64,
    waits: Vec<(u64, Weak<dyn Interrupt>)>,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls are between their beginning and their end.
    pub fn running(&self) -> usize {
        self.lock().running
    }

    /// Begins a call; `None` once the handle is closed.
    pub fn begin(self: &Arc<Calls>) -> Option<RunningCall> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        state.running += 1;
        state.next_id += 1;
        Some(RunningCall { id: state.next_id, calls: Arc::clone(self) })
    }

    /// Refuses new calls, waits for the running ones, then cancels what still runs.
    /// Whether nothing had to be cancelled.
    pub fn close(&self, limit: Duration) -> bool {
        // A limit beyond the clock's range is none.
        let deadline = Instant::now().checked_add(limit);
        let mut state = self.lock();
        state.closed = true;
        let was_cancelled = state.cancelled;
        while state.running > 0 && !state.cancelled {
            let left =
                deadline.map_or(Duration::MAX, |d| d.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            state =
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.running == 0 {
            // Another thread that closes may have had less time.
            return state.cancelled == was_cancelled;
        }
        state.cancelled = true;
        let waits: Vec<_> = state.waits.iter().filter_map(|(_, wait)| wait.upgrade()).collect();
        for wait in &waits {
            wait.cut();
        }
        drop(state);
        self.changed.notify_all();
        for wait in waits {
            wait.wake();
        }
        let mut state = self.lock();
        while state.running > 0 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        false
    }
}

/// A call between its beginning and its end.
pub struct RunningCall {
    id: u64,
    calls: Arc<Calls>,
}

impl RunningCall {
    /// Whether the handle was closed and this call has to end.
    pub fn is_cancelled(&self) -> bool {
        self.calls.lock().cancelled
    }

    /// Sleeps; `false` if the call was cancelled before the time was over.
    pub fn sleep(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut state = self.calls.lock();
        loop {
            if state.cancelled {
                return false;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            state = self
                .calls
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Says what the call is about to wait for; `false` if it was cancelled already.
    pub fn will_wait_for<T: Interrupt + 'static>(&self, wait: &Arc<T>) -> bool {
        let mut state = self.calls.lock();
        if state.cancelled {
            return false;
        }
        let weak: Weak<T> = Arc::downgrade(wait);
        let known = |(id, known): &(u64, Weak<dyn Interrupt>)| {
            *id == self.id && std::ptr::addr_eq(known.as_ptr(), weak.as_ptr())
        };
        if !state.waits.iter().any(known) {
            state.waits.push((self.id, weak));
        }
        true
    }

    /// What the call waited for is not its concern any more.
    pub fn waits_for_nothing(&self) {
        self.calls.lock().waits.retain(|(id, _)| *id != self.id);
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let mut state = self.calls.lock();
        state.waits.retain(|(id, _)| *id != self.id);
        state.running -= 1;
        // Only closing waits for that; telling nobody would cost a system call for each call.
        let is_awaited = state.closed;
        drop(state);
        if is_awaited {
            self.calls.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[derive(Default)]
    struct Wait(AtomicBool);

    impl Interrupt for Wait {
        fn cut(&self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn no_call_begins_after_closing() {
        let calls = Arc::new(Calls::default());
        assert!(calls.close(Duration::ZERO));
        assert!(calls.begin().is_none());
    }

    #[test]
    fn whoever_closes_learns_that_a_call_was_cancelled() {
        let calls = Arc::new(Calls::default());
        let call = calls.begin().unwrap();
        std::thread::scope(|scope| {
            let patient = scope.spawn(|| calls.close(Duration::from_secs(60)));
            while !calls.lock().closed {
                std::thread::yield_now();
            }
            let hasty = scope.spawn(|| calls.close(Duration::ZERO));
            assert!(!call.sleep(Duration::from_secs(60)));
            drop(call);
            assert!(!hasty.join().unwrap() && !patient.join().unwrap());
        });
        assert!(calls.close(Duration::ZERO), "again");
    }

    /// A call may be cancelled between two waits.
    #[test]
    fn a_cancelled_call_waits_for_nothing_more() {
        let calls = Arc::new(Calls::default());
        let (call, wait) = (calls.begin().unwrap(), Arc::new(Wait::default()));
        assert!(call.will_wait_for(&wait));
        let closing = std::thread::spawn(move || calls.close(Duration::ZERO));
        while !wait.0.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        assert!(!call.will_wait_for(&wait) && !call.sleep(Duration::from_secs(60)));
        drop(call);
        assert!(!closing.join().unwrap());
    }
}
