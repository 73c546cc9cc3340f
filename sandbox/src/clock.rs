//! The sandbox's clock, which tests can move away from the machine's.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The machine's clock plus an offset.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::Relaxed);
    }

    /// The machine's time if the offset leads before 1970 or out of the range of `SystemTime`.
    pub(crate) fn now(&self) -> SystemTime {
        let machine = SystemTime::now();
        let offset = self.offset_seconds.load(Ordering::Relaxed);
        let distance = Duration::from_secs(offset.unsigned_abs());
        let moved =
            if offset < 0 { machine.checked_sub(distance) } else { machine.checked_add(distance) };
        moved.filter(|time| *time >= UNIX_EPOCH).unwrap_or(machine)
    }

    /// Seconds since the epoch, as tokens count them.
    pub(crate) fn unix_seconds(&self) -> i64 {
        let since_epoch = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
    }

    /// The time as resources show it, such as `2020-01-01T14:00:00.000Z`.
    pub(crate) fn timestamp(&self) -> String {
        timestamp(self.now())
    }

    /// The time as in the `Date` header.
    pub(crate) fn http_date(&self) -> String {
        httpdate::fmt_http_date(self.now())
    }
}

/// A time as resources show it.
pub(crate) fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}
