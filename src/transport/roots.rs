//! The trusted certificate authorities, parsed once for the whole process.

use std::path::Path;
use std::sync::Arc;

use once_cell::race::OnceBox;
use ring::digest::SHA256;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_native_certs::{CertificateResult, ErrorKind};

use super::fault::Fault;
use crate::config::TlsRoots;
use crate::error::{Error, Result, Status};

/// Where distributions keep all authorities in one file. Reading it takes 2 ms; reading the files
/// of the directory beside it takes 50 ms.
#[cfg(all(unix, not(target_os = "macos")))]
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// Filled only after everything is read, and without a lock: a child process must not inherit it
/// half-filled.
static SYSTEM: OnceBox<Arc<RootCertStore>> = OnceBox::new();

const MAX_CA_FILE_BYTES: u64 = 16 << 20;

/// The authorities of `ca_file`.
pub struct CaFile {
    pub store: Arc<RootCertStore>,
    /// The digest of the file.
    pub digest: [u8; 32],
}

impl CaFile {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<CaFile> {
        let wrong = |what: String| {
            Error::new(Status::Config, format!("the option ca_file: {} {what}", path.display()))
        };
        let failed = |error| wrong(format!("cannot be read: {error}"));
        let metadata = std::fs::metadata(path).map_err(failed)?;
        // Reading something that is not a regular file may block forever or never end.
        if !metadata.is_file() || metadata.len() > MAX_CA_FILE_BYTES {
            return Err(wrong("is not a regular file of at most 16 MiB".to_owned()));
        }
        let pem = std::fs::read(path).map_err(failed)?;
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| wrong(format!("is not PEM: {error}")))?;
            store
                .add(certificate)
                .map_err(|error| wrong(format!("contains an invalid certificate: {error}")))?;
        }
        if store.is_empty() {
            return Err(wrong("contains no PEM certificate".to_owned()));
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(ring::digest::digest(&SHA256, &pem).as_ref());
        Ok(CaFile { store: Arc::new(store), digest })
    }
}

/// The authorities that were read.
pub struct Roots {
    pub store: Arc<RootCertStore>,
    /// Whether these are all. If not, they must be read again for the next connection.
    pub are_complete: bool,
}

/// Loads the roots of `setting`, and adds `extra`.
pub fn load(setting: TlsRoots, extra: Option<&RootCertStore>) -> std::result::Result<Roots, Fault> {
    let Roots { store: base, are_complete } = match setting {
        TlsRoots::Bundled => {
            let store = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
            Roots { store: Arc::new(store), are_complete: true }
        }
        TlsRoots::System => system()?,
    };
    let store = match extra {
        None => base,
        Some(extra) => {
            let mut store = RootCertStore::clone(&base);
            store.extend(extra.roots.iter().cloned());
            Arc::new(store)
        }
    };
    if store.is_empty() {
        return Err(Fault::permanent(
            Status::Tls,
            "this system has no certificate authorities; install its ca-certificates package, or set tls_roots=bundled or ca_file",
        ));
    }
    Ok(Roots { store, are_complete })
}

fn system() -> std::result::Result<Roots, Fault> {
    if let Some(store) = SYSTEM.get() {
        return Ok(Roots { store: Arc::clone(store), are_complete: true });
    }
    let Found { certificates, error } = system_certificates();
    let mut store = RootCertStore::empty();
    // Certificates of the system that rustls cannot use are ignored.
    store.add_parsable_certificates(certificates);
    let store = Arc::new(store);
    match error {
        // The process may have no descriptor left now, and some later.
        Some(error) if store.is_empty() => Err(Fault::transient(
            Status::Tls,
            format!("the system's certificate authorities cannot be read: {error}"),
        )),
        None if !store.is_empty() => {
            let store = Arc::clone(SYSTEM.get_or_init(|| Box::new(store)));
            Ok(Roots { store, are_complete: true })
        }
        // Some may be missing now, and installed later.
        _ => Ok(Roots { store, are_complete: false }),
    }
}

/// The certificates that were found, and the error because of which some may be missing.
#[derive(Default)]
struct Found {
    certificates: Vec<CertificateDer<'static>>,
    error: Option<std::io::Error>,
}

impl Found {
    fn add(&mut self, result: CertificateResult) {
        self.certificates.extend(result.certs);
        for error in result.errors {
            if let ErrorKind::Io { inner, .. } = error.kind {
                self.failed(inner);
            }
        }
    }

    fn failed(&mut self, error: std::io::Error) {
        if error.kind() != std::io::ErrorKind::NotFound {
            self.error.get_or_insert(error);
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn system_certificates() -> Found {
    let mut found = Found::default();
    for bundle in BUNDLES {
        match std::fs::read(bundle) {
            Ok(pem) => {
                found.certificates = CertificateDer::pem_slice_iter(&pem).flatten().collect()
            }
            Err(error) => found.failed(error),
        }
        if !found.certificates.is_empty() {
            return found;
        }
    }
    let directory = Path::new("/etc/ssl/certs");
    found.add(rustls_native_certs::load_certs_from_paths(None, Some(directory)));
    found
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn system_certificates() -> Found {
    let mut found = Found::default();
    found.add(rustls_native_certs::load_native_certs());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ca_file_stands_beside_the_roots() {
        let bundled = load(TlsRoots::Bundled, None).unwrap().store;
        let mut extra = RootCertStore::empty();
        extra.extend(bundled.roots.first().cloned());
        let both = load(TlsRoots::Bundled, Some(&extra)).unwrap().store;
        assert_eq!(both.len(), bundled.len() + 1);
        assert_eq!(bundled.len(), webpki_roots::TLS_SERVER_ROOTS.len());
    }
}
