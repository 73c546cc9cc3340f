//! Random faults: all kinds occur, and the same seed gives the same faults.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};

use crate::aim::Operation;
use crate::fault::{Fault, FaultKind, RawFault, StatusFault};
use crate::message::Request;

/// Gives a share of the requests a random fault, until the faults are removed.
///
/// Which fault a request gets depends on the seed, on its method and body, and on how many
/// requests with the same method and body came before. It does not depend on other requests.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomFaults {
    /// Another seed gives other faults.
    pub seed: u64,
    /// The share of requests that get a fault, from 0.0 (none) to 1.0 (all).
    #[serde(deserialize_with = "share")]
    pub share: f64,
    /// Which requests.
    #[serde(default)]
    pub on: Operation,
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    Err(D::Error::invalid_value(Unexpected::Float(share), &"a share from 0.0 to 1.0"))
}

/// The largest TLS record: what follows is in another record.
const LARGEST_RECORD: usize = 16 * 1024;

#[derive(Debug)]
pub(crate) struct Dice {
    rules: RandomFaults,
    faults: Vec<Fault>,
    /// How many requests came with each method and body.
    seen: HashMap<u64, u64>,
}

impl Dice {
    pub(crate) fn new(rules: RandomFaults) -> Self {
        Self { rules, faults: every_kind(), seen: HashMap::new() }
    }

    pub(crate) fn roll(&mut self, operation: Operation, request: &Request) -> Option<Fault> {
        if !self.rules.on.covers(operation) {
            return None;
        }
        let mut decision = DefaultHasher::new();
        (self.rules.seed, request.method().as_str(), request.body()).hash(&mut decision);
        let seen = self.seen.entry(decision.finish()).or_default();
        *seen += 1;
        seen.hash(&mut decision);
        let mut random = fastrand::Rng::with_seed(decision.finish());
        let meets = random.f64() < self.rules.share;
        meets.then(|| random.choice(&self.faults).cloned()).flatten()
    }
}

/// All faults that a request can get, each equally likely.
fn every_kind() -> Vec<Fault> {
    let silent = silent();
    let silent_although_created = silent.iter().cloned().map(Fault::creates).collect();
    [refusals(), silent, silent_although_created, answers()].concat()
}

/// Answers that say truthfully that nothing was created.
fn refusals() -> Vec<Fault> {
    let mut faults = [400, 401, 403, 404, 408, 410, 422, 429].map(Fault::status).to_vec();
    for status in [429, 503] {
        // A longer pause would delay all requests of a client.
        for retry_after in ["0", "Thu, 01 Jan 1970 00:00:00 GMT"] {
            let retry_after = Some(retry_after.to_owned());
            faults.push(StatusFault { status, retry_after, ..StatusFault::default() }.into());
        }
    }
    faults.push(FaultKind::ExpiredToken {}.into());
    // A client that reuses one of these connections takes the forged answer for the answer to its
    // next request.
    faults.extend([2, LARGEST_RECORD].map(|length| left_open(&followed_by_a_forged_one(length))));
    faults
}

/// A refusal of about `length` bytes, followed by a second answer.
fn followed_by_a_forged_one(length: usize) -> String {
    let head = "HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: ";
    let forged = "HTTP/1.1 201 Created\r\nContent-Length: 16\r\n\r\n{\"id\":\"nobody's\"}";
    // 5 digits of the length, and 4 bytes that end the head.
    let length = length.saturating_sub(head.len() + 5 + 4).max(2);
    format!("{head}{length:05}\r\n\r\n{}{forged}", "x".repeat(length))
}

/// Answers that do not say whether anything was created.
fn silent() -> Vec<Fault> {
    let mut faults = [500, 502, 503, 504].map(Fault::status).to_vec();
    for status in [301, 302, 303, 304, 307, 308] {
        let headers = [("Location".to_owned(), "/elsewhere".to_owned())].into();
        faults.push(StatusFault { status, headers, ..StatusFault::default() }.into());
    }
    let html = StatusFault {
        status: 200,
        body: Some("<!doctype html><title>Log in</title>".to_owned()),
        content_type: Some("text/html".to_owned()),
        ..StatusFault::default()
    };
    faults.push(html.into());
    faults.extend([FaultKind::Drop {}, FaultKind::Hang {}, FaultKind::Garbage {}].map(Fault::from));
    let endless_head = format!("HTTP/1.1 201 Created\r\nX-Filler: {}", "x".repeat(128 * 1024));
    let large_body = format!(
        "HTTP/1.1 201 Created\r\nContent-Length: 1500000\r\n\r\n{{\"x\":\"{}",
        "x".repeat(64 * 1024)
    );
    for response in [
        "HTTP/1.1 201 Crea",
        "HTTP/1.1 201 Created\r\nContent-Length: 20\r\n",
        &endless_head,
        &large_body,
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n[]",
        "HTTP/1.1 201 Created\r\nContent-Length: 30\r\n\r\n{\"id\":1}",
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"id\":1}\r\n",
        "HTTP/1.1 799 Odd\r\nContent-Length: 2\r\n\r\n{}",
    ] {
        faults.push(Fault::raw(response));
    }
    faults.push(left_open("HTTP/1.1 201 Created\r\nContent-Le"));
    faults
}

/// Faults that show the real answer.
fn answers() -> Vec<Fault> {
    let late = [10, 100].map(|ms| Fault::delay(Duration::from_millis(ms)));
    let kinds = [
        FaultKind::Truncate {},
        FaultKind::CloseAfter {},
        FaultKind::Trickle { interval_ms: 0 },
        FaultKind::Trickle { interval_ms: 10 },
    ];
    late.into_iter().chain(kinds.map(Fault::from)).collect()
}

fn left_open(response: &str) -> Fault {
    FaultKind::Raw(RawFault { response: response.as_bytes().to_vec(), close: false }).into()
}
