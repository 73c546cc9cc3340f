//! What servers, gateways and captive portals answer, and the outcome that follows.

use std::io::Write as _;

use vce::Outcome::{MaybeCreated, NotCreated};
use vce::{Client, Outcome, Status};
use vce_sandbox::{Fault, FaultKind, Operation, RawFault, Sandbox};

use crate::support::{
    client, config, create, created, failed, posts, read_request, sandbox, server, tls_sandbox,
};

/// Creates an event while the sandbox has this fault, and checks the error.
fn check(
    sandbox: &Sandbox,
    client: &Client,
    fault: Fault,
    name: &str,
    status: Status,
    outcome: Outcome,
) {
    sandbox.reset();
    sandbox.fault(fault.on(Operation::Create).forever());
    let error = failed(client, sandbox);
    assert_eq!(error.status(), status, "{name}: {error}");
    assert_eq!(error.outcome(), outcome, "{name}: {error}");
    if outcome == MaybeCreated {
        assert_eq!(posts(sandbox), 1, "{name}: an event that may exist was sent again");
        assert!(!error.is_retryable(), "{name}");
    } else {
        assert_eq!(created(sandbox), 0, "{name}");
    }
}

#[test]
fn invalid_answers() {
    let sandbox = sandbox();
    let ok = "HTTP/1.1 200 OK\r\n";
    for (name, response, status) in [
        ("not HTTP", "220 smtp.example ESMTP\r\n\r\n".to_owned(), Status::Response),
        ("binary", "\u{0}\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), Status::Response),
        ("HTTP/2 in clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), Status::Response),
        ("nothing", String::new(), Status::Network),
        ("half a head", "HTTP/1.1 201 Crea".to_owned(), Status::Network),
        ("head without its end", format!("{ok}Content-Length: 2\r\n"), Status::Network),
        ("not JSON", format!("{ok}Content-Length: 5\r\n\r\nhello"), Status::Response),
        (
            "HTML with 200",
            format!("{ok}Content-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"),
            Status::Response,
        ),
        ("an array", format!("{ok}Content-Length: 2\r\n\r\n[]"), Status::Response),
        ("no body", format!("{ok}Content-Length: 0\r\n\r\n"), Status::Response),
        ("204", "HTTP/1.1 204 No Content\r\n\r\n".to_owned(), Status::Response),
        ("not UTF-8", format!("{ok}Content-Length: 2\r\n\r\n{{\u{80}"), Status::Response),
        ("cut body", format!("{ok}Content-Length: 100\r\n\r\n{{\"id\":1}}"), Status::Network),
        (
            "cut chunk",
            format!("{ok}Transfer-Encoding: chunked\r\n\r\n40\r\n{{\"id\":1}}"),
            Status::Network,
        ),
        (
            "wrong chunk",
            format!("{ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}"),
            Status::Response,
        ),
        ("8 GB announced", format!("{ok}Content-Length: 8589934592\r\n\r\n{{"), Status::Response),
        (
            "more than 1 MiB without a length",
            format!("{ok}\r\n{{\"a\":\"{}\"}}", "x".repeat(1 << 20)),
            Status::Response,
        ),
        (
            "head of 20 KiB",
            format!("{ok}X: {}\r\n\r\n{{}}", "x".repeat(20 << 10)),
            Status::Response,
        ),
        (
            "redirect",
            "HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
                .to_owned(),
            Status::Response,
        ),
        (
            "redirect of a GET",
            "HTTP/1.1 302 F\r\nLocation: /elsewhere\r\n\r\n".to_owned(),
            Status::Response,
        ),
        ("not modified", "HTTP/1.1 304 N\r\n\r\n".to_owned(), Status::Response),
        (
            "unknown status",
            "HTTP/1.1 799 Odd\r\nContent-Length: 2\r\n\r\n{}".to_owned(),
            Status::Response,
        ),
    ] {
        // The sandbox closes the connection afterwards, so each case has its own client.
        let client = client(&sandbox, &[]);
        check(
            &sandbox,
            &client,
            Fault::raw(response.into_bytes()).creates(),
            name,
            status,
            MaybeCreated,
        );
        assert_eq!(created(&sandbox), 1, "{name}: the sandbox created the event");
    }
}

#[test]
fn answers_that_are_unusual_but_right() {
    let sandbox = sandbox();
    for (name, response, id) in [
        (
            "200 with a number",
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"id\":100}",
            Some("100"),
        ),
        (
            "a string id",
            "HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n{\"id\":\"5\"}",
            Some("5"),
        ),
        ("202", "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}", None),
        (
            "a large id",
            "HTTP/1.1 201 C\r\nContent-Length: 30\r\n\r\n{\"id\":12345678901234567890123}",
            Some("12345678901234567890123"),
        ),
        (
            "chunked",
            "HTTP/1.1 201 C\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"i\r\n5;x=y\r\nd\":1}\r\n0\r\nTrailer: t\r\n\r\n",
            Some("1"),
        ),
        ("HTTP/1.0", "HTTP/1.0 201 Created\r\n\r\n{\"id\":2}", Some("2")),
        ("close", "HTTP/1.1 201 C\r\nConnection: close\r\n\r\n {\"id\":3} \r\n", Some("3")),
        (
            "1xx first",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 8\r\n\r\n{\"id\":4}",
            Some("4"),
        ),
        ("no reason", "HTTP/1.1 201\r\nContent-Length: 8\r\n\r\n{\"id\":6}", Some("6")),
    ] {
        sandbox.fault(Fault::raw(response).on(Operation::Create));
        // The sandbox closes the connection afterwards, so each case has its own client.
        let event = create(&client(&sandbox, &[]), &sandbox)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(event.id(), id, "{name}");
        assert_eq!(event.event_type(), None, "{name}");
        assert_eq!(event.body(), None, "{name}");
    }
}

#[test]
fn refusals_and_failures_of_the_server() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[("max_retries", "0")]);
    for (http, status, outcome) in [
        (400, Status::BadRequest, NotCreated),
        (401, Status::Unauthorized, NotCreated),
        (403, Status::Forbidden, NotCreated),
        (404, Status::NotFound, NotCreated),
        (408, Status::BadRequest, NotCreated),
        (410, Status::NotFound, NotCreated),
        (415, Status::BadRequest, NotCreated),
        (422, Status::BadRequest, NotCreated),
        (429, Status::RateLimited, NotCreated),
        (500, Status::Server, MaybeCreated),
        (502, Status::Server, MaybeCreated),
        (503, Status::Server, MaybeCreated),
        (504, Status::Server, MaybeCreated),
    ] {
        check(&sandbox, &client, Fault::status(http), &http.to_string(), status, outcome);
    }
}

#[test]
fn an_error_contains_what_the_server_answered() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let error = client.create_event("CON-unknown", "custom:a", None, "{}").unwrap_err();
    let answer = error.answer().unwrap();
    assert_eq!(answer.http_status, 404);
    assert_eq!(answer.code.as_deref(), Some("conversation:error:not-found"));
    assert!(answer.title.is_some() && answer.trace_id.is_some());
    assert!(String::from_utf8_lossy(&answer.response).starts_with('{'));
    assert!(error.message().contains("conversation:error:not-found"), "{error}");

    let html = "<html><h1>502 Bad Gateway</h1></html>";
    let response = format!(
        "HTTP/1.1 502 Bad Gateway\r\nX-Nexmo-Trace-Id: t-1\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{html}",
        html.len()
    );
    sandbox.fault(Fault::raw(response));
    let error = failed(&client, &sandbox);
    let answer = error.answer().unwrap();
    assert_eq!((answer.code.as_deref(), answer.trace_id.as_deref()), (None, Some("t-1")));
    assert_eq!(answer.response, html.as_bytes());
}

