//! TLS: the trusted certificate authorities, and the handshake.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::Error::InvalidCertificate;
use rustls::client::Resumption;
use rustls::pki_types::{ServerName, TrustAnchor};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::fault::Fault;
use super::roots::{self, Roots};
use super::sessions::Sessions;
use crate::config::TlsRoots;
use crate::error::Status;
use crate::fork::PerProcess;

/// Makes TLS sessions.
pub struct Tls {
    trusted: Trusted,
    prepared: Mutex<Option<Arc<ClientConfig>>>,
}

/// The certificate authorities that a client trusts.
#[derive(Clone)]
struct Trusted {
    roots: TlsRoots,
    ca_file: Option<Arc<RootCertStore>>,
}

/// The TLS configurations, one for all clients that trust the same authorities. A configuration
/// remembers sessions, so that a client that lives for one event can resume an earlier session.
static PREPARED: PerProcess<Mutex<Vec<Prepared>>> = PerProcess::empty();

type Prepared = (Trusted, Arc<ClientConfig>);

/// A program that keeps changing its settings must not fill its memory.
const MAX_PREPARED: usize = 8;

impl Tls {
    pub fn new(roots: TlsRoots, ca_file: Option<Arc<RootCertStore>>) -> Tls {
        Tls { trusted: Trusted { roots, ca_file }, prepared: Mutex::default() }
    }

    /// Makes a session with `host` over `below`.
    pub fn connect<T: io::Read + io::Write>(
        &self,
        host: &str,
        below: T,
    ) -> Result<StreamOwned<ClientConnection, T>, ureq::Error> {
        handshake(self.session(host)?, below)
    }

    fn session(&self, host: &str) -> Result<ClientConnection, ureq::Error> {
        let host = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|_| {
            Fault::permanent(Status::Tls, "the host name cannot be in a TLS certificate")
        })?;
        let session = ClientConnection::new(self.prepare()?, name)
            .map_err(|error| Fault::permanent(Status::Tls, format!("TLS cannot start: {error}")))?;
        Ok(session)
    }

    fn prepare(&self) -> Result<Arc<ClientConfig>, Fault> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = &*prepared {
            return Ok(Arc::clone(config));
        }
        let known = PREPARED.get_or_make(Mutex::default);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let config = match known.iter().find(|(trusted, _)| trusted.is(&self.trusted)) {
            Some((_, config)) => Arc::clone(config),
            None => {
                let (config, is_lasting) = self.trusted.config()?;
                if !is_lasting {
                    return Ok(config);
                }
                if known.len() == MAX_PREPARED {
                    known.remove(0);
                }
                known.push((self.trusted.clone(), Arc::clone(&config)));
                config
            }
        };
        *prepared = Some(Arc::clone(&config));
        Ok(config)
    }
}

impl Trusted {
    fn is(&self, other: &Trusted) -> bool {
        self.roots == other.roots && self.anchors() == other.anchors()
    }

    fn anchors(&self) -> Option<&[TrustAnchor<'static>]> {
        self.ca_file.as_ref().map(|store| &*store.roots)
    }

    /// Makes the configuration, and says whether it may be kept.
    fn config(&self) -> Result<(Arc<ClientConfig>, bool), Fault> {
        let Roots { store, are_complete } = roots::load(self.roots, self.ca_file.as_deref())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Fault::permanent(Status::Tls, format!("TLS cannot start: {error}")))?
            .with_root_certificates(store)
            .with_no_client_auth();
        config.resumption = Resumption::store(Arc::new(Sessions::default()));
        Ok((Arc::new(config), are_complete))
    }
}

fn handshake<T: io::Read + io::Write>(
    mut session: ClientConnection,
    mut below: T,
) -> Result<StreamOwned<ClientConnection, T>, ureq::Error> {
    while session.is_handshaking() {
        if let Err(error) = session.complete_io(&mut below) {
            return Err(handshake_failure(error));
        }
    }
    Ok(StreamOwned::new(session, below))
}

fn handshake_failure(error: io::Error) -> ureq::Error {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(tls) = tls {
        let advice = match tls {
            InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            ) => "; set ca_file to trust more certificate authorities",
            _ => "",
        };
        return Fault::permanent(Status::Tls, format!("the TLS handshake failed: {tls}{advice}"))
            .into();
    }
    match ureq::Error::from(error) {
        ureq::Error::Io(error) => Fault::transient(
            Status::Tls,
            format!("the connection broke during the TLS handshake: {error}"),
        )
        .into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(roots: TlsRoots, ca_file: Option<&RootCertStore>) -> Arc<ClientConfig> {
        Tls::new(roots, ca_file.cloned().map(Arc::new)).prepare().unwrap()
    }

    #[test]
    fn only_who_trusts_the_same_resumes_the_same_sessions() {
        let common = config(TlsRoots::Bundled, None);
        assert!(Arc::ptr_eq(&common, &config(TlsRoots::Bundled, None)));
        let mut some = RootCertStore::empty();
        some.extend(webpki_roots::TLS_SERVER_ROOTS.iter().take(2).cloned());
        let more = config(TlsRoots::Bundled, Some(&some));
        assert!(!Arc::ptr_eq(&common, &more));
        assert!(Arc::ptr_eq(&more, &config(TlsRoots::Bundled, Some(&some))));
        some.roots.pop();
        assert!(!Arc::ptr_eq(&more, &config(TlsRoots::Bundled, Some(&some))));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        for anchor in webpki_roots::TLS_SERVER_ROOTS.iter().take(2 * MAX_PREPARED) {
            let mut one = RootCertStore::empty();
            one.extend([anchor.clone()]);
            config(TlsRoots::Bundled, Some(&one));
        }
        let known = PREPARED.get().unwrap().lock().unwrap();
        assert_eq!(known.len(), MAX_PREPARED);
    }
}
