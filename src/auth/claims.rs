use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::config::Settings;

/// A token's claims. Source: Vonage's documentation of JSON Web Tokens.
#[derive(Serialize)]
pub struct Claims<'a> {
    pub application_id: &'a str,
    pub iat: u64,
    pub exp: u64,
    /// A fresh UUID v4: the platform refuses a token whose `jti` it has seen.
    pub jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<&'a RawValue>,
}

/// The claims of a ready token that libvce reads. They are empty if the token is unreadable: only
/// the server checks it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ReadyClaims {
    pub application_id: Option<String>,
    sub: Option<IgnoredAny>,
}

impl ReadyClaims {
    pub fn of(token: &str) -> ReadyClaims {
        let payload = token.split('.').nth(1).unwrap_or_default().trim_end_matches('=');
        let claims = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        serde_json::from_slice(&claims).unwrap_or_default()
    }
}

/// Returns whether the token names the user that events come from: a ready token in its claims,
/// any other token because `subject` is set.
pub fn names_a_user(settings: &Settings) -> bool {
    match &settings.token {
        Some(token) => ReadyClaims::of(token).sub.is_some(),
        None => settings.subject.is_some(),
    }
}
