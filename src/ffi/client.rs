//! Clients, and what they send.

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

/// A connection to the Conversation API. Any number of threads at the same time.
///
/// A child process that inherits a client by fork may use and free it: it gets connections, a
/// token, a queue and threads of its own, and leaves its parent's alone. It may have been forked
/// at any moment. A fork waits while the library looks a name up, at most for half a second.
pub struct vce_client(pub(super) Client);

/// Makes a client from a copy of the settings. Reads the private key and ca_file, connects to
/// nothing, starts no thread. To be freed with vce_client_free.
///
/// Answers VCE_ERR_CONFIG or VCE_ERR_CREDENTIALS.
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

/// Refuses new calls and events with VCE_ERR_CLOSED, and waits at most timeout_ms for the calls
/// that run in other threads and for the events that were enqueued. Then it cancels what is
/// left: such calls answer, and such events are reported with, VCE_ERR_CLOSED and the outcome
/// that the evidence gives. Reports can still be polled. No thread of the library is left then,
/// but those of an engine that is shared, one that still waits for the system to look a host's
/// name up, and one that watches over other clients' idle connections. Any thread may close;
/// closing again answers VCE_OK.
///
/// Answers VCE_OK if nothing had to be cancelled, else VCE_ERR_TIMEOUT.
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

/// Closes a client with no time and frees it; blocks no longer than the cancelling takes. With
/// engine=shared, events that were accepted are delivered all the same, without reports.
///
/// No other thread may be inside, or about to enter, any call with the client: close it first,
/// which makes vce_poll and vce_flush return, join the threads that use it, then free it. Its
/// event lists stay, and answer VCE_ERR_CLOSED once they need the server. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn vce_client_free(client: Option<Box<vce_client>>) {
    infallible((), || drop(client));
}

/// Creates one event and waits for the answer, at most for the option timeout.
///
/// from may be NULL, unless the token has a subject: VCE_ERR_MEMBER_ID. body is a JSON object; its
/// keys, numbers and strings are sent byte for byte. event may be NULL; else it is to be freed
/// with vce_event_free.
///
/// Runs on the caller's thread, also in exit handlers and in destructors of threads. Only while
/// the host's name is looked up, which the system does without a time limit, a thread of the
/// library waits for the answer; the process has one for a name, and remembers it for 30 seconds.
/// Once several connections are idle, another one closes them after 15 seconds.
///
/// Of several offences the first in this order is reported: arguments, conversation_id, type,
/// from, body; nothing is sent then. After any failure vce_error_outcome tells whether the
/// event exists all the same.
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

/// Fetches an event. It is to be freed with vce_event_free.
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

/// Deletes an event. The server may go on listing it, with a "deleted" timestamp. It is not
/// repeated once the request has left: the second answer would be VCE_ERR_NOT_FOUND.
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

/// Lists a conversation's events; nothing is sent yet. The list is to be freed with
/// vce_event_list_free, before or after the client.
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
