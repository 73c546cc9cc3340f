//! Listing a conversation's events, page by page.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::problem::Problem;
use crate::options::EventTypeFilter;
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
    /// The last event of the page before.
    after: Option<u64>,
}

impl Listing {
    /// Reads a query; parameters that it does not know are none of its business.
    pub(super) fn read(query: &str) -> Result<Self, Problem> {
        let mut listing = Self {
            start_id: None,
            end_id: None,
            event_type: None,
            page_size: DEFAULT_PAGE_SIZE,
            descending: false,
            exclude_deleted: false,
            after: None,
        };
        let mut invalid = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Err((name, reason)) = listing.set(&name, &value) {
                invalid.push((name, format!(r#""{name}" must be {reason}"#)));
            }
        }
        if invalid.is_empty() { Ok(listing) } else { Err(Problem::validation(invalid)) }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), (&'static str, &'static str)> {
        match name {
            "start_id" => {
                self.start_id = Some(value.parse().map_err(|_| ("start_id", "an event id"))?)
            }
            "end_id" => self.end_id = Some(value.parse().map_err(|_| ("end_id", "an event id"))?),
            "event_type" => self.event_type = Some(value.to_owned()),
            "page_size" => {
                let size = value.parse().ok().filter(|size| (1..=MAX_PAGE_SIZE).contains(size));
                self.page_size = size.ok_or(("page_size", "a number from 1 to 100"))?;
            }
            "order" => match value {
                "asc" => self.descending = false,
                "desc" => self.descending = true,
                _ => return Err(("order", "asc or desc")),
            },
            "exclude_deleted_events" => {
                self.exclude_deleted =
                    value.parse().map_err(|_| ("exclude_deleted_events", "true or false"))?;
            }
            "cursor" => {
                self.after = Some(event_of(value).ok_or(("cursor", "a cursor from a listing"))?)
            }
            _ => {}
        }
        Ok(())
    }

    /// One page, and the cursor to the next if there is one.
    pub(super) fn page<'a>(
        &self,
        conversation: &'a Conversation,
        filter: EventTypeFilter,
    ) -> (Vec<&'a StoredEvent>, Option<String>) {
        let mut found: Vec<&StoredEvent> =
            conversation.events.iter().filter(|event| self.wants(event, filter)).collect();
        if self.descending {
            found.reverse();
        }
        let more = found.len() > self.page_size;
        found.truncate(self.page_size);
        let cursor = found.last().filter(|_| more).map(|last| cursor_after(last.id));
        (found, cursor)
    }

    fn wants(&self, event: &StoredEvent, filter: EventTypeFilter) -> bool {
        let in_range = self.start_id.is_none_or(|start| event.id >= start)
            && self.end_id.is_none_or(|end| event.id <= end);
        let ahead = self
            .after
            .is_none_or(|after| if self.descending { event.id < after } else { event.id > after });
        let of_type = self.event_type.as_ref().is_none_or(|wanted| {
            *wanted == event.event_type
                || (filter == EventTypeFilter::IgnoresCustom && wanted.starts_with("custom:"))
        });
        in_range && ahead && of_type && !(self.exclude_deleted && event.deleted.is_some())
    }

    pub(super) fn page_size(&self) -> usize {
        self.page_size
    }
}

/// The links of a page: itself, and the next one with the same query.
pub(super) fn links(url: &str, query: &str, cursor: Option<String>) -> Value {
    let with_query = |query: &str| {
        if query.is_empty() { url.to_owned() } else { format!("{url}?{query}") }
    };
    let mut links = json!({"self": {"href": with_query(query)}});
    if let Some(cursor) = cursor {
        let same = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
        let mut next = form_urlencoded::Serializer::new(String::new());
        next.extend_pairs(same).append_pair("cursor", &cursor);
        links["next"] = json!({"href": with_query(&next.finish())});
    }
    links
}

fn cursor_after(event_id: u64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("after:{event_id}"))
}

fn event_of(cursor: &str) -> Option<u64> {
    let cursor = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    cursor.strip_prefix("after:")?.parse().ok()
}
