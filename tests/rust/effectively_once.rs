//! `delivery=effectively_once`: an event that may exist is looked up before it is sent again.

use std::time::Duration;

use vce::{Client, Event, Outcome, Result, Status};
use vce_sandbox::{
    EndlessPages, EventTypeFilter, Fault, FaultKind, Operation, Options, Sandbox, StatusFault,
};

use crate::support::{client, config, create, created, failed, posts, sandbox};

/// Looks without a long wait; `options` over it.
fn once(sandbox: &Sandbox, options: &[(&str, &str)]) -> Client {
    let mut config = config(sandbox, &[("delivery", "effectively_once"), ("lookup_delay", "20ms")]);
    for (name, value) in options {
        config.set(name, Some(value)).unwrap();
    }
    Client::new(&config).unwrap()
}

fn lists(sandbox: &Sandbox) -> usize {
    let is_list = |operation: Option<Operation>| operation == Some(Operation::List);
    sandbox.requests().iter().filter(|request| is_list(request.operation)).count()
}

/// A connection that breaks after the event was created, or before.
fn dropped(creates: bool) -> Fault {
    let fault = Fault::from(FaultKind::Drop {}).on(Operation::Create);
    if creates { fault.creates() } else { fault }
}

fn key(event: &Event, member: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(event.body().unwrap()).unwrap();
    body[member].as_str().unwrap().to_owned()
}

/// What the caller gets, beside what the server has.
fn outcome(result: &Result<Event>) -> Outcome {
    result.as_ref().map_or_else(vce::Error::outcome, |_| Outcome::Created)
}

#[test]
fn an_event_that_exists_is_found_and_not_sent_again() {
    for fault in [
        dropped(true),
        Fault::status(500).on(Operation::Create).creates(),
        Fault::status(504).on(Operation::Create).creates(),
        Fault::from(FaultKind::Truncate {}).on(Operation::Create).creates(),
        Fault::from(FaultKind::Garbage {}).on(Operation::Create).creates(),
    ] {
        let sandbox = sandbox();
        let client = once(&sandbox, &[]);
        sandbox.fault(fault.clone());
        let event = create(&client, &sandbox).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        let stored = sandbox.events(sandbox.conversation_id());
        assert_eq!(stored.len(), 1, "{fault:?}");
        assert_eq!(event.id(), Some(&*stored[0].id.to_string()), "{fault:?}");
        assert_eq!((posts(&sandbox), lists(&sandbox)), (1, 1), "{fault:?}");
    }
}

#[test]
fn an_event_that_does_not_exist_is_sent_again_after_two_looks() {
    for fault in [dropped(false), Fault::status(500).on(Operation::Create)] {
        let sandbox = sandbox();
        let client = once(&sandbox, &[]);
        sandbox.fault(fault.clone());
        create(&client, &sandbox).unwrap();
        assert_eq!(created(&sandbox), 1, "{fault:?}");
        assert_eq!((posts(&sandbox), lists(&sandbox)), (2, 2), "{fault:?}");
    }
}

#[test]
fn an_event_that_appears_late_is_found_by_the_second_look() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[("lookup_delay", "300ms")]);
    sandbox.fault(dropped(true).appears_after(Duration::from_millis(450)));
    create(&client, &sandbox).unwrap();
    assert_eq!((posts(&sandbox), lists(&sandbox), created(&sandbox)), (1, 2, 1));
}

/// The limit of what looking can do, in the documentation's words.
#[test]
fn both_copies_of_a_duplicate_carry_the_same_key() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[]);
    sandbox.fault(
        Fault::from(FaultKind::Drop {})
            .on(Operation::Create)
            .creates_after(Duration::from_secs(3600)),
    );
    let event = create(&client, &sandbox).unwrap();
    sandbox.catch_up();
    let events: Vec<Event> =
        client.list_events(sandbox.conversation_id()).unwrap().collect::<Result<_>>().unwrap();
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|copy| key(copy, "vce_key") == key(&event, "vce_key")));
}

