//! The calls of one handle: counted, so that closing can wait for them, and reachable, so that
//! it can cancel them.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::error::{Error, Status};

/// Something that a call waits for and that can be made to end.
pub trait Interrupt: Send + Sync {
    /// Ends what is this call's alone. Done while the call cannot give it to another, so it
    /// must not wait for a lock.
    fn abort(&self) {}

    /// Wakes the call, and perhaps others, which look for themselves whether they are meant.
    fn wake(&self) {}
}

impl Interrupt for TcpStream {
    fn abort(&self) {
        // An error means that it is not connected any more.
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// The error of calls of a closed handle.
pub fn closed() -> Error {
    Error::new(Status::Closed, "the client was closed")
}

/// The calls of one handle.
#[derive(Default)]
pub struct ActiveCalls {
    state: Mutex<CallsState>,
    changed: Condvar,
    /// Set under the lock; calls look at it without.
    cancelled: AtomicBool,
}

#[derive(Default)]
struct CallsState {
    closed: bool,
    running: usize,
    /// The running calls, each at its place.
    calls: Vec<Weak<ActiveCall>>,
    free_places: Vec<usize>,
}

impl CallsState {
    fn free_place(&mut self) -> usize {
        self.free_places.pop().unwrap_or_else(|| {
            self.calls.push(Weak::new());
            self.calls.len() - 1
        })
    }

    fn set(&mut self, place: usize, call: Weak<ActiveCall>) {
        if let Some(at) = self.calls.get_mut(place) {
            *at = call;
        }
    }
}

impl ActiveCalls {
    fn lock(&self) -> MutexGuard<'_, CallsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls are between their beginning and their end.
    pub fn running(&self) -> usize {
        self.lock().running
    }

    /// Begins a call; `None` once the handle is closed.
    pub fn begin(self: &Arc<ActiveCalls>) -> Option<Arc<ActiveCall>> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        state.running += 1;
        let place = state.free_place();
        let call = Arc::new(ActiveCall { place, calls: Arc::clone(self), wait: Mutex::new(None) });
        state.set(place, Arc::downgrade(&call));
        Some(call)
    }

    /// Refuses new calls, waits for the running ones, then cancels what still runs.
    /// Whether nothing had to be cancelled.
    pub fn close(&self, limit: Duration) -> bool {
        // A limit beyond the clock's range is none.
        let deadline = Instant::now().checked_add(limit);
        let mut state = self.lock();
        state.closed = true;
        let was_cancelled = self.is_cancelled();
        while state.running > 0 && !self.is_cancelled() {
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
            return self.is_cancelled() == was_cancelled;
        }
        self.cancelled.store(true, Ordering::SeqCst);
        let calls: Vec<_> = state.calls.iter().filter_map(Weak::upgrade).collect();
        drop(state);
        self.changed.notify_all();
        for call in calls {
            call.interrupt();
        }
        let mut state = self.lock();
        while state.running > 0 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        false
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }
}

/// A call between its beginning and its end.
pub struct ActiveCall {
    place: usize,
    calls: Arc<ActiveCalls>,
    /// What it waits for.
    wait: Mutex<Option<Weak<dyn Interrupt>>>,
}

impl ActiveCall {
    /// Whether the handle was closed and this call has to end.
    pub fn is_cancelled(&self) -> bool {
        self.calls.is_cancelled()
    }

    /// Sleeps; `false` if the call was cancelled before the time was over.
    pub fn sleep(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut state = self.calls.lock();
        loop {
            if self.is_cancelled() {
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

    fn wait(&self) -> MutexGuard<'_, Option<Weak<dyn Interrupt>>> {
        self.wait.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what the call is about to wait for, in the place of what it waited for before;
    /// `false` if it was cancelled already.
    pub fn will_wait_for<T: Interrupt + 'static>(&self, wait: &Arc<T>) -> bool {
        let mut own = self.wait();
        // Closing sets the flag before it looks here.
        if self.is_cancelled() {
            return false;
        }
        let weak: Weak<T> = Arc::downgrade(wait);
        *own = Some(weak);
        true
    }

    /// What the call waited for is not its concern any more.
    pub fn wait_ended(&self) {
        *self.wait() = None;
    }

    fn interrupt(&self) {
        let own = self.wait();
        let wait = own.as_ref().and_then(Weak::upgrade);
        if let Some(wait) = &wait {
            wait.abort();
        }
        drop(own);
        if let Some(wait) = wait {
            wait.wake();
        }
    }
}

impl Drop for ActiveCall {
    fn drop(&mut self) {
        let mut state = self.calls.lock();
        state.set(self.place, Weak::new());
        state.free_places.push(self.place);
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

    #[derive(Default)]
    struct Wait(AtomicBool);

    impl Interrupt for Wait {
        fn abort(&self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn no_call_begins_after_closing() {
        let calls = Arc::new(ActiveCalls::default());
        assert!(calls.close(Duration::ZERO));
        assert!(calls.begin().is_none());
    }

    #[test]
    fn whoever_closes_learns_that_a_call_was_cancelled() {
        let calls = Arc::new(ActiveCalls::default());
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
        let calls = Arc::new(ActiveCalls::default());
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
