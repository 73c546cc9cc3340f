//! Lists that refuse, break off, are slow or never end.

use std::collections::HashSet;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use vce_sandbox::{Options, PageLinks, Sandbox};

use crate::client::{
    Answer, EVENT, add_fault, admin, create, events_of, ids_of, send, send_and_read_to_end,
};

fn with_events(count: u64, options: Options) -> Sandbox {
    let sandbox = Sandbox::start(options).unwrap();
    for _ in 0..count {
        assert_eq!(create(&sandbox, EVENT).status, 201);
    }
    sandbox
}

fn list(sandbox: &Sandbox, query: &str) -> Answer {
    send(sandbox, "GET", &format!("{}?{query}", events_of(sandbox)), "")
}

fn ids(page: &Value) -> Vec<u64> {
    ids_of(&page["_embedded"])
}

/// The query of the link to the next page, if there is one.
fn next(page: &Value) -> Option<String> {
    Some(page["_links"]["next"]["href"].as_str()?.split_once('?').unwrap().1.to_owned())
}

/// The pages from this one on, at most `most`, and the queries that led to them.
fn follow(sandbox: &Sandbox, query: &str, most: usize) -> (Vec<Value>, Vec<String>) {
    let (mut pages, mut queries) = (Vec::new(), vec![query.to_owned()]);
    while pages.len() < most {
        let page = list(sandbox, &queries[pages.len()]).json();
        queries.extend(next(&page));
        pages.push(page);
        if queries.len() == pages.len() {
            break;
        }
    }
    queries.truncate(pages.len());
    (pages, queries)
}

#[test]
fn a_list_refuses_while_events_are_created() {
    let sandbox = with_events(1, Options::default());
    for (status, code) in
        [(403, "system:error:permission"), (429, ""), (500, "system:error:internal-error")]
    {
        add_fault(&sandbox, &json!({"kind": "status", "status": status, "on": "list"}).to_string());
        assert_eq!(create(&sandbox, EVENT).status, 201);
        let answer = list(&sandbox, "");
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        assert_eq!(list(&sandbox, "").status, 200);
    }
}

#[test]
fn a_list_breaks_off_within_its_head_or_its_body() {
    let sandbox = with_events(1, Options::default());
    add_fault(&sandbox, r#"{"kind":"truncate_head","on":"list"}"#);
    let head =
        String::from_utf8(send_and_read_to_end(&sandbox, "GET", &events_of(&sandbox), "")).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("\r\n\r\n"), "{head}");
    add_fault(&sandbox, r#"{"kind":"truncate","on":"list"}"#);
    let answer = Answer::parse(&send_and_read_to_end(&sandbox, "GET", &events_of(&sandbox), ""));
    let announced: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, announced / 2));
}

#[test]
fn a_head_that_breaks_off_belongs_to_a_request_that_was_carried_out() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    add_fault(&sandbox, r#"{"kind":"truncate_head","on":"create"}"#);
    let head = send_and_read_to_end(&sandbox, "POST", &events_of(&sandbox), EVENT);
    assert!(head.starts_with(b"HTTP/1.1 201 Created\r\n"));
    assert_eq!(ids(&list(&sandbox, "").json()), [1]);
}

#[test]
fn a_list_is_slow() {
    let sandbox = with_events(1, Options::default());
    for fault in [
        r#"{"kind":"delay","on":"list","delay_ms":300}"#,
        r#"{"kind":"trickle","on":"list","interval_ms":1}"#,
    ] {
        add_fault(&sandbox, fault);
        let start = Instant::now();
        assert_eq!(ids(&list(&sandbox, "").json()), [1]);
        assert!(start.elapsed() >= Duration::from_millis(250), "{fault}");
    }
}

#[test]
fn a_fault_meets_one_page_only() {
    for page_links in [PageLinks::Cursor, PageLinks::PageNumber] {
        let sandbox = with_events(7, Options { page_links, ..Options::default() });
        let (_, queries) = follow(&sandbox, "page_size=2&order=desc", 9);
        assert_eq!(queries.len(), 4);
        for page in 1..=4 {
            let fault =
                json!({"kind": "status", "status": 500, "on": "list", "page": page, "times": null});
            add_fault(&sandbox, &fault.to_string());
            let statuses: Vec<_> =
                queries.iter().map(|query| list(&sandbox, query).status).collect();
            let expected: Vec<_> =
                (1..=4).map(|number| if number == page { 500 } else { 200 }).collect();
            assert_eq!(statuses, expected, "{page_links:?}");
            assert_eq!(create(&sandbox, EVENT).status, 201);
            admin(&sandbox, "DELETE", "/faults", "");
        }
    }
}

