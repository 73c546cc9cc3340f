//! What an error contains besides its status: the outcome, the server's answer, its trace id.

use serde_json::json;
use vce::{Error, Outcome, Status};
use vce_sandbox::{Fault, FaultKind, Operation, Sandbox};

use crate::support::{client, create, created, failed, sandbox};

fn answer(head: &str, body: &str) -> Fault {
    Fault::raw(format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

/// The error of a creation that gets this answer. The sandbox closes the connection afterwards, so
/// each call has its own client.
fn answered(sandbox: &Sandbox, head: &str, body: &str) -> Error {
    sandbox.fault(answer(head, body).on(Operation::Create));
    failed(&client(sandbox, &[]), sandbox)
}

#[test]
fn a_message_ends_with_the_outcome() {
    let sandbox = sandbox();
    let maybe = "; the event may have been created";
    let not = "; the event was not created";
    sandbox.fault(FaultKind::Drop {});
    let error = failed(&client(&sandbox, &[]), &sandbox);
    assert!(error.message().ends_with(maybe), "{error}");
    let error = answered(&sandbox, "502 B", "");
    assert!(error.message().ends_with(maybe), "{error}");

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unreachable =
        client(&sandbox, &[("base_url", &format!("http://{nobody}")), ("max_retries", "0")]);
    let error = failed(&unreachable, &sandbox);
    assert!(error.message().ends_with(not), "{error}");

    // A refusal already says that nothing was created, and reading creates nothing.
    let error = answered(&sandbox, "400 B", "");
    assert!(!error.message().contains("the event"), "{error}");
    let error = unreachable.get_event(sandbox.conversation_id(), "1").unwrap_err();
    assert!(!error.message().contains("the event"), "{error}");
}

#[test]
fn text_from_the_server_becomes_one_line_of_limited_length() {
    let sandbox = sandbox();
    let title = "two\r\nlines\u{1b}[31m";
    let body = json!({ "title": title, "detail": "x".repeat(5000) }).to_string();
    let error = answered(&sandbox, "400 B", &body);
    assert!(error.message().contains("two  lines"), "{error}");
    assert!(!error.message().contains(char::is_control), "{error}");
    assert!(error.message().chars().count() <= 1000, "{error}");
    assert_eq!(error.answer().unwrap().title.as_deref(), Some(title), "the field is as received");
}

#[test]
fn a_request_is_identified_by_either_header_or_the_problem() {
    let sandbox = sandbox();
    let instance = r#"{"instance":"of-the-problem"}"#;
    for (head, trace_id) in [
        ("400 B\r\nX-Nexmo-Trace-Id: nexmo\r\nX-Vonage-Trace-Id: vonage", "nexmo"),
        ("400 B\r\nX-Vonage-Trace-Id: vonage", "vonage"),
        ("400 B", "of-the-problem"),
    ] {
        let error = answered(&sandbox, head, instance);
        assert_eq!(error.answer().unwrap().trace_id.as_deref(), Some(trace_id));
    }
}

#[test]
fn a_large_answer_is_read_and_an_error_keeps_the_beginning_of_an_invalid_one() {
    let sandbox = sandbox();
    let long = "x".repeat(500_000);
    sandbox.fault(answer("201 C", &format!("{{\"id\":1,\"x\":\"{long}\"}}")));
    assert_eq!(create(&client(&sandbox, &[]), &sandbox).unwrap().id(), Some("1"));
    let error = answered(&sandbox, "201 C", &long);
    assert_eq!((error.status(), error.outcome()), (Status::Response, Outcome::MaybeCreated));
    assert_eq!(error.answer().unwrap().response.len(), 64 * 1024);
}

#[test]
fn a_2xx_answer_without_an_event_may_have_created_it() {
    let sandbox = sandbox();
    let twice = r#"{"id":1,"id":2}"#;
    sandbox.fault(answer("201 C", twice).on(Operation::Create).creates());
    let error = failed(&client(&sandbox, &[]), &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::Response, Outcome::MaybeCreated));
    assert_eq!(created(&sandbox), 1);
    sandbox.fault(answer("200 O", twice).on(Operation::Get));
    let error = client(&sandbox, &[]).get_event(sandbox.conversation_id(), "1").unwrap_err();
    assert_eq!((error.status(), error.outcome()), (Status::Response, Outcome::NotCreated));
}
