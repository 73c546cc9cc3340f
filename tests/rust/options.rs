//! The option table: valid values, invalid values, and its documentation.

use serde_json::Value;
use vce::{Client, Config, OPTIONS, Status};

use crate::support::{config, sandbox};

#[test]
fn valid_values() {
    for (name, value) in [
        ("application_id", "6F5E3A1C-0000-4000-8000-000000000001"),
        ("token_ttl", "30s"),
        ("token_ttl", "24h"),
        ("base_url", "https://api-eu.vonage.com"),
        ("base_url", "https://api.nexmo.com:8443/prefix/"),
        ("base_url", "http://localhost:8080"),
        ("base_url", "http://[::1]:8080"),
        ("timeout", "250ms"),
        ("timeout", "15m"),
        ("rate_limit", "15/s"),
        ("rate_limit", "0.5/s"),
        ("rate_limit", "0.001/s"),
        ("rate_limit", "1000000/s"),
        ("queue_max_bytes", "4096"),
        ("queue_max_bytes", "64KiB"),
        ("proxy", "none"),
        ("acl", "{\"paths\":{}}"),
        ("app_name", "my-shop/1.2"),
    ] {
        Config::new()
            .set(name, Some(value))
            .unwrap_or_else(|error| panic!("{name}={value}: {error}"));
    }
}

#[test]
fn invalid_values() {
    for (name, value) in [
        ("application_id", "abc"),
        ("application_id", "{6f5e3a1c-0000-4000-8000-000000000001}"),
        ("private_key", ""),
        ("private_key_path", ""),
        ("token", "not.a jwt.x"),
        ("token", "a.b.c\r\nX: y"),
        ("token", "a.b"),
        ("acl", "[]"),
        ("acl", "{"),
        ("token_ttl", "29s"),
        ("token_ttl", "25h"),
        ("base_url", "api.nexmo.com"),
        ("base_url", "ftp://api.nexmo.com"),
        ("base_url", "https://"),
        ("base_url", "https://user:hush@api.nexmo.com"),
        ("base_url", "https://api.nexmo.com/?a=b"),
        ("base_url", "https://api.nexmo.com/#a"),
        ("base_url", "https://api.nexmo.com/\r\nX: y"),
        ("api_version", "v2"),
        ("type_rules", "none"),
        ("timeout", "5"),
        ("timeout", "0s"),
        ("timeout", "-1s"),
        ("timeout", "soon"),
        ("timeout", "99999999999999999999s"),
        ("max_retries", "-1"),
        ("max_retries", "many"),
        ("delivery", "exactly_once"),
        ("rate_limit", "15"),
        ("rate_limit", "0/s"),
        ("rate_limit", "NaN/s"),
        ("rate_limit", "1e3/s"),
        ("rate_limit", "./s"),
        ("rate_limit", "0.0001/s"),
        ("rate_limit", "1000001/s"),
        ("rate_limit", "-1/s"),
        ("connections", "0"),
        ("queue_max_events", "0"),
        ("queue_max_bytes", "0"),
        ("queue_max_bytes", "1MB"),
        ("queue_max_bytes", "99999999999GiB"),
        ("reports", "some"),
        ("engine", "mine"),
        ("allow_plain_http", "yes"),
        ("app_name", "my shop"),
        ("app_name", "my-shop/1 2"),
        ("app_name", "my-shop/1\r\nX: y"),
        ("language", "python"),
        ("tls_roots", "mine"),
        ("Timeout", "5s"),
        ("", ""),
    ] {
        let error = Config::new().set(name, Some(value)).unwrap_err();
        assert_eq!(error.status(), Status::Config, "{name}={value}");
        assert!(!error.message().contains(['\r', '\n']), "{name}={value}: {error}");
        assert!(!error.message().contains("hush"), "{error}");
    }
}

#[test]
fn a_refused_value_changes_nothing_and_none_restores_the_default() {
    let sandbox = sandbox();
    let mut config = config(&sandbox, &[]);
    config.set("base_url", Some("nonsense")).unwrap_err();
    let client = Client::new(&config).unwrap();
    client.create_event(sandbox.conversation_id(), "custom:a", None, "{}").unwrap();
    for option in OPTIONS {
        config.set(option.name, None).unwrap();
    }
    // The configuration is as new: nothing that was set is left.
    assert_eq!(Client::new(&config).unwrap_err().status(), Status::Credentials);
}

#[test]
fn plain_http_needs_permission_unless_it_stays_on_this_machine() {
    let sandbox = sandbox();
    let mut config = config(&sandbox, &[("base_url", "http://api.nexmo.com")]);
    let error = Client::new(&config).unwrap_err();
    assert_eq!(error.status(), Status::Config);
    assert!(error.message().contains("allow_plain_http"), "{error}");
    config.set("allow_plain_http", Some("true")).unwrap();
    Client::new(&config).unwrap();
}

