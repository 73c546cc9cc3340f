//! The link from one page of a list to the next.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event;

/// Common servers accept a request line of about this length.
const MAX_QUERY_BYTES: usize = 8192;

#[derive(Deserialize)]
struct Links<'a> {
    #[serde(borrow)]
    next: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Link<'a> {
    #[serde(borrow)]
    href: Cow<'a, str>,
}

/// Parses a JSON object; without the check, serde's derived code would accept an array too.
pub fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Option<T> {
    json.trim_ascii_start().starts_with('{').then(|| serde_json::from_str(json).ok())?
}

/// The query of the next page; `None` if the links have no next page. An error says what is wrong
/// with the links.
///
/// Only the query is taken from the link, because the token goes to the configured host alone.
/// The query is sent as it is: only the server knows how it names a page.
pub fn next(links: Option<&RawValue>) -> Result<Option<String>, &'static str> {
    let Some(links) = links else { return Ok(None) };
    // Some servers write an empty object as an array.
    if serde_json::from_str::<[(); 0]>(links.get()).is_ok() {
        return Ok(None);
    }
    let links: Links<'_> = object(links.get()).ok_or("its links are not a JSON object")?;
    let Some(next) = links.next else { return Ok(None) };
    let link: Link<'_> = object(next.get()).ok_or("its link to the next page has no URL")?;
    query(&link.href).map(|query| Some(query.to_owned()))
}

fn query(href: &str) -> Result<&str, &'static str> {
    if href.contains('#') {
        return Err("its link to the next page has a fragment");
    }
    let query = href.split_once('?').map_or("", |(_, query)| query);
    if query.is_empty() {
        return Err("its link to the next page has no query");
    }
    if query.len() > MAX_QUERY_BYTES {
        return Err("the query of its link to the next page is longer than 8192 bytes");
    }
    if !is_sendable(query) {
        return Err("its link to the next page has a character that is not allowed in a URL");
    }
    if names_custom_type(query) {
        return Err(
            "its link to the next page filters by a custom type, which libvce did not ask for",
        );
    }
    Ok(query)
}

/// Returns whether a query has only characters that RFC 3986 allows, and brackets, because many
/// servers write `page[number]=2`.
fn is_sendable(query: &str) -> bool {
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]".contains(&byte);
    let is_escape = |rest: &str| {
        rest.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    query.bytes().all(is_allowed) && query.split('%').skip(1).all(is_escape)
}

/// Returns whether a query filters by a custom type. libvce never asks for that, and with such a
/// filter the list could end early.
fn names_custom_type(query: &str) -> bool {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, value)| decoded(name) == "event_type" && event::is_custom(&decoded(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_of(links: &str) -> Result<Option<String>, &'static str> {
        next(Some(&RawValue::from_string(links.to_owned()).unwrap()))
    }

    #[test]
    fn the_query_of_the_next_link_is_taken_whole() {
        for (href, query) in [
            ("https://elsewhere/x?page_size=2&cursor=a%2Bb%3D", "page_size=2&cursor=a%2Bb%3D"),
            ("/x?page=2", "page=2"),
            ("?cursor=a+b/c==", "cursor=a+b/c=="),
            ("/x?page[number]=2&q=?:@!$'()*,;", "page[number]=2&q=?:@!$'()*,;"),
            (r"\/x\u003fa=1\u0026b=2", "a=1&b=2"),
            (
                "/x?event_type=text&event_type=&type=custom:a",
                "event_type=text&event_type=&type=custom:a",
            ),
        ] {
            let links = format!(r#"{{"self":7,"next":{{"href":"{href}","title":null}}}}"#);
            assert_eq!(next_of(&links), Ok(Some(query.to_owned())), "{href}");
        }
    }

    #[test]
    fn links_without_a_next_end_the_list() {
        assert_eq!(next(None), Ok(None));
        assert_eq!(next_of("{}"), Ok(None));
        assert_eq!(next_of("[ ]"), Ok(None));
        assert_eq!(next_of(r#"{"next":null,"first":{"href":"/x?a"}}"#), Ok(None));
    }

    #[test]
    fn a_link_that_cannot_be_followed_is_an_error() {
        for links in ["[1]", "7", r#""/x?a""#, r#"[{"href":"/x?a"}]"#] {
            assert!(next_of(links).unwrap_err().starts_with("its links are not a"), "{links}");
        }
        for next in
            ["[]", "7", r#""/x?a""#, r#"["/x?a"]"#, "{}", r#"{"href":null}"#, r#"{"href":7}"#]
        {
            let error = next_of(&format!(r#"{{"next":{next}}}"#)).unwrap_err();
            assert!(error.ends_with("has no URL"), "{next}");
        }
        for (href, said) in [
            ("", "no query"),
            ("/x", "no query"),
            ("/x?", "no query"),
            ("/x#?a=1", "fragment"),
            ("/x?a=1#b", "fragment"),
            ("/x?a=1#", "fragment"),
            ("/x?a=\\u00e9", "character"),
            ("/x?a=\\n", "character"),
            ("/x?a=\\u0000", "character"),
            ("/x?a=\\u007f", "character"),
            ("/x?a= b", "character"),
            ("/x?a=<b>", "character"),
            ("/x?a=\\\\", "character"),
            ("/x?a=\\\"", "character"),
            ("/x?a=^|`{}", "character"),
            ("/x?a=%", "character"),
            ("/x?a=%4", "character"),
            ("/x?a=%zz", "character"),
            ("/x?event_type=custom:a", "custom type"),
            ("/x?a=1&event_type=text&event%5ftype=cust%6fm%3aa", "custom type"),
        ] {
            let error = next_of(&format!(r#"{{"next":{{"href":"{href}"}}}}"#)).unwrap_err();
            assert!(error.contains(said), "{href}: {error}");
        }
    }

    #[test]
    fn a_query_is_at_most_8192_bytes_long() {
        let next = |length: usize| {
            next_of(&format!(r#"{{"next":{{"href":"/x?{}"}}}}"#, "c".repeat(length)))
        };
        assert!(next(8192).is_ok_and(|query| query.is_some()));
        assert!(next(8193).unwrap_err().contains("8192"));
    }
}
