//! The connections of a sandbox: how many there are, and which of them are idle.

use std::collections::HashMap;
use std::sync::mpsc;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How many connections a sandbox has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Connections {
    /// TCP connections accepted since the start.
    pub accepted: u64,
    /// Those that are still open.
    pub open: u64,
    /// TLS handshakes that resumed an earlier session.
    pub tls_resumed: u64,
}

/// Asks a connection to close. The connection drops it once it has closed.
pub(crate) type Closing = mpsc::Sender<()>;

/// Where a connection is asked to close.
pub(crate) type Closings = UnboundedReceiver<Closing>;

#[derive(Debug, Default)]
pub(crate) struct Registry {
    counts: Mutex<Connections>,
    idle: Mutex<HashMap<u64, UnboundedSender<Closing>>>,
}

impl Registry {
    pub(crate) fn counts(&self) -> Connections {
        *self.counts.lock()
    }

    /// Counts a connection, which is open until the guard is dropped.
    pub(crate) fn accept(&self) -> (Open<'_>, Closings) {
        let (closer, closings) = unbounded_channel();
        let mut counts = self.counts.lock();
        counts.accepted += 1;
        counts.open += 1;
        (Open { number: counts.accepted, registry: self, closer }, closings)
    }

    /// Closes every idle connection, and waits until all are closed.
    pub(crate) fn close_idle(&self) {
        let (closing, all_closed) = mpsc::channel();
        for connection in self.idle.lock().values() {
            // This fails for a connection that has just ended, which needs no closing.
            let _ = connection.send(closing.clone());
        }
        drop(closing);
        // Nothing is ever sent: this returns when the last connection has dropped its sender.
        let _ = all_closed.recv();
    }
}

/// An open connection.
pub(crate) struct Open<'a> {
    pub(crate) number: u64,
    registry: &'a Registry,
    closer: UnboundedSender<Closing>,
}

impl Open<'_> {
    pub(crate) fn tls_resumed(&self) {
        self.registry.counts.lock().tls_resumed += 1;
    }

    /// From now on the connection counts as idle, and may be asked to close.
    pub(crate) fn becomes_idle(&self) {
        self.registry.idle.lock().insert(self.number, self.closer.clone());
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.registry.idle.lock().contains_key(&self.number)
    }

    pub(crate) fn becomes_busy(&self) {
        self.registry.idle.lock().remove(&self.number);
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.becomes_busy();
        self.registry.counts.lock().open -= 1;
    }
}
