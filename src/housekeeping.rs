//! Frees resources that are idle. One thread of the process does this, and it exists only while
//! something is idle.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::fork::PerProcess;
use crate::panics;
use crate::platform::{self, uptime};

/// How long something may be idle before it is freed. Idle connections are closed before the
/// server closes them in the middle of a request.
pub const MAX_IDLE: Duration = Duration::from_secs(15);

const STACK_BYTES: usize = 256 * 1024;

/// Something that can be idle.
pub trait Idle: Send + Sync {
    /// Frees what has been idle for [`MAX_IDLE`] at `now`, by [`uptime`]'s clock. Returns when to
    /// call it again, at most `MAX_IDLE` later; `None` if nothing is idle.
    ///
    /// It must not call this module, whose lock is held.
    fn give_back(&self, now: Duration) -> Option<Duration>;
}

/// Watches `idle`, which has something idle now, until nothing of it is idle. Returns `false` if
/// no thread could be started for that.
#[must_use = "without a thread the caller has to call it again"]
pub fn watch(idle: &Arc<impl Idle + 'static>) -> bool {
    let idle: Weak<dyn Idle> = Arc::downgrade(idle) as _;
    Housekeeper::of_process().watch(idle)
}

/// Stops watching `idle`. If nothing else is watched, the thread has ended when this returns.
pub fn release(idle: &Arc<impl Idle + 'static>) {
    let idle: Weak<dyn Idle> = Arc::downgrade(idle) as _;
    Housekeeper::of_process().release(&idle);
}

#[derive(Default)]
struct Housekeeper {
    state: Mutex<HousekeeperState>,
    changed: Condvar,
}

#[derive(Default)]
struct HousekeeperState {
    watched: Vec<Weak<dyn Idle>>,
    /// The running thread. A thread that is no longer here ends.
    thread: Option<JoinHandle<()>>,
    /// How many threads were started: each knows its number.
    threads: u64,
}

impl Housekeeper {
    fn of_process() -> Arc<Housekeeper> {
        static HOUSEKEEPER: PerProcess<Arc<Housekeeper>> = PerProcess::empty();
        Arc::clone(HOUSEKEEPER.get_or_make(Arc::default))
    }

    fn lock(&self) -> MutexGuard<'_, HousekeeperState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread need not be woken: it looks again before anything has been idle for too long.
    fn watch(self: Arc<Self>, idle: Weak<dyn Idle>) -> bool {
        let mut state = self.lock();
        if state.thread.is_none() {
            state.threads += 1;
            let (number, housekeeper) = (state.threads, Arc::clone(&self));
            let work = move || housekeeper.run(number);
            state.thread = platform::spawn("vce-idle", STACK_BYTES, work).ok();
        }
        let is_watched = state.thread.is_some();
        if is_watched {
            state.watched.push(idle);
        }
        is_watched
    }

    fn release(&self, idle: &Weak<dyn Idle>) {
        let mut state = self.lock();
        state.watched.retain(|watched| !Weak::ptr_eq(watched, idle));
        if !state.watched.is_empty() {
            return;
        }
        let thread = state.thread.take();
        drop(state);
        if let Some(thread) = thread {
            self.changed.notify_all();
            // Its panics were caught, so the result says nothing.
            let _ = thread.join();
        }
    }

    fn run(&self, number: u64) {
        if panics::catch(|| self.work(number)).is_err() {
            let mut state = self.lock();
            if state.threads == number {
                state.thread = None;
            }
        }
    }

    fn work(&self, number: u64) {
        let mut state = self.lock();
        while state.thread.is_some() && state.threads == number {
            let now = uptime();
            let mut next = None;
            state.watched.retain(|idle| {
                let again = idle.upgrade().and_then(|idle| idle.give_back(now));
                next = again.into_iter().chain(next).min();
                again.is_some()
            });
            let Some(next) = next else {
                state.thread = None;
                return;
            };
            let time = next.saturating_sub(now).min(MAX_IDLE);
            state =
                self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Is idle for this many calls of `give_back`.
    struct Looks(AtomicU32);

    impl Idle for Looks {
        fn give_back(&self, now: Duration) -> Option<Duration> {
            let left =
                self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            left.ok().map(|_| now)
        }
    }

    fn watched(housekeeper: &Arc<Housekeeper>, looks: u32) -> Arc<Looks> {
        let idle = Arc::new(Looks(AtomicU32::new(looks)));
        let weak = Arc::downgrade(&idle);
        assert!(Arc::clone(housekeeper).watch(weak as Weak<dyn Idle>));
        idle
    }

    #[test]
    fn the_thread_ends_when_nothing_is_idle_and_starts_again() {
        let housekeeper = Arc::new(Housekeeper::default());
        for round in 1..=3 {
            let idle = watched(&housekeeper, 5);
            while housekeeper.lock().thread.is_some() {
                std::thread::yield_now();
            }
            assert_eq!(idle.0.load(Ordering::SeqCst), 0);
            assert_eq!(housekeeper.lock().threads, round);
        }
    }

    #[test]
    fn no_thread_is_left_after_the_last_is_released() {
        let housekeeper = Arc::new(Housekeeper::default());
        let (first, second) = (watched(&housekeeper, u32::MAX), watched(&housekeeper, u32::MAX));
        housekeeper.release(&(Arc::downgrade(&first) as Weak<dyn Idle>));
        assert!(housekeeper.lock().thread.is_some());
        housekeeper.release(&(Arc::downgrade(&second) as Weak<dyn Idle>));
        assert!(housekeeper.lock().thread.is_none());
        assert_eq!(Arc::strong_count(&housekeeper), 1, "the thread has ended");
    }
}
