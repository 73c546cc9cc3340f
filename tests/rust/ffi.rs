//! The C ABI's promises about pointers and numbers, through the exported functions.

use std::ffi::{CStr, CString, c_char};
use std::ptr::{dangling_mut, null, null_mut};

use vce::ffi::*;
use vce_sandbox::{Fault, Operation, Sandbox, StatusFault};

use crate::support::{created, sandbox};

const ARGUMENT: vce_status = vce_status::VCE_ERR_ARGUMENT;
const OK: vce_status = vce_status::VCE_OK;

fn text(pointer: *const c_char) -> Option<String> {
    let text = unsafe { pointer.as_ref() }.map(|first| unsafe { CStr::from_ptr(first) });
    text.map(|text| text.to_str().unwrap().to_owned())
}

fn c(text: &str) -> CString {
    CString::new(text).unwrap()
}

fn client(sandbox: &Sandbox) -> Box<vce_client> {
    let mut config = vce_config_new().unwrap();
    for (name, value) in [
        ("application_id", sandbox.application_id()),
        ("private_key_path", sandbox.private_key_path().to_str().unwrap()),
        ("base_url", sandbox.base_url()),
        ("proxy", "none"),
        ("timeout", "5s"),
    ] {
        let (name, value) = (c(name), c(value));
        let set =
            unsafe { vce_config_set(Some(&mut config), name.as_ptr(), value.as_ptr(), null_mut()) };
        assert_eq!(set, OK);
    }
    let mut client = null_mut();
    assert_eq!(unsafe { vce_client_new(Some(&config), &raw mut client, null_mut()) }, OK);
    vce_config_free(Some(config));
    unsafe { Box::from_raw(client) }
}

/// The error of a creation that must fail. It must not write the pointer for the event.
fn failed(client: &vce_client, sandbox: &Sandbox, event_type: &CStr) -> Box<vce_error> {
    let conversation = c(sandbox.conversation_id());
    let (mut event, mut error) = (dangling_mut(), null_mut());
    let status = unsafe {
        vce_create_event(
            Some(client),
            conversation.as_ptr(),
            event_type.as_ptr(),
            null(),
            c"{}".as_ptr(),
            &raw mut event,
            &raw mut error,
        )
    };
    assert_eq!(event, dangling_mut(), "results are written only on success");
    let error = unsafe { Box::from_raw(error) };
    assert_eq!(vce_error_status(Some(&error)), status);
    error
}

#[test]
fn null_is_refused_and_no_result_is_written() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    let mut config = vce_config_new().unwrap();
    let (id, event_type, body) = (c"1".as_ptr(), c"custom:a".as_ptr(), c"{}".as_ptr());
    let (mut event, mut list) = (dangling_mut(), dangling_mut());
    let mut new_client = dangling_mut();
    let none = null_mut();
    let some = Some(&*client);
    let statuses = unsafe {
        [
            vce_validate_type(null(), none),
            vce_validate_body(null(), none),
            vce_config_set(None, id, id, none),
            vce_config_set(Some(&mut config), null(), id, none),
            vce_config_load_env(None, none),
            vce_client_new(None, &raw mut new_client, none),
            vce_client_new(Some(&config), null_mut(), none),
            vce_client_close(None, 0, none),
            vce_create_event(None, id, event_type, null(), body, &raw mut event, none),
            vce_create_event(some, null(), event_type, null(), body, &raw mut event, none),
            vce_create_event(some, id, null(), null(), body, &raw mut event, none),
            vce_create_event(some, id, event_type, null(), null(), &raw mut event, none),
            vce_get_event(None, id, id, &raw mut event, none),
            vce_get_event(some, null(), id, &raw mut event, none),
            vce_get_event(some, id, null(), &raw mut event, none),
            vce_get_event(some, id, id, null_mut(), none),
            vce_delete_event(None, id, id, none),
            vce_delete_event(some, null(), id, none),
            vce_delete_event(some, id, null(), none),
            vce_list_events(None, id, &raw mut list, none),
            vce_list_events(some, null(), &raw mut list, none),
            vce_list_events(some, id, null_mut(), none),
            vce_event_list_set(None, id, id, none),
            vce_event_list_next(None, &raw mut event, none),
        ]
    };
    for (index, status) in statuses.into_iter().enumerate() {
        assert_eq!(status, ARGUMENT, "call {index}");
    }
    assert_eq!((event, list, new_client), (dangling_mut(), dangling_mut(), dangling_mut()));
    assert_eq!(sandbox.requests().len(), 0);
    vce_config_free(Some(config));
    vce_client_free(Some(client));
}

#[test]
fn invalid_utf8_is_refused_with_its_offset() {
    let mut error = null_mut();
    let status = unsafe { vce_validate_type(c"custom:\xff".as_ptr(), &raw mut error) };
    assert_eq!(status, ARGUMENT);
    let error = unsafe { Box::from_raw(error) };
    assert_eq!(vce_error_offset(Some(&error)), 7);
    vce_error_free(Some(error));
}