#[test]
fn the_request_is_repeated_within_the_ordinary_limits() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[("max_retries", "2")]);
    sandbox.fault(dropped(false).forever());
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::Network, Outcome::MaybeCreated));
    assert_eq!((posts(&sandbox), lists(&sandbox)), (3, 6));
    assert!(!error.is_retryable(), "the caller's next call has another key");
    let message = error.message();
    assert!(message.contains("the event may have been created"), "{message}");
    assert!(message.contains("looked up and not found"), "{message}");
}

/// What other deliveries do not repeat because it does not pass is not repeated here either.
#[test]
fn a_redirect_or_an_answer_of_something_else_is_looked_up_and_not_repeated() {
    let html =
        StatusFault { status: 200, body: Some("<html>".to_owned()), ..StatusFault::default() };
    for fault in [Fault::status(302), Fault::from(html)] {
        let sandbox = sandbox();
        let client = once(&sandbox, &[]);
        sandbox.fault(fault.clone().on(Operation::Create));
        let error = failed(&client, &sandbox);
        assert_eq!(error.outcome(), Outcome::MaybeCreated, "{fault:?}");
        assert_eq!((posts(&sandbox), lists(&sandbox)), (1, 2), "{fault:?}");
        sandbox.fault(fault.clone().on(Operation::Create).creates());
        create(&client, &sandbox).unwrap();
        assert_eq!((posts(&sandbox), created(&sandbox)), (2, 1), "{fault:?}");
    }
}

#[test]
fn after_two_looks_a_refusal_that_passes_is_repeated() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[]);
    sandbox.fault(dropped(false));
    sandbox.fault(Fault::status(429).on(Operation::Create));
    create(&client, &sandbox).unwrap();
    assert_eq!((posts(&sandbox), lists(&sandbox), created(&sandbox)), (3, 2, 1));
}

#[test]
fn an_incomplete_look_proves_nothing() {
    let list = |kind: FaultKind| Fault::from(kind).on(Operation::List).forever();
    for (fault, why) in [
        (Fault::status(403).on(Operation::List).forever(), "403"),
        (Fault::status(500).on(Operation::List).forever(), "500"),
        (list(FaultKind::Drop {}), "connection"),
        (list(FaultKind::Truncate {}), "connection"),
        (list(FaultKind::TruncateHead {}), ""),
        (list(FaultKind::Endless { pages: EndlessPages::Fresh }), "too many newer events"),
        (list(FaultKind::Endless { pages: EndlessPages::Same }), "too many newer events"),
    ] {
        let sandbox = sandbox();
        let client = once(&sandbox, &[("max_retries", "1")]);
        create(&client, &sandbox).unwrap();
        sandbox.fault(dropped(false));
        sandbox.fault(fault.clone());
        let error = failed(&client, &sandbox);
        assert_eq!(error.outcome(), Outcome::MaybeCreated, "{fault:?}");
        assert_eq!(error.status(), Status::Network, "the first failure's: {fault:?}");
        let message = error.message();
        assert!(message.contains("could not be looked up"), "{message}");
        assert!(message.contains(why), "{message}");
        assert_eq!((posts(&sandbox), created(&sandbox)), (2, 1), "{fault:?}");
    }
}

#[test]
fn a_look_that_breaks_off_midway_proves_nothing() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[("max_retries", "0")]);
    for _ in 0..150 {
        create(&client, &sandbox).unwrap();
    }
    sandbox.fault(Fault::status(500).on(Operation::List).on_page(2).forever());
    sandbox.fault(dropped(false));
    let error = failed(&client, &sandbox);
    assert_eq!(error.outcome(), Outcome::MaybeCreated);
    assert!(error.message().contains("could not be looked up"), "{error}");
    assert_eq!(posts(&sandbox), 151);
}

#[test]
fn without_time_for_a_look_the_outcome_stays_open() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[("lookup_delay", "1m"), ("timeout", "5s")]);
    sandbox.fault(dropped(true));
    let error = failed(&client, &sandbox);
    assert_eq!(error.outcome(), Outcome::MaybeCreated);
    assert!(error.message().contains("no time left"), "{error}");
    assert_eq!((posts(&sandbox), lists(&sandbox)), (1, 0));
}

