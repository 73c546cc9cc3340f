//! Settings: names and values are text.

use std::ffi::c_char;

use super::boundary::infallible;
use super::call::{OutError, fallible};
use super::convert::{not_null, optional_text, text};
use super::error::vce_error;
use super::status::vce_status;
use crate::config::Config;
use crate::error::Status;

/// A client's settings. One thread at a time may use them.
pub struct vce_config(pub(super) Config);

/// Returns settings with every option at its default. Free them with vce_config_free.
#[unsafe(no_mangle)]
pub extern "C" fn vce_config_new() -> Option<Box<vce_config>> {
    infallible(None, || Some(Box::new(vce_config(Config::new()))))
}

/// Sets an option; a value of NULL sets it back to its default. The README lists the options. The
/// value is copied, and checked at once.
///
/// Returns VCE_ERR_CONFIG if the name is unknown or the value is invalid; the option then keeps
/// its previous value.
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

/// Sets options from the environment: VONAGE_APPLICATION_ID, VONAGE_APPLICATION_PRIVATE_KEY_PATH,
/// VONAGE_PRIVATE_KEY (a path or the key itself), and VCE_ with any option's name in capitals,
/// such as VCE_TIMEOUT. The library reads no other environment variables, except the usual proxy
/// variables if the option proxy is "env".
///
/// No other thread may change the environment during this call. Returns VCE_ERR_CONFIG if a
/// variable has an invalid value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vce_config_load_env(
    config: Option<&mut vce_config>,
    error: *mut *mut vce_error,
) -> vce_status {
    // SAFETY: `error` is NULL or writable, by the contract in `ffi/mod.rs`.
    let error = unsafe { OutError::new(error) };
    fallible(error, || not_null(config, "config")?.0.load_env().map(|()| Status::Ok))
}

/// Frees settings. Clients that were made from them stay valid. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn vce_config_free(config: Option<Box<vce_config>>) {
    infallible((), || drop(config));
}
