//! The log is exact.

use std::io::Write;
use std::thread;
use std::time::Duration;

use serde_json::json;
use vce_sandbox::{Fault, FaultKind, Options, Sandbox, StatusFault};

use crate::client::{EVENT, connect, create, events_of, read_answer, send};

#[test]
fn a_request_is_repeated_to_the_letter() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let path = events_of(&sandbox);
    let token = sandbox.sign(&json!({"jti": "the id", "iat": 1}));
    let body = r#"{ "type":"custom:é" }"#;
    let head = format!(
        "POST {path}?a=%20&b HTTP/1.1\r\nhost: x\r\nZ-Last: 1\r\nA-First:  2 \r\nz-last: 3\r\n\
         authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = connect(sandbox.base_url());
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    read_answer(&mut stream);

    let requests = sandbox.requests();
    let bearer = format!("Bearer {token}");
    let length = body.len().to_string();
    let headers = [
        ("host", "x"),
        ("z-last", "1"),
        ("z-last", "3"),
        ("a-first", "2"),
        ("authorization", &bearer),
        ("content-length", &length),
    ];
    assert_eq!(
        serde_json::to_value(&requests).unwrap(),
        json!([{
            "number": 1, "connection": 1, "method": "POST", "path": path, "query": "a=%20&b", "version": "HTTP/1.1",
            "headers": headers, "body": body, "operation": "create", "page": null,
            "status": 401, "retry_after": null, "fault": null, "event_id": null, "token_id": "the id",
        }])
    );
    assert_eq!(requests[0].header("Z-LAST"), Some("1"));
}

#[test]
fn chunks_are_put_together() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let (start, end) = EVENT.split_at(7);
    let head = format!(
        "POST {} HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        events_of(&sandbox),
        sandbox.new_token()
    );
    let mut stream = connect(sandbox.base_url());
    for part in
        [&head, "7\r\n", start, "\r\n", &format!("{:x}\r\n{end}\r\n", end.len()), "0\r\n\r\n"]
    {
        stream.write_all(part.as_bytes()).unwrap();
    }
    assert_eq!(read_answer(&mut stream).status, 201);
    assert_eq!(sandbox.requests()[0].body, EVENT);
}

#[test]
fn outcomes_are_noted() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    create(&sandbox, EVENT);
    let retry_after = Some("1".to_owned());
    let fault = StatusFault { status: 503, retry_after, ..StatusFault::default() };
    sandbox.fault(Fault::from(fault).creates());
    create(&sandbox, EVENT);
    assert_eq!(sandbox.requests()[1].retry_after.as_deref(), Some("1"));
    sandbox.fault(Fault::raw("HTTP/1.1 204 \r\n\r\n"));
    create(&sandbox, EVENT);
    send(&sandbox, "GET", "/", "");
    let noted = sandbox
        .requests()
        .into_iter()
        .map(|record| (record.number, record.status, record.fault, record.event_id));
    let expected = [
        (1, Some(201), None, Some(1)),
        (2, Some(503), Some("status"), Some(2)),
        (3, None, Some("raw"), None),
        (4, Some(404), None, None),
    ];
    assert_eq!(noted.collect::<Vec<_>>(), expected);
}

#[test]
fn a_request_is_seen_before_it_is_answered() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.fault(FaultKind::Hang {});
    let mut stream = connect(sandbox.base_url());
    let request = crate::client::request("POST", &events_of(&sandbox), &sandbox.new_token(), EVENT);
    stream.write_all(request.as_bytes()).unwrap();
    while sandbox.requests().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    let seen = &sandbox.requests()[0];
    assert_eq!((seen.status, seen.fault, seen.body.as_str()), (None, Some("hang"), EVENT));
}

#[test]
fn numbers_go_on_when_the_log_is_forgotten() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    create(&sandbox, EVENT);
    sandbox.forget_requests();
    assert!(sandbox.requests().is_empty());
    create(&sandbox, EVENT);
    assert_eq!(sandbox.requests()[0].number, 2);
}
