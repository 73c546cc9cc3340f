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

/// Accepts an event to be sent in the background: validates it, copies it and returns without
/// I/O. What becomes of it is told by a report, which carries tag; the tag means nothing to the
/// library. Each accepted event has exactly one report (unless the option reports thins them).
///
/// from and body are as for vce_create_event. The events of a conversation are sent one after
/// the other in the order in which they were enqueued, also through retries; conversations run
/// in parallel, as many as the option connections says. An attempt has the time limit timeout,
/// the event's whole life delivery_timeout.
///
/// The first event starts a thread of the library; there are at most connections plus one, and
/// one for a name lookup. They call nothing of the caller's, block its signals, and leave after
/// some seconds without work.
/// A process that ends does not wait for them: vce_flush or vce_client_close first.
///
/// Answers what vce_create_event answers for an event that breaks a rule; VCE_ERR_CLOSED;
/// VCE_ERR_QUEUE_FULL (an event counts until its report has been taken); VCE_ERR_INTERNAL if
/// the system has no thread left. Nothing was accepted then.
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

/// The next delivery report, in the order in which events came to their ends; it is to be freed
/// with vce_report_free. NULL if none comes within timeout_ms, or at once if none can come any
/// more because the client is closed. UINT64_MAX is no limit.
///
/// Threads that poll at the same time get different reports. vce_client_close makes them return
/// as soon as there is nothing more to report.
#[unsafe(no_mangle)]
pub extern "C" fn vce_poll(client: Option<&vce_client>, timeout_ms: u64) -> *mut vce_report {
    infallible(null_mut(), || {
        let timeout = Duration::from_millis(timeout_ms);
        let report = client.and_then(|client| client.0.poll(timeout));
        handed_over(report.map(vce_report::from))
    })
}

/// Waits until every event that was accepted has come to its end, those that other threads
/// enqueue meanwhile included; their reports may still wait for vce_poll. remaining may be NULL;
/// it is written in any case: how many events have not come to their end.
///
/// Answers VCE_OK if no event is left, else VCE_ERR_TIMEOUT after timeout_ms. vce_client_close
/// finishes every event, so a flush in another thread returns.
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
            "{left} events had not come to their end within {timeout_ms} ms; they are still on their way"
        );
        Err(Error::new(Status::Timeout, message).with_retryable(true))
    })
}

/// A descriptor that is readable exactly while reports wait for vce_poll: for epoll, asyncio,
/// stream_select. With edge-triggered epoll, poll until NULL after each edge.
///
/// It is made at the first call and belongs to the client: it is neither to be read nor to be
/// closed, and gone when the client is freed. -1 if the system has none to give. A forked child
/// gets one of its own, and must ask for it.
#[unsafe(no_mangle)]
pub extern "C" fn vce_report_fd(client: Option<&vce_client>) -> c_int {
    infallible(-1, || client.and_then(|client| client.0.report_fd()).unwrap_or(-1))
}

/// Counters, as a JSON object; to be freed with vce_string_free. NULL for NULL.
///
/// "queued": events that wait for their turn; "in_flight": those that are being sent; "reports":
/// reports that wait for vce_poll; "events" and "bytes": what counts against queue_max_events and
/// queue_max_bytes, with engine=shared for all handles; "accepted", "created", "maybe_created",
/// "not_created": events so far (accepted is the sum of queued, in_flight and the other three);
/// "not_created_by_status": an object from status names to counts; "retries": requests that were
/// repeated; "latency_ms": an object with "p50", "p90", "p99" and "max", from enqueuing to
/// creation, to two digits, null before the first; "engine": an object with "tokens_signed" and
/// "connections_opened", which also counts calls that wait, and other clients that share the
/// engine. More keys may come; these stay.
#[unsafe(no_mangle)]
pub extern "C" fn vce_client_stats(client: Option<&vce_client>) -> *mut c_char {
    infallible(null_mut(), || client.map_or(null_mut(), |client| owned_c_string(client.0.stats())))
}
