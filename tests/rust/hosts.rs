//! A Rust program that uses the crate, and also a token backend and a logger, which exist once per
//! process.

use std::sync::Mutex;

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::signature::{Error, Signer};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use vce::Client;

use crate::process::alone;
use crate::support::{client, config, create, created, sandbox, server};

/// The backend that a host has chosen for its own tokens. It knows one algorithm, which is not
/// libvce's.
static HOSTS_BACKEND: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, _| match algorithm {
        Algorithm::HS256 => Ok(Box::new(HostsSigner)),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    verifier_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    key_utils: KeyUtils::new_unimplemented(),
};

struct HostsSigner;

impl Signer<Vec<u8>> for HostsSigner {
    fn try_sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(b"host".to_vec())
    }
}

impl JwtSigner for HostsSigner {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

fn hosts_token() -> String {
    let (header, key) = (Header::new(Algorithm::HS256), EncodingKey::from_secret(b"secret"));
    jsonwebtoken::encode(&header, &1, &key).unwrap()
}

#[test]
fn a_host_signs_tokens_after_libvce_has() {
    alone("hosts::a_host_signs_tokens_after_libvce_has", || {
        let sandbox = sandbox();
        create(&client(&sandbox, &[]), &sandbox).unwrap();
        assert!(HOSTS_BACKEND.install_default().is_ok(), "libvce has installed a backend");
        assert!(hosts_token().ends_with(".aG9zdA"), "signed by another backend");
    });
}

#[test]
fn libvce_signs_tokens_after_a_host_has() {
    alone("hosts::libvce_signs_tokens_after_a_host_has", || {
        HOSTS_BACKEND.install_default().unwrap();
        hosts_token();
        let sandbox = sandbox();
        create(&client(&sandbox, &[]), &sandbox).unwrap();
    });
}

/// Keeps everything that any crate logs.
struct Logger(Mutex<String>);

static LOGGER: Logger = Logger(Mutex::new(String::new()));

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = record.args().to_string();
        // ureq logs bytes in rows: each row is a number, then the bytes as text.
        let text = line.rsplit_once(' ').filter(|_| line.len() > 40).map_or(&*line, |(_, row)| row);
        self.0.lock().unwrap().push_str(text);
    }

    fn flush(&self) {}
}

#[test]
fn a_hosts_log_contains_no_token_and_no_password() {
    alone("hosts::a_hosts_log_contains_no_token_and_no_password", || {
        log::set_logger(&LOGGER).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        let sandbox = sandbox();
        let token = sandbox.new_token();
        create(&client(&sandbox, &[("token", &token)]), &sandbox).unwrap();
        assert_eq!(created(&sandbox), 1);

        let proxy = server(|_| {}).replace("http://", "http://user:pass-word-of-proxy@");
        let through =
            config(&sandbox, &[("token", &token), ("proxy", &proxy), ("max_retries", "0")]);
        create(&Client::new(&through).unwrap(), &sandbox).unwrap_err();

        let said = LOGGER.0.lock().unwrap();
        assert!(said.contains("/v0.3/conversations/"), "the logger gets nothing from ureq: {said}");
        for part in token.as_bytes().chunks(16).filter(|part| part.len() == 16) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!said.contains(part), "{part} in {said}");
        }
        let encoded = "dXNlcjpwYXNzLXdvcmQtb2YtcHJveHk";
        assert!(!said.contains("pass-word-of-proxy") && !said.contains(encoded), "{said}");
    });
}
