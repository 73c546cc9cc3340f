//! What a call allocates on its thread is bounded, whatever the caller or the server sends: a
//! process that has no memory left is aborted.

#![allow(unsafe_code, missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char};
use std::io::Write as _;
use std::ptr::{null, null_mut};

use vce::ffi::*;
use vce::{Client, Error, OPTIONS, Outcome, Status};

#[allow(dead_code)]
#[path = "rust/support.rs"]
mod support;
use support::{client, create, failed, read_request, sandbox, server};

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    LIVE.set(LIVE.get() + change);
    PEAK.set(PEAK.get().max(LIVE.get()));
}

struct Counting;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // The old and the new block may be there at the same time.
        count(size as isize);
        count(-(layout.size() as isize));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The most bytes that this thread had allocated at a time during `work`.
fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    LIVE.set(0);
    PEAK.set(0);
    let result = work();
    (result, PEAK.get().unsigned_abs())
}

const KIB: usize = 1024;
/// Much more than a call may take, and soon read.
const HUGE: usize = 16 * KIB * KIB;

/// `HUGE` bytes of one character, with `before` and `after` it.
fn huge(before: &str, character: char, after: &str) -> CString {
    let mut text = Vec::with_capacity(HUGE + 64);
    text.extend_from_slice(before.as_bytes());
    text.resize(HUGE, character as u8);
    text.extend_from_slice(after.as_bytes());
    CString::new(text).unwrap()
}

/// Makes a call that must fail: its status and its message. It must allocate little.
fn refused(call: impl FnOnce(*mut *mut vce_error) -> vce_status) -> (vce_status, String) {
    let mut error = null_mut();
    let (status, bytes) = peak(|| call(&raw mut error));
    assert!(!error.is_null(), "{status:?}");
    let error = unsafe { Box::from_raw(error) };
    let message = unsafe { CStr::from_ptr(vce_error_message(Some(&error))) };
    let message = message.to_str().unwrap().to_owned();
    assert!(bytes < 64 * KIB, "{bytes} bytes: {message}");
    assert!(message.len() < KIB, "{message}");
    (status, message)
}

fn c_client(sandbox: &vce_sandbox::Sandbox, rules: &CStr) -> Box<vce_client> {
    let mut config = vce_config_new().unwrap();
    let key = CString::new(sandbox.private_key_path().to_str().unwrap()).unwrap();
    let id = CString::new(sandbox.application_id()).unwrap();
    let mut client = null_mut();
    unsafe {
        for (name, value) in [
            (c"application_id", &*id),
            (c"private_key_path", &*key),
            (c"type_rules", rules),
            (c"base_url", c"http://127.0.0.1:1"),
        ] {
            let set = vce_config_set(Some(&mut config), name.as_ptr(), value.as_ptr(), null_mut());
            assert_eq!(set, vce_status::VCE_OK);
        }
        assert_eq!(vce_client_new(Some(&config), &raw mut client, null_mut()), vce_status::VCE_OK);
        vce_config_free(Some(config));
        Box::from_raw(client)
    }
}

#[test]
fn a_huge_event_is_refused_without_a_copy() {
    use vce_status::*;
    let sandbox = sandbox();
    let (id, kind, body) = (c"CON-1", c"custom:a", c"{}");
    let name = huge("custom:", 'a', "");
    let spaces = huge("{\"a\":", ' ', &format!("\"{}\"}}", "x".repeat(5000)));
    let long = huge("{\"a\":\"", 'x', "\"}");
    let wrong = huge("{\"a\":\"", 'x', "\n");
    let digits = huge("", '1', "");
    for rules in [c"documented", c"off"] {
        let client = c_client(&sandbox, rules);
        for (id, kind, from, body, expected) in [
            (&*name, kind, None, body, VCE_ERR_CONVERSATION_ID),
            (&*digits, kind, None, body, VCE_ERR_CONVERSATION_ID),
            (id, &*name, None, body, VCE_ERR_TYPE_TOO_LONG),
            (id, kind, Some(&*digits), body, VCE_ERR_MEMBER_ID),
            (id, kind, None, &*long, VCE_ERR_BODY_TOO_LARGE),
            (id, kind, None, &*spaces, VCE_ERR_BODY_TOO_LARGE),
            (id, kind, None, &*digits, VCE_ERR_BODY_NOT_OBJECT),
            (id, kind, None, &*wrong, VCE_ERR_BODY_JSON),
        ] {
            let (id, kind, body) = (id.as_ptr(), kind.as_ptr(), body.as_ptr());
            let from = from.map_or(null(), CStr::as_ptr);
            let (created, _) = refused(|error| unsafe {
                vce_create_event(Some(&client), id, kind, from, body, null_mut(), error)
            });
            let (enqueued, _) = refused(|error| unsafe {
                vce_enqueue_event(Some(&client), id, kind, from, body, 1, error)
            });
            assert_eq!((created, enqueued), (expected, expected));
        }
        let of = |text: &CString| {
            let text = text.as_ptr();
            let (status, _) = refused(|error| unsafe {
                vce_get_event(Some(&client), id.as_ptr(), text, &mut null_mut(), error)
            });
            status
        };
        assert_eq!(of(&digits), VCE_ERR_EVENT_ID);
        vce_client_free(Some(client));
    }
    let (status, _) = refused(|error| unsafe { vce_validate_type(name.as_ptr(), error) });
    assert_eq!(status, VCE_ERR_TYPE_TOO_LONG);
    let (status, _) = refused(|error| unsafe { vce_validate_body(spaces.as_ptr(), error) });
    assert_eq!(status, VCE_ERR_BODY_TOO_LARGE);
}

