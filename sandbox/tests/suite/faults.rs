//! Each kind of fault as the client sees it, and which requests it applies to.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use vce_sandbox::{Fault, FaultKind, Operation, Options, RawFault, Sandbox, StatusFault};

use crate::client::{
    Answer, EVENT, connect, create, events_of, read_answer, read_to_end, request, send,
    send_and_read_to_end,
};

/// Everything that a request to create an event receives until the connection ends.
fn bytes_of_create(sandbox: &Sandbox) -> Vec<u8> {
    send_and_read_to_end(sandbox, "POST", &events_of(sandbox), EVENT)
}

fn created(sandbox: &Sandbox) -> usize {
    sandbox.events(sandbox.conversation_id()).len()
}

#[test]
fn status_answers_with_documented_problem_details() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let documented = [
        (400, "http:error:validation-fail"),
        (401, "system:error:invalid-token"),
        (403, "system:error:permission"),
        (404, "conversation:error:not-found"),
        (429, ""),
        (500, "system:error:internal-error"),
        (503, ""),
    ];
    for (status, code) in documented {
        sandbox.fault(Fault::status(status));
        let answer = create(&sandbox, EVENT);
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
    assert_eq!(created(&sandbox), 0);
    assert_eq!(create(&sandbox, EVENT).status, 201, "a fault shows once");
}

#[test]
fn status_can_be_dressed_in_everything() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let text = |text: &str| Some(text.to_owned());
    sandbox.fault(StatusFault {
        status: 429,
        retry_after: text("2"),
        code: text("a:b"),
        title: text("T"),
        detail: text("D"),
        ..StatusFault::default()
    });
    let answer = create(&sandbox, EVENT);
    assert_eq!(
        (answer.status, answer.header("retry-after"), answer.code().as_str()),
        (429, Some("2"), "a:b")
    );
    assert_eq!((&answer.json()["title"], &answer.json()["detail"]), (&"T".into(), &"D".into()));

    sandbox.fault(StatusFault {
        status: 502,
        body: text("<h1>no</h1>"),
        content_type: text("text/html"),
        headers: [("X-Nexmo-Trace-Id".to_owned(), "mine".to_owned())].into(),
        ..StatusFault::default()
    });
    let answer = create(&sandbox, EVENT);
    assert_eq!((answer.status, answer.body.as_str()), (502, "<h1>no</h1>"));
    assert_eq!(
        (answer.header("content-type"), answer.header("x-nexmo-trace-id")),
        (Some("text/html"), Some("mine"))
    );
}

#[test]
fn status_says_what_it_cannot_be_dressed_in() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let header = |name: &str, value: &str| StatusFault {
        status: 500,
        headers: [(name.to_owned(), value.to_owned())].into(),
        ..StatusFault::default()
    };
    let faults = [
        Fault::status(42),
        Fault::status(100),
        header("a b", "").into(),
        header("a", "\n").into(),
        header("content-length", "1").into(),
    ];
    for fault in faults {
        sandbox.fault(fault);
        let answer = create(&sandbox, EVENT);
        assert_eq!(answer.status, 500);
        assert!(answer.body.starts_with("the sandbox cannot answer that: "), "{}", answer.body);
    }
}

#[test]
fn expired_token_says_so() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(FaultKind::ExpiredToken {});
    let answer = create(&sandbox, EVENT);
    assert_eq!((answer.status, answer.code().as_str()), (401, "system:error:expired-token"));
}

#[test]
fn delay_holds_the_answer_back() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(Fault::delay(Duration::from_millis(300)));
    let start = Instant::now();
    assert_eq!(create(&sandbox, EVENT).status, 201);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn drop_ends_without_a_byte() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(FaultKind::Drop {});
    assert_eq!(bytes_of_create(&sandbox), b"");
    assert_eq!(created(&sandbox), 0);
    sandbox.fault(Fault::from(FaultKind::Drop {}).creates());
    assert_eq!(bytes_of_create(&sandbox), b"");
    assert_eq!(created(&sandbox), 1);
}

#[test]
fn hang_lasts_until_the_client_gives_up() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(Fault::from(FaultKind::Hang {}).creates());
    let mut stream = connect(sandbox.base_url());
    let create = request("POST", &events_of(&sandbox), &sandbox.new_token(), EVENT);
    stream.write_all(create.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(stream.read(&mut [0]).is_err(), "neither an answer nor an end");
    assert_eq!((created(&sandbox), sandbox.connections().open), (1, 1));
    stream.shutdown(Shutdown::Write).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(read_to_end(&mut stream), b"");
}

