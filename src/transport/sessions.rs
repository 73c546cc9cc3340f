//! TLS sessions to resume.
//!
//! rustls's own store takes 20 KiB for 256 servers, where there is one server. It keeps them in a
//! table that leak checkers report if the program exits with it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;

/// A process may use several regions' hosts.
const MAX_SERVERS: usize = 8;

/// A ticket serves one connection, and a server sends about two with each handshake.
const MAX_TICKETS: usize = 16;

/// Remembers sessions with a few servers; the newest server is at the end.
#[derive(Debug, Default)]
pub struct Sessions {
    servers: Mutex<VecDeque<(ServerName<'static>, Known)>>,
}

/// What is known of a server.
#[derive(Debug, Default)]
struct Known {
    group: Option<NamedGroup>,
    tls12: Option<Tls12ClientSessionValue>,
    tickets: VecDeque<Tls13ClientSessionValue>,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, VecDeque<(ServerName<'static>, Known)>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up<T>(
        &self,
        server: &ServerName<'_>,
        look: impl FnOnce(&mut Known) -> Option<T>,
    ) -> Option<T> {
        self.lock().iter_mut().find(|(name, _)| name == server).and_then(|(_, known)| look(known))
    }

    fn remember(&self, server: ServerName<'static>, change: impl FnOnce(&mut Known)) {
        let mut servers = self.lock();
        if let Some((_, known)) = servers.iter_mut().find(|(name, _)| *name == server) {
            return change(known);
        }
        if servers.len() == MAX_SERVERS {
            servers.pop_front();
        }
        let mut known = Known::default();
        change(&mut known);
        servers.push_back((server, known));
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.remember(server, |known| known.group = Some(group));
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.look_up(server, |known| known.group)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, session: Tls12ClientSessionValue) {
        self.remember(server, |known| known.tls12 = Some(session));
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.look_up(server, |known| known.tls12.clone())
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.look_up(server, |known| known.tls12.take());
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        self.remember(server, |known| {
            if known.tickets.len() == MAX_TICKETS {
                known.tickets.pop_front();
            }
            known.tickets.push_back(ticket);
        });
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        // The newest ticket: a server forgets older ones first.
        self.look_up(server, |known| known.tickets.pop_back())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(number: usize) -> ServerName<'static> {
        ServerName::try_from(format!("api-{number}.example")).unwrap()
    }

    #[test]
    fn servers_are_told_apart_and_bounded() {
        let sessions = Sessions::default();
        for number in 0..2 * MAX_SERVERS {
            assert_eq!(sessions.kx_hint(&server(number)), None);
            sessions.set_kx_hint(server(number), NamedGroup::X25519);
            sessions.set_kx_hint(server(number), NamedGroup::secp256r1);
            assert_eq!(sessions.kx_hint(&server(number)), Some(NamedGroup::secp256r1));
        }
        assert_eq!(sessions.lock().len(), MAX_SERVERS);
        assert_eq!(sessions.kx_hint(&server(0)), None, "the oldest went first");
    }
}
