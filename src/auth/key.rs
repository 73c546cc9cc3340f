use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::signer::SigningKey;
use crate::config::{MAX_PEM_BYTES, may_be_no_path};
use crate::error::{Error, Result, Status};

/// An RSA private key that can sign tokens. Its memory is wiped when it is dropped.
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Reads a PEM file.
    pub fn from_file(path: &Path) -> Result<PrivateKey> {
        // A caller may pass the key itself instead of its path: it must not end up in a log.
        let shown = path.to_string_lossy();
        let shown = if may_be_no_path(&shown) {
            "(not shown, because it looks like the key itself; did you mean private_key?)"
        } else {
            &shown
        };
        let wrong = |what: &str| {
            Error::new(Status::Credentials, format!("the private key file {shown} {what}"))
        };
        let failed = |error: std::io::Error| wrong(&format!("cannot be read: {error}"));
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Err(wrong("is a directory; give the path of the key file in it"));
        }
        // Opening a pipe may block forever.
        if !metadata.is_file() {
            return Err(wrong("is not a regular file; give the key itself as private_key instead"));
        }
        let file = File::open(path).map_err(failed)?;
        let mut pem = Zeroizing::new(Vec::with_capacity(MAX_PEM_BYTES + 1));
        file.take(MAX_PEM_BYTES as u64 + 1).read_to_end(&mut pem).map_err(failed)?;
        if pem.len() > MAX_PEM_BYTES {
            return Err(wrong("is larger than 64 KiB, so it is not a private key"));
        }
        let pem = std::str::from_utf8(&pem)
            .map_err(|_| wrong("is not text; give a PEM file, not DER"))?;
        parse(pem).map_err(|what| wrong(&what))
    }

    /// Reads PEM text.
    pub fn from_pem(pem: &str) -> Result<PrivateKey> {
        parse(pem)
            .map_err(|what| Error::new(Status::Credentials, format!("the private key {what}")))
    }

    pub(super) fn signing_key(&self) -> &SigningKey {
        &self.0
    }
}

/// The error completes the sentence "the private key …" and contains no part of the key.
fn parse(pem: &str) -> std::result::Result<PrivateKey, String> {
    // Environment variables and .env files write line ends as `\n`.
    let pem = Zeroizing::new(pem.replace("\\r", ""));
    let pem = Zeroizing::new(pem.replace("\\n", "\n"));
    let (label, content) = first_block(&pem)?;
    match label {
        "PRIVATE KEY" | "RSA PRIVATE KEY" => {}
        "ENCRYPTED PRIVATE KEY" => return Err(ENCRYPTED.to_owned()),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => {
            return Err("is a public key; give the private key of the pair".to_owned());
        }
        "CERTIFICATE" => return Err("is a certificate; give a private key".to_owned()),
        "EC PRIVATE KEY" => return Err("is an EC key; give an RSA key".to_owned()),
        other => {
            return Err(format!("is of an unknown kind (\"{other}\"); give an RSA key in PEM"));
        }
    }
    if content.contains("ENCRYPTED") {
        return Err(ENCRYPTED.to_owned());
    }
    let mut base64 = Zeroizing::new(String::with_capacity(content.len()));
    base64.extend(content.chars().filter(|c| !c.is_ascii_whitespace()));
    let mut der = Zeroizing::new(vec![0; base64.len() / 4 * 3 + 3]);
    let length = BASE64_STANDARD
        .decode_slice(base64.as_bytes(), &mut der)
        .map_err(|_| "is damaged: its content is not base64".to_owned())?;
    der.truncate(length);
    let is_ec = der.windows(EC_OID.len()).any(|window| window == EC_OID);
    SigningKey::new(der).map(PrivateKey).map_err(|rejected| describe(&rejected, is_ec))
}

const ENCRYPTED: &str =
    "is encrypted with a passphrase; decrypt it first: openssl pkey -in KEY -out NEW";

const BROKEN_FIRST_LINE: &str =
    "is damaged: its first line is incomplete; it should be -----BEGIN PRIVATE KEY-----";

/// Returns whether `text` can be the label between `-----BEGIN ` and `-----`. If that line is
/// damaged, the text may be the whole key instead.
fn is_label(text: &str) -> bool {
    let is_label_byte =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ';
    (1..=40).contains(&text.len()) && text.bytes().all(is_label_byte)
}

fn first_block(pem: &str) -> std::result::Result<(&str, &str), String> {
    let mut rest = pem;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after
            .split_once("-----")
            .filter(|(label, _)| is_label(label))
            .ok_or(BROKEN_FIRST_LINE)?;
        let end = format!("-----END {label}-----");
        let (content, after) = after
            .split_once(end.as_str())
            .ok_or_else(|| format!("is damaged: the line {end} is missing"))?;
        // Parameters come before the key that they belong to.
        if label.contains("KEY") || label == "CERTIFICATE" {
            return Ok((label, content));
        }
        rest = after;
    }
    Err("is not PEM: the line -----BEGIN PRIVATE KEY----- is missing".to_owned())
}

const EC_OID: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

fn describe(rejected: &ring::error::KeyRejected, is_ec: bool) -> String {
    match rejected.to_string().as_str() {
        "TooSmall" => "has fewer than 2048 bits; make a new one of at least 2048".to_owned(),
        "TooLarge" => "has more than 4096 bits; make a new one of 2048 to 4096".to_owned(),
        _ if is_ec => "is an EC key; give an RSA key".to_owned(),
        "WrongAlgorithm" => "is not an RSA key; give an RSA key".to_owned(),
        reason => format!("is not a valid RSA key ({reason})"),
    }
}
