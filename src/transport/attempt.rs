//! What a connection must know about the attempt that uses it.
//!
//! ureq runs a whole request on the caller's thread, but cannot pass our data to the transports.
//! So they find it in a thread-local variable.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::fault::{Fault, timed_out};
use crate::auth::Bearer;
use crate::calls::{ActiveCall, Interrupt};
use crate::error::Status;
use crate::limit::Limit;
use crate::platform;

/// One attempt at a request: its time limits, its cancellation, and how many bytes were sent.
pub struct Attempt {
    /// The process that makes the attempt.
    process: u64,
    call: Arc<ActiveCall>,
    limit: Limit,
    connect_deadline: Instant,
    /// The most bytes that the request can have, its head included.
    request_size: usize,
    bearer: Arc<Bearer>,
    phase: Cell<Phase>,
    socket_bytes: Cell<u64>,
    request_bytes: Cell<u64>,
}

/// What an attempt does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Name resolution, TCP, proxy, TLS.
    Connecting,
    /// Sending the request, or receiving the answer.
    Exchanging,
}

thread_local! {
    /// It has no destructor, because calls must still work in thread destructors and in exit
    /// handlers, which may run after it. [`Entered`] empties it.
    static CURRENT: ManuallyDrop<RefCell<Option<Rc<Attempt>>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Keeps an attempt current for this thread.
pub struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.with(|current| current.take());
    }
}

impl Attempt {
    pub fn new(
        call: &Arc<ActiveCall>,
        limit: Limit,
        connect_by: Instant,
        request_size: usize,
        bearer: Arc<Bearer>,
    ) -> Rc<Attempt> {
        Rc::new(Attempt {
            process: platform::process(),
            call: Arc::clone(call),
            limit,
            connect_deadline: connect_by.min(limit.deadline),
            request_size,
            bearer,
            phase: Cell::new(Phase::Connecting),
            socket_bytes: Cell::new(0),
            request_bytes: Cell::new(0),
        })
    }

    /// Makes this the attempt of this thread, which its transports use.
    pub fn enter(self: &Rc<Attempt>) -> Entered {
        CURRENT.with(|current| current.replace(Some(Rc::clone(self))));
        Entered(())
    }

    /// Returns the attempt that this thread makes.
    pub fn current() -> Result<Rc<Attempt>, ureq::Error> {
        // Outside an attempt no time is left.
        CURRENT.with(|current| current.borrow().clone()).ok_or_else(timed_out)
    }

    /// Returns the most bytes that its request can have.
    pub fn request_size(&self) -> usize {
        self.request_size
    }

    /// Returns the token of its request.
    pub fn bearer(&self) -> &Bearer {
        &self.bearer
    }

    pub fn phase(&self) -> Phase {
        self.phase.get()
    }

    pub fn exchanges(&self) {
        self.phase.set(Phase::Exchanging);
    }

    /// Returns the time left for the current phase, or an error if its time is over.
    ///
    /// It is also an error in a child process that a signal handler forked during the call, and
    /// that returned into the call: the connection and the answer belong to the parent.
    pub fn left(&self) -> Result<Duration, ureq::Error> {
        if self.process != platform::process() {
            let what = "the process was forked during the call";
            return Err(Fault::permanent(Status::Network, what).into());
        }
        let deadline = match self.phase.get() {
            Phase::Connecting => self.connect_deadline,
            Phase::Exchanging => self.limit.deadline,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(timed_out()) } else { Ok(left) }
    }

    /// Returns whether the time of the whole call is over, not only the time for connecting.
    pub fn is_overdue(&self) -> bool {
        self.limit.left().is_zero()
    }

    /// Returns the limit of the whole call.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    pub fn is_cancelled(&self) -> bool {
        self.call.is_cancelled()
    }

    /// Lets closing the handle interrupt a wait; an error if the handle is already closed.
    pub fn will_wait_for<T: Interrupt + 'static>(&self, wait: &Arc<T>) -> Result<(), ureq::Error> {
        if self.call.will_wait_for(wait) { Ok(()) } else { Err(timed_out()) }
    }

    pub fn wait_ended(&self) {
        self.call.wait_ended();
    }

    /// Counts bytes of any layer that a socket took.
    pub fn socket_took(&self, bytes: usize) {
        self.socket_bytes.set(self.socket_bytes.get().saturating_add(bytes as u64));
    }

    /// Runs `send`, which gives `bytes` of the request to the layers below. Counts all of them as
    /// sent if a socket took anything: part of a TLS record counts as the whole record.
    pub fn sending<T>(&self, bytes: usize, send: impl FnOnce() -> T) -> T {
        let before = self.socket_bytes.get();
        let sent = send();
        if self.socket_bytes.get() != before {
            self.request_bytes.set(self.request_bytes.get().saturating_add(bytes as u64));
        }
        sent
    }

    /// Returns how many bytes of the request were sent.
    pub fn request_bytes(&self) -> u64 {
        self.request_bytes.get()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::auth::Credentials;
    use crate::calls::ActiveCalls;

    /// An attempt of a call of `calls`, with the time limit `time`.
    pub fn attempt_of(calls: &Arc<ActiveCalls>, time: Duration) -> Rc<Attempt> {
        let limit = Limit::new("timeout", time, Instant::now());
        let bearer = Credentials::ready("a.b.c").unwrap().ready_bearer().unwrap();
        Attempt::new(&calls.begin().unwrap(), limit, limit.deadline, 0, bearer)
    }

    pub fn attempt() -> Rc<Attempt> {
        attempt_of(&Arc::default(), Duration::from_secs(60))
    }

    #[test]
    fn nothing_left_unless_a_socket_took_something() {
        let attempt = attempt();
        attempt.socket_took(500);
        attempt.sending(100, || ());
        assert_eq!(attempt.request_bytes(), 0, "the handshake's bytes are not the request's");
    }

    #[test]
    fn part_of_a_record_is_counted_as_all_of_it() {
        let attempt = attempt();
        attempt.sending(100, || attempt.socket_took(1));
        assert_eq!(attempt.request_bytes(), 100);
    }
}
