//! A panic inside the library is kept inside: it prints nothing, and its message is known.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Status};
use crate::outcome::{self, Effect};
use crate::platform;

// Without destructors: calls work in the destructors of a thread and in exit handlers, which
// run after them.
thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static PANIC: ManuallyDrop<RefCell<Option<String>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Keeps the messages of this thread's panics while it is in the library.
///
/// All others go on to the hook that was there before: in a Rust program that links the crate
/// the hook is the program's, and not ours to speak for.
fn quiet_panics() {
    // Not a lock: a child that is forked at this moment would wait for it for ever.
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if !INSTALLED.load(Ordering::Relaxed) && !INSTALLED.swap(true, Ordering::Relaxed) {
        install();
    }
}

#[cold]
fn install() {
    // The standard library takes a lock for it.
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

/// Runs `body`; a panic is its message.
pub fn catch<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    // Setting a hook while this thread unwinds would abort.
    if !std::thread::panicking() {
        quiet_panics();
    }
    DEPTH.set(DEPTH.get() + 1);
    // What a panic leaves half done is behind locks that tell of it, or was the caller's alone.
    let caught = catch_unwind(AssertUnwindSafe(body));
    DEPTH.set(DEPTH.get() - 1);
    caught.map_err(|_| PANIC.with(|panic| panic.take()).unwrap_or_default())
}

/// The error that a panic becomes, in the middle of something with this effect.
pub fn defect(message: &str, effect: Effect) -> Error {
    let message = format!("a defect in libvce; please report it: {message}");
    outcome::unknown(effect, Error::new(Status::Internal, message))
}
