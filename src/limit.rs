//! Time limits, and which option set them.

use std::fmt;
use std::time::{Duration, Instant};

/// A deadline, and the option that set it.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub deadline: Instant,
    option: &'static str,
    time: Duration,
}

impl Limit {
    /// The limit `time` after `begun`, set by `option`. A deadline beyond the clock's range
    /// becomes one day.
    pub fn new(option: &'static str, time: Duration, begun: Instant) -> Limit {
        let day = Duration::from_secs(86_400);
        Limit { deadline: begun.checked_add(time).unwrap_or_else(|| begun + day), option, time }
    }

    /// The earlier of the two limits.
    #[must_use]
    pub fn or_earlier(self, other: Limit) -> Limit {
        if other.deadline < self.deadline { other } else { self }
    }

    /// The time that remains.
    pub fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.option, self.time)
    }
}
