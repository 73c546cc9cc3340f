//! A clock that goes on while the machine sleeps.

use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod imp {
    use super::Duration;
    use nix::time::{ClockId, clock_gettime};

    pub fn uptime() -> Duration {
        // The kernel has had this clock since 2.6.39, so it is never missing.
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

/// The time since some moment in the past, the machine's sleep included. A server's clock goes
/// on meanwhile, and std's monotonic clock stands still. Where the system has no such clock it
/// is the wall's, which may be set.
pub fn uptime() -> Duration {
    imp::uptime()
}
