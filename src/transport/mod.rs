//! HTTP through ureq: connections, TLS, proxies, time limits, and whether any byte of a request
//! was sent.

mod buffers;
mod attempt;
mod connection;
mod fault;
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

/// Makes what ureq makes at its first request behind a lock: a child that is forked at that moment
/// would wait for the lock forever. Sends nothing.
pub fn prepare() {
    let agent =
        ureq::Agent::with_parts(ureq::config::Config::default(), (), resolver::NoopResolver);
    // Without a connector there is no connection.
    let _ = agent.get("http://localhost").call();
}
