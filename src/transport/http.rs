//! Sends one request and receives its answer.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ureq::config::AutoHeaderValue;
use ureq::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER, USER_AGENT,
};
use ureq::http::{self, HeaderValue};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector as _};
use ureq::{Agent, Proxy};

use super::attempt::{Attempt, Phase};
use super::buffers;
use super::connection::Connector;
use super::fault::Fault;
use super::pool::{Held, Pool, Pooled};
use super::proxy;
use super::resolver::{self, Resolver};
use super::roots::CaFile;
use super::tls::Tls;
use crate::api::{Failure, Method, Reply, Request};
use crate::auth::Bearer;
use crate::calls::ActiveCall;
use crate::config::{Settings, TlsRoots};
use crate::error::{Error, Result, Status};
use crate::limit::Limit;
use crate::outcome::Evidence;

/// The headers with the server's trace id of a request.
static TRACE_IDS: [HeaderName; 2] =
    [HeaderName::from_static("x-nexmo-trace-id"), HeaderName::from_static("x-vonage-trace-id")];
const MAX_SUCCESS_BYTES: u64 = 1024 * 1024;
const MAX_ERROR_BYTES: u64 = 64 * 1024;

/// What transports are made from. It never changes, so a child process can use it.
pub struct TransportConfig {
    proxy: Option<Proxy>,
    ca_file: Option<CaFile>,
    tls_roots: TlsRoots,
    user_agent: HeaderValue,
    connections: usize,
    connect_timeout: Duration,
}

impl TransportConfig {
    /// Reads `ca_file` and the proxy variables, so that an error in them is reported at once.
    pub fn new(settings: &Settings) -> Result<TransportConfig> {
        Ok(TransportConfig {
            proxy: proxy::choose(settings)?,
            ca_file: settings.ca_file.as_deref().map(CaFile::read).transpose()?,
            tls_roots: settings.tls_roots,
            user_agent: user_agent(settings)?,
            connections: settings.connections,
            connect_timeout: settings.connect_timeout,
        })
    }

    /// Returns the proxy's URL, its password included; empty if there is no proxy.
    pub fn proxy_url(&self) -> String {
        self.proxy.as_ref().map_or_else(String::new, |proxy| proxy.uri().to_string())
    }

    /// Returns the digest of what was read from `ca_file`: the file may change while its path stays
    /// the same.
    pub fn ca_file_digest(&self) -> [u8; 32] {
        self.ca_file.as_ref().map_or_else(Default::default, |file| file.digest)
    }
}

fn user_agent(settings: &Settings) -> Result<HeaderValue> {
    let app = settings.app_name.as_ref().map_or_else(String::new, |app| format!(" {app}"));
    let version = env!("CARGO_PKG_VERSION");
    HeaderValue::try_from(format!("libvce/{version} {}{app}", settings.language)).map_err(|_| {
        Error::new(
            Status::Config,
            "the option app_name or language has a character that an HTTP header cannot have",
        )
    })
}

/// Connections to the API. Any thread may use it at any time.
#[derive(Debug)]
pub struct Transport {
    agent: Agent,
    pool: Arc<Pool>,
    opened: Arc<AtomicU64>,
    has_proxy: bool,
    user_agent: HeaderValue,
    connect_timeout: Duration,
}

