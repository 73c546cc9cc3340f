use serde::Serialize;
use serde_json::value::RawValue;

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