#[test]
fn pages_keep_their_numbers_while_events_are_created() {
    let sandbox = with_events(5, Options::default());
    let first = list(&sandbox, "page_size=2&order=desc").json();
    create(&sandbox, EVENT);
    let second = list(&sandbox, &next(&first).unwrap()).json();
    assert_eq!(ids(&second), [3, 2]);
    admin(&sandbox, "DELETE", "/requests", "");
    list(&sandbox, &next(&second).unwrap());
    create(&sandbox, EVENT);
    list(&sandbox, "cursor=x");
    send(&sandbox, "GET", "/v0.3/conversations", "");
    let requests = admin(&sandbox, "GET", "/requests", "").json();
    let noted: Vec<_> = requests
        .as_array()
        .unwrap()
        .iter()
        .map(|request| (&request["operation"], &request["page"]))
        .collect();
    let (list, create, none) = ("list".into(), "create".into(), Value::Null);
    assert_eq!(noted, [(&list, &3.into()), (&create, &none), (&list, &none), (&none, &none)]);
}

#[test]
fn a_list_never_ends_and_shows_fresh_events() {
    for page_links in [PageLinks::Cursor, PageLinks::PageNumber] {
        let sandbox = with_events(1, Options { page_links, ..Options::default() });
        add_fault(&sandbox, r#"{"kind":"endless","on":"list","times":null}"#);
        for (order, descending) in [("asc", false), ("desc", true)] {
            let start = SystemTime::now() - Duration::from_millis(1);
            let (pages, _) = follow(&sandbox, &format!("page_size=100&order={order}"), 30);
            let ids: Vec<_> = pages.iter().flat_map(ids).collect();
            assert_eq!((pages.len(), ids.len()), (30, 3000), "{page_links:?}");
            assert!(ids.is_sorted_by(|a, b| if descending { a > b } else { a < b }));
            let events = pages.iter().flat_map(|page| page["_embedded"].as_array().unwrap());
            for event in events {
                let timestamp = humantime::parse_rfc3339(event["timestamp"].as_str().unwrap());
                assert!(timestamp.unwrap() >= start, "{event}");
                assert_eq!(event["body"], json!({}));
            }
        }
        assert_eq!(sandbox.events(sandbox.conversation_id()).len(), 1, "nothing was stored");
    }
}

#[test]
fn a_list_never_ends_and_shows_the_same_events() {
    for page_links in [PageLinks::Cursor, PageLinks::PageNumber] {
        for (pages, distinct) in [("same", 30), ("circle", 2)] {
            let sandbox = with_events(3, Options { page_links, ..Options::default() });
            let fault = json!({"kind": "endless", "on": "list", "times": null, "pages": pages});
            add_fault(&sandbox, &fault.to_string());
            let (found, queries) = follow(&sandbox, "page_size=2&order=desc", 30);
            assert_eq!(found.iter().map(ids).collect::<Vec<_>>(), vec![vec![3, 2]; 30]);
            assert_eq!(queries.iter().collect::<HashSet<_>>().len(), distinct, "{pages}");
        }
    }
}

#[test]
fn a_list_without_events_never_ends_either() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    add_fault(&sandbox, r#"{"kind":"endless","on":"list","times":null,"pages":"same"}"#);
    let (pages, _) = follow(&sandbox, "", 30);
    assert_eq!(pages.iter().map(ids).collect::<Vec<_>>(), vec![Vec::<u64>::new(); 30]);
}

#[test]
fn a_list_ends_when_its_fault_does() {
    for pages in ["fresh", "same", "circle"] {
        let sandbox = with_events(3, Options::default());
        let fault = json!({"kind": "endless", "on": "list", "times": 4, "pages": pages});
        add_fault(&sandbox, &fault.to_string());
        let (pages, _) = follow(&sandbox, "page_size=2", 30);
        assert!(pages.len() < 30, "{}", pages.len());
    }
}

#[test]
fn an_endless_list_still_refuses_what_is_wrong() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    add_fault(&sandbox, r#"{"kind":"endless","on":"list","times":null}"#);
    assert_eq!(list(&sandbox, "page_size=0").status, 400);
}

#[test]
fn an_endless_list_may_fail_on_one_page() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    add_fault(
        &sandbox,
        r#"[{"kind":"status","status":429,"on":"list","page":3},
            {"kind":"endless","on":"list","times":null}]"#,
    );
    let (_, queries) = follow(&sandbox, "", 2);
    let second = list(&sandbox, &queries[1]).json();
    assert_eq!(list(&sandbox, &next(&second).unwrap()).status, 429);
}

#[test]
fn of_a_fault_field_that_comes_twice_the_last_counts() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    // A program may put `"on":"create"` before other fields.
    add_fault(&sandbox, r#"{"on":"create","kind":"status","status":500,"on":"list"}"#);
    assert_eq!((create(&sandbox, EVENT).status, list(&sandbox, "").status), (201, 500));
}