#[test]
fn a_refusal_with_a_cut_or_huge_body_is_still_a_refusal() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let huge =
        format!("HTTP/1.1 400 B\r\nContent-Length: 8589934592\r\n\r\n{}", "x".repeat(200_000));
    check(&sandbox, &client, Fault::raw(huge), "huge", Status::BadRequest, NotCreated);
    let error = failed(&client, &sandbox);
    assert_eq!(error.answer().unwrap().response.len(), 64 * 1024);
    let cut = "HTTP/1.1 404 N\r\nContent-Length: 100\r\n\r\n{\"co";
    check(&sandbox, &client, Fault::raw(cut), "cut", Status::NotFound, NotCreated);
}

#[test]
fn connections_that_break() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[("timeout", "1s")]);
    for (name, kind, status) in [
        ("dropped", FaultKind::Drop {}, Status::Network),
        ("garbage", FaultKind::Garbage {}, Status::Response),
        ("silence", FaultKind::Hang {}, Status::Timeout),
    ] {
        for creates in [false, true] {
            let mut fault = Fault::from(kind.clone());
            if creates {
                fault = fault.creates();
            }
            check(&sandbox, &client, fault, name, status, MaybeCreated);
            assert_eq!(created(&sandbox), usize::from(creates), "{name}");
        }
    }
    let truncated = Fault::from(FaultKind::Truncate {});
    check(&sandbox, &client, truncated, "truncated", Status::Network, MaybeCreated);
    assert_eq!(created(&sandbox), 1);
}

