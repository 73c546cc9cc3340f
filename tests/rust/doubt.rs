//! `delivery=effectively_once`: time, permits and connections while an event may exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use vce::{Client, Outcome, Report, Status};
use vce_sandbox::{Fault, FaultKind, Operation, StatusFault};

use crate::strange_server::{Api, KEY, KEYED_BODY, Reply, create, event, http, ok, page};
use crate::support::{client, created, posts, sandbox};

/// In the background.
fn report(client: &Client) -> Report {
    client.enqueue_event("CON-1", "custom:a", None, KEYED_BODY, 1).unwrap();
    client.poll(Duration::from_secs(60)).unwrap()
}

#[test]
fn a_look_takes_one_permit_for_each_request() {
    let api = Api::start(|asked| match asked.is_post {
        true => Reply::Drop,
        false => ok(&page(&[event(KEY, "")], None)),
    });
    // The look has no time for a second permit.
    let client = api.client(&[("rate_limit", "0.2/s"), ("timeout", "4s"), ("max_retries", "0")]);
    let report = report(&client);
    assert_eq!(report.outcome(), Outcome::Created, "{:?}", report.error());
    assert_eq!(api.lists(), 1);
}

/// Whoever repeats a call that is said to be retryable must not create the event twice.
#[test]
fn an_event_that_was_not_looked_up_is_not_retryable() {
    // The engine pauses for longer than any time limit.
    let api = Api::start(|asked| match asked.is_post {
        true => http("502 Bad Gateway", "Retry-After: 3000\r\n", ""),
        false => ok(&page(&[], None)),
    });
    let error = create(&api.client(&[])).unwrap_err();
    let in_background = report(&api.client(&[]));
    assert_eq!((api.posts(), api.lists()), (2, 0));
    for error in [&error, in_background.error().unwrap()] {
        assert_eq!(error.outcome(), Outcome::MaybeCreated, "{error}");
        assert!(!error.is_retryable(), "{error}");
        // What raised the doubt, and why there was no look.
        assert_eq!(error.answer().unwrap().http_status, 502, "{error}");
        assert!(error.message().contains("answered 502"), "{error}");
        assert!(error.message().contains("Retry-After allows no request"), "{error}");
    }
}

#[test]
fn an_event_whose_time_ends_before_its_look_is_not_retryable() {
    let api = Api::start(|asked| match (asked.is_post, asked.text.contains("CON-2")) {
        (true, false) => Reply::Drop,
        (true, true) => Reply::Hang,
        _ => ok(&page(&[], None)),
    });
    // The second event takes the only connection until the time of both is over.
    let client = api.client(&[
        ("connections", "1"),
        ("lookup_delay", "1s"),
        ("delivery_timeout", "2s"),
        ("timeout", "1m"),
    ]);
    client.enqueue_event("CON-1", "custom:a", None, KEYED_BODY, 1).unwrap();
    client.enqueue_event("CON-2", "custom:a", None, KEYED_BODY, 2).unwrap();
    for _ in 0..2 {
        let report = client.poll(Duration::from_secs(60)).unwrap();
        let error = report.error().unwrap();
        assert_eq!((error.status(), error.outcome()), (Status::Timeout, Outcome::MaybeCreated));
        assert!(!error.is_retryable(), "{error}");
    }
}

#[test]
fn closing_during_another_attempt_does_not_speak_of_the_looks_before_it() {
    let api = Api::start(|asked| match (asked.is_post, asked.number) {
        (true, 0) => Reply::Drop,
        (true, _) => Reply::Hang,
        _ => ok(&page(&[], None)),
    });
    let client = api.client(&[]);
    let error = thread::scope(|scope| {
        let waiting = scope.spawn(|| create(&client));
        while api.posts() < 2 {
            thread::yield_now();
        }
        client.close(Duration::ZERO).unwrap_err();
        waiting.join().unwrap().unwrap_err()
    });
    assert_eq!((error.status(), error.outcome()), (Status::Closed, Outcome::MaybeCreated));
    assert!(!error.message().contains("not found"), "{error}");
    assert_eq!(api.lists(), 2);
}

/// A gateway's answer may come before the real one, which would be taken for that of the look.
#[test]
fn a_look_never_uses_the_connection_that_left_doubt() {
    let chunked = |body: &str| {
        let head = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n";
        Reply::Answer(format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()))
    };
    for (what, first) in [
        ("502", http("502 Bad Gateway", "", "<html>")),
        ("502 without a body", http("502 Bad Gateway", "", "")),
        ("302 without a body", http("302 Found", "Location: /x\r\n", "")),
        ("200 with HTML", http("200 OK", "", "<html>")),
        ("201 with an array", http("201 Created", "", "[]")),
        ("201 with an array in chunks", chunked("[]")),
        ("201 without a body", http("201 Created", "", "")),
        ("204", Reply::Answer("HTTP/1.1 204 No Content\r\n\r\n".to_owned())),
        ("201 with a broken object", http("201 Created", "", "{\"id\":}")),
    ] {
        let api = Api::start(move |asked| match (asked.is_post, asked.number) {
            (true, 0) => ok(&event(KEY, "")),
            (true, 1) => first.clone(),
            _ => ok(&page(&[event(KEY, "")], None)),
        });
        let client = api.client(&[]);
        create(&client).unwrap();
        create(&client).unwrap();
        let connections = api.connections();
        assert_eq!(connections.len(), 3, "{what}");
        assert_eq!(connections[0], connections[1], "{what}");
        assert_ne!(connections[1], connections[2], "{what}");
    }
}

