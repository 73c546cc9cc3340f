//! A conversation's events, page by page.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::api::{ListQuery, Order, Request};
use crate::error::{Error, Result, Status};
use crate::event::{ConversationId, Event, EventId};
use crate::handle::Handle;
use crate::limit::Limit;

/// A conversation's events, fetched page by page when they are needed.
pub struct EventList {
    handle: Arc<Handle>,
    /// The URL of the conversation's events.
    url: String,
    query: ListQuery,
    fetched: VecDeque<Event>,
    next: Next,
    cycle_detector: Option<CycleDetector>,
}

#[derive(PartialEq)]
enum Next {
    FirstPage,
    /// With this query.
    Page(String),
    End,
}

/// Notices pages that lead back to an earlier one. It uses Brent's method: it keeps one query,
/// and replaces it after 1, 2, 4, … pages, so that the memory does not grow with the list.
struct CycleDetector {
    kept: String,
    pages: u64,
    most: u64,
}

impl CycleDetector {
    fn new(first: &str) -> CycleDetector {
        CycleDetector { kept: first.to_owned(), pages: 0, most: 1 }
    }

    /// Returns whether the page with the query `next` was fetched before. If not, it counts as
    /// the next page.
    fn closes(&mut self, next: &str) -> bool {
        if next == self.kept {
            return true;
        }
        self.pages += 1;
        if self.pages == self.most {
            *self = CycleDetector {
                kept: next.to_owned(),
                pages: 0,
                most: self.most.saturating_mul(2),
            };
        }
        false
    }
}

impl EventList {
    pub(crate) fn new(handle: Arc<Handle>, conversation: ConversationId<'_>) -> EventList {
        EventList {
            url: handle.endpoint().events(conversation),
            handle,
            query: ListQuery::default(),
            fetched: VecDeque::new(),
            next: Next::FirstPage,
            cycle_detector: None,
        }
    }

    /// Filters or orders the list. Must be called before the first event is fetched. `None` leaves
    /// the choice to the server.
    ///
    /// `type`: only events of this type; the library picks them out. It never sends a type that
    /// begins with `custom:` to the server, whose filter does not support custom types; so the
    /// list fetches every page. It sends any other type to the server too.
    /// `order`: `asc` or `desc`. `page_size`: 1 to 100, the number of events fetched at once.
    /// `start_id`, `end_id`: the range of event ids. `exclude_deleted`: `true` or `false`.
    ///
    /// # Errors
    /// [`Status::Argument`] for an unknown name or an invalid value, or after the first page was
    /// fetched; [`Status::EventId`] for an invalid `start_id` or `end_id`.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        if self.next != Next::FirstPage {
            return Err(Error::new(
                Status::Argument,
                "the event list has already fetched events; set its filters and order before the first event",
            ));
        }
        let query = &mut self.query;
        match name {
            "type" => query.event_type = value.map(event_type).transpose()?,
            "order" => query.order = value.map(order).transpose()?,
            "page_size" => query.page_size = value.map(page_size).transpose()?,
            "start_id" => query.start_id = value.map(event_id).transpose()?,
            "end_id" => query.end_id = value.map(event_id).transpose()?,
            "exclude_deleted" => query.exclude_deleted = value.map(boolean).transpose()?,
            _ => {
                return Err(argument(
                    "unknown setting; an event list has the settings type, order, page_size, start_id, end_id and exclude_deleted",
                ));
            }
        }
        Ok(())
    }

    fn fetch(&mut self, query: &str, limit: Limit) -> Result<()> {
        let request = Request::list(&self.url, query);
        if limit.left().is_zero() {
            return Err(Error::new(
                Status::Timeout,
                "no matching event was found within timeout; get the next event again to go on",
            ));
        }
        let page = self.handle.perform(limit, &request)?.page()?;
        let cycle_detector = self.cycle_detector.get_or_insert_with(|| CycleDetector::new(query));
        if page.next.as_deref().is_some_and(|next| next == query || cycle_detector.closes(next)) {
            return Err(Error::new(
                Status::Response,
                "the server's page of events links to itself or to an earlier page as the next page",
            ));
        }
        self.next = page.next.map_or(Next::End, Next::Page);
        // A custom type was not sent to the server, and the server may ignore other types.
        let wanted = self.query.event_type.as_deref();
        self.fetched = VecDeque::from(page.events);
        self.fetched.retain(|event| wanted.is_none() || event.event_type() == wanted);
        Ok(())
    }
}

impl Iterator for EventList {
    type Item = Result<Event>;

    /// Returns the next event. Fetches as many pages as needed, all within the option `timeout`.
    /// After an error, the next call fetches the same page again. If the server names a next page
    /// that cannot be fetched, the error is [`Status::Response`], and not the end of the list.
    fn next(&mut self) -> Option<Result<Event>> {
        let limit = self.handle.limit();
        loop {
            if let Some(event) = self.fetched.pop_front() {
                return Some(Ok(event));
            }
            let query = match &self.next {
                Next::End => return None,
                Next::FirstPage => self.query.encode(),
                Next::Page(query) => query.clone(),
            };
            if let Err(error) = self.fetch(&query, limit) {
                return Some(Err(error));
            }
        }
    }
}

impl fmt::Debug for EventList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventList").field("url", &self.url).finish_non_exhaustive()
    }
}

fn argument(message: impl Into<String>) -> Error {
    Error::new(Status::Argument, message)
}

fn event_type(text: &str) -> Result<String> {
    if text.is_empty() || text.len() > 256 {
        return Err(argument("an event list's type must have 1 to 256 bytes"));
    }
    Ok(text.to_owned())
}

fn order(text: &str) -> Result<Order> {
    match text {
        "asc" => Ok(Order::Ascending),
        "desc" => Ok(Order::Descending),
        _ => Err(argument("an event list's order must be asc or desc")),
    }
}

fn page_size(text: &str) -> Result<u8> {
    text.parse()
        .ok()
        .filter(|size| (1..=100).contains(size))
        .ok_or_else(|| argument("an event list's page_size must be a whole number from 1 to 100"))
}

fn event_id(text: &str) -> Result<String> {
    EventId::new(text).map(|id| id.as_str().to_owned())
}

fn boolean(text: &str) -> Result<bool> {
    text.parse().map_err(|_| argument("an event list's exclude_deleted must be true or false"))
}
