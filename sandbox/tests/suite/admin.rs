//! The admin endpoints.

use serde_json::json;
use vce_sandbox::{Options, Sandbox};

use crate::client::{Answer, EVENT, admin, create, events_of, exchange, request};

#[track_caller]
fn assert_done(answer: &Answer) {
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
}

#[test]
fn faults_are_added_one_by_one_or_as_a_list_and_cleared() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let add = |faults: &str| admin(&sandbox, "POST", "/faults", faults);
    assert_done(&add(r#"{"kind":"status","status":500,"on":"create","skip":1}"#));
    assert_done(&add(
        r#"[{"kind":"raw","response_base64":"SFRUUC8xLjEgMjA0IAoK","close":true,"on":"get"},{"kind":"status","status":503,"times":null}]"#,
    ));
    let statuses = [(); 4].map(|()| create(&sandbox, EVENT).status);
    assert_eq!(statuses, [503, 500, 503, 503]);
    assert_done(&admin(&sandbox, "DELETE", "/faults", ""));
    assert_eq!(create(&sandbox, EVENT).status, 201);
}

#[test]
fn every_kind_of_fault_can_be_written_down() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let all = json!([
        {"kind": "status", "status": 503, "retry_after": "2", "code": "c", "title": "t", "detail": "d", "body": "b",
         "content_type": "text/html", "headers": {"X": "y"}},
        {"kind": "delay", "on": "any", "times": 1, "skip": 0, "conversation_id": null, "delay_ms": 1, "creates": false},
        {"kind": "drop", "on": "create"}, {"kind": "hang", "on": "get"}, {"kind": "truncate", "on": "list"},
        {"kind": "garbage", "on": "delete"}, {"kind": "trickle", "interval_ms": 1}, {"kind": "trickle"},
        {"kind": "close_after"}, {"kind": "expired_token"}, {"kind": "raw", "response": ""},
        {"kind": "answer", "on": "create", "appears_after_ms": 1}, {"kind": "truncate_head", "on": "list", "page": 2},
        {"kind": "endless", "on": "list"}, {"kind": "endless", "on": "list", "pages": "fresh"},
        {"kind": "endless", "on": "list", "pages": "same"}, {"kind": "endless", "on": "list", "pages": "circle"},
        {"kind": "drop", "on": "create", "creates_after_ms": 1, "appears_after_ms": 1},
        {"kind": "drop", "on": "create", "creates": true, "creates_after_ms": null, "appears_after_ms": 1, "page": null},
    ]);
    assert_done(&admin(&sandbox, "POST", "/faults", &all.to_string()));
}

#[test]
fn mistakes_in_a_fault_are_named_and_nothing_is_added() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let mistakes = [
        ("", "EOF"),
        (r#"{"status":500}"#, "kind"),
        (r#"{"kind":"explode"}"#, "explode"),
        (r#"{"kind":"status"}"#, "status"),
        (r#"{"kind":"status","status":500,"tims":2}"#, "tims"),
        (r#"{"kind":"drop","status":500}"#, "status"),
        (r#"{"kind":"drop","on":"everything"}"#, "everything"),
        (r#"{"kind":"raw"}"#, "response_base64"),
        (r#"{"kind":"drop","on":"list","page":0}"#, "from 1"),
        (r#"{"kind":"drop","page":1}"#, "page needs"),
        (r#"{"kind":"endless"}"#, "endless needs"),
        (r#"{"kind":"endless","on":"list","pages":"none"}"#, "none"),
        (r#"{"kind":"answer","creates_after_ms":1}"#, "creates_after_ms needs"),
        (r#"{"kind":"drop","creates":true,"creates_after_ms":1}"#, "creates_after_ms needs"),
        (r#"{"kind":"drop","creates_after_ms":4294967296}"#, "4294967296"),
        (r#"{"kind":"answer","appears_after_ms":1}"#, "appears_after_ms needs"),
        (r#"{"kind":"drop","on":"create","appears_after_ms":1}"#, "appears_after_ms needs"),
        (
            r#"[{"kind":"drop"},{"kind":"raw","response":"","response_base64":""}]"#,
            "response_base64",
        ),
    ];
    for (fault, named) in mistakes {
        let answer = admin(&sandbox, "POST", "/faults", fault);
        assert_eq!(answer.status, 400, "{fault}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(named), "{fault}: {error}");
    }
    assert_eq!(create(&sandbox, EVENT).status, 201);
}

#[test]
fn what_was_seen_can_be_read_and_forgotten() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let event = create(&sandbox, EVENT).json();
    let requests = admin(&sandbox, "GET", "/requests", "").json();
    assert_eq!((&requests[0]["body"], &requests[0]["event_id"]), (&json!(EVENT), &json!(1)));
    assert_done(&admin(&sandbox, "DELETE", "/requests", ""));
    assert_eq!(admin(&sandbox, "GET", "/requests", "").json(), json!([]));

    let path = format!("/events?conversation_id={}", sandbox.conversation_id());
    let created = &event["timestamp"];
    let stored = json!([{"id": 1, "type": "custom:a", "from": null, "body": {}, "timestamp": created, "appears": created, "deleted": null}]);
    assert_eq!(admin(&sandbox, "GET", &path, "").json(), stored);
    assert_eq!(admin(&sandbox, "GET", "/events?conversation_id=CON-unknown", "").status, 404);
    assert_eq!(admin(&sandbox, "GET", "/connections", "").json()["accepted"], 1);
    assert_done(&admin(&sandbox, "POST", "/connections/close", ""));
}

#[test]
fn tokens_and_conversations_are_handed_out() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let made = admin(&sandbox, "POST", "/conversations", "").json();
    let (id, member) =
        (made["conversation_id"].as_str().unwrap(), made["member_id"].as_str().unwrap());
    let token = admin(&sandbox, "GET", "/token", "").body;
    let event = format!(r#"{{"type":"custom:a","from":"{member}","body":{{}}}}"#);
    let create = request("POST", &format!("/v1/conversations/{id}/events"), &token, &event);
    assert_eq!(exchange(sandbox.base_url(), &create).status, 201);
}

#[test]
fn a_reset_forgets_everything_but_who_is_there() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let clock = admin(&sandbox, "PUT", "/clock", r#"{"offset_seconds":-7200}"#);
    assert_eq!((clock.status, clock.json()), (200, json!({"offset_seconds": -7200})));
    create(&sandbox, EVENT);
    let (other, _) = sandbox.new_conversation();
    admin(&sandbox, "POST", "/faults", r#"{"kind":"status","status":500,"times":null}"#);

    assert_done(&admin(&sandbox, "POST", "/reset", ""));
    assert!(sandbox.requests().is_empty());
    assert!(sandbox.events(sandbox.conversation_id()).is_empty());
    let event = format!(r#"{{"type":"custom:a","from":"{}","body":{{}}}}"#, sandbox.member_id());
    let answer = create(&sandbox, &event);
    assert_eq!((answer.status, &answer.json()["id"]), (201, &json!(1)));
    let date = httpdate::parse_http_date(answer.header("date").unwrap()).unwrap();
    assert!(date.elapsed().unwrap().as_secs() < 60, "the clock is right again");
    let elsewhere = events_of(&sandbox).replace(sandbox.conversation_id(), &other);
    assert_eq!(crate::client::send(&sandbox, "GET", &elsewhere, "").status, 404);
}
