//! TCP sockets that respect the call's time limits and cancellation, and count written bytes.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::attempt::Attempt;
use super::fault::{Fault, timed_out};
use crate::error::Status;
use crate::platform;

/// Connects to the first address that answers. Tries one after the other; each gets its share of
/// the time that is left.
pub fn connect(addresses: &[SocketAddr]) -> Result<Tcp, ureq::Error> {
    let attempt = Attempt::current()?;
    let mut last = None;
    for (index, address) in addresses.iter().enumerate() {
        let others = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let limit = attempt.left()? / others;
        let connected = platform::connect_registered(*address, limit, |socket| {
            attempt.will_wait_for(socket).map_err(ureq::Error::into_io)
        });
        attempt.wait_ended();
        match connected {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(Tcp { stream, timeouts: Timeouts { read: None, write: None } });
            }
            Err(error) => last = Some((address, error)),
        }
        if attempt.is_cancelled() {
            break;
        }
    }
    attempt.left()?;
    Err(match last {
        Some((_, error)) if error.kind() == io::ErrorKind::TimedOut => timed_out(),
        Some((address, error)) => {
            Fault::transient(Status::Connect, format!("no connection to {address}: {error}")).into()
        }
        None => Fault::transient(Status::Connect, "the host has no address").into(),
    })
}

/// A TCP socket.
pub struct Tcp {
    stream: Arc<TcpStream>,
    timeouts: Timeouts,
}

/// The time limits that were last set on the socket.
struct Timeouts {
    read: Option<Duration>,
    write: Option<Duration>,
}

/// Sets a new time limit on a socket only if the last one does not fit: most calls of a handle
/// have about the same time left, and a system call for each would be a waste. The kernel's timer
/// may fire late by an eighth of its time, so it is set to fire early: the caller then looks at
/// the clock and waits again.
fn set_timeout(
    last: &mut Option<Duration>,
    left: Duration,
    set: impl FnOnce(Option<Duration>) -> io::Result<()>,
) -> io::Result<()> {
    // Up to this length the kernel's timer is exact enough.
    const SHORT: Duration = Duration::from_millis(200);
    let [least, new, most] =
        if left > SHORT { [11, 13, 14].map(|part| left * part / 16) } else { [left; 3] };
    if last.is_some_and(|last| last >= least && last <= most) {
        return Ok(());
    }
    *last = Some(new);
    set(Some(new))
}

impl Tcp {
    pub fn is_idle_and_open(&self) -> bool {
        platform::is_idle_and_open(&self.stream)
    }

    /// Returns the attempt of this thread; from now on closing the handle interrupts its wait.
    fn begin(&self) -> io::Result<Rc<Attempt>> {
        let attempt = Attempt::current().map_err(ureq::Error::into_io)?;
        attempt.will_wait_for(&self.stream).map_err(ureq::Error::into_io)?;
        Ok(attempt)
    }
}

impl io::Read for Tcp {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let attempt = self.begin()?;
        loop {
            let left = attempt.left().map_err(ureq::Error::into_io)?;
            set_timeout(&mut self.timeouts.read, left, |limit| {
                self.stream.set_read_timeout(limit)
            })?;
            match (&*self.stream).read(buffer) {
                // The loop looks at the clock.
                Err(error) if is_wait(&error) => {}
                result => return result,
            }
        }
    }
}

impl io::Write for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let attempt = self.begin()?;
        loop {
            let left = attempt.left().map_err(ureq::Error::into_io)?;
            set_timeout(&mut self.timeouts.write, left, |limit| {
                self.stream.set_write_timeout(limit)
            })?;
            match (&*self.stream).write(bytes) {
                Ok(written) => {
                    attempt.socket_took(written);
                    return Ok(written);
                }
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_wait(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

#[cfg(test)]
mod tests {
    use super::super::attempt::tests::attempt_of;
    use super::*;
    use std::net::TcpListener;

    #[test]
    #[cfg(target_os = "linux")]
    fn an_address_that_does_not_answer_leaves_time_for_the_next() {
        // A listener with a full queue drops new connections, like a host that is gone.
        let gone = TcpListener::bind("127.0.0.1:0").unwrap();
        let limit = Duration::from_millis(50);
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&gone.local_addr().unwrap(), limit) {
            waiting.push(stream);
        }
        let there = TcpListener::bind("127.0.0.1:0").unwrap();
        let attempt = attempt_of(&Arc::default(), Duration::from_millis(400));
        let _entered = attempt.enter();
        let addresses = [gone.local_addr().unwrap(), there.local_addr().unwrap()];
        let tcp = connect(&addresses).unwrap();
        assert_eq!(tcp.stream.peer_addr().unwrap(), there.local_addr().unwrap());
    }
}
