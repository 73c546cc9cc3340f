//! Tests of the Rust API and of the C ABI's functions against the sandbox.

#![allow(unsafe_code, missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod answers;
mod background;
mod closing;
mod credentials;
mod error_details;
mod doubt;
mod effectively_once;
mod events;
mod close_notify;
mod ffi;
mod hosts;
mod interim;
mod limits;
mod listing;
mod looks;
mod loopback;
mod manifest;
mod options;
mod process;
mod proxy;
mod queue;
mod retries;
mod secrets;
mod sharing;
mod soak;
mod statics;
mod strange_server;
mod support;
mod tokens;
mod vectors;
