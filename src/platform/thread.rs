//! Threads that run none of the host's signal handlers.

use std::io;
use std::thread::{Builder, JoinHandle};

#[cfg(unix)]
mod imp {
    use nix::sys::signal::{SigSet, SigmaskHow, Signal};

    /// Signals of faults in the library itself. If they were blocked, they would end the process
    /// anyway, but without the host's handler.
    const FAULTS: [Signal; 6] = [
        Signal::SIGSEGV,
        Signal::SIGBUS,
        Signal::SIGFPE,
        Signal::SIGILL,
        Signal::SIGTRAP,
        Signal::SIGSYS,
    ];

    /// A new thread inherits the mask of the thread that makes it. If it set its own mask, a signal
    /// could arrive before that.
    pub fn with_signals_blocked<T>(make: impl FnOnce() -> T) -> T {
        let mut blocked = SigSet::all();
        for fault in FAULTS {
            blocked.remove(fault);
        }
        let before = blocked.thread_swap_mask(SigmaskHow::SIG_SETMASK);
        let made = make();
        if let Ok(before) = before {
            // This fails only for an invalid mask.
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

/// Starts a thread that runs none of the host's signal handlers. Handlers that used the program's
/// data on a thread that the program did not know of have broken PHP before.
pub fn spawn(
    name: &str,
    stack_bytes: usize,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let builder = Builder::new().name(name.to_owned()).stack_size(stack_bytes);
    imp::with_signals_blocked(|| builder.spawn(work))
}
