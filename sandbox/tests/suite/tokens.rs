//! Which tokens are accepted.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use serde_json::{Value, json};
use sha2::Sha256;
use vce_sandbox::{Options, Sandbox};

use crate::client::{Answer, EVENT, events_of, exchange, request};

const INVALID: (u16, &str) = (401, "system:error:invalid-token");
const EXPIRED: (u16, &str) = (401, "system:error:expired-token");
const FORBIDDEN: (u16, &str) = (403, "system:error:permission");

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// Valid claims with these changes; null removes a claim.
fn claims(sandbox: &Sandbox, amendments: Value) -> Value {
    let mut claims = json!({"application_id": sandbox.application_id(), "iat": now(), "exp": now() + 900, "jti": "j"});
    for (name, value) in amendments.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    claims
}

fn create_as(sandbox: &Sandbox, token: &str, body: &str) -> Answer {
    exchange(sandbox.base_url(), &request("POST", &events_of(sandbox), token, body))
}

fn answer_to(sandbox: &Sandbox, amendments: Value) -> Answer {
    create_as(sandbox, &sandbox.sign(&claims(sandbox, amendments)), EVENT)
}

#[track_caller]
fn assert_refused(answer: &Answer, (status, code): (u16, &str)) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.body);
}

#[test]
fn good_tokens_are_let_in() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let day = 24 * 60 * 60;
    let good = [
        json!({}),
        json!({"exp": null}),
        json!({"exp": now() + 30, "iat": now()}),
        json!({"exp": now() + day, "iat": now()}),
        json!({"nbf": now()}),
        json!({"iat": now() + 20}),
        json!({"acl": {"paths": {"/*/conversations/**": {}}}}),
    ];
    for amendments in good {
        assert_eq!(answer_to(&sandbox, amendments.clone()).status, 201, "{amendments}");
    }
    let token = sandbox.sign(&claims(&sandbox, json!({})));
    assert_eq!(create_as(&sandbox, &token, EVENT).status, 201);
    assert_eq!(create_as(&sandbox, &token, EVENT).status, 201, "a token may be used again");
}

#[test]
fn wrong_claims_are_refused() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let wrong = [
        json!({"application_id": null}),
        json!({"application_id": "00000000-0000-4000-8000-000000000000"}),
        json!({"iat": null}),
        json!({"iat": "now"}),
        json!({"iat": now() + 120, "exp": now() + 900}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"exp": now() + 20}),
        json!({"exp": now() + 24 * 60 * 60 + 60}),
        json!({"nbf": now() + 120}),
        json!({"sub": ""}),
        json!({"acl": {"paths": []}}),
        json!({"acl": {}}),
    ];
    for amendments in wrong {
        let answer = answer_to(&sandbox, amendments.clone());
        assert_eq!((answer.status, answer.code().as_str()), INVALID, "{amendments}");
    }
}

#[test]
fn expired_tokens_are_told_so() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    assert_refused(&answer_to(&sandbox, json!({"iat": now() - 100, "exp": now() - 1})), EXPIRED);
    assert_refused(&answer_to(&sandbox, json!({"iat": now() - 901, "exp": null})), EXPIRED);
    let day = 24 * 60 * 60;
    assert_refused(&answer_to(&sandbox, json!({"iat": now() - day, "exp": now()})), EXPIRED);
}

#[test]
fn the_sandbox_goes_by_its_own_clock() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.set_clock_offset(3600);
    let answer = answer_to(&sandbox, json!({}));
    assert_refused(&answer, EXPIRED);
    let date = httpdate::parse_http_date(answer.header("date").unwrap()).unwrap();
    let ahead = date.duration_since(SystemTime::now()).unwrap().as_secs();
    assert!((3500..=3600).contains(&ahead), "{ahead}");
    sandbox.set_clock_offset(-3600);
    assert_refused(&answer_to(&sandbox, json!({})), INVALID);
    assert_eq!(answer_to(&sandbox, json!({"iat": now() - 3600, "exp": now()})).status, 201);
}

#[test]
fn only_the_applications_signature_counts() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let token = sandbox.sign(&claims(&sandbox, json!({})));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let encode = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let forged = encode(claims(&sandbox, json!({"sub": "someone"})));
    let unsigned = encode(json!({"alg": "none", "typ": "JWT"}));
    // The signature is right, but the header names another algorithm.
    let misnamed = format!("{}.{payload}", encode(json!({"alg": "RS512", "typ": "JWT"})));
    let key = RsaPrivateKey::read_pkcs8_pem_file(sandbox.private_key_path()).unwrap();
    let misnamed_signature = SigningKey::<Sha256>::new(key).sign(misnamed.as_bytes()).to_bytes();
    let bad = [
        format!("{header}.{forged}.{signature}"),
        format!("{unsigned}.{payload}."),
        format!("{misnamed}.{}", BASE64_URL_SAFE_NO_PAD.encode(misnamed_signature)),
        format!("{header}.{payload}."),
        signed.to_owned(),
        "nonsense".to_owned(),
        String::new(),
    ];
    for token in bad {
        let answer = create_as(&sandbox, &token, EVENT);
        assert_eq!((answer.status, answer.code().as_str()), INVALID, "{token}");
    }
    let other = Sandbox::start(Options::default()).unwrap();
    assert_refused(&create_as(&sandbox, &other.new_token(), EVENT), INVALID);
    let good = request("POST", &events_of(&sandbox), &token, EVENT);
    assert_refused(&exchange(sandbox.base_url(), &good.replace("Bearer", "Basic")), INVALID);
    assert_refused(
        &exchange(sandbox.base_url(), &good.replace("Authorization", "X-Nothing")),
        INVALID,
    );
}

#[test]
fn a_subject_needs_a_sender() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let token = sandbox.sign(&claims(&sandbox, json!({"sub": "ann"})));
    let answer = create_as(&sandbox, &token, EVENT);
    assert_refused(&answer, (400, "http:error:validation-fail"));
    assert_eq!(answer.json()["invalid_parameters"][0]["name"], "from");
    let event = format!(r#"{{"type":"custom:a","from":"{}","body":{{}}}}"#, sandbox.member_id());
    assert_eq!(create_as(&sandbox, &token, &event).status, 201);
}

#[test]
fn the_acl_opens_paths_and_methods() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let id = sandbox.conversation_id();
    let with_paths = |paths: Value| answer_to(&sandbox, json!({"acl": {"paths": paths}}));
    let closed = [
        json!({}),
        json!({"/*/users/**": {}}),
        json!({"/*/conversations": {}}),
        json!({"/*/conversations/*": {}}),
        json!({"/v1/conversations/**": {}}),
        json!({"/*/conversations/**": {"methods": ["GET", "DELETE"]}}),
    ];
    for paths in closed {
        let answer = with_paths(paths.clone());
        assert_eq!((answer.status, answer.code().as_str()), FORBIDDEN, "{paths}");
    }
    let open = [
        json!({"/**": {}}),
        json!({"/*/conversations/**": {"methods": ["POST"], "filters": {}}}),
        json!({"/*/users/**": {}, "/v0.3/conversations/*/events": {}}),
        json!({format!("/*/conversations/{id}/events/**"): {}}),
    ];
    for paths in open {
        assert_eq!(with_paths(paths.clone()).status, 201, "{paths}");
    }
}
