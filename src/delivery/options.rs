use std::time::Duration;

use crate::config::{Reports, Settings};

/// The options of background sending.
#[derive(Clone, Copy)]
pub struct QueueOptions {
    pub connections: usize,
    pub timeout: Duration,
    pub delivery_timeout: Duration,
    pub max_events: usize,
    pub max_bytes: usize,
    pub reports: Reports,
}

impl From<&Settings> for QueueOptions {
    fn from(settings: &Settings) -> QueueOptions {
        QueueOptions {
            connections: settings.connections,
            timeout: settings.timeout,
            delivery_timeout: settings.delivery_timeout,
            max_events: settings.queue_max_events,
            max_bytes: settings.queue_max_bytes,
            reports: settings.reports,
        }
    }
}
