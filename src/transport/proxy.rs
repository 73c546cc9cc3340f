//! Which proxy to use.

use std::net::Ipv6Addr;

use ureq::Proxy;
use ureq::http::Uri;

use crate::config::{BaseUrl, ProxySetting, Settings, has_wrong_port, is_loopback};
use crate::error::{Error, Result, Status};

/// Chooses the proxy for requests to `base_url`.
pub fn choose(settings: &Settings) -> Result<Option<Proxy>> {
    let base_url = &settings.base_url;
    match &settings.proxy {
        ProxySetting::None => Ok(None),
        ProxySetting::Url(url) => {
            let proxy = parse(url, None, "the option proxy")?;
            if base_url.is_plain && !is_loopback(proxy.host()) && !settings.allow_plain_http {
                return Err(readable());
            }
            Ok(Some(proxy))
        }
        // A proxy cannot reach this machine's loopback addresses, and could read plain HTTP.
        ProxySetting::Environment if base_url.is_loopback => Ok(None),
        ProxySetting::Environment => from_environment(base_url, |name| {
            std::env::var(name).ok().filter(|value| !value.is_empty())
        }),
    }
}

fn readable() -> Error {
    Error::new(
        Status::Config,
        "the option base_url has no TLS and the proxy is not on this machine, so the token and the events would be sent unencrypted; use https, or set proxy=none or allow_plain_http=true",
    )
}

/// Reads the proxy from the environment as curl does. `HTTP_PROXY` in capitals is not read: a web
/// server sets it from a request's `Proxy:` header, so a stranger could choose the proxy.
fn from_environment(
    base_url: &BaseUrl,
    get: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>> {
    let names: &[&str] = if base_url.is_plain {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    } else {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    };
    let Some((name, url)) = names.iter().find_map(|name| Some((*name, get(name)?))) else {
        return Ok(None);
    };
    let exceptions = get("no_proxy").or_else(|| get("NO_PROXY"));
    parse(&url, exceptions.as_deref(), &format!("the environment variable {name}")).map(Some)
}

/// The error does not contain the URL, which may have a password.
fn parse(url: &str, exceptions: Option<&str>, source: &str) -> Result<Proxy> {
    let wrong = |what: &str| Error::new(Status::Config, format!("{source} {what}"));
    let proxy =
        Proxy::new(url).map_err(|_| wrong("is not a proxy URL; write it as http://host:3128"))?;
    if url.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some_and(has_wrong_port)) {
        return Err(wrong("has an invalid port"));
    }
    match proxy.protocol() {
        ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => {}
        _ => return Err(wrong("names a SOCKS proxy; only HTTP proxies are supported")),
    }
    let Some(exceptions) = exceptions else {
        return Ok(proxy);
    };
    let mut builder = Proxy::builder(proxy.protocol()).host(proxy.host()).port(proxy.port());
    if let Some(username) = proxy.username() {
        builder = builder.username(username);
    }
    if let Some(password) = proxy.password() {
        builder = builder.password(password);
    }
    for exception in exceptions.split([',', ' ']).filter(|exception| !exception.is_empty()) {
        if exception == "*" {
            builder = builder.no_proxy(exception);
            continue;
        }
        // A name, with or without a leading dot, matches itself and all its subdomains.
        let name = exception.trim_start_matches('*').trim_start_matches('.').trim_end_matches('.');
        let host = match name.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => name.to_owned(),
        };
        builder = builder.no_proxy(&host).no_proxy(&format!(".{host}"));
    }
    builder.build().map_err(|_| wrong("is not a proxy URL; write it as http://host:3128"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(plain: bool, variables: &[(&str, &str)]) -> Result<Option<Proxy>> {
        let base_url = BaseUrl {
            text: "https://api.nexmo.com".to_owned(),
            is_plain: plain,
            is_loopback: false,
        };
        from_environment(&base_url, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_variable_of_the_scheme_comes_first() {
        let both = [("all_proxy", "http://all:1"), ("HTTPS_PROXY", "http://u:p@secure:2")];
        let proxy = chosen(false, &both).unwrap().unwrap();
        assert_eq!((proxy.host(), proxy.port(), proxy.username()), ("secure", 2, Some("u")));
        assert_eq!(chosen(true, &both).unwrap().unwrap().host(), "all");
        assert!(chosen(true, &[("HTTP_PROXY", "http://evil:1")]).unwrap().is_none());
    }

    #[test]
    fn exceptions_are_kept() {
        let proxy =
            chosen(false, &[("https_proxy", "http://p:1"), ("no_proxy", "a.example, .vonage.com")]);
        let proxy = proxy.unwrap().unwrap();
        assert!(proxy.is_no_proxy(&"https://api.vonage.com/".parse().unwrap()));
        assert!(!proxy.is_no_proxy(&"https://api.nexmo.com/".parse().unwrap()));
        assert_eq!(proxy.port(), 1);
    }

    #[test]
    fn exceptions_mean_what_they_mean_to_curl() {
        for (list, url, direct) in [
            ("nexmo.com", "https://api.nexmo.com/", true),
            ("nexmo.com", "https://nexmo.com/", true),
            ("exmo.com", "https://api.nexmo.com/", false),
            (".nexmo.com", "https://nexmo.com/", true),
            ("*.nexmo.com", "https://api.nexmo.com/", true),
            ("api.", "https://api.nexmo.com/", false),
            ("a.example API.nexmo.com", "https://api.nexmo.com/", true),
            ("*", "https://api.nexmo.com/", true),
            ("127.0.0.1", "https://127.0.0.1:8443/", true),
            ("::1", "https://[::1]:8443/", true),
        ] {
            let proxy = chosen(false, &[("https_proxy", "http://p:1"), ("no_proxy", list)]);
            let proxy = proxy.unwrap().unwrap();
            assert_eq!(proxy.is_no_proxy(&url.parse().unwrap()), direct, "{list}: {url}");
        }
    }

    #[test]
    fn socks_is_refused_rather_than_passed_over() {
        let error = chosen(false, &[("ALL_PROXY", "socks5://secret@p:1")]).unwrap_err();
        assert_eq!(error.status(), Status::Config);
        assert!(error.message().contains("ALL_PROXY"));
        assert!(!error.message().contains("secret"));
    }

    #[test]
    fn exceptions_cost_neither_the_user_nor_the_password() {
        for variable in ["no_proxy", "NO_PROXY"] {
            let variables = [("https_proxy", "http://u:p@p:1"), (variable, "vonage.com")];
            let proxy = chosen(false, &variables).unwrap().unwrap();
            assert_eq!((proxy.username(), proxy.password()), (Some("u"), Some("p")));
            assert!(proxy.is_no_proxy(&"https://api.vonage.com/".parse().unwrap()), "{variable}");
        }
    }
}
