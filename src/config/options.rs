//! The table of options: how each is parsed, its default and its documentation.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::parse::{self, Parsed};
use super::settings::{
    BaseUrl, DeliveryGuarantee, EngineSetting, KeySource, MAX_PEM_BYTES, ProxySetting, Reports,
    Settings, TlsRoots,
};
use crate::error::{Error, Result, Status};
use crate::event::TypeRules;

/// One option.
pub struct OptionSpec {
    /// Its name in every language (PHP writes it in camelCase).
    pub name: &'static str,
    /// Its default as text; `None` if it is unset by default.
    pub default: Option<&'static str>,
    /// What it does, in one line.
    pub doc: &'static str,
    pub(super) assign: fn(&mut Settings, Option<&str>) -> Parsed<()>,
}

macro_rules! options {
    ($($name:ident $(= $default:literal)?, $doc:literal, $assign:expr;)+) => {
        /// Every option, in the order of the documentation.
        pub const OPTIONS: &[OptionSpec] = &[$(OptionSpec {
            name: stringify!($name),
            default: options!(@default $($default)?),
            doc: $doc,
            assign: $assign,
        },)+];
    };
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
}

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Assigns an option that has a default: its text is never missing.
fn assign<T>(field: &mut T, text: Option<&str>, parse: impl Fn(&str) -> Parsed<T>) -> Parsed<()> {
    if let Some(text) = text {
        *field = parse(text)?;
    }
    Ok(())
}

/// Assigns an option that is unset by default.
fn assign_some<T>(
    field: &mut Option<T>,
    text: Option<&str>,
    parse: impl Fn(&str) -> Parsed<T>,
) -> Parsed<()> {
    *field = text.map(parse).transpose()?;
    Ok(())
}