#[test]
fn a_huge_option_is_refused_without_a_copy() {
    let mut config = vce_config_new().unwrap();
    let mut set = |name: *const c_char, value: *const c_char| {
        refused(|error| unsafe { vce_config_set(Some(&mut config), name, value, error) })
    };
    let texts = [
        huge("", 'a', ""),
        huge("a.b.", 'c', ""),
        huge("{\"a\":\"", 'x', "\"}"),
        huge("-----BEGIN PRIVATE KEY-----\n", 'A', "\n-----END PRIVATE KEY-----\n"),
        huge("http://localhost/", 'a', ""),
        huge("", '1', "s"),
        huge("a/", '1', ""),
    ];
    for text in &texts {
        for option in OPTIONS {
            let name = CString::new(option.name).unwrap();
            let (status, message) = set(name.as_ptr(), text.as_ptr());
            assert_eq!(status, vce_status::VCE_ERR_CONFIG, "{message}");
            assert!(message.contains(option.name), "{message}");
        }
        assert_eq!(set(text.as_ptr(), c"1".as_ptr()).0, vce_status::VCE_ERR_CONFIG);
    }
    vce_config_free(Some(config));
}

#[test]
fn a_huge_list_setting_is_refused_without_a_copy() {
    let sandbox = sandbox();
    let client = c_client(&sandbox, c"off");
    let (mut list, huge) = (null_mut(), huge("", '1', ""));
    unsafe {
        let made = vce_list_events(Some(&client), c"CON-1".as_ptr(), &raw mut list, null_mut());
        assert_eq!(made, vce_status::VCE_OK);
        let mut list = Box::from_raw(list);
        for name in [c"type", c"order", c"page_size", c"start_id", c"end_id", c"exclude_deleted"] {
            refused(|error| {
                vce_event_list_set(Some(&mut list), name.as_ptr(), huge.as_ptr(), error)
            });
        }
        refused(|error| vce_event_list_set(Some(&mut list), huge.as_ptr(), c"1".as_ptr(), error));
        vce_event_list_free(Some(list));
    }
    vce_client_free(Some(client));
}

