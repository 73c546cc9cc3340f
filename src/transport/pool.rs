//! The idle connections, which wait for their next request.
//!
//! ureq's own pool checks all of them for each request and uses the one that was idle longest. So
//! a few requests a second would keep every connection of a burst open, and cold.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::attempt::Attempt;
use super::connection::{Connection, leads_to_proxy};
use crate::housekeeping::{self, MAX_IDLE};
use crate::platform::uptime;

/// Idle connections to one host; the one that was used last is at the end.
#[derive(Debug)]
pub struct Pool {
    state: Mutex<PoolState>,
    most: usize,
    /// Threads of the library send with these connections.
    has_threads: AtomicBool,
}

#[derive(Debug, Default)]
struct PoolState {
    is_closed: bool,
    /// Whether the housekeeping watches it.
    is_watched: bool,
    idle: VecDeque<Idle>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    /// By [`uptime`]'s clock.
    since: Duration,
}

impl Idle {
    fn is_old(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) >= MAX_IDLE
    }
}

impl Pool {
    /// Makes a pool of at most `most` idle connections.
    pub fn new(most: usize) -> Pool {
        Pool { state: Mutex::default(), most, has_threads: AtomicBool::new(false) }
    }

    /// Says that threads of the library send with it: then one more thread may watch it.
    pub fn serves_threads(&self) {
        self.has_threads.store(true, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the connection that was used last and can still be used.
    fn take(&self) -> Option<Connection> {
        let now = uptime();
        loop {
            let mut idle = self.lock().idle.pop_back()?;
            // Checked without the lock, because this is a system call.
            if !idle.is_old(now) && idle.connection.is_quiet() {
                return Some(idle.connection);
            }
        }
    }

    fn put(self: &Arc<Self>, connection: Connection) {
        let now = uptime();
        let mut surplus = Vec::new();
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        state.idle.push_back(Idle { connection, since: now });
        while state.idle.len() > self.most || state.idle.front().is_some_and(|i| i.is_old(now)) {
            surplus.extend(state.idle.pop_front());
        }
        // If a program with one thread only makes waiting calls, one connection is no reason to
        // start a thread.
        let is_watched = state.idle.len() > 1 || self.has_threads.load(Ordering::Relaxed);
        let is_new = is_watched && !std::mem::replace(&mut state.is_watched, true);
        // The surplus is closed without the lock.
        drop(state);
        if is_new && !housekeeping::watch(self) {
            self.lock().is_watched = false;
        }
    }

    /// Closes the idle connections, and those that are put here later.
    pub fn close(self: &Arc<Self>) {
        let (idle, was_watched) = {
            let mut state = self.lock();
            state.is_closed = true;
            (std::mem::take(&mut state.idle), std::mem::take(&mut state.is_watched))
        };
        drop(idle);
        if was_watched {
            housekeeping::release(self);
        }
    }
}

impl housekeeping::Idle for Pool {
    fn give_back(&self, now: Duration) -> Option<Duration> {
        let mut state = self.lock();
        let old = state.idle.iter().take_while(|idle| idle.is_old(now)).count();
        let old = state.idle.drain(..old).collect::<Vec<_>>();
        let next = state.idle.front().map(|idle| idle.since + MAX_IDLE);
        state.is_watched = next.is_some();
        drop(state);
        drop(old);
        next
    }
}

/// Takes a connection from the pool, or opens one.
pub struct Pooled<C> {
    pub pool: Arc<Pool>,
    pub connector: C,
    pub has_proxy: bool,
}

impl<C> std::fmt::Debug for Pooled<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pooled").finish_non_exhaustive()
    }
}

impl<In: Transport, C: Connector<In, Out = Connection>> Connector<In> for Pooled<C> {
    type Out = Lease;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Lease>, ureq::Error> {
        if leads_to_proxy(self.has_proxy, details) {
            let connection = self.connector.connect(details, chained)?;
            return Ok(connection.map(|connection| Lease::new(connection, None)));
        }
        let connection = match self.pool.take() {
            Some(mut connection) => {
                connection.make_room(Attempt::current()?.request_size());
                Some(connection)
            }
            None => self.connector.connect(details, chained)?,
        };
        let pool = Some(Arc::clone(&self.pool));
        Ok(connection.map(|connection| Lease::new(connection, pool)))
    }
}

/// A connection that can be used again, after an answer. It is closed unless it is given back.
#[derive(Debug)]
pub struct Held {
    pool: Arc<Pool>,
    connection: Connection,
}

thread_local! {
    /// The connection of this thread's attempt, once ureq has dropped it. Without a destructor, as
    /// for the attempt; [`Held::take`] empties it.
    static HELD: ManuallyDrop<RefCell<Option<Held>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
}

impl Held {
    /// Takes the connection of the attempt that this thread has just made.
    pub fn take() -> Option<Held> {
        HELD.with(|cell| cell.take())
    }

    /// Puts it into the pool.
    pub fn give_back(self) {
        self.pool.put(self.connection);
    }
}

/// A connection while ureq uses it. When ureq drops it and it can be used again, it is
/// held for whoever decides what the answer means.
#[derive(Debug)]
pub struct Lease {
    connection: Connection,
    pool: Option<Arc<Pool>>,
    is_kept: bool,
}

impl Lease {
    fn new(connection: Connection, pool: Option<Arc<Pool>>) -> Lease {
        Lease { connection, pool, is_kept: false }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(pool) = self.pool.take().filter(|_| self.is_kept) else { return };
        let held = Held { pool, connection: std::mem::take(&mut self.connection) };
        HELD.with(|cell| cell.replace(Some(held)));
    }
}

impl Transport for Lease {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.is_kept = false;
        self.connection.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.connection.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        if self.pool.is_none() {
            return self.connection.is_open();
        }
        let Ok(attempt) = Attempt::current() else { return false };
        // ureq asks this last. Cancelling this call must not cancel the next one.
        attempt.wait_ended();
        // Data that arrives before the next request is noticed then.
        self.is_kept = self.connection.is_clean();
        self.is_kept
    }

    fn is_tls(&self) -> bool {
        self.connection.is_tls()
    }
}
