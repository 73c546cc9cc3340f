//! The queue's threads: woken when there is something to do, gone when there is not.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use vce::{Client, Outcome, Status};
use vce_sandbox::{Fault, FaultKind, StatusFault};

use crate::process::{alone, library_threads};
use crate::support::{client, config, posts, read_request, sandbox, server};

/// Longer than anything here takes, so that a test fails instead of waiting for ever.
const PATIENCE: Duration = Duration::from_secs(20);

fn enqueue(client: &Client, conversation: &str, tag: u64) {
    client.enqueue_event(conversation, "custom:test", None, "{}", tag).unwrap();
}

fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(2));
    }
}

/// Its thread has nothing to do at first, and would look by itself only when it leaves.
#[test]
fn an_event_wakes_an_idle_thread() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    for tag in 0..3 {
        enqueue(&client, sandbox.conversation_id(), tag);
        let report =
            client.poll(Duration::from_secs(3)).expect("a report before the thread leaves");
        assert_eq!((report.tag(), report.outcome()), (tag, Outcome::Created));
        thread::sleep(Duration::from_millis(100));
        // A watch that was kept must not outlive what it was for.
        sandbox.fault(Fault::status(408));
    }
}

/// What rests holds back those behind it, but not once it is withdrawn.
#[test]
fn closing_a_handle_lets_its_neighbours_events_go() {
    let sandbox = sandbox();
    let options = [
        ("engine", "shared"),
        ("retry_backoff", "24h"),
        ("retry_backoff_max", "24h"),
        ("delivery_timeout", "168h"),
    ];
    let [closed, other] = [(); 2].map(|()| Client::new(&config(&sandbox, &options)).unwrap());
    sandbox.fault(Fault::status(408));
    enqueue(&closed, sandbox.conversation_id(), 1);
    until(|| posts(&sandbox) == 1 && closed.stats().contains(r#""queued":1,"in_flight":0"#));
    enqueue(&other, sandbox.conversation_id(), 2);
    assert_eq!(closed.close(Duration::ZERO).unwrap_err().status(), Status::Timeout);
    let error = closed.poll(Duration::ZERO).unwrap().into_result().unwrap_err();
    assert_eq!((error.status(), error.outcome()), (Status::Closed, Outcome::NotCreated));
    assert_eq!(error.answer().unwrap().http_status, 408);
    let report = other.poll(PATIENCE).expect("a report long before the other's retry");
    assert_eq!((report.tag(), report.outcome()), (2, Outcome::Created));
    assert_eq!(posts(&sandbox), 2);
}

/// As long as the first one is under way, a thread watches over the time of the second.
#[test]
fn a_retry_comes_before_what_is_watched_already() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("connections", "2")]);
    let [slow, other] = [(); 2].map(|()| sandbox.new_conversation().0);
    sandbox.fault(Fault::from(FaultKind::Hang {}).in_conversation(&slow));
    enqueue(&client, &slow, 1);
    enqueue(&client, &slow, 2);
    until(|| posts(&sandbox) == 1);
    sandbox.fault(Fault::status(408).in_conversation(&other).times(2));
    enqueue(&client, &other, 3);
    let report = client.poll(Duration::from_secs(3)).expect("a report soon after the retries");
    assert_eq!((report.tag(), report.outcome()), (3, Outcome::Created));
    assert_eq!(posts(&sandbox), 4);
}

#[test]
fn closing_ends_idle_threads_at_once() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("connections", "8")]);
    sandbox.fault(Fault::delay(Duration::from_millis(300)).times(8));
    for tag in 0..8 {
        enqueue(&client, &sandbox.new_conversation().0, tag);
    }
    assert_eq!(client.flush(PATIENCE), 0);
    let start = Instant::now();
    client.close(PATIENCE).unwrap();
    // Five seconds is when they would leave by themselves.
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

