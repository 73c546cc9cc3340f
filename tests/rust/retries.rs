//! Which requests are repeated, and which are not.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use vce::{Outcome, Status};
use vce_sandbox::{Fault, FaultKind, Operation, StatusFault};

use crate::support::{
    client, create, created, failed, posts, read_request, sandbox, server, within,
};

fn retry_after(status: u16, value: &str) -> Fault {
    StatusFault { status, retry_after: Some(value.to_owned()), ..StatusFault::default() }.into()
}

#[test]
fn what_was_certainly_not_created_is_repeated() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    for fault in
        [Fault::status(408), Fault::status(429), retry_after(503, "0"), retry_after(429, "0")]
    {
        sandbox.reset();
        sandbox.fault(fault.times(3));
        create(&client, &sandbox).unwrap();
        assert_eq!((posts(&sandbox), created(&sandbox)), (4, 1));
    }
}

#[test]
fn max_retries_limits_the_retries() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("max_retries", "2")]);
    sandbox.fault(Fault::status(429).forever());
    let error = failed(&client, &sandbox);
    assert_eq!(
        (error.status(), error.outcome(), error.is_retryable()),
        (Status::RateLimited, Outcome::NotCreated, true)
    );
    assert_eq!(posts(&sandbox), 3);
}

#[test]
fn retry_after_is_honoured_as_a_number_and_as_a_date() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    sandbox.fault(retry_after(429, "1"));
    within(Duration::from_secs(1), Duration::from_secs(2), || create(&client, &sandbox)).unwrap();
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
    sandbox.fault(retry_after(503, &date));
    // A date has whole seconds.
    within(Duration::from_millis(900), Duration::from_secs(3), || create(&client, &sandbox))
        .unwrap();
    assert_eq!(created(&sandbox), 2);
}

#[test]
fn a_retry_after_beyond_the_time_limit_is_returned_to_the_caller() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("timeout", "5s")]);
    sandbox.fault(retry_after(429, "60"));
    let error = within(Duration::ZERO, Duration::from_secs(1), || failed(&client, &sandbox));
    assert_eq!(error.status(), Status::RateLimited);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
    assert!(error.is_retryable());
    // The whole engine pauses: it sends nothing more.
    let error = within(Duration::ZERO, Duration::from_secs(1), || failed(&client, &sandbox));
    assert_eq!((error.status(), error.outcome()), (Status::RateLimited, Outcome::NotCreated));
    assert!(error.retry_after().is_some_and(|after| after > Duration::from_secs(55)));
    assert_eq!(posts(&sandbox), 1);
}

#[test]
fn what_may_have_been_created_is_repeated_only_if_duplicates_are_acceptable() {
    let sandbox = sandbox();
    let faults = || {
        [
            Fault::status(500),
            Fault::status(502),
            Fault::from(FaultKind::Drop {}),
            Fault::from(FaultKind::Drop {}).creates(),
            Fault::from(FaultKind::Truncate {}).creates(),
            Fault::from(FaultKind::Garbage {}).creates(),
        ]
    };
    let at_most_once = client(&sandbox, &[]);
    let at_least_once = client(&sandbox, &[("delivery", "at_least_once")]);
    for fault in faults() {
        sandbox.reset();
        sandbox.fault(fault.clone());
        assert_eq!(failed(&at_most_once, &sandbox).outcome(), Outcome::MaybeCreated);
        assert_eq!(posts(&sandbox), 1, "{fault:?}");

        sandbox.reset();
        sandbox.fault(fault.clone());
        create(&at_least_once, &sandbox).unwrap();
        assert_eq!(posts(&sandbox), 2, "{fault:?}");
    }
}

#[test]
fn a_refusal_does_not_undo_what_an_earlier_attempt_may_have_created() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("delivery", "at_least_once")]);
    sandbox.fault(Fault::from(FaultKind::Drop {}).creates());
    sandbox.fault(Fault::status(400));
    let error = failed(&client, &sandbox);
    assert_eq!((error.status(), error.outcome()), (Status::BadRequest, Outcome::MaybeCreated));
    assert_eq!(created(&sandbox), 1);
}

