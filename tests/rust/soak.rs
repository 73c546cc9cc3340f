//! Thousands of events against a server that fails in every way it can.
//!
//! A failure prints the seed. With it in `VCE_SOAK_SEED` the same events meet the same faults.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use vce::{Client, Error, Outcome, Report, Status};
use vce_sandbox::{Fault, Operation, Options, RandomFaults, RequestRecord, Sandbox, StatusFault};

use crate::process::{alone, library_threads};

use evidence::Evidence;

mod evidence;

const EVENTS: u64 = 5000;
const CONVERSATIONS: usize = 100;
const PRODUCERS: u64 = 4;
const POLLERS: usize = 3;
const MAX_RETRIES: usize = 3;
const ROUNDS: usize = 8;
const SHARE_OF_FAULTS: f64 = 0.3;

#[test]
fn at_most_once() {
    alone("soak::at_most_once", || soak(Delivery::AtMostOnce, false));
}

#[test]
fn at_most_once_over_tls() {
    alone("soak::at_most_once_over_tls", || soak(Delivery::AtMostOnce, true));
}

#[test]
fn at_least_once() {
    alone("soak::at_least_once", || soak(Delivery::AtLeastOnce, false));
}

#[test]
fn at_least_once_over_tls() {
    alone("soak::at_least_once_over_tls", || soak(Delivery::AtLeastOnce, true));
}

#[test]
fn effectively_once() {
    alone("soak::effectively_once", || soak(Delivery::EffectivelyOnce, false));
}

#[test]
fn effectively_once_over_tls() {
    alone("soak::effectively_once_over_tls", || soak(Delivery::EffectivelyOnce, true));
}

#[test]
fn closed_at_any_moment() {
    alone("soak::closed_at_any_moment", || {
        let mut cancelled = BTreeSet::new();
        for round in 0..ROUNDS {
            let soak = Soak::new(Delivery::ALL[round % Delivery::ALL.len()], round % 2 == 0);
            let moment = Duration::from_millis(fastrand::u64(20..600));
            let evidence = soak.check(soak.run(Ending::ClosedAfter(moment)));
            let errors = evidence.reports.values().filter_map(Report::error);
            let closed = errors.filter(|error| error.status() == Status::Closed);
            cancelled.extend(closed.map(|error| error.outcome() == Outcome::MaybeCreated));
        }
        assert_eq!(cancelled.len(), 2, "some were in the queue, and some in flight");
    });
}

fn soak(delivery: Delivery, tls: bool) {
    let soak = Soak::new(delivery, tls);
    let reports = soak.run(Ending::Flushed);
    assert_eq!(reports.len() as u64, EVENTS);
    soak.check(reports).check_variety();
}

#[derive(Clone, Copy, PartialEq)]
#[allow(clippy::enum_variant_names)]
enum Delivery {
    AtMostOnce,
    AtLeastOnce,
    EffectivelyOnce,
}

impl Delivery {
    const ALL: [Delivery; 3] =
        [Delivery::AtMostOnce, Delivery::AtLeastOnce, Delivery::EffectivelyOnce];

    fn name(self) -> &'static str {
        match self {
            Delivery::AtMostOnce => "at_most_once",
            Delivery::AtLeastOnce => "at_least_once",
            Delivery::EffectivelyOnce => "effectively_once",
        }
    }
}

/// When the client is closed.
#[derive(Clone, Copy)]
enum Ending {
    /// After all events have finished.
    Flushed,
    /// While events are enqueued and sent.
    ClosedAfter(Duration),
}

struct Soak {
    seed: Seed,
    delivery: Delivery,
    sandbox: Sandbox,
    client: Client,
    conversations: Vec<Conversation>,
}

/// The seed, which prints itself when a test fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("VCE_SOAK_SEED={}", self.0);
        }
    }
}

/// Tells the threads that do not end by themselves to end.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Conversation {
    id: String,
    member: String,
    next_tag: Mutex<u64>,
}

