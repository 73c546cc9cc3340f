//! Tests the sandbox from outside, with a client that shares no code with it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admin;
mod client;
mod connections;
mod errors;
mod events;
mod faults;
mod late;
mod listing;
mod lists;
mod log;
mod program;
mod random;
mod tokens;
