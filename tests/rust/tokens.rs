//! The token: signed once, refreshed in time, dated by the right clock.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vce::{Outcome, Status};
use vce_sandbox::{Fault, FaultKind, RequestRecord};

use crate::support::{client, create, created, failed, posts, sandbox};

fn claims(request: &RequestRecord) -> Value {
    let token = request.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn a_token_has_the_documented_claims() {
    let sandbox = sandbox();
    let acl = r#"{"paths":{"/*/conversations/**":{}}}"#;
    let client = client(&sandbox, &[("acl", acl), ("subject", "ann"), ("token_ttl", "1h")]);
    client
        .create_event(sandbox.conversation_id(), "custom:a", Some(sandbox.member_id()), "{}")
        .unwrap();
    let claims = claims(&sandbox.requests()[0]);
    assert_eq!(claims["application_id"], sandbox.application_id());
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
    assert_eq!(claims["sub"], "ann");
    assert_eq!(claims["acl"], serde_json::from_str::<Value>(acl).unwrap());
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!((jti.len(), jti.as_bytes()[14]), (36, b'4'), "{jti}");
    assert_eq!(claims.as_object().unwrap().len(), 6);
}

/// The server would refuse such an event, so it is not sent.
#[test]
fn with_a_subject_every_event_needs_its_member() {
    let sandbox = sandbox();
    let named = sandbox.new_token().split('.').map(str::to_owned).collect::<Vec<_>>();
    let payload = BASE64_URL_SAFE_NO_PAD.encode(r#"{"jti":"1","sub":"ann","exp":9}"#);
    let ready = [&*named[0], &payload, &named[2]].join(".");
    for options in [&[("subject", "ann")][..], &[("token", &ready)]] {
        let client = client(&sandbox, options);
        let id = sandbox.conversation_id();
        let enqueue = |id, kind, body| client.enqueue_event(id, kind, None, body, 1).unwrap_err();
        for error in [failed(&client, &sandbox), enqueue(id, "custom:a", "{}")] {
            assert_eq!((error.status(), error.outcome()), (Status::MemberId, Outcome::NotCreated));
            assert!(error.message().starts_with("the member id is missing"), "{error}");
        }
        // The checks are in their usual order.
        assert_eq!(enqueue("a/b", "oops", "[]").status(), Status::ConversationId);
        assert_eq!(enqueue(id, "oops", "[]").status(), Status::TypePrefix);
        assert_eq!(enqueue(id, "custom:a", "[]").status(), Status::MemberId);
    }
    assert_eq!(sandbox.requests().len(), 0);
    // A ready token replaces `subject`, and a token that names no user needs no member.
    let token = sandbox.new_token();
    create(&client(&sandbox, &[("subject", "ann"), ("token", &token)]), &sandbox).unwrap();
}

#[test]
fn a_subject_and_an_acl_are_left_out_unless_set() {
    let sandbox = sandbox();
    create(&client(&sandbox, &[]), &sandbox).unwrap();
    let claims = claims(&sandbox.requests()[0]);
    assert!(
        claims.get("sub").is_none() && claims.get("acl").is_none() && claims.get("nbf").is_none()
    );
}

#[test]
fn an_acl_that_does_not_permit_it_is_forbidden() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("acl", r#"{"paths":{"/*/users/**":{}}}"#)]);
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::Forbidden, Outcome::NotCreated));
    assert_eq!(error.answer().unwrap().code.as_deref(), Some("system:error:permission"));
}

#[test]
fn an_expired_token_is_replaced_once() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("max_retries", "0")]);
    create(&client, &sandbox).unwrap();
    sandbox.fault(FaultKind::ExpiredToken {});
    create(&client, &sandbox).unwrap();
    let ids: Vec<_> = sandbox.requests().iter().map(|request| request.token_id.clone()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[1], ids[2]);

    sandbox.forget_requests();
    sandbox.fault(Fault::from(FaultKind::ExpiredToken {}).forever());
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::Unauthorized, Outcome::NotCreated));
    assert_eq!(posts(&sandbox), 2);
}

#[test]
fn a_refused_token_that_has_not_expired_is_not_replaced() {
    let sandbox = sandbox();
    let other = crate::support::sandbox();
    let client = client(&sandbox, &[("application_id", other.application_id())]);
    let error = failed(&client, &sandbox);
    assert_eq!(error.status(), Status::Unauthorized);
    assert_eq!(posts(&sandbox), 1);
}

#[test]
fn a_wrong_clock_is_corrected_by_the_servers_date() {
    for offset in [-7200, 7200] {
        let sandbox = sandbox();
        sandbox.set_clock_offset(offset);
        let client = client(&sandbox, &[]);
        create(&client, &sandbox).unwrap_or_else(|error| panic!("{offset}: {error}"));
        create(&client, &sandbox).unwrap();
        assert_eq!(posts(&sandbox), 3, "one refusal, then a token by the server's clock");
        assert_eq!(created(&sandbox), 2);
    }
}

#[test]
fn a_ready_token_is_used_as_it_is_and_never_replaced() {
    let sandbox = sandbox();
    let token = sandbox.new_token();
    let mut config = crate::support::config(&sandbox, &[("token", &token)]);
    config.set("application_id", None).unwrap();
    config.set("private_key_path", None).unwrap();
    let client = vce::Client::new(&config).unwrap();
    create(&client, &sandbox).unwrap();
    assert_eq!(
        sandbox.requests()[0].header("authorization"),
        Some(format!("Bearer {token}").as_str())
    );
    sandbox.fault(FaultKind::ExpiredToken {});
    assert_eq!(failed(&client, &sandbox).status(), Status::Unauthorized);
    assert_eq!(posts(&sandbox), 2);
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("token_ttl", "30s")]);
    create(&client, &sandbox).unwrap();
    // The sandbox's clock runs ahead, as if the client's machine had slept. The token is 20 s old
    // for the server and still valid, also if this machine is busy.
    sandbox.set_clock_offset(20);
    create(&client, &sandbox).unwrap();
    assert_eq!(posts(&sandbox), 2);
    // Now the token has expired for the server.
    sandbox.set_clock_offset(45);
    std::thread::sleep(Duration::from_millis(10));
    create(&client, &sandbox).unwrap();
    assert_eq!(posts(&sandbox), 4);
}

#[test]
fn a_token_signed_by_another_key_is_refused() {
    // The sandbox verifies every token with another library. This test shows that it refuses a
    // token that another key signed.
    let sandbox = sandbox();
    let other = crate::support::sandbox();
    let token = other.sign(&json!({
        "application_id": sandbox.application_id(), "iat": 1, "exp": 4_000_000_000_u64, "jti": "x",
    }));
    let client = client(&sandbox, &[("token", &token)]);
    assert_eq!(failed(&client, &sandbox).status(), Status::Unauthorized);
}
