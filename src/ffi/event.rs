//! An event as the server described it.

use std::ffi::{CStr, c_char};
use std::ptr::null;

use super::boundary::infallible;
use crate::event::{Event, Field};

/// An event as the server described it. A field that the server left out is NULL; this can happen
/// even to the id of a created event. Only vce_event_json is always there.
pub struct vce_event(Event);

impl From<Event> for vce_event {
    fn from(event: Event) -> vce_event {
        vce_event(event)
    }
}

fn field(event: Option<&vce_event>, field: Field) -> *const c_char {
    infallible(null(), || event.and_then(|event| event.0.c_str(field)).map_or(null(), CStr::as_ptr))
}

/// Returns the event's id as text, whether the server sent a number or a string. NULL if the
/// server sent no id.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_id(event: Option<&vce_event>) -> *const c_char {
    field(event, Field::Id)
}

/// Returns the event type, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_type(event: Option<&vce_event>) -> *const c_char {
    field(event, Field::Type)
}

/// Returns the id of the member that the event comes from, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_from(event: Option<&vce_event>) -> *const c_char {
    field(event, Field::From)
}

/// Returns the time at which the server created the event, as the server wrote it (RFC 3339), or
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_timestamp(event: Option<&vce_event>) -> *const c_char {
    field(event, Field::Timestamp)
}

/// Returns the body's JSON byte for byte as the server sent it, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_body(event: Option<&vce_event>) -> *const c_char {
    field(event, Field::Body)
}

/// Returns the JSON of the whole event byte for byte as the server sent it. NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_json(event: Option<&vce_event>) -> *const c_char {
    field(event, Field::Json)
}

/// Frees an event and its texts. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_free(event: Option<Box<vce_event>>) {
    infallible((), || drop(event));
}
