//! The certificate authorities that are trusted: parsed once for the whole process.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Fault;
use crate::config::TlsRoots;
use crate::error::{Error, Result, Status};

/// Where distributions keep all authorities in one file. Reading it takes 2 ms; reading every
/// file of the directory beside it takes 50.
#[cfg(all(unix, not(target_os = "macos")))]
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

/// Filled only when all is read: a forked child must not inherit it half way.
static SYSTEM: OnceLock<Arc<RootCertStore>> = OnceLock::new();

const MAX_CA_FILE_BYTES: u64 = 16 << 20;

/// The authorities of `ca_file`.
pub fn from_file(path: &Path) -> Result<RootCertStore> {
    let wrong = |what: String| {
        Error::new(Status::Config, format!("the option ca_file: {} {what}", path.display()))
    };
    let failed = |error| wrong(format!("cannot be read: {error}"));
    let metadata = std::fs::metadata(path).map_err(failed)?;
    // What is no file may block for ever, or never end.
    if !metadata.is_file() || metadata.len() > MAX_CA_FILE_BYTES {
        return Err(wrong("is not a file of at most 16 MiB".to_owned()));
    }
    let pem = std::fs::read(path).map_err(failed)?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| wrong(format!("is not PEM: {error}")))?;
        store
            .add(certificate)
            .map_err(|error| wrong(format!("holds a certificate that is not valid: {error}")))?;
    }
    if store.is_empty() {
        return Err(wrong("holds no certificate in PEM".to_owned()));
    }
    Ok(store)
}

/// The roots of `setting`, and `extra` beside them.
pub fn load(
    setting: TlsRoots,
    extra: Option<&RootCertStore>,
) -> std::result::Result<Arc<RootCertStore>, Fault> {
    let base = match setting {
        TlsRoots::Bundled => Arc::new(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
        TlsRoots::System => system(),
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
        return Err(Fault::lasting(
            Status::Tls,
            "this system has no certificate authorities; install its ca-certificates package, or set tls_roots=bundled or ca_file",
        ));
    }
    Ok(store)
}

fn system() -> Arc<RootCertStore> {
    if let Some(store) = SYSTEM.get() {
        return Arc::clone(store);
    }
    let mut store = RootCertStore::empty();
    // What a system ships that rustls cannot use is passed over.
    store.add_parsable_certificates(system_certificates());
    let store = Arc::new(store);
    // None may have been installed yet.
    if store.is_empty() { store } else { Arc::clone(SYSTEM.get_or_init(|| store)) }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn system_certificates() -> Vec<CertificateDer<'static>> {
    for bundle in BUNDLES {
        if let Ok(pem) = std::fs::read(bundle) {
            let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem).flatten().collect();
            if !certificates.is_empty() {
                return certificates;
            }
        }
    }
    rustls_native_certs::load_certs_from_paths(None, Some(Path::new("/etc/ssl/certs"))).certs
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn system_certificates() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ca_file_stands_beside_the_roots() {
        let bundled = load(TlsRoots::Bundled, None).unwrap();
        let mut extra = RootCertStore::empty();
        extra.extend(bundled.roots.first().cloned());
        let both = load(TlsRoots::Bundled, Some(&extra)).unwrap();
        assert_eq!(both.len(), bundled.len() + 1);
        assert_eq!(bundled.len(), webpki_roots::TLS_SERVER_ROOTS.len());
    }
}
