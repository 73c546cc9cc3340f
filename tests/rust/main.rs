//! libvce from outside: the Rust API and the C ABI's functions, against the sandbox.

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]
#![allow(unsafe_code, missing_docs)]

mod vectors;
