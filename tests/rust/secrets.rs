//! No message repeats a secret, even if it is damaged or set as the wrong option.

use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::ptr::null_mut;

use vce::ffi::{
    vce_client, vce_client_free, vce_client_new, vce_config_free, vce_config_new, vce_config_set,
    vce_error, vce_error_message,
};
use vce::{Client, Config, OPTIONS};

use crate::process::alone;
use crate::support::sandbox;

const APPLICATION: &str = "6f5e3a1c-0000-4000-8000-000000000001";

/// No message may contain this many characters of a secret in a row: they could help an attacker.
const PIECE: usize = 16;

struct Secret(HashSet<Vec<u8>>);

impl Secret {
    fn new(text: &str) -> Secret {
        Secret(text.as_bytes().windows(PIECE).map(<[u8]>::to_vec).collect())
    }

    fn assert_kept(&self, message: &str, given: &str) {
        let shown = message.as_bytes().windows(PIECE).find(|piece| self.0.contains(*piece));
        assert!(shown.is_none(), "{message}\nshows a part of the secret in:\n{given}");
    }
}

/// A new private key, and its secret part: the base64 without line ends.
fn key() -> (String, Secret) {
    let sandbox = sandbox();
    let pem = std::fs::read_to_string(sandbox.private_key_path()).unwrap();
    let content: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    (pem, Secret::new(&content))
}

/// The errors of the C ABI and the Rust API if an option is set to `given`.
fn messages(option: &str, given: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let mut config = Config::new();
    config.set("application_id", Some(APPLICATION)).unwrap();
    let made = config.set(option, Some(given)).and_then(|()| Client::new(&config).map(drop));
    if let Err(error) = made {
        messages.extend([error.to_string(), format!("{error:?} {config:?}")]);
    }
    messages.extend(message_in_c(option, given));
    messages
}

fn message_in_c(option: &str, given: &str) -> Option<String> {
    let (option, given) = (CString::new(option).unwrap(), CString::new(given).unwrap());
    let mut config = vce_config_new().unwrap();
    let mut client: *mut vce_client = null_mut();
    let mut error: *mut vce_error = null_mut();
    unsafe {
        let id = CString::new(APPLICATION).unwrap();
        vce_config_set(Some(&mut config), c"application_id".as_ptr(), id.as_ptr(), &raw mut error);
        vce_config_set(Some(&mut config), option.as_ptr(), given.as_ptr(), &raw mut error);
        if error.is_null() {
            vce_client_new(Some(&config), &raw mut client, &raw mut error);
        }
        vce_config_free(Some(config));
        if !client.is_null() {
            vce_client_free(Some(Box::from_raw(client)));
        }
        let error = (!error.is_null()).then(|| Box::from_raw(error))?;
        Some(CStr::from_ptr(vce_error_message(Some(&error))).to_str().unwrap().to_owned())
    }
}

/// A key that was damaged as shells, .env files, web forms and copying damage keys.
fn mangled(pem: &str, random: &mut fastrand::Rng) -> String {
    let mut text = pem.to_owned();
    for _ in 0..random.usize(1..=3) {
        let at = random.usize(..=text.len());
        text = match random.usize(..17) {
            0 => text.replace('\n', "\r"),
            1 => text.replace('\n', "\\n"),
            2 => text.replace('\n', " "),
            3 => text.replace('\n', ""),
            4 => text[..at].to_owned(),
            5 => text[at..].to_owned(),
            6 => format!("{}{}", &text[at..], &text[..at]),
            7 => text.replacen('-', "", random.usize(1..=10)),
            8 => text.replace('-', ""),
            9 => text.replacen("KEY-----", "KEY----", 1),
            10 => text.replacen("KEY-----\n", "KEY", random.usize(1..=2)),
            11 => text.replace("-----BEGIN PRIVATE KEY-----", "-----BEGIN "),
            12 => text.replace("PRIVATE", ["private", "SECRET", "EC", "", "X509"][at % 5]),
            13 => text.replacen("-----END", ["-----", "----END", "", "---- END"][at % 4], 1),
            14 => text.lines().filter(|_| random.u8(..) > 20).collect::<Vec<_>>().join("\n"),
            15 => format!("{}{}{}", &text[..at], random.alphanumeric(), &text[at..]),
            _ => {
                let content: String = text.lines().filter(|line| !line.starts_with('-')).collect();
                let from = random.usize(..=content.len());
                content[from..content.len().min(from + random.usize(PIECE..200))].to_owned()
            }
        };
    }
    text
}

