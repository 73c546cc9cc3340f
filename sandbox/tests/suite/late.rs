//! Events that appear late, or are created late.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use vce_sandbox::{EndlessPages, Fault, FaultKind, Operation, Options, Sandbox};

use crate::client::{
    EVENT, add_fault, admin, create, events_of, ids_of, send, send_and_read_to_end,
};

/// Longer than any test lasts.
const NEVER: u64 = 3_600_000;

/// Adds the fault with the number for the word `NEVER` in it.
fn add_fault_for_ever(sandbox: &Sandbox, fault: &str) {
    add_fault(sandbox, &fault.replace("NEVER", &NEVER.to_string()));
}

fn catch_up(sandbox: &Sandbox) {
    assert_eq!(admin(sandbox, "POST", "/faults/catch-up", "").body, "{}");
}

/// The ids of the events that the API lists.
fn listed(sandbox: &Sandbox) -> Vec<u64> {
    ids_of(&send(sandbox, "GET", &events_of(sandbox), "").json()["_embedded"])
}

/// The events that the sandbox stores.
fn stored(sandbox: &Sandbox) -> Value {
    let path = format!("/events?conversation_id={}", sandbox.conversation_id());
    admin(sandbox, "GET", &path, "").json()
}

fn time(event: &Value, name: &str) -> SystemTime {
    humantime::parse_rfc3339(event[name].as_str().unwrap()).unwrap()
}

/// Waits until it is true, and fails after a time limit.
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(120), "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Creates an event, and sees the connection end without an answer.
fn create_unanswered(sandbox: &Sandbox) {
    assert_eq!(send_and_read_to_end(sandbox, "POST", &events_of(sandbox), EVENT), b"");
}

#[test]
fn an_event_out_of_sight_is_created_but_neither_listed_nor_found() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    add_fault_for_ever(&sandbox, r#"{"kind":"answer","on":"create","appears_after_ms":NEVER}"#);
    let answer = create(&sandbox, EVENT);
    assert_eq!((answer.status, &answer.json()["id"]), (201, &1.into()));
    assert_eq!(create(&sandbox, EVENT).json()["id"], 2);

    let one = format!("{}/1", events_of(&sandbox));
    assert_eq!(listed(&sandbox), [2]);
    for method in ["GET", "DELETE"] {
        let answer = send(&sandbox, method, &one, "");
        assert_eq!((answer.status, answer.code().as_str()), (404, "event:error:not-found"));
    }
    let before = stored(&sandbox);
    assert_eq!(ids_of(&before), [1, 2], "the admin sees it");
    let out_of_sight =
        time(&before[0], "appears").duration_since(time(&before[0], "timestamp")).unwrap();
    assert_eq!(out_of_sight, Duration::from_millis(NEVER));
    assert_eq!(before[1]["appears"], before[1]["timestamp"]);

    catch_up(&sandbox);
    assert_eq!(listed(&sandbox), [1, 2]);
    assert_eq!(send(&sandbox, "GET", &one, "").json()["timestamp"], before[0]["timestamp"]);
    assert!(time(&stored(&sandbox)[0], "appears") < time(&before[0], "appears"));
    assert_eq!(send(&sandbox, "DELETE", &one, "").status, 204);
}

#[test]
fn an_event_out_of_sight_appears_by_itself_and_not_too_early() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    add_fault(&sandbox, r#"{"kind":"answer","on":"create","appears_after_ms":300}"#);
    let start = Instant::now();
    create(&sandbox, EVENT);
    wait_until("the event appears", || !listed(&sandbox).is_empty());
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn an_event_out_of_sight_can_go_with_any_fault_that_creates_it() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let drop = r#"{"kind":"drop","on":"create","creates":true,"appears_after_ms":NEVER}"#;
    add_fault_for_ever(&sandbox, drop);
    create_unanswered(&sandbox);
    let status =
        r#"{"kind":"status","status":504,"on":"create","creates":true,"appears_after_ms":NEVER}"#;
    add_fault_for_ever(&sandbox, status);
    assert_eq!(create(&sandbox, EVENT).status, 504);
    assert_eq!((listed(&sandbox), ids_of(&stored(&sandbox))), (vec![], vec![1, 2]));
    catch_up(&sandbox);
    assert_eq!(listed(&sandbox), [1, 2]);
}

#[test]
fn pages_leave_out_what_is_out_of_sight() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let fault = r#"{"kind":"answer","on":"create","skip":1,"times":2,"appears_after_ms":NEVER}"#;
    add_fault_for_ever(&sandbox, fault);
    for _ in 1..=5 {
        create(&sandbox, EVENT);
    }
    let first = format!("{}?order=desc&page_size=2", events_of(&sandbox));
    let first = send(&sandbox, "GET", &first, "").json();
    let next = first["_links"]["next"]["href"].as_str().unwrap().to_owned();
    let next = next.strip_prefix(sandbox.base_url()).unwrap();
    assert_eq!(ids_of(&first["_embedded"]), [5, 4]);
    assert_eq!(ids_of(&send(&sandbox, "GET", next, "").json()["_embedded"]), [1]);
    catch_up(&sandbox);
    assert_eq!(ids_of(&send(&sandbox, "GET", next, "").json()["_embedded"]), [3, 2]);
}

