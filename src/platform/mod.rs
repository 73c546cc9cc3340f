//! What differs between systems.

mod socket;
mod thread;
mod wake_up;

pub use socket::{connect_registered, is_idle_and_open};
pub use thread::spawn;
pub use wake_up::WakeUp;

/// This process.
pub fn process_id() -> u32 {
    std::process::id()
}
