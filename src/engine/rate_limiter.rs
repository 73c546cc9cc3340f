//! When the next request may be sent: `rate_limit`, and the server's `Retry-After`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::calls::{ActiveCall, closed};
use crate::error::{Error, Result, Status};

/// An engine may live as long as its process: one answer must not stop it for years.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Paces all requests of an engine.
#[derive(Debug)]
pub struct RateLimiter {
    /// The time between two requests.
    interval: Duration,
    schedule: Mutex<Schedule>,
}

#[derive(Debug, Default)]
struct Schedule {
    /// When `rate_limit` gives the next permit.
    next: Option<Instant>,
    /// The server asked for no request before this time.
    paused_until: Option<Instant>,
}

impl Schedule {
    /// Returns how long the next request has to wait in total.
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

    /// Gives no permit for a while.
    pub fn pause(&self, time: Duration) {
        let until = Instant::now() + time.min(LONGEST_PAUSE);
        let mut schedule = self.lock();
        schedule.paused_until = schedule.paused_until.max(Some(until));
    }

    /// Returns whether every request may be sent at once. This costs less than reading the clock.
    fn is_free(&self) -> bool {
        self.interval.is_zero() && self.lock().paused_until.is_none()
    }

    /// Takes a permit if there is one now; otherwise returns when the next one comes.
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

    /// Waits for this request's permit, or fails at once if it does not come in time.
    pub fn wait(&self, deadline: Instant, call: &ActiveCall) -> Result<()> {
        if self.is_free() {
            return Ok(());
        }
        loop {
            let now = Instant::now();
            // A call never reserves a permit: if it were cancelled, the permit would be lost.
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

/// The error of a request whose permit comes too late, after `delay`.
pub fn rate_limited(delay: Duration) -> Error {
    Error::new(
        Status::RateLimited,
        format!(
            "rate_limit or the server's Retry-After allows no request for another {} ms, which is too late for the time limit",
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