#[test]
fn truncate_sends_half_of_what_it_announces() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(FaultKind::Truncate {});
    let answer = Answer::parse(&bytes_of_create(&sandbox));
    let announced: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert_eq!((answer.status, answer.body.len()), (201, announced / 2));
    assert_eq!(created(&sandbox), 1);

    // An answer without a body has nothing to cut off.
    sandbox.fault(FaultKind::Truncate {});
    let mut stream = connect(sandbox.base_url());
    stream.write_all(request("HEAD", "/", "", "").as_bytes()).unwrap();
    let answer = Answer::parse(&read_to_end(&mut stream));
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
}

#[test]
fn garbage_is_no_http() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(FaultKind::Garbage {});
    let bytes = bytes_of_create(&sandbox);
    assert!(!bytes.is_empty() && !bytes.starts_with(b"HTTP/"));
    assert_eq!(created(&sandbox), 0);
}

#[test]
fn trickle_takes_its_time_for_each_byte() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(FaultKind::Trickle { interval_ms: 1 });
    let start = Instant::now();
    let answer = create(&sandbox, EVENT);
    assert_eq!((answer.status, &answer.json()["id"]), (201, &1.into()));
    assert!(start.elapsed() >= Duration::from_millis(answer.body.len() as u64));
}

#[test]
fn close_after_ends_a_connection_that_promised_to_go_on() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(FaultKind::CloseAfter {});
    let answer = Answer::parse(&bytes_of_create(&sandbox));
    assert_eq!((answer.status, answer.header("connection")), (201, None));
    assert_eq!(answer.json()["id"], 1);
}

#[test]
fn raw_is_exact_and_may_keep_the_connection() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(Fault::raw("HTTP/1.1 200 \r\n\r\n\0\x01"));
    assert_eq!(bytes_of_create(&sandbox), b"HTTP/1.1 200 \r\n\r\n\0\x01");

    let response = b"HTTP/1.1 204 \r\n\r\n".to_vec();
    sandbox.fault(FaultKind::Raw(RawFault { response, close: false }));
    let mut stream = connect(sandbox.base_url());
    let create = request("POST", &events_of(&sandbox), &sandbox.new_token(), EVENT);
    for status in [204, 201] {
        stream.write_all(create.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut stream).status, status);
    }
}

#[test]
fn what_creates_does_so_before_the_fault_shows() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(Fault::status(503).creates().after(Duration::from_millis(500)));
    thread::scope(|scope| {
        let answer = scope.spawn(|| create(&sandbox, EVENT));
        while sandbox.requests().is_empty() {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(
            (created(&sandbox), sandbox.requests()[0].status),
            (1, None),
            "before the answer"
        );
        assert_eq!(answer.join().unwrap().status, 503);
    });
    assert_eq!((created(&sandbox), sandbox.requests()[0].event_id), (1, Some(1)));
}

#[test]
fn faults_meet_what_they_are_aimed_at() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let (other, _) = sandbox.new_conversation();
    let events = events_of(&sandbox);
    let elsewhere = format!("/v0.3/conversations/{other}/events");
    let status = |method: &str, path: &str| send(&sandbox, method, path, EVENT).status;
    let one = format!("{events}/1");

    assert_eq!(status("POST", &events), 201);
    for (operation, method, path) in [
        (Operation::Create, "POST", &events),
        (Operation::List, "GET", &events),
        (Operation::Get, "GET", &one),
        (Operation::Delete, "DELETE", &one),
    ] {
        sandbox.fault(Fault::status(500).on(operation).forever());
        for (other_method, other_path, usual) in [
            ("POST", &events, 201),
            ("GET", &events, 200),
            ("GET", &one, 200),
            ("DELETE", &one, 204),
        ] {
            let aimed_at = (method, path) == (other_method, other_path);
            assert_eq!(
                status(other_method, other_path),
                if aimed_at { 500 } else { usual },
                "{operation:?} {other_method} {other_path}"
            );
        }
        sandbox.clear_faults();
    }

    sandbox.fault(Fault::status(500).in_conversation(other));
    assert_eq!(
        [status("POST", &events), status("POST", &elsewhere), status("POST", &elsewhere)],
        [201, 500, 201]
    );
}

#[test]
fn faults_are_skipped_repeated_and_queued() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let statuses =
        |count: usize| (0..count).map(|_| create(&sandbox, EVENT).status).collect::<Vec<_>>();
    sandbox.fault(Fault::status(500).skip(1).times(2));
    assert_eq!(statuses(4), [201, 500, 500, 201]);
    sandbox.fault(Fault::status(500));
    sandbox.fault(Fault::status(503).times(2));
    assert_eq!(statuses(4), [500, 503, 503, 201]);
    sandbox.fault(Fault::status(500).forever());
    assert_eq!(statuses(3), [500; 3]);
    sandbox.clear_faults();
    assert_eq!(statuses(1), [201]);
}
