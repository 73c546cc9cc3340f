//! Vonage's Conversation API on loopback, to test and try libvce without an account.
//!
//! It was written from the API's documentation and shares no code with the library it tests.
//! In reading order: [`Options`] say how it behaves, [`Sandbox`] runs it, a [`Fault`] makes a
//! request go wrong, and [`RequestRecord`], [`StoredEvent`] and [`Connections`] show what it saw.

mod admin;
mod aim;
mod api;
mod application;
mod certificates;
mod clock;
mod connections;
mod exchange;
mod fault;
mod faults;
mod late;
mod log;
mod message;
mod options;
mod random;
mod sandbox;
mod server;
mod store;
mod wire;
mod world;

pub use self::aim::Operation;
pub use self::connections::Connections;
pub use self::fault::{EndlessPages, Fault, FaultKind, RawFault, StatusFault};
pub use self::log::RequestRecord;
pub use self::options::{EventTypeFilter, Options, PageLinks, TypeRules};
pub use self::random::RandomFaults;
pub use self::sandbox::Sandbox;
pub use self::store::StoredEvent;
