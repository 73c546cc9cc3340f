//! Compares what the client reported with what the sandbox saw.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vce::{Outcome, Report, Status};
use vce_sandbox::{RequestRecord, StoredEvent};

use super::{Delivery, MAX_RETRIES};

pub struct Evidence {
    pub delivery: Delivery,
    /// By tag. The tags of a conversation are in its order.
    pub reports: BTreeMap<u64, Report>,
    /// The requests and the stored events of each conversation.
    pub logs: Vec<(Vec<RequestRecord>, Vec<StoredEvent>)>,
}

impl Evidence {
    /// Checks that all outcomes and faults occurred: otherwise the soak would prove nothing.
    pub fn check_variety(&self) {
        for outcome in [Outcome::Created, Outcome::MaybeCreated, Outcome::NotCreated] {
            let reported = self.reports.values().filter(|report| report.outcome() == outcome);
            assert!(reported.count() > 50, "{outcome:?}");
        }
        let requests = self.logs.iter().flat_map(|(requests, _)| requests);
        let met: BTreeSet<_> = requests.filter_map(|request| request.fault).collect();
        assert_eq!(met.len(), 10, "{met:?}");
    }

    pub fn check_outcomes(&self) {
        let mut copies = BTreeMap::<u64, Vec<String>>::new();
        for event in self.logs.iter().flat_map(|(_, events)| events) {
            copies.entry(tag_of(event.body.get())).or_default().push(event.id.to_string());
        }
        for (tag, report) in &self.reports {
            let copies = copies.remove(tag).unwrap_or_default();
            let most = match (report.outcome(), self.delivery) {
                (Outcome::NotCreated, _) => 0,
                (_, Delivery::AtMostOnce | Delivery::EffectivelyOnce) => 1,
                (_, Delivery::AtLeastOnce) => 1 + MAX_RETRIES,
            };
            assert!(copies.len() <= most, "stored {} times: {report:?}", copies.len());
            let is_created = report.outcome() == Outcome::Created;
            assert_eq!(
                (report.event().is_some(), report.error().is_none()),
                (is_created, is_created)
            );
            if let Some(event) = report.event() {
                assert!(
                    copies.iter().any(|id| Some(id.as_str()) == event.id()),
                    "not stored: {report:?}"
                );
                assert_eq!(event.body().map(tag_of), Some(*tag), "another event: {report:?}");
            }
            if let Some(error) = report.error() {
                assert_eq!(error.outcome(), report.outcome());
            }
        }
        assert!(copies.is_empty(), "nobody enqueued {copies:?}");
    }

    /// Checks that an event was sent again only after an answer that allows it. The log proves
    /// that: each request in it has left the client, and its status is all that the client could
    /// know.
    pub fn check_requests(&self) {
        let mut requests = BTreeMap::<u64, Vec<&RequestRecord>>::new();
        let mut last_on = BTreeMap::<u64, u64>::new();
        for request in self.logs.iter().flat_map(|(requests, _)| requests) {
            requests.entry(tag_of_request(request)).or_default().push(request);
            let last = last_on.entry(request.connection).or_default();
            *last = request.number.max(*last);
        }
        // The client reuses a connection only after it has read the answer.
        let was_answered = |request: &RequestRecord| request.number < last_on[&request.connection];
        for requests in requests.values() {
            // In addition to the retries, one request with a new token.
            assert!(requests.len() <= 1 + MAX_RETRIES + 1, "{requests:?}");
            for request in &requests[..requests.len() - 1] {
                let is_right = self.may_be_repeated(request, was_answered(request));
                assert!(is_right, "repeated: {request:?}");
            }
        }
    }

    fn may_be_repeated(&self, request: &RequestRecord, was_answered: bool) -> bool {
        let is_refused_for_now = match request.status {
            Some(408 | 429) => true,
            Some(503) => request.retry_after.is_some(),
            Some(401) => request.fault == Some("expired_token"),
            _ => false,
        };
        let is_refused = request.status.is_some_and(|status| (400..500).contains(&status));
        let is_unknown = !is_refused || !was_answered;
        match self.delivery {
            Delivery::AtMostOnce => is_refused_for_now && request.event_id.is_none(),
            Delivery::AtLeastOnce => is_refused_for_now || is_unknown,
            Delivery::EffectivelyOnce => {
                (is_refused_for_now || is_unknown) && request.event_id.is_none()
            }
        }
    }

    /// Checks that an event is sent only after all earlier events of its conversation have
    /// finished.
    pub fn check_order(&self) {
        for (requests, events) in &self.logs {
            self.assert_in_order(requests.iter().map(tag_of_request));
            let mut seen = BTreeSet::new();
            let stored = events.iter().map(|event| tag_of(event.body.get()));
            self.assert_in_order(stored.filter(|tag| seen.insert(*tag)));
        }
    }

    fn assert_in_order(&self, tags: impl Iterator<Item = u64>) {
        let mut last = 0;
        // A request that the client gave up may arrive when later events are already in flight.
        for tag in tags.filter(|tag| !self.was_given_up(*tag)) {
            assert!(last <= tag, "{last} came before {tag}");
            last = tag;
        }
    }

    fn was_given_up(&self, tag: u64) -> bool {
        let error = self.reports.get(&tag).and_then(Report::error);
        error.is_some_and(|error| {
            error.outcome() == Outcome::MaybeCreated
                && matches!(error.status(), Status::Timeout | Status::Closed)
        })
    }
}

fn tag_of(body: &str) -> u64 {
    serde_json::from_str::<Value>(body).unwrap()["tag"].as_u64().unwrap()
}

fn tag_of_request(request: &RequestRecord) -> u64 {
    serde_json::from_str::<Value>(&request.body).unwrap()["body"]["tag"].as_u64().unwrap()
}
