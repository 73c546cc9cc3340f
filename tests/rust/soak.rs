//! Thousands of events against a server that fails in every way it can.
//!
//! A failure prints the seed; with that in `VCE_SOAK_SEED` the same events meet the same faults.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use vce::{Client, Outcome, Report, Status};
use vce_sandbox::{
    Fault, Operation, Options, RandomFaults, RequestRecord, Sandbox, StatusFault, StoredEvent,
};

const EVENTS: u64 = 5000;
const CONVERSATIONS: usize = 100;
const PRODUCERS: u64 = 4;
const POLLERS: usize = 3;
const MAX_RETRIES: usize = 3;
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

/// Runs a test in a process of its own: others have threads of the same names.
fn alone(test: &str, run: impl FnOnce()) {
    if std::env::var_os("VCE_SOAK_ALONE").is_some() {
        return run();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("VCE_SOAK_ALONE", "1");
    let output = command.output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success() && said[0].contains("1 passed"), "{}", said.concat());
}

fn soak(delivery: Delivery, tls: bool) {
    let soak = Soak::new(delivery, tls);
    let reports = soak.run();
    assert_eq!(threads(), Vec::<String>::new(), "threads that outlived the client");
    soak.check_stats(&reports);
    let evidence = soak.evidence(reports);
    evidence.check_variety();
    evidence.check_requests();
    evidence.check_outcomes();
    evidence.check_order();
}

#[derive(Clone, Copy, PartialEq)]
enum Delivery {
    AtMostOnce,
    AtLeastOnce,
}

struct Soak {
    seed: Seed,
    delivery: Delivery,
    sandbox: Sandbox,
    client: Client,
    conversations: Vec<Conversation>,
}

