//! A connection as ureq sees it: with or without TLS, one write for head and body, and a count of
//! the bytes that were sent.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::{ClientConnection, StreamOwned};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, NextTimeout, Transport, TransportAdapter,
};

use super::attempt::Attempt;
use super::buffers::{self, RequestBuffers};
use super::interim;
use super::resolver::Resolver;
use super::tcp::{self, Tcp};
use super::tls::Tls;

/// Opens connections for requests.
pub struct Connector {
    pub resolver: Resolver,
    pub tls: Tls,
    pub has_proxy: bool,
    /// Counts the connections that were opened.
    pub opened: Arc<AtomicU64>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

/// Returns whether ureq asks for a connection to the proxy, and not for one through it. ureq uses
/// the same connector for both; for the first one its configuration has no proxy.
pub fn leads_to_proxy(has_proxy: bool, details: &ConnectionDetails<'_>) -> bool {
    has_proxy && details.config.proxy().is_none()
}

impl<In: Transport> ureq::unversioned::transport::Connector<In> for Connector {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        tunnel: Option<In>,
    ) -> Result<Option<Connection>, ureq::Error> {
        let carrier = match tunnel {
            Some(tunnel) => {
                let time = details.current_time.clone();
                Carrier::Tunnel(Box::new(TransportAdapter::new(tunnel.boxed(), time)))
            }
            None => {
                let connected = tcp::connect(&self.resolver.resolve(details.uri)?)
                    .inspect_err(|_| self.resolver.forget(details.uri))?;
                self.opened.fetch_add(1, Ordering::Relaxed);
                Carrier::Socket(connected)
            }
        };
        let link = if details.needs_tls() {
            let host = details.uri.host().unwrap_or_default();
            Link::Tls(Box::new(self.tls.connect(host, carrier)?))
        } else {
            Link::Plain(carrier)
        };
        let to_proxy = leads_to_proxy(self.has_proxy, details);
        // A request to the proxy is not the call's request.
        let size = if to_proxy { buffers::MAX_BYTES } else { Attempt::current()?.request_size() };
        let buffers = RequestBuffers::new(size);
        Ok(Some(Connection { link, buffers, to_proxy, awaits_head: true }))
    }
}

/// What carries the bytes.
#[derive(Default)]
enum Carrier {
    Socket(Tcp),
    /// Through a proxy.
    Tunnel(Box<TransportAdapter>),
    #[default]
    None,
}

impl Carrier {
    /// Returns whether no unexpected data and no end of the connection has arrived.
    fn is_quiet(&mut self) -> bool {
        match self {
            Carrier::Socket(socket) => socket.is_idle_and_open(),
            Carrier::Tunnel(tunnel) => {
                tunnel.get_mut().buffers().input().is_empty() && tunnel.get_mut().is_open()
            }
            Carrier::None => false,
        }
    }
}

impl io::Read for Carrier {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Carrier::Socket(socket) => socket.read(buffer),
            Carrier::Tunnel(tunnel) => tunnel.read(buffer),
            Carrier::None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl io::Write for Carrier {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Carrier::Socket(socket) => socket.write(bytes),
            Carrier::Tunnel(tunnel) => tunnel.write(bytes),
            Carrier::None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connection that serves one request after the other. The default value is not connected.
#[derive(Default)]
pub struct Connection {
    link: Link,
    buffers: RequestBuffers,
    /// It is a connection to a proxy, which makes a tunnel; the requests go through the tunnel.
    to_proxy: bool,
    /// The head of an answer is read next. After a proxy's first answer, all data belongs to the
    /// tunnel.
    awaits_head: bool,
}

enum Link {
    Plain(Carrier),
    Tls(Box<StreamOwned<ClientConnection, Carrier>>),
}

impl Default for Link {
    fn default() -> Link {
        Link::Plain(Carrier::None)
    }
}

impl Link {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Link::Plain(carrier) => carrier.write_all(bytes),
            Link::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Link::Plain(carrier) => carrier.read(buffer),
            Link::Tls(stream) => stream.read(buffer),
        }
    }

    /// Returns whether something was read that is not part of an answer: it would be taken for the
    /// next answer, or it is TLS's close_notify.
    fn has_unread(&mut self) -> bool {
        match self {
            Link::Plain(_) => false,
            Link::Tls(stream) => stream.conn.process_new_packets().map_or(true, |state| {
                state.plaintext_bytes_to_read() > 0 || state.peer_has_closed()
            }),
        }
    }

    fn carrier(&mut self) -> &mut Carrier {
        match self {
            Link::Plain(carrier) => carrier,
            Link::Tls(stream) => &mut stream.sock,
        }
    }
}

impl Connection {
    /// Makes room for a request of this size.
    pub fn make_room(&mut self, request: usize) {
        self.buffers.make_room(request);
    }

    /// Returns whether everything that was read was used: the rest would be taken for the next
    /// answer.
    pub fn is_clean(&mut self) -> bool {
        self.buffers.input().is_empty() && !self.link.has_unread()
    }

    /// Returns whether since the last answer no data and no end of the connection has arrived.
    pub fn is_quiet(&mut self) -> bool {
        self.link.carrier().is_quiet()
    }

    fn flush(&mut self) -> Result<(), ureq::Error> {
        let bytes = self.buffers.take();
        if bytes.is_empty() {
            return Ok(());
        }
        if self.to_proxy {
            return Ok(self.link.write_all(bytes)?);
        }
        let attempt = Attempt::current()?;
        // The head comes first, so the event's own bytes are never replaced.
        if attempt.request_bytes() == 0 {
            attempt.bearer().insert_into(bytes);
        }
        Ok(attempt.sending(bytes.len(), || self.link.write_all(bytes))?)
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.buffers.hold_back(amount);
        if self.to_proxy {
            return self.flush();
        }
        self.awaits_head = true;
        Attempt::current()?.exchanges();
        if self.buffers.is_full() { self.flush() } else { Ok(()) }
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        self.flush()?;
        let input = self.buffers.input_append_buf();
        if input.is_empty() {
            let size = self.buffers.input().len();
            return Err(ureq::Error::LargeResponseHeader(size, size));
        }
        let amount = match self.link.read(input) {
            // The server closed without TLS's close_notify. The answer's own length or framing
            // shows whether something is missing.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            result => result?,
        };
        self.buffers.input_appended(amount);
        if self.awaits_head {
            while let Some(size) = interim::size(self.buffers.input()) {
                self.buffers.input_consume(size);
            }
            self.awaits_head = interim::may_begin(self.buffers.input());
        }
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.is_clean() && self.is_quiet()
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