/// A client of a server that answers every request with `head`, a `Content-Length` and `body`.
fn client_of(head: &'static str, body: String) -> (Client, vce_sandbox::Sandbox) {
    let url = server(move |mut stream| {
        while read_request(&mut stream).is_some() {
            let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ =
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    let sandbox = sandbox();
    (client(&sandbox, &[("base_url", &url), ("max_retries", "0")]), sandbox)
}

/// `before`, then `unit` as often as it fits into `size` bytes, joined by `comma`, and `after`.
fn filled(before: &str, unit: &str, comma: &str, after: &str, size: usize) -> String {
    let times = (size - before.len() - after.len()) / (unit.len() + comma.len());
    format!("{before}{}{after}", vec![unit; times].join(comma))
}

/// Of the largest answer there are its bytes, their text for C, and what is read meanwhile.
#[test]
fn a_success_takes_a_few_times_the_largest_answer() {
    const SIZE: usize = 1024 * KIB;
    let depth = SIZE / 2 - 64;
    for body in [
        filled("{\"id\":1,\"body\":{\"a\":\"", "x", "", "\"}}", SIZE),
        filled("{\"id\":\"", "\\u00e9", "", "\"}", SIZE),
        filled("{\"id\":1,\"body\":[", "{\"\":0}", ",", "]}", SIZE),
        filled("{\"id\":1,", "\"a\":[]", ",", "}", SIZE),
        format!("{{\"id\":1,\"body\":{}{}}}", "[".repeat(depth), "]".repeat(depth)),
    ] {
        let (client, sandbox) = client_of("201 Created", body);
        let (event, bytes) = peak(|| create(&client, &sandbox));
        assert!(bytes < 5 * SIZE, "{bytes} bytes");
        assert!(event.unwrap().id().is_some());
    }
}

/// A look reads large pages, and keeps none of their events but the one that it looks for.
#[test]
fn a_look_takes_a_few_times_the_largest_answer() {
    const SIZE: usize = 1024 * KIB;
    let event =
        r#"{"id":1,"type":"custom:a","timestamp":"2026-01-01T10:00:00Z","body":{"vce_key":"x"}}"#;
    let wrapped = |body: &str, size| filled("{\"_embedded\":[", body, ",", "]}", size);
    for page in [
        wrapped(event, 9_990 * (event.len() + 1)),
        wrapped(r#"{"type":"custom:test"}"#, 9_990 * 23),
        filled("{\"_embedded\":[{\"type\":\"custom:test\",\"body\":{\"", "x", "", "\":1}}]}", SIZE),
        filled(
            "{\"_embedded\":[{\"type\":\"custom:test\",\"body\":{",
            "\"\":[]",
            ",",
            "}}]}",
            SIZE,
        ),
    ] {
        let url = server(move |mut stream| {
            while let Some(request) = read_request(&mut stream) {
                let answer = if request.starts_with("POST") {
                    "HTTP/1.1 502 B\r\nContent-Length: 0\r\n\r\n".to_owned()
                } else {
                    format!("HTTP/1.1 200 O\r\nContent-Length: {}\r\n\r\n{page}", page.len())
                };
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        let sandbox = sandbox();
        let options = [
            ("base_url", &*url),
            ("max_retries", "0"),
            ("delivery", "effectively_once"),
            ("lookup_delay", "1ms"),
        ];
        let client = client(&sandbox, &options);
        let (error, bytes) = peak(|| failed(&client, &sandbox));
        assert!(bytes < 5 * SIZE, "{bytes} bytes: {error}");
        assert!(error.message().contains("looked up and not found"), "{error}");
    }
}

#[test]
fn a_failure_takes_little_whatever_the_server_says() {
    const SIZE: usize = 64 * KIB;
    let depth = SIZE / 2 - 64;
    for body in [
        filled("{\"a\":[", "{\"\":0}", ",", "]}", SIZE),
        filled("{\"a\":[", "[]", ",", "]}", SIZE),
        filled("{", "\"a\":{\"\":0}", ",", "}", SIZE),
        filled(
            "{\"detail\":\"a\",\"invalid_parameters\":[",
            "{\"name\":\"\",\"reason\":\"\"}",
            ",",
            "]}",
            SIZE,
        ),
        filled("{\"detail\":\"a\",\"invalid_parameters\":[", "0", ",", "]}", SIZE),
        filled("{\"title\":\"", "\\u00e9", "", "\"}", SIZE),
        format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth)),
        "[".repeat(1024 * KIB),
        "\n".repeat(1024 * KIB),
    ] {
        let (client, sandbox) = client_of("400 Bad Request", body);
        let (error, bytes) = peak(|| {
            let error = failed(&client, &sandbox);
            // As C gets it, with a copy of its texts.
            let shown = vce_error::from(error.clone());
            drop(shown);
            error
        });
        assert!(bytes < KIB * KIB, "{bytes} bytes");
        check(&error, Status::BadRequest, Outcome::NotCreated);
    }
}

#[test]
fn a_head_of_any_size_takes_little() {
    let field = |count: usize| format!("400 B\r\n{}X-End: 1", "A: b\r\n".repeat(count));
    for head in [field(1000), field(100_000), format!("400 B\r\nX-A: {}", "x".repeat(KIB * KIB))] {
        let (client, sandbox) = client_of(head.leak(), String::new());
        let (error, bytes) = peak(|| failed(&client, &sandbox));
        assert!(bytes < 256 * KIB, "{bytes} bytes: {error}");
        check(&error, Status::Response, Outcome::MaybeCreated);
    }
}

fn check(error: &Error, status: Status, outcome: Outcome) {
    assert_eq!((error.status(), error.outcome()), (status, outcome), "{error}");
}
