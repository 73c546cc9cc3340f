//! Creating, reading and deleting events.

use vce::{Outcome, Status};

use crate::support::{
    client, config, create, created, failed, posts, sandbox, server, tls_sandbox,
};

#[test]
fn an_event_is_created_and_read_back_over_tls() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[]);
    let body = r#"{ "fooBar" : 1.0, "n":123456789012345678901234567890, "ü":"\u00fc", "n":2 }"#;
    let event = client
        .create_event(
            sandbox.conversation_id(),
            "custom:order_paid",
            Some(sandbox.member_id()),
            body,
        )
        .unwrap();
    assert_eq!(event.event_type(), Some("custom:order_paid"));
    assert_eq!(event.from(), Some(sandbox.member_id()));
    assert!(event.timestamp().is_some_and(|at| at.ends_with('Z')));
    let sent = r#"{"fooBar":1.0,"n":123456789012345678901234567890,"ü":"\u00fc","n":2}"#;
    assert_eq!(event.body(), Some(sent));

    let again = client.get_event(sandbox.conversation_id(), event.id().unwrap()).unwrap();
    assert_eq!(again.body(), Some(sent));
    client.delete_event(sandbox.conversation_id(), event.id().unwrap()).unwrap();
    let stored = &sandbox.events(sandbox.conversation_id())[0];
    assert!(stored.deleted.is_some());
}

#[test]
fn the_request_is_as_vonage_documents_it_and_nothing_else() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("app_name", "my-shop/1.2"), ("language", "python/3.11.7")]);
    client
        .create_event(sandbox.conversation_id(), "custom:a-B_9", None, "{ \"your\" : \"data\" }\n")
        .unwrap();
    let request = &sandbox.requests()[0];
    assert_eq!(request.method, "POST");
    assert_eq!(request.path, format!("/v0.3/conversations/{}/events", sandbox.conversation_id()));
    assert_eq!(request.query, "");
    assert_eq!(request.version, "HTTP/1.1");
    assert_eq!(request.body, r#"{"type":"custom:a-B_9","body":{"your":"data"}}"#);
    let mut names: Vec<String> =
        request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    assert_eq!(
        names,
        ["accept", "authorization", "content-length", "content-type", "host", "user-agent"]
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("content-length"), Some(request.body.len().to_string().as_str()));
    let user_agent = format!("libvce/{} python/3.11.7 my-shop/1.2", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(user_agent.as_str()));
    assert!(request.header("authorization").unwrap().starts_with("Bearer ey"));
}

#[test]
fn v1_and_a_path_in_the_base_url() {
    let sandbox = sandbox();
    let v1 = client(&sandbox, &[("api_version", "v1")]);
    create(&v1, &sandbox).unwrap();
    assert!(sandbox.requests()[0].path.starts_with("/v1/conversations/"));
    let prefixed = client(&sandbox, &[("base_url", &format!("{}/gateway/", sandbox.base_url()))]);
    failed(&prefixed, &sandbox);
    assert!(sandbox.requests()[1].path.starts_with("/gateway/v0.3/conversations/"));
}

#[test]
fn a_thousand_events_take_one_token_and_one_connection() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[]);
    for _ in 0..1000 {
        create(&client, &sandbox).unwrap();
    }
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 1000);
    assert!(requests.iter().all(|request| request.token_id == requests[0].token_id));
    assert!(requests[0].token_id.is_some());
    assert_eq!(sandbox.connections().accepted, 1);
    assert_eq!(created(&sandbox), 1000);
}

#[test]
fn head_and_body_leave_in_one_write() {
    use std::io::{Read as _, Write as _};
    let (sizes, received) = std::sync::mpsc::channel();
    let url = server(move |mut stream| {
        let mut buffer = [0; 65536];
        let amount = stream.read(&mut buffer).unwrap();
        sizes.send(String::from_utf8_lossy(&buffer[..amount]).into_owned()).unwrap();
        stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"id\":1}").unwrap();
    });
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &url)]);
    create(&client, &sandbox).unwrap();
    let first_read = received.recv().unwrap();
    assert!(first_read.ends_with("\"body\":{\"k\":\"v\"}}"), "{first_read}");
}