#[test]
fn results_are_written_on_success_and_errors_on_failure() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    let id = c(sandbox.conversation_id());
    let (event_type, body) = (c"custom:a".as_ptr(), c"{ \"k\" : 1.0 }".as_ptr());
    let (mut event, mut list, mut error) = (null_mut(), null_mut(), dangling_mut());
    let some = Some(&*client);
    unsafe {
        // NULL: the caller does not want the event.
        let status =
            vce_create_event(some, id.as_ptr(), event_type, null(), body, null_mut(), null_mut());
        assert_eq!(status, OK);
        assert_eq!(vce_list_events(some, id.as_ptr(), &raw mut list, &raw mut error), OK);
        assert_eq!(error, dangling_mut(), "an error is written only on failure");
        let mut list = Box::from_raw(list);
        assert_eq!(vce_event_list_next(Some(&mut list), &raw mut event, null_mut()), OK);
        let first = Box::from_raw(event);
        assert_eq!(text(vce_event_type(Some(&first))).as_deref(), Some("custom:a"));
        assert_eq!(text(vce_event_body(Some(&first))).as_deref(), Some("{\"k\":1.0}"));
        assert_eq!(text(vce_event_from(Some(&first))), None);
        vce_event_free(Some(first));
        event = dangling_mut();
        let end = vce_event_list_next(Some(&mut list), &raw mut event, null_mut());
        assert_eq!((end, event), (vce_status::VCE_END, dangling_mut()));
        // A list may outlive its client.
        vce_client_free(Some(client));
        vce_event_list_free(Some(list));
    }
    assert_eq!(created(&sandbox), 1);
}

#[test]
fn the_numbers_of_an_error() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    let local = failed(&client, &sandbox, c"custom:a b");
    let local = Some(&*local);
    assert_eq!(vce_error_offset(local), 8);
    assert_eq!((vce_error_retry_after_ms(local), vce_error_http_status(local)), (-1, 0));
    assert!(!vce_error_is_retryable(local));
    assert!(vce_error_code(local).is_null() && vce_error_response(local).is_null());

    sandbox.fault(StatusFault {
        status: 429,
        retry_after: Some("60".to_owned()),
        ..StatusFault::default()
    });
    let limited = failed(&client, &sandbox, c"custom:a");
    let limited = Some(&*limited);
    assert_eq!(vce_error_retry_after_ms(limited), 60_000);
    assert_eq!((vce_error_offset(limited), vce_error_http_status(limited)), (-1, 429));
    assert!(vce_error_is_retryable(limited));
}

#[test]
fn an_answers_text_ends_at_a_nul() {
    let sandbox = sandbox();
    let client = client(&sandbox);
    let body = "HTTP/1.1 400 B\r\nContent-Length: 5\r\n\r\nab\0cd";
    sandbox.fault(Fault::raw(body).on(Operation::Create));
    let refused = failed(&client, &sandbox, c"custom:a");
    assert_eq!(text(vce_error_response(Some(&refused))).as_deref(), Some("ab"));
    assert_eq!(vce_error_outcome(Some(&refused)), vce_outcome::VCE_OUTCOME_NOT_CREATED);
}

#[test]
fn every_getter_accepts_null() {
    assert_eq!(vce_error_status(None), ARGUMENT);
    // Without an error or report the outcome is unknown.
    assert_eq!(vce_error_outcome(None), vce_outcome::VCE_OUTCOME_MAYBE_CREATED);
    assert_eq!(vce_report_outcome(None), vce_outcome::VCE_OUTCOME_MAYBE_CREATED);
    assert_eq!(vce_report_tag(None), 0);
    assert!(vce_report_event(None).is_null() && vce_report_error(None).is_null());
    assert_eq!(vce_report_fd(None), -1);
    assert!(vce_client_stats(None).is_null());
    assert!(vce_poll(None, u64::MAX).is_null());
    assert_eq!((vce_error_offset(None), vce_error_retry_after_ms(None)), (-1, -1));
    assert_eq!((vce_error_http_status(None), vce_error_is_retryable(None)), (0, false));
    for text_of in [
        vce_error_message,
        vce_error_code,
        vce_error_title,
        vce_error_detail,
        vce_error_trace_id,
        vce_error_response,
    ] {
        assert!(text_of(None).is_null());
    }
    for text_of in [
        vce_event_id,
        vce_event_type,
        vce_event_from,
        vce_event_timestamp,
        vce_event_body,
        vce_event_json,
    ] {
        assert!(text_of(None).is_null());
    }
    vce_error_free(None);
    vce_event_free(None);
    vce_event_list_free(None);
    vce_config_free(None);
    vce_client_free(None);
    unsafe { vce_string_free(null_mut()) };
    assert_eq!(text(vce_status_name(9999)).as_deref(), Some("VCE_ERR_UNKNOWN"));
}
