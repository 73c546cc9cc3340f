//! Event lists: pages, order, filters.

use std::io::Write as _;

use vce::{Client, Config, Status};
use vce_sandbox::{
    EventTypeFilter, Fault, FaultKind, Operation, Options, PageLinks, Sandbox, StatusFault,
};

use crate::process::alone;
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

/// A fault that makes the sandbox answer with this page instead of its own.
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

/// Vonage documents that its filter does not support custom types, but not what it does with them.
#[test]
fn a_custom_type_is_found_however_the_servers_filter_treats_it() {
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
fn another_type_is_filtered_by_the_server_and_by_libvce() {
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
fn after_an_error_the_list_continues_without_a_gap() {
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
fn pages_may_be_linked_by_number() {
    let options = Options { page_links: PageLinks::PageNumber, ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let client = client(&sandbox, &[]);
    fill(&client, &sandbox, 7);
    sandbox.forget_requests();
    let settings = [("page_size", "3"), ("order", "desc")];
    assert_eq!(numbers(&client, &sandbox, &settings), ["6", "5", "4", "3", "2", "1", "0"]);
    let queries: Vec<_> = sandbox.requests().into_iter().map(|request| request.query).collect();
    let same = "order=desc&page_size=3";
    assert_eq!(queries, [same.to_owned(), format!("{same}&page=2"), format!("{same}&page=3")]);
}

#[test]
fn the_links_query_goes_to_the_configured_host_as_it_is() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let query = "page%5Bsize%5D=2&x[y]=z&cursor=a+b/c==&event_type=&?";
    let page = format!(
        r#"{{"_embedded":[{{"id":1}}],"_links":{{"next":{{"href":"http://127.0.0.1:9/evil?{query}"}}}}}}"#
    );
    sandbox.fault(answer(&page));
    let mut list = client.list_events(sandbox.conversation_id()).unwrap();
    list.set("page_size", Some("7")).unwrap();
    assert_eq!(list.next().unwrap().unwrap().id(), Some("1"));
    let _ = list.next();
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].query, query);
    assert_eq!(requests[1].path, requests[0].path);
}

#[test]
fn an_invalid_link_to_the_next_page_is_an_error_and_not_the_end() {
    let options = Options { page_links: PageLinks::Unfollowable, ..Options::default() };
    let unfollowable = Sandbox::start(options).unwrap();
    let client = client(&unfollowable, &[]);
    fill(&client, &unfollowable, 3);
    let mut list = client.list_events(unfollowable.conversation_id()).unwrap();
    list.set("page_size", Some("2")).unwrap();
    for _ in 0..2 {
        let error = list.next().unwrap().unwrap_err();
        assert_eq!(error.status(), Status::Response);
        assert!(error.to_string().contains("next page"), "{error}");
    }
}

#[test]
fn after_an_invalid_link_the_page_can_be_requested_again() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    fill(&client, &sandbox, 3);
    let listed = || {
        let list = client.list_events(sandbox.conversation_id()).unwrap();
        list.map(|event| event.err().map(|error| error.status())).take(9).collect::<Vec<_>>()
    };
    let (event, refused) = (None, Some(Status::Response));
    for links in [
        r#"{"next":{"href":"/x"}}"#,
        r#"{"next":{"href":"/x?cursor=\u00e9"}}"#,
        r#"{"next":{"href":"/x?cursor=a\nb"}}"#,
        r#"{"next":{"href":"/x?cursor=a#b"}}"#,
        r#"{"next":{"href":7}}"#,
        r#"{"next":{}}"#,
        r#"{"next":"/x?cursor=a"}"#,
        r#"{"next":{"href":"/x?event_type=custom%3aa"}}"#,
        r#"[{"next":{"href":"/x?cursor=a"}}]"#,
    ] {
        sandbox.fault(answer(&format!(r#"{{"_embedded":[{{}}],"_links":{links}}}"#)));
        assert_eq!(listed(), [refused, event, event, event], "{links}");
    }
    for links in ["null", "{}", r#"{"next":null}"#] {
        sandbox.fault(answer(&format!(r#"{{"_embedded":[{{}}],"_links":{links}}}"#)));
        assert_eq!(listed(), [event], "{links}");
    }
}

/// The server links each page to the next one, and the last page to the first.
#[test]
fn pages_that_link_in_a_circle_end_the_list() {
    for pages in [1, 2, 3, 50] {
        let sandbox = sandbox();
        let url = server(move |mut stream| {
            while let Some(request) = read_request(&mut stream) {
                let page = request.split_once("page=").map_or(0, |(_, rest)| {
                    rest.split_once(' ').unwrap().0.parse::<usize>().unwrap()
                });
                let next = (page + 1) % pages;
                let page = format!(
                    r#"{{"_embedded":[{{"id":{page}}}],"_links":{{"next":{{"href":"/x?page={next}"}}}}}}"#
                );
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", page.len());
                stream.write_all((head + &page).as_bytes()).unwrap();
            }
        });
        let client = client(&sandbox, &[("base_url", &url)]);
        let list = client.list_events(sandbox.conversation_id()).unwrap();
        // Each page is read at least once, and perhaps more often before the circle is noticed.
        let mut count = 0;
        let error = list.take(5 * pages + 5).find_map(|event| {
            count += 1;
            event.err()
        });
        let error = error.unwrap_or_else(|| panic!("the list of {pages} pages does not end"));
        assert_eq!(error.status(), Status::Response, "{error}");
        assert!(count >= pages, "{count} of {pages}");
    }
}

/// The memory and stack that a page needs are a small multiple of its size.
#[test]
fn a_hostile_page_is_refused_cheaply() {
    alone("listing::a_hostile_page_is_refused_cheaply", || {
        const SIZE: usize = 1_000_000;
        let sandbox = sandbox();
        let client = client(&sandbox, &[]);
        let nested = format!("{}1{}", r#"{"data":"#.repeat(SIZE / 9), "}".repeat(SIZE / 9));
        let pages = [
            (r#"{"_embedded":[],"_links":{"next":null}}"#.to_owned(), None),
            (format!(r#"{{"_embedded":{nested}}}"#), Some(Status::Response)),
            (
                format!(r#"{{"_embedded":[{}{{}}]}}"#, "{},".repeat(SIZE / 3)),
                Some(Status::Response),
            ),
            (format!(r#"{{"_links":{{"x":[{}[]]}}}}"#, "[0],".repeat(SIZE / 4)), None),
            (
                format!(r#"{{"_links":{{"next":[{}0]}}}}"#, "0,".repeat(SIZE / 2)),
                Some(Status::Response),
            ),
        ];
        for (page, status) in pages {
            assert!(page.len() <= 1 << 20);
            sandbox.fault(answer(&page));
            std::fs::write("/proc/self/clear_refs", "5").unwrap();
            let before = peak_kibibytes();
            let first = client.list_events(sandbox.conversation_id()).unwrap().next();
            assert_eq!(first.map(|event| event.unwrap_err().status()), status);
            let grown = peak_kibibytes() - before;
            assert!(grown < 16 * 1024, "{grown} KiB for {}", &page[..40]);
        }
    });
}

/// The most memory that this process has used since its peak was last reset.
fn peak_kibibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// If each option has its longest value, a request's head is larger than an answer's head may be.
#[test]
fn the_largest_head_is_sent() {
    let sandbox = sandbox();
    let query = format!("cursor={}", "c".repeat(8192 - "cursor=".len()));
    let first = format!(r#"{{"_embedded":[],"_links":{{"next":{{"href":"/x?{query}"}}}}}}"#);
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
