use std::time::Duration;

use crate::api::{Request, Success};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::limit::Limit;
use crate::lookup::LOOKS;
use crate::outcome::{Attempts, Effect, Evidence};
use crate::platform::uptime;

/// What the attempts at a request have shown so far.
#[derive(Debug)]
pub struct Progress {
    pub(super) retries: u32,
    pub(super) refreshed: bool,
    pub(super) attempts: Attempts,
    /// Only for an event with a key.
    lookup: Option<Box<Lookup>>,
}

/// What is known of an event that can be looked up.
#[derive(Debug)]
struct Lookup {
    /// When the first attempt began, by [`uptime`]'s clock.
    begun: Duration,
    /// Why the event is looked up next, if it is.
    doubt: Option<Doubt>,
    /// After the last attempt, [`LOOKS`] complete looks did not find the event.
    is_absent: bool,
}

/// An attempt after which the event may exist.
#[derive(Debug)]
pub struct Doubt {
    pub failure: Error,
    pub transient: bool,
    /// Complete looks that did not find the event.
    looks: u32,
    /// The attempts at the requests of the present look.
    pub list: Progress,
}

/// What follows from an attempt, or from a look.
pub enum Step {
    /// The request is finished.
    Ended(Result<Success>),
    /// There is another attempt or look, after this time.
    Repeat {
        after: Duration,
        /// Why the last attempt failed.
        error: Error,
    },
}

/// What follows from a look.
pub enum Looked {
    Step(Step),
    /// The event is not there. Its request may be repeated, as after other failures.
    Absent(Doubt),
}

impl Progress {
    /// Before the first attempt.
    pub fn new(request: &Request) -> Progress {
        Progress::of(request.effect())
    }

    fn of(effect: Effect) -> Progress {
        Progress { retries: 0, refreshed: false, attempts: Attempts::at(effect), lookup: None }
    }

    /// Forgets the body of the server's answer that is kept for the error, to save memory.
    pub fn forget_response(&mut self) {
        if let Some(doubt) = self.lookup.as_mut().and_then(|lookup| lookup.doubt.as_mut()) {
            doubt.failure.forget_response();
        }
    }

    /// Whether the next step is a look, and not an attempt.
    pub fn is_in_doubt(&self) -> bool {
        self.lookup.as_ref().is_some_and(|lookup| lookup.doubt.is_some())
    }

    /// Whether complete looks did not find an event that may exist.
    pub(super) fn is_absent(&self) -> bool {
        self.lookup.as_ref().is_some_and(|lookup| lookup.is_absent)
    }

    /// Why the event is looked up next, if it is.
    pub(super) fn take_doubt(&mut self) -> Option<Doubt> {
        self.lookup.as_mut()?.doubt.take()
    }

    /// An attempt to create an event with a key begins.
    pub(super) fn begin(&mut self) {
        self.lookup();
    }

    fn lookup(&mut self) -> &mut Lookup {
        let new = || Box::new(Lookup { begun: uptime(), doubt: None, is_absent: false });
        self.lookup.get_or_insert_with(new)
    }

    /// Adds the evidence of an attempt. Its error gets the outcome of all attempts so far.
    pub(super) fn conclude(&mut self, evidence: Evidence, error: Error) -> Error {
        if let Some(lookup) = self.lookup.as_mut().filter(|_| evidence == Evidence::Unknown) {
            // The looks were before this attempt.
            lookup.is_absent = false;
        }
        self.attempts.conclude(evidence, error)
    }

    /// How long ago the first attempt began.
    pub(super) fn age(&self) -> Duration {
        let begun = self.lookup.as_ref().map(|lookup| lookup.begun);
        begun.map_or(Duration::ZERO, |begun| uptime().saturating_sub(begun))
    }

    /// After an attempt the event may exist: a look follows after `delay`, if there is time.
    pub(super) fn doubt(
        &mut self,
        failure: Error,
        transient: bool,
        delay: Duration,
        whole: Limit,
    ) -> Step {
        let list = Progress::of(Effect::Read);
        self.look_after(delay, Doubt { failure, transient, looks: 0, list }, whole)
    }

    /// Puts a look off for this time, if there is so much.
    pub(super) fn look_after(&mut self, delay: Duration, doubt: Doubt, whole: Limit) -> Step {
        if delay >= whole.left() {
            return self.unresolved(doubt, "there was no time left to look for it");
        }
        let error = doubt.failure.clone();
        self.lookup().doubt = Some(doubt);
        Step::Repeat { after: delay, error }
    }

    /// What follows from a look; its next one would follow after `delay`.
    pub(super) fn looked(
        &mut self,
        mut doubt: Doubt,
        found: Result<Option<Event>>,
        delay: Duration,
        whole: Limit,
    ) -> Looked {
        let step = match found {
            Ok(Some(event)) => Step::Ended(Ok(Success::found(event))),
            Err(error) => self.unresolved(doubt, &format!("it could not be looked up: {error}")),
            Ok(None) => {
                doubt.looks += 1;
                doubt.list = Progress::of(Effect::Read);
                if doubt.looks >= LOOKS {
                    self.lookup().is_absent = true;
                    return Looked::Absent(doubt);
                }
                self.look_after(delay, doubt, whole)
            }
        };
        Looked::Step(step)
    }

    fn unresolved(&self, doubt: Doubt, why: &str) -> Step {
        let error = self.end(doubt.failure.with_retryable(false));
        Step::Ended(Err(error.with_message_suffix(&format!("; {why}"))))
    }

    /// Returns the error with which the request ends.
    pub fn end(&self, error: Error) -> Error {
        let error = self.attempts.end(error);
        if self.is_in_doubt() {
            // If the caller repeated the call, the event could exist twice.
            error.with_retryable(false)
        } else if self.is_absent() {
            error.with_message_suffix("; it was looked up and not found")
        } else {
            error
        }
    }
}
