//! An event as the server described it.

use std::ffi::{CString, c_char};
use std::ptr::null;

use super::boundary::infallible;
use super::convert::{borrowed, c_string, optional_c_string};
use crate::event::Event;

/// An event as the server described it. A field that the server left out is NULL.
pub struct vce_event {
    id: Option<CString>,
    event_type: Option<CString>,
    from: Option<CString>,
    timestamp: Option<CString>,
    body: Option<CString>,
    json: CString,
}

impl From<Event> for vce_event {
    fn from(event: Event) -> vce_event {
        vce_event {
            id: optional_c_string(event.id()),
            event_type: optional_c_string(event.event_type()),
            from: optional_c_string(event.from()),
            timestamp: optional_c_string(event.timestamp()),
            body: optional_c_string(event.body()),
            json: c_string(event.json()),
        }
    }
}

/// The event's id as text, whether the server sent a number or a string.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_id(event: Option<&vce_event>) -> *const c_char {
    infallible(null(), || borrowed(event.and_then(|event| event.id.as_ref())))
}

/// The event type.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_type(event: Option<&vce_event>) -> *const c_char {
    infallible(null(), || borrowed(event.and_then(|event| event.event_type.as_ref())))
}

/// The member that the event comes from.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_from(event: Option<&vce_event>) -> *const c_char {
    infallible(null(), || borrowed(event.and_then(|event| event.from.as_ref())))
}

/// When the server created the event, as it wrote it (RFC 3339).
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_timestamp(event: Option<&vce_event>) -> *const c_char {
    infallible(null(), || borrowed(event.and_then(|event| event.timestamp.as_ref())))
}

/// The body's JSON, byte for byte the server's.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_body(event: Option<&vce_event>) -> *const c_char {
    infallible(null(), || borrowed(event.and_then(|event| event.body.as_ref())))
}

/// The whole resource's JSON, byte for byte the server's.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_json(event: Option<&vce_event>) -> *const c_char {
    infallible(null(), || borrowed(event.map(|event| &event.json)))
}

/// Frees an event and its texts. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_free(event: Option<Box<vce_event>>) {
    infallible((), || drop(event));
}
