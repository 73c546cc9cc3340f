//! The C ABI, and with `platform/process.rs` the only `unsafe` of the crate.
//!
//! `include/vce.h` is generated from the files here, one for each C object. The header's preamble
//! (`cbindgen.toml`) has the rules for every function. `boundary` catches panics, `convert` reads
//! and writes what crosses the boundary, and `call` does both for functions that can fail.
//!
//! **The contract** between each exported function and its caller; the header's preamble states
//! it for C programs:
//!
//! - A text is NULL, or NUL-terminated and unchanged during the call.
//! - An object is NULL, or it was made by this library and is not freed.
//! - An out-parameter is NULL, or writable during the call.
//!
//! An `Option<&T>` is a pointer that is borrowed for the call. An `Option<Box<T>>` is a pointer
//! that gives its object to the function. So the compiler makes sure that no borrowed object is
//! freed.
#![allow(unsafe_code)]
// All functions have the same contract, which is stated above.
#![allow(clippy::missing_safety_doc)]
#![allow(non_camel_case_types)]

mod boundary;
mod call;
mod client;
mod config;
mod convert;
mod delivery;
mod error;
mod event;
mod event_list;
mod library;
mod report;
mod rules;
mod status;

pub use client::*;
pub use config::*;
pub use delivery::*;
pub use error::*;
pub use event::*;
pub use event_list::*;
pub use library::*;
pub use report::*;
pub use rules::*;
pub use status::*;