#[test]
fn many_threads_share_a_client() {
    let sandbox = tls_sandbox();
    let client = client(&sandbox, &[]);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let (client, sandbox) = (&client, &sandbox);
            scope.spawn(move || {
                for n in 0..20 {
                    let body = format!("{{\"thread\":{thread},\"n\":{n}}}");
                    let event = client
                        .create_event(sandbox.conversation_id(), "custom:t", None, &body)
                        .unwrap();
                    assert_eq!(event.body(), Some(body.as_str()));
                }
            });
        }
    });
    assert_eq!(created(&sandbox), 320);
    let requests = sandbox.requests();
    assert!(requests.iter().all(|request| request.token_id == requests[0].token_id));
    assert!(sandbox.connections().accepted <= 16);
}

#[test]
fn invalid_input_is_not_sent_and_the_first_error_is_named() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let long = "a".repeat(101);
    for (conversation, event_type, from, body, status) in [
        ("", "", Some(""), "", Status::ConversationId),
        ("CON/1", "a", Some(""), "", Status::ConversationId),
        ("CON-1", "a", Some(""), "", Status::TypePrefix),
        ("CON-1", "custom:", Some(""), "", Status::TypeEmpty),
        ("CON-1", &format!("custom:{long}"), Some(""), "", Status::TypeTooLong),
        ("CON-1", "custom:.", Some(""), "", Status::TypeCharacter),
        ("CON-1", "custom:a", Some(""), "", Status::MemberId),
        ("CON-1", "custom:a", Some("MEM-1\r\nX: y"), "", Status::MemberId),
        ("CON-1", "custom:a", Some("MEM-1"), "", Status::BodyJson),
        ("CON-1", "custom:a", None, "[]", Status::BodyNotObject),
        (
            "CON-1",
            "custom:a",
            None,
            &format!("{{\"a\":\"{}\"}}", "x".repeat(4089)),
            Status::BodyTooLarge,
        ),
    ] {
        let error = client.create_event(conversation, event_type, from, body).unwrap_err();
        assert_eq!(error.status(), status);
        assert_eq!(error.outcome(), Outcome::NotCreated);
        assert!(!error.is_retryable());
        assert!(error.offset().is_some());
        assert!(error.answer().is_none());
    }
    assert_eq!(client.get_event("CON-1", "1/..").unwrap_err().status(), Status::EventId);
    assert_eq!(client.delete_event("CON-1", "").unwrap_err().status(), Status::EventId);
    assert_eq!(client.list_events("CON 1").unwrap_err().status(), Status::ConversationId);
    assert_eq!(posts(&sandbox), 0);
    assert_eq!(sandbox.connections().accepted, 0);
}

#[test]
fn each_client_has_its_own_type_rules() {
    let sandbox = vce_sandbox::Sandbox::start(vce_sandbox::Options {
        type_rules: vce_sandbox::TypeRules::Namespaced,
        ..Default::default()
    })
    .unwrap();
    let poll = |rules| {
        client(&sandbox, &[("type_rules", rules)])
            .create_event(sandbox.conversation_id(), "custom:poll:question", None, "{}")
            .map_err(|error| error.status())
    };
    assert_eq!(poll("documented").unwrap_err(), Status::TypeCharacter);
    assert!(poll("namespaced").is_ok());
    let off = client(&sandbox, &[("type_rules", "off")]);
    let error = off.create_event(sandbox.conversation_id(), "no prefix", None, "{}").unwrap_err();
    assert_eq!(error.status(), Status::BadRequest, "the server's rule, not libvce's");
    assert_eq!(posts(&sandbox), 2);
}

#[test]
fn a_client_copies_its_config_and_connects_to_nothing() {
    let sandbox = sandbox();
    let mut config = config(&sandbox, &[]);
    let client = vce::Client::new(&config).unwrap();
    assert_eq!(sandbox.connections().accepted, 0);
    config.set("base_url", Some("https://127.0.0.1:1")).unwrap();
    drop(config);
    create(&client, &sandbox).unwrap();
}

#[test]
fn an_untrusted_certificate_is_refused_before_the_request() {
    let sandbox = tls_sandbox();
    let other = tls_sandbox();
    for options in [
        &[("ca_file", other.ca_file().unwrap().to_str().unwrap())][..],
        &[("tls_roots", "bundled")],
    ] {
        let mut config = config(&sandbox, &[]);
        config.set("ca_file", None).unwrap();
        for (name, value) in options {
            config.set(name, Some(value)).unwrap();
        }
        let error = failed(&vce::Client::new(&config).unwrap(), &sandbox);
        assert_eq!(error.status(), Status::Tls, "{error}");
        assert_eq!(error.outcome(), Outcome::NotCreated);
        assert!(error.message().contains("ca_file"), "{error}");
    }
    assert_eq!(posts(&sandbox), 0);
}
