//! Faults at random.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;

use vce_sandbox::{Fault, Operation, Options, RandomFaults, RequestRecord, Sandbox};

use crate::client::{EVENT, admin, connect, create, events_of, read_answer, request};

const REQUESTS: usize = 600;

fn random(seed: u64, share: f64) -> RandomFaults {
    RandomFaults { seed, share, on: Operation::Create }
}

/// Creates an event for each number on its own connection, and waits only for the first byte of
/// each answer: with some faults the rest takes long.
fn create_all(sandbox: &Sandbox, numbers: impl Iterator<Item = usize>) {
    let (path, token) = (events_of(sandbox), sandbox.new_token());
    for number in numbers {
        let event = format!(r#"{{"type":"custom:a","body":{{"number":{number}}}}}"#);
        let mut stream = connect(sandbox.base_url());
        stream.write_all(request("POST", &path, &token, &event).as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = stream.read(&mut [0]);
    }
}

/// The fault that each body got, and whether an event was created.
fn fates(sandbox: &Sandbox) -> BTreeMap<String, (Option<&'static str>, Option<u16>, bool)> {
    let fate = |record: RequestRecord| {
        (record.body, (record.fault, record.status, record.event_id.is_some()))
    };
    sandbox.requests().into_iter().map(fate).collect()
}

#[test]
fn the_seed_decides_and_not_the_order() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        sandbox.reset();
        sandbox.random_faults(random(seed, 0.5));
        thread::scope(|scope| {
            scope.spawn(|| create_all(&sandbox, (0..200).step_by(2)));
            scope.spawn(|| create_all(&sandbox, (0..200).rev().step_by(2)));
        });
        runs.push(fates(&sandbox));
    }
    assert_eq!(runs[0].len(), 200);
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[test]
fn a_request_that_comes_again_has_another_chance() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.random_faults(random(3, 0.5));
    create_all(&sandbox, [7; 40].into_iter());
    let met = sandbox.requests().iter().filter(|record| record.fault.is_some()).count();
    assert!((5..35).contains(&met), "{met} of 40");
}

#[test]
fn the_share_is_kept() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    for (share, expected) in [(0.0, 0..1), (0.3, 40..80), (1.0, 200..201)] {
        sandbox.reset();
        sandbox.random_faults(random(4, share));
        create_all(&sandbox, 0..200);
        let met = sandbox.requests().iter().filter(|record| record.fault.is_some()).count();
        assert!(expected.contains(&met), "{share}: {met} of 200");
    }
}

#[test]
fn every_kind_comes_and_what_is_answered_is_true() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.random_faults(random(5, 1.0));
    create_all(&sandbox, 0..REQUESTS);
    let fates: BTreeSet<_> = fates(&sandbox).into_values().collect();
    for status in [400, 401, 403, 404, 408, 410, 422, 429, 503] {
        assert!(fates.contains(&(Some("status"), Some(status), false)), "{status}");
    }
    assert!(fates.contains(&(Some("expired_token"), Some(401), false)));
    for status in [500, 502, 503, 504, 301, 302, 303, 304, 307, 308, 200] {
        for created in [false, true] {
            assert!(fates.contains(&(Some("status"), Some(status), created)), "{status}");
        }
    }
    for kind in ["drop", "hang", "garbage", "raw"] {
        for created in [false, true] {
            assert!(fates.contains(&(Some(kind), None, created)), "{kind}");
        }
    }
    for kind in ["delay", "trickle", "truncate", "close_after"] {
        assert!(fates.contains(&(Some(kind), Some(201), true)), "{kind}");
    }
    let lies = |(_, status, created): &&(_, Option<u16>, bool)| {
        *created && status.is_some_and(|status| (400..500).contains(&status))
    };
    assert_eq!(fates.iter().find(lies), None);
}

#[test]
fn a_fault_that_is_aimed_goes_first() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.random_faults(random(6, 1.0));
    sandbox.fault(Fault::status(418).times(3));
    create_all(&sandbox, 0..3);
    assert!(sandbox.requests().iter().all(|record| record.status == Some(418)));
    create_all(&sandbox, 3..6);
    assert!(sandbox.requests()[3..].iter().all(|record| record.status != Some(418)));
    assert!(sandbox.requests()[3..].iter().all(|record| record.fault.is_some()));
}

#[test]
fn they_meet_one_operation_and_are_forgotten_with_the_others() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let creates = || (0..20).all(|_| create(&sandbox, EVENT).status == 201);
    sandbox.random_faults(RandomFaults { on: Operation::Delete, ..random(7, 1.0) });
    assert!(creates());
    sandbox.random_faults(random(7, 1.0));
    sandbox.clear_faults();
    assert!(creates());
    sandbox.random_faults(random(7, 1.0));
    sandbox.reset();
    assert!(creates());
}

#[test]
fn they_can_be_written_down_and_mistakes_are_named() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let put = |rules: &str| admin(&sandbox, "PUT", "/faults/random", rules);
    for (rules, named) in [
        ("{}", "seed"),
        (r#"{"seed":1}"#, "share"),
        (r#"{"seed":-1,"share":0.5}"#, "-1"),
        (r#"{"seed":1,"share":30}"#, "from 0.0 to 1.0"),
        (r#"{"seed":1,"share":0.5,"sahre":1}"#, "sahre"),
        (r#"{"seed":1,"share":0.5,"on":"everything"}"#, "everything"),
    ] {
        let answer = put(rules);
        assert_eq!(answer.status, 400, "{rules}");
        assert!(answer.body.contains(named), "{rules}: {}", answer.body);
    }
    assert_eq!(create(&sandbox, EVENT).status, 201);
    let answer = put(r#"{"seed":1,"share":1,"on":"create"}"#);
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    create_all(&sandbox, 0..1);
    assert!(sandbox.requests()[1].fault.is_some());
}

/// The time to find a request's fault must not grow with the number of requests.
#[test]
fn a_crowd_is_served_and_noted() {
    const CONNECTIONS: usize = 128;
    const EACH: usize = 100;
    let sandbox = Sandbox::start(Options::default()).unwrap();
    // Faults for another conversation, and for all.
    for _ in 0..200 {
        sandbox.fault(Fault::status(500).in_conversation("CON-other"));
        sandbox.fault(Fault::status(503).times(10));
    }
    let token = sandbox.new_token();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let (conversation, _) = sandbox.new_conversation();
                let path = format!("/v0.3/conversations/{conversation}/events");
                let create = request("POST", &path, &token, EVENT);
                let mut stream = connect(sandbox.base_url());
                for _ in 0..EACH {
                    stream.write_all(create.as_bytes()).unwrap();
                    assert!(matches!(read_answer(&mut stream).status, 201 | 503));
                }
                // Keeps this connection open until all are open.
                while sandbox.connections().accepted < CONNECTIONS as u64 {
                    thread::yield_now();
                }
            });
        }
    });
    let requests = sandbox.requests();
    assert_eq!(requests.len(), CONNECTIONS * EACH);
    assert_eq!(requests.iter().filter(|record| record.status == Some(503)).count(), 2000);
    for record in requests {
        assert_eq!(record.event_id.is_some(), record.status == Some(201));
        assert_eq!(record.fault.is_some(), record.status == Some(503));
    }
}
