//! Creating, getting and deleting events, and the conversations and members that this needs.

use serde_json::json;
use vce_sandbox::{Options, Sandbox};

use crate::client::{EVENT, create, events_of, send};

#[test]
fn a_created_event_is_described_as_documented() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let from = sandbox.member_id();
    let answer = create(
        &sandbox,
        &format!(r#"{{"type":"custom:note","from":"{from}","body":{{"k":"v"}}}}"#),
    );
    assert_eq!(answer.status, 201);
    let event = answer.json();
    assert_eq!(event["id"], 1);
    assert_eq!(event["type"], "custom:note");
    assert_eq!(event["from"], from);
    assert_eq!(event["body"], json!({"k": "v"}));
    assert_eq!(event["_embedded"]["from_member"], json!({"id": from}));
    assert!(event["_embedded"]["from_user"]["id"].as_str().unwrap().starts_with("USR-"));
    let url = format!("{}{}/1", sandbox.base_url(), events_of(&sandbox));
    assert_eq!(event["_links"]["self"]["href"], url);
    let timestamp = humantime::parse_rfc3339(event["timestamp"].as_str().unwrap()).unwrap();
    assert!(timestamp.elapsed().unwrap().as_secs() < 60);
}

#[test]
fn without_a_sender_nobody_is_embedded() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let event = create(&sandbox, EVENT).json();
    assert_eq!(event.get("from"), None);
    assert_eq!(event.get("_embedded"), None);
}

#[test]
fn a_body_comes_back_as_it_was_written() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let body =
        r#"{"fooBar": 1.0, "big":123456789012345678901234567890, "a":1,"a":2, "\u00e9": "é\/" }"#;
    let created = create(&sandbox, &format!(r#"{{"type":"custom:a","body":{body}}}"#));
    let got = send(&sandbox, "GET", &format!("{}/1", events_of(&sandbox)), "");
    let listed = send(&sandbox, "GET", &events_of(&sandbox), "");
    for answer in [created, got, listed] {
        assert!(answer.body.contains(body), "{}", answer.body);
    }
    assert_eq!(sandbox.events(sandbox.conversation_id())[0].body.get(), body);
}

#[test]
fn both_versions_lead_to_the_same_events() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    create(&sandbox, EVENT);
    let path = format!("/v1/conversations/{}/events/1", sandbox.conversation_id());
    let answer = send(&sandbox, "GET", &path, "");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["_links"]["self"]["href"], format!("{}{path}", sandbox.base_url()));
}

#[test]
fn a_deleted_event_stays_with_a_timestamp() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    create(&sandbox, EVENT);
    let path = format!("{}/1", events_of(&sandbox));
    assert_eq!(send(&sandbox, "GET", &path, "").json().get("deleted"), None);
    let answer = send(&sandbox, "DELETE", &path, "");
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert!(send(&sandbox, "GET", &path, "").json()["deleted"].is_string());
    assert_eq!(create(&sandbox, EVENT).json()["id"], 2);
}

#[test]
fn conversations_and_members_can_be_made() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let conversation = send(&sandbox, "POST", "/v1/conversations", r#"{"name":"mine"}"#);
    assert_eq!((conversation.status, &conversation.json()["name"]), (201, &json!("mine")));
    let id = conversation.json()["id"].as_str().unwrap().to_owned();

    let members = format!("/v1/conversations/{id}/members");
    let member = send(&sandbox, "POST", &members, r#"{"user":{"name":"ann"},"state":"joined"}"#);
    assert_eq!((member.status, &member.json()["conversation_id"]), (201, &json!(id)));
    assert_eq!(member.json()["_embedded"]["user"]["name"], "ann");

    let from = member.json()["id"].as_str().unwrap().to_owned();
    let event = format!(r#"{{"type":"custom:a","from":"{from}","body":{{}}}}"#);
    let created = send(&sandbox, "POST", &format!("/v1/conversations/{id}/events"), &event);
    assert_eq!(created.json()["_embedded"]["from_user"]["name"], "ann");
    assert_eq!(create(&sandbox, &event).status, 400, "a member of another conversation");
}