impl Transport {
    pub fn new(spec: &TransportConfig) -> Transport {
        let opened = Arc::new(AtomicU64::new(0));
        let user_agent = spec.user_agent.to_str().unwrap_or_default().to_owned();
        let user_agent = AutoHeaderValue::Provided(Arc::new(user_agent));
        let config = Agent::config_builder()
            .proxy(spec.proxy.clone())
            // For requests to a proxy; other requests bring their own header.
            .user_agent(user_agent)
            .accept_encoding(AutoHeaderValue::None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .max_response_header_size(buffers::MAX_BYTES)
            .build();
        let has_proxy = spec.proxy.is_some();
        let connector = ().chain(ConnectProxyConnector::default()).chain(Connector {
            resolver: Resolver::shared(),
            tls: Tls::new(
                spec.tls_roots,
                spec.ca_file.as_ref().map(|file| Arc::clone(&file.store)),
            ),
            has_proxy,
            opened: Arc::clone(&opened),
        });
        let pool = Arc::new(Pool::new(spec.connections));
        let connector = Pooled { pool: Arc::clone(&pool), connector, has_proxy };
        Transport {
            agent: Agent::with_parts(config, connector, resolver::NoopResolver),
            pool,
            opened,
            has_proxy,
            user_agent: spec.user_agent.clone(),
            connect_timeout: spec.connect_timeout,
        }
    }

    /// Sends a request and receives its answer, of any status, within `limit`. The attempt began
    /// at `begun`. Also returns the connection, if it can be used again: the caller gives it back
    /// if the answer leaves no doubt.
    pub fn exchange(
        &self,
        request: &Request,
        bearer: &Arc<Bearer>,
        begun: Instant,
        limit: Limit,
        call: &Arc<ActiveCall>,
    ) -> std::result::Result<(Reply, Option<Held>), Failure> {
        let size = self.size(request, &bearer.placeholder);
        let connect_by = begun.checked_add(self.connect_timeout).unwrap_or(limit.deadline);
        let attempt = Attempt::new(call, limit, connect_by, size, Arc::clone(bearer));
        let entered = attempt.enter();
        let result = self.run(request, &bearer.placeholder);
        drop(entered);
        call.wait_ended();
        let connection = Held::take();
        let reply = result.map_err(|error| self.broken(&attempt, error))?;
        Ok((reply, connection))
    }

    /// Returns the most bytes that a request can have.
    fn size(&self, request: &Request, authorization: &HeaderValue) -> usize {
        // The method, the version, and the headers that are the same in every request.
        const ALWAYS: usize = 512;
        let body = request.body.as_ref().map_or(0, String::len);
        ALWAYS + request.url.len() + authorization.len() + self.user_agent.len() + body
    }

    fn run(
        &self,
        request: &Request,
        authorization: &HeaderValue,
    ) -> std::result::Result<Reply, ureq::Error> {
        let builder = http::Request::builder()
            .uri(&request.url)
            .header(AUTHORIZATION, authorization)
            .header(USER_AGENT, &self.user_agent)
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        let response = match (request.method, &request.body) {
            (Method::Post, body) => {
                let body = body.as_deref().unwrap_or_default();
                let json = HeaderValue::from_static("application/json");
                self.agent
                    .run(builder.method(http::Method::POST).header(CONTENT_TYPE, json).body(body)?)
            }
            (Method::Get, _) => self.agent.run(builder.method(http::Method::GET).body(())?),
            (Method::Delete, _) => self.agent.run(builder.method(http::Method::DELETE).body(())?),
        }?;
        let (parts, body) = response.into_parts();
        let mut reply = Reply {
            status: parts.status.as_u16(),
            date: parts.headers.get(DATE).cloned(),
            retry_after: text(&parts.headers, &RETRY_AFTER),
            trace_id: TRACE_IDS.iter().find_map(|name| text(&parts.headers, name)),
            body: Vec::new(),
            body_is_cut: false,
        };
        let is_success = parts.status.is_success();
        let most = if is_success { MAX_SUCCESS_BYTES } else { MAX_ERROR_BYTES };
        if is_success && body.content_length().is_some_and(|length| length > most) {
            reply.body_is_cut = true;
            return Ok(reply);
        }
        if let Some(length) = body.content_length() {
            // Never more than is read, plus one byte: reading it shows the end of the body.
            let length = usize::try_from(length.min(most)).unwrap_or_default();
            reply.body.reserve_exact(length + 1);
        }
        let read = body.into_reader().take(most + 1).read_to_end(&mut reply.body);
        match read {
            Ok(_) => {}
            // The status of a refusal is evidence enough; keep what arrived of its body.
            Err(_) if !is_success => reply.body_is_cut = true,
            Err(error) => return Err(ureq::Error::from(error)),
        }
        if reply.body.len() as u64 > most {
            reply.body_is_cut = true;
            reply.body.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        }
        Ok(reply)
    }

    fn broken(&self, attempt: &Attempt, error: ureq::Error) -> Failure {
        let (status, what, transient) = self.describe(attempt, error);
        let evidence = Evidence::of_sent_bytes(attempt.request_bytes());
        Failure::new(Error::new(status, what), evidence, transient)
    }

    fn describe(&self, attempt: &Attempt, error: ureq::Error) -> (Status, String, bool) {
        let connecting = attempt.phase() == Phase::Connecting;
        match error {
            ureq::Error::Other(other) => match other.downcast::<Fault>() {
                Ok(fault) => (fault.status, fault.message, fault.transient),
                Err(other) => (Status::Internal, format!("the HTTP client failed: {other}"), false),
            },
            ureq::Error::Timeout(_) if connecting && !attempt.is_overdue() => (
                Status::Timeout,
                format!("no connection within connect_timeout ({:?})", self.connect_timeout),
                true,
            ),
            ureq::Error::Timeout(_) => {
                let what = if connecting { "no connection" } else { "no complete answer" };
                (Status::Timeout, format!("{what} within {}", attempt.limit()), true)
            }
            ureq::Error::HostNotFound => {
                (Status::Connect, "the host has no address".to_owned(), true)
            }
            ureq::Error::ConnectProxyFailed(reason) => refused_by_proxy(&reason),
            ureq::Error::Io(error) if connecting => {
                (Status::Connect, format!("no connection: {error}"), true)
            }
            ureq::Error::Io(error) => {
                match error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
                    Some(tls) => (Status::Tls, format!("the TLS session failed: {tls}"), true),
                    None => (Status::Network, format!("the connection broke: {error}"), true),
                }
            }
            ureq::Error::Protocol(error) if connecting && self.has_proxy => {
                (Status::Connect, format!("the proxy's answer is invalid: {error}"), false)
            }
            ureq::Error::Protocol(error) => {
                (Status::Response, format!("the answer is not valid HTTP: {error}"), true)
            }
            ureq::Error::LargeResponseHeader(..) => (
                Status::Response,
                format!("the answer's head is larger than {} bytes", buffers::MAX_BYTES),
                true,
            ),
            ureq::Error::BodyStalled => {
                (Status::Response, "the answer's body is not valid HTTP".to_owned(), true)
            }
            other => (Status::Internal, format!("the HTTP client failed: {other}"), false),
        }
    }

    /// Returns how many connections were opened.
    pub fn connections_opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Says that threads of the library send with this transport.
    pub fn serves_threads(&self) {
        self.pool.serves_threads();
    }

    /// Closes the connections; a call that still uses one fails.
    pub fn shut_down(&self) {
        self.pool.close();
        self.agent.clone().shutdown();
    }
}

/// Reads the status of the proxy's answer, if there was one, from the end of `reason`.
fn refused_by_proxy(reason: &str) -> (Status, String, bool) {
    let status = reason.rsplit(['/', ' ']).next().and_then(|status| status.parse::<u16>().ok());
    match status {
        // Trying again with wrong credentials may lock an account.
        Some(status) => {
            let transient = matches!(status, 408 | 429 | 500..=599);
            (
                Status::Connect,
                format!("the proxy opened no connection: it answered with HTTP status {status}"),
                transient,
            )
        }
        None => (Status::Connect, format!("the proxy opened no connection: {reason}"), true),
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
