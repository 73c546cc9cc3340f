//! Functions that can fail: failures and panics become an error for the caller.

use super::convert::Out;
use super::error::vce_error;
use super::status::vce_status;
use crate::error::{Error, Result, Status};
use crate::outcome::Effect;
use crate::panics::{self, catch};

/// Runs a function that can fail.
pub fn fallible(error: OutError, body: impl FnOnce() -> Result<Status>) -> vce_status {
    guarded(error, Effect::Read, body)
}

/// Runs a function that creates an event: after a panic the event may have been created.
pub fn creating(error: OutError, body: impl FnOnce() -> Result<Status>) -> vce_status {
    guarded(error, Effect::Create, body)
}

fn guarded(error: OutError, effect: Effect, body: impl FnOnce() -> Result<Status>) -> vce_status {
    let result = catch(body).unwrap_or_else(|message| Err(panics::defect(&message, effect)));
    match result {
        Ok(status) => status.into(),
        Err(failure) => {
            let status = failure.status().into();
            error.write(failure);
            status
        }
    }
}

/// The out-parameter for the error.
pub struct OutError(Out<vce_error>);

impl OutError {
    /// # Safety
    /// As [`Out::new`].
    pub unsafe fn new(place: *mut *mut vce_error) -> OutError {
        // SAFETY: the same contract.
        OutError(unsafe { Out::new(place) })
    }

    pub fn write(self, error: Error) {
        if self.0.is_wanted() {
            self.0.write(vce_error::from(error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::boundary::infallible;
    use super::super::{
        vce_error, vce_error_message, vce_error_outcome, vce_error_status, vce_outcome,
    };
    use super::*;
    use std::panic::catch_unwind;
    use std::process::Command;

    #[test]
    fn a_panic_becomes_an_error_and_prints_nothing() {
        const INSIDE: &str = "VCE_TEST_PANIC_INSIDE";
        if std::env::var_os(INSIDE).is_some() {
            let mut error: *mut vce_error = std::ptr::null_mut();
            // SAFETY: the pointer is to a variable of this function.
            let out = unsafe { OutError::new(&raw mut error) };
            let status = creating(out, || panic!("a test's panic\nover two lines"));
            assert_eq!(status, vce_status::VCE_ERR_INTERNAL);
            // SAFETY: `fallible` wrote an error, which is ours now.
            let error = unsafe { Box::from_raw(error) };
            assert_eq!(vce_error_status(Some(&error)), vce_status::VCE_ERR_INTERNAL);
            assert_eq!(vce_error_outcome(Some(&error)), vce_outcome::VCE_OUTCOME_MAYBE_CREATED);
            // SAFETY: the message is NUL-terminated and lives as long as `error`.
            let message = unsafe { std::ffi::CStr::from_ptr(vce_error_message(Some(&error))) };
            assert!(message.to_str().unwrap().contains("a test's panic over two lines"));
            assert_eq!(infallible(7, || panic!("another")), 7);
            return;
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "ffi::call::tests::a_panic_becomes_an_error_and_prints_nothing",
                "--nocapture",
            ])
            .env(INSIDE, "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }

    #[test]
    fn a_panic_elsewhere_reaches_the_hosts_own_hook() {
        const OUTSIDE: &str = "VCE_TEST_PANIC_OUTSIDE";
        if std::env::var_os(OUTSIDE).is_some() {
            std::panic::set_hook(Box::new(|_| eprintln!("the host's hook")));
            infallible((), || ());
            let _ = catch_unwind(|| panic!("the host's panic"));
            infallible((), || panic!("ours"));
            return;
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "ffi::call::tests::a_panic_elsewhere_reaches_the_hosts_own_hook",
                "--nocapture",
            ])
            .env(OUTSIDE, "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "the host's hook\n");
    }
}
