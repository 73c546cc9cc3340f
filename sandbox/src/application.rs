//! The only Vonage application that a sandbox accepts: its id and its RSA key.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::signature::{Keypair, SignatureEncoding, Signer, Verifier};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

const KEY_BITS: usize = 2048;

pub(crate) struct Application {
    pub(crate) id: String,
    key: RsaPrivateKey,
    signing: SigningKey<Sha256>,
    verifying: VerifyingKey<Sha256>,
    /// Signatures that have been verified. Every request has a token, and verifying it takes as
    /// long as everything else.
    verified: Mutex<HashSet<(Vec<u8>, Vec<u8>)>>,
}

impl Application {
    pub(crate) fn new() -> io::Result<Self> {
        let key = key_of_this_process()?;
        let signing = SigningKey::new(key.clone());
        let verifying = signing.verifying_key();
        let id = Uuid::new_v4().to_string();
        Ok(Self { id, key, signing, verifying, verified: Mutex::default() })
    }

    /// Writes the private key as PKCS#8 PEM that only its owner may read.
    pub(crate) fn write_private_key(&self, path: &Path) -> io::Result<()> {
        let pem = self.key.to_pkcs8_pem(LineEnding::LF).map_err(io::Error::other)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(pem.as_bytes())
    }

    /// A JWT with exactly these claims, right or wrong.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header =
            BASE64_URL_SAFE_NO_PAD.encode(json!({"alg": "RS256", "typ": "JWT"}).to_string());
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        let signed = format!("{header}.{claims}");
        let signature = self.signing.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let signed = (message.to_vec(), signature.to_vec());
        if self.verified.lock().contains(&signed) {
            return true;
        }
        let is_right = Signature::try_from(signature)
            .is_ok_and(|signature| self.verifying.verify(message, &signature).is_ok());
        if is_right {
            self.verified.lock().insert(signed);
        }
        is_right
    }
}

/// All sandboxes of a process share a key, because making one takes a noticeable part of a second.
/// Their application ids differ, so each refuses the tokens of the others.
fn key_of_this_process() -> io::Result<RsaPrivateKey> {
    static KEY: Mutex<Option<RsaPrivateKey>> = Mutex::new(None);
    let mut made = KEY.lock();
    if let Some(key) = made.as_ref() {
        return Ok(key.clone());
    }
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, KEY_BITS).map_err(io::Error::other)?;
    Ok(made.insert(key).clone())
}
