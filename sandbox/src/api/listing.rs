//! Listing a conversation's events, page by page.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::problem::Problem;
use crate::clock::Clock;
use crate::fault::EndlessPages;
use crate::options::{EventTypeFilter, Options, PageLinks};
use crate::store::{Conversation, NewEvent, StoredEvent};

const DEFAULT_PAGE_SIZE: usize = 10;
const MAX_PAGE_SIZE: usize = 100;

/// The id of the first invented event. It is half of 2^53, up to which doubles hold every integer:
/// so ids can grow and shrink from it for as long as possible.
const INVENTED: u64 = 1 << 52;

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
    /// Which page this is, counted from 1.
    number: usize,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy)]
enum Start {
    /// After this event; `None`: at the first.
    After(Option<u64>),
    /// Where the page of that number begins.
    Numbered,
}

impl Listing {
    /// Reads a query; unknown parameters are ignored.
    pub(super) fn read(query: &str, filter: EventTypeFilter) -> Result<Self, Problem> {
        let mut listing = Self {
            start_id: None,
            end_id: None,
            event_type: None,
            page_size: DEFAULT_PAGE_SIZE,
            descending: false,
            exclude_deleted: false,
            start: Start::After(None),
            number: 1,
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
                let cursor = Cursor::read(value).ok_or(("cursor", "a cursor from a listing"))?;
                self.start = Start::After(Some(cursor.after));
                self.number = cursor.number;
            }
            "page" => {
                self.number = page_number(value).ok_or(("page", "a number from 1"))?;
                self.start = Start::Numbered;
            }
            _ => {}
        }
        Ok(())
    }

    /// One page of the conversation's events.
    pub(super) fn page<'a>(&self, conversation: &'a Conversation, options: &Options) -> Found<'a> {
        let all = self.all(conversation, options);
        let start = self.start_among(&all);
        let end = all.len().min(start.saturating_add(self.page_size));
        let place = |start, number| self.place(start, number, &all, options.page_links);
        let next = match options.page_links {
            PageLinks::Unfollowable => Place::Untold,
            _ => place(end, self.number.saturating_add(1)),
        };
        let before = start.saturating_sub(self.page_size);
        Found {
            events: all[start..end].to_vec(),
            first: place(0, 1),
            prev: (start > 0).then(|| place(before, self.number.saturating_sub(1).max(1))),
            next: (end < all.len()).then_some(next),
        }
    }

    /// A page that always links to a next page. It shows the events of the first page, or `invented`.
    pub(super) fn endless_page<'a>(
        &self,
        pages: EndlessPages,
        conversation: &'a Conversation,
        invented: &'a [StoredEvent],
        options: &Options,
    ) -> Found<'a> {
        let events: Vec<_> = match pages {
            EndlessPages::Fresh => invented.iter().collect(),
            EndlessPages::Same | EndlessPages::Circle => {
                self.all(conversation, options).into_iter().take(self.page_size).collect()
            }
        };
        let number = match pages {
            EndlessPages::Fresh | EndlessPages::Same => self.number.saturating_add(1),
            EndlessPages::Circle => self.number,
        };
        let next = match options.page_links {
            PageLinks::Unfollowable => Place::Untold,
            PageLinks::PageNumber => Place::Number(number),
            // No event has the id 0, so a page without events can use it.
            PageLinks::Cursor => {
                Place::After(Cursor { after: events.last().map_or(0, |last| last.id), number })
            }
        };
        Found { events, first: Place::First, prev: None, next: Some(next) }
    }

    /// A page of new events, with ids that no other page and no conversation has.
    pub(super) fn invent_events(&self, clock: &Clock) -> Vec<StoredEvent> {
        let first = self.number.saturating_sub(1).saturating_mul(self.page_size) as u64;
        let invent = |n| {
            let away = first.wrapping_add(n);
            let descending = self.descending;
            let id =
                if descending { INVENTED.wrapping_sub(away) } else { INVENTED.wrapping_add(away) };
            let new = NewEvent {
                event_type: "custom:invented".to_owned(),
                from: None,
                body: RawValue::from_string("{}".to_owned())
                    .unwrap_or_else(|_| RawValue::NULL.to_owned()),
            };
            StoredEvent::new(id, new, clock, Duration::ZERO)
        };
        (0..self.page_size as u64).map(invent).collect()
    }

    /// All events that the listing finds, in its order.
    fn all<'a>(&self, conversation: &'a Conversation, options: &Options) -> Vec<&'a StoredEvent> {
        let filter = options.event_type_filter;
        let mut all: Vec<_> =
            conversation.visible().filter(|event| self.wants(event, filter)).collect();
        if self.descending {
            all.reverse();
        }
        all
    }

    /// Where the page begins among what the listing finds.
    fn start_among(&self, all: &[&StoredEvent]) -> usize {
        match self.start {
            Start::After(None) => 0,
            Start::After(Some(after)) => all.partition_point(|event| {
                if self.descending { event.id >= after } else { event.id <= after }
            }),
            Start::Numbered => {
                self.number.saturating_sub(1).saturating_mul(self.page_size).min(all.len())
            }
        }
    }

    /// How a link names the page that begins at `start`. `number` is its number, counted along the
    /// links.
    fn place(&self, start: usize, number: usize, all: &[&StoredEvent], links: PageLinks) -> Place {
        match (links, start.checked_sub(1)) {
            (PageLinks::PageNumber, _) => Place::Number(start / self.page_size + 1),
            (_, None) => Place::First,
            (_, Some(before)) => Place::After(Cursor { after: all[before].id, number }),
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
    /// By a cursor.
    After(Cursor),
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
    /// The page's links, all with the same query except for the page.
    pub(super) fn links(&self, url: &str, query: &str) -> Value {
        let link = |query: &str| {
            let href = if query.is_empty() { url.to_owned() } else { format!("{url}?{query}") };
            json!({"href": href})
        };
        let to = |place: &Place| {
            let parameter = match place {
                Place::First => None,
                Place::After(cursor) => Some(("cursor", cursor.write())),
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

/// The content of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    /// The last event before the page.
    after: u64,
    /// Which page it is, counted from 1.
    number: usize,
}

impl Cursor {
    fn write(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("after:{},page:{}", self.after, self.number))
    }

    fn read(cursor: &str) -> Option<Self> {
        let cursor = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (after, page) = cursor.strip_prefix("after:")?.split_once(",page:")?;
        Some(Self { after: after.parse().ok()?, number: page_number(page)? })
    }
}

fn page_number(text: &str) -> Option<usize> {
    text.parse().ok().filter(|number| *number > 0)
}

/// The page that a listing's query asks for, counted from 1; `None` if the query is invalid.
pub(crate) fn page_of(query: &str) -> Option<usize> {
    Listing::read(query, EventTypeFilter::default()).ok().map(|listing| listing.number)
}
