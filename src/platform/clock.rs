//! A clock that keeps running while the machine sleeps.

use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod imp {
    use super::Duration;
    use nix::time::{ClockId, clock_gettime};

    pub fn uptime() -> Duration {
        // Linux has had this clock since 2.6.39, so it is never missing.
        clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default()
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod imp {
    use super::Duration;
    use std::time::SystemTime;

    pub fn uptime() -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

/// The time since some moment in the past. It includes the machine's sleep, unlike std's monotonic
/// clock, because a server's clock also keeps running meanwhile. On systems without such a clock
/// this is the wall clock, which may be set.
pub fn uptime() -> Duration {
    imp::uptime()
}
