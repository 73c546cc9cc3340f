//! Event lists: pages, order, filters.

use std::io::Write as _;

use vce::{Client, Config, Status};
use vce_sandbox::{EventTypeFilter, Fault, FaultKind, Operation, Options, Sandbox, StatusFault};

use crate::support::{client, read_request, sandbox, server, tls_sandbox};

fn fill(client: &Client, sandbox: &Sandbox, count: usize) {
    for n in 0..count {
        let event_type = if n % 2 == 0 { "custom:even" } else { "custom:odd" };
        client
            .create_event(sandbox.conversation_id(), event_type, None, &format!("{{\"n\":{n}}}"))
            .unwrap();
    }
}

fn numbers(client: &Client, sandbox: &Sandbox, settings: &[(&str, &str)]) -> Vec<String> {
    let mut list = client.list_events(sandbox.conversation_id()).unwrap();
    for (name, value) in settings {
        list.set(name, Some(value)).unwrap();
    }
    list.map(|event| {
        event.unwrap().body().unwrap().trim_matches(|c: char| !c.is_ascii_digit()).to_owned()
    })
    .collect()
}

/// This page instead of the sandbox's own.
fn answer(page: &str) -> Fault {
    let page = Some(page.to_owned());
    Fault::from(StatusFault { status: 200, body: page, ..StatusFault::default() })
        .on(Operation::List)
}

#[test]
fn all_pages_are_read_in_order() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[]);
    fill(&client, &sandbox, 25);
    let ascending: Vec<_> = (0..25).map(|n| n.to_string()).collect();
    let descending: Vec<_> = ascending.iter().rev().cloned().collect();
    sandbox.forget_requests();
    assert_eq!(numbers(&client, &sandbox, &[]), ascending);
    assert_eq!(sandbox.requests().len(), 3);
    assert_eq!(numbers(&client, &sandbox, &[("page_size", "25"), ("order", "desc")]), descending);
    assert_eq!(numbers(&client, &sandbox, &[("page_size", "1")]), ascending);
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| request.header("content-type").is_none() && request.body.is_empty())
    );
}

/// Vonage says that its filter does not support custom types, and not what becomes of them.
#[test]
fn a_custom_type_is_found_whatever_the_servers_filter_makes_of_it() {
    for event_type_filter in [
        EventTypeFilter::MatchesNothing,
        EventTypeFilter::Refuses,
        EventTypeFilter::IgnoresCustom,
        EventTypeFilter::Exact,
    ] {
        let sandbox = Sandbox::start(Options { event_type_filter, ..Options::default() }).unwrap();
        let client = client(&sandbox, &[]);
        fill(&client, &sandbox, 9);
        let settings = [("type", "custom:odd"), ("page_size", "2")];
        assert_eq!(
            numbers(&client, &sandbox, &settings),
            ["1", "3", "5", "7"],
            "{event_type_filter:?}"
        );
        assert!(sandbox.requests().iter().all(|request| !request.query.contains("event_type")));
    }
}

#[test]
fn another_type_is_left_to_the_server_and_checked_again() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    fill(&client, &sandbox, 2);
    assert_eq!(numbers(&client, &sandbox, &[("type", "text")]), [""; 0]);
    assert_eq!(sandbox.requests().last().unwrap().query, "event_type=text");
    let page = r#"{"_embedded":[{"type":"text","body":1},{"type":"custom:a","body":2}]}"#;
    sandbox.fault(answer(page));
    assert_eq!(numbers(&client, &sandbox, &[("type", "text")]), ["1"]);
}

#[test]
fn filters() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    fill(&client, &sandbox, 9);
    let ids: Vec<_> = sandbox
        .events(sandbox.conversation_id())
        .iter()
        .map(|event| event.id.to_string())
        .collect();
    assert_eq!(numbers(&client, &sandbox, &[("start_id", &ids[6])]), ["6", "7", "8"]);
    assert_eq!(numbers(&client, &sandbox, &[("end_id", &ids[1])]), ["0", "1"]);
    client.delete_event(sandbox.conversation_id(), &ids[0]).unwrap();
    assert_eq!(
        numbers(&client, &sandbox, &[("exclude_deleted", "true"), ("end_id", &ids[1])]),
        ["1"]
    );
}

