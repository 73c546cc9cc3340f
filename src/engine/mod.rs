//! Transport, token and limits: performs one request, its retries included. Handles with the same
//! settings may share one engine.

mod progress;
mod rate_limiter;
mod spec;

pub use progress::{Progress, Step};
pub use rate_limiter::rate_limited;
pub use spec::{EngineSpec, SettingsDigest};

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::api::{self, Failure, Request, Success};
use crate::auth::{Bearer, Moment, TokenSource};
use crate::calls::{ActiveCall, closed};
use crate::error::{Error, Result, Status};
use crate::event::Event;
use crate::limit::Limit;
use crate::lookup;
use crate::outcome::Evidence;
use crate::random;
use crate::retry::Policy;
use crate::transport::Transport;

use progress::{Doubt, Looked};
use rate_limiter::RateLimiter;

/// What is needed to perform requests, shared by all threads.
#[derive(Debug)]
pub struct Engine {
    transport: Transport,
    tokens: Arc<TokenSource>,
    policy: Policy,
    rate_limiter: RateLimiter,
}

impl Engine {
    /// Opens no connection.
    pub fn new(spec: &EngineSpec) -> Engine {
        Engine {
            transport: Transport::new(&spec.transport),
            tokens: Arc::new(TokenSource::new(Arc::clone(&spec.credentials))),
            policy: spec.policy,
            rate_limiter: RateLimiter::new(spec.rate_limit),
        }
    }

    /// Returns the tokens for the requests of a handle: the engine's, or the handle's own ready
    /// token if it has one.
    pub fn tokens_of_handle(&self, spec: &EngineSpec) -> Arc<TokenSource> {
        if spec.credentials.are_ready() {
            return Arc::new(TokenSource::new(Arc::clone(&spec.credentials)));
        }
        Arc::clone(&self.tokens)
    }

    /// Performs a request within `limit`, its retries included.
    pub fn perform(
        &self,
        request: &Request,
        tokens: &TokenSource,
        limit: Limit,
        call: &Arc<ActiveCall>,
    ) -> Result<Success> {
        let mut progress = Progress::new(request);
        loop {
            let step = match self.rate_limiter.wait(limit.deadline, call) {
                Ok(()) => self.attempt(request, tokens, limit, limit, &mut progress, call),
                Err(error) => self.without_permit(error, limit, &mut progress, call),
            };
            match step {
                Step::Ended(result) => return result,
                Step::Repeat { after, .. } => {
                    if !call.sleep(after) {
                        return Err(progress.end(closed()));
                    }
                }
            }
        }
    }

    /// Takes a permit for an attempt, or returns when the next permit comes.
    pub fn take_permit(&self, now: Instant) -> std::result::Result<(), Instant> {
        self.rate_limiter.take(now)
    }

    /// Sends a request once within `limit` and decides what follows. The caller has taken its
    /// permit. `whole` is the limit for all attempts.
    pub fn attempt(
        &self,
        request: &Request,
        tokens: &TokenSource,
        limit: Limit,
        whole: Limit,
        progress: &mut Progress,
        call: &Arc<ActiveCall>,
    ) -> Step {
        if let Some(key) = &request.key {
            if let Some(mut doubt) = progress.take_doubt() {
                let (mut has_permit, mut again) = (true, None);
                let fetch = |list: &Request| {
                    if !mem::take(&mut has_permit) {
                        self.rate_limiter.wait(limit.deadline, call)?;
                    }
                    match self.attempt(list, tokens, limit, whole, &mut doubt.list, call) {
                        Step::Ended(result) => result,
                        Step::Repeat { after, error } => {
                            again = Some(after);
                            Err(error)
                        }
                    }
                };
                let found = lookup::find(key, &request.url, || progress.age(), fetch);
                return match again {
                    // Not here: a thread that slept would hold up other conversations.
                    Some(after) if !call.is_cancelled() => progress.look_after(after, doubt, whole),
                    _ => self.after_look(doubt, found, whole, progress, call),
                };
            }
            progress.begin();
        }
        let begun = Moment::read();
        let bearer = match tokens.bearer(begun, Moment::read) {
            Ok(bearer) => bearer,
            Err(error) => return Step::Ended(Err(progress.end(error))),
        };
        let Failure { error, evidence, transient, token_expired } =
            match self.exchange(request, tokens, &bearer, begun, limit, call) {
                Ok(success) => return Step::Ended(Ok(success)),
                Err(failure) => failure,
            };
        let error = progress.conclude(evidence, error);
        if call.is_cancelled() {
            return Step::Ended(Err(progress.end(closed())));
        }
        let refused = error.status() == Status::Unauthorized && !progress.refreshed;
        if refused && tokens.invalidate(&bearer, token_expired) {
            progress.refreshed = true;
            return Step::Repeat { after: Duration::ZERO, error };
        }
        if evidence == Evidence::Unknown && request.key.is_some() {
            return progress.doubt(error, transient, self.policy.lookup_delay, whole);
        }
        self.repeat_or_end(error, transient, whole, progress)
    }

