use std::borrow::Cow;

use super::json;
use super::key::Member;
use crate::error::{Error, Result, Status};

const MAX_BYTES: usize = 4096;

/// The body of a custom event: a JSON object without insignificant whitespace.
///
/// Its keys, numbers and strings are kept byte for byte as the caller wrote them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventBody<'a>(Cow<'a, str>);

impl<'a> EventBody<'a> {
    /// Takes one JSON object (RFC 8259, nested at most 128 levels deep) of at most 4096 bytes.
    /// Insignificant whitespace does not count.
    ///
    /// # Errors
    /// [`Status::BodyJson`], [`Status::BodyNotObject`] or [`Status::BodyTooLarge`], checked in
    /// this order, with the offset of the first invalid byte in `text`.
    pub fn new(text: &'a str) -> Result<EventBody<'a>> {
        let compact = json::compact(text, MAX_BYTES).map_err(|fault| {
            Error::new(
                Status::BodyJson,
                format!("the body is not valid JSON: {} at byte {}", fault.what, fault.offset),
            )
            .at(fault.offset)
        })?;
        if !compact.is_object {
            return Err(Error::new(
                Status::BodyNotObject,
                "the body is JSON but not an object; wrap it in one, such as {\"value\": …}",
            )
            .at(compact.start));
        }
        match compact.over_limit_at {
            None => Ok(EventBody(compact.text)),
            Some(offset) => Err(Error::new(
                Status::BodyTooLarge,
                format!(
                    "the body has {} bytes without insignificant whitespace; at most {MAX_BYTES} are allowed",
                    compact.size
                ),
            )
            .at(offset)),
        }
    }

    /// Makes sure that the body has a key: the member `name`, a string. If there is no such member,
    /// it is added as the last one, with the value that `make` returns. Everything before it stays
    /// byte for byte. Returns the body and the key.
    pub(crate) fn keyed(
        self,
        name: &str,
        make: impl FnOnce() -> Result<String>,
    ) -> Result<(EventBody<'a>, String)> {
        match Member::of(self.as_str(), name) {
            Member::Text(key) if !key.is_empty() => return Ok((self, key)),
            Member::Text(_) | Member::Other => {
                return Err(Error::new(
                    Status::Argument,
                    format!(
                        "the body's member \"{name}\" must be a string that is not empty, because it is the event's key (option event_key)"
                    ),
                ));
            }
            Member::Missing => {}
        }
        let key = make()?;
        let members = self.as_str().strip_suffix('}').unwrap_or_default();
        let comma = if members.len() > 1 { "," } else { "" };
        let name = json::escaped(name);
        let body = [members, comma, "\"", &*name, "\":\"", &*json::escaped(&key), "\"}"].concat();
        if body.len() > MAX_BYTES {
            return Err(Error::new(
                Status::BodyTooLarge,
                format!(
                    "the body has {} bytes with the event's key (option event_key); at most {MAX_BYTES} are allowed",
                    body.len()
                ),
            ));
        }
        Ok((EventBody(Cow::Owned(body)), key))
    }

    /// The body as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
