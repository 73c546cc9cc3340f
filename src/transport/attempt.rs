//! What a connection must know of the attempt that it serves.
//!
//! ureq runs a request on the caller's thread from beginning to end but hands nothing of ours
//! to the transports, so they find it through the thread.

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

/// One attempt at a request: its time limits, its cancellation, and the evidence of what left.
pub struct Attempt {
    /// The process that makes it.
    process: u64,
    call: Arc<ActiveCall>,
    limit: Limit,
    connect_deadline: Instant,
    /// At most so many bytes, its head included.
    request_size: usize,
    bearer: Arc<Bearer>,
    phase: Cell<Phase>,
    socket_bytes: Cell<u64>,
    request_bytes: Cell<u64>,
    /// Its connection must not serve another request.
    spoils_connection: Cell<bool>,
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Name resolution, TCP, proxy, TLS.
    Connecting,
    /// The request is on its way, or its answer.
    Exchanging,
}

thread_local! {
    /// Without a destructor: calls work in the destructors of a thread and in exit handlers,
    /// which run after it. [`Entered`] empties it.
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
            spoils_connection: Cell::new(false),
        })
    }

    /// Makes this the attempt that this thread's transports serve.
    pub fn enter(self: &Rc<Attempt>) -> Entered {
        CURRENT.with(|current| current.replace(Some(Rc::clone(self))));
        Entered(())
    }

    /// The attempt that this thread makes.
    pub fn current() -> Result<Rc<Attempt>, ureq::Error> {
        // Outside an attempt there is no time left for anything.
        CURRENT.with(|current| current.borrow().clone()).ok_or_else(timed_out)
    }

    /// How large its request is at most.
    pub fn request_size(&self) -> usize {
        self.request_size
    }

    /// What authorises its request.
    pub fn bearer(&self) -> &Bearer {
        &self.bearer
    }

    pub fn phase(&self) -> Phase {
        self.phase.get()
    }

    pub fn exchanges(&self) {
        self.phase.set(Phase::Exchanging);
    }

    /// What remains for the present phase; an error once nothing does.
    ///
    /// Also an error in a child that a signal handler forked during the call and that returned
    /// into it: the connection is the parent's, and so is the answer.
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

    /// Whether the whole call's time is over, not only that for connecting.
    pub fn is_overdue(&self) -> bool {
        self.limit.left().is_zero()
    }

    /// The whole call's limit.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    pub fn is_cancelled(&self) -> bool {
        self.call.is_cancelled()
    }

    /// Lets closing the handle end a wait; an error if the handle is closed already.
    pub fn will_wait_for<T: Interrupt + 'static>(&self, wait: &Arc<T>) -> Result<(), ureq::Error> {
        if self.call.will_wait_for(wait) { Ok(()) } else { Err(timed_out()) }
    }

    pub fn wait_ended(&self) {
        self.call.wait_ended();
    }

    /// A socket took bytes, of whatever layer.
    pub fn socket_took(&self, bytes: usize) {
        self.socket_bytes.set(self.socket_bytes.get().saturating_add(bytes as u64));
    }

    /// Runs `send`, which hands `bytes` of the request to the layers below, and counts them as
    /// sent if a socket took anything: part of a TLS record is counted as all of it.
    pub fn sending<T>(&self, bytes: usize, send: impl FnOnce() -> T) -> T {
        let before = self.socket_bytes.get();
        let sent = send();
        if self.socket_bytes.get() != before {
            self.request_bytes.set(self.request_bytes.get().saturating_add(bytes as u64));
        }
        sent
    }

    /// The connection is closed after this attempt.
    pub fn spoil_connection(&self) {
        self.spoils_connection.set(true);
    }

    pub fn spoils_connection(&self) -> bool {
        self.spoils_connection.get()
    }

    /// How many bytes of the request left this process.
    pub fn request_bytes(&self) -> u64 {
        self.request_bytes.get()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::auth::Credentials;
    use crate::calls::ActiveCalls;

    /// An attempt of a call of `calls` that has `time`.
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