#[test]
fn invalid_ca_files() {
    let sandbox = sandbox();
    let key = sandbox.private_key_path().to_str().unwrap();
    for path in ["/nowhere/ca.pem", "/tmp", key, "/dev/null"] {
        let error = Client::new(&config(&sandbox, &[("ca_file", path)])).unwrap_err();
        assert_eq!(error.status(), Status::Config, "{path}: {error}");
        assert!(error.message().contains("ca_file") && error.message().contains(path), "{error}");
    }
}

/// The README's table is generated from the one in the code: run with VCE_WRITE_DOCS=1 to
/// write it.
#[test]
fn every_option_is_documented() {
    const BEGIN: &str = "<!-- options: generated -->\n";
    const END: &str = "<!-- /options -->";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let mut expected = String::from("| option | default | |\n|---|---|---|\n");
    for option in OPTIONS {
        let default = option.default.map_or_else(String::new, |default| format!("`{default}`"));
        expected += &format!("| `{}` | {default} | {} |\n", option.name, option.doc);
    }
    if std::env::var_os("VCE_WRITE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
    } else {
        assert_eq!(table, expected, "run with VCE_WRITE_DOCS=1 to write it");
    }
}

/// What the library's answers to a few values show of an option's kind. A path is text to it.
fn kind(name: &str) -> &'static str {
    let takes = |value| Config::new().set(name, Some(value)).is_ok();
    for (kind, valid, invalid) in [
        ("duration", "5m", "5"),
        ("size", "64KiB", "64KB"),
        ("boolean", "true", "yes"),
        ("integer", "4", "four"),
        ("object", "{}", "[]"),
    ] {
        if takes(valid) && !takes(invalid) {
            return kind;
        }
    }
    "text"
}

/// The bindings convert values by these kinds.
#[test]
fn every_option_is_in_the_vectors() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/options.json");
    let vectors: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let listed: Vec<&str> = vectors.iter().map(|row| row["name"].as_str().unwrap()).collect();
    let options: Vec<&str> = OPTIONS.iter().map(|option| option.name).collect();
    assert_eq!(listed, options, "tests/vectors/options.json must list the same options");
    for (option, row) in OPTIONS.iter().zip(&vectors) {
        let name = option.name;
        assert_eq!(row["default"].as_str(), option.default, "the default of {name}");
        let expected = if row["kind"] == "path" { "text" } else { row["kind"].as_str().unwrap() };
        assert_eq!(kind(name), expected, "the kind of {name}");
    }
}

#[test]
fn an_invalid_port_is_refused() {
    for url in ["https://localhost:99999", "https://localhost:0", "https://localhost:"] {
        let error = vce::Config::new().set("base_url", Some(url)).unwrap_err();
        assert_eq!(error.status(), Status::Config, "{url}");
    }
}

/// Values that become part of a token or a header have a maximum length, so that they fit into a
/// request.
#[test]
fn the_longest_values() {
    for (name, most, before) in
        [("subject", 1024, ""), ("token", 8192, "a.b."), ("app_name", 128, "a/")]
    {
        let value = |length: usize| format!("{before}{}", "x".repeat(length - before.len()));
        Config::new().set(name, Some(&value(most))).unwrap();
        let error = Config::new().set(name, Some(&value(most + 1))).unwrap_err();
        assert_eq!(error.status(), Status::Config, "{name}");
    }
}

#[test]
fn an_application_id_in_capitals_is_the_same() {
    let sandbox = sandbox();
    let id = sandbox.application_id().to_ascii_uppercase();
    let client = Client::new(&config(&sandbox, &[("application_id", &id)])).unwrap();
    client.create_event(sandbox.conversation_id(), "custom:a", None, "{}").unwrap();
}

#[test]
fn this_machine_by_any_name_needs_no_tls() {
    let sandbox = sandbox();
    for url in ["http://localhost:1", "http://LOCALHOST", "http://[::1]:1", "http://127.9.9.9:1"] {
        Client::new(&config(&sandbox, &[("base_url", url)])).unwrap();
    }
    for url in ["http://localhost.example", "http://10.0.0.1", "http://[::2]"] {
        Client::new(&config(&sandbox, &[("base_url", url)])).unwrap_err();
    }
}

#[test]
fn a_huge_ca_file_is_not_read() {
    let sandbox = sandbox();
    let path = std::env::temp_dir().join(format!("vce-huge-ca-{}", std::process::id()));
    std::fs::File::create(&path).unwrap().set_len((16 << 20) + 1).unwrap();
    let result = Client::new(&config(&sandbox, &[("ca_file", path.to_str().unwrap())]));
    std::fs::remove_file(&path).unwrap();
    let error = result.unwrap_err();
    assert_eq!(error.status(), Status::Config);
    assert!(error.message().contains("16 MiB"), "{error}");
}
