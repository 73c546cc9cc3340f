//! Parses option values. An error completes the sentence "the option X …".

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::value::RawValue;
use ureq::http::Uri;
use ureq::http::uri::Authority;

use super::settings::BaseUrl;

/// The beginning of a value, on one line, for an error message. The value may be a secret that was
/// meant for another option, so only a few useless characters of it are shown.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 15;
    let shown: String =
        text.chars().take(SHOWN).map(|c| if c.is_control() { '?' } else { c }).collect();
    let more = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("\"{shown}{more}\"")
}

/// Returns whether the port is invalid. The URL parser treats an invalid port as no port, so
/// requests would go to the scheme's port instead.
pub fn has_wrong_port(authority: &Authority) -> bool {
    let text = authority.as_str().rsplit('@').next().unwrap_or_default();
    text.len() > authority.host().len() && authority.port_u16().is_none_or(|port| port == 0)
}

pub(super) type Parsed<T> = std::result::Result<T, String>;

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit.trim_start()))
}

pub(super) fn duration(text: &str, least: Duration, most: Duration) -> Parsed<Duration> {
    let millis = match number_and_unit(text) {
        Some((number, "ms")) => Some(number),
        Some((number, "s")) => number.checked_mul(1000),
        Some((number, "m")) => number.checked_mul(60_000),
        Some((number, "h")) => number.checked_mul(3_600_000),
        _ => None,
    };
    let Some(millis) = millis else {
        return Err(format!("is not a duration: {}; write it as 250ms, 5s or 15m", quoted(text)));
    };
    let value = Duration::from_millis(millis);
    if value < least || value > most {
        return Err(format!("must be between {} and {}", shown(least), shown(most)));
    }
    Ok(value)
}

fn shown(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [(3_600_000, "h"), (60_000, "m"), (1000, "s")];
    match units.iter().find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}

pub(super) fn size(text: &str) -> Parsed<usize> {
    let bytes = match number_and_unit(text) {
        Some((number, "")) => Some(number),
        Some((number, "KiB")) => number.checked_mul(1 << 10),
        Some((number, "MiB")) => number.checked_mul(1 << 20),
        Some((number, "GiB")) => number.checked_mul(1 << 30),
        _ => None,
    };
    bytes
        .and_then(|bytes| usize::try_from(bytes).ok())
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| format!("is not a size: {}; write it as 4096, 64KiB or 64MiB", quoted(text)))
}

pub(super) fn count(text: &str, least: usize, most: usize) -> Parsed<usize> {
    text.parse().ok().filter(|count| (least..=most).contains(count)).ok_or_else(|| {
        format!("must be a whole number from {least} to {most}, not {}", quoted(text))
    })
}

pub(super) fn boolean(text: &str) -> Parsed<bool> {
    choice(text, &[("true", true), ("false", false)])
}

pub(super) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Parsed<T> {
    if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
    Err(format!("must be one of {}, not {}", names.join(", "), quoted(text)))
}

pub(super) fn uuid(text: &str) -> Parsed<String> {
    // The parser also accepts forms such as braces, which are not application ids.
    match uuid::Uuid::try_parse(text) {
        Ok(_) if text.len() == 36 => Ok(text.to_ascii_lowercase()),
        _ => Err(format!(
            "is not a UUID such as 00000000-0000-0000-0000-000000000000: {}; copy the application's id from Vonage's dashboard",
            quoted(text)
        )),
    }
}

