use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;

use super::link::{self, object};
use crate::event::{self, Event};

/// All characters except those that RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The order of an event list by event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// What an event list asks for. The server decides what is not set.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    pub event_type: Option<String>,
    pub order: Option<Order>,
    pub page_size: Option<u8>,
    pub start_id: Option<String>,
    pub end_id: Option<String>,
    pub exclude_deleted: Option<bool>,
}

impl ListQuery {
    /// The query of the first page.
    pub fn encode(&self) -> String {
        // Vonage's filter does not support custom types: it may ignore one, refuse it, or return
        // no events.
        let event_type = self.event_type.clone().filter(|wanted| !event::is_custom(wanted));
        let order = self.order.map(|order| match order {
            Order::Ascending => "asc".to_owned(),
            Order::Descending => "desc".to_owned(),
        });
        let parameters = [
            ("event_type", event_type),
            ("order", order),
            ("page_size", self.page_size.map(|size| size.to_string())),
            ("start_id", self.start_id.clone()),
            ("end_id", self.end_id.clone()),
            ("exclude_deleted_events", self.exclude_deleted.map(|exclude| exclude.to_string())),
        ];
        let pairs: Vec<String> = parameters
            .into_iter()
            .filter_map(|(name, value)| {
                Some(format!("{name}={}", utf8_percent_encode(&value?, ENCODED)))
            })
            .collect();
        pairs.join("&")
    }
}

/// One page of an event list.
#[derive(Debug)]
pub struct Page {
    pub events: Vec<Event>,
    /// The query that asks for the next page; `None` if this is the last page.
    pub next: Option<String>,
}

/// What a page of an event list says besides its events.
#[derive(Debug)]
pub struct PageEnd {
    /// The answer has a list of events, which may be empty. Without it, the answer may come from
    /// something else than the API.
    pub has_list: bool,
    /// As in [`Page`].
    pub next: Option<String>,
}

impl Page {
    /// Reads a page. The error says what is wrong with it.
    pub fn read(body: &str) -> Result<Page, &'static str> {
        let mut events = Vec::new();
        let end = PageEnd::read(body, |event| events.push(event))?;
        Ok(Page { events, next: end.next })
    }
}

impl PageEnd {
    /// Reads a page and hands over its events one by one, so that they need not be kept. The error
    /// says what is wrong with it.
    pub fn read(body: &str, each: impl FnMut(Event)) -> Result<PageEnd, &'static str> {
        let envelope: Envelope<'_> = object(body).ok_or(NO_PAGE)?;
        if let Some(embedded) = envelope.embedded {
            events(embedded.get(), each).ok_or(NO_PAGE)?;
        }
        let has_list = envelope.embedded.is_some();
        Ok(PageEnd { has_list, next: link::next(envelope.links)? })
    }
}

const NO_PAGE: &str = "its body is not a page of events";

/// No valid page has more: an event's JSON takes at least 100 bytes, and an answer at most 1 MiB.
/// Without this limit a page of empty objects would take 70 times its size in memory.
const MAX_EVENTS: usize = 10_000;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "_embedded")]
    embedded: Option<&'a RawValue>,
    #[serde(borrow, rename = "_links")]
    links: Option<&'a RawValue>,
}

/// v0.3 and v1 send the events as a bare array; older versions nest it.
fn events(embedded: &str, each: impl FnMut(Event)) -> Option<()> {
    #[derive(Deserialize)]
    struct Nested<'a> {
        #[serde(borrow)]
        data: Option<&'a RawValue>,
        #[serde(borrow)]
        events: Option<&'a RawValue>,
    }
    let array = if embedded.starts_with('[') {
        embedded
    } else {
        let nested: Nested<'_> = object(embedded)?;
        match (nested.events, nested.data) {
            (Some(events), _) => events.get(),
            (None, data) => {
                let data = data?.get();
                if data.starts_with('[') { data } else { object::<Nested<'_>>(data)?.events?.get() }
            }
        }
    };
    let mut reader = serde_json::Deserializer::from_str(array);
    reader.deserialize_seq(Events(each)).and_then(|()| reader.end()).ok()
}

/// Reads events one by one, so that no list of their JSON texts is kept in memory too.
struct Events<F>(F);

impl<'de, F: FnMut(Event)> Visitor<'de> for Events<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        let mut count = 0;
        while let Some(raw) = array.next_element::<&RawValue>()? {
            count += 1;
            if count > MAX_EVENTS {
                return Err(A::Error::custom("too many events"));
            }
            self.0(Event::from_json(raw.get()).ok_or_else(|| A::Error::custom("not an event"))?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str) -> Vec<String> {
        let page = Page::read(body).unwrap();
        page.events.iter().map(|event| event.id().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn events_are_in_a_bare_array_or_nested() {
        assert_eq!(ids(r#"{"_embedded":[{"id":1},{"id":"2"}]}"#), ["1", "2"]);
        assert_eq!(ids(r#"{"_embedded":{"data":{"events":[{"id":3}]}}}"#), ["3"]);
        assert_eq!(ids(r#"{"_embedded":{"events":[{"id":4}]}}"#), ["4"]);
        assert_eq!(ids(r"{}"), [""; 0]);
        assert_eq!(ids(r#"{"_embedded":{"data":[{"id":5}]}}"#), ["5"]);
        for other in ["[]", "[[],{}]", r#"{"_embedded":[1]}"#, r#"{"_embedded":{}}"#] {
            assert_eq!(Page::read(other).unwrap_err(), NO_PAGE, "{other}");
        }
    }

    #[test]
    fn queries_are_encoded() {
        let query = ListQuery {
            event_type: Some("a b&c".to_owned()),
            order: Some(Order::Descending),
            page_size: Some(100),
            exclude_deleted: Some(true),
            ..ListQuery::default()
        };
        assert_eq!(
            query.encode(),
            "event_type=a%20b%26c&order=desc&page_size=100&exclude_deleted_events=true"
        );
        assert_eq!(ListQuery::default().encode(), "");
        let event_type = Some("custom:a".to_owned());
        assert_eq!(ListQuery { event_type, ..ListQuery::default() }.encode(), "");
    }
}
