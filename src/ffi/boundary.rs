//! What every export runs in: a panic becomes an error, and nothing reaches stderr.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use super::convert::OutError;
use super::status::vce_status;
use crate::error::{Error, Outcome, Result, Status};

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the messages of this thread's panics while a call is in the library.
///
/// All others go on to the hook that was there before: in a Rust program that links the crate
/// the hook is the program's, and not ours to speak for.
fn quiet_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if DEPTH.get() == 0 {
                previous(info);
            } else {
                PANIC.set(Some(info.to_string().replace('\n', " ")));
            }
        }));
    });
}

fn catch<T>(body: impl FnOnce() -> T) -> std::result::Result<T, String> {
    // Setting a hook while this thread unwinds would abort.
    if !std::thread::panicking() {
        quiet_panics();
    }
    DEPTH.set(DEPTH.get() + 1);
    // What a panic leaves half done is behind locks that tell of it, or was the caller's alone.
    let caught = catch_unwind(AssertUnwindSafe(body));
    DEPTH.set(DEPTH.get() - 1);
    caught.map_err(|_| PANIC.take().unwrap_or_default())
}

/// Runs a function that can fail.
pub fn fallible(error: OutError, body: impl FnOnce() -> Result<Status>) -> vce_status {
    guarded(error, Outcome::NotCreated, body)
}

/// Runs a function that creates an event: after a panic nobody knows whether it has.
pub fn creating(error: OutError, body: impl FnOnce() -> Result<Status>) -> vce_status {
    guarded(error, Outcome::MaybeCreated, body)
}

fn guarded(
    error: OutError,
    after_panic: Outcome,
    body: impl FnOnce() -> Result<Status>,
) -> vce_status {
    let result = catch(body).unwrap_or_else(|message| {
        let message = format!("a defect in libvce; please report it: {message}");
        Err(Error::new(Status::Internal, message).with_outcome(after_panic))
    });
    match result {
        Ok(status) => status.into(),
        Err(failure) => {
            let status = failure.status().into();
            error.write(failure);
            status
        }
    }
}

/// Runs a function that cannot fail; `otherwise` is what it answers all the same.
pub fn infallible<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch(body).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::super::{
        vce_error, vce_error_message, vce_error_outcome, vce_error_status, vce_outcome,
    };
    use super::*;
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
                "ffi::boundary::tests::a_panic_becomes_an_error_and_prints_nothing",
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
                "ffi::boundary::tests::a_panic_elsewhere_reaches_the_hosts_own_hook",
                "--nocapture",
            ])
            .env(OUTSIDE, "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "the host's hook\n");
    }
}
