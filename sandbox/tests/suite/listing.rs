//! Pages of events.

use serde_json::Value;
use vce_sandbox::{EventTypeFilter, Options, PageLinks, Sandbox};

use crate::client::{create, events_of, ids_of, send};

/// A sandbox with this many events. Those with an even id have the type `custom:even`, the others
/// `custom:odd`.
fn with_events(count: u64, options: Options) -> Sandbox {
    let sandbox = Sandbox::start(options).unwrap();
    for id in 1..=count {
        let kind = if id % 2 == 0 { "even" } else { "odd" };
        assert_eq!(
            create(&sandbox, &format!(r#"{{"type":"custom:{kind}","body":{{}}}}"#)).json()["id"],
            id
        );
    }
    sandbox
}

fn page(sandbox: &Sandbox, query: &str) -> Value {
    let answer = send(sandbox, "GET", &format!("{}?{query}", events_of(sandbox)), "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn ids(page: &Value) -> Vec<u64> {
    ids_of(&page["_embedded"])
}

/// The page that a link of this name leads to, if there is one.
fn follow(sandbox: &Sandbox, page: &Value, link: &str) -> Option<Value> {
    let href = page["_links"][link]["href"].as_str()?;
    let path = href.strip_prefix(sandbox.base_url()).expect("an absolute link");
    Some(send(sandbox, "GET", path, "").json())
}

/// The ids of every page that the `next` links lead to.
fn all_pages(sandbox: &Sandbox, query: &str) -> Vec<Vec<u64>> {
    let mut pages = Vec::new();
    let mut next = Some(page(sandbox, query));
    while let Some(page) = next {
        pages.push(ids(&page));
        next = follow(sandbox, &page, "next");
    }
    pages
}

#[test]
fn a_page_has_ten_events_unless_asked_otherwise() {
    let sandbox = with_events(12, Options::default());
    let first = page(&sandbox, "");
    assert_eq!(ids(&first), (1..=10).collect::<Vec<_>>());
    assert_eq!(first["page_size"], 10);
    assert_eq!(all_pages(&sandbox, ""), [(1..=10).collect(), vec![11, 12]]);
    assert_eq!(all_pages(&sandbox, "page_size=100"), [(1..=12).collect::<Vec<_>>()]);
}

#[test]
fn links_repeat_the_query() {
    let options = Options { event_type_filter: EventTypeFilter::Exact, ..Options::default() };
    let sandbox = with_events(5, options);
    assert_eq!(all_pages(&sandbox, "page_size=2&order=desc"), [vec![5, 4], vec![3, 2], vec![1]]);
    assert_eq!(all_pages(&sandbox, "page_size=2&event_type=custom%3Aodd"), [vec![1, 3], vec![5]]);
    assert_eq!(all_pages(&sandbox, "page_size=2&start_id=2&end_id=4"), [vec![2, 3], vec![4]]);
    let page = page(&sandbox, "page_size=2");
    let url = format!("{}{}", sandbox.base_url(), events_of(&sandbox));
    assert_eq!(page["_links"]["self"]["href"], format!("{url}?page_size=2"));
}

#[test]
fn no_page_is_followed_by_an_empty_one() {
    let sandbox = with_events(4, Options::default());
    assert_eq!(all_pages(&sandbox, "page_size=2"), [vec![1, 2], vec![3, 4]]);
    sandbox.reset();
    assert_eq!(all_pages(&sandbox, ""), [Vec::<u64>::new()]);
}

#[test]
fn links_lead_to_the_first_page_and_back() {
    let sandbox = with_events(5, Options::default());
    let first = page(&sandbox, "page_size=2&order=desc");
    assert_eq!(first["_links"]["prev"], Value::Null);
    let second = follow(&sandbox, &first, "next").unwrap();
    let third = follow(&sandbox, &second, "next").unwrap();
    assert_eq!(ids(&follow(&sandbox, &third, "prev").unwrap()), [3, 2]);
    for page in [&first, &second, &third] {
        assert_eq!(ids(&follow(&sandbox, page, "first").unwrap()), [5, 4]);
        assert_eq!(ids(&follow(&sandbox, page, "self").unwrap()), ids(page));
    }
    let back = follow(&sandbox, &follow(&sandbox, &third, "prev").unwrap(), "prev").unwrap();
    assert_eq!(ids(&back), [5, 4]);
    assert_eq!(back["_links"]["prev"], Value::Null);
}

#[test]
fn official_clients_may_write_capitals_and_numbers() {
    let sandbox = with_events(3, Options::default());
    send(&sandbox, "DELETE", &format!("{}/2", events_of(&sandbox)), "");
    assert_eq!(ids(&page(&sandbox, "order=DESC")), [3, 2, 1]);
    assert_eq!(ids(&page(&sandbox, "order=ASC")), [1, 2, 3]);
    assert_eq!(ids(&page(&sandbox, "exclude_deleted_events=1")), [1, 3]);
    assert_eq!(ids(&page(&sandbox, "exclude_deleted_events=0")), [1, 2, 3]);
}

#[test]
fn deleted_events_are_listed_unless_excluded() {
    let sandbox = with_events(3, Options::default());
    send(&sandbox, "DELETE", &format!("{}/2", events_of(&sandbox)), "");
    let listed = page(&sandbox, "exclude_deleted_events=false");
    assert_eq!(ids(&listed), [1, 2, 3]);
    assert!(listed["_embedded"][1]["deleted"].is_string());
    assert_eq!(ids(&page(&sandbox, "exclude_deleted_events=true")), [1, 3]);
}

#[test]
fn servers_differ_in_what_a_custom_type_does() {
    for (event_type_filter, odd) in [
        (EventTypeFilter::MatchesNothing, &[][..]),
        (EventTypeFilter::IgnoresCustom, &[1, 2, 3]),
        (EventTypeFilter::Exact, &[1, 3]),
    ] {
        let sandbox = with_events(3, Options { event_type_filter, ..Options::default() });
        assert_eq!(ids(&page(&sandbox, "event_type=custom:odd")), odd, "{event_type_filter:?}");
        assert_eq!(ids(&page(&sandbox, "event_type=text")), [0; 0]);
    }
    let options = Options { event_type_filter: EventTypeFilter::Refuses, ..Options::default() };
    let sandbox = with_events(1, options);
    let refused =
        send(&sandbox, "GET", &format!("{}?event_type=custom:odd", events_of(&sandbox)), "");
    assert_eq!((refused.status, refused.code().as_str()), (400, "http:error:validation-fail"));
    assert_eq!(refused.json()["invalid_parameters"][0]["name"], "event_type");
    assert_eq!(ids(&page(&sandbox, "event_type=text")), [0; 0]);
}

#[test]
fn pages_may_have_numbers() {
    let options = Options { page_links: PageLinks::PageNumber, ..Options::default() };
    let sandbox = with_events(5, options);
    assert_eq!(all_pages(&sandbox, "page_size=2&order=desc"), [vec![5, 4], vec![3, 2], vec![1]]);
    let second = page(&sandbox, "page=2&page_size=2");
    let url = format!("{}{}", sandbox.base_url(), events_of(&sandbox));
    for (link, number) in [("first", 1), ("prev", 1), ("next", 3)] {
        assert_eq!(second["_links"][link]["href"], format!("{url}?page_size=2&page={number}"));
    }
    assert_eq!(ids(&page(&sandbox, "page=9")), [0; 0]);
}

#[test]
fn a_next_link_may_name_no_page() {
    let options = Options { page_links: PageLinks::Unfollowable, ..Options::default() };
    let sandbox = with_events(3, options);
    let url = format!("{}{}", sandbox.base_url(), events_of(&sandbox));
    assert_eq!(page(&sandbox, "page_size=2")["_links"]["next"]["href"], url);
    assert_eq!(page(&sandbox, "page_size=3")["_links"]["next"], Value::Null);
}

#[test]
fn wrong_parameters_are_named() {
    let sandbox = with_events(1, Options::default());
    for wrong in [
        "page_size=0",
        "page_size=101",
        "order=up",
        "start_id=x",
        "end_id=-1",
        "cursor=x",
        "page=0",
        "exclude_deleted_events=yes",
    ] {
        let answer = send(&sandbox, "GET", &format!("{}?{wrong}", events_of(&sandbox)), "");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "http:error:validation-fail"),
            "{wrong}"
        );
        let (name, _) = wrong.split_once('=').unwrap();
        assert_eq!(answer.json()["invalid_parameters"][0]["name"], name);
    }
}
