//! TLS: what is trusted, and the handshake.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::Error::InvalidCertificate;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{Fault, roots};
use crate::config::TlsRoots;
use crate::error::Status;
use crate::fork::PerProcess;

/// Makes TLS sessions.
pub struct Tls {
    roots: TlsRoots,
    ca_file: Option<Arc<RootCertStore>>,
    own: Prepared,
}

/// What sessions are made from, prepared when the first connection needs it. It remembers
/// sessions, so that the next connection resumes one and checks no certificate.
type Prepared = Mutex<Option<Arc<ClientConfig>>>;

/// For all clients that trust the same authorities: one that lives for one event still resumes
/// the session of the one before it.
static SYSTEM: PerProcess<Prepared> = PerProcess::empty();
static BUNDLED: PerProcess<Prepared> = PerProcess::empty();

impl Tls {
    pub fn new(roots: TlsRoots, ca_file: Option<Arc<RootCertStore>>) -> Tls {
        Tls { roots, ca_file, own: Mutex::default() }
    }

    fn prepared(&self) -> &Prepared {
        match (self.roots, &self.ca_file) {
            (_, Some(_)) => &self.own,
            (TlsRoots::System, None) => SYSTEM.get_or_make(Mutex::default),
            (TlsRoots::Bundled, None) => BUNDLED.get_or_make(Mutex::default),
        }
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
            Fault::lasting(Status::Tls, "the host's name is none that a certificate can hold")
        })?;
        let session = ClientConnection::new(self.prepare()?, name)
            .map_err(|error| Fault::lasting(Status::Tls, format!("TLS cannot start: {error}")))?;
        Ok(session)
    }

    fn prepare(&self) -> Result<Arc<ClientConfig>, Fault> {
        let mut prepared = self.prepared().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = &*prepared {
            return Ok(Arc::clone(config));
        }
        let roots = roots::load(self.roots, self.ca_file.as_deref())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Fault::lasting(Status::Tls, format!("TLS cannot start: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let config = Arc::new(config);
        *prepared = Some(Arc::clone(&config));
        Ok(config)
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
            ) => "; ca_file adds authorities to trust",
            _ => "",
        };
        return Fault::lasting(Status::Tls, format!("the TLS handshake failed: {tls}{advice}"))
            .into();
    }
    match ureq::Error::from(error) {
        ureq::Error::Io(error) => Fault::transient(
            Status::Tls,
            format!("the connection broke off in the TLS handshake: {error}"),
        )
        .into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(roots: TlsRoots, ca_file: Option<&Arc<RootCertStore>>) -> Arc<ClientConfig> {
        Tls::new(roots, ca_file.cloned()).prepare().unwrap()
    }

    #[test]
    fn only_who_trusts_the_same_resumes_the_same_sessions() {
        let common = config(TlsRoots::Bundled, None);
        assert!(Arc::ptr_eq(&common, &config(TlsRoots::Bundled, None)));
        let authorities = Arc::new(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect());
        let own = config(TlsRoots::Bundled, Some(&authorities));
        assert!(!Arc::ptr_eq(&common, &own));
        assert!(!Arc::ptr_eq(&own, &config(TlsRoots::Bundled, Some(&authorities))));
    }
}