#[test]
fn an_empty_conversation_is_an_empty_list() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let mut list = client.list_events(sandbox.conversation_id()).unwrap();
    assert!(list.next().is_none());
    assert!(list.next().is_none());
    assert_eq!(sandbox.requests().len(), 1);
}

#[test]
fn after_an_error_the_list_goes_on_and_passes_nothing_over() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("max_retries", "0")]);
    fill(&client, &sandbox, 15);
    sandbox.fault(Fault::from(FaultKind::Truncate {}).on(Operation::List).skip(1));
    let mut list = client.list_events(sandbox.conversation_id()).unwrap();
    let mut count = 0;
    let mut errors = 0;
    for event in &mut list {
        match event {
            Ok(_) => count += 1,
            Err(error) => {
                assert_eq!(error.status(), Status::Network);
                errors += 1;
            }
        }
    }
    assert_eq!((count, errors), (15, 1));
}

#[test]
fn the_next_link_cannot_lead_the_token_to_another_host() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let page = r#"{"_embedded":[{"id":1}],"_links":{"next":{"href":"http://127.0.0.1:9/evil?cursor=c%2F1"}}}"#;
    sandbox.fault(
        Fault::raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len()))
            .on(Operation::List),
    );
    let mut list = client.list_events(sandbox.conversation_id()).unwrap();
    list.set("page_size", Some("7")).unwrap();
    assert_eq!(list.next().unwrap().unwrap().id(), Some("1"));
    let _ = list.next();
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].query, "page_size=7&cursor=c%2F1");
    assert_eq!(requests[1].path, requests[0].path);
}

/// With the longest that each option takes, a head is larger than an answer's may be.
#[test]
fn the_largest_head_is_sent() {
    let sandbox = sandbox();
    let cursor = "/".repeat(2048);
    let first =
        format!(r#"{{"_embedded":[],"_links":{{"next":{{"href":"/x?cursor={cursor}"}}}}}}"#);
    let url = server(move |mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let is_second = request.contains("cursor=");
            let page = if is_second { r#"{"_embedded":[{"id":1}]}"# } else { &first };
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", page.len());
            stream.write_all((head + page).as_bytes()).unwrap();
        }
    });
    let base_url = format!("{url}/{}", "p".repeat(2000));
    let token = format!("a.b.{}", "c".repeat(8000));
    let mut config = Config::new();
    for (name, value) in [("base_url", &base_url), ("token", &token)] {
        config.set(name, Some(value)).unwrap();
    }
    config.set("proxy", Some("none")).unwrap();
    let client = Client::new(&config).unwrap();
    let mut list = client.list_events(sandbox.conversation_id()).unwrap();
    list.set("type", Some(&"/".repeat(256))).unwrap();
    assert!(list.next().is_none(), "the event has another type");
}

#[test]
fn a_page_that_names_itself_ends_the_list() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let page = r#"{"_embedded":[],"_links":{"next":{"href":"/x?cursor=same"}}}"#;
    let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len());
    sandbox.fault(Fault::raw(response).on(Operation::List).forever());
    let error = client.list_events(sandbox.conversation_id()).unwrap().next().unwrap().unwrap_err();
    assert_eq!(error.status(), Status::Response);
}

#[test]
fn settings_are_checked() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let mut list = client.list_events(sandbox.conversation_id()).unwrap();
    for (name, value, status) in [
        ("order", "up", Status::Argument),
        ("page_size", "0", Status::Argument),
        ("page_size", "101", Status::Argument),
        ("page_size", "ten", Status::Argument),
        ("type", "", Status::Argument),
        ("exclude_deleted", "yes", Status::Argument),
        ("start_id", "1&x=y", Status::EventId),
        ("end_id", "", Status::EventId),
        ("limit", "1", Status::Argument),
    ] {
        assert_eq!(list.set(name, Some(value)).unwrap_err().status(), status, "{name}={value}");
    }
    list.set("order", Some("desc")).unwrap();
    list.set("order", None).unwrap();
    assert!(list.next().is_none());
    assert_eq!(list.set("order", Some("asc")).unwrap_err().status(), Status::Argument);
    assert_eq!(sandbox.requests()[0].query, "");
}
