//! Checks the rules of custom events offline: they need no client.

use std::ffi::c_char;

use super::call::{OutError, fallible};
use super::convert::text;
use super::error::vce_error;
use super::status::vce_status;
use crate::error::Status;
use crate::event::{EventBody, EventType, TypeRules};

/// Checks an event type against the rules in the Conversation API's documentation of custom
/// events: it begins with "custom:", has at most 100 characters in all, and after the prefix it
/// has only letters, digits, '-' and '_'. The call sends nothing.
///
/// Returns VCE_OK, or the first that applies of VCE_ERR_TYPE_PREFIX, VCE_ERR_TYPE_EMPTY,
/// VCE_ERR_TYPE_TOO_LONG and VCE_ERR_TYPE_CHARACTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_validate_type(
    r#type: *const c_char,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || {
        // SAFETY: `type` is NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let event_type = unsafe { text(r#type, "event type") }?;
        EventType::validate(event_type, TypeRules::Documented).map(|()| Status::Ok)
    })
}

/// Checks a body: it is one JSON object (RFC 8259, nested at most 128 deep) of at most 4096 bytes,
/// not counting insignificant whitespace. The call sends nothing.
///
/// Returns VCE_OK, or the first that applies of VCE_ERR_BODY_JSON, VCE_ERR_BODY_NOT_OBJECT and
/// VCE_ERR_BODY_TOO_LARGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_validate_body(
    body: *const c_char,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || {
        // SAFETY: `body` is NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let body = unsafe { text(body, "body") }?;
        EventBody::new(body).map(|_| Status::Ok)
    })
}
