//! Closing a client while other threads use it.

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use vce::{Client, Error, Outcome, Status};
use vce_sandbox::{Fault, FaultKind, Operation, Sandbox, StatusFault};

use crate::support::{client, create, created, failed, posts, sandbox, tls_sandbox, within};

/// Closes a client at once while another thread creates an event, and returns that thread's
/// error.
fn closed_under(client: &Client, sandbox: &Sandbox, busy: impl Fn() -> bool) -> Error {
    thread::scope(|scope| {
        let call = scope.spawn(|| failed(client, sandbox));
        while !busy() {
            thread::sleep(Duration::from_millis(5));
        }
        let closed = within(Duration::ZERO, Duration::ZERO, || client.close(Duration::ZERO));
        assert_eq!(closed.unwrap_err().status(), Status::Timeout);
        within(Duration::ZERO, Duration::ZERO, || call.join().unwrap())
    })
}

#[test]
fn a_closed_client_refuses_calls() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    create(&client, &sandbox).unwrap();
    let mut list = client.list_events(sandbox.conversation_id()).unwrap();
    client.close(Duration::ZERO).unwrap();
    client.close(Duration::from_secs(9)).unwrap();
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::Closed, Outcome::NotCreated));
    assert_eq!(list.next().unwrap().unwrap_err().status(), Status::Closed);
    drop(client);
    assert_eq!(list.next().unwrap().unwrap_err().status(), Status::Closed);
    assert_eq!(posts(&sandbox), 1);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(sandbox.connections().open, 0, "idle connections are closed too");
}

#[test]
fn closing_waits_for_calls_that_end_in_time() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    sandbox.fault(Fault::delay(Duration::from_millis(300)));
    thread::scope(|scope| {
        let call = scope.spawn(|| create(&client, &sandbox));
        while posts(&sandbox) == 0 {
            thread::sleep(Duration::from_millis(5));
        }
        // Closing returns when the call ends, long before the limit.
        within(Duration::ZERO, Duration::from_secs(5), || client.close(Duration::from_secs(10)))
            .unwrap();
        call.join().unwrap().unwrap();
    });
    assert_eq!(created(&sandbox), 1);
}

#[test]
fn a_call_that_waits_for_its_answer_is_cancelled() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[]);
    sandbox.fault(Fault::from(FaultKind::Hang {}).creates());
    let error = closed_under(&client, &sandbox, || posts(&sandbox) == 1);
    assert_eq!((error.status(), error.outcome()), (Status::Closed, Outcome::MaybeCreated));
    client.close(Duration::ZERO).unwrap();
}

#[test]
fn a_call_on_a_kept_connection_is_cancelled() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[]);
    create(&client, &sandbox).unwrap();
    sandbox.fault(FaultKind::Hang {});
    let error = closed_under(&client, &sandbox, || posts(&sandbox) == 2);
    assert_eq!((error.status(), error.outcome()), (Status::Closed, Outcome::MaybeCreated));
}

#[test]
fn a_call_that_waits_for_its_next_attempt_is_cancelled() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    sandbox.fault(StatusFault {
        status: 429,
        retry_after: Some("20".to_owned()),
        ..StatusFault::default()
    });
    let start = std::time::Instant::now();
    // Long enough for the answer to have come.
    let error = closed_under(&client, &sandbox, || {
        posts(&sandbox) == 1 && start.elapsed() > Duration::from_secs(1)
    });
    assert_eq!((error.status(), error.outcome()), (Status::Closed, Outcome::NotCreated));
}

#[test]
fn a_call_in_its_tls_handshake_is_cancelled() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (accepted, arrived) = mpsc::channel();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || accepted.send(listener.accept().unwrap()));
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &url)]);
    let error =
        closed_under(&client, &sandbox, || arrived.try_recv().map(std::mem::forget).is_ok());
    assert_eq!((error.status(), error.outcome()), (Status::Closed, Outcome::NotCreated), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_call_that_connects_is_cancelled() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(50))
    {
        waiting.push(stream);
    }
    let sandbox = sandbox();
    let client =
        client(&sandbox, &[("base_url", &format!("http://{address}")), ("connect_timeout", "20s")]);
    let start = std::time::Instant::now();
    let error = closed_under(&client, &sandbox, || start.elapsed() > Duration::from_millis(300));
    assert_eq!((error.status(), error.outcome()), (Status::Closed, Outcome::NotCreated), "{error}");
}

#[test]
fn dropping_a_client_leaves_no_connection() {
    let sandbox = tls_sandbox();
    for _ in 0..20 {
        create(&client(&sandbox, &[]), &sandbox).unwrap();
    }
    thread::sleep(Duration::from_millis(200));
    assert_eq!(sandbox.connections().open, 0);
    sandbox.fault(Fault::status(500).on(Operation::Create));
    failed(&client(&sandbox, &[]), &sandbox);
}

#[test]
fn a_call_whose_event_may_exist_is_cancelled_before_its_next_attempt() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("delivery", "at_least_once")]);
    let fault =
        StatusFault { status: 500, retry_after: Some("20".to_owned()), ..StatusFault::default() };
    sandbox.fault(Fault::from(fault).creates());
    let start = std::time::Instant::now();
    // Long enough for the answer to have come.
    let error = closed_under(&client, &sandbox, || {
        posts(&sandbox) == 1 && start.elapsed() > Duration::from_secs(1)
    });
    assert_eq!((error.status(), error.outcome()), (Status::Closed, Outcome::MaybeCreated));
    assert_eq!(created(&sandbox), 1);
}
