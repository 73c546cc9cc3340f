//! A conversation's events, page by page.

use std::ffi::c_char;

use super::boundary::infallible;
use super::call::{OutError, fallible};
use super::convert::{Out, not_null, optional_text, text};
use super::error::vce_error;
use super::event::vce_event;
use super::status::vce_status;
use crate::error::Status;
use crate::list::EventList;

/// A conversation's events, fetched when they are needed. One thread at a time may use it.
pub struct vce_event_list(pub(super) EventList);

/// Filters or orders a list. Call it before the first vce_event_list_next. A value of NULL leaves
/// the choice to the server.
///
/// type: only events of this type; the library picks them out. It never sends a type that begins
/// with "custom:" to the server, whose filter does not support custom types; so the list fetches
/// every page, and page_size "100" saves requests. It sends any other type to the server too.
/// order: "asc" or "desc". page_size: "1" to "100", the number of events fetched at once.
/// start_id, end_id: the range of event ids. exclude_deleted: "true" or "false".
///
/// Returns VCE_ERR_ARGUMENT for any other name or value, or after the first
/// vce_event_list_next; VCE_ERR_EVENT_ID for an invalid start_id or end_id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_event_list_set(
    list: Option<&mut vce_event_list>,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || {
        let list = not_null(list, "list")?;
        // SAFETY: `name` is NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let name = unsafe { text(name, "setting's name") }?;
        // SAFETY: `value` is NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let value = unsafe { optional_text(value, "setting's value") }?;
        list.0.set(name, value).map(|()| Status::Ok)
    })
}

/// Gets the next event. Free it with vce_event_free. The call fetches as many pages as it needs;
/// the option timeout limits the whole call. After an error it can be repeated: no event is
/// skipped.
///
/// Returns VCE_OK, VCE_END after the last event, VCE_ERR_CLOSED, or a status from 40 to 69.
/// VCE_ERR_RESPONSE can mean that there is a next page, but that the server's link to it is
/// invalid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_event_list_next(
    list: Option<&mut vce_event_list>,
    event: *mut *mut vce_event,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `event` and `error` are NULL or writable, by the contract in `ffi/mod.rs`.
    let (event, error) = unsafe { (Out::new(event), OutError::new(error)) };
    fallible(error, || {
        let list = not_null(list, "list")?;
        let event = event.required("event")?;
        match list.0.next().transpose()? {
            Some(next) => {
                event.write(next.into());
                Ok(Status::Ok)
            }
            None => Ok(Status::End),
        }
    })
}

/// Frees a list. Events that came from it stay valid. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_list_free(list: Option<Box<vce_event_list>>) {
    infallible((), || drop(list));
}
