use memchr::memchr_iter;
use ureq::http::HeaderValue;
use zeroize::Zeroizing;

use crate::error::{Error, Result, Status};

/// The value of an `Authorization` header. Its `Debug` output shows nothing of the token.
pub struct Bearer {
    /// `Bearer ` and the token, marked as sensitive.
    pub header: HeaderValue,
    /// A value of the same length that is no secret. The HTTP client gets this one, because it
    /// writes its requests to a host's log.
    pub placeholder: HeaderValue,
    /// What was added to this machine's clock when the token was signed, in seconds.
    pub(super) skew: i64,
    /// The token's number in its engine.
    pub(super) serial: u64,
}

impl Bearer {
    pub(super) fn new(token: &str, skew: i64, serial: u64) -> Result<Bearer> {
        let value = |token: &str| {
            let value = Zeroizing::new(format!("{}{token}", Bearer::SCHEME));
            HeaderValue::from_str(&value).map_err(|_| {
                Error::new(
                    Status::Credentials,
                    "the token has characters that are not allowed in a header",
                )
            })
        };
        let mut header = value(token)?;
        header.set_sensitive(true);
        let filler = char::from(Bearer::FILLER).to_string();
        let placeholder = value(&filler.repeat(token.len()))?;
        Ok(Bearer { header, placeholder, skew, serial })
    }

    const SCHEME: &str = "Bearer ";
    /// A character that no token has.
    const FILLER: u8 = b'~';

    /// Replaces the placeholder in the head of a request by the token.
    pub fn insert_into(&self, head: &mut [u8]) {
        let placeholder = self.placeholder.as_bytes();
        // A URL may contain a filler, but never the scheme and its space before it.
        let place = memchr_iter(Bearer::FILLER, head)
            .filter_map(|at| at.checked_sub(Bearer::SCHEME.len()))
            .find(|at| head.get(*at..).is_some_and(|rest| rest.starts_with(placeholder)));
        if let Some(place) = place.and_then(|at| head.get_mut(at..at + placeholder.len())) {
            place.copy_from_slice(self.header.as_bytes());
        }
    }
}
