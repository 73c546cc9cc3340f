//! Looks up the addresses of names: remembers them, asks once for all calls that wait, and
//! respects their time limits.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::ResolvedSocketAddrs;
use ureq::unversioned::transport::NextTimeout;

use super::attempt::Attempt;
use super::fault::{Fault, timed_out};
use crate::calls::Interrupt;
use crate::config::is_loopback;
use crate::error::Status;
use crate::fork::PerProcess;
use crate::platform;

/// How long an answer is used. The system's resolver does not say how long the records are valid.
const REMEMBERED: Duration = Duration::from_secs(30);

/// Enough for getaddrinfo, its plugins and the program's thread-local variables.
const STACK_BYTES: usize = 1024 * 1024;

/// Each address gets its share of the time to connect.
const MAX_ADDRESSES: usize = 16;

/// A resolver that remembers addresses; clones share them.
#[derive(Clone, Default)]
pub struct Resolver {
    known: Arc<Mutex<HashMap<String, Entry>>>,
}

enum Entry {
    Addresses(Vec<SocketAddr>, Instant),
    Asking(Arc<Lookup>),
}

impl Entry {
    fn is_of_use(&self) -> bool {
        match self {
            Entry::Addresses(_, at) => at.elapsed() < REMEMBERED,
            Entry::Asking(_) => true,
        }
    }
}

/// A lookup by the system's resolver that is not finished yet.
#[derive(Default)]
struct Lookup {
    answer: Mutex<Option<Result<Vec<SocketAddr>, String>>>,
    changed: Condvar,
}

impl Lookup {
    fn lock(&self) -> MutexGuard<'_, Option<Result<Vec<SocketAddr>, String>>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interrupt for Lookup {
    fn wake(&self) {
        // The lock is held so that no waiter misses both the cancellation and this notification.
        let _held = self.lock();
        self.changed.notify_all();
    }
}

impl Resolver {
    /// Returns the resolver of this process. Clients share it, so that many short-lived clients
    /// use one thread while a lookup takes long.
    pub fn shared() -> Resolver {
        static SHARED: PerProcess<Resolver> = PerProcess::empty();
        SHARED.get_or_make(Resolver::default).clone()
    }