#[test]
fn without_a_connection_no_event_is_created() {
    let sandbox = sandbox();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client =
        client(&sandbox, &[("base_url", &format!("http://{nobody}")), ("max_retries", "2")]);
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::Connect, NotCreated));
    assert!(error.is_retryable());
    assert!(error.message().contains(&nobody.to_string()), "{error}");
}

#[test]
fn an_unknown_host_is_a_connect_error() {
    let sandbox = sandbox();
    let client =
        client(&sandbox, &[("base_url", "https://no-such-host.invalid"), ("max_retries", "0")]);
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::Connect, NotCreated), "{error}");
}

#[test]
fn a_server_without_tls_is_a_tls_error() {
    let url = server(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let sandbox = sandbox();
    let client =
        client(&sandbox, &[("base_url", &url.replace("http:", "https:")), ("max_retries", "0")]);
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::Tls, NotCreated), "{error}");
}

#[test]
fn a_closed_idle_connection_causes_no_error() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[("max_retries", "0")]);
    sandbox.fault(Fault::from(FaultKind::CloseAfter {}).on(Operation::Create));
    create(&client, &sandbox).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    create(&client, &sandbox).unwrap();
    sandbox.close_idle_connections();
    std::thread::sleep(std::time::Duration::from_millis(100));
    create(&client, &sandbox).unwrap();
    assert_eq!(posts(&sandbox), 3);
    assert_eq!(sandbox.connections().accepted, 3);
}

/// No check before the write can prevent this race: the request leaves while the server closes the
/// connection.
#[test]
fn a_request_is_not_repeated_if_its_idle_connection_closes_meanwhile() {
    let requests = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&requests);
    let url = server(move |mut stream| {
        let mut first = true;
        while read_request(&mut stream).is_some() {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            if !first {
                return;
            }
            first = false;
            stream.write_all(b"HTTP/1.1 201 C\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        }
    });
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &url)]);
    create(&client, &sandbox).unwrap();
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::Network, MaybeCreated), "{error}");
    assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 2);
}

/// The second answer comes in its own TLS record, directly after the first.
#[test]
fn an_unexpected_second_answer_is_not_used_for_the_next_request() {
    const RECORD: usize = 16 * 1024;
    let answer = |body: &str| {
        format!("HTTP/1.1 201 Created\r\nContent-Length: {:>5}\r\n\r\n{body}", body.len())
    };
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[]);
    let rest = RECORD - answer(r#"{"x":""}"#).len();
    let mut response = answer(&format!(r#"{{"x":"{}"}}"#, "x".repeat(rest)));
    assert_eq!(response.len(), RECORD);
    response += &answer(r#"{"id":"nobody's"}"#);
    let raw = RawFault { response: response.into_bytes(), close: false };
    sandbox.fault(FaultKind::Raw(raw));
    create(&client, &sandbox).unwrap();
    sandbox.fault(Fault::status(400));
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::BadRequest, Outcome::NotCreated));
}

#[test]
fn an_acl_too_large_for_a_request_is_a_config_error() {
    let sandbox = sandbox();
    let acl = format!(r#"{{"paths":{{"/{}":{{}}}}}}"#, "x".repeat(20_000));
    let mut config = config(&sandbox, &[]);
    let error = match config.set("acl", Some(&acl)) {
        Err(error) => error,
        Ok(()) => failed(&Client::new(&config).unwrap(), &sandbox),
    };
    assert_eq!((error.status(), error.outcome()), (Status::Config, Outcome::NotCreated), "{error}");
}
