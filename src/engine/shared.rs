//! Engines that handles with equal settings share for the life of the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::Engine;
use super::blueprint::SettingsDigest;
use crate::fork::PerProcess;

type Engines = Mutex<HashMap<SettingsDigest, Arc<Engine>>>;

/// This process's engine for these settings.
pub fn engine(digest: SettingsDigest, make: impl FnOnce() -> Engine) -> Arc<Engine> {
    static ENGINES: OnceLock<PerProcess<Engines>> = OnceLock::new();
    let engines =
        ENGINES.get_or_init(|| PerProcess::new(Mutex::default())).get_or_make(Mutex::default);
    let mut engines = engines.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(engines.entry(digest).or_insert_with(|| Arc::new(make())))
}