impl Soak {
    fn new(delivery: Delivery, tls: bool) -> Self {
        let seed = std::env::var("VCE_SOAK_SEED").ok().map(|seed| seed.parse().unwrap());
        let seed = Seed(seed.unwrap_or_else(|| fastrand::u64(..)));
        let sandbox = Sandbox::start(Options { tls, ..Options::default() }).unwrap();
        sandbox.random_faults(RandomFaults {
            seed: seed.0,
            share: SHARE_OF_FAULTS,
            on: Operation::Any,
        });
        // These two pause the engine for a second; the random faults do not.
        for (status, skip) in [(429, EVENTS / 4), (503, EVENTS / 2)] {
            let retry_after = Some("1".to_owned());
            let pause = StatusFault { status, retry_after, ..StatusFault::default() };
            sandbox.fault(Fault::from(pause).skip(u32::try_from(skip).unwrap()));
        }
        let client = crate::support::client(
            &sandbox,
            &[
                ("delivery", delivery.name()),
                ("lookup_delay", "5ms"),
                ("timeout", "1s"),
                ("max_retries", &MAX_RETRIES.to_string()),
                ("retry_backoff_max", "20ms"),
                ("connections", "32"),
                ("queue_max_events", "1000"),
            ],
        );
        let conversation = |index| {
            let (id, member) = sandbox.new_conversation();
            Conversation { id, member, next_tag: Mutex::new(index * EVENTS) }
        };
        let conversations = (0..CONVERSATIONS as u64).map(conversation).collect();
        Self { seed, delivery, sandbox, client, conversations }
    }

    /// Sends events, and returns the reports in the order in which they were polled.
    fn run(&self, ending: Ending) -> Vec<Report> {
        let closed = AtomicBool::new(false);
        thread::scope(|scope| {
            let pollers = [(); POLLERS].map(|()| scope.spawn(|| self.poll(&closed)));
            scope.spawn(|| self.disturb(&closed));
            // Also dropped when something fails here, or these threads would run forever.
            let end = End(&closed);
            let closing = match ending {
                Ending::Flushed => {
                    self.produce_all(|| ());
                    let remaining = self.client.flush(Duration::from_secs(120));
                    assert_eq!(remaining, 0, "{}", self.client.stats());
                    self.client.close(Duration::ZERO)
                }
                Ending::ClosedAfter(time) => self.produce_all(|| {
                    thread::sleep(time);
                    self.client.close(time / 10)
                }),
            };
            drop(end);
            let reports = pollers.into_iter().flat_map(|poller| poller.join().unwrap());
            let reports: Vec<_> = reports.collect();
            let errors = reports.iter().filter_map(Report::error);
            let was_cancelled = errors.map(Error::status).any(|status| status == Status::Closed);
            assert_eq!(closing.is_err(), was_cancelled, "{closing:?}");
            reports
        })
    }

    fn produce_all<T>(&self, meanwhile: impl FnOnce() -> T) -> T {
        thread::scope(|scope| {
            for number in 0..PRODUCERS {
                scope.spawn(move || self.produce(number));
            }
            meanwhile()
        })
    }

