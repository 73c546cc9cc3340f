//! The connections that wait for their next request.
//!
//! ureq's own pool walks all of them for each request and hands out the one that waited
//! longest, so that a few requests a second keep every connection of a burst open, and cold.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, Transport, time,
};

use super::call::Call;
use super::connection::{Connection, leads_to_proxy};

/// Idle connections are given up before a server would close them under a request.
const MAX_IDLE: Duration = Duration::from_secs(15);

/// Connections to one host, the one that was used last at the end.
#[derive(Debug)]
pub struct Pool {
    state: Mutex<State>,
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    is_closed: bool,
    idle: VecDeque<Idle>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
}

impl Idle {
    fn is_old(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= MAX_IDLE
    }
}

impl Pool {
    /// Holds at most so many.
    pub fn new(most: usize) -> Pool {
        Pool { state: Mutex::default(), most }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last and can still be used.
    fn take(&self, now: Instant) -> Option<Connection> {
        loop {
            let mut idle = self.lock().idle.pop_back()?;
            // Looked at without the lock: it is a system call.
            if !idle.is_old(now) && idle.connection.is_quiet() {
                return Some(idle.connection);
            }
        }
    }

    fn put(&self, connection: Connection) {
        let now = Instant::now();
        let mut surplus = Vec::new();
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        state.idle.push_back(Idle { connection, since: now });
        while state.idle.len() > self.most || state.idle.front().is_some_and(|i| i.is_old(now)) {
            surplus.extend(state.idle.pop_front());
        }
        // What is too much is closed without the lock.
        drop(state);
    }

    /// Closes what waits, and what would be put here later.
    pub fn close(&self) {
        let idle = {
            let mut state = self.lock();
            state.is_closed = true;
            std::mem::take(&mut state.idle)
        };
        drop(idle);
    }
}

/// Takes a connection from the pool, or has one made.
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
        let now = match details.now {
            time::Instant::Exact(now) => now,
            _ => Instant::now(),
        };
        let connection = match self.pool.take(now) {
            Some(mut connection) => {
                connection.make_room(Call::current()?.request_size());
                Some(connection)
            }
            None => self.connector.connect(details, chained)?,
        };
        let pool = Some(Arc::clone(&self.pool));
        Ok(connection.map(|connection| Lease::new(connection, pool)))
    }
}

/// A connection while ureq has it. It goes back to the pool when ureq lets go of it, if ureq
/// found it fit for that.
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
        if let Some(pool) = self.pool.as_ref().filter(|_| self.is_kept) {
            pool.put(std::mem::take(&mut self.connection));
        }
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
        // ureq's last question. This call's cancellation is not the next one's.
        if let Ok(call) = Call::current() {
            call.waits_for_nothing();
        }
        // What arrives until its next request shows then.
        self.is_kept = self.connection.is_clean();
        self.is_kept
    }

    fn is_tls(&self) -> bool {
        self.connection.is_tls()
    }
}
