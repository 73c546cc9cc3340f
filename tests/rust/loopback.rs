//! An API on this machine: its requests stay here, whatever the environment says.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Command;

use vce::{Client, Config, Status};

use crate::support::{client, config, create, sandbox, tls_sandbox};

/// Runs a test again in a process whose environment sets a proxy for everything.
fn with_proxy_variables(test: &str, run: impl FnOnce()) {
    if std::env::var_os("VCE_TEST_PROXIED").is_some() {
        return run();
    }
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    for names in [
        &["http_proxy", "https_proxy"][..],
        &["HTTP_PROXY", "HTTPS_PROXY"],
        &["all_proxy"],
        &["ALL_PROXY"],
    ] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", test, "--nocapture"]).env("VCE_TEST_PROXIED", "1");
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(name).env_remove(name.to_ascii_uppercase());
        }
        command.envs(names.iter().map(|name| (name, &url)));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let asked = proxy.accept().map(drop).map_err(|error| error.kind());
        assert_eq!(asked, Err(ErrorKind::WouldBlock), "{names:?}: the proxy was asked: {said}");
        assert!(output.status.success() && said.contains("1 passed"), "{names:?}: {output:?}");
    }
}

#[test]
fn this_machine_is_reached_without_the_environments_proxy() {
    with_proxy_variables(
        "loopback::this_machine_is_reached_without_the_environments_proxy",
        || {
            for sandbox in [sandbox(), tls_sandbox()] {
                let url = sandbox.base_url();
                for url in [url.to_owned(), url.replace("127.0.0.1", "LocalHost")] {
                    let client = client(&sandbox, &[("base_url", &url), ("proxy", "env")]);
                    create(&client, &sandbox).unwrap();
                }
            }
        },
    );
}

/// The system's resolver may find this machine for all of these names. Only those that are
/// certainly this machine allow plain HTTP without `allow_plain_http`.
#[test]
fn what_counts_as_this_machine() {
    let with_plain_http = |host: &str| {
        let sandbox = sandbox();
        Client::new(&config(&sandbox, &[("base_url", &format!("http://{host}:1"))]))
    };
    for host in ["127.0.0.1", "127.255.255.254", "[::1]", "[::ffff:127.0.0.1]", "localhost"] {
        with_plain_http(host).unwrap();
    }
    for host in [
        "localhost.",
        "localhost.localdomain",
        "a.localhost",
        "127.0.0.1.example",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "0.0.0.0",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[::127.0.0.1]",
    ] {
        let error = with_plain_http(host).unwrap_err();
        assert_eq!(error.status(), Status::Config, "{host}");
        assert!(error.message().contains("allow_plain_http"), "{host}: {error}");
    }
}

/// A proxy that is set as an option is always used, so the request leaves this machine.
#[test]
fn a_proxy_on_another_machine_sees_no_plain_token_without_permission() {
    let sandbox = sandbox();
    let through = |base_url: &str, proxy: &str, more: &[(&str, &str)]| {
        let mut options = vec![("base_url", base_url), ("proxy", proxy)];
        options.extend(more);
        Client::new(&config(&sandbox, &options))
    };
    for proxy in ["http://proxy.example:3128", "http://u:p@10.0.0.1:3128", "https://[2001:db8::1]"]
    {
        let error = through("http://localhost:1", proxy, &[]).unwrap_err();
        assert_eq!(error.status(), Status::Config, "{proxy}");
        assert!(error.message().contains("allow_plain_http"), "{error}");
        through("http://localhost:1", proxy, &[("allow_plain_http", "true")]).unwrap();
        through("https://localhost:1", proxy, &[]).unwrap();
    }
    for proxy in ["http://127.0.0.1:3128", "http://localhost:3128", "http://u:p@[::1]:3128"] {
        through("http://localhost:1", proxy, &[]).unwrap();
    }
    // The error of an invalid proxy names the mistake.
    let error = through("http://localhost:1", "socks5://127.0.0.1", &[]).unwrap_err();
    assert!(error.message().contains("SOCKS"), "{error}");
    let mut config = Config::new();
    config.set("proxy", Some("http://")).unwrap();
    assert_eq!(Client::new(&config).unwrap_err().status(), Status::Config);
}
