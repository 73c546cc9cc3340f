use crate::error::{Error, Outcome};
use crate::event::Event;

/// A delivery report: what became of an event that was enqueued.
#[derive(Clone, Debug)]
pub struct Report {
    tag: u64,
    result: Result<Event, Error>,
}

impl Report {
    pub(super) fn new(tag: u64, result: Result<Event, Error>) -> Report {
        Report { tag, result }
    }

    /// The caller's name for the event, from its enqueuing.
    #[must_use]
    pub fn tag(&self) -> u64 {
        self.tag
    }

    /// What became of the event.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.result.as_ref().map_or_else(Error::outcome, |_| Outcome::Created)
    }

    /// The event, if it was created.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        self.result.as_ref().ok()
    }

    /// Why the event was not, or perhaps not, created.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.result.as_ref().err()
    }

    /// The report without its tag.
    ///
    /// # Errors
    /// Why the event was not, or perhaps not, created.
    pub fn into_result(self) -> Result<Event, Error> {
        self.result
    }

    /// The report with what identifies the event, where there is no room for more.
    pub(super) fn brief(self) -> Report {
        let result = match self.result {
            Ok(event) => Ok(event.brief()),
            Err(error) => Err(error.without_response()),
        };
        Report { tag: self.tag, result }
    }

    /// What it holds of the server's answer.
    pub(super) fn bytes(&self) -> usize {
        match &self.result {
            Ok(event) => event.json().len(),
            Err(error) => error.answer().map_or(0, |answer| answer.response.len()),
        }
    }
}