/// Closing at any moment: before, during and between looks, and between pages.
#[test]
fn whoever_saw_a_request_is_never_told_that_nothing_was_created() {
    for round in 0..40 {
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let log = Arc::clone(&seen);
        let api = Api::start(move |asked| match (asked.is_post, asked.text.contains("p=2")) {
            (true, _) => {
                log.lock().unwrap().insert(number_in(&asked.text));
                Reply::Drop
            }
            (false, false) if round % 4 == 0 => Reply::Hang,
            (false, true) if round % 4 == 1 => Reply::Hang,
            (false, true) if round % 4 == 2 => Reply::Drop,
            (false, true) => ok(&page(&[], None)),
            (false, false) => ok(&page(&[], Some("p=2"))),
        });
        let client = api.client(&[("connections", "2"), ("retry_backoff", "20ms")]);
        let body = |number: u64| format!(r#"{{"number":{number},"vce_key":"{number}"}}"#);
        let mut errors = thread::scope(|scope| {
            let (client, body) = (&client, &body);
            let wait =
                |number| move || client.create_event("CON-9", "custom:a", None, &body(number));
            let waiting = [100, 101].map(|number| (number, scope.spawn(wait(number))));
            for number in 0..9 {
                let conversation = format!("CON-{}", number % 3);
                client
                    .enqueue_event(&conversation, "custom:a", None, &body(number), number)
                    .unwrap();
            }
            thread::sleep(Duration::from_micros(fastrand::u64(0..50_000)));
            let _ = client.close(Duration::from_millis(fastrand::u64(0..5)));
            let ended = waiting.map(|(number, call)| (number, call.join().unwrap().unwrap_err()));
            Vec::from(ended)
        });
        while let Some(report) = client.poll(Duration::ZERO) {
            errors.push((report.tag(), report.error().unwrap().clone()));
        }
        assert_eq!(errors.len(), 11, "each event has one end");
        for (number, error) in errors {
            let was_seen = seen.lock().unwrap().contains(&number);
            assert!(!was_seen || error.outcome() == Outcome::MaybeCreated, "{number}: {error}");
        }
    }
}

fn number_in(request: &str) -> u64 {
    let digits = request.split_once(r#""number":"#).unwrap().1;
    digits.split_once(',').unwrap().0.parse().unwrap()
}

#[test]
fn many_conversations_in_doubt_share_a_few_connections() {
    let sandbox = sandbox();
    let options =
        [("delivery", "effectively_once"), ("lookup_delay", "100ms"), ("connections", "4")];
    let client = client(&sandbox, &options);
    let dropped = Fault::from(FaultKind::Drop {}).on(Operation::Create).times(50);
    sandbox.fault(dropped.clone().creates());
    sandbox.fault(dropped);
    let conversations: Vec<String> = (0..100).map(|_| sandbox.new_conversation().0).collect();
    for round in 0..3 {
        for (tag, conversation) in (0..).zip(&conversations) {
            client.enqueue_event(conversation, "custom:a", None, "{}", 3 * tag + round).unwrap();
        }
    }
    let mut last = BTreeMap::new();
    for _ in 0..300 {
        let report = client.poll(Duration::from_secs(60)).unwrap();
        assert_eq!(report.outcome(), Outcome::Created, "{report:?}");
        let next = last.entry(report.tag() / 3).or_insert(0);
        assert_eq!(report.tag() % 3, *next, "the order in the conversation");
        *next += 1;
    }
    assert!(conversations.iter().all(|conversation| sandbox.events(conversation).len() == 3));
}

#[test]
fn a_look_that_is_refused_for_now_goes_on() {
    let busy = |status| {
        let retry_after = Some("1".to_owned());
        Fault::from(StatusFault { status, retry_after, ..StatusFault::default() })
    };
    for fault in [Fault::from(FaultKind::ExpiredToken {}), busy(429), busy(503)] {
        let sandbox = sandbox();
        let client = client(&sandbox, &[("delivery", "effectively_once"), ("lookup_delay", "5ms")]);
        for background in [false, true] {
            sandbox.fault(Fault::from(FaultKind::Drop {}).on(Operation::Create).creates());
            sandbox.fault(fault.clone().on(Operation::List));
            let conversation = sandbox.conversation_id();
            if background {
                client.enqueue_event(conversation, "custom:a", None, "{}", 1).unwrap();
                let report = client.poll(Duration::from_secs(60)).unwrap();
                assert_eq!(report.outcome(), Outcome::Created, "{fault:?}: {report:?}");
            } else {
                client.create_event(conversation, "custom:a", None, "{}").unwrap();
            }
        }
        assert_eq!((created(&sandbox), posts(&sandbox)), (2, 2), "{fault:?}");
    }
}
