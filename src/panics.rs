//! Catches panics of the library: they print nothing, and their message becomes an error's.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Status};
use crate::outcome::{self, Effect};
use crate::platform;

// Without destructors: calls also have to work in thread destructors and exit handlers, which run
// after the destructors of thread-locals.
thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static PANIC: ManuallyDrop<RefCell<Option<String>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Keeps the messages of a thread's panics while the thread is in the library.
///
/// All other panics go to the previous hook: in a Rust program that links the crate, the program
/// decides what its own panics print.
fn quiet_panics() {
    // Not a lock: a child forked at this moment would wait for it forever.
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if !INSTALLED.load(Ordering::Relaxed) && !INSTALLED.swap(true, Ordering::Relaxed) {
        install();
    }
}

#[cold]
fn install() {
    // The standard library takes a lock for this.
    platform::without_fork(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if DEPTH.get() == 0 {
                previous(info);
            } else {
                let message = info.to_string().replace('\n', " ");
                PANIC.with(|panic| panic.replace(Some(message)));
            }
        }));
    });
}

/// Runs `body`. If it panics, the error is the panic's message.
pub fn catch<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    // Setting a hook while this thread unwinds would abort.
    if !std::thread::panicking() {
        quiet_panics();
    }
    DEPTH.set(DEPTH.get() + 1);
    // Data that a panic leaves half changed is behind a lock, which is then poisoned, or only
    // this call used it.
    let caught = catch_unwind(AssertUnwindSafe(body));
    DEPTH.set(DEPTH.get() - 1);
    caught.map_err(|_| PANIC.with(|panic| panic.take()).unwrap_or_default())
}

/// The error of a panic in a call with this effect.
pub fn defect(message: &str, effect: Effect) -> Error {
    let message = format!("a defect in libvce; please report it: {message}");
    outcome::unknown(effect, Error::new(Status::Internal, message))
}
