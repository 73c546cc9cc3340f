//! Engines and queues that handles with equal settings share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Dispatcher;
use crate::engine::SettingsDigest;
use crate::fork::PerProcess;
use crate::housekeeping::{self, Idle, MAX_IDLE};
use crate::platform::uptime;

/// This process's shared dispatchers.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    dispatchers: HashMap<SettingsDigest, Entry>,
    /// Whether the housekeeping looks at it.
    is_watched: bool,
}

struct Entry {
    dispatcher: Arc<Dispatcher>,
    /// How many handles use it.
    handles: usize,
    /// When the last of them left, by [`uptime`]'s clock.
    left: Duration,
}

impl Shared {
    fn of_process() -> Arc<Shared> {
        static SHARED: PerProcess<Arc<Shared>> = PerProcess::empty();
        Arc::clone(SHARED.get_or_make(Arc::default))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// This process's dispatcher for these settings, for one more handle.
pub fn dispatcher(digest: SettingsDigest, make: impl FnOnce() -> Dispatcher) -> Arc<Dispatcher> {
    let shared = Shared::of_process();
    let mut state = shared.lock();
    let entry = state.dispatchers.entry(digest).or_insert_with(|| Entry {
        dispatcher: Arc::new(make()),
        handles: 0,
        left: Duration::ZERO,
    });
    entry.handles += 1;
    Arc::clone(&entry.dispatcher)
}

/// A handle stops using its dispatcher. A dispatcher without handles and without events is given
/// back after a while; until then the next handle finds it warm.
pub fn left(dispatcher: &Arc<Dispatcher>) {
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
