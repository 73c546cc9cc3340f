//! Threads that leave the host's signals alone.

use std::io;
use std::thread::{Builder, JoinHandle};

#[cfg(unix)]
mod imp {
    use nix::sys::signal::{SigSet, SigmaskHow, Signal};

    /// The library's own faults: blocked, they would end the process all the same, without the
    /// host's handler.
    const FAULTS: [Signal; 6] = [
        Signal::SIGSEGV,
        Signal::SIGBUS,
        Signal::SIGFPE,
        Signal::SIGILL,
        Signal::SIGTRAP,
        Signal::SIGSYS,
    ];

    /// A new thread inherits the mask of the one that makes it; a mask that it set itself
    /// would come too late for a signal at its beginning.
    pub fn with_signals_blocked<T>(make: impl FnOnce() -> T) -> T {
        let mut blocked = SigSet::all();
        for fault in FAULTS {
            blocked.remove(fault);
        }
        let before = blocked.thread_swap_mask(SigmaskHow::SIG_SETMASK);
        let made = make();
        if let Ok(before) = before {
            // It fails only for a mask that is none.
            let _ = before.thread_set_mask();
        }
        made
    }
}

#[cfg(not(unix))]
mod imp {
    pub fn with_signals_blocked<T>(make: impl FnOnce() -> T) -> T {
        make()
    }
}

/// Starts a thread on which no handler of the host runs: one that meets a program's own data
/// on a thread that the program does not know of has broken PHP before.
pub fn spawn(
    name: &str,
    stack_bytes: usize,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let builder = Builder::new().name(name.to_owned()).stack_size(stack_bytes);
    imp::with_signals_blocked(|| builder.spawn(work))
}