#[test]
fn no_key_is_shown_however_its_text_is_mangled() {
    alone("secrets::no_key_is_shown_however_its_text_is_mangled", || {
        let (pem, secret) = key();
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..4000 {
            let given = mangled(&pem, &mut random);
            for option in ["private_key", "private_key_path"] {
                for message in messages(option, &given) {
                    secret.assert_kept(&message, &given);
                }
            }
            for variable in
                ["VONAGE_PRIVATE_KEY", "VONAGE_APPLICATION_PRIVATE_KEY_PATH", "VCE_PRIVATE_KEY"]
            {
                let mut config = Config::new();
                config.set("application_id", Some(APPLICATION)).unwrap();
                // The test is alone in its process.
                unsafe { std::env::set_var(variable, &given) };
                let made = config.load_env().and_then(|()| Client::new(&config).map(drop));
                unsafe { std::env::remove_var(variable) };
                if let Err(error) = made {
                    secret.assert_kept(&format!("{error} {error:?}"), &given);
                }
            }
        }
    });
}

/// A user may set any option to the value of another one, or swap an option's name and value.
#[test]
fn no_key_is_shown_that_was_given_to_another_option() {
    let (pem, secret) = key();
    let mut random = fastrand::Rng::with_seed(8);
    for round in 0..1000 {
        let given = mangled(&pem, &mut random);
        let option = OPTIONS[round % OPTIONS.len()].name;
        for message in messages(option, &given).into_iter().chain(messages(&given, "x")) {
            secret.assert_kept(&message, &format!("{option}={given}"));
        }
    }
}

#[test]
fn no_other_secret_is_shown() {
    const SECRET: &str = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFC";
    let secret = Secret::new(SECRET);
    for (option, form) in [
        ("base_url", "https://user:SECRET@host"),
        ("base_url", "https://user:SECRET@ho st"),
        ("base_url", "https://user:SECRET@host?a=b"),
        ("base_url", "ftp://user:SECRET@host"),
        ("base_url", "https//user:SECRET@host"),
        ("base_url", "https://user:SECRET"),
        ("base_url", "SECRET"),
        ("proxy", "http://user:SECRET@host:99999"),
        ("proxy", "http://user:SECRET@ho st"),
        ("proxy", "socks5://user:SECRET@host"),
        ("proxy", "user:SECRET@"),
        ("proxy", "http://user:SECRET"),
        ("token", "SECRET"),
        ("token", "SECRET.SECRET.SEC RET!"),
        ("subject", ""),
        ("acl", "\"SECRET\""),
        ("acl", "[\"SECRET\"]"),
        ("acl", "{\"SECRET\":SECRET}"),
        ("acl", "SECRET"),
        ("app_name", "SECRET"),
        ("app_name", "SECRET/SEC RET"),
        ("language", "SECRET"),
        ("application_id", "SECRET"),
        ("timeout", "SECRET"),
        ("private_key_path", "SECRET"),
        ("private_key_path", "secrets/SECRET"),
        ("private_key_path", "SECRET.SECRET.SECRET"),
        ("SECRET", "x"),
        ("token=SECRET", "x"),
    ] {
        let (option, given) = (option.replace("SECRET", SECRET), form.replace("SECRET", SECRET));
        let said = messages(&option, &given);
        assert!(!said.is_empty(), "{option}={given} is accepted");
        for message in said {
            secret.assert_kept(&message, &given);
        }
    }
}

/// Values that are not secret help the user: the path of a missing file, or the kind of a key.
#[test]
fn values_that_are_not_secret_are_shown() {
    let (pem, _) = key();
    for (option, given, shown) in [
        ("private_key_path", "private.key", "private.key"),
        ("private_key_path", "/etc/vonage/private.key", "/etc/vonage/private.key"),
        ("private_key_path", "/tmp/MyVonageApplication.key", "/tmp/MyVonageApplication.key"),
        ("private_key", &pem.replace("PRIVATE KEY", "DH PRIVATE KEY"), "\"DH PRIVATE KEY\""),
        ("private_key", &pem[..pem.len() - 40], "-----END PRIVATE KEY-----"),
        ("application_id", "my-application", "\"my-application\""),
    ] {
        for message in messages(option, given) {
            assert!(message.contains(shown) || message.starts_with("Error"), "{message}");
        }
    }
}
