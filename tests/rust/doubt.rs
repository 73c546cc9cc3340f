//! `delivery=effectively_once`: time, permits and connections while an event may exist.

use std::time::Duration;

use vce::Outcome;

use crate::strange_server::{Api, KEY, KEYED_BODY, Reply, event, ok, page};

#[test]
fn a_look_takes_one_permit_for_each_request() {
    let api = Api::start(|asked| match asked.is_post {
        true => Reply::Drop,
        false => ok(&page(&[event(KEY, "")], None)),
    });
    // The look has no time for a second permit.
    let client = api.client(&[("rate_limit", "0.2/s"), ("timeout", "4s"), ("max_retries", "0")]);
    client.enqueue_event("CON-1", "custom:a", None, KEYED_BODY, 1).unwrap();
    let report = client.poll(Duration::from_secs(60)).unwrap();
    assert_eq!(report.outcome(), Outcome::Created, "{:?}", report.error());
    assert_eq!(api.lists(), 1);
}