#[test]
fn a_request_carried_out_late_creates_its_event_after_those_of_the_meantime() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    add_fault_for_ever(&sandbox, r#"{"kind":"drop","on":"create","creates_after_ms":NEVER}"#);
    create_unanswered(&sandbox);
    let noted = admin(&sandbox, "GET", "/requests", "").json();
    assert_eq!((&noted[0]["fault"], &noted[0]["event_id"]), (&"drop".into(), &Value::Null));
    assert_eq!(create(&sandbox, EVENT).json()["id"], 1);
    assert_eq!(ids_of(&stored(&sandbox)), [1]);
    // Timestamps have milliseconds.
    thread::sleep(Duration::from_millis(2));

    catch_up(&sandbox);
    let stored = stored(&sandbox);
    assert_eq!((listed(&sandbox), ids_of(&stored)), (vec![1, 2], vec![1, 2]));
    assert!(time(&stored[1], "timestamp") > time(&stored[0], "timestamp"));
    assert_eq!(admin(&sandbox, "GET", "/requests", "").json()[0]["event_id"], 2);
    catch_up(&sandbox);
    assert_eq!(listed(&sandbox), [1, 2], "once is enough");
}

#[test]
fn a_request_carried_out_late_is_so_by_itself_and_not_too_early() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let fault = r#"{"kind":"drop","on":"create","creates_after_ms":300,"appears_after_ms":200}"#;
    add_fault(&sandbox, fault);
    let start = Instant::now();
    create_unanswered(&sandbox);
    wait_until("the event is created", || stored(&sandbox) != Value::Array(vec![]));
    assert!(start.elapsed() >= Duration::from_millis(300));
    wait_until("the event appears", || listed(&sandbox) == [1]);
    assert!(start.elapsed() >= Duration::from_millis(500));
}

#[test]
fn a_request_carried_out_late_may_be_answered_or_refused() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let fault =
        r#"{"kind":"status","status":504,"on":"create","times":2,"creates_after_ms":NEVER}"#;
    add_fault_for_ever(&sandbox, fault);
    assert_eq!(create(&sandbox, EVENT).status, 504);
    assert_eq!(create(&sandbox, "{}").status, 504);
    catch_up(&sandbox);
    assert_eq!(listed(&sandbox), [1], "the second one is not a valid event");
}

#[test]
fn a_reset_forgets_what_is_still_to_be_carried_out() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    add_fault_for_ever(&sandbox, r#"{"kind":"drop","on":"create","creates_after_ms":NEVER}"#);
    create_unanswered(&sandbox);
    admin(&sandbox, "POST", "/reset", "");
    catch_up(&sandbox);
    assert_eq!(ids_of(&stored(&sandbox)), [0; 0]);
}

#[test]
fn removing_the_faults_saves_nothing_that_met_one() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    add_fault_for_ever(&sandbox, r#"{"kind":"drop","on":"create","creates_after_ms":NEVER}"#);
    create_unanswered(&sandbox);
    admin(&sandbox, "DELETE", "/faults", "");
    assert_eq!(listed(&sandbox), [0; 0]);
    catch_up(&sandbox);
    assert_eq!(listed(&sandbox), [1]);
}

#[test]
fn rust_tests_ask_for_the_same() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let hour = Duration::from_millis(NEVER);
    sandbox.fault(Fault::from(FaultKind::Answer {}).appears_after(hour));
    sandbox.fault(Fault::from(FaultKind::Drop {}).on(Operation::Create).creates_after(hour));
    sandbox.fault(Fault::status(500).on_page(1));
    sandbox.fault(Fault::from(FaultKind::Endless { pages: EndlessPages::Same }).skip(1));
    assert_eq!(create(&sandbox, EVENT).status, 201);
    create_unanswered(&sandbox);
    assert_eq!(sandbox.events(sandbox.conversation_id()).len(), 1);
    let list = || send(&sandbox, "GET", &events_of(&sandbox), "");
    assert_eq!(list().status, 500);

    sandbox.catch_up();
    assert_eq!(listed(&sandbox), [1, 2]);
    assert!(list().json()["_links"]["next"].is_object());
    let lists = sandbox.requests().into_iter().filter(|r| r.operation == Some(Operation::List));
    assert_eq!(lists.map(|request| request.page).collect::<Vec<_>>(), [Some(1); 3]);
}