/// Only what time can mend is a reason to leave the server alone.
#[test]
fn a_refusal_for_good_pauses_nobody() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let refusal =
        StatusFault { status: 403, retry_after: Some("60".to_owned()), ..StatusFault::default() };
    sandbox.fault(refusal);
    enqueue(&client, sandbox.conversation_id(), 1);
    enqueue(&client, sandbox.conversation_id(), 2);
    let outcomes = [(); 2].map(|()| client.poll(PATIENCE).unwrap().outcome());
    assert_eq!(outcomes, [Outcome::NotCreated, Outcome::Created]);
}

/// A success that describes no event says nothing of the event that was to be.
#[test]
fn a_success_that_makes_no_sense_says_what_may_be() {
    let url = server(|mut stream| {
        while read_request(&mut stream).is_some() {
            let answer = "HTTP/1.1 201 Created\r\nContent-Length: 15\r\n\r\n{\"id\":1,\"id\":2}";
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    let client = client(&sandbox(), &[("base_url", &url)]);
    enqueue(&client, "CON-1", 1);
    let error = client.poll(PATIENCE).unwrap().into_result().unwrap_err();
    assert_eq!((error.status(), error.outcome()), (Status::Response, Outcome::MaybeCreated));
    assert!(error.message().ends_with("; the event may have been created"), "{error}");
}

/// What is on its way still needs the handle's account, but nobody its descriptor.
#[test]
#[cfg(target_os = "linux")]
fn a_freed_handle_leaves_no_descriptor() {
    let descriptors = || {
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        let targets = open.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
        targets.filter(|target| target.to_string_lossy().contains("eventfd")).count()
    };
    alone("queue::a_freed_handle_leaves_no_descriptor", || {
        let sandbox = sandbox();
        let before = descriptors();
        let client = client(&sandbox, &[("engine", "shared")]);
        client.report_fd().unwrap();
        assert_eq!(descriptors(), before + 1);
        sandbox.fault(Fault::from(FaultKind::Hang {}));
        enqueue(&client, sandbox.conversation_id(), 1);
        until(|| posts(&sandbox) == 1);
        drop(client);
        assert_eq!(descriptors(), before);
    });
}

/// One of them watches over the time of what waits, which is long.
#[test]
fn threads_leave_when_nothing_waits_any_more() {
    alone("queue::threads_leave_when_nothing_waits_any_more", || {
        let sandbox = sandbox();
        let client = client(&sandbox, &[]);
        sandbox.fault(Fault::delay(Duration::from_millis(500)));
        enqueue(&client, sandbox.conversation_id(), 1);
        enqueue(&client, sandbox.conversation_id(), 2);
        until(|| library_threads().len() == 2);
        assert_eq!(client.flush(PATIENCE), 0);
        until(|| library_threads().is_empty());
        enqueue(&client, sandbox.conversation_id(), 3);
        assert_eq!(client.flush(PATIENCE), 0);
    });
}

/// The thread and the connection that were used last take the next event. If they took turns,
/// none would ever be idle for long.
#[test]
fn what_a_burst_needed_leaves_though_a_few_events_go_on() {
    alone("queue::what_a_burst_needed_leaves_though_a_few_events_go_on", || {
        let sandbox = sandbox();
        let client = client(&sandbox, &[]);
        sandbox.fault(Fault::delay(Duration::from_millis(200)).times(10));
        for tag in 0..10 {
            enqueue(&client, &sandbox.new_conversation().0, tag);
        }
        assert_eq!(client.flush(PATIENCE), 0);
        assert_eq!(sandbox.connections().accepted, 10);
        until(|| {
            enqueue(&client, sandbox.conversation_id(), 10);
            assert_eq!(client.flush(PATIENCE), 0);
            thread::sleep(Duration::from_millis(50));
            library_threads().len() <= 2
        });
        let requests = sandbox.requests();
        let mut trickle: Vec<_> = requests.iter().skip(10).map(|r| r.connection).collect();
        assert!(trickle.len() > 20);
        trickle.dedup();
        assert_eq!(trickle.len(), 1, "{trickle:?}");
    });
}
