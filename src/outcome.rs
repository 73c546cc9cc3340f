//! Whether an event exists, and whether a request may be repeated.
//!
//! Only this module draws these conclusions. Other modules report evidence: what they saw, not
//! what follows from it.

use crate::error::{Error, Outcome};

/// What a request changes if the server carries it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Creates an event. A repeated request creates a second one.
    Create,
    /// Deletes an event. The server answers a repeated request with 404.
    Delete,
    /// Nothing.
    Read,
}

/// What a failed attempt at a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The server did not carry the request out.
    NotCarriedOut,
    /// The server may have carried the request out.
    Unknown,
}

impl Evidence {
    /// The evidence if no answer came after this process sent `bytes` of the request.
    pub fn of_sent_bytes(bytes: u64) -> Evidence {
        if bytes == 0 { Evidence::NotCarriedOut } else { Evidence::Unknown }
    }

    /// The evidence of an answer with this HTTP status, which is not 2xx.
    pub fn of_status(status: u16, has_retry_after: bool) -> Evidence {
        match status {
            400..=499 => Evidence::NotCarriedOut,
            503 if has_retry_after => Evidence::NotCarriedOut,
            // Any other 5xx may come from a gateway: the service behind it may have carried the
            // request out, and only its answer was lost. All other statuses prove nothing.
            _ => Evidence::Unknown,
        }
    }
}

/// What all attempts at a request show so far.
#[derive(Clone, Copy, Debug)]
pub struct Attempts {
    effect: Effect,
    may_be_done: bool,
}

impl Attempts {
    /// No attempt yet.
    pub fn at(effect: Effect) -> Attempts {
        Attempts { effect, may_be_done: false }
    }

    /// Adds the evidence of an attempt. Its error gets the outcome of all attempts so far.
    pub fn conclude(&mut self, evidence: Evidence, error: Error) -> Error {
        // A later refusal does not undo what an earlier attempt may have done.
        self.may_be_done |= evidence == Evidence::Unknown;
        error.with_outcome(self.outcome())
    }

    /// Returns whether another attempt is allowed. `duplicates`: an event may be created twice.
    pub fn may_repeat(&self, duplicates: bool) -> bool {
        match self.effect {
            Effect::Read => true,
            Effect::Create => duplicates || !self.may_be_done,
            Effect::Delete => !self.may_be_done,
        }
    }

    /// The request's final error. Its message says the same as its outcome.
    pub fn end(&self, error: Error) -> Error {
        let error = error.with_outcome(self.outcome());
        let what = match (self.effect, error.outcome(), error.answer()) {
            (Effect::Create, Outcome::MaybeCreated, _) => "; the event may have been created",
            // The server's refusal already says that nothing was created.
            (Effect::Create, Outcome::NotCreated, None) => "; the event was not created",
            _ => "",
        };
        error.with_message_suffix(what)
    }

    fn outcome(&self) -> Outcome {
        if self.effect == Effect::Create && self.may_be_done {
            Outcome::MaybeCreated
        } else {
            Outcome::NotCreated
        }
    }
}

/// The error of a request that may have been carried out: nothing else is known about it.
pub fn unknown(effect: Effect, error: Error) -> Error {
    Attempts::at(effect).conclude(Evidence::Unknown, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Answer, Status};
    use Evidence::{NotCarriedOut, Unknown};

    #[test]
    fn only_a_refusal_proves_that_nothing_was_done() {
        for (status, has_retry_after, evidence) in [
            (100, false, Unknown),
            (302, false, Unknown),
            (400, false, NotCarriedOut),
            (401, false, NotCarriedOut),
            (404, false, NotCarriedOut),
            (408, false, NotCarriedOut),
            (429, false, NotCarriedOut),
            (499, false, NotCarriedOut),
            (500, false, Unknown),
            (502, true, Unknown),
            (503, false, Unknown),
            (503, true, NotCarriedOut),
            (504, true, Unknown),
            (999, false, Unknown),
        ] {
            assert_eq!(Evidence::of_status(status, has_retry_after), evidence, "{status}");
        }
        assert_eq!(Evidence::of_sent_bytes(0), NotCarriedOut);
        assert_eq!(Evidence::of_sent_bytes(1), Unknown);
    }

    #[test]
    fn evidence_decides_the_outcome_and_whether_to_repeat() {
        use Effect::{Create, Delete, Read};
        use Outcome::{MaybeCreated, NotCreated};
        for (effect, evidence, outcome, once, with_duplicates) in [
            (Create, &[NotCarriedOut][..], NotCreated, true, true),
            (Create, &[Unknown], MaybeCreated, false, true),
            (Create, &[Unknown, NotCarriedOut], MaybeCreated, false, true),
            (Delete, &[NotCarriedOut], NotCreated, true, true),
            (Delete, &[Unknown], NotCreated, false, false),
            (Read, &[Unknown], NotCreated, true, true),
        ] {
            let mut attempts = Attempts::at(effect);
            for evidence in evidence {
                attempts.conclude(*evidence, Error::new(Status::Network, ""));
            }
            let error = attempts.end(Error::new(Status::Network, "it broke"));
            assert_eq!(error.outcome(), outcome, "{effect:?} {evidence:?}");
            assert_eq!(attempts.may_repeat(false), once, "{effect:?} {evidence:?}");
            assert_eq!(attempts.may_repeat(true), with_duplicates, "{effect:?} {evidence:?}");
        }
    }

    #[test]
    fn the_message_says_what_the_outcome_says() {
        let end = |effect, evidence, error: Error| {
            let mut attempts = Attempts::at(effect);
            let error = attempts.conclude(evidence, error);
            attempts.end(error).message().to_owned()
        };
        let broken = || Error::new(Status::Network, "it broke");
        let refused = || Error::new(Status::BadRequest, "no").with_answer(Answer::default());
        let create = Effect::Create;
        assert_eq!(end(create, Unknown, broken()), "it broke; the event may have been created");
        assert_eq!(end(create, NotCarriedOut, broken()), "it broke; the event was not created");
        assert_eq!(end(create, NotCarriedOut, refused()), "no");
        assert_eq!(end(Effect::Read, Unknown, broken()), "it broke");
    }
}
