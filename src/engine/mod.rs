//! Transport, token and limits: performs one request to its end. Handles with the same
//! settings may share one engine.

mod blueprint;
mod pace;
mod shared;

pub use blueprint::Blueprint;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::api::{self, Failure, Request};
use crate::auth::{Bearer, Now, TokenSource};
use crate::error::{Error, Outcome, Result, Status};
use crate::retry::Policy;
use crate::transport::{RunningCall, Transport};

use pace::Pace;

/// What is needed to perform requests, shared by all threads.
#[derive(Debug)]
pub struct Engine {
    transport: Transport,
    tokens: TokenSource,
    policy: Policy,
    pace: Pace,
}

impl Engine {
    /// Connects to nothing.
    fn new(blueprint: &Blueprint) -> Engine {
        Engine {
            transport: Transport::new(&blueprint.setup),
            tokens: TokenSource::new(Arc::clone(&blueprint.credentials)),
            policy: blueprint.policy,
            pace: Pace::new(blueprint.rate_limit),
        }
    }

    /// Performs a request within `timeout`, its retries included; `Ok` is the body of the
    /// server's success.
    pub fn perform(
        &self,
        request: &Request,
        timeout: Duration,
        running: &Arc<RunningCall>,
    ) -> Result<String> {
        self.repeat(request, timeout, running).map_err(|error| {
            // The message says what the outcome says, after all attempts.
            let fate = match (request.creates(), error.outcome(), error.answer()) {
                (true, Outcome::MaybeCreated, _) => "; the event may have been created",
                // A refusal speaks for itself.
                (true, Outcome::NotCreated, None) => "; the event was not created",
                _ => "",
            };
            error.with_more(fate)
        })
    }

    fn repeat(
        &self,
        request: &Request,
        timeout: Duration,
        running: &Arc<RunningCall>,
    ) -> Result<String> {
        let start = Instant::now();
        let deadline =
            start.checked_add(timeout).unwrap_or_else(|| start + Duration::from_secs(86_400));
        let mut retries = 0;
        let mut refreshed = false;
        let mut maybe_created = false;
        loop {
            let attempt = self.attempt(request, deadline, running);
            let Failure { mut error, transient, token_expired } = match attempt.result {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            // What an earlier attempt may have created, a later refusal does not undo.
            maybe_created |= error.outcome() == Outcome::MaybeCreated;
            if maybe_created {
                error = error.with_outcome(Outcome::MaybeCreated);
            }
            if running.is_cancelled() {
                return Err(closed().with_outcome(error.outcome()));
            }
            let refused =
                attempt.bearer.filter(|_| error.status() == Status::Unauthorized && !refreshed);
            if refused.is_some_and(|bearer| self.tokens.refuse(&bearer, token_expired)) {
                refreshed = true;
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = self.policy.wait(&error, transient, retries, left, jitter());
            let Some(wait) = wait else {
                let retryable = self.policy.may_repeat(error.outcome(), transient);
                return Err(error.with_retryable(retryable));
            };
            if !running.sleep(wait) {
                return Err(closed().with_outcome(error.outcome()));
            }
            retries += 1;
        }
    }

    fn attempt(&self, request: &Request, deadline: Instant, running: &Arc<RunningCall>) -> Attempt {
        let bearer =
            match self.pace.wait(deadline, running).and_then(|()| self.tokens.bearer(Now::read)) {
                Ok(bearer) => bearer,
                Err(error) => {
                    let transient = error.status() == Status::RateLimited;
                    return Attempt { bearer: None, result: Err(Failure::new(error, transient)) };
                }
            };
        let sent = Now::read();
        let exchanged = self.transport.exchange(request, &bearer.header, deadline, running);
        let result = exchanged.and_then(|reply| {
            if let Some(date) = reply.date {
                self.tokens.observe_date(date, sent, Now::read());
            }
            let judged = api::judge(request, reply, SystemTime::now());
            if let Err(failure) = &judged
                && failure.transient
                && let Some(pause) = failure.error.retry_after()
            {
                self.pace.pause(pause);
            }
            judged
        });
        Attempt { bearer: Some(bearer), result }
    }

    /// Gives the connections up.
    pub fn shut_down(&self) {
        self.transport.shut_down();
    }
}

struct Attempt {
    /// The token that was sent, if one was.
    bearer: Option<Bearer>,
    result: std::result::Result<String, Failure>,
}

/// What calls of a closed handle answer.
pub fn closed() -> Error {
    Error::new(Status::Closed, "the client was closed")
}

/// A fraction in `0.0..1.0`; the longest wait if the system has no random numbers.
fn jitter() -> f64 {
    let mut random = [0; 4];
    match SystemRandom::new().fill(&mut random) {
        Ok(()) => f64::from(u32::from_le_bytes(random)) / (f64::from(u32::MAX) + 1.0),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn jitter_is_spread_over_its_range() {
        let drawn: Vec<f64> = (0..200).map(|_| super::jitter()).collect();
        assert!(drawn.iter().all(|jitter| (0.0..1.0).contains(jitter)), "{drawn:?}");
        assert!(drawn.iter().any(|jitter| *jitter < 0.5), "{drawn:?}");
        assert!(drawn.iter().any(|jitter| *jitter >= 0.5), "{drawn:?}");
    }
}
