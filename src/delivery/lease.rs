//! A handle's use of a dispatcher, which handles with equal settings may share.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::dispatcher::Dispatcher;
use crate::engine::SettingsDigest;
use crate::fork::PerProcess;
use crate::housekeeping::{self, Idle, MAX_IDLE};
use crate::platform::uptime;

/// This process's shared dispatchers.
#[derive(Default)]
struct Shared {
    state: Mutex<SharedState>,
}

#[derive(Default)]
struct SharedState {
    dispatchers: HashMap<SettingsDigest, Entry>,
    /// Whether the housekeeping watches it.
    is_watched: bool,
}

struct Entry {
    dispatcher: Arc<Dispatcher>,
    /// How many handles use it.
    handles: usize,
    /// When the last of them stopped using it, by [`uptime`]'s clock.
    left: Duration,
}

impl Shared {
    fn of_process() -> Arc<Shared> {
        static SHARED: PerProcess<Arc<Shared>> = PerProcess::empty();
        Arc::clone(SHARED.get_or_make(Arc::default))
    }

    fn lock(&self) -> MutexGuard<'_, SharedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One handle's use of a dispatcher.
pub struct Lease {
    dispatcher: Arc<Dispatcher>,
    is_shared: bool,
}

impl Lease {
    /// A dispatcher for this handle alone.
    pub fn own(dispatcher: Dispatcher) -> Lease {
        Lease { dispatcher: Arc::new(dispatcher), is_shared: false }
    }

    /// The dispatcher that this process has for these settings; makes it if there is none.
    pub fn shared(digest: SettingsDigest, make: impl FnOnce() -> Dispatcher) -> Lease {
        let shared = Shared::of_process();
        let mut state = shared.lock();
        let entry = state.dispatchers.entry(digest).or_insert_with(|| Entry {
            dispatcher: Arc::new(make()),
            handles: 0,
            left: Duration::ZERO,
        });
        entry.handles += 1;
        Lease { dispatcher: Arc::clone(&entry.dispatcher), is_shared: true }
    }

    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Ends the threads and closes the connections of a dispatcher that no other handle uses.
    /// Nothing may be in its queue or in flight any more.
    pub fn stop_own(&self) {
        if !self.is_shared {
            self.dispatcher.stop();
            self.dispatcher.engine().shut_down();
        }
    }
}

impl Deref for Lease {
    type Target = Arc<Dispatcher>;

    fn deref(&self) -> &Arc<Dispatcher> {
        &self.dispatcher
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_shared {
            stop_using(&self.dispatcher);
        }
    }
}

/// Called when a handle stops using a shared dispatcher. A dispatcher without handles and without
/// events is stopped after a while; until then the next handle gets it with warm connections.
fn stop_using(dispatcher: &Arc<Dispatcher>) {
    let shared = Shared::of_process();
    let mut state = shared.lock();
    let entry =
        state.dispatchers.values_mut().find(|entry| Arc::ptr_eq(&entry.dispatcher, dispatcher));
    let Some(entry) = entry else { return };
    entry.handles -= 1;
    if entry.handles > 0 {
        return;
    }
    entry.left = uptime();
    let was_watched = std::mem::replace(&mut state.is_watched, true);
    drop(state);
    if !was_watched && !housekeeping::watch(&shared) {
        shared.lock().is_watched = false;
    }
}

impl Idle for Shared {
    fn give_back(&self, now: Duration) -> Option<Duration> {
        let mut unused = Vec::new();
        let mut state = self.lock();
        let mut next = None;
        state.dispatchers.retain(|_, entry| {
            if entry.handles > 0 {
                return true;
            }
            let due = entry.dispatcher.idle_since(now).max(entry.left) + MAX_IDLE;
            if due <= now {
                unused.push(Arc::clone(&entry.dispatcher));
                return false;
            }
            next = [Some(due), next].into_iter().flatten().min();
            true
        });
        state.is_watched = next.is_some();
        drop(state);
        for dispatcher in unused {
            dispatcher.stop();
        }
        next
    }
}
