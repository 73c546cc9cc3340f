//! Handles with equal settings share one engine if `engine=shared`.

use std::time::Duration;

use vce::{Client, Status};
use vce_sandbox::{FaultKind, Sandbox};

use crate::support::{config, create, failed, posts, tls_sandbox};

fn shared(sandbox: &Sandbox, options: &[(&str, &str)]) -> Client {
    let mut config = config(sandbox, options);
    config.set("engine", Some("shared")).unwrap();
    Client::new(&config).unwrap()
}

fn connections_and_tokens(sandbox: &Sandbox) -> (u64, usize) {
    let mut tokens: Vec<_> =
        sandbox.requests().into_iter().filter_map(|request| request.token_id).collect();
    tokens.sort();
    tokens.dedup();
    (sandbox.connections().accepted, tokens.len())
}

#[test]
fn handles_with_equal_settings_share_connection_and_token_also_one_after_the_other() {
    let sandbox = tls_sandbox();
    for _ in 0..10 {
        create(&shared(&sandbox, &[]), &sandbox).unwrap();
    }
    assert_eq!(connections_and_tokens(&sandbox), (1, 1));
    let pem = std::fs::read_to_string(sandbox.private_key_path()).unwrap();
    // The same key from another option, and an option that is set to its default.
    create(&shared(&sandbox, &[("private_key", &pem), ("timeout", "30s")]), &sandbox).unwrap();
    assert_eq!(connections_and_tokens(&sandbox), (1, 1));
}

#[test]
fn handles_that_differ_in_anything_share_nothing() {
    let sandbox = tls_sandbox();
    create(&shared(&sandbox, &[]), &sandbox).unwrap();
    create(&shared(&sandbox, &[("timeout", "31s")]), &sandbox).unwrap();
    create(&shared(&sandbox, &[("token", &sandbox.new_token())]), &sandbox).unwrap();
    create(&Client::new(&config(&sandbox, &[])).unwrap(), &sandbox).unwrap();
    assert_eq!(connections_and_tokens(&sandbox), (4, 4));
}

/// A program may get a new token for each request that it serves.
#[test]
fn handles_of_one_account_share_an_engine_and_each_has_its_own_token() {
    let sandbox = tls_sandbox();
    for _ in 0..5 {
        let token = sandbox.new_token();
        let client = shared(&sandbox, &[("token", &token)]);
        create(&client, &sandbox).unwrap();
        client.enqueue_event(sandbox.conversation_id(), "custom:test", None, "{}", 1).unwrap();
        assert!(client.poll(Duration::from_secs(60)).unwrap().event().is_some());
        let sent = sandbox.requests().split_off(sandbox.requests().len() - 2);
        let authorization = format!("Bearer {token}");
        for request in sent {
            assert_eq!(request.header("authorization"), Some(&*authorization));
        }
    }
    let (connections, tokens) = connections_and_tokens(&sandbox);
    assert_eq!((connections, tokens), (1, 5));
    // One token names another application, the other none.
    let claims = serde_json::json!({"application_id": "another", "iat": 1, "jti": "1"});
    failed(&shared(&sandbox, &[("token", &sandbox.sign(&claims))]), &sandbox);
    failed(&shared(&sandbox, &[("token", "a.b.c")]), &sandbox);
    assert_eq!(sandbox.connections().accepted, 3);
}

#[test]
fn a_changed_ca_file_makes_another_engine_and_a_moved_one_does_not() {
    let (sandbox, other) = (tls_sandbox(), tls_sandbox());
    let directory = tempfile::tempdir().unwrap();
    let [path, moved] = ["ca.pem", "moved.pem"].map(|name| directory.path().join(name));
    let trusting =
        |path: &std::path::Path| shared(&sandbox, &[("ca_file", path.to_str().unwrap())]);
    std::fs::copy(other.ca_file().unwrap(), &path).unwrap();
    assert_eq!(failed(&trusting(&path), &sandbox).status(), Status::Tls);
    std::fs::copy(sandbox.ca_file().unwrap(), &path).unwrap();
    create(&trusting(&path), &sandbox).unwrap();
    std::fs::copy(&path, &moved).unwrap();
    create(&trusting(&moved), &sandbox).unwrap();
    // The refused client made a connection too.
    assert_eq!(sandbox.connections().accepted, 2);
    std::fs::write(&path, "").unwrap();
    let mut config = config(&sandbox, &[("engine", "shared")]);
    config.set("ca_file", path.to_str()).unwrap();
    assert_eq!(Client::new(&config).unwrap_err().status(), Status::Config);
}

#[test]
fn a_client_that_lives_for_one_event_resumes_the_tls_session_of_the_one_before() {
    let sandbox = tls_sandbox();
    for _ in 0..5 {
        create(&Client::new(&config(&sandbox, &[])).unwrap(), &sandbox).unwrap();
    }
    let connections = sandbox.connections();
    assert_eq!((connections.accepted, connections.tls_resumed), (5, 4));
}

#[test]
fn closing_a_handle_cancels_its_own_calls_only() {
    let sandbox = tls_sandbox();
    let (first, second) = (shared(&sandbox, &[]), shared(&sandbox, &[]));
    sandbox.fault(FaultKind::Hang {});
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| failed(&first, &sandbox));
        while posts(&sandbox) == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        create(&second, &sandbox).unwrap();
        second.close(Duration::ZERO).unwrap();
        assert!(!hanging.is_finished());
        assert_eq!(first.close(Duration::ZERO).unwrap_err().status(), Status::Timeout);
        assert_eq!(hanging.join().unwrap().status(), Status::Closed);
    });
    create(&shared(&sandbox, &[]), &sandbox).unwrap();
    assert_eq!(sandbox.connections().accepted, 2, "the engine outlives its handles");
}

#[test]
fn engines_differ_if_any_option_differs() {
    let sandbox = tls_sandbox();
    create(&shared(&sandbox, &[]), &sandbox).unwrap();
    for (count, (name, value)) in (2..).zip([
        ("application_id", "6f5e3a1c-0000-4000-8000-000000000001"),
        ("subject", "ann"),
        ("acl", r#"{"paths":{}}"#),
        ("token_ttl", "29m"),
        ("timeout", "29s"),
        ("timeout", "28s"),
        ("connect_timeout", "29s"),
        ("retry_backoff_max", "29s"),
        ("max_retries", "29"),
        ("connections", "29"),
        ("delivery", "at_least_once"),
        ("rate_limit", "29/s"),
        ("tls_roots", "bundled"),
        ("app_name", "a/29"),
        ("language", "b/29"),
    ]) {
        let (client, from) = (shared(&sandbox, &[(name, value)]), sandbox.member_id());
        // The sandbox refuses some of them.
        let _ = client.create_event(sandbox.conversation_id(), "custom:a", Some(from), "{}");
        assert_eq!(sandbox.connections().accepted, count, "{name}");
    }
}

#[test]
fn an_option_reset_to_its_default_makes_no_other_engine() {
    let sandbox = tls_sandbox();
    create(&shared(&sandbox, &[]), &sandbox).unwrap();
    let mut config = config(&sandbox, &[("engine", "shared"), ("timeout", "31s")]);
    config.set("timeout", None).unwrap();
    create(&Client::new(&config).unwrap(), &sandbox).unwrap();
    assert_eq!(connections_and_tokens(&sandbox), (1, 1));
}
