//! Requests that go through a proxy, and their outcomes if the proxy fails.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use vce::{Outcome, Status};
use vce_sandbox::{Fault, FaultKind, Sandbox};

use crate::support::{client, create, created, failed, posts, tls_sandbox, within};

/// What a proxy does once it has read the head of a `CONNECT`.
#[derive(Clone)]
enum Manner {
    /// Connects and forwards everything.
    Tunnel,
    /// Answers these bytes and closes.
    Answer(&'static str),
    /// Answers that the tunnel is open, then closes.
    AnswerAndClose,
    /// Never answers.
    Silence,
}

/// A proxy on loopback that keeps the heads of its requests.
struct TestProxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl TestProxy {
    fn start(manner: Manner) -> TestProxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::default();
        let heads = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (manner, heads) = (manner.clone(), Arc::clone(&heads));
                thread::spawn(move || serve(stream, &manner, &heads));
            }
        });
        TestProxy { address, asked }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, manner: &Manner, heads: &Mutex<Vec<String>>) {
    let Some(head) = head(&mut stream) else { return };
    let target = head.split(' ').nth(1).unwrap().to_owned();
    heads.lock().unwrap().push(head);
    match manner {
        Manner::Silence => drop(stream.read(&mut [0; 64])),
        Manner::Answer(answer) => drop(stream.write_all(answer.as_bytes())),
        Manner::AnswerAndClose => drop(stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")),
        Manner::Tunnel => {
            let Ok(server) = TcpStream::connect(target) else { return };
            stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
            let (from, to) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || pass_on(from, to));
            pass_on(server, stream);
        }
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}

fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn through(sandbox: &Sandbox, proxy: &str, options: &[(&str, &str)]) -> vce::Client {
    let options: Vec<_> = [("proxy", proxy)].into_iter().chain(options.iter().copied()).collect();
    client(sandbox, &options)
}

#[test]
fn tls_goes_through_one_tunnel_and_the_proxy_sees_neither_token_nor_event() {
    let sandbox = tls_sandbox();
    let proxy = TestProxy::start(Manner::Tunnel);
    let url = proxy.url().replace("http://", "http://user:p%40ss%3Aword@");
    let client = through(&sandbox, &url, &[]);
    for _ in 0..3 {
        create(&client, &sandbox).unwrap();
    }
    assert_eq!((created(&sandbox), sandbox.connections().accepted), (3, 1));
    let asked = proxy.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let host = sandbox.base_url().strip_prefix("https://").unwrap();
    assert!(asked[0].starts_with(&format!("CONNECT {host} HTTP/1.1\r\n")), "{asked:?}");
    // user:p@ss:word
    assert!(asked[0].contains("Proxy-Authorization: Basic dXNlcjpwQHNzOndvcmQ=\r\n"), "{asked:?}");
    assert!(!asked[0].contains("Bearer"), "{asked:?}");
}

/// This machine may be unable to look the API's name up.
#[test]
fn the_proxy_looks_names_up() {
    let sandbox = tls_sandbox();
    let proxy = TestProxy::start(Manner::Answer("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    let client = through(
        &sandbox,
        &proxy.url(),
        &[("base_url", "https://no-such-host.invalid"), ("max_retries", "0")],
    );
    assert_eq!(failed(&client, &sandbox).status(), Status::Connect);
    assert!(proxy.asked()[0].starts_with("CONNECT no-such-host.invalid:443 "));
}

#[test]
fn without_a_tunnel_no_event_is_created() {
    let sandbox = tls_sandbox();
    for (manner, status) in [
        (Manner::Answer("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n"), Status::Connect),
        (
            Manner::Answer("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno"),
            Status::Connect,
        ),
        (
            Manner::Answer("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n\r\n"),
            Status::Connect,
        ),
        (Manner::Answer("HTTP/1.1 200 Conn"), Status::Connect),
        (Manner::Answer(""), Status::Connect),
        (Manner::Answer("SSH-2.0-x\r\n\r\n"), Status::Connect),
        (Manner::AnswerAndClose, Status::Tls),
    ] {
        let proxy = TestProxy::start(manner);
        let url = proxy.url().replace("http://", "http://user:hush@");
        let client = through(&sandbox, &url, &[("max_retries", "0")]);
        let error = failed(&client, &sandbox);
        assert_eq!((error.status(), error.outcome()), (status, Outcome::NotCreated), "{error}");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
        assert_eq!(proxy.asked().len(), 1, "{error}");
    }
    assert_eq!(posts(&sandbox), 0);
}

#[test]
fn a_silent_proxy_costs_no_more_than_connect_timeout() {
    let sandbox = tls_sandbox();
    let proxy = TestProxy::start(Manner::Silence);
    let client =
        through(&sandbox, &proxy.url(), &[("connect_timeout", "400ms"), ("max_retries", "0")]);
    let limit = Duration::from_millis(400);
    let error = within(limit, limit, || failed(&client, &sandbox));
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Timeout, Outcome::NotCreated),
        "{error}"
    );
}

