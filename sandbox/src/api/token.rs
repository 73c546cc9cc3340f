//! Vonage's rules for application tokens.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::acl::Acl;
use super::problem::Problem;
use crate::application::Application;

/// How far a client's clock may be ahead of the sandbox's.
const LEEWAY_SECONDS: i64 = 30;
const MIN_LIFETIME_SECONDS: i64 = 30;
const DEFAULT_LIFETIME_SECONDS: i64 = 15 * 60;
/// Tokens with a longer lifetime are refused.
const MAX_LIFETIME_SECONDS: i64 = 24 * 60 * 60;

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    application_id: String,
    iat: i64,
    jti: String,
    exp: Option<i64>,
    nbf: Option<i64>,
    pub(super) sub: Option<String>,
    pub(super) acl: Option<Acl>,
}

/// Verifies the token of a request, and returns its claims.
pub(super) fn verify(
    application: &Application,
    now: i64,
    authorization: Option<&str>,
) -> Result<Claims, Problem> {
    let token = authorization
        .and_then(bearer)
        .ok_or_else(|| Problem::invalid_token("A bearer token is required."))?;
    let (signed, signature) = token.rsplit_once('.').ok_or_else(not_a_jwt)?;
    let (header, claims) = signed.split_once('.').ok_or_else(not_a_jwt)?;
    let header: Header = decode(header)?;
    if header.alg != "RS256" {
        return Err(Problem::invalid_token("The token's algorithm must be RS256."));
    }
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| not_a_jwt())?;
    if !application.has_signed(signed.as_bytes(), &signature) {
        return Err(Problem::invalid_token("The token's signature is not the application's."));
    }
    let claims: Claims = decode(claims)?;
    if claims.application_id != application.id {
        return Err(Problem::invalid_token("The token is for another application."));
    }
    claims.check(now)?;
    Ok(claims)
}

/// The `jti` that a token claims, whether or not the token is valid.
pub(crate) fn claimed_id(authorization: Option<&str>) -> Option<String> {
    let claims = authorization.and_then(bearer)?.split('.').nth(1)?;
    let claims: Map<String, Value> = decode(claims).ok()?;
    Some(claims.get("jti")?.as_str()?.to_owned())
}

impl Claims {
    fn check(&self, now: i64) -> Result<(), Problem> {
        if self.jti.is_empty() {
            return Err(Problem::invalid_token("The token's jti must not be empty."));
        }
        if self.sub.as_deref() == Some("") {
            return Err(Problem::invalid_token("The token's sub must not be empty."));
        }
        if self.iat > now + LEEWAY_SECONDS {
            return Err(Problem::invalid_token("The token was issued in the future."));
        }
        if self.nbf.is_some_and(|not_before| not_before > now + LEEWAY_SECONDS) {
            return Err(Problem::invalid_token("The token is not valid yet."));
        }
        let lifetime =
            self.exp.map_or(DEFAULT_LIFETIME_SECONDS, |expiry| expiry.saturating_sub(self.iat));
        if !(MIN_LIFETIME_SECONDS..=MAX_LIFETIME_SECONDS).contains(&lifetime) {
            return Err(Problem::invalid_token(
                "The token's exp must be 30 seconds to 24 hours after its iat.",
            ));
        }
        if now - self.iat >= lifetime {
            return Err(Problem::expired_token());
        }
        Ok(())
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Decodes one part of a JWT. It must be a JSON object: serde alone would also read a struct from an
/// array.
fn decode<T: DeserializeOwned>(part: &str) -> Result<T, Problem> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| not_a_jwt())?;
    let object: Map<String, Value> = serde_json::from_slice(&json).map_err(|_| not_a_jwt())?;
    serde_json::from_value(Value::Object(object))
        .map_err(|error| Problem::invalid_token(format!("The token is not acceptable: {error}.")))
}

fn not_a_jwt() -> Problem {
    Problem::invalid_token("The token is not a JWT.")
}
