use crate::error::{Error, Outcome};
use crate::event::Event;

/// A delivery report: it says what happened to an enqueued event.
#[derive(Clone, Debug)]
pub struct Report {
    tag: u64,
    result: Result<Event, Error>,
}

impl Report {
    pub(super) fn new(tag: u64, result: Result<Event, Error>) -> Report {
        Report { tag, result }
    }

    /// Returns the tag with which the caller enqueued the event.
    #[must_use]
    pub fn tag(&self) -> u64 {
        self.tag
    }

    /// Returns whether the event exists.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.result.as_ref().map_or_else(Error::outcome, |_| Outcome::Created)
    }

    /// Returns the event, if it was created.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        self.result.as_ref().ok()
    }

    /// Returns why the event was not created, or may not have been.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.result.as_ref().err()
    }

    /// Returns the report without its tag.
    ///
    /// # Errors
    /// Why the event was not created, or may not have been.
    pub fn into_result(self) -> Result<Event, Error> {
        self.result
    }

    /// Returns the report with only what identifies the event, if there is no room for more.
    pub(super) fn brief(self) -> Report {
        let result = match self.result {
            Ok(event) => Ok(event.brief()),
            Err(error) => Err(error.without_response()),
        };
        Report { tag: self.tag, result }
    }

    /// Returns how many bytes of the server's answer it holds.
    pub(super) fn bytes(&self) -> usize {
        match &self.result {
            Ok(event) => event.json().len(),
            Err(error) => error.answer().map_or(0, |answer| answer.response.len()),
        }
    }
}
