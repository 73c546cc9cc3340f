//! Time limits, and which option set them.

use std::fmt;
use std::time::{Duration, Instant};

/// Until when something has to be done, and which option says so.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub deadline: Instant,
    option: &'static str,
    time: Duration,
}

impl Limit {
    /// `time` after `begun`, by this option. A time beyond the clock's range is a day.
    pub fn new(option: &'static str, time: Duration, begun: Instant) -> Limit {
        let day = Duration::from_secs(86_400);
        Limit { deadline: begun.checked_add(time).unwrap_or_else(|| begun + day), option, time }
    }

    /// The one of two that comes first.
    #[must_use]
    pub fn or_earlier(self, other: Limit) -> Limit {
        if other.deadline < self.deadline { other } else { self }
    }

    /// What remains.
    pub fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.option, self.time)
    }
}
