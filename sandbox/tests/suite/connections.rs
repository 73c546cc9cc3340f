//! Connections are kept, counted and closed.

use std::io::Write;
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use vce_sandbox::{Connections, Fault, FaultKind, Options, Sandbox};

use crate::client::{EVENT, connect, events_of, read_answer, read_to_end, request};

#[test]
fn a_connection_serves_many_requests() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let create = request("POST", &events_of(&sandbox), &sandbox.new_token(), EVENT);
    let mut stream = connect(sandbox.base_url());
    for _ in 0..3 {
        stream.write_all(create.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut stream).status, 201);
    }
    // The next request may arrive before the last one is answered.
    stream.write_all(create.repeat(2).as_bytes()).unwrap();
    assert_eq!(
        [
            read_answer(&mut stream).json()["id"].clone(),
            read_answer(&mut stream).json()["id"].clone()
        ],
        [4, 5]
    );
    assert_eq!(sandbox.connections(), Connections { accepted: 1, open: 1, tls_resumed: 0 });
    assert!(sandbox.requests().iter().all(|request| request.connection == 1));
    drop(stream);
    while sandbox.connections().open > 0 {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(sandbox.connections().accepted, 1);
}

#[test]
fn a_client_that_wants_to_close_is_obliged() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let request = request("GET", &events_of(&sandbox), &sandbox.new_token(), "");
    let close = request.replace("Host: sandbox", "Connection: close");
    let old = request.replace("HTTP/1.1", "HTTP/1.0");
    for (last, status) in [(close, "HTTP/1.1 200 OK\r\n"), (old, "HTTP/1.0 200 OK\r\n")] {
        let mut stream = connect(sandbox.base_url());
        stream.write_all(last.as_bytes()).unwrap();
        assert!(read_to_end(&mut stream).starts_with(status.as_bytes()));
    }
}

#[test]
fn a_request_waits_for_the_answer_to_the_one_before() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let create = request("POST", &events_of(&sandbox), &sandbox.new_token(), EVENT);
    let mut stream = connect(sandbox.base_url());
    sandbox.fault(FaultKind::Trickle { interval_ms: 1 });
    sandbox.fault(Fault::raw("raw"));
    stream.write_all(create.repeat(3).as_bytes()).unwrap();
    assert_eq!(read_answer(&mut stream).json()["id"], 1);
    assert_eq!(read_to_end(&mut stream), b"raw");

    let mut stream = connect(sandbox.base_url());
    sandbox.forget_requests();
    sandbox.fault(FaultKind::Hang {});
    stream.write_all(create.repeat(2).as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut stream), b"");
    assert_eq!(sandbox.requests().len(), 1);
}

#[test]
fn a_request_is_carried_out_whether_or_not_its_client_waits() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let create = request("POST", &events_of(&sandbox), &sandbox.new_token(), EVENT);
    sandbox.fault(Fault::delay(Duration::from_millis(200)));
    let mut stream = connect(sandbox.base_url());
    stream.write_all(create.as_bytes()).unwrap();
    while sandbox.requests().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    drop(stream);
    while sandbox.connections().open > 0 {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(sandbox.events(sandbox.conversation_id()).len(), 1);
}

#[test]
fn idle_connections_are_closed_and_busy_ones_are_not() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let create = request("POST", &events_of(&sandbox), &sandbox.new_token(), EVENT);
    let mut busy = connect(sandbox.base_url());
    sandbox.fault(FaultKind::Hang {});
    busy.write_all(create.as_bytes()).unwrap();
    while sandbox.requests().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    for round in 2..20 {
        let mut idle = connect(sandbox.base_url());
        idle.write_all(create.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut idle).status, 201);
        sandbox.close_idle_connections();
        assert_eq!(sandbox.connections(), Connections { accepted: round, open: 1, tls_resumed: 0 });
        assert_eq!(read_to_end(&mut idle), b"");
    }
}

#[test]
fn a_dropped_sandbox_hangs_up() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let url = sandbox.base_url().to_owned();
    let directory = sandbox.private_key_path().parent().unwrap().to_owned();
    let mut stream = connect(&url);
    stream.write_all(request("GET", "/", "", "").as_bytes()).unwrap();
    assert_eq!(read_answer(&mut stream).status, 404);
    assert!(directory.exists());
    drop(sandbox);
    assert_eq!(read_to_end(&mut stream), b"");
    assert!(std::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).is_err());
    assert!(!directory.exists());
}