    /// Returns the addresses of a URL's host, in the order in which they should be tried.
    pub fn resolve(&self, uri: &Uri) -> Result<Vec<SocketAddr>, ureq::Error> {
        let name = name_and_port(uri).ok_or(ureq::Error::HostNotFound)?;
        let literal = uri.host().unwrap_or_default().trim_matches(['[', ']']).parse::<IpAddr>();
        if let (Ok(_), Ok(address)) = (literal, name.parse()) {
            return Ok(vec![address]);
        }
        let mut addresses = self.addresses(&name)?;
        if uri.host().is_some_and(is_loopback) {
            // Plain HTTP is allowed to this machine only, so other addresses are dropped.
            addresses.retain(|address| address.ip().to_canonical().is_loopback());
        }
        addresses.truncate(MAX_ADDRESSES);
        if addresses.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(addresses) }
    }

    /// Forgets addresses that did not work, so that the next connection looks them up again.
    pub fn forget(&self, uri: &Uri) {
        if let Some(name) = name_and_port(uri) {
            let mut known = self.lock();
            if let Some(Entry::Addresses(..)) = known.get(&name) {
                known.remove(&name);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn addresses(&self, name: &str) -> Result<Vec<SocketAddr>, ureq::Error> {
        let attempt = Attempt::current()?;
        let lookup = {
            let mut known = self.lock();
            match known.get(name) {
                Some(entry @ Entry::Addresses(addresses, _)) if entry.is_of_use() => {
                    return Ok(addresses.clone());
                }
                Some(Entry::Asking(lookup)) => Arc::clone(lookup),
                _ => {
                    let lookup = self.ask(name)?;
                    known.insert(name.to_owned(), Entry::Asking(Arc::clone(&lookup)));
                    lookup
                }
            }
        };
        attempt.will_wait_for(&lookup)?;
        let answer = wait(&attempt, &lookup);
        attempt.wait_ended();
        answer
    }

    /// Starts a lookup. The system's resolver has no time limit, so a thread waits for it: one
    /// thread for a name, for any number of calls. It ends when the system answers.
    fn ask(&self, name: &str) -> Result<Arc<Lookup>, ureq::Error> {
        let lookup = Arc::new(Lookup::default());
        let (resolver, asked, name) = (self.clone(), Arc::clone(&lookup), name.to_owned());
        platform::spawn("vce-resolve", STACK_BYTES, move || {
            // If the process forked during a lookup, the C library's locks would be held forever in
            // the child: neither libvce nor the program could look up a name there.
            let answer = platform::without_fork(|| name.to_socket_addrs());
            let answer = answer.map(Iterator::collect::<Vec<_>>);
            let mut known = resolver.lock();
            known.retain(|_, entry| entry.is_of_use());
            match &answer {
                Ok(addresses) if !addresses.is_empty() => {
                    known.insert(name, Entry::Addresses(addresses.clone(), Instant::now()));
                }
                _ => {
                    known.remove(&name);
                }
            }
            drop(known);
            *asked.lock() = Some(answer.map_err(|error| error.to_string()));
            asked.changed.notify_all();
            platform::thread_ends();
        })
        .map_err(|error| {
            Fault::transient(
                Status::Connect,
                format!("cannot start a thread for the name lookup: {error}"),
            )
        })?;
        Ok(lookup)
    }
}

fn wait(attempt: &Attempt, lookup: &Lookup) -> Result<Vec<SocketAddr>, ureq::Error> {
    let mut answer = lookup.lock();
    loop {
        match &*answer {
            Some(Ok(addresses)) => return Ok(addresses.clone()),
            Some(Err(error)) => {
                return Err(Fault::transient(
                    Status::Connect,
                    format!("the address of the host was not found: {error}"),
                )
                .into());
            }
            None if attempt.is_cancelled() => return Err(timed_out()),
            None => {
                let left = attempt.left()?;
                answer = lookup
                    .changed
                    .wait_timeout(answer, left)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
    }
}

/// Returns `host:port`, the form that the system's resolver takes.
fn name_and_port(uri: &Uri) -> Option<String> {
    let default = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    Some(format!("{}:{}", uri.host()?, uri.port_u16().unwrap_or(default)))
}

/// ureq's resolver, which does nothing: ureq asks it before each request, even if a connection is
/// open. A new connection looks up its own addresses.
#[derive(Debug)]
pub struct NoopResolver;

impl ureq::unversioned::resolver::Resolver for NoopResolver {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::attempt::tests::{attempt, attempt_of};
    use super::super::connection::Connector;
    use super::super::tls::Tls;
    use super::*;
    use crate::calls::ActiveCalls;
    use crate::config::TlsRoots;

    const NAME: &str = "no-such-host.invalid:443";

    #[test]
    fn what_is_known_is_used_until_it_is_forgotten() {
        let attempt = attempt();
        let _entered = attempt.enter();
        let resolver = Resolver::default();
        let addresses = vec!["192.0.2.1:443".parse().unwrap()];
        let entry = Entry::Addresses(addresses.clone(), Instant::now());
        resolver.lock().insert(NAME.to_owned(), entry);
        assert_eq!(resolver.addresses(NAME).unwrap(), addresses);
        resolver.forget(&"https://no-such-host.invalid/v1".parse().unwrap());
        assert!(resolver.addresses(NAME).is_err());
    }

    #[test]
    fn who_asks_during_a_lookup_waits_for_its_answer() {
        let resolver = Resolver::default();
        let lookup = Arc::new(Lookup::default());
        resolver.lock().insert(NAME.to_owned(), Entry::Asking(Arc::clone(&lookup)));
        let addresses = vec!["192.0.2.1:443".parse().unwrap()];
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let attempt = attempt();
                let _entered = attempt.enter();
                resolver.addresses(NAME).map_err(|error| error.to_string())
            });
            *lookup.lock() = Some(Ok(addresses.clone()));
            lookup.changed.notify_all();
            assert_eq!(waiting.join().unwrap(), Ok(addresses));
        });
    }

    #[test]
    fn closing_ends_a_wait_for_a_lookup() {
        let calls = Arc::new(ActiveCalls::default());
        let resolver = Resolver::default();
        resolver.lock().insert(NAME.to_owned(), Entry::Asking(Arc::default()));
        let time = Duration::from_secs(5);
        let begun = Instant::now();
        let began = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            let (resolver, began, calls) = (&resolver, &began, &calls);
            scope.spawn(move || {
                let attempt = attempt_of(calls, time);
                began.wait();
                let _entered = attempt.enter();
                assert!(resolver.addresses(NAME).is_err());
            });
            began.wait();
            calls.close(Duration::from_millis(100));
        });
        assert!(begun.elapsed() < time, "it waited for its time limit");
    }

    #[test]
    fn localhost_is_this_machine_whatever_the_system_says() {
        let attempt = attempt();
        let _entered = attempt.enter();
        let resolver = Resolver::default();
        let [elsewhere, here] = ["192.0.2.1:80", "127.0.0.1:80"].map(|a| a.parse().unwrap());
        let entry = Entry::Addresses(vec![elsewhere, here], Instant::now());
        resolver.lock().insert("localhost:80".to_owned(), entry);
        let uri = "http://localhost/".parse().unwrap();
        assert_eq!(resolver.resolve(&uri).unwrap(), [here]);
    }

    #[test]
    fn addresses_that_did_not_work_are_asked_for_anew() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let resolver = Resolver::default();
        let entry = Entry::Addresses(vec![nobody], Instant::now());
        resolver.lock().insert(NAME.to_owned(), entry);
        let connector = Connector {
            resolver: resolver.clone(),
            tls: Tls::new(TlsRoots::Bundled, None),
            has_proxy: false,
            opened: Arc::default(),
        };
        let agent = ureq::Agent::with_parts(Config::default(), connector, NoopResolver);
        let attempt = attempt();
        let _entered = attempt.enter();
        assert!(agent.get("https://no-such-host.invalid").call().is_err());
        assert!(resolver.lock().is_empty());
    }
}
