//! Runs the vectors, as every language does, through the C ABI's functions and the Rust types.

use std::ffi::{CString, c_char};
use std::ptr::null_mut;

use base64::Engine as _;
use serde_json::Value;
use vce::ffi::{
    vce_error, vce_error_free, vce_error_message, vce_error_offset, vce_error_status, vce_status,
    vce_validate_body, vce_validate_type,
};
use vce::{ConversationId, EventBody, EventId, MemberId, Status};

fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn joined(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        parts => parts
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|part| {
                let count = usize::try_from(part[1].as_u64().unwrap()).unwrap();
                part[0].as_str().unwrap().repeat(count).into_bytes()
            })
            .collect(),
    }
}

fn input(case: &Value) -> Vec<u8> {
    match (&case["text"], &case["parts"], &case["base64"]) {
        (text @ Value::String(_), _, _) => joined(text),
        (_, parts @ Value::Array(_), _) => joined(parts),
        (_, _, base64) => {
            base64::prelude::BASE64_STANDARD.decode(base64.as_str().unwrap()).unwrap()
        }
    }
}

type Validate = unsafe extern "C" fn(*const c_char, *mut *mut vce_error) -> vce_status;

fn check(file: &str, validate: Validate) {
    for case in cases(file) {
        let name = case["name"].as_str().unwrap();
        let text = CString::new(input(&case)).unwrap();
        let mut error = null_mut();
        let status = unsafe { validate(text.as_ptr(), &raw mut error) };
        assert_eq!(format!("{status:?}"), case["status"].as_str().unwrap(), "{file}: {name}");
        if status == vce_status::VCE_OK {
            assert!(error.is_null(), "{file}: {name}");
            assert_eq!(case["offset"], -1, "{file}: {name}");
            continue;
        }
        let error = unsafe { Box::from_raw(error) };
        assert_eq!(vce_error_status(Some(&error)), status, "{file}: {name}");
        assert_eq!(
            vce_error_offset(Some(&error)),
            case["offset"].as_i64().unwrap(),
            "{file}: {name}"
        );
        let message =
            unsafe { std::ffi::CStr::from_ptr(vce_error_message(Some(&error))) }.to_str().unwrap();
        assert!(!message.contains('\n') && !message.contains('\r'), "{file}: {name}: {message:?}");
        vce_error_free(Some(error));
    }
}

#[test]
fn types() {
    check("types.json", vce_validate_type);
}

#[test]
fn bodies() {
    check("bodies.json", vce_validate_body);
}

#[test]
fn bodies_are_sent_byte_for_byte_without_insignificant_whitespace() {
    for case in cases("bodies.json").iter().filter(|case| case["status"] == "VCE_OK") {
        let text = String::from_utf8(input(case)).unwrap();
        let sent =
            if case["sent"].is_null() { text.clone().into_bytes() } else { joined(&case["sent"]) };
        assert_eq!(EventBody::new(&text).unwrap().as_str().as_bytes(), sent, "{}", case["name"]);
    }
}

#[test]
fn ids() {
    for case in cases("ids.json") {
        // Invalid UTF-8 is refused before it becomes a Rust string.
        let Ok(text) = String::from_utf8(input(&case)) else { continue };
        let results = [
            (ConversationId::new(&text).map(drop), Status::ConversationId),
            (MemberId::new(&text).map(drop), Status::MemberId),
            (EventId::new(&text).map(drop), Status::EventId),
        ];
        for (result, status) in results {
            match result {
                Ok(()) => assert_eq!(case["status"], "VCE_OK", "{}", case["name"]),
                Err(error) => {
                    assert_eq!(case["status"], "REFUSED", "{}", case["name"]);
                    assert_eq!(error.status(), status);
                    assert_eq!(
                        error.offset().map(|o| o as i64),
                        case["offset"].as_i64(),
                        "{}",
                        case["name"]
                    );
                }
            }
        }
    }
}

/// Compares the JSON grammar with another library, on random bodies.
#[test]
fn random_bodies_agree_with_serde_json() {
    const ALPHABET: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\"a\"",
        "1",
        "0",
        "-",
        ".",
        "e",
        "true",
        "null",
        " ",
        "\n",
        "\\",
        "\\u",
        "d8",
        "\\n",
        "{\"a\":1}",
        "\u{e9}",
        "x",
    ];
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut accepted = 0;
    for round in 0..200_000 {
        let length = random.usize(1..9);
        let mut text: String =
            (0..length).map(|_| ALPHABET[random.usize(..ALPHABET.len())]).collect();
        if round % 2 == 0 {
            text = format!("{{\"k\":{text}}}");
        }
        let ours = EventBody::new(&text);
        let theirs = serde_json::from_str::<Value>(&text);
        // serde_json refuses numbers beyond its own range, which JSON allows.
        let out_of_range =
            theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        match &ours {
            Ok(body) => {
                accepted += 1;
                assert!(
                    theirs.as_ref().is_ok_and(Value::is_object) || out_of_range,
                    "seed {seed}: {text:?}"
                );
                if let Ok(theirs) = theirs {
                    assert_eq!(
                        serde_json::from_str::<Value>(body.as_str()).unwrap(),
                        theirs,
                        "{text:?}"
                    );
                }
            }
            Err(error) if error.status() == Status::BodyNotObject => {
                assert!(theirs.is_ok() || out_of_range, "{text:?}")
            }
            Err(error) => {
                assert!(theirs.is_err(), "seed {seed}: {text:?}: {error}");
                assert!(error.offset().unwrap() <= text.len());
            }
        }
    }
    assert!(accepted > 1000, "{accepted}");
}
