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

/// A conversation's events, fetched as they are asked for. One thread at a time.
pub struct vce_event_list(pub(super) EventList);

/// Narrows or orders a list before its first event is asked for; a value of NULL leaves the
/// choice to the server.
///
/// type: only events of this type, which are picked out here. A type that begins with "custom:"
/// is never sent, since the server's filter does not support custom types, so the list fetches
/// every page: page_size "100" spares requests. Any other type is sent to the server too.
/// order: "asc" or "desc". page_size: "1" to "100", how many events are fetched at once.
/// start_id, end_id: the range of event ids. exclude_deleted: "true" or "false". Answers
/// VCE_ERR_ARGUMENT for anything else.
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

/// The next event, to be freed with vce_event_free; VCE_END after the last. Fetches pages as
/// needed, at most for the option timeout. After an error the call can be repeated: no event
/// is passed over. VCE_ERR_RESPONSE if the server says that there is a next page, but not how to
/// ask for it.
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

/// Frees a list. Its events are not touched. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn vce_event_list_free(list: Option<Box<vce_event_list>>) {
    infallible((), || drop(list));
}
