//! Sockets: a connect that can be cancelled, and a look at a connection that waits.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

#[cfg(unix)]
mod imp {
    use super::{Arc, Duration, SocketAddr, TcpStream, io};
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use rustix::net::{
        AddressFamily, RecvFlags, SocketFlags, SocketType, connect, recv, socket_with, sockopt,
    };

    pub fn connect_registered(
        address: SocketAddr,
        limit: Duration,
        register: impl FnOnce(&Arc<TcpStream>) -> io::Result<()>,
    ) -> io::Result<Arc<TcpStream>> {
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let socket = socket_with(
            family,
            SocketType::STREAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )?;
        let stream = Arc::new(TcpStream::from(socket));
        // Before the wait: shutting the socket down ends it.
        register(&stream)?;
        match connect(&*stream, &address) {
            Err(Errno::INPROGRESS) => wait_connected(&stream, limit)?,
            result => result?,
        }
        stream.set_nonblocking(false)?;
        Ok(stream)
    }

    fn wait_connected(stream: &TcpStream, limit: Duration) -> io::Result<()> {
        let start = std::time::Instant::now();
        loop {
            let left = limit.saturating_sub(start.elapsed());
            let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
            let mut fds = [PollFd::new(stream, PollFlags::OUT)];
            match poll(&mut fds, Some(&timeout)) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        sockopt::socket_error(stream)??;
        // Shut down while it connected: no error is pending, and no peer is there.
        stream.peer_addr().map(drop)
    }

    pub fn is_idle_and_open(stream: &TcpStream) -> bool {
        let mut byte = [0_u8; 1];
        let peeked = recv(stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT);
        // Anything else: end of stream, a reset, or bytes that nobody asked for.
        matches!(peeked, Err(Errno::WOULDBLOCK))
    }
}

#[cfg(not(unix))]
mod imp {
    use super::{Arc, Duration, SocketAddr, TcpStream, io};

    pub fn connect_registered(
        address: SocketAddr,
        limit: Duration,
        register: impl FnOnce(&Arc<TcpStream>) -> io::Result<()>,
    ) -> io::Result<Arc<TcpStream>> {
        let stream = Arc::new(TcpStream::connect_timeout(&address, limit)?);
        register(&stream)?;
        Ok(stream)
    }

    pub fn is_idle_and_open(stream: &TcpStream) -> bool {
        let probe = || {
            stream.set_nonblocking(true)?;
            let peeked = stream.peek(&mut [0]);
            stream.set_nonblocking(false)?;
            io::Result::Ok(peeked)
        };
        matches!(probe(), Ok(Err(error)) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

/// Connects within `limit`. `register` sees the socket before the wait begins: shutting it
/// down ends the wait (elsewhere than on Unix: only what comes after).
pub fn connect_registered(
    address: SocketAddr,
    limit: Duration,
    register: impl FnOnce(&Arc<TcpStream>) -> io::Result<()>,
) -> io::Result<Arc<TcpStream>> {
    imp::connect_registered(address, limit, register)
}

/// Whether a connection that waits for its next request can still be used.
pub fn is_idle_and_open(stream: &TcpStream) -> bool {
    imp::is_idle_and_open(stream)
}