#[test]
fn reading_is_repeated_and_deleting_is_not() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    let id = create(&client, &sandbox).unwrap().id().unwrap().to_owned();
    for fault in [Fault::status(500), Fault::from(FaultKind::Drop {}), Fault::status(429)] {
        sandbox.fault(fault.on(Operation::Get).times(2));
        client.get_event(sandbox.conversation_id(), &id).unwrap();
    }
    sandbox.forget_requests();
    sandbox.fault(Fault::from(FaultKind::Drop {}).on(Operation::Delete).creates());
    let error = client.delete_event(sandbox.conversation_id(), &id).unwrap_err();
    assert_eq!((error.status(), error.outcome()), (Status::Network, Outcome::NotCreated));
    assert_eq!(sandbox.requests().len(), 1);
}

#[test]
fn rate_limit_spaces_requests() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[("rate_limit", "20/s"), ("timeout", "400ms")]);
    within(Duration::from_millis(200), Duration::from_secs(2), || {
        for _ in 0..5 {
            create(&client, &sandbox).unwrap();
        }
    });
    let slow = crate::support::client(&sandbox, &[("rate_limit", "0.1/s"), ("timeout", "400ms")]);
    create(&slow, &sandbox).unwrap();
    let error = within(Duration::ZERO, Duration::from_millis(400), || failed(&slow, &sandbox));
    assert_eq!(
        (error.status(), error.outcome(), error.is_retryable()),
        (Status::RateLimited, Outcome::NotCreated, true)
    );
    assert_eq!(posts(&sandbox), 6);
}

#[test]
fn a_message_says_what_the_outcome_says() {
    let sandbox = sandbox();
    let client = client(
        &sandbox,
        &[("delivery", "at_least_once"), ("timeout", "2s"), ("rate_limit", "0.1/s")],
    );
    sandbox.fault(Fault::from(FaultKind::Drop {}).creates());
    let error = failed(&client, &sandbox);
    assert_eq!(error.outcome(), Outcome::MaybeCreated);
    assert!(!error.message().contains("was not created"), "{error}");
}

#[test]
fn a_permanent_refusal_with_a_retry_after_does_not_pause_sending() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    sandbox.fault(retry_after(403, "60"));
    assert_eq!(failed(&client, &sandbox).status(), Status::Forbidden);
    within(Duration::ZERO, Duration::from_secs(1), || create(&client, &sandbox)).unwrap();
}

#[test]
fn one_answer_pauses_the_engine_for_an_hour_at_most() {
    let sandbox = sandbox();
    let client = client(&sandbox, &[]);
    sandbox.fault(retry_after(429, "999999"));
    assert_eq!(failed(&client, &sandbox).retry_after(), Some(Duration::from_secs(999_999)));
    let pause = failed(&client, &sandbox).retry_after().unwrap();
    assert!(pause <= Duration::from_secs(3600), "{pause:?}");
    assert_eq!(posts(&sandbox), 1);
}

/// The date is by the server's clock, which may differ from this machine's.
#[test]
fn a_retry_after_date_is_counted_from_the_answers_own_date() {
    let hour = Duration::from_secs(3600);
    let answered = std::sync::atomic::AtomicBool::new(false);
    let url = server(move |mut stream| {
        while read_request(&mut stream).is_some() {
            let head = if answered.swap(true, std::sync::atomic::Ordering::SeqCst) {
                "201 Created".to_owned()
            } else {
                let now = SystemTime::now() + hour;
                let (date, then) = (
                    httpdate::fmt_http_date(now),
                    httpdate::fmt_http_date(now + Duration::from_secs(1)),
                );
                format!("429 T\r\nDate: {date}\r\nRetry-After: {then}")
            };
            write!(stream, "HTTP/1.1 {head}\r\nContent-Length: 2\r\n\r\n{{}}").unwrap();
        }
    });
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &url)]);
    let second = Duration::from_secs(1);
    within(second, 2 * second, || create(&client, &sandbox)).unwrap();
}

#[test]
fn a_deletion_that_did_not_leave_can_be_repeated() {
    let sandbox = sandbox();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client =
        client(&sandbox, &[("base_url", &format!("http://{nobody}")), ("max_retries", "0")]);
    let error = client.delete_event(sandbox.conversation_id(), "1").unwrap_err();
    assert_eq!((error.status(), error.is_retryable()), (Status::Connect, true), "{error}");
}
