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

/// Whether the token says which user events come from: a ready one by its claims, another by the
/// `subject` that it is made with.
pub fn names_a_user(settings: &Settings) -> bool {
    #[derive(Deserialize)]
    struct Subject {
        sub: Option<IgnoredAny>,
    }
    let Some(token) = &settings.token else { return settings.subject.is_some() };
    let payload = token.split('.').nth(1).unwrap_or_default().trim_end_matches('=');
    // What cannot be read is the server's to judge.
    let Ok(claims) = BASE64_URL_SAFE_NO_PAD.decode(payload) else { return false };
    serde_json::from_slice(&claims).is_ok_and(|claims: Subject| claims.sub.is_some())
}
