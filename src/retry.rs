//! When a failed request is repeated: pure functions of failure, attempt and clock.
//! [`crate::outcome`] decides whether it may be repeated at all.

use std::time::Duration;

/// The settings that retries depend on.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub max_retries: u32,
    pub backoff: Duration,
    pub backoff_max: Duration,
    /// Whether an event may be created twice.
    pub duplicates: bool,
    /// The wait before each look, so that an event that may exist can appear.
    pub lookup_delay: Duration,
}

impl Policy {
    /// Returns how long to wait before a request is repeated; `None` if there is no further
    /// attempt.
    ///
    /// `retry_after` is the wait that the server asked for; `retries` were made before; `left` is
    /// what remains of the time limit; `jitter` is in `0.0..1.0`.
    pub fn wait(
        &self,
        retry_after: Option<Duration>,
        retries: u32,
        left: Duration,
        jitter: f64,
    ) -> Option<Duration> {
        if retries >= self.max_retries {
            return None;
        }
        let wait = match retry_after {
            Some(named) => named,
            // Full jitter: clients that failed together do not come back together.
            None => self.longest_backoff(retries).mul_f64(jitter),
        };
        (wait < left).then_some(wait)
    }

    fn longest_backoff(&self, retries: u32) -> Duration {
        self.backoff
            .saturating_mul(1_u32.checked_shl(retries).unwrap_or(u32::MAX))
            .min(self.backoff_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        max_retries: 3,
        backoff: Duration::from_millis(200),
        backoff_max: Duration::from_secs(1),
        duplicates: false,
        lookup_delay: Duration::ZERO,
    };
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn backoff_doubles_up_to_its_limit() {
        let wait = |retries| POLICY.wait(None, retries, LONG, 0.999_999_9);
        let millis: Vec<_> = (0..4).map(|n| wait(n).map(|d| d.as_secs_f64())).collect();
        let expected = [Some(0.2), Some(0.4), Some(0.8), None];
        for (got, expected) in millis.iter().zip(expected) {
            assert_eq!(got.map(|s| (s * 1000.0).round()), expected.map(|s| s * 1000.0));
        }
        let many = Policy { max_retries: 100, ..POLICY };
        assert_eq!(many.wait(None, 90, LONG, 0.5), Some(Duration::from_millis(500)));
    }

    #[test]
    fn the_servers_word_wins_within_the_time_limit() {
        let wait = |left| POLICY.wait(Some(Duration::from_secs(5)), 0, left, 0.0);
        assert_eq!(wait(LONG), Some(Duration::from_secs(5)));
        assert_eq!(wait(Duration::from_secs(5)), None);
    }
}