/// The name of a member of the body. It counts in the body's 4096 bytes.
pub(super) fn member_name(text: &str) -> Parsed<String> {
    const MAX_BYTES: usize = 128;
    if text.is_empty() || text.len() > MAX_BYTES || text.contains(char::is_control) {
        return Err(format!(
            "must be a name of 1 to {MAX_BYTES} bytes without control characters, not {}",
            quoted(text)
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn rate(text: &str) -> Parsed<f64> {
    text.strip_suffix("/s")
        .and_then(thousandths)
        .filter(|thousandths| (1..=1_000_000_000).contains(thousandths))
        .map(|thousandths| f64::from(thousandths) / 1000.0)
        .ok_or_else(|| format!("is not a rate: {}; write it as 15/s or 0.5/s", quoted(text)))
}

/// A decimal number with at most three decimals. The parser of floats would add tables of 10 KB.
fn thousandths(number: &str) -> Option<u32> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || decimals.len() > 3 {
        return None;
    }
    let decimals: u32 = format!("{decimals:0<3}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(1000)?.checked_add(decimals)
}

/// A text of limited length: the token and everything in it must fit into a request's head, and no
/// option may take much memory.
pub(super) fn at_most(most: usize, text: &str) -> Parsed<&str> {
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    if text.len() > most {
        return Err(format!("has {} bytes; at most {most} are allowed", text.len()));
    }
    Ok(text)
}

/// A file's path.
pub(super) fn file(text: &str) -> Parsed<&str> {
    let path = at_most(4096, text)?;
    if may_be_no_path(path) {
        return Err(
            "looks like a key or a token, not like a path; give the path of a file".to_owned()
        );
    }
    Ok(path)
}

/// Returns whether a text that should be a path looks like a key or a token: it has a long row of
/// base64 characters with both upper and lower case, which paths rarely have. A text that names an
/// existing file, or a file in an existing directory, is a path.
pub fn may_be_no_path(text: &str) -> bool {
    const IN_A_ROW: usize = 16;
    if text.contains(char::is_control) || text.contains("---") {
        return true;
    }
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte);
    let is_mixed = text.as_bytes().windows(IN_A_ROW).any(|row| {
        row.iter().all(is_base64)
            && row.iter().any(u8::is_ascii_lowercase)
            && row.iter().any(u8::is_ascii_uppercase)
    });
    let path = Path::new(text);
    // "/" always exists, so it does not make a text a path.
    let directory = path.parent().filter(|directory| directory.file_name().is_some());
    is_mixed && !path.exists() && !directory.is_some_and(Path::is_dir)
}

/// A JSON object. It is not read into a tree, whose recursion would use the stack of the caller's
/// thread.
pub(super) fn json_object(text: &str) -> Parsed<Box<RawValue>> {
    match serde_json::from_str::<Box<RawValue>>(text) {
        Ok(value) if value.get().starts_with('{') => Ok(value),
        Ok(_) => Err("is JSON, but not an object".to_owned()),
        // The error's own text would repeat the value.
        Err(error) => {
            Err(format!("is not a JSON object: line {}, column {}", error.line(), error.column()))
        }
    }
}

/// `name/version` of printable ASCII without spaces: it becomes part of a header.
pub(super) fn product(text: &str) -> Parsed<String> {
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&b))
    };
    match text.split_once('/') {
        Some((name, version)) if token(name) && token(version) && text.len() <= 128 => {
            Ok(text.to_owned())
        }
        _ => Err(format!("must be a name and a version such as my-shop/1.2, not {}", quoted(text))),
    }
}

pub(super) const MAX_URL_BYTES: usize = 2048;

pub(super) fn base_url(text: &str) -> Parsed<BaseUrl> {
    let wrong = |what: &str| {
        // There may be a password before an '@'.
        let shown = quoted(text.rsplit('@').next().unwrap_or_default());
        format!("{what}: {shown}; write it as https://api.nexmo.com")
    };
    if text.len() > MAX_URL_BYTES {
        return Err(format!("has more than {MAX_URL_BYTES} bytes"));
    }
    let uri: Uri = text.parse().map_err(|_| wrong("is not a URL"))?;
    let is_plain = match uri.scheme_str() {
        Some("https") => false,
        Some("http") => true,
        _ => return Err(wrong("must begin with https://")),
    };
    let authority = uri.authority().ok_or_else(|| wrong("has no host"))?;
    if authority.as_str().contains('@') {
        // The error does not repeat the text, which contains a password.
        return Err("must not contain a user name or a password".to_owned());
    }
    if uri.query().is_some() || text.contains('#') {
        return Err(wrong("must not have a query or a fragment"));
    }
    let host = authority.host();
    if has_wrong_port(authority) {
        return Err(wrong("has an invalid port"));
    }
    let is_loopback = is_loopback(host);
    Ok(BaseUrl { text: text.trim_end_matches('/').to_owned(), is_plain, is_loopback })
}

/// Returns whether a URL's host is certainly this machine. `127.1` and `localhost.` are not: the
/// system's resolver decides what they mean.
pub fn is_loopback(host: &str) -> bool {
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}
