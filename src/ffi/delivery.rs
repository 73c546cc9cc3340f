//! Background sending.

use std::ffi::{c_char, c_int};
use std::ptr::null_mut;
use std::time::Duration;

use super::boundary::infallible;
use super::call::{OutError, fallible};
use super::client::vce_client;
use super::convert::{EventTexts, handed_over, not_null, owned_c_string};
use super::error::vce_error;
use super::report::vce_report;
use super::status::vce_status;
use crate::error::{Error, Status};

/// Accepts an event to send it in the background: validates it, copies it and returns without
/// I/O. A delivery report later says what happened to the event. The report has the same tag; the
/// library does not interpret the tag. Each accepted event has exactly one report, unless the
/// option reports turns it off.
///
/// from and body are as for vce_create_event. The events of one conversation are sent one after
/// the other, in the order in which they were enqueued; retries keep this order. Different
/// conversations are sent in parallel, at most as many as the option connections says. The option
/// timeout limits each attempt; delivery_timeout limits the time from enqueuing to the report.
///
/// The first event starts a thread of the library. There are at most connections + 1 such threads,
/// and one for a name lookup. They call no code of the program, block its signals, and end after
/// some seconds without work. The process does not wait for them when it exits: call vce_flush or
/// vce_client_close first.
///
/// Returns the same errors as vce_create_event for an event that breaks a rule; VCE_ERR_CLOSED;
/// VCE_ERR_QUEUE_FULL (an event counts until its report has been polled); VCE_ERR_INTERNAL if the
/// system cannot start a thread. After any error, the event was not accepted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_enqueue_event(
    client: Option<&vce_client>,
    conversation_id: *const c_char,
    r#type: *const c_char,
    from: *const c_char,
    body: *const c_char,
    tag: u64,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || {
        let client = not_null(client, "client")?;
        // SAFETY: each is NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let EventTexts { conversation_id, event_type, from, body } =
            unsafe { EventTexts::new(conversation_id, r#type, from, body) }?;
        client.0.enqueue_event(conversation_id, event_type, from, body, tag)?;
        Ok(Status::Ok)
    })
}

/// Returns the next delivery report, in the order in which events finished. Free it with
/// vce_report_free. Returns NULL if no report comes within timeout_ms milliseconds (UINT64_MAX: no
/// limit), or at once if the client is closed and no report can come any more. NULL for NULL.
///
/// Threads that poll at the same time get different reports.
#[unsafe(no_mangle)]
pub extern "C" fn vce_poll(client: Option<&vce_client>, timeout_ms: u64) -> *mut vce_report {
    infallible(null_mut(), || {
        let timeout = Duration::from_millis(timeout_ms);
        let report = client.and_then(|client| client.0.poll(timeout));
        handed_over(report.map(vce_report::from))
    })
}

/// Waits until every accepted event is finished, including events that other threads enqueue
/// meanwhile. Their reports may still wait for vce_poll. remaining is set to the number of
/// unfinished events, also on failure; it may be NULL.
///
/// Returns VCE_OK if no event is unfinished, otherwise VCE_ERR_TIMEOUT after timeout_ms
/// milliseconds. vce_client_close finishes every event, so a flush in another thread returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_flush(
    client: Option<&vce_client>,
    timeout_ms: u64,
    remaining: *mut u64,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || {
        let timeout = Duration::from_millis(timeout_ms);
        let left = client.map_or(0, |client| client.0.flush(timeout));
        // SAFETY: `remaining` is NULL or writable, by the contract in `ffi/mod.rs`.
        if let Some(remaining) = unsafe { remaining.as_mut() } {
            *remaining = left as u64;
        }
        not_null(client, "client")?;
        if left == 0 {
            return Ok(Status::Ok);
        }
        let message = format!(
            "{left} events did not finish within {timeout_ms} ms; libvce goes on sending them"
        );
        Err(Error::new(Status::Timeout, message).with_retryable(true))
    })
}

/// Returns a file descriptor that is readable exactly while reports wait for vce_poll. Use it with
/// epoll, asyncio or stream_select. With edge-triggered epoll, after each edge call vce_poll until
/// it returns NULL.
///
/// The first call makes the descriptor. It belongs to the client: do not read or close it; it is
/// closed when the client is freed. Returns -1 if the system has no descriptor left, and for NULL.
/// A forked child has its own descriptor and must ask for it again.
#[unsafe(no_mangle)]
pub extern "C" fn vce_report_fd(client: Option<&vce_client>) -> c_int {
    infallible(-1, || client.and_then(|client| client.0.report_fd()).unwrap_or(-1))
}

/// Returns counters as a JSON object. Free the text with vce_string_free. Returns NULL for NULL.
///
/// "queued": events that wait to be sent. "in_flight": events that are being sent. "reports":
/// reports that wait for vce_poll. "events" and "bytes": what counts against queue_max_events and
/// queue_max_bytes; with engine=shared, of all clients that share the engine. "accepted",
/// "created", "maybe_created" and "not_created": events so far (accepted is the sum of queued,
/// in_flight and the other three). "not_created_by_status": an object from status names to counts.
/// "retries": requests that were repeated. "latency_ms": an object with "p50", "p90", "p99" and
/// "max", the milliseconds from enqueuing to creation, exact to two digits; null before the first
/// created event. "engine": an object with "tokens_signed" and "connections_opened"; these count
/// vce_create_event and the other calls too, and all clients that share the engine. Later versions
/// may add keys, and keep these.
#[unsafe(no_mangle)]
pub extern "C" fn vce_client_stats(client: Option<&vce_client>) -> *mut c_char {
    infallible(null_mut(), || client.map_or(null_mut(), |client| owned_c_string(client.0.stats())))
}
