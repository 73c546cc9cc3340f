//! Pages of events.

use serde_json::Value;
use vce_sandbox::{EventTypeFilter, Options, Sandbox};

use crate::client::{create, events_of, send};

/// A sandbox with this many events, of the types `custom:even` and `custom:odd` by their ids.
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
    page["_embedded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["id"].as_u64().unwrap())
        .collect()
}

/// The ids of every page that the `next` links lead to.
fn all_pages(sandbox: &Sandbox, query: &str) -> Vec<Vec<u64>> {
    let mut pages = Vec::new();
    let mut next = Some(page(sandbox, query));
    while let Some(page) = next {
        pages.push(ids(&page));
        next = page["_links"]["next"]["href"].as_str().map(|href| {
            let path = href.strip_prefix(sandbox.base_url()).expect("an absolute link");
            send(sandbox, "GET", path, "").json()
        });
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
    let sandbox = with_events(5, Options::default());
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
fn deleted_events_are_listed_unless_excluded() {
    let sandbox = with_events(3, Options::default());
    send(&sandbox, "DELETE", &format!("{}/2", events_of(&sandbox)), "");
    let listed = page(&sandbox, "exclude_deleted_events=false");
    assert_eq!(ids(&listed), [1, 2, 3]);
    assert!(listed["_embedded"][1]["deleted"].is_string());
    assert_eq!(ids(&page(&sandbox, "exclude_deleted_events=true")), [1, 3]);
}

#[test]
fn some_servers_do_not_filter_by_custom_types() {
    let options =
        Options { event_type_filter: EventTypeFilter::IgnoresCustom, ..Options::default() };
    let sandbox = with_events(3, options);
    assert_eq!(ids(&page(&sandbox, "event_type=custom:odd")), [1, 2, 3]);
    assert_eq!(ids(&page(&sandbox, "event_type=text")), [0; 0]);
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
        "exclude_deleted_events=1",
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