/// The bytes are counted below TLS and the proxy's tunnel.
#[test]
fn bytes_sent_through_a_tunnel_are_counted() {
    let sandbox = tls_sandbox();
    let proxy = TestProxy::start(Manner::Tunnel);
    let client = through(&sandbox, &proxy.url(), &[]);
    sandbox.fault(Fault::from(FaultKind::Drop {}).creates());
    let error = failed(&client, &sandbox);
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Network, Outcome::MaybeCreated),
        "{error}"
    );
    assert_eq!(posts(&sandbox), 1);
}

#[test]
fn a_closed_idle_tunnel_causes_no_error() {
    let sandbox = tls_sandbox();
    let proxy = TestProxy::start(Manner::Tunnel);
    let client = through(&sandbox, &proxy.url(), &[("max_retries", "0")]);
    create(&client, &sandbox).unwrap();
    sandbox.close_idle_connections();
    thread::sleep(Duration::from_millis(100));
    create(&client, &sandbox).unwrap();
    assert_eq!((created(&sandbox), proxy.asked().len()), (2, 2));
}

#[test]
fn closing_ends_a_call_that_waits_for_a_proxy() {
    let sandbox = tls_sandbox();
    let proxy = TestProxy::start(Manner::Silence);
    let client = through(&sandbox, &proxy.url(), &[("connect_timeout", "20s")]);
    thread::scope(|scope| {
        let call = scope.spawn(|| failed(&client, &sandbox));
        while proxy.asked().is_empty() {
            thread::sleep(Duration::from_millis(5));
        }
        within(Duration::ZERO, Duration::ZERO, || client.close(Duration::ZERO)).unwrap_err();
        let error = call.join().unwrap();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::Closed, Outcome::NotCreated),
            "{error}"
        );
    });
}

#[test]
fn a_proxy_that_refuses_is_not_asked_again() {
    let sandbox = tls_sandbox();
    let proxy = TestProxy::start(Manner::Answer("HTTP/1.1 407 No\r\n\r\n"));
    let client = through(&sandbox, &proxy.url(), &[]);
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.is_retryable()), (Status::Connect, false), "{error}");
    assert_eq!(proxy.asked().len(), 1);
}

#[test]
fn a_proxy_that_fails_is_asked_again() {
    let sandbox = tls_sandbox();
    let proxy = TestProxy::start(Manner::Answer("HTTP/1.1 503 Busy\r\n\r\n"));
    let client = through(&sandbox, &proxy.url(), &[("max_retries", "2")]);
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.is_retryable()), (Status::Connect, true), "{error}");
    assert_eq!(proxy.asked().len(), 3);
}

/// Shells and containers may leave empty variables behind.
#[test]
fn an_empty_variable_names_no_proxy() {
    const INSIDE: &str = "VCE_TEST_EMPTY_PROXY";
    if std::env::var_os(INSIDE).is_some() {
        let sandbox = tls_sandbox();
        create(&through(&sandbox, "env", &[]), &sandbox).unwrap();
        return;
    }
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "proxy::an_empty_variable_names_no_proxy"]).env(INSIDE, "1");
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, "");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