    /// Ends a request for whose next attempt or look there was no permit.
    fn without_permit(
        &self,
        error: Error,
        whole: Limit,
        progress: &mut Progress,
        call: &ActiveCall,
    ) -> Step {
        match progress.take_doubt() {
            Some(doubt) => self.after_look(doubt, Err(error), whole, progress, call),
            None => Step::Ended(Err(progress.end(error))),
        }
    }

    /// Decides what follows from a look at the conversation's events.
    fn after_look(
        &self,
        doubt: Doubt,
        found: Result<Option<Event>>,
        whole: Limit,
        progress: &mut Progress,
        call: &ActiveCall,
    ) -> Step {
        if call.is_cancelled() && found.is_err() {
            return Step::Ended(Err(progress.end(closed())));
        }
        match progress.looked(doubt, found, self.policy.lookup_delay, whole) {
            Looked::Step(step) => step,
            Looked::Absent(Doubt { failure, transient, .. }) => {
                self.repeat_or_end(failure, transient, whole, progress)
            }
        }
    }

    fn repeat_or_end(
        &self,
        error: Error,
        transient: bool,
        whole: Limit,
        progress: &mut Progress,
    ) -> Step {
        let is_allowed = self.policy.duplicates || progress.is_absent();
        let may_repeat = transient && progress.attempts.may_repeat(is_allowed);
        let retries = progress.retries;
        let wait = self.policy.wait(error.retry_after(), retries, whole.left(), random::fraction());
        match wait.filter(|_| may_repeat) {
            Some(after) => {
                progress.retries += 1;
                Step::Repeat { after, error }
            }
            None => {
                // With a new key, a copy could not be told from another event.
                let is_retryable = may_repeat && !progress.is_absent();
                Step::Ended(Err(progress.end(error.with_retryable(is_retryable))))
            }
        }
    }

    fn exchange(
        &self,
        request: &Request,
        tokens: &TokenSource,
        bearer: &Arc<Bearer>,
        begun: Moment,
        limit: Limit,
        call: &Arc<ActiveCall>,
    ) -> std::result::Result<Success, Failure> {
        let (reply, connection) =
            self.transport.exchange(request, bearer, begun.monotonic(), limit, call)?;
        let is_success = matches!(reply.status, 200..=299);
        if (!is_success || tokens.claim_clock_comparison(begun))
            && let Some(date) = reply.date()
        {
            tokens.observe_date(date, begun, Moment::read());
        }
        let result = api::interpret(request, reply, SystemTime::now);
        if let Err(failure) = &result
            && let Some(pause) = failure.error.retry_after().filter(|_| failure.transient)
        {
            self.rate_limiter.pause(pause);
        }
        let is_in_doubt = request.key.is_some()
            && matches!(&result, Err(failure) if failure.evidence == Evidence::Unknown);
        // After doubt, an answer that comes later would be taken for that of the look.
        if let Some(connection) = connection.filter(|_| !is_in_doubt) {
            connection.give_back();
        }
        result
    }

    /// Returns how many tokens were signed.
    pub fn tokens_signed(&self) -> u64 {
        self.tokens.signed()
    }

    /// Returns how many connections were opened.
    pub fn connections_opened(&self) -> u64 {
        self.transport.connections_opened()
    }

    /// Says that threads of the library send with this engine.
    pub fn serves_threads(&self) {
        self.transport.serves_threads();
    }

    /// Closes the connections.
    pub fn shut_down(&self) {
        self.transport.shut_down();
    }
}
