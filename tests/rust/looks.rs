//! `delivery=effectively_once`: what a look concludes from lists that only a strange server sends.

use std::time::{Duration, SystemTime};

use vce::Outcome;

use crate::strange_server::{Api, KEY, Reply, ago, create, dated, event, ok, page};

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

fn assert_found(api: &Api, what: &str) {
    let result = create(&api.client(&[("max_retries", "1")]));
    assert_eq!(api.posts(), 1, "{what}: sent again: {result:?}");
    result.unwrap_or_else(|error| panic!("{what}: {error}"));
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

/// Page 1 has old events out of order, and the event is on page 2.
#[test]
fn a_page_without_order_does_not_end_a_look() {
    for times in [&[900, 7200, 60, 3600][..], &[5000, 7000, 6000, 5500, 6500]] {
        let api = api_with_pages(move |number| {
            let old = times.iter().map(|at| event("x", &ago(*at)));
            let body = match number {
                1 => page(&old.collect::<Vec<_>>(), Some("p=2")),
                _ => page(&[event(KEY, &ago(0))], None),
            };
            dated(SystemTime::now(), &body)
        });
        assert_found(&api, &format!("{times:?}"));
    }
}

/// What a server may make of a body without changing what it means, and where lists have events.
#[test]
fn a_rewritten_body_still_has_its_key() {
    for body in [
        r#"{"vce_key":"the-key","n":1}"#,
        r#"{ "n" : 1.0e0 , "vce_key" : "the-key" }"#,
        r#"{"\u0076ce_key":"the\u002dkey"}"#,
        r#"{"n":1e400,"vce_key":"the-key"}"#,
    ] {
        let events = format!(r#"[{{"id":1,"type":"custom:a","body":{body}}}]"#);
        for list in [
            format!(r#"{{"_embedded":{events}}}"#),
            format!(r#"{{"_embedded":{{"data":{{"events":{events}}}}}}}"#),
            format!(r#"{{"_embedded":{{"events":{events}}}}}"#),
        ] {
            let what = list.clone();
            assert_found(&api_with_pages(move |_| ok(&list)), &what);
        }
    }
}

/// A gateway's clock differs from the one that stamps the events.
#[test]
fn a_wrong_date_does_not_end_a_look() {
    const HOUR: i64 = 3600;
    for ahead in [-2 * HOUR, 0, 120, 2 * HOUR, 30 * 24 * HOUR] {
        let api = api_with_pages(move |number| {
            let newer = (0..100).map(|n| event("x", &ago(n / 50)));
            let body = match number {
                1 => page(&newer.collect::<Vec<_>>(), Some("p=2")),
                _ => page(&[event(KEY, &ago(3))], None),
            };
            let span = Duration::from_secs(ahead.unsigned_abs());
            let now = SystemTime::now();
            dated(if ahead < 0 { now - span } else { now + span }, &body)
        });
        assert_found(&api, &format!("{ahead} s ahead"));
    }
}

#[test]
fn odd_timestamps_do_not_end_a_look() {
    const HOUR: u64 = 3600;
    let west = |n| ago(n + 5 * HOUR);
    let stamps: [(&str, &(dyn Fn(u64) -> String + Sync)); 8] = [
        ("none", &|_| String::new()),
        ("equal", &|_| ago(HOUR)),
        ("words", &|_| "yesterday".to_owned()),
        ("far future", &|n| format!("{:04}-01-01T00:00:00Z", 9999 - n)),
        ("east", &|n| format!("{}+01:00", &ago(n)[..23])),
        ("west", &|n| format!("{}-05:00", &west(n)[..23])),
        ("west, whole seconds", &|n| format!("{}-05:00", &west(n)[..19])),
        ("local time in the west", &|n| west(n)[..23].to_owned()),
    ];
    for (what, stamp) in stamps {
        let newer: Vec<_> = (0..10).map(|n| event("x", &stamp(n))).collect();
        let found = event(KEY, &stamp(11));
        let api = api_with_pages(move |number| {
            let body = match number {
                1 => page(&newer, Some("p=2")),
                _ => page(std::slice::from_ref(&found), None),
            };
            dated(SystemTime::now(), &body)
        });
        assert_found(&api, what);
    }
}