options! {
    application_id, "The Vonage application's id, a UUID.",
        |s, v| assign_some(&mut s.application_id, v, parse::uuid);
    private_key, "The application's private key as PEM text (PKCS#8 or PKCS#1, RSA of at least 2048 bits); line ends may be written as `\\n`. Replaces `private_key_path`.",
        |s, v| match v {
            Some(text) => { s.key = KeySource::Pem(Zeroizing::new(parse::at_most(MAX_PEM_BYTES, text)?.to_owned())); Ok(()) }
            None => { if let KeySource::Pem(_) = s.key { s.key = KeySource::None; } Ok(()) }
        };
    private_key_path, "The path of a file with that key; it is read when the client is made. Replaces `private_key`.",
        |s, v| match v {
            Some(text) => { s.key = KeySource::File(PathBuf::from(parse::at_most(MAX_PEM_BYTES, text)?)); Ok(()) }
            None => { if let KeySource::File(_) = s.key { s.key = KeySource::None; } Ok(()) }
        };
    token, "A ready JWT, used instead of `application_id` and the key; it is never refreshed.",
        |s, v| assign_some(&mut s.token, v, |text| {
            let is_jwt = text.len() <= 8192 && text.split('.').count() == 3
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.=".contains(&b));
            // The error does not repeat the text, which is a secret.
            if is_jwt { Ok(Zeroizing::new(text.to_owned())) } else { Err("is not a JWT, which has three parts of base64url joined by dots".to_owned()) }
        });
    subject, "The token's `sub`: the user that events come from. Every event then needs a `from`.",
        |s, v| assign_some(&mut s.subject, v, |text| parse::at_most(1024, text).map(str::to_owned));
    acl, "The token's `acl`, a JSON object such as `{\"paths\":{\"/*/conversations/**\":{}}}`.",
        |s, v| assign_some(&mut s.acl, v, |text| parse::at_most(6144, text).and_then(parse::json_object));
    token_ttl = "15m", "How long a token is valid, from 30s to 24h.",
        |s, v| assign(&mut s.token_ttl, v, |t| parse::duration(t, 30 * SECOND, DAY));
    base_url = "https://api.nexmo.com", "The API's URL. Plain `http` is allowed only for loopback addresses and `localhost`, unless `allow_plain_http=true`.",
        |s, v| assign(&mut s.base_url, v, parse::base_url);
    allow_plain_http = "false", "`true` allows a `base_url` without TLS on any host: the network can then read the token and the events.",
        |s, v| assign(&mut s.allow_plain_http, v, parse::boolean);
    api_version = "v0.3", "`v0.3` or `v1`.",
        |s, v| assign(&mut s.api_version, v, |t| parse::choice(t, &[("v0.3", "v0.3"), ("v1", "v1")]));
    type_rules = "documented", "`documented`: letters, digits, `-` and `_` after `custom:`. `namespaced`: `:` too. `off`: any type of at most 4096 bytes.",
        |s, v| assign(&mut s.type_rules, v, |t| parse::choice(t, &[
            ("documented", TypeRules::Documented), ("namespaced", TypeRules::Namespaced), ("off", TypeRules::Off),
        ]));
    connect_timeout = "5s", "The time limit for one attempt to connect, TLS included.",
        |s, v| assign(&mut s.connect_timeout, v, |t| parse::duration(t, MS, DAY));
    timeout = "30s", "The time limit for a whole call, its retries included. In the background: for one attempt.",
        |s, v| assign(&mut s.timeout, v, |t| parse::duration(t, MS, DAY));
    max_retries = "3", "How often a failed request is repeated at most; `delivery` says which requests are.",
        |s, v| assign(&mut s.max_retries, v, |t| parse::count(t, 0, 1000).map(|n| u32::try_from(n).unwrap_or(u32::MAX)));
    retry_backoff = "200ms", "The longest wait before the first retry. It doubles with each retry; the actual wait is random (full jitter). The server's `Retry-After` takes precedence.",
        |s, v| assign(&mut s.retry_backoff, v, |t| parse::duration(t, MS, DAY));
    retry_backoff_max = "10s", "The longest wait before any retry.",
        |s, v| assign(&mut s.retry_backoff_max, v, |t| parse::duration(t, MS, DAY));
    delivery = "at_most_once", "`at_most_once` repeats only requests that certainly created no event. `at_least_once` also repeats requests that may have created it, so an event may exist twice. `effectively_once` looks such an event up before it repeats the request.",
        |s, v| assign(&mut s.delivery, v, |t| parse::choice(t, &[
            ("at_most_once", DeliveryGuarantee::AtMostOnce), ("at_least_once", DeliveryGuarantee::AtLeastOnce),
            ("effectively_once", DeliveryGuarantee::EffectivelyOnce),
        ]));
    event_key = "vce_key", "With `effectively_once`: the body's member that names the event, a string. If the body has no such member, libvce adds one with a new UUID.",
        |s, v| assign(&mut s.event_key, v, parse::member_name);
    lookup_delay = "2s", "With `effectively_once`: how long libvce waits before each of two looks, so that the event can appear.",
        |s, v| assign(&mut s.lookup_delay, v, |t| parse::duration(t, MS, HOUR));
    rate_limit, "The most requests per second, such as `15/s`.",
        |s, v| assign_some(&mut s.rate_limit, v, parse::rate);
    proxy = "env", "`env` (the usual proxy variables, but no proxy for loopback addresses and `localhost`), `none`, or an HTTP proxy's URL.",
        |s, v| assign(&mut s.proxy, v, |t| Ok(match t {
            "env" => ProxySetting::Environment,
            "none" => ProxySetting::None,
            url => ProxySetting::Url(Zeroizing::new(parse::at_most(parse::MAX_URL_BYTES, url)?.to_owned())),
        }));
    ca_file, "A PEM file of certificate authorities to trust in addition to `tls_roots`.",
        |s, v| assign_some(&mut s.ca_file, v, |text| parse::file(text).map(PathBuf::from));
    tls_roots = "system", "`system`: the system's certificate authorities. `bundled`: Mozilla's, as of libvce's release.",
        |s, v| assign(&mut s.tls_roots, v, |t| parse::choice(t, &[
            ("system", TlsRoots::System), ("bundled", TlsRoots::Bundled),
        ]));
    connections = "16", "How many background requests may be in flight at the same time, and how many idle connections are kept. Calls that wait for their answer are not limited.",
        |s, v| assign(&mut s.connections, v, |t| parse::count(t, 1, 1024));
    queue_max_events = "100000", "The most events in the queue. An event counts until its report has been taken. With `engine=shared` the limit is for all handles together.",
        |s, v| assign(&mut s.queue_max_events, v, |t| parse::count(t, 1, 1_000_000_000));
    queue_max_bytes = "64MiB", "The most bytes of queued events and waiting reports.",
        |s, v| assign(&mut s.queue_max_bytes, v, parse::size);
    delivery_timeout = "5m", "The time limit for an event in the background, from enqueuing to its outcome, retries included.",
        |s, v| assign(&mut s.delivery_timeout, v, |t| parse::duration(t, MS, 7 * DAY));
    reports = "all", "Which delivery reports are kept for `vce_poll`: `all`, `errors` or `none`.",
        |s, v| assign(&mut s.reports, v, |t| parse::choice(t, &[
            ("all", Reports::All), ("errors", Reports::Errors), ("none", Reports::None),
        ]));
    engine = "own", "`shared`: handles with equal settings share connections, token, limits and threads.",
        |s, v| assign(&mut s.engine, v, |t| parse::choice(t, &[
            ("own", EngineSetting::Own), ("shared", EngineSetting::Shared),
        ]));
    app_name, "`name/version` of your program, appended to the User-Agent.",
        |s, v| assign_some(&mut s.app_name, v, parse::product);
    language = "c/99", "`name/version` of the calling language in the User-Agent; the bindings set it.",
        |s, v| assign(&mut s.language, v, parse::product);
}

