//! Settings: names and values are text.

use std::ffi::c_char;

use super::boundary::infallible;
use super::call::{OutError, fallible};
use super::convert::{not_null, optional_text, text};
use super::error::vce_error;
use super::status::vce_status;
use crate::config::Config;
use crate::error::Status;

/// A client's settings. One thread at a time.
pub struct vce_config(pub(super) Config);

/// Settings with every option at its default. To be freed with vce_config_free.
#[unsafe(no_mangle)]
pub extern "C" fn vce_config_new() -> Option<Box<vce_config>> {
    infallible(None, || Some(Box::new(vce_config(Config::new()))))
}

/// Sets an option; a value of NULL puts it back to its default. The README lists the options.
/// The value is copied and checked at once; VCE_ERR_CONFIG leaves the former one in place.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_config_set(
    config: Option<&mut vce_config>,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || {
        let config = not_null(config, "config")?;
        // SAFETY: `name` is NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let name = unsafe { text(name, "option's name") }?;
        // SAFETY: `value` is NULL or NUL-terminated, by the contract in `ffi/mod.rs`.
        let value = unsafe { optional_text(value, "option's value") }?;
        config.0.set(name, value).map(|()| Status::Ok)
    })
}

/// Takes options from the environment: VONAGE_APPLICATION_ID, VONAGE_APPLICATION_PRIVATE_KEY_PATH,
/// VONAGE_PRIVATE_KEY (a path or the key itself), and VCE_ with any option's name in capitals,
/// such as VCE_TIMEOUT. Nothing else of the library reads the environment, but for the usual
/// proxy variables while the option proxy is "env".
///
/// No other thread may change the environment meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_config_load_env(
    config: Option<&mut vce_config>,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || not_null(config, "config")?.0.load_env().map(|()| Status::Ok))
}

/// Frees settings. Clients made from them are not touched. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn vce_config_free(config: Option<Box<vce_config>>) {
    infallible((), || drop(config));
}