#[test]
fn the_list_is_read_page_by_page_down_to_older_events() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[]);
    for _ in 0..230 {
        create(&client, &sandbox).unwrap();
    }
    // An hour later those are older, and one page is enough.
    sandbox.set_clock_offset(3600);
    create(&client, &sandbox).unwrap();
    sandbox.fault(dropped(false));
    create(&client, &sandbox).unwrap();
    assert_eq!(lists(&sandbox), 2);
    // With younger ones all pages are read, each time.
    for _ in 0..230 {
        create(&client, &sandbox).unwrap();
    }
    let before = lists(&sandbox);
    sandbox.fault(dropped(false));
    create(&client, &sandbox).unwrap();
    assert_eq!(lists(&sandbox) - before, 6);
}

#[test]
fn the_callers_own_key_names_the_event() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[("event_key", "order")]);
    let create = |event_type: &str, body: &str| {
        client.create_event(sandbox.conversation_id(), event_type, None, body)
    };
    let first = create("custom:paid", r#"{"order":"o-1","n":1.0}"#).unwrap();
    assert_eq!(first.body(), Some(r#"{"order":"o-1","n":1.0}"#));
    // The same key for another type is another event.
    sandbox.fault(dropped(false));
    let second = create("custom:sent", r#"{"order":"o-1"}"#).unwrap();
    assert_ne!(first.id(), second.id());
    // The same key and type is the same event, whoever created it.
    sandbox.fault(dropped(false));
    let again = create("custom:paid", r#"{"order":"o-1","n":2}"#).unwrap();
    assert_eq!(again.id(), first.id());
    for body in [r#"{"order":7}"#, r#"{"order":""}"#, r#"{"order":null}"#] {
        let error = create("custom:paid", body).unwrap_err();
        assert_eq!((error.status(), error.outcome()), (Status::Argument, Outcome::NotCreated));
        assert!(error.message().contains("order"), "{error}");
    }
}

#[test]
fn a_key_is_added_as_the_last_member_and_counts() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[]);
    let create =
        |body: &str| client.create_event(sandbox.conversation_id(), "custom:a", None, body);
    let event = create(r#"{ "b" : 1.0, "a" : "\u00e9" }"#).unwrap();
    let key_of = |event: &Event| key(event, "vce_key");
    let expected = format!(r#"{{"b":1.0,"a":"\u00e9","vce_key":"{}"}}"#, key_of(&event));
    assert!(sandbox.requests().last().unwrap().body.contains(&expected));
    let empty = create("{}").unwrap();
    assert_ne!(key_of(&event), key_of(&empty));
    // `,"vce_key":"` and a UUID and `"`: 49 bytes.
    let filled = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8));
    create(&filled(4096 - 49)).unwrap();
    let error = create(&filled(4096 - 48)).unwrap_err();
    assert_eq!((error.status(), error.outcome()), (Status::BodyTooLarge, Outcome::NotCreated));
    assert!(error.message().contains("event_key"), "{error}");
}

#[test]
fn no_key_is_added_without_the_option() {
    let sandbox = sandbox();
    for delivery in ["at_most_once", "at_least_once"] {
        let event = create(&client(&sandbox, &[("delivery", delivery)]), &sandbox).unwrap();
        assert_eq!(event.body(), Some(r#"{"k":"v"}"#));
    }
}

#[test]
fn in_the_background_the_conversations_other_events_wait_for_the_look() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[]);
    sandbox.fault(dropped(true));
    sandbox.fault(dropped(false));
    for tag in 0..3 {
        let body = format!(r#"{{"n":{tag}}}"#);
        client.enqueue_event(sandbox.conversation_id(), "custom:a", None, &body, tag).unwrap();
    }
    let mut tags = Vec::new();
    while tags.len() < 3 {
        let report = client.poll(Duration::from_secs(60)).unwrap();
        assert_eq!(report.outcome(), Outcome::Created, "{:?}", report.error());
        tags.push(report.tag());
    }
    assert_eq!(tags, [0, 1, 2]);
    let events = sandbox.events(sandbox.conversation_id());
    let order: Vec<i64> = events
        .iter()
        .map(|event| serde_json::from_str::<serde_json::Value>(event.body.get()).unwrap())
        .map(|body| body["n"].as_i64().unwrap())
        .collect();
    assert_eq!(order, [0, 1, 2]);
    assert_eq!((posts(&sandbox), lists(&sandbox)), (4, 3));
    let stats: serde_json::Value = serde_json::from_str(&client.stats()).unwrap();
    assert_eq!(
        (&stats["created"], &stats["retries"]),
        (&3.into(), &1.into()),
        "a look is no retry"
    );
}

#[test]
fn in_the_background_a_look_that_fails_leaves_the_outcome_open() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[("max_retries", "0")]);
    sandbox.fault(dropped(true));
    sandbox.fault(Fault::status(403).on(Operation::List));
    client.enqueue_event(sandbox.conversation_id(), "custom:a", None, "{}", 1).unwrap();
    let report = client.poll(Duration::from_secs(60)).unwrap();
    assert_eq!(report.outcome(), Outcome::MaybeCreated);
    assert!(report.error().unwrap().message().contains("could not be looked up"));
}

/// While a look that failed waits for its next try, its thread sends other events.
#[test]
fn a_look_that_is_retried_holds_up_no_other_conversation() {
    let sandbox = sandbox();
    let client = once(
        &sandbox,
        &[
            ("connections", "1"),
            ("retry_backoff", "6h"),
            ("retry_backoff_max", "6h"),
            ("timeout", "12h"),
            ("delivery_timeout", "12h"),
        ],
    );
    let (other, _) = sandbox.new_conversation();
    sandbox.fault(dropped(true));
    sandbox.fault(Fault::status(500).on(Operation::List).forever());
    client.enqueue_event(sandbox.conversation_id(), "custom:a", None, "{}", 1).unwrap();
    while lists(&sandbox) < 1 {
        std::thread::yield_now();
    }
    client.enqueue_event(&other, "custom:a", None, "{}", 2).unwrap();
    let report = client.poll(Duration::from_secs(60)).expect("the other conversation's event");
    assert_eq!((report.tag(), report.outcome()), (2, Outcome::Created));
}

#[test]
fn closing_between_looks_leaves_the_outcome_open() {
    let sandbox = sandbox();
    let client =
        once(&sandbox, &[("lookup_delay", "1h"), ("delivery_timeout", "6h"), ("timeout", "6h")]);
    sandbox.fault(dropped(true).times(2));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| create(&client, &sandbox));
        client.enqueue_event(sandbox.conversation_id(), "custom:a", None, "{}", 1).unwrap();
        while posts(&sandbox) < 2 {
            std::thread::yield_now();
        }
        let _ = client.close(Duration::from_millis(50));
        let result = waiting.join().unwrap();
        assert_eq!(result.as_ref().unwrap_err().status(), Status::Closed);
        assert_eq!(outcome(&result), Outcome::MaybeCreated);
    });
    let report = client.poll(Duration::ZERO).unwrap();
    assert_eq!(report.error().unwrap().status(), Status::Closed);
    assert_eq!(report.outcome(), Outcome::MaybeCreated);
}

/// The connection on which an answer may still arrive.
#[test]
fn a_connection_that_left_doubt_is_not_used_again() {
    let sandbox = sandbox();
    let client = once(&sandbox, &[]);
    create(&client, &sandbox).unwrap();
    sandbox.fault(Fault::status(502).on(Operation::Create).creates());
    create(&client, &sandbox).unwrap();
    let requests = sandbox.requests();
    let connections: Vec<_> = requests.iter().map(|request| request.connection).collect();
    assert_eq!(connections.len(), 3);
    assert_eq!(connections[0], connections[1]);
    assert_ne!(connections[1], connections[2], "the look has a connection of its own");
}

#[test]
fn a_filter_that_does_not_know_custom_types_is_not_asked() {
    for filter in
        [EventTypeFilter::IgnoresCustom, EventTypeFilter::MatchesNothing, EventTypeFilter::Refuses]
    {
        let sandbox =
            Sandbox::start(Options { event_type_filter: filter, ..Options::default() }).unwrap();
        let client = once(&sandbox, &[]);
        sandbox.fault(dropped(true));
        create(&client, &sandbox).unwrap();
        assert_eq!(created(&sandbox), 1);
    }
}
