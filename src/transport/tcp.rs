//! TCP, with the call's time limits and its cancellation, counting what is written.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};

use super::call::Call;
use super::resolver::Resolver;
use super::{Fault, timed_out};
use crate::error::Status;
use crate::platform;

/// Opens sockets.
#[derive(Debug)]
pub struct TcpConnector {
    pub resolver: Resolver,
    /// Counts the connections that were made.
    pub opened: Arc<AtomicU64>,
}

impl<In: Transport> Connector<In> for TcpConnector {
    type Out = Either<In, TcpTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        if let Some(tunnel) = chained {
            return Ok(Some(Either::A(tunnel)));
        }
        let connected =
            connect_any(&details.addrs).inspect_err(|_| self.resolver.forget(details.uri));
        let stream = connected?;
        self.opened.fetch_add(1, Ordering::Relaxed);
        stream.set_nodelay(true)?;
        let buffers = LazyBuffers::new(
            details.config.input_buffer_size(),
            details.config.output_buffer_size(),
        );
        let timeouts = Timeouts { read: None, write: None };
        Ok(Some(Either::B(TcpTransport { stream, buffers, timeouts })))
    }
}

/// Tries one address after the other; each gets its share of the time that is left.
fn connect_any(addresses: &[SocketAddr]) -> Result<Arc<TcpStream>, ureq::Error> {
    let call = Call::current()?;
    let mut last = None;
    for (index, address) in addresses.iter().enumerate() {
        let others = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let limit = call.left()? / others;
        let connected = platform::connect_registered(*address, limit, |socket| {
            call.will_wait_for(socket).map_err(ureq::Error::into_io)
        });
        call.waits_for_nothing();
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some((address, error)),
        }
        if call.is_cancelled() {
            break;
        }
    }
    call.left()?;
    Err(match last {
        Some((_, error)) if error.kind() == io::ErrorKind::TimedOut => timed_out(),
        Some((address, error)) => {
            Fault::transient(Status::Connect, format!("no connection to {address}: {error}")).into()
        }
        None => Fault::transient(Status::Connect, "the host has no address").into(),
    })
}

/// A socket.
pub struct TcpTransport {
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
    timeouts: Timeouts,
}

/// The time limits that the socket was last given.
struct Timeouts {
    read: Option<Duration>,
    write: Option<Duration>,
}

/// Gives a socket a new time limit only if the last one is of no use: most calls of a handle
/// have about the same time left, and a system call for each would be waste. The limit may
/// come a little late, never early.
fn set_timeout(
    last: &mut Option<Duration>,
    left: Duration,
    set: impl FnOnce(Option<Duration>) -> io::Result<()>,
) -> io::Result<()> {
    const SLACK: Duration = Duration::from_millis(50);
    if last.is_some_and(|last| last >= left && last <= left + 2 * SLACK) {
        return Ok(());
    }
    let limit = if left > Duration::from_secs(1) { left + SLACK } else { left };
    *last = Some(limit);
    set(Some(limit))
}

impl TcpTransport {
    fn write(&mut self, call: &Call, amount: usize) -> Result<(), ureq::Error> {
        let mut rest = self.buffers.output().get(..amount).unwrap_or_default();
        while !rest.is_empty() {
            let left = call.left()?;
            set_timeout(&mut self.timeouts.write, left, |limit| {
                self.stream.set_write_timeout(limit)
            })?;
            match (&*self.stream).write(rest) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => {
                    call.socket_took(written);
                    rest = rest.get(written..).unwrap_or_default();
                }
                // The loop looks at the clock.
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn read(&mut self, call: &Call) -> Result<bool, ureq::Error> {
        loop {
            let left = call.left()?;
            set_timeout(&mut self.timeouts.read, left, |limit| {
                self.stream.set_read_timeout(limit)
            })?;
            match (&*self.stream).read(self.buffers.input_append_buf()) {
                Ok(amount) => {
                    self.buffers.input_appended(amount);
                    return Ok(amount > 0);
                }
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn is_wait(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        let call = Call::current()?;
        call.will_wait_for(&self.stream)?;
        self.write(&call, amount)
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let call = Call::current()?;
        call.will_wait_for(&self.stream)?;
        self.read(&call)
    }

    fn is_open(&mut self) -> bool {
        platform::is_idle_and_open(&self.stream)
    }
}

impl std::fmt::Debug for TcpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TcpTransport").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::calls::Calls;
    use super::super::limit::Limit;
    use super::*;
    use std::net::TcpListener;
    use std::time::Instant;

    #[test]
    #[cfg(target_os = "linux")]
    fn an_address_that_does_not_answer_leaves_time_for_the_next() {
        // A listener whose queue is full drops what comes: as good as a host that is gone.
        let gone = TcpListener::bind("127.0.0.1:0").unwrap();
        let limit = Duration::from_millis(50);
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&gone.local_addr().unwrap(), limit) {
            waiting.push(stream);
        }
        let there = TcpListener::bind("127.0.0.1:0").unwrap();
        let calls = Arc::new(Calls::default());
        let time = Duration::from_millis(400);
        let limit = Limit::new("timeout", time, Instant::now());
        let call = Call::new(&Arc::new(calls.begin().unwrap()), limit, time);
        let _entered = call.enter();
        let addresses = [gone.local_addr().unwrap(), there.local_addr().unwrap()];
        let stream = connect_any(&addresses).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), there.local_addr().unwrap());
    }
}
