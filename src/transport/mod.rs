//! ureq: connections, TLS, proxies, time limits, and whether any byte of a request left.

mod buffers;
mod attempt;
mod connection;
mod http;
mod interim;
mod pool;
mod proxy;
mod resolver;
mod roots;
mod sessions;
mod tcp;
mod tls;

pub use http::{Transport, TransportConfig};

use crate::error::Status;

/// Makes what ureq makes at its first request and keeps behind a lock: a child of a fork at
/// that moment would wait for it for ever. Sends nothing.
pub fn prepare() {
    let agent =
        ureq::Agent::with_parts(ureq::config::Config::default(), (), resolver::NoopResolver);
    // Without a connector there is no connection.
    let _ = agent.get("http://localhost").call();
}

/// Why a connection could not be made or used, in words for a person.
///
/// Travels through ureq as its `Error::Other`.
#[derive(Debug)]
struct Fault {
    status: Status,
    message: String,
    transient: bool,
}

impl Fault {
    fn transient(status: Status, message: impl Into<String>) -> Fault {
        Fault { status, message: message.into(), transient: true }
    }

    fn permanent(status: Status, message: impl Into<String>) -> Fault {
        Fault { status, message: message.into(), transient: false }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for ureq::Error {
    fn from(fault: Fault) -> ureq::Error {
        ureq::Error::Other(Box::new(fault))
    }
}

/// The time limit passed; which one is known from the call.
fn timed_out() -> ureq::Error {
    ureq::Error::Timeout(ureq::Timeout::Global)
}
