//! The C ABI, and the only `unsafe` of the crate.
//!
//! `include/vce.h` is generated from the files here, one for each C object; what holds for
//! every function stands in its preamble (`cbindgen.toml`). `boundary` keeps panics in and
//! `convert` reads what C hands over.
//!
//! An `Option<&T>` is a pointer that is borrowed for the call, an `Option<Box<T>>` one whose
//! object is handed over: what is borrowed cannot be freed by mistake.
#![allow(unsafe_code)]
#![allow(non_camel_case_types)]

mod boundary;
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
