//! The queue's threads: they wake when there is something to do, and end when there is not.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use vce::{Client, Outcome, Status};
use vce_sandbox::{Fault, FaultKind, StatusFault};

use crate::process::{alone, library_threads};
use crate::support::{client, config, posts, read_request, sandbox, server};

/// Longer than anything here takes, so that a test fails instead of waiting forever.
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

/// The thread is idle before each event. Without being woken it would look for events only when it
/// ends.
#[test]
fn an_event_wakes_an_idle_thread() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    for tag in 0..3 {
        enqueue(&client, sandbox.conversation_id(), tag);
        let report = client.poll(Duration::from_secs(3)).expect("a report before the thread ends");
        assert_eq!((report.tag(), report.outcome()), (tag, Outcome::Created));
        thread::sleep(Duration::from_millis(100));
        // The next event gets a retry. A thread must not keep watching its time once it is done.
        sandbox.fault(Fault::status(408));
    }
}

/// An event that waits for its retry delays the events behind it, but not once its handle is
/// closed.
#[test]
fn closing_a_handle_releases_another_handles_events() {
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
    let report = other.poll(PATIENCE).expect("a report long before the first event's retry");
    assert_eq!((report.tag(), report.outcome()), (2, Outcome::Created));
    assert_eq!(posts(&sandbox), 2);
}

/// While the first event is in flight, a thread already waits for the second event's deadline.
#[test]
fn a_retry_does_not_wait_for_a_later_deadline() {
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
    // By themselves they would end after five seconds.
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

/// Only a failure that may pass is a reason to pause.
#[test]
fn a_permanent_refusal_does_not_pause_sending() {
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

/// A 2xx answer without an event does not say whether the event was created.
#[test]
fn an_invalid_2xx_answer_may_have_created_the_event() {
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

/// An event in flight still needs the handle's counters, but nobody needs its descriptor.
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

/// One of the two threads waits for the second event's deadline, which is far away.
#[test]
fn threads_end_when_nothing_waits() {
    alone("queue::threads_end_when_nothing_waits", || {
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

/// The thread and the connection that were used last take the next event. If they took turns, none
/// would ever be idle for long.
#[test]
fn threads_of_a_burst_end_although_a_few_events_go_on() {
    alone("queue::threads_of_a_burst_end_although_a_few_events_go_on", || {
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
