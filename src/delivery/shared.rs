//! Engines and queues that handles with equal settings share for the life of the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Dispatcher;
use crate::engine::SettingsDigest;
use crate::fork::PerProcess;

type Dispatchers = Mutex<HashMap<SettingsDigest, Arc<Dispatcher>>>;

/// This process's dispatcher for these settings.
pub fn dispatcher(digest: SettingsDigest, make: impl FnOnce() -> Dispatcher) -> Arc<Dispatcher> {
    static SHARED: PerProcess<Dispatchers> = PerProcess::empty();
    let mut shared =
        SHARED.get_or_make(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(shared.entry(digest).or_insert_with(|| Arc::new(make())))
}
