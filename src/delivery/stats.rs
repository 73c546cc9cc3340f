//! Counters, and their JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::engine::Engine;
use crate::error::{Error, Outcome, Result};
use crate::event::Event;

/// Counts what happened to a handle's events so far.
#[derive(Clone, Default)]
pub struct Counters {
    pub accepted: u64,
    pub retries: u64,
    created: u64,
    maybe_created: u64,
    not_created: BTreeMap<&'static str, u64>,
    /// From acceptance to creation, in microseconds.
    latency: Option<Histogram<u32>>,
}

/// A handle's counters at one moment.
pub struct Stats {
    pub queued: usize,
    pub in_flight: usize,
    pub reports: usize,
    pub events: usize,
    pub bytes: usize,
    pub counters: Counters,
}

impl Counters {
    /// Counts an event that finished after this time.
    pub fn count(&mut self, result: &Result<Event>, after: Duration) {
        match result.as_ref().map_err(Error::outcome) {
            Ok(_) | Err(Outcome::Created) => {
                self.created += 1;
                self.record(after);
            }
            Err(Outcome::MaybeCreated) => self.maybe_created += 1,
            Err(Outcome::NotCreated) => {
                if let Err(error) = result {
                    *self.not_created.entry(error.status().name()).or_default() += 1;
                }
            }
        }
    }

    fn record(&mut self, after: Duration) {
        const LONGEST: u64 = 8 * 24 * 3600 * 1_000_000;
        if self.latency.is_none() {
            // Two digits are exact enough for a latency. The bounds are valid, so this succeeds.
            self.latency = Histogram::new_with_bounds(1, LONGEST, 2).ok();
        }
        if let Some(latency) = &mut self.latency {
            latency.saturating_record(u64::try_from(after.as_micros()).unwrap_or(LONGEST));
        }
    }
}

impl Stats {
    /// Returns the counters as JSON, with those of the engine.
    pub fn to_json(&self, engine: &Engine) -> String {
        let Counters { accepted, retries, created, maybe_created, not_created, latency } =
            &self.counters;
        let written = serde_json::to_string(&Json {
            queued: self.queued,
            in_flight: self.in_flight,
            reports: self.reports,
            events: self.events,
            bytes: self.bytes,
            accepted: *accepted,
            created: *created,
            maybe_created: *maybe_created,
            not_created: not_created.values().sum(),
            not_created_by_status: not_created,
            retries: *retries,
            latency_ms: Latency::from(latency.as_ref()),
            engine: EngineStats {
                tokens_signed: engine.tokens_signed(),
                connections_opened: engine.connections_opened(),
            },
        });
        // Numbers and names can always be written as JSON.
        written.unwrap_or_default()
    }
}

/// The schema: keys are never renamed or removed.
#[derive(Serialize)]
struct Json<'a> {
    queued: usize,
    in_flight: usize,
    reports: usize,
    events: usize,
    bytes: usize,
    accepted: u64,
    created: u64,
    maybe_created: u64,
    not_created: u64,
    not_created_by_status: &'a BTreeMap<&'static str, u64>,
    retries: u64,
    latency_ms: Latency,
    engine: EngineStats,
}

#[derive(Serialize)]
struct Latency {
    p50: Option<Box<RawValue>>,
    p90: Option<Box<RawValue>>,
    p99: Option<Box<RawValue>>,
    max: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct EngineStats {
    tokens_signed: u64,
    connections_opened: u64,
}

impl From<Option<&Histogram<u32>>> for Latency {
    fn from(latency: Option<&Histogram<u32>>) -> Latency {
        let at = |quantile| latency.and_then(|latency| ms(latency.value_at_quantile(quantile)));
        Latency {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max: latency.and_then(|latency| ms(latency.max())),
        }
    }
}

/// Writes milliseconds as a decimal number. A float would add tables of 17 KB to the library.
fn ms(micros: u64) -> Option<Box<RawValue>> {
    RawValue::from_string(format!("{}.{:03}", micros / 1000, micros % 1000)).ok()
}
