//! Background sending: order, retries, time limits, fairness and the rate limit.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use vce::{Client, Outcome, Report, Status};
use vce_sandbox::{Fault, FaultKind, Operation, Sandbox, StatusFault};

use crate::support::{client, config, created, posts, sandbox, tls_sandbox, within};

/// Longer than anything here takes, so that a test fails instead of waiting forever.
const PATIENCE: Duration = Duration::from_secs(20);

fn enqueue(client: &Client, conversation: &str, tag: u64) {
    let body = format!(r#"{{"tag":{tag}}}"#);
    client.enqueue_event(conversation, "custom:test", None, &body, tag).unwrap();
}

/// The next `count` reports, in their order.
fn reports(client: &Client, count: usize) -> Vec<Report> {
    (0..count).map(|_| client.poll(PATIENCE).expect("a report")).collect()
}

fn report(client: &Client) -> Report {
    reports(client, 1).remove(0)
}

/// A report in short: tag, status and outcome.
fn result(report: &Report) -> (u64, Option<Status>, Outcome) {
    (report.tag(), report.error().map(vce::Error::status), report.outcome())
}

fn created_all(reports: &[Report]) -> bool {
    reports.iter().all(|report| report.outcome() == Outcome::Created)
}

fn tag_of(body: &str) -> u64 {
    serde_json::from_str::<Value>(body).unwrap()["tag"].as_u64().unwrap()
}

/// The tags of the requests, in the order in which they arrived.
fn sent(sandbox: &Sandbox) -> Vec<u64> {
    let tag = |body: &str| serde_json::from_str::<Value>(body).unwrap()["body"].to_string();
    sandbox.requests().iter().map(|request| tag_of(&tag(&request.body))).collect()
}

/// The tags of a conversation's events.
fn there(sandbox: &Sandbox, conversation: &str) -> Vec<u64> {
    sandbox.events(conversation).iter().map(|event| tag_of(event.body.get())).collect()
}

fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until an event waits for its retry.
fn until_it_rests(client: &Client) {
    until(|| {
        let stats: Value = serde_json::from_str(&client.stats()).unwrap();
        stats["retries"] == 1 && stats["in_flight"] == 0
    });
}

fn conversations<const COUNT: usize>(sandbox: &Sandbox) -> [String; COUNT] {
    [(); COUNT].map(|()| sandbox.new_conversation().0)
}

fn retry_after(status: u16, value: &str) -> Fault {
    StatusFault { status, retry_after: Some(value.to_owned()), ..StatusFault::default() }.into()
}

fn hang() -> Fault {
    FaultKind::Hang {}.into()
}

#[test]
fn a_retry_delays_the_later_events_of_its_conversation() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[]);
    sandbox.fault(Fault::status(429).times(2));
    for tag in 0..4 {
        enqueue(&client, sandbox.conversation_id(), tag);
    }
    let reports = reports(&client, 4);
    assert!(created_all(&reports), "{reports:?}");
    assert_eq!(reports.iter().map(Report::tag).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(sent(&sandbox), [0, 0, 0, 1, 2, 3]);
    for (report, stored) in reports.iter().zip(sandbox.events(sandbox.conversation_id())) {
        let event = report.event().unwrap();
        assert_eq!(event.id(), Some(stored.id.to_string().as_str()));
        assert_eq!(event.body().map(tag_of), Some(report.tag()));
    }
}

#[test]
fn an_event_that_fails_for_good_does_not_stop_the_later_ones() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    sandbox.fault(Fault::status(403));
    sandbox.fault(FaultKind::Drop {});
    for tag in 0..3 {
        enqueue(&client, sandbox.conversation_id(), tag);
    }
    let results: Vec<_> = reports(&client, 3).iter().map(result).collect();
    let expected = [
        (0, Some(Status::Forbidden), Outcome::NotCreated),
        (1, Some(Status::Network), Outcome::MaybeCreated),
        (2, None, Outcome::Created),
    ];
    assert_eq!(results, expected);
    assert_eq!(sent(&sandbox), [0, 1, 2]);
}

#[test]
fn a_retry_after_pauses_every_conversation() {
    let sandbox = sandbox();
    let [first, second] = conversations(&sandbox);
    for status in [429, 503] {
        let client = client(&sandbox, &[]);
        sandbox.forget_requests();
        sandbox.fault(retry_after(status, "1"));
        let start = Instant::now();
        enqueue(&client, &first, 1);
        until_it_rests(&client);
        enqueue(&client, &second, 2);
        assert!(created_all(&reports(&client, 1)));
        assert!(start.elapsed() >= Duration::from_secs(1), "{status}: {:?}", start.elapsed());
        assert!(created_all(&reports(&client, 1)));
        assert_eq!(posts(&sandbox), 3);
    }
}

