use std::time::Duration;

use crate::api::{Request, Success};
use crate::error::{Error, Result};
use crate::outcome::Attempts;

/// What the attempts at a request have come to so far.
#[derive(Debug)]
pub struct Progress {
    pub(super) retries: u32,
    pub(super) refreshed: bool,
    pub(super) attempts: Attempts,
}

/// What follows from an attempt.
pub enum Step {
    /// The request came to its end.
    Ended(Result<Success>),
    /// Another attempt is right, but not before this time has passed.
    Repeat {
        after: Duration,
        /// Why this one failed.
        error: Error,
    },
}

impl Progress {
    /// Before the first attempt.
    pub fn new(request: &Request) -> Progress {
        Progress { retries: 0, refreshed: false, attempts: Attempts::at(request.effect()) }
    }

    /// The error that the request ends with.
    pub fn end(&self, error: Error) -> Error {
        self.attempts.end(error)
    }
}
