//! Everything that is refused, and with which problem details.

use std::io::Write;

use vce_sandbox::{Options, Sandbox, TypeRules};

use crate::client::{
    Answer, EVENT, connect, create, events_of, exchange, read_to_end, request, send,
};

/// The names of the invalid parameters in the problem details.
fn complaints(answer: &Answer) -> Vec<String> {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "http:error:validation-fail"),
        "{}",
        answer.body
    );
    let json = answer.json();
    let invalid = json["invalid_parameters"].as_array().unwrap().iter();
    invalid.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn problem_details_have_the_documented_shape() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let answer = create(&sandbox, "{}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(
        problem["type"],
        "https://developer.nexmo.com/api/conversation#http:error:validation-fail"
    );
    assert_eq!(problem["title"], "Bad request.");
    assert_eq!(problem["detail"], "Input validation failure.");
    assert_eq!(problem["instance"].as_str(), answer.header("x-nexmo-trace-id"));
    assert_eq!(complaints(&answer), ["type", "body"]);
    assert_eq!(problem["invalid_parameters"][0]["reason"], r#""type" is required"#);
}

#[test]
fn types_follow_the_documented_rules() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let with_type =
        |event_type: &str| create(&sandbox, &format!(r#"{{"type":{event_type},"body":{{}}}}"#));
    let longest = format!(r#""custom:{}""#, "x".repeat(93));
    let too_long = format!(r#""custom:{}""#, "x".repeat(94));
    for good in [r#""custom:a""#, r#""custom:A-b_9""#, &longest] {
        assert_eq!(with_type(good).status, 201, "{good}");
    }
    let bad = [
        r#""custom:""#,
        r#""text""#,
        r#""Custom:a""#,
        r#""custom:a b""#,
        r#""custom:é""#,
        r#""custom:a:b""#,
        "null",
        "7",
        &too_long,
    ];
    for bad in bad {
        assert_eq!(complaints(&with_type(bad)), ["type"], "{bad}");
    }
}

#[test]
fn namespaced_types_may_contain_colons() {
    let options = Options { type_rules: TypeRules::Namespaced, ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    assert_eq!(create(&sandbox, r#"{"type":"custom:poll:question","body":{}}"#).status, 201);
    assert_eq!(complaints(&create(&sandbox, r#"{"type":"custom:a/b","body":{}}"#)), ["type"]);
}

#[test]
fn a_body_is_an_object_of_at_most_4096_bytes_without_blanks() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let with_body =
        |body: &str| create(&sandbox, &format!(r#"{{"type":"custom:a","body":{body}}}"#));
    // Quotes, braces, key and colon take 8 bytes.
    let largest = format!(r#"{{"k":"{}"}}"#, "x".repeat(4088));
    let too_large = format!(r#"{{"k":"{}"}}"#, "x".repeat(4089));
    let spread = largest.replace(':', " :\n\t ");
    let blanks_that_count = format!(r#"{{"k":"\"{}"}}"#, " ".repeat(4087));
    for good in ["{}", &largest, &spread] {
        assert_eq!(with_body(good).status, 201, "{} bytes", good.len());
    }
    for bad in ["[]", "null", r#""{}""#, "1", &too_large, &blanks_that_count] {
        assert_eq!(complaints(&with_body(bad)), ["body"], "{} bytes", bad.len());
    }
}

#[test]
fn a_sender_is_a_member_and_never_null() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    for from in ["null", "1", r#""MEM-unknown""#] {
        let answer =
            create(&sandbox, &format!(r#"{{"type":"custom:a","from":{from},"body":{{}}}}"#));
        assert_eq!(complaints(&answer), ["from"], "{from}");
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    for body in [
        "",
        "[]",
        "{",
        r#"{"type":"custom:a","body":{}} x"#,
        r#"{"type":"custom:a","body":{"a":01}}"#,
    ] {
        let answer = create(&sandbox, body);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "http:error:validation-fail"),
            "{body}"
        );
    }
    assert!(sandbox.events(sandbox.conversation_id()).is_empty());
}

#[test]
fn unknown_ids_are_not_found() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let nowhere = "/v0.3/conversations/CON-unknown";
    for (method, path) in [
        ("POST", "events"),
        ("GET", "events"),
        ("GET", "events/1"),
        ("DELETE", "events/1"),
        ("POST", "members"),
    ] {
        let answer = send(&sandbox, method, &format!("{nowhere}/{path}"), EVENT);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "conversation:error:not-found"),
            "{method} {path}"
        );
    }
    for (method, id) in [("GET", "1"), ("DELETE", "1"), ("GET", "one")] {
        let answer = send(&sandbox, method, &format!("{}/{id}", events_of(&sandbox)), "");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "event:error:not-found"),
            "{method} {id}"
        );
    }
}

#[test]
fn the_gateway_does_not_route_a_trailing_slash() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    for path in [
        format!("{}/", events_of(&sandbox)),
        "/".into(),
        "/v0.2/conversations".into(),
        "/v1/users".into(),
    ] {
        let answer = send(&sandbox, "POST", &path, EVENT);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, Some("text/plain; charset=utf-8")),
            "{path}"
        );
    }
    assert!(sandbox.events(sandbox.conversation_id()).is_empty());
}

#[test]
fn other_methods_are_not_allowed() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let events = events_of(&sandbox);
    for (method, path, allow) in [
        ("PUT", events.clone(), "GET, POST"),
        ("POST", format!("{events}/1"), "GET, DELETE"),
        ("GET", "/v1/conversations".into(), "POST"),
    ] {
        let answer = send(&sandbox, method, &path, EVENT);
        assert_eq!((answer.status, answer.code().as_str()), (405, "http:error:method-not-allowed"));
        assert_eq!(answer.header("allow"), Some(allow));
    }
}

#[test]
fn only_json_is_a_supported_media_type() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let with_type = |content_type: &str| {
        let request = request("POST", &events_of(&sandbox), &sandbox.new_token(), EVENT);
        exchange(
            sandbox.base_url(),
            &request.replace("Content-Type: application/json\r\n", content_type),
        )
    };
    assert_eq!(with_type("Content-Type: Application/JSON; charset=utf-8\r\n").status, 201);
    for bad in ["", "Content-Type: text/plain\r\n", "Content-Type: application/json-seq\r\n"] {
        let answer = with_type(bad);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (415, "http:error:unsupported-media-type"),
            "{bad}"
        );
    }
}

#[test]
fn what_is_no_http_is_refused_and_not_logged() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let long = request("POST", "/", "", &"x".repeat(1024 * 1024 + 1));
    let start = "GET / HTTP/1.1\r\nX: ";
    let endless = format!("{start}{}", "x".repeat(64 * 1024 - start.len()));
    for (bad, status) in [
        ("hello?\r\n\r\n", 400),
        (&format!("{chunked}no size\r\n"), 400),
        (&long, 400),
        (&endless, 431),
    ] {
        assert_eq!(exchange(sandbox.base_url(), bad).status, status);
    }
    assert!(sandbox.requests().is_empty());
}

#[test]
fn head_is_answered_without_a_body() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let head = |path: &str| request("HEAD", path, &sandbox.new_token(), "");
    let requests =
        [head("/"), head("/").replace("HTTP/1.1\r\n", "HTTP/1.1\r\nConnection: close\r\n")];
    let mut stream = connect(sandbox.base_url());
    stream.write_all(requests.concat().as_bytes()).unwrap();
    let answers = String::from_utf8(read_to_end(&mut stream)).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 404 Not Found\r\n").count(), 2);
    assert!(answers.ends_with("\r\n\r\n") && !answers.contains("no route"), "{answers}");
}