    fn produce(&self, number: u64) {
        let mut random = fastrand::Rng::with_seed(self.seed.0.wrapping_add(number));
        for _ in 0..EVENTS / PRODUCERS {
            let conversation = random.choice(&self.conversations).unwrap();
            // Locked until the event is accepted, so that a conversation's tags are in its order.
            let mut next_tag = conversation.next_tag.lock().unwrap();
            let tag = *next_tag;
            let from = tag.is_multiple_of(3).then_some(conversation.member.as_str());
            let filler = "é".repeat(usize::try_from(tag % 64).unwrap());
            let body = format!(r#"{{"tag": {tag}, "filler": "{filler}"}}"#);
            while let Err(error) =
                self.client.enqueue_event(&conversation.id, "custom:soak", from, &body, tag)
            {
                match error.status() {
                    Status::QueueFull => thread::sleep(Duration::from_millis(1)),
                    Status::Closed => return,
                    _ => panic!("{error}"),
                }
            }
            *next_tag += 1;
        }
    }

    fn poll(&self, closed: &AtomicBool) -> Vec<Report> {
        let mut reports = Vec::new();
        loop {
            let nothing_more = closed.load(Ordering::SeqCst);
            match self.client.poll(Duration::from_millis(100)) {
                Some(report) => reports.push(report),
                None if nothing_more => return reports,
                None => {}
            }
        }
    }

    /// Closes idle connections, also while requests are about to leave on them.
    fn disturb(&self, closed: &AtomicBool) {
        while !closed.load(Ordering::SeqCst) {
            self.sandbox.close_idle_connections();
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn check(&self, reports: Vec<Report>) -> Evidence {
        assert_eq!(library_threads(), Vec::<String>::new(), "threads that run after closing");
        self.wait_for_the_sandbox();
        self.check_stats(&reports);
        let evidence = self.evidence(reports);
        evidence.check_requests();
        evidence.check_outcomes();
        evidence.check_order();
        evidence
    }

    fn check_stats(&self, reports: &[Report]) {
        let stats: Value = serde_json::from_str(&self.client.stats()).unwrap();
        let number = |name: &str| stats[name].as_u64().unwrap_or_else(|| panic!("{name}: {stats}"));
        for nothing_left in ["queued", "in_flight", "reports", "events", "bytes"] {
            assert_eq!(number(nothing_left), 0, "{nothing_left}: {stats}");
        }
        assert_eq!(number("accepted"), reports.len() as u64);
        let mut by_status = BTreeMap::<String, u64>::new();
        for (name, outcome) in [
            ("created", Outcome::Created),
            ("maybe_created", Outcome::MaybeCreated),
            ("not_created", Outcome::NotCreated),
        ] {
            let reported = reports.iter().filter(|report| report.outcome() == outcome);
            assert_eq!(number(name), reported.clone().count() as u64, "{name}: {stats}");
            if outcome == Outcome::NotCreated {
                for error in reported.filter_map(Report::error) {
                    *by_status.entry(error.status().name().to_owned()).or_default() += 1;
                }
            }
        }
        assert_eq!(stats["not_created_by_status"], serde_json::json!(by_status));
        let latency = |name: &str| stats["latency_ms"][name].as_f64().unwrap_or(f64::NAN);
        assert!(
            number("created") == 0
                || 0.0 < latency("p50")
                    && latency("p50") <= latency("p90")
                    && latency("p90") <= latency("p99")
                    && latency("p99") <= latency("max"),
            "{stats}"
        );
        let requests = self.creations();
        let refreshed = requests.iter().filter(|request| request.fault == Some("expired_token"));
        let attempts = number("accepted") + number("retries") + refreshed.count() as u64;
        assert!(requests.len() as u64 <= attempts, "{} requests: {stats}", requests.len());
    }

    /// The requests that would create an event, and not those that look for one.
    fn creations(&self) -> Vec<RequestRecord> {
        let requests = self.sandbox.requests().into_iter();
        requests.filter(|request| request.operation == Some(Operation::Create)).collect()
    }

    /// Waits until the sandbox has finished every connection that was opened.
    fn wait_for_the_sandbox(&self) {
        let stats: Value = serde_json::from_str(&self.client.stats()).unwrap();
        let start = Instant::now();
        loop {
            let connections = self.sandbox.connections();
            if stats["engine"]["connections_opened"] == connections.accepted
                && connections.open == 0
            {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{connections:?}: {stats}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn evidence(&self, reports: Vec<Report>) -> Evidence {
        let mut requests = BTreeMap::<_, Vec<_>>::new();
        for request in self.creations() {
            requests.entry(request.path.clone()).or_default().push(request);
        }
        let logs = self.conversations.iter().map(|conversation| {
            let path = format!("/v0.3/conversations/{}/events", conversation.id);
            (requests.remove(&path).unwrap_or_default(), self.sandbox.events(&conversation.id))
        });
        let logs = logs.collect();
        let mut by_tag = BTreeMap::new();
        for report in reports {
            let again = by_tag.insert(report.tag(), report);
            assert!(again.is_none(), "reported twice: {again:?}");
        }
        let ends =
            self.conversations.iter().map(|conversation| *conversation.next_tag.lock().unwrap());
        let accepted: BTreeSet<_> =
            (0..).zip(ends).flat_map(|(index, end)| index * EVENTS..end).collect();
        assert!(by_tag.keys().eq(&accepted), "each accepted event has one report");
        Evidence { delivery: self.delivery, reports: by_tag, logs }
    }
}
