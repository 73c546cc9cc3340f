//! The C ABI, and with `platform/process.rs` the only `unsafe` of the crate.
//!
//! `include/vce.h` is generated from the files here, one for each C object; what holds for
//! every function stands in its preamble (`cbindgen.toml`). `boundary` keeps panics in, `convert`
//! reads and writes what crosses the boundary, and `call` does both for functions that can fail.
//!
//! **The contract** that each exported function has with its caller, and that the header's
//! preamble states for C programs:
//!
//! - A text is NULL, or NUL-terminated and unchanged during the call.
//! - An object is NULL, or it came from this library and was not freed.
//! - An out-parameter is NULL, or writable during the call.
//!
//! An `Option<&T>` is a pointer that is borrowed for the call. An `Option<Box<T>>` is a pointer
//! whose object is handed over. So the compiler sees to it that no borrowed object is freed.
#![allow(unsafe_code)]
// The contract is one for all functions, and stands above.
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
