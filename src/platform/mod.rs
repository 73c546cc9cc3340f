//! Code that differs between operating systems.

mod clock;
mod process;
mod socket;
mod thread;
mod wake_up;

pub use clock::uptime;
pub use process::{process, thread_ends, without_fork};
pub use socket::{connect_registered, is_idle_and_open};
pub use thread::spawn;
pub use wake_up::WakeUp;
