//! The library's version, names and texts.

use std::ffi::{CStr, c_char};

use super::boundary::infallible;
use super::convert::free_c_string;
use crate::error::Status;

/// The major version of this header.
pub const VCE_VERSION_MAJOR: i32 = 0;
/// The minor version of this header.
pub const VCE_VERSION_MINOR: i32 = 1;
/// The patch version of this header.
pub const VCE_VERSION_PATCH: i32 = 0;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

/// Returns the version of the loaded library, such as "0.1.0". The text is static: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn vce_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Returns the name of a status, such as "VCE_ERR_TYPE_PREFIX"; for an unknown number
/// "VCE_ERR_UNKNOWN". The text is static: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn vce_status_name(status: i32) -> *const c_char {
    infallible(c"".as_ptr(), || {
        Status::from_number(status).map_or(c"VCE_ERR_UNKNOWN", Status::c_name).as_ptr()
    })
}

/// Frees a text that a function returned as char *. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_string_free(string: *mut c_char) {
    // SAFETY: this library made it and the caller owns it, by the function's contract.
    infallible((), || unsafe { free_c_string(string) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_version_is_the_packages() {
        let header = format!("{VCE_VERSION_MAJOR}.{VCE_VERSION_MINOR}.{VCE_VERSION_PATCH}");
        assert_eq!(header, env!("CARGO_PKG_VERSION"));
        assert_eq!(VERSION.to_str(), Ok(env!("CARGO_PKG_VERSION")));
    }
}
