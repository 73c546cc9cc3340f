//! The running calls of one handle. They are counted so that closing can wait for them, and
//! listed so that closing can cancel them.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::error::{Error, Status};

/// Something that a call waits for. Closing can end the wait.
pub trait Interrupt: Send + Sync {
    /// Ends something that only this call uses, such as its connection. Meanwhile the call cannot
    /// hand it to another call, so `abort` must not wait for a lock.
    fn abort(&self) {}

    /// Wakes the call, and perhaps others: each checks whether it is cancelled.
    fn wake(&self) {}
}

impl Interrupt for TcpStream {
    fn abort(&self) {
        // An error means that it is no longer connected.
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// The error of calls to a closed handle.
pub fn closed() -> Error {
    Error::new(Status::Closed, "the client was closed")
}

/// The calls of one handle.
#[derive(Default)]
pub struct ActiveCalls {
    state: Mutex<CallsState>,
    changed: Condvar,
    /// Set with the lock held; calls read it without the lock.
    cancelled: AtomicBool,
}

#[derive(Default)]
struct CallsState {
    closed: bool,
    running: usize,
    /// The running calls, each at its own place.
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

    /// How many calls are running.
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

    /// Refuses new calls, waits for the running ones, and cancels those that still run after
    /// `limit`. Returns whether no call had to be cancelled.
    pub fn close(&self, limit: Duration) -> bool {
        // A limit beyond the clock's range is no limit.
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
            // Another thread may have closed with a shorter limit and cancelled calls meanwhile.
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

/// A running call.
pub struct ActiveCall {
    place: usize,
    calls: Arc<ActiveCalls>,
    /// What the call waits for.
    wait: Mutex<Option<Weak<dyn Interrupt>>>,
}

impl ActiveCall {
    /// Returns whether the handle was closed and this call has to end.
    pub fn is_cancelled(&self) -> bool {
        self.calls.is_cancelled()
    }

    /// Sleeps for `time`. Returns `false` if the call is cancelled before that.
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

    /// Records what the call is about to wait for, instead of what it waited for before. Returns
    /// `false` if the call is already cancelled.
    pub fn will_wait_for<T: Interrupt + 'static>(&self, wait: &Arc<T>) -> bool {
        let mut own = self.wait();
        // `close` sets the flag before it reads this.
        if self.is_cancelled() {
            return false;
        }
        let weak: Weak<T> = Arc::downgrade(wait);
        *own = Some(weak);
        true
    }

    /// The call's wait is over: closing need not interrupt it.
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
        // Only `close` waits for this. Otherwise each call would pay a system call for nothing.
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
    fn each_thread_that_closes_learns_that_a_call_was_cancelled() {
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