/// Says itself when a test fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("VCE_SOAK_SEED={}", self.0);
        }
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
            on: Operation::Create,
        });
        // Pauses for real, which the others are not.
        for (status, skip) in [(429, EVENTS / 4), (503, EVENTS / 2)] {
            let retry_after = Some("1".to_owned());
            let pause = StatusFault { status, retry_after, ..StatusFault::default() };
            sandbox.fault(Fault::from(pause).skip(u32::try_from(skip).unwrap()));
        }
        let client = crate::support::client(
            &sandbox,
            &[
                (
                    "delivery",
                    if delivery == Delivery::AtMostOnce { "at_most_once" } else { "at_least_once" },
                ),
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

    /// Sends everything, and returns the reports in the order in which they were polled.
    fn run(&self) -> Vec<Report> {
        let closed = AtomicBool::new(false);
        thread::scope(|scope| {
            let pollers = [(); POLLERS].map(|()| scope.spawn(|| self.poll(&closed)));
            scope.spawn(|| self.disturb(&closed));
            let producers = (0..PRODUCERS).map(|number| scope.spawn(move || self.produce(number)));
            let produced: Vec<_> =
                producers.collect::<Vec<_>>().into_iter().map(|p| p.join()).collect();
            let remaining = self.client.flush(Duration::from_secs(120));
            let closing = self.client.close(Duration::ZERO);
            closed.store(true, Ordering::SeqCst);
            assert!(produced.iter().all(Result::is_ok));
            assert_eq!(remaining, 0, "{}", self.client.stats());
            closing.unwrap();
            pollers.into_iter().flat_map(|poller| poller.join().unwrap()).collect()
        })
    }

    fn produce(&self, number: u64) {
        let mut random = fastrand::Rng::with_seed(self.seed.0.wrapping_add(number));
        for _ in 0..EVENTS / PRODUCERS {
            let conversation = random.choice(&self.conversations).unwrap();
            // Held until the event is accepted: a conversation's tags are its order.
            let mut next_tag = conversation.next_tag.lock().unwrap();
            let tag = *next_tag;
            let from = tag.is_multiple_of(3).then_some(conversation.member.as_str());
            let filler = "é".repeat(usize::try_from(tag % 64).unwrap());
            let body = format!(r#"{{"tag": {tag}, "filler": "{filler}"}}"#);
            while let Err(error) =
                self.client.enqueue_event(&conversation.id, "custom:soak", from, &body, tag)
            {
                assert_eq!(error.status(), Status::QueueFull, "{error}");
                thread::sleep(Duration::from_millis(1));
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

    /// Closes idle connections, also under requests that are about to leave.
    fn disturb(&self, closed: &AtomicBool) {
        while !closed.load(Ordering::SeqCst) {
            self.sandbox.close_idle_connections();
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn check_stats(&self, reports: &[Report]) {
        let stats: Value = serde_json::from_str(&self.client.stats()).unwrap();
        let number = |name: &str| stats[name].as_u64().unwrap_or_else(|| panic!("{name}: {stats}"));
        for nothing_left in ["queued", "in_flight", "reports", "events", "bytes"] {
            assert_eq!(number(nothing_left), 0, "{nothing_left}: {stats}");
        }
        assert_eq!(number("accepted"), EVENTS);
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
        let latency = |name: &str| stats["latency_ms"][name].as_f64().unwrap();
        assert!(
            0.0 < latency("p50")
                && latency("p50") <= latency("p90")
                && latency("p90") <= latency("p99")
                && latency("p99") <= latency("max"),
            "{stats}"
        );
        let requests = self.sandbox.requests();
        let refreshed = requests.iter().filter(|request| request.fault == Some("expired_token"));
        let attempts = EVENTS + number("retries") + refreshed.count() as u64;
        assert!(requests.len() as u64 <= attempts, "{} requests: {stats}", requests.len());
        let connections = self.sandbox.connections().accepted;
        assert_eq!(stats["engine"]["connections_opened"], connections, "{stats}");
    }

    /// Waits until the sandbox has come to its end with everything.
    fn evidence(&self, reports: Vec<Report>) -> Evidence {
        while self.sandbox.connections().open > 0 {
            thread::sleep(Duration::from_millis(5));
        }
        let mut requests = BTreeMap::<_, Vec<_>>::new();
        for request in self.sandbox.requests() {
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
        assert_eq!(accepted.len() as u64, EVENTS);
        assert!(by_tag.keys().eq(&accepted), "one report for each");
        Evidence { delivery: self.delivery, reports: by_tag, logs }
    }
}

/// What the client said and what the sandbox saw.
struct Evidence {
    delivery: Delivery,
    reports: BTreeMap<u64, Report>,
    /// For each conversation, the requests and the events that are there.
    logs: Vec<(Vec<RequestRecord>, Vec<StoredEvent>)>,
}

impl Evidence {
    /// A soak in which nothing happens proves nothing.
    fn check_variety(&self) {
        for outcome in [Outcome::Created, Outcome::MaybeCreated, Outcome::NotCreated] {
            let reported = self.reports.values().filter(|report| report.outcome() == outcome);
            assert!(reported.count() > 50, "{outcome:?}");
        }
        let requests = self.logs.iter().flat_map(|(requests, _)| requests);
        let met: BTreeSet<_> = requests.filter_map(|request| request.fault).collect();
        assert_eq!(met.len(), 10, "{met:?}");
    }

    fn check_outcomes(&self) {
        let mut copies = BTreeMap::<u64, Vec<String>>::new();
        for event in self.logs.iter().flat_map(|(_, events)| events) {
            copies.entry(tag_of(event.body.get())).or_default().push(event.id.to_string());
        }
        for (tag, report) in &self.reports {
            let copies = copies.remove(tag).unwrap_or_default();
            let most = match (report.outcome(), self.delivery) {
                (Outcome::NotCreated, _) => 0,
                (_, Delivery::AtMostOnce) => 1,
                (_, Delivery::AtLeastOnce) => 1 + MAX_RETRIES,
            };
            assert!(copies.len() <= most, "{} times there: {report:?}", copies.len());
            let is_created = report.outcome() == Outcome::Created;
            assert_eq!(
                (report.event().is_some(), report.error().is_none()),
                (is_created, is_created)
            );
            if let Some(event) = report.event() {
                assert!(
                    copies.iter().any(|id| Some(id.as_str()) == event.id()),
                    "not there: {report:?}"
                );
                assert_eq!(event.body().map(tag_of), Some(*tag), "another's event: {report:?}");
            }
            if let Some(error) = report.error() {
                assert_eq!(error.outcome(), report.outcome());
            }
        }
        assert!(copies.is_empty(), "nobody enqueued {copies:?}");
    }

    /// What the log proves: a request in it has left, and an answer's status in it is what the
    /// client could know. Only after an answer that allows it may there be another request.
    fn check_requests(&self) {
        let mut requests = BTreeMap::<u64, Vec<&RequestRecord>>::new();
        for request in self.logs.iter().flat_map(|(requests, _)| requests) {
            requests.entry(tag_of_request(request)).or_default().push(request);
        }
        for requests in requests.values() {
            // Beside the retries, one with a fresh token.
            assert!(requests.len() <= 1 + MAX_RETRIES + 1, "{requests:?}");
            for request in &requests[..requests.len() - 1] {
                assert!(self.may_be_repeated(request), "repeated: {request:?}");
            }
        }
    }

    fn may_be_repeated(&self, request: &RequestRecord) -> bool {
        let is_refused_for_now = match request.status {
            Some(408 | 429) => true,
            Some(503) => request.retry_after.is_some(),
            Some(401) => request.fault == Some("expired_token"),
            _ => false,
        };
        match self.delivery {
            Delivery::AtMostOnce => is_refused_for_now && request.event_id.is_none(),
            Delivery::AtLeastOnce => {
                let is_refused = request.status.is_some_and(|status| (400..500).contains(&status));
                is_refused_for_now || !is_refused
            }
        }
    }

    /// An event is sent only when all before it in its conversation have come to their end.
    fn check_order(&self) {
        for (requests, events) in &self.logs {
            self.assert_in_order(requests.iter().map(tag_of_request));
            let mut seen = BTreeSet::new();
            let stored = events.iter().map(|event| tag_of(event.body.get()));
            self.assert_in_order(stored.filter(|tag| seen.insert(*tag)));
        }
    }

    fn assert_in_order(&self, tags: impl Iterator<Item = u64>) {
        let mut last = 0;
        // What was given up for want of time may arrive when others are under way already.
        for tag in tags.filter(|tag| !self.was_given_up(*tag)) {
            assert!(last <= tag, "{last} came before {tag}");
            last = tag;
        }
    }

    fn was_given_up(&self, tag: u64) -> bool {
        let error = self.reports.get(&tag).and_then(Report::error);
        error.is_some_and(|error| {
            error.outcome() == Outcome::MaybeCreated && error.status() == Status::Timeout
        })
    }
}

fn tag_of(body: &str) -> u64 {
    serde_json::from_str::<Value>(body).unwrap()["tag"].as_u64().unwrap()
}

fn tag_of_request(request: &RequestRecord) -> u64 {
    serde_json::from_str::<Value>(&request.body).unwrap()["body"]["tag"].as_u64().unwrap()
}

/// The names of the library's threads in this process.
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // One that ends meanwhile has no name any more.
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    let names = names.map(|name| name.trim_end().to_owned());
    names.filter(|name| name.starts_with("vce-") && name != "vce-sandbox").collect()
}