pub(super) fn find(name: &str) -> Result<&'static OptionSpec> {
    OPTIONS.iter().find(|option| option.name == name).ok_or_else(|| {
        let nearest = OPTIONS
            .iter()
            .map(|option| (distance(name, option.name), option.name))
            .min()
            .filter(|(distance, nearest)| *distance <= nearest.len() / 2);
        let hint = match nearest {
            Some((_, nearest)) => format!("; did you mean \"{nearest}\"?"),
            None => String::new(),
        };
        Error::new(Status::Config, format!("there is no option {}{hint}", parse::quoted(name)))
    })
}

/// How many letters must be inserted, removed or replaced to turn one name into the other
/// (Levenshtein distance).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    // Longer names are not near any option.
    for (i, a) in from.bytes().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(to.bytes()) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Settings with every option at its default.
pub(super) fn defaults() -> Settings {
    // The loop below replaces these values by the table's defaults; a test checks that each
    // default parses.
    let mut settings = Settings {
        application_id: None,
        key: KeySource::None,
        token: None,
        subject: None,
        acl: None,
        token_ttl: Duration::ZERO,
        base_url: BaseUrl { text: String::new(), is_plain: false, is_loopback: false },
        allow_plain_http: false,
        api_version: "",
        type_rules: TypeRules::Documented,
        connect_timeout: Duration::ZERO,
        timeout: Duration::ZERO,
        max_retries: 0,
        retry_backoff: Duration::ZERO,
        retry_backoff_max: Duration::ZERO,
        delivery: DeliveryGuarantee::AtMostOnce,
        event_key: String::new(),
        lookup_delay: Duration::ZERO,
        rate_limit: None,
        proxy: ProxySetting::Environment,
        ca_file: None,
        tls_roots: TlsRoots::System,
        connections: 0,
        queue_max_events: 0,
        queue_max_bytes: 0,
        delivery_timeout: Duration::ZERO,
        reports: Reports::All,
        engine: EngineSetting::Own,
        app_name: None,
        language: String::new(),
        digests: BTreeMap::new(),
    };
    for option in OPTIONS {
        let parsed = (option.assign)(&mut settings, option.default);
        debug_assert!(parsed.is_ok(), "the default of {} is wrong", option.name);
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_suggest_the_nearest() {
        let message = |name| find(name).err().map(|e| e.message().to_owned());
        assert_eq!(
            message("time_out").as_deref(),
            Some("there is no option \"time_out\"; did you mean \"timeout\"?")
        );
        assert_eq!(
            message("privatekey").as_deref(),
            Some("there is no option \"privatekey\"; did you mean \"private_key\"?")
        );
        assert_eq!(message("zzzzzzzzzz").as_deref(), Some("there is no option \"zzzzzzzzzz\""));
    }

    #[test]
    fn distances_are_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
