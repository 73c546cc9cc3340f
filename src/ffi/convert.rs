//! Every pointer that crosses the ABI is read or written here.

use std::ffi::{CStr, CString, c_char};
use std::ptr::{null, null_mut};

use crate::error::{Error, Result, Status};

/// Reads a text that must not be NULL.
///
/// # Safety
/// `text` is NULL or points to a NUL-terminated string that lives unchanged for `'a`.
pub unsafe fn text<'a>(text: *const c_char, what: &str) -> Result<&'a str> {
    // SAFETY: the same contract.
    unsafe { optional_text(text, what) }?
        .ok_or_else(|| Error::new(Status::Argument, format!("the {what} is NULL")))
}

/// Reads a text that may be NULL.
///
/// # Safety
/// As [`text`].
pub unsafe fn optional_text<'a>(text: *const c_char, what: &str) -> Result<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, so NUL-terminated and alive by this function's contract.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map(Some).map_err(|error| {
        let offset = error.valid_up_to();
        Error::new(Status::Argument, format!("the {what} is not UTF-8 at byte {offset}")).at(offset)
    })
}

/// What describes an event that is to be created.
pub struct EventTexts<'a> {
    pub conversation_id: &'a str,
    pub event_type: &'a str,
    pub from: Option<&'a str>,
    pub body: &'a str,
}

impl<'a> EventTexts<'a> {
    /// Reads them, in the order in which offences are reported.
    ///
    /// # Safety
    /// Each as [`text`].
    pub unsafe fn new(
        conversation_id: *const c_char,
        event_type: *const c_char,
        from: *const c_char,
        body: *const c_char,
    ) -> Result<EventTexts<'a>> {
        // SAFETY: the same contract.
        unsafe {
            Ok(EventTexts {
                conversation_id: text(conversation_id, "conversation id")?,
                event_type: text(event_type, "event type")?,
                from: optional_text(from, "member id")?,
                body: text(body, "body")?,
            })
        }
    }
}

/// An object that must not be NULL.
pub fn not_null<T>(object: Option<T>, what: &str) -> Result<T> {
    object.ok_or_else(|| Error::new(Status::Argument, format!("the {what} is NULL")))
}

/// Where a new object is handed to the caller.
pub struct Out<T>(*mut *mut T);

impl<T> Out<T> {
    /// # Safety
    /// `place` is NULL, or a pointer can be written to it until this is dropped.
    pub unsafe fn new(place: *mut *mut T) -> Out<T> {
        Out(place)
    }

    /// Refuses NULL, before any work is done for nothing.
    pub fn required(self, what: &str) -> Result<Out<T>> {
        if self.0.is_null() {
            return Err(Error::new(Status::Argument, format!("the place for the {what} is NULL")));
        }
        Ok(self)
    }

    /// Whether the caller wants the object.
    pub fn is_wanted(&self) -> bool {
        !self.0.is_null()
    }

    /// Hands an object over; drops it if the caller does not want it.
    pub fn write(self, object: T) {
        if self.is_wanted() {
            let object = Box::into_raw(Box::new(object));
            // SAFETY: not NULL, so writable by the contract of `new`. What stood there is
            // the caller's, and perhaps not initialised: it is overwritten unread.
            unsafe { self.0.write(object) };
        }
    }
}

/// A text for C. A NUL in it, which no header and no valid field has, ends it.
pub fn c_string(bytes: impl Into<Vec<u8>>) -> CString {
    CString::new(bytes).unwrap_or_else(|error| {
        let end = error.nul_position();
        let mut bytes = error.into_vec();
        bytes.truncate(end);
        CString::new(bytes).unwrap_or_default()
    })
}

pub fn optional_c_string(text: Option<&str>) -> Option<CString> {
    text.map(c_string)
}

/// A text that is borrowed from its object.
pub fn text_or_null(text: Option<&CString>) -> *const c_char {
    text.map_or(null(), |text| text.as_ptr())
}

/// A text that is handed over, for [`free_c_string`].
pub fn owned_c_string(text: impl Into<Vec<u8>>) -> *mut c_char {
    c_string(text).into_raw()
}

/// An object that is handed over as a function's result.
pub fn handed_over<T>(object: Option<T>) -> *mut T {
    object.map_or(null_mut(), |object| Box::into_raw(Box::new(object)))
}

/// Frees a text that was handed over.
///
/// # Safety
/// `text` is NULL or came from [`CString::into_raw`] and is not used again.
pub unsafe fn free_c_string(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: by this function's contract.
        drop(unsafe { CString::from_raw(text) });
    }
}
