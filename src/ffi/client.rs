//! Clients, and the requests that they send.

use std::ffi::c_char;
use std::time::Duration;

use super::boundary::infallible;
use super::call::{OutError, creating, fallible};
use super::config::vce_config;
use super::convert::{EventTexts, Out, not_null, text};
use super::error::vce_error;
use super::event::vce_event;
use super::event_list::vce_event_list;
use super::status::vce_status;
use crate::client::Client;
use crate::error::Status;

/// A client of the Conversation API. Any number of threads may use it at the same time.
///
/// A child process that inherits a client by fork may use it and free it. The fork may happen at
/// any moment. The child gets its own connections, token, queue and threads, and does not touch
/// its parent's. While the library looks up a name, fork() waits for it, at most half a second.
pub struct vce_client(pub(super) Client);

/// Makes a client from a copy of the settings. Free it with vce_client_free. The call reads the
/// private key and ca_file; it opens no connection and starts no thread.
///
/// Returns VCE_OK, VCE_ERR_CONFIG or VCE_ERR_CREDENTIALS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_client_new(
    config: Option<&vce_config>,
    client: *mut *mut vce_client,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `client` and `error` are NULL or writable, by the contract in `ffi/mod.rs`.
    let (client, error) = unsafe { (Out::new(client), OutError::new(error)) };
    fallible(error, || {
        let config = not_null(config, "config")?;
        let client = client.required("client")?;
        client.write(vce_client(Client::new(&config.0)?));
        Ok(Status::Ok)
    })
}

/// Closes a client: refuses new calls and events with VCE_ERR_CLOSED, and waits at most timeout_ms
/// milliseconds for calls in other threads and for enqueued events. Then it cancels the rest:
/// those calls return VCE_ERR_CLOSED, those events are reported with VCE_ERR_CLOSED, and the
/// outcome of each says what is known about its event.
///
/// Reports can still be polled afterwards. No thread of the library remains, except the threads
/// of a shared engine, a thread that still waits for the system to look up a host's name, and a
/// thread that watches the idle connections of other clients. Any thread may close a client.
///
/// Returns VCE_OK if nothing had to be cancelled, otherwise VCE_ERR_TIMEOUT. Closing again returns
/// VCE_OK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_client_close(
    client: Option<&vce_client>,
    timeout_ms: u64,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || {
        not_null(client, "client")?.0.close(Duration::from_millis(timeout_ms)).map(|()| Status::Ok)
    })
}

/// Frees a client. It closes the client first, with a time limit of 0: it cancels what is
/// unfinished and blocks no longer than that takes. With engine=shared, accepted events are still
/// delivered, but without reports. NULL is allowed.
///
/// No other thread may be inside, or about to enter, any call with the client. Close it first,
/// which makes vce_poll and vce_flush return; then join the threads that use it; then free it. Its
/// event lists remain valid, and return VCE_ERR_CLOSED when they need the server.
#[unsafe(no_mangle)]
pub extern "C" fn vce_client_free(client: Option<Box<vce_client>>) {
    infallible((), || drop(client));
}

/// Creates one event and waits for the answer. The option timeout limits the whole call.
///
/// from is the member that the event comes from. NULL is allowed, unless the token has a subject:
/// then the call returns VCE_ERR_MEMBER_ID. body is a JSON object; its keys, numbers and strings
/// are sent byte for byte. With delivery=effectively_once the body gets one more member, unless it
/// has that member already. event may be NULL; otherwise free the event with vce_event_free.
///
/// The call runs on the caller's thread. It also works in exit handlers and in thread destructors.
/// The library uses a thread of its own in two cases. The system looks up host names without a
/// time limit, so a thread waits for each lookup; the process has one such thread for a name, and
/// remembers the addresses for 30 seconds. When several connections are idle, another thread
/// closes them after 15 seconds.
///
/// Returns the first error in this order: arguments, conversation_id, type, from, body; then
/// nothing was sent. Otherwise returns VCE_ERR_CLOSED, or a status from 40 to 69 that says what
/// went wrong with the connection or what the server answered. After any failure
/// vce_error_outcome says whether the event may exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_create_event(
    client: Option<&vce_client>,
    conversation_id: *const c_char,
    r#type: *const c_char,
    from: *const c_char,
    body: *const c_char,
    event: *mut *mut vce_event,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `event` and `error` are NULL or writable, by the contract in `ffi/mod.rs`.
    let (event, error) = unsafe { (Out::new(event), OutError::new(error)) };
    creating(error, || {
        let client = not_null(client, "client")?;
        // SAFETY: each is NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let texts = unsafe { EventTexts::new(conversation_id, r#type, from, body) }?;
        let EventTexts { conversation_id, event_type, from, body } = texts;
        event.write(client.0.create_event(conversation_id, event_type, from, body)?.into());
        Ok(Status::Ok)
    })
}

/// Fetches an event. Free it with vce_event_free. The option timeout limits the whole call.
///
/// Returns VCE_ERR_CONVERSATION_ID, VCE_ERR_EVENT_ID, VCE_ERR_CLOSED, VCE_ERR_NOT_FOUND or another
/// status from 40 to 69.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_get_event(
    client: Option<&vce_client>,
    conversation_id: *const c_char,
    event_id: *const c_char,
    event: *mut *mut vce_event,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `event` and `error` are NULL or writable, by the contract in `ffi/mod.rs`.
    let (event, error) = unsafe { (Out::new(event), OutError::new(error)) };
    fallible(error, || {
        let client = not_null(client, "client")?;
        // SAFETY: both are NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let (conversation_id, event_id) =
            unsafe { (text(conversation_id, "conversation id")?, text(event_id, "event id")?) };
        let event = event.required("event")?;
        event.write(client.0.get_event(conversation_id, event_id)?.into());
        Ok(Status::Ok)
    })
}

/// Deletes an event. The server may still list it, with a "deleted" timestamp. The option timeout
/// limits the whole call. The request is not repeated if the server may have carried it out: the
/// second answer would be VCE_ERR_NOT_FOUND.
///
/// Returns VCE_ERR_CONVERSATION_ID, VCE_ERR_EVENT_ID, VCE_ERR_CLOSED, VCE_ERR_NOT_FOUND or another
/// status from 40 to 69.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_delete_event(
    client: Option<&vce_client>,
    conversation_id: *const c_char,
    event_id: *const c_char,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || {
        let client = not_null(client, "client")?;
        // SAFETY: both are NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let (conversation_id, event_id) =
            unsafe { (text(conversation_id, "conversation id")?, text(event_id, "event id")?) };
        client.0.delete_event(conversation_id, event_id).map(|()| Status::Ok)
    })
}

/// Makes a list of a conversation's events. It sends nothing yet: vce_event_list_next fetches the
/// events. Free the list with vce_event_list_free, before or after the client.
///
/// Returns VCE_ERR_CONVERSATION_ID if the id is invalid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_list_events(
    client: Option<&vce_client>,
    conversation_id: *const c_char,
    list: *mut *mut vce_event_list,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `list` and `error` are NULL or writable, by the contract in `ffi/mod.rs`.
    let (list, error) = unsafe { (Out::new(list), OutError::new(error)) };
    fallible(error, || {
        let client = not_null(client, "client")?;
        // SAFETY: `conversation_id` is NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let conversation_id = unsafe { text(conversation_id, "conversation id") }?;
        let list = list.required("list")?;
        list.write(vce_event_list(client.0.list_events(conversation_id)?));
        Ok(Status::Ok)
    })
}
