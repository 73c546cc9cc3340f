//! `delivery=effectively_once`: what a look concludes from lists that only a strange server sends.

use vce::{Client, Event, Outcome, Result};

use crate::strange_server::{Api, Reply, ok};

const BODY: &str = r#"{"vce_key":"the-key"}"#;

fn create(client: &Client) -> Result<Event> {
    client.create_event("CON-1", "custom:a", None, BODY)
}

/// The first request to create the event gets no answer. A list is answered with these pages, page
/// 2 for the query `p=2`, and so on.
fn api_with_pages(pages: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Api {
    Api::start(move |asked| match (asked.is_post, asked.number) {
        (true, 0) => Reply::Drop,
        (true, _) => ok(r#"{"id":2}"#),
        _ => {
            let number = asked.text.split_once("?p=").map(|(_, rest)| &rest[..1]);
            pages(number.map_or(1, |number| number.parse().unwrap()))
        }
    })
}

/// The look shows nothing, so the outcome stays open.
fn assert_open(api: &Api, what: &str) {
    let result = create(&api.client(&[("max_retries", "1")]));
    assert_eq!(api.posts(), 1, "{what}: sent again: {result:?}");
    let error = result.unwrap_err();
    assert_eq!(error.outcome(), Outcome::MaybeCreated, "{what}: {error}");
    assert!(error.message().contains("could not be looked up"), "{what}: {error}");
    assert!(!error.is_retryable(), "{what}");
    assert!(api.lists() > 0, "{what}");
}

#[test]
fn an_answer_without_a_list_of_events_proves_nothing() {
    for body in [
        "{}",
        r#"{"status":"ok"}"#,
        r#"{"_embedded":null}"#,
        r#"{"title":"Bad request.","code":"http:error:validation-fail"}"#,
        r#"{"id":1,"type":"custom:b","body":{},"_links":{"self":{"href":"/x"}}}"#,
        "[]",
        r#"{"_embedded":{}}"#,
        r#"{"_embedded":[]"#,
        r#"{"_embedded":[{}],"_embedded":[]}"#,
    ] {
        assert_open(&api_with_pages(move |_| ok(body)), body);
    }
}

#[test]
fn links_that_lead_nowhere_prove_nothing() {
    for links in [
        r#"{"next":{"href":"/x"}}"#,
        r#"{"next":{"href":""}}"#,
        r#"{"next":{}}"#,
        r#"{"next":"/x?p=2"}"#,
        r#""x""#,
        r#"{"next":{"href":"/x?p=1"}}"#,
    ] {
        let body = format!(r#"{{"_embedded":[],"_links":{links}}}"#);
        assert_open(&api_with_pages(move |_| ok(&body)), links);
    }
}
