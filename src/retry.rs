//! Which failures may be repeated, and when: pure functions of failure, attempt and clock.

use std::time::Duration;

use crate::config::Delivery;
use crate::error::{Error, Outcome};

/// The settings that retries depend on.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub max_retries: u32,
    pub backoff: Duration,
    pub backoff_max: Duration,
    pub delivery: Delivery,
}

impl Policy {
    /// How long to wait before the request is repeated; `None`: it is not.
    ///
    /// `retries` have been made before; `left` is what remains of the time limit; `jitter`
    /// lies in `0.0..1.0`. `transient` says that time may mend the failure.
    pub fn wait(
        &self,
        failure: &Error,
        transient: bool,
        retries: u32,
        left: Duration,
        jitter: f64,
    ) -> Option<Duration> {
        if retries >= self.max_retries || !self.may_repeat(failure.outcome(), transient) {
            return None;
        }
        let wait = match failure.retry_after() {
            Some(named) => named,
            // Full jitter: the peers that failed together do not come back together.
            None => self.longest_backoff(retries).mul_f64(jitter),
        };
        (wait < left).then_some(wait)
    }

    /// Whether repeating is right at all: never what may have created an event, unless
    /// duplicates are acceptable.
    pub fn may_repeat(&self, outcome: Outcome, transient: bool) -> bool {
        transient
            && match outcome {
                Outcome::NotCreated => true,
                Outcome::MaybeCreated => self.delivery == Delivery::AtLeastOnce,
                Outcome::Created => false,
            }
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
    use crate::error::Status;

    const POLICY: Policy = Policy {
        max_retries: 3,
        backoff: Duration::from_millis(200),
        backoff_max: Duration::from_secs(1),
        delivery: Delivery::AtMostOnce,
    };
    const LONG: Duration = Duration::from_secs(60);

    fn failure(outcome: Outcome, retry_after: Option<u64>) -> Error {
        Error::new(Status::Connect, "")
            .with_outcome(outcome)
            .with_retry_after(retry_after.map(Duration::from_secs))
    }

    #[test]
    fn backoff_doubles_up_to_its_limit() {
        let wait = |retries| {
            POLICY.wait(&failure(Outcome::NotCreated, None), true, retries, LONG, 0.999_999_9)
        };
        let millis: Vec<_> = (0..4).map(|n| wait(n).map(|d| d.as_secs_f64())).collect();
        let expected = [Some(0.2), Some(0.4), Some(0.8), None];
        for (got, expected) in millis.iter().zip(expected) {
            assert_eq!(got.map(|s| (s * 1000.0).round()), expected.map(|s| s * 1000.0));
        }
        let many = Policy { max_retries: 100, ..POLICY };
        assert_eq!(
            many.wait(&failure(Outcome::NotCreated, None), true, 90, LONG, 0.5),
            Some(Duration::from_millis(500))
        );
    }

    #[test]
    fn the_servers_word_wins_within_the_time_limit() {
        let wait = |left| POLICY.wait(&failure(Outcome::NotCreated, Some(5)), true, 0, left, 0.0);
        assert_eq!(wait(LONG), Some(Duration::from_secs(5)));
        assert_eq!(wait(Duration::from_secs(5)), None);
    }

    #[test]
    fn what_may_exist_is_repeated_only_when_duplicates_are_acceptable() {
        let maybe = failure(Outcome::MaybeCreated, None);
        assert_eq!(POLICY.wait(&maybe, true, 0, LONG, 0.5), None);
        let at_least_once = Policy { delivery: Delivery::AtLeastOnce, ..POLICY };
        assert!(at_least_once.wait(&maybe, true, 0, LONG, 0.5).is_some());
    }

    #[test]
    fn what_time_does_not_mend_is_not_repeated() {
        assert_eq!(POLICY.wait(&failure(Outcome::NotCreated, None), false, 0, LONG, 0.5), None);
    }
}
