//! The top of the stack that ureq sees: TLS or not, one write for head and body, and the
//! evidence of whether any of it left.

use std::io::{self, Read as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::Error::InvalidCertificate;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use super::call::Call;
use super::{Fault, roots};
use crate::config::TlsRoots;
use crate::error::Status;

/// Makes connections that requests can be sent over.
pub struct RequestConnector {
    tls: Tls,
    has_proxy: bool,
}

/// What TLS needs, prepared when the first connection needs it.
struct Tls {
    roots: TlsRoots,
    ca_file: Option<Arc<RootCertStore>>,
    prepared: Mutex<Option<Arc<ClientConfig>>>,
}

impl RequestConnector {
    pub fn new(
        roots: TlsRoots,
        ca_file: Option<Arc<RootCertStore>>,
        has_proxy: bool,
    ) -> RequestConnector {
        RequestConnector { tls: Tls { roots, ca_file, prepared: Mutex::new(None) }, has_proxy }
    }
}

impl std::fmt::Debug for RequestConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestConnector").finish_non_exhaustive()
    }
}

impl<In: Transport> Connector<In> for RequestConnector {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Connection>, ureq::Error> {
        let Some(below) = chained else { return Ok(None) };
        let below = TransportAdapter::new(below.boxed(), details.current_time.clone());
        let link = if details.needs_tls() {
            let session = self.tls.session(details.uri.host().unwrap_or_default())?;
            Link::Tls(Box::new(handshake(session, below)?))
        } else {
            Link::Plain(below)
        };
        // ureq connects to a proxy by this same connector, with a configuration that has none.
        let to_proxy = self.has_proxy && details.config.proxy().is_none();
        let buffers = RequestBuffers {
            buffers: LazyBuffers::new(
                details.config.input_buffer_size(),
                details.config.output_buffer_size(),
            ),
            pending: 0,
        };
        Ok(Some(Connection { link, buffers, to_proxy }))
    }
}

impl Tls {
    fn session(&self, host: &str) -> Result<ClientConnection, ureq::Error> {
        let host = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|_| {
            Fault::lasting(Status::Tls, "the host's name is none that a certificate can hold")
        })?;
        let session = ClientConnection::new(self.prepare()?, name)
            .map_err(|error| Fault::lasting(Status::Tls, format!("TLS cannot start: {error}")))?;
        Ok(session)
    }

    fn prepare(&self) -> Result<Arc<ClientConfig>, Fault> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = &*prepared {
            return Ok(Arc::clone(config));
        }
        let roots = roots::load(self.roots, self.ca_file.as_deref())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Fault::lasting(Status::Tls, format!("TLS cannot start: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let config = Arc::new(config);
        *prepared = Some(Arc::clone(&config));
        Ok(config)
    }
}

fn handshake(
    mut session: ClientConnection,
    mut below: TransportAdapter,
) -> Result<StreamOwned<ClientConnection, TransportAdapter>, ureq::Error> {
    while session.is_handshaking() {
        if let Err(error) = session.complete_io(&mut below) {
            return Err(handshake_failure(error));
        }
    }
    Ok(StreamOwned::new(session, below))
}

fn handshake_failure(error: io::Error) -> ureq::Error {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(tls) = tls {
        let advice = match tls {
            InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            ) => "; ca_file adds authorities to trust",
            _ => "",
        };
        return Fault::lasting(Status::Tls, format!("the TLS handshake failed: {tls}{advice}"))
            .into();
    }
    match ureq::Error::from(error) {
        ureq::Error::Io(error) => Fault::transient(
            Status::Tls,
            format!("the connection broke off in the TLS handshake: {error}"),
        )
        .into(),
        other => other,
    }
}

/// A connection that serves one request after the other.
pub struct Connection {
    link: Link,
    buffers: RequestBuffers,
    /// It leads to a proxy, which is asked for a tunnel; the requests go through that.
    to_proxy: bool,
}

enum Link {
    Plain(TransportAdapter),
    Tls(Box<StreamOwned<ClientConnection, TransportAdapter>>),
}

impl Link {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Link::Plain(below) => below.write_all(bytes),
            Link::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Link::Plain(below) => below.read(buffer),
            Link::Tls(stream) => stream.read(buffer),
        }
    }

    /// Whether something arrived that no answer has used: it would be taken for the next one,
    /// or is TLS's farewell.
    fn has_unread(&mut self) -> bool {
        let unread = match self {
            Link::Plain(_) => false,
            Link::Tls(stream) => stream.conn.process_new_packets().map_or(true, |state| {
                state.plaintext_bytes_to_read() > 0 || state.peer_has_closed()
            }),
        };
        unread || !self.below().buffers().input().is_empty()
    }

    fn below(&mut self) -> &mut dyn Transport {
        match self {
            Link::Plain(below) => below.get_mut(),
            Link::Tls(stream) => stream.sock.get_mut(),
        }
    }
}

impl Connection {
    fn flush(&mut self) -> Result<(), ureq::Error> {
        let amount = std::mem::take(&mut self.buffers.pending);
        let output = self.buffers.buffers.output();
        let bytes = output.get(..amount).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        if self.to_proxy {
            return Ok(self.link.write_all(bytes)?);
        }
        Ok(Call::current()?.sending(amount, || self.link.write_all(bytes))?)
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.buffers.pending += amount;
        if self.to_proxy {
            return self.flush();
        }
        Call::current()?.exchanges();
        if self.buffers.is_nearly_full() { self.flush() } else { Ok(()) }
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        self.flush()?;
        let input = self.buffers.buffers.input_append_buf();
        if input.is_empty() {
            let size = self.buffers.input().len();
            return Err(ureq::Error::LargeResponseHeader(size, size));
        }
        let amount = match self.link.read(input) {
            // The server left without TLS's farewell; whether something is missing, the
            // answer's own framing tells.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            result => result?,
        };
        self.buffers.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        // Asked before a connection is kept for others: this call's cancellation is not theirs.
        if let Ok(call) = Call::current() {
            call.waits_for_nothing();
        }
        self.buffers.input().is_empty() && !self.link.has_unread() && self.link.below().is_open()
    }

    fn is_tls(&self) -> bool {
        matches!(self.link, Link::Tls(_))
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// Buffers that hold the request's head back until its body is there too, so that both leave
/// in one write.
struct RequestBuffers {
    buffers: LazyBuffers,
    pending: usize,
}

impl RequestBuffers {
    fn is_nearly_full(&mut self) -> bool {
        // Room for the largest body that the rules allow, and its envelope.
        const ROOM: usize = 6 * 1024;
        self.buffers.output().len() < self.pending + ROOM
    }
}

impl Buffers for RequestBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.buffers.output().get_mut(self.pending..).unwrap_or_default()
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let (tmp, output) = self.buffers.tmp_and_output();
        (tmp, output.get_mut(self.pending..).unwrap_or_default())
    }

    fn input(&self) -> &[u8] {
        self.buffers.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.buffers.input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.buffers.input_appended(amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.buffers.input_consume(amount);
    }

    fn can_use_input(&self) -> bool {
        self.buffers.can_use_input()
    }
}