#[test]
fn a_pause_beyond_delivery_timeout_is_reported_at_once() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("delivery_timeout", "30s"), ("connections", "1")]);
    sandbox.fault(retry_after(429, "60").after(Duration::from_millis(300)));
    let [first, second] = conversations(&sandbox);
    let start = Instant::now();
    for (tag, conversation) in [&first, &first, &second].into_iter().enumerate() {
        enqueue(&client, conversation, tag as u64);
    }
    let reports = reports(&client, 3);
    enqueue(&client, &second, 3);
    let later = report(&client);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    for report in reports.iter().chain([&later]) {
        let error = report.error().unwrap();
        assert_eq!((error.status(), error.outcome()), (Status::RateLimited, Outcome::NotCreated));
        let pause = error.retry_after().unwrap();
        assert!((40..=60).contains(&pause.as_secs()), "{pause:?}");
        assert!(error.is_retryable());
    }
    assert_eq!(posts(&sandbox), 1);
}

#[test]
fn an_expired_token_costs_no_retry() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[("max_retries", "0")]);
    sandbox.fault(FaultKind::ExpiredToken {});
    enqueue(&client, sandbox.conversation_id(), 1);
    assert_eq!(result(&report(&client)), (1, None, Outcome::Created));
    let tokens: Vec<_> = sandbox.requests().into_iter().map(|request| request.token_id).collect();
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0], tokens[1]);
    // If a new token is refused too, an expired token was not the cause.
    sandbox.fault(Fault::from(FaultKind::ExpiredToken {}).times(2));
    enqueue(&client, sandbox.conversation_id(), 2);
    let refused = (2, Some(Status::Unauthorized), Outcome::NotCreated);
    assert_eq!(result(&report(&client)), refused);
    assert_eq!(posts(&sandbox), 4);
}

#[test]
fn what_may_have_been_created_is_repeated_only_if_duplicates_are_acceptable() {
    for fault in [
        Fault::status(503).creates(),
        Fault::from(FaultKind::Drop {}).creates(),
        Fault::from(FaultKind::Truncate {}),
        hang().creates(),
    ] {
        let (at_most_once, at_least_once) = (sandbox(), tls_sandbox());
        for (sandbox, delivery, outcome, copies) in [
            (&at_most_once, "at_most_once", Outcome::MaybeCreated, 1),
            (&at_least_once, "at_least_once", Outcome::Created, 2),
        ] {
            let client = client(sandbox, &[("delivery", delivery), ("timeout", "700ms")]);
            sandbox.fault(fault.clone());
            enqueue(&client, sandbox.conversation_id(), 1);
            assert_eq!(report(&client).outcome(), outcome, "{delivery}: {fault:?}");
            assert_eq!((posts(sandbox), created(sandbox)), (copies, copies), "{fault:?}");
        }
    }
}

#[test]
fn timeout_limits_one_attempt_and_not_the_whole_delivery() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("timeout", "300ms"), ("delivery", "at_least_once")]);
    sandbox.fault(hang().times(3));
    enqueue(&client, sandbox.conversation_id(), 1);
    let start = Instant::now();
    assert_eq!(report(&client).outcome(), Outcome::Created);
    assert!(start.elapsed() > Duration::from_millis(600), "{:?}", start.elapsed());
    assert_eq!((posts(&sandbox), created(&sandbox)), (4, 1));
}

#[test]
fn max_retries_limits_the_retries() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("max_retries", "2")]);
    sandbox.fault(Fault::status(429).forever());
    enqueue(&client, sandbox.conversation_id(), 1);
    let limited = (1, Some(Status::RateLimited), Outcome::NotCreated);
    assert_eq!(result(&report(&client)), limited);
    assert_eq!(posts(&sandbox), 3);
}

#[test]
fn delivery_timeout_ends_events_that_wait_behind_a_slow_one() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("delivery_timeout", "1s")]);
    sandbox.fault(hang().creates());
    for tag in 0..3 {
        enqueue(&client, sandbox.conversation_id(), tag);
    }
    let reports = within(Duration::ZERO, Duration::from_secs(2), || reports(&client, 3));
    let mut results: Vec<_> = reports.iter().map(result).collect();
    results.sort_by_key(|result| result.0);
    let expected = [
        (0, Some(Status::Timeout), Outcome::MaybeCreated),
        (1, Some(Status::Timeout), Outcome::NotCreated),
        (2, Some(Status::Timeout), Outcome::NotCreated),
    ];
    assert_eq!(results, expected);
    assert_eq!((posts(&sandbox), created(&sandbox)), (1, 1));
}

