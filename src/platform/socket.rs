//! Sockets: a connect that can be cancelled, and a check whether an idle connection is still open.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

#[cfg(unix)]
mod imp {
    use super::{Arc, Duration, SocketAddr, TcpStream, io};
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use rustix::net::{AddressFamily, RecvFlags, SocketType, connect, recv, sockopt};
    use std::os::fd::OwnedFd;

    pub fn connect_registered(
        address: SocketAddr,
        limit: Duration,
        register: impl FnOnce(&Arc<TcpStream>) -> io::Result<()>,
    ) -> io::Result<Arc<TcpStream>> {
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let stream = Arc::new(TcpStream::from(new_socket(family)?));
        // Before the wait, because shutting the socket down ends the wait.
        register(&stream)?;
        match connect(&*stream, &address) {
            Err(Errno::INPROGRESS) => wait_connected(&stream, limit)?,
            result => result?,
        }
        stream.set_nonblocking(false)?;
        Ok(stream)
    }

    /// A socket whose connect does not block. Programs that this process starts do not inherit it.
    #[cfg(not(target_vendor = "apple"))]
    fn new_socket(family: AddressFamily) -> io::Result<OwnedFd> {
        use rustix::net::{SocketFlags, socket_with};
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        Ok(socket_with(family, SocketType::STREAM, flags, None)?)
    }

    /// Apple's systems take no flags when they make a socket. They also have no flag for sends that
    /// prevents SIGPIPE, so the socket gets an option for that.
    #[cfg(target_vendor = "apple")]
    fn new_socket(family: AddressFamily) -> io::Result<OwnedFd> {
        let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
        rustix::io::ioctl_fioclex(&socket)?;
        rustix::io::ioctl_fionbio(&socket, true)?;
        sockopt::set_socket_nosigpipe(&socket, true)?;
        Ok(socket)
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
        // If the socket was shut down while it connected, no error is pending, but it has no peer.
        stream.peer_addr().map(drop)
    }

    pub fn is_idle_and_open(stream: &TcpStream) -> bool {
        let mut byte = [0_u8; 1];
        let peeked = recv(stream, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT);
        // Any other result is the end of the stream, a reset, or bytes that nobody asked for.
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

/// Connects within `limit`. `register` gets the socket before the wait begins, so that shutting it
/// down ends the wait. On systems other than Unix it gets the socket after the wait.
pub fn connect_registered(
    address: SocketAddr,
    limit: Duration,
    register: impl FnOnce(&Arc<TcpStream>) -> io::Result<()>,
) -> io::Result<Arc<TcpStream>> {
    imp::connect_registered(address, limit, register)
}

/// Returns whether an idle connection can still be used.
pub fn is_idle_and_open(stream: &TcpStream) -> bool {
    imp::is_idle_and_open(stream)
}
