//! Every call returns within its time limit, whatever the server does.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use vce::{Outcome, Status};
use vce_sandbox::{Fault, FaultKind, Operation};

use crate::support::{client, failed, posts, read_request, sandbox, server, tls_sandbox, within};

const TIMEOUT: Duration = Duration::from_millis(700);

#[test]
fn a_server_that_accepts_and_never_answers() {
    for scheme in ["http", "https"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let sandbox = sandbox();
        let client = client(&sandbox, &[("base_url", &url), ("timeout", "700ms")]);
        let error = within(TIMEOUT, TIMEOUT, || failed(&client, &sandbox));
        assert_eq!(error.status(), Status::Timeout, "{error}");
        let outcome = if scheme == "http" { Outcome::MaybeCreated } else { Outcome::NotCreated };
        assert_eq!(error.outcome(), outcome, "{scheme}: with TLS no byte of the request can leave");
        assert_eq!(error.is_retryable(), outcome == Outcome::NotCreated);
    }
}

/// The system's timer for a socket may fire late, by up to an eighth of its time.
#[test]
fn a_long_time_limit_is_kept_just_as_exactly() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &url), ("timeout", "4s")]);
    let timeout = Duration::from_secs(4);
    assert_eq!(within(timeout, timeout, || failed(&client, &sandbox)).status(), Status::Timeout);
}

#[test]
fn a_server_that_answers_byte_by_byte() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[("timeout", "700ms")]);
    sandbox.fault(
        Fault::from(FaultKind::Trickle { interval_ms: 100 }).on(Operation::Create).creates(),
    );
    let error = within(TIMEOUT, TIMEOUT, || failed(&client, &sandbox));
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Timeout, Outcome::MaybeCreated),
        "{error}"
    );
    assert_eq!(posts(&sandbox), 1);
}

#[test]
fn a_tls_handshake_byte_by_byte() {
    let url = server(|mut stream| {
        // A handshake record that announces 16 KiB.
        for byte in [0x16_u8, 3, 3, 0x40, 0].into_iter().chain(std::iter::repeat(0)) {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let sandbox = sandbox();
    let url = url.replace("http:", "https:");
    let client = client(
        &sandbox,
        &[
            ("base_url", &url),
            ("timeout", "700ms"),
            ("connect_timeout", "300ms"),
            ("max_retries", "1"),
        ],
    );
    let error = within(Duration::from_millis(600), TIMEOUT, || failed(&client, &sandbox));
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Timeout, Outcome::NotCreated),
        "{error}"
    );
}

#[test]
fn an_address_that_does_not_answer() {
    // A listener whose queue is full drops new connections, like a host that does not exist.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..1000 {
        match std::net::TcpStream::connect_timeout(&address, Duration::from_millis(50)) {
            Ok(stream) => waiting.push(stream),
            Err(_) => break,
        }
    }
    let sandbox = sandbox();
    let client = client(
        &sandbox,
        &[
            ("base_url", &format!("http://{address}")),
            ("connect_timeout", "300ms"),
            ("timeout", "700ms"),
            ("max_retries", "1"),
        ],
    );
    let error = within(Duration::from_millis(600), TIMEOUT, || failed(&client, &sandbox));
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Timeout, Outcome::NotCreated),
        "{error}"
    );
    assert!(error.message().contains("connect_timeout"), "{error}");
    assert!(error.is_retryable());
}

#[test]
fn a_body_that_never_ends() {
    let url = server(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"1\r\n \r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &url), ("timeout", "700ms")]);
    let error = within(TIMEOUT, TIMEOUT, || failed(&client, &sandbox));
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Timeout, Outcome::MaybeCreated),
        "{error}"
    );
}

#[test]
fn a_server_that_reads_nothing() {
    // The request fits into the socket's buffers, so it leaves, but no answer comes.
    let url = server(|stream| {
        std::thread::sleep(Duration::from_secs(5));
        drop(stream);
    });
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &url), ("timeout", "700ms")]);
    let error = within(TIMEOUT, TIMEOUT, || failed(&client, &sandbox));
    assert_eq!((error.status(), error.outcome()), (Status::Timeout, Outcome::MaybeCreated));
}

#[test]
fn retries_end_with_the_time_limit() {
    let sandbox = sandbox();
    let client = client(
        &sandbox,
        &[
            ("timeout", "700ms"),
            ("max_retries", "1000"),
            ("retry_backoff", "20ms"),
            ("retry_backoff_max", "20ms"),
        ],
    );
    sandbox.fault(Fault::status(429).forever());
    let error = within(TIMEOUT - Duration::from_millis(30), TIMEOUT, || failed(&client, &sandbox));
    // The last attempt may have begun too late for its answer.
    assert!(matches!(error.status(), Status::RateLimited | Status::Timeout), "{error}");
    assert!(posts(&sandbox) > 10);
}

#[test]
fn pages_that_never_match_end_with_the_time_limit() {
    let sandbox = sandbox();
    let page = r#"{"_embedded":[{"id":1,"type":"custom:other"}],"_links":{"next":{"href":"/x?cursor=C"}}}"#;
    let cursors = std::sync::atomic::AtomicU64::new(0);
    let url = server(move |mut stream| {
        while read_request(&mut stream).is_some() {
            let number = cursors.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let page = page.replace("=C", &format!("={number}"));
            let _ =
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    let client = client(&sandbox, &[("base_url", &url), ("timeout", "700ms")]);
    let mut list = client.list_events("CON-1").unwrap();
    list.set("type", Some("custom:wanted")).unwrap();
    let error = within(TIMEOUT, TIMEOUT, || list.next()).unwrap().unwrap_err();
    assert_eq!(error.status(), Status::Timeout);
}

/// The reused connection still has the time limit that it got for the first attempt.
#[test]
fn a_second_attempt_on_the_same_connection_has_only_the_time_left() {
    let url = server(|mut stream| {
        read_request(&mut stream);
        std::thread::sleep(Duration::from_millis(500));
        let answer = "HTTP/1.1 429 T\r\nRetry-After: 0\r\nContent-Length: 2\r\n\r\n{}";
        let _ = stream.write_all(answer.as_bytes());
        read_request(&mut stream);
        std::thread::sleep(Duration::from_secs(5));
    });
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &url), ("timeout", "700ms")]);
    let error = within(TIMEOUT, TIMEOUT, || failed(&client, &sandbox));
    assert_eq!((error.status(), error.outcome()), (Status::Timeout, Outcome::MaybeCreated));
}

#[test]
fn a_second_page_has_only_the_time_left() {
    let url = server(|mut stream| {
        read_request(&mut stream);
        std::thread::sleep(Duration::from_millis(500));
        let page = r#"{"_embedded":[],"_links":{"next":{"href":"/x?cursor=C"}}}"#;
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len());
        read_request(&mut stream);
        std::thread::sleep(Duration::from_secs(5));
    });
    let sandbox = sandbox();
    let client =
        client(&sandbox, &[("base_url", &url), ("timeout", "700ms"), ("max_retries", "0")]);
    let mut list = client.list_events("CON-1").unwrap();
    let error = within(TIMEOUT, TIMEOUT, || list.next()).unwrap().unwrap_err();
    assert_eq!(error.status(), Status::Timeout);
}
