//! Why something failed.

use std::ffi::{CString, c_char};
use std::ptr::null;

use super::boundary::infallible;
use super::convert::{c_string, optional_c_string, text_or_null};
use super::status::{vce_outcome, vce_status};
use crate::error::{Answer, Error};

/// Why a call failed, and whether the event may exist. It contains no secret.
pub struct vce_error {
    error: Error,
    message: CString,
    answer: Option<Texts>,
}

struct Texts {
    http_status: i32,
    code: Option<CString>,
    title: Option<CString>,
    detail: Option<CString>,
    trace_id: Option<CString>,
    response: CString,
}

impl From<&Answer> for Texts {
    fn from(answer: &Answer) -> Texts {
        Texts {
            http_status: i32::from(answer.http_status),
            code: optional_c_string(answer.code.as_deref()),
            title: optional_c_string(answer.title.as_deref()),
            detail: optional_c_string(answer.detail.as_deref()),
            trace_id: optional_c_string(answer.trace_id.as_deref()),
            response: c_string(answer.response.clone()),
        }
    }
}

impl From<Error> for vce_error {
    fn from(error: Error) -> vce_error {
        vce_error {
            message: c_string(error.message()),
            answer: error.answer().map(Texts::from),
            error,
        }
    }
}

fn answered(error: Option<&vce_error>) -> Option<&Texts> {
    error.and_then(|error| error.answer.as_ref())
}

/// Returns the status of the error; VCE_ERR_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_status(error: Option<&vce_error>) -> vce_status {
    infallible(vce_status::VCE_ERR_INTERNAL, || {
        error.map_or(vce_status::VCE_ERR_ARGUMENT, |error| error.error.status().into())
    })
}

/// Returns one sentence for a person: what went wrong, where, and what to do. NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_message(error: Option<&vce_error>) -> *const c_char {
    infallible(null(), || text_or_null(error.map(|error| &error.message)))
}

/// Returns VCE_OUTCOME_NOT_CREATED if the event does not exist, or VCE_OUTCOME_MAYBE_CREATED if it
/// may exist in spite of the error. Errors of calls that create no event have
/// VCE_OUTCOME_NOT_CREATED. For NULL, nothing is known: VCE_OUTCOME_MAYBE_CREATED.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_outcome(error: Option<&vce_error>) -> vce_outcome {
    let unknown = vce_outcome::VCE_OUTCOME_MAYBE_CREATED;
    infallible(unknown, || error.map_or(unknown, |error| error.error.outcome().into()))
}

/// Returns whether the same call may succeed later without creating the event twice. With
/// delivery=at_least_once it may create the event twice. False for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_is_retryable(error: Option<&vce_error>) -> bool {
    infallible(false, || error.is_some_and(|error| error.error.is_retryable()))
}

/// Returns how many milliseconds to wait before trying again, as the server's Retry-After or the
/// option rate_limit says; -1 if neither does.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_retry_after_ms(error: Option<&vce_error>) -> i64 {
    infallible(-1, || {
        error
            .and_then(|error| error.error.retry_after())
            .map_or(-1, |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Returns the byte offset of the first error in an event type, an id, a body or another text that
/// the caller passed; -1 if the error has no offset.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_offset(error: Option<&vce_error>) -> i64 {
    infallible(-1, || {
        error
            .and_then(|error| error.error.offset())
            .map_or(-1, |offset| i64::try_from(offset).unwrap_or(i64::MAX))
    })
}

/// Returns the HTTP status of the server's answer; 0 if there was no answer.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_http_status(error: Option<&vce_error>) -> i32 {
    infallible(0, || answered(error).map_or(0, |answer| answer.http_status))
}

/// Returns Vonage's error code, such as "conversation:error:not-found", or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_code(error: Option<&vce_error>) -> *const c_char {
    infallible(null(), || text_or_null(answered(error).and_then(|answer| answer.code.as_ref())))
}

/// Returns the title of the problem details, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_title(error: Option<&vce_error>) -> *const c_char {
    infallible(null(), || text_or_null(answered(error).and_then(|answer| answer.title.as_ref())))
}

/// Returns the detail of the problem details (in an older version its description), or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_detail(error: Option<&vce_error>) -> *const c_char {
    infallible(null(), || text_or_null(answered(error).and_then(|answer| answer.detail.as_ref())))
}

/// Returns the id by which Vonage's support finds the request, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_trace_id(error: Option<&vce_error>) -> *const c_char {
    infallible(null(), || text_or_null(answered(error).and_then(|answer| answer.trace_id.as_ref())))
}

/// Returns the body of the server's answer as received: at most its first 64 KiB, and only up to a
/// NUL byte. It may be invalid UTF-8. NULL if there was no answer.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_response(error: Option<&vce_error>) -> *const c_char {
    infallible(null(), || text_or_null(answered(error).map(|answer| &answer.response)))
}

/// Frees an error and its texts. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn vce_error_free(error: Option<Box<vce_error>>) {
    infallible((), || drop(error));
}
