//! When the next request may leave: `rate_limit`, and the server's `Retry-After`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::calls::{ActiveCall, closed};
use crate::error::{Error, Result, Status};

/// One answer must not silence an engine, which may live as long as its process, for years.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Paces all requests of an engine.
#[derive(Debug)]
pub struct RateLimiter {
    /// Between two requests.
    interval: Duration,
    schedule: Mutex<Schedule>,
}

#[derive(Debug, Default)]
struct Schedule {
    /// When the next request has its permit under `rate_limit`.
    next: Option<Instant>,
    /// Until when the server wants to be left alone.
    paused_until: Option<Instant>,
}

impl Schedule {
    /// How long the next request has to wait, in all.
    fn delay(&self, now: Instant) -> Duration {
        let latest = self.next.max(self.paused_until);
        latest.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }
}

impl RateLimiter {
    /// `rate` is in requests a second.
    pub fn new(rate: Option<f64>) -> RateLimiter {
        let interval = rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        RateLimiter { interval, schedule: Mutex::new(Schedule::default()) }
    }

    fn lock(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets no request leave for a while.
    pub fn pause(&self, time: Duration) {
        let until = Instant::now() + time.min(LONGEST_PAUSE);
        let mut schedule = self.lock();
        schedule.paused_until = schedule.paused_until.max(Some(until));
    }

    /// Whether every request may leave at once. Asking the clock costs more than this.
    fn is_free(&self) -> bool {
        self.interval.is_zero() && self.lock().paused_until.is_none()
    }

    /// Takes a permit if it has come, else tells when the next one does.
    pub fn take(&self, now: Instant) -> std::result::Result<(), Instant> {
        let mut schedule = self.lock();
        let delay = schedule.delay(now);
        if !delay.is_zero() {
            return Err(now + delay);
        }
        if !self.interval.is_zero() {
            schedule.next = Some(now + self.interval);
        }
        Ok(())
    }

    /// Waits for this request's permit, or says at once that it does not come in time.
    pub fn wait(&self, deadline: Instant, call: &ActiveCall) -> Result<()> {
        if self.is_free() {
            return Ok(());
        }
        loop {
            let now = Instant::now();
            // Taken only when it has come: a permit reserved by a call that is then cancelled
            // would be lost.
            let Err(due) = self.take(now) else { return Ok(()) };
            let delay = due - now;
            if due >= deadline {
                return Err(rate_limited(delay));
            }
            if !call.sleep(delay) {
                return Err(closed());
            }
        }
    }
}

/// The next request's permit comes after `delay`: too late.
pub fn rate_limited(delay: Duration) -> Error {
    Error::new(
        Status::RateLimited,
        format!(
            "no request may leave for another {} ms, by rate_limit or the server's Retry-After",
            delay.as_millis()
        ),
    )
    .with_retry_after(Some(delay))
    .with_retryable(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_pause_does_not_end_a_longer_one() {
        let limiter = RateLimiter::new(None);
        limiter.pause(Duration::from_secs(60));
        limiter.pause(Duration::ZERO);
        assert!(limiter.lock().delay(Instant::now()) > Duration::from_secs(50));
    }
}
