use std::time::Duration;

use crate::api::{Request, Success};
use crate::error::{Error, Outcome};

/// What the attempts at a request have come to so far.
#[derive(Debug, Default)]
pub struct Progress {
    pub(super) retries: u32,
    pub(super) refreshed: bool,
    maybe_created: bool,
}

/// What follows from an attempt.
pub enum Step {
    /// The server did as it was asked.
    Done(Success),
    /// Another attempt is right, but not before this time has passed.
    Repeat {
        after: Duration,
        /// Why this one failed.
        error: Error,
    },
    /// The request came to its end.
    Failed(Error),
}

impl Progress {
    /// What an earlier attempt may have created, a later refusal does not undo.
    pub(super) fn remember(&mut self, error: Error) -> Error {
        self.maybe_created |= error.outcome() == Outcome::MaybeCreated;
        if self.maybe_created { error.with_outcome(Outcome::MaybeCreated) } else { error }
    }

    /// The error that the request ends with: its message says what its outcome says, after all
    /// attempts.
    pub fn settle(&mut self, request: &Request, error: Error) -> Error {
        let error = self.remember(error);
        let fate = match (request.creates(), error.outcome(), error.answer()) {
            (true, Outcome::MaybeCreated, _) => "; the event may have been created",
            // A refusal speaks for itself.
            (true, Outcome::NotCreated, None) => "; the event was not created",
            _ => "",
        };
        error.with_more(fate)
    }
}
