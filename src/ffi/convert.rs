//! Reads and writes every pointer that crosses the ABI.

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
/// As for [`text`].
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

/// The texts that describe an event to create.
pub struct EventTexts<'a> {
    pub conversation_id: &'a str,
    pub event_type: &'a str,
    pub from: Option<&'a str>,
    pub body: &'a str,
}

impl<'a> EventTexts<'a> {
    /// Reads them, in the order in which errors are reported.
    ///
    /// # Safety
    /// Each pointer as for [`text`].
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

/// Returns an object that must not be NULL.
pub fn not_null<T>(object: Option<T>, what: &str) -> Result<T> {
    object.ok_or_else(|| Error::new(Status::Argument, format!("the {what} is NULL")))
}

/// An out-parameter: the caller gets a new object through it.
pub struct Out<T>(*mut *mut T);

impl<T> Out<T> {
    /// # Safety
    /// `place` is NULL, or a pointer can be written to it until this is dropped.
    pub unsafe fn new(place: *mut *mut T) -> Out<T> {
        Out(place)
    }

    /// Refuses NULL before any work is done in vain.
    pub fn required(self, what: &str) -> Result<Out<T>> {
        if self.0.is_null() {
            return Err(Error::new(Status::Argument, format!("the out-parameter {what} is NULL")));
        }
        Ok(self)
    }

    /// Returns whether the caller wants the object.
    pub fn is_wanted(&self) -> bool {
        !self.0.is_null()
    }

    /// Gives the object to the caller, or drops it if the caller does not want it.
    pub fn write(self, object: T) {
        if self.is_wanted() {
            let object = Box::into_raw(Box::new(object));
            // SAFETY: not NULL, so writable by the contract of `new`. The old value is the
            // caller's and perhaps not initialised: it is overwritten without being read.
            unsafe { self.0.write(object) };
        }
    }
}

/// Makes a text for C. It ends at the first NUL; no header and no valid field has one.
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

/// Returns a text that stays part of its object.
pub fn text_or_null(text: Option<&CString>) -> *const c_char {
    text.map_or(null(), |text| text.as_ptr())
}

/// Makes a text that the caller owns and frees with [`free_c_string`].
pub fn owned_c_string(text: impl Into<Vec<u8>>) -> *mut c_char {
    c_string(text).into_raw()
}

/// Gives an object to the caller as a function's result.
pub fn handed_over<T>(object: Option<T>) -> *mut T {
    object.map_or(null_mut(), |object| Box::into_raw(Box::new(object)))
}

/// Frees a text that the caller owned.
///
/// # Safety
/// `text` is NULL or came from [`CString::into_raw`] and is not used again.
pub unsafe fn free_c_string(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: by this function's contract.
        drop(unsafe { CString::from_raw(text) });
    }
}
