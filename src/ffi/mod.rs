//! The C ABI, and with `platform/process.rs` the only `unsafe` of the crate.
//!
//! `include/vce.h` is generated from the files here, one for each C object; what holds for
//! every function stands in its preamble (`cbindgen.toml`). `boundary` keeps panics in, `convert`
//! reads and writes what crosses the boundary, and `call` does both for functions that can fail.
//!
//! **Safety.** What the preamble asks of a C program is what each exported function asks of its
//! caller, and what its `SAFETY` comments refer to: a text is NULL or NUL-terminated and unchanged
//! during the call; an object is NULL or came from this library and was not freed; an
//! out-parameter is NULL or can be written.
//!
//! An `Option<&T>` is a pointer that is borrowed for the call, an `Option<Box<T>>` one whose
//! object is handed over: what is borrowed cannot be freed by mistake.
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
