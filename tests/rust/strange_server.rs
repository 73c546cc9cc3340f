//! A server whose answers to creations and lists a test decides.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use vce::{Client, Config, Event, Result};

use crate::support::{read_request, server};

pub const KEY: &str = "the-key";
pub const KEYED_BODY: &str = r#"{"vce_key":"the-key"}"#;

/// Creates an event with the key.
pub fn create(client: &Client) -> Result<Event> {
    client.create_event("CON-1", "custom:a", None, KEYED_BODY)
}

/// A request as the server sees it.
pub struct Asked {
    /// How many of its method came before, on all connections.
    pub number: usize,
    pub is_post: bool,
    /// Its text, head and body.
    pub text: String,
}

/// What the server does with it.
#[derive(Clone)]
pub enum Reply {
    Answer(String),
    /// The connection is closed.
    Drop,
    /// Nothing happens until the client closes.
    Hang,
}

/// A server whose answers a test decides.
pub struct Api {
    url: String,
    posts: Arc<AtomicUsize>,
    lists: Arc<AtomicUsize>,
    /// The connection of each request.
    connections: Arc<Mutex<Vec<usize>>>,
}

impl Api {
    pub fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Api {
        let posts = Arc::new(AtomicUsize::new(0));
        let lists = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let counters = (Arc::clone(&posts), Arc::clone(&lists), Arc::clone(&connections));
        let opened = AtomicUsize::new(0);
        let url = server(move |mut stream: TcpStream| {
            let connection = opened.fetch_add(1, Ordering::SeqCst);
            while let Some(text) = read_request(&mut stream) {
                let is_post = text.starts_with("POST");
                let counter = if is_post { &counters.0 } else { &counters.1 };
                let number = counter.fetch_add(1, Ordering::SeqCst);
                counters.2.lock().unwrap().push(connection);
                match answer(&Asked { number, is_post, text }) {
                    Reply::Answer(answer) => {
                        if stream.write_all(answer.as_bytes()).is_err() {
                            return;
                        }
                    }
                    Reply::Drop => return,
                    Reply::Hang => {
                        read_request(&mut stream);
                        return;
                    }
                }
            }
        });
        Api { url, posts, lists, connections }
    }

    pub fn posts(&self) -> usize {
        self.posts.load(Ordering::SeqCst)
    }

    pub fn lists(&self) -> usize {
        self.lists.load(Ordering::SeqCst)
    }

    /// The connection of each request so far.
    pub fn connections(&self) -> Vec<usize> {
        self.connections.lock().unwrap().clone()
    }

    /// A client that looks up what is in doubt, with `options`.
    pub fn client(&self, options: &[(&str, &str)]) -> Client {
        let mut config = Config::new();
        for (name, value) in [
            ("token", "a.b.c"),
            ("base_url", &*self.url),
            ("proxy", "none"),
            ("retry_backoff", "1ms"),
            ("delivery", "effectively_once"),
            ("lookup_delay", "5ms"),
        ] {
            config.set(name, Some(value)).unwrap();
        }
        for (name, value) in options {
            config.set(name, Some(value)).unwrap();
        }
        Client::new(&config).unwrap()
    }
}

pub fn http(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Answer(format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"))
}

pub fn ok(body: &str) -> Reply {
    http("200 OK", "", body)
}

/// An answer of a server whose clock shows this.
pub fn dated(at: SystemTime, body: &str) -> Reply {
    http("200 OK", &format!("Date: {}\r\n", httpdate::fmt_http_date(at)), body)
}

/// An event with this key and timestamp; without a timestamp if that is empty.
pub fn event(key: &str, timestamp: &str) -> String {
    let timestamp =
        if timestamp.is_empty() { String::new() } else { format!(r#""timestamp":"{timestamp}","#) };
    format!(r#"{{"id":1,"type":"custom:a",{timestamp}"body":{{"vce_key":"{key}"}}}}"#)
}

pub fn page(events: &[String], next: Option<&str>) -> String {
    let next = next.map_or(String::new(), |query| format!(r#""next":{{"href":"/x?{query}"}}"#));
    format!(r#"{{"_embedded":[{}],"_links":{{{next}}}}}"#, events.join(","))
}

/// The time so many seconds ago.
pub fn ago(seconds: u64) -> String {
    let at = SystemTime::now() - Duration::from_secs(seconds);
    humantime::format_rfc3339_millis(at).to_string()
}
