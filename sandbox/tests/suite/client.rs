//! A client that writes requests and reads answers as bytes, so that no HTTP library changes them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use vce_sandbox::Sandbox;

/// Longer than anything here takes, so a test that is stuck fails.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines
            .into_iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

pub fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The request as text, without `Connection: close`.
pub fn request(method: &str, path: &str, token: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Everything until the other side closes.
pub fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// One answer, on a connection that may stay open.
pub fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        bytes.extend(byte);
    }
    let length =
        Answer::parse(&bytes).header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    bytes.extend(body);
    Answer::parse(&bytes)
}

/// Sends on a new connection.
pub fn exchange(url: &str, request: &str) -> Answer {
    let mut stream = connect(url);
    stream.write_all(request.as_bytes()).unwrap();
    read_answer(&mut stream)
}

pub fn send(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Answer {
    exchange(sandbox.base_url(), &request(method, path, &sandbox.new_token(), body))
}

/// Everything that a request receives until the connection ends.
pub fn send_and_read_to_end(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Vec<u8> {
    let mut stream = connect(sandbox.base_url());
    let request = request(method, path, &sandbox.new_token(), body);
    stream.write_all(request.as_bytes()).unwrap();
    read_to_end(&mut stream)
}

/// The path of the first conversation's events.
pub fn events_of(sandbox: &Sandbox) -> String {
    format!("/v0.3/conversations/{}/events", sandbox.conversation_id())
}

pub fn create(sandbox: &Sandbox, body: &str) -> Answer {
    send(sandbox, "POST", &events_of(sandbox), body)
}

pub const EVENT: &str = r#"{"type":"custom:a","body":{}}"#;

/// Sends a request to an admin endpoint.
pub fn admin(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Answer {
    exchange(sandbox.admin_url(), &request(method, path, "", body))
}

pub fn add_fault(sandbox: &Sandbox, fault: &str) {
    let answer = admin(sandbox, "POST", "/faults", fault);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// The ids of a list of events.
pub fn ids_of(events: &Value) -> Vec<u64> {
    events.as_array().unwrap().iter().map(|event| event["id"].as_u64().unwrap()).collect()
}
