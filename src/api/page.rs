use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event::{self, Event};

/// RFC 3986's unreserved characters stay readable.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The order of an event list by event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// What an event list asks for. What is not set is left to the server.
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
    /// The query of the page at `cursor`, or of the first.
    pub fn encode(&self, cursor: Option<&str>) -> String {
        // Vonage's filter does not support custom types: it may ignore, refuse or match none.
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
            ("cursor", cursor.map(str::to_owned)),
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

const MAX_CURSOR_BYTES: usize = 2048;

/// One page of an event list.
#[derive(Debug)]
pub struct Page {
    pub events: Vec<Event>,
    /// Names the next page; `None`: this is the last.
    pub cursor: Option<String>,
}

impl Page {
    /// Reads a page; `None` if it is none.
    pub fn read(body: &str) -> Option<Page> {
        let envelope: Envelope<'_> = serde_json::from_str(body).ok()?;
        let events = match envelope.embedded {
            None => Vec::new(),
            Some(embedded) => {
                let events = list(embedded.get())?;
                events.into_iter().map(|raw| Event::from_json(raw.get())).collect::<Option<_>>()?
            }
        };
        let links: serde_json::Value =
            envelope.links.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
        // Only the cursor is taken from the link: the token goes to the configured host alone.
        let cursor = links.pointer("/next/href").and_then(|href| cursor(href.as_str()?));
        // It has to fit into a request.
        if cursor.as_ref().is_some_and(|cursor| cursor.len() > MAX_CURSOR_BYTES) {
            return None;
        }
        Some(Page { events, cursor })
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "_embedded")]
    embedded: Option<&'a RawValue>,
    #[serde(borrow, rename = "_links")]
    links: Option<&'a RawValue>,
}

/// v0.3 and v1 send the events as a bare array; older versions nest it.
fn list(embedded: &str) -> Option<Vec<&RawValue>> {
    #[derive(Deserialize)]
    struct Nested<'a> {
        #[serde(borrow)]
        data: Option<&'a RawValue>,
        #[serde(borrow)]
        events: Option<&'a RawValue>,
    }
    if embedded.starts_with('[') {
        return serde_json::from_str(embedded).ok();
    }
    let nested: Nested<'_> = serde_json::from_str(embedded).ok()?;
    list(nested.events.or(nested.data)?.get())
}

fn cursor(href: &str) -> Option<String> {
    let (_, query) = href.split_once('?')?;
    let (query, _) = query.split_once('#').unwrap_or((query, ""));
    let value = query.split('&').find_map(|pair| pair.strip_prefix("cursor="))?;
    // In a query '+' is a space only in HTML forms; a cursor in base64 means it.
    Some(percent_decode_str(value).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str) -> Vec<String> {
        let page = Page::read(body).unwrap();
        page.events.iter().map(|event| event.id().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn events_stand_in_a_bare_array_or_nested() {
        assert_eq!(ids(r#"{"_embedded":[{"id":1},{"id":"2"}]}"#), ["1", "2"]);
        assert_eq!(ids(r#"{"_embedded":{"data":{"events":[{"id":3}]}}}"#), ["3"]);
        assert_eq!(ids(r#"{"_embedded":{"events":[{"id":4}]}}"#), ["4"]);
        assert_eq!(ids(r"{}"), [""; 0]);
        assert!(Page::read("[]").is_none());
        assert!(Page::read(r#"{"_embedded":[1]}"#).is_none());
    }

    #[test]
    fn the_cursor_comes_out_of_the_next_link() {
        let cursor_of = |href: &str| {
            let body = format!(r#"{{"_links":{{"next":{{"href":"{href}"}}}}}}"#);
            Page::read(&body).unwrap().cursor
        };
        assert_eq!(
            cursor_of("https://elsewhere/x?page_size=2&cursor=a%2Bb%3D"),
            Some("a+b=".to_owned())
        );
        assert_eq!(cursor_of("/x?cursor=abc#f"), Some("abc".to_owned()));
        assert_eq!(cursor_of("/x?page=2"), None);
        assert_eq!(Page::read(r#"{"_links":{"next":null}}"#).unwrap().cursor, None);
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
            query.encode(Some("x=/")),
            "event_type=a%20b%26c&order=desc&page_size=100&exclude_deleted_events=true&cursor=x%3D%2F"
        );
        assert_eq!(ListQuery::default().encode(None), "");
        let event_type = Some("custom:a".to_owned());
        assert_eq!(ListQuery { event_type, ..ListQuery::default() }.encode(None), "");
    }

    #[test]
    fn a_cursor_that_no_request_can_hold_makes_no_page() {
        let page = |length: usize| {
            let cursor = "c".repeat(length);
            Page::read(&format!(r#"{{"_links":{{"next":{{"href":"/x?cursor={cursor}"}}}}}}"#))
        };
        assert!(page(2048).is_some_and(|page| page.cursor.is_some()));
        assert!(page(2049).is_none());
    }
}
