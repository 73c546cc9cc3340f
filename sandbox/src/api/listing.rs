//! Listing a conversation's events, page by page.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::problem::Problem;
use crate::options::{EventTypeFilter, Options, PageLinks};
use crate::store::{Conversation, StoredEvent};

const DEFAULT_PAGE_SIZE: usize = 10;
const MAX_PAGE_SIZE: usize = 100;

/// The query of a listing.
#[derive(Debug)]
pub(super) struct Listing {
    start_id: Option<u64>,
    end_id: Option<u64>,
    event_type: Option<String>,
    page_size: usize,
    descending: bool,
    exclude_deleted: bool,
    start: Start,
}

/// Where a page begins.
#[derive(Debug)]
enum Start {
    /// After this event; `None`: at the first.
    After(Option<u64>),
    /// After this many pages.
    Page(usize),
}

impl Listing {
    /// Reads a query; parameters that it does not know are none of its business.
    pub(super) fn read(query: &str, filter: EventTypeFilter) -> Result<Self, Problem> {
        let mut listing = Self {
            start_id: None,
            end_id: None,
            event_type: None,
            page_size: DEFAULT_PAGE_SIZE,
            descending: false,
            exclude_deleted: false,
            start: Start::After(None),
        };
        let mut invalid = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Err((name, reason)) = listing.set(&name, &value, filter) {
                invalid.push((name, format!(r#""{name}" must be {reason}"#)));
            }
        }
        if invalid.is_empty() { Ok(listing) } else { Err(Problem::validation(invalid)) }
    }

    fn set(
        &mut self,
        name: &str,
        value: &str,
        filter: EventTypeFilter,
    ) -> Result<(), (&'static str, &'static str)> {
        match name {
            "start_id" => {
                self.start_id = Some(value.parse().map_err(|_| ("start_id", "an event id"))?)
            }
            "end_id" => self.end_id = Some(value.parse().map_err(|_| ("end_id", "an event id"))?),
            "event_type" if filter == EventTypeFilter::Refuses && is_custom(value) => {
                return Err(("event_type", "an event type that is not custom"));
            }
            "event_type" => self.event_type = Some(value.to_owned()),
            "page_size" => {
                let size = value.parse().ok().filter(|size| (1..=MAX_PAGE_SIZE).contains(size));
                self.page_size = size.ok_or(("page_size", "a number from 1 to 100"))?;
            }
            "order" => match value {
                "asc" | "ASC" => self.descending = false,
                "desc" | "DESC" => self.descending = true,
                _ => return Err(("order", "asc or desc")),
            },
            "exclude_deleted_events" => match value {
                "true" | "1" => self.exclude_deleted = true,
                "false" | "0" => self.exclude_deleted = false,
                _ => return Err(("exclude_deleted_events", "true or false")),
            },
            "cursor" => {
                let event_id = event_of(value).ok_or(("cursor", "a cursor from a listing"))?;
                self.start = Start::After(Some(event_id));
            }
            "page" => {
                let before = value.parse().ok().and_then(|page: usize| page.checked_sub(1));
                self.start = Start::Page(before.ok_or(("page", "a number from 1"))?);
            }
            _ => {}
        }
        Ok(())
    }

    /// One page of the conversation's events.
    pub(super) fn page<'a>(&self, conversation: &'a Conversation, options: &Options) -> Found<'a> {
        let filter = options.event_type_filter;
        let mut all: Vec<&StoredEvent> =
            conversation.events.iter().filter(|event| self.wants(event, filter)).collect();
        if self.descending {
            all.reverse();
        }
        let start = self.start_among(&all);
        let end = all.len().min(start.saturating_add(self.page_size));
        let place = |start| self.place(start, &all, options.page_links);
        let next = match options.page_links {
            PageLinks::Unfollowable => Place::Untold,
            _ => place(end),
        };
        Found {
            events: all[start..end].to_vec(),
            first: place(0),
            prev: (start > 0).then(|| place(start.saturating_sub(self.page_size))),
            next: (end < all.len()).then_some(next),
        }
    }

    /// Where the page begins among what the listing finds.
    fn start_among(&self, all: &[&StoredEvent]) -> usize {
        match self.start {
            Start::After(None) => 0,
            Start::After(Some(after)) => all.partition_point(|event| {
                if self.descending { event.id >= after } else { event.id <= after }
            }),
            Start::Page(before) => before.saturating_mul(self.page_size).min(all.len()),
        }
    }

    /// How a link names the page that begins at `start`.
    fn place(&self, start: usize, all: &[&StoredEvent], links: PageLinks) -> Place {
        match (links, start.checked_sub(1)) {
            (PageLinks::PageNumber, _) => Place::Number(start / self.page_size + 1),
            (_, None) => Place::First,
            (_, Some(before)) => Place::After(all[before].id),
        }
    }

    fn wants(&self, event: &StoredEvent, filter: EventTypeFilter) -> bool {
        let in_range = self.start_id.is_none_or(|start| event.id >= start)
            && self.end_id.is_none_or(|end| event.id <= end);
        let of_type = self.event_type.as_ref().is_none_or(|wanted| match filter {
            EventTypeFilter::MatchesNothing if is_custom(wanted) => false,
            EventTypeFilter::IgnoresCustom if is_custom(wanted) => true,
            _ => *wanted == event.event_type,
        });
        in_range && of_type && !(self.exclude_deleted && event.deleted.is_some())
    }

    pub(super) fn page_size(&self) -> usize {
        self.page_size
    }
}

/// How a link names a page.
enum Place {
    /// The first page needs no parameter.
    First,
    /// `cursor` names the last event before the page.
    After(u64),
    /// `page` counts from 1.
    Number(usize),
    /// The link does not say which page it means.
    Untold,
}

/// The events of a page, and the pages around it.
pub(super) struct Found<'a> {
    pub(super) events: Vec<&'a StoredEvent>,
    first: Place,
    prev: Option<Place>,
    next: Option<Place>,
}

impl Found<'_> {
    /// The page's links: itself, and others with the same query.
    pub(super) fn links(&self, url: &str, query: &str) -> Value {
        let link = |query: &str| {
            let href = if query.is_empty() { url.to_owned() } else { format!("{url}?{query}") };
            json!({"href": href})
        };
        let to = |place: &Place| {
            let parameter = match place {
                Place::First => None,
                Place::After(event_id) => Some(("cursor", cursor_after(*event_id))),
                Place::Number(number) => Some(("page", number.to_string())),
                Place::Untold => return link(""),
            };
            let same = form_urlencoded::parse(query.as_bytes())
                .filter(|(name, _)| name != "cursor" && name != "page");
            let mut other = form_urlencoded::Serializer::new(String::new());
            other.extend_pairs(same).extend_pairs(parameter);
            link(&other.finish())
        };
        let mut links = json!({"self": link(query), "first": to(&self.first)});
        let others = [("prev", &self.prev), ("next", &self.next)];
        for (name, place) in others.into_iter().filter_map(|(n, p)| Some((n, p.as_ref()?))) {
            links[name] = to(place);
        }
        links
    }
}

fn is_custom(event_type: &str) -> bool {
    event_type.starts_with("custom:")
}

fn cursor_after(event_id: u64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("after:{event_id}"))
}

fn event_of(cursor: &str) -> Option<u64> {
    let cursor = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    cursor.strip_prefix("after:")?.parse().ok()
}