/// The first event fails, and its time ends while it waits for its retry: a later event uses the
/// only connection.
#[test]
fn delivery_timeout_ends_an_event_that_waits_for_a_connection() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("delivery_timeout", "5s"), ("connections", "1")]);
    let [first, second] = conversations(&sandbox);
    sandbox.fault(Fault::status(408).in_conversation(&first).after(Duration::from_millis(2500)));
    sandbox.fault(hang().in_conversation(&second));
    enqueue(&client, &first, 1);
    thread::sleep(Duration::from_millis(1500));
    enqueue(&client, &second, 2);
    assert_eq!(result(&report(&client)), (1, Some(Status::Timeout), Outcome::NotCreated));
    assert!(
        client.poll(Duration::from_millis(200)).is_none(),
        "the second event's time is not over"
    );
    assert_eq!(result(&report(&client)), (2, Some(Status::Timeout), Outcome::MaybeCreated));
    assert_eq!(sent(&sandbox), [1, 2]);
}

#[test]
fn a_long_conversation_does_not_delay_the_others() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("connections", "1")]);
    let [long, short] = conversations(&sandbox);
    sandbox.fault(Fault::delay(Duration::from_millis(500)));
    for tag in 0..1000 {
        enqueue(&client, &long, tag);
    }
    let before = posts(&sandbox);
    enqueue(&client, &short, 1000);
    assert_eq!(client.flush(PATIENCE), 0);
    let turn = sent(&sandbox).iter().position(|tag| *tag == 1000).unwrap();
    // Some may be sent between the count and the enqueuing.
    assert!(
        turn <= before + 50,
        "{turn} were sent before it, {before} of them before the enqueuing"
    );
    assert_eq!(there(&sandbox, &long), (0..1000).collect::<Vec<_>>());
}

#[test]
fn rate_limit_counts_conversations_and_calls_that_wait_together() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("rate_limit", "10/s")]);
    let conversations: [_; 6] = conversations(&sandbox);
    let start = Instant::now();
    for (tag, conversation) in (0..).zip(&conversations) {
        enqueue(&client, conversation, tag);
    }
    for _ in 0..5 {
        crate::support::create(&client, &sandbox).unwrap();
    }
    assert!(created_all(&reports(&client, 6)));
    // Eleven requests have ten intervals between them.
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(posts(&sandbox), 11);
}

#[test]
fn connections_limits_the_requests_in_flight() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[("connections", "3")]);
    sandbox.fault(Fault::delay(Duration::from_millis(100)).forever());
    for (tag, conversation) in (0..).zip(conversations::<15>(&sandbox)) {
        enqueue(&client, &conversation, tag);
    }
    assert!(created_all(&reports(&client, 15)));
    let connections = sandbox.connections();
    assert_eq!(connections.accepted, 3, "{connections:?}");
}

#[test]
fn all_connections_are_used_at_once() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[("connections", "128")]);
    sandbox.fault(hang().times(128));
    let conversations: [_; 150] = conversations(&sandbox);
    for (tag, conversation) in (0..).zip(&conversations) {
        enqueue(&client, conversation, tag);
    }
    until(|| posts(&sandbox) == 128);
    // None of them has been answered, so all are in flight.
    assert_eq!(sandbox.connections().open, 128);
    let stats: Value = serde_json::from_str(&client.stats()).unwrap();
    assert_eq!((&stats["in_flight"], &stats["queued"]), (&128.into(), &22.into()));
    assert_eq!(client.close(Duration::ZERO).unwrap_err().status(), Status::Timeout);
    let mut outcomes: Vec<_> = reports(&client, 150).iter().map(result).collect();
    outcomes.retain(|(_, status, _)| *status == Some(Status::Closed));
    assert_eq!(outcomes.len(), 150);
    outcomes.retain(|(_, _, outcome)| *outcome == Outcome::MaybeCreated);
    assert_eq!(outcomes.len(), 128);
    assert!(client.poll(PATIENCE).is_none());
    assert_eq!(posts(&sandbox), 128);
}

#[test]
fn handles_of_a_shared_engine_keep_a_conversations_order() {
    let sandbox = tls_sandbox();
    let handle = || Client::new(&config(&sandbox, &[("engine", "shared")])).unwrap();
    let handles = [handle(), handle()];
    sandbox.fault(Fault::status(429).times(2));
    sandbox.fault(Fault::status(408).skip(5).on(Operation::Create));
    for (tag, client) in (0..40).zip(handles.iter().cycle()) {
        enqueue(client, sandbox.conversation_id(), tag);
    }
    for (parity, client) in (0..).zip(&handles) {
        let tags: Vec<_> = reports(client, 20).iter().map(Report::tag).collect();
        assert_eq!(tags, (0..40).filter(|tag| tag % 2 == parity).collect::<Vec<_>>());
        assert!(client.poll(Duration::ZERO).is_none(), "a report of the other handle");
    }
    assert_eq!(there(&sandbox, sandbox.conversation_id()), (0..40).collect::<Vec<_>>());
    assert_eq!((posts(&sandbox), sandbox.connections().accepted), (43, 1));
}
