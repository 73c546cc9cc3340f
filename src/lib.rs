//! Creates custom events in Vonage conversations, and says for each whether it was created.
//!
//! The C ABI in [`ffi`] is the product. It calls a safe Rust crate. In reading order:
//!
//! - [`Error`], its [`Status`] and its [`Outcome`]: what can go wrong, and whether the event
//!   was created despite the error
//! - [`EventType`], [`EventBody`], [`ConversationId`], [`MemberId`], [`EventRequest`],
//!   [`Event`]: what an event is
//! - [`Config`]: every option
//! - [`Client`], [`EventList`] and [`Report`]: sending events, reading those that exist, and
//!   delivery reports of events that were sent in the background
//!
//! ```no_run
//! let mut config = vce::Config::new();
//! config.load_env()?;
//! let client = vce::Client::new(&config)?;
//! let event = client.create_event("CON-…", "custom:order_paid", None, r#"{"total":12}"#)?;
//! println!("{:?}", event.id());
//! # Ok::<(), vce::Error>(())
//! ```

// The README's Rust program, compiled with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

// Ordered from the bottom layer up: a module uses only the modules above it.
mod platform;
mod error;
mod outcome;
mod panics;
mod fork;
mod housekeeping;
mod limit;
mod random;
mod calls;
mod event;
mod config;
mod auth;
mod api;
mod transport;
mod lookup;
mod retry;
mod engine;
mod delivery;
mod handle;
mod list;
mod client;
pub mod ffi;

pub use client::Client;
pub use config::{Config, OPTIONS, OptionSpec};
pub use delivery::Report;
pub use error::{Answer, Error, Outcome, Result, Status};
pub use event::{
    ConversationId, Event, EventBody, EventId, EventRequest, EventType, MemberId, TypeRules,
};
pub use list::EventList;
