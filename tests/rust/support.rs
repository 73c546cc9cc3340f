//! Clients for a sandbox.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use vce::{Client, Config, Error, Event, Result};
use vce_sandbox::{Options, Sandbox};

/// A sandbox without TLS, which most tests do not need.
pub fn sandbox() -> Sandbox {
    Sandbox::start(Options::default()).unwrap()
}

pub fn tls_sandbox() -> Sandbox {
    Sandbox::start(Options { tls: true, ..Options::default() }).unwrap()
}

/// The configuration of the sandbox's user, and then `options`.
pub fn config(sandbox: &Sandbox, options: &[(&str, &str)]) -> Config {
    let mut config = Config::new();
    config.set("application_id", Some(sandbox.application_id())).unwrap();
    config.set("private_key_path", sandbox.private_key_path().to_str()).unwrap();
    config.set("base_url", Some(sandbox.base_url())).unwrap();
    config.set("ca_file", sandbox.ca_file().and_then(|path| path.to_str())).unwrap();
    config.set("proxy", Some("none")).unwrap();
    // Most tests are not about the back-off, so they should not wait for it.
    config.set("retry_backoff", Some("1ms")).unwrap();
    for (name, value) in options {
        config.set(name, Some(value)).unwrap();
    }
    config
}

pub fn client(sandbox: &Sandbox, options: &[(&str, &str)]) -> Client {
    Client::new(&config(sandbox, options)).unwrap()
}

pub fn create(client: &Client, sandbox: &Sandbox) -> Result<Event> {
    client.create_event(sandbox.conversation_id(), "custom:test", None, r#"{"k":"v"}"#)
}

/// The error of a creation that must fail.
pub fn failed(client: &Client, sandbox: &Sandbox) -> Error {
    create(client, sandbox).unwrap_err()
}

/// How many of the requests that the sandbox saw would create an event.
pub fn posts(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|request| request.method == "POST").count()
}

pub fn created(sandbox: &Sandbox) -> usize {
    sandbox.events(sandbox.conversation_id()).len()
}

/// Runs `call` and asserts that it takes at least `least` and at most `timeout` plus 250 ms, as
/// libvce promises.
pub fn within<T>(least: Duration, timeout: Duration, call: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = call();
    let took = start.elapsed();
    assert!(took >= least, "took only {took:?}");
    assert!(took <= timeout + Duration::from_millis(250), "took {took:?}");
    result
}

/// Starts a server on its own thread: `serve` gets each connection.
pub fn server(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = std::sync::Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(std::result::Result::ok) {
            let serve = std::sync::Arc::clone(&serve);
            std::thread::spawn(move || serve(stream));
        }
    });
    url
}

/// Reads one request with a `Content-Length`; `None` at the end of the connection.
pub fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut byte = [0];
    loop {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned)
                })
                .map_or(0, |length| length.trim().parse().unwrap());
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
    }
}
