use std::time::{Duration, SystemTime};

use ureq::http::HeaderValue;

use super::page::{Page, PageEnd};
use super::problem::Problem;
use super::request::{Method, Request};
use crate::error::{Answer, Error, Result, Status};
use crate::event::Event;
use crate::outcome::{Attempts, Effect, Evidence};

/// An answer as received. Its body is cut at the most that libvce reads.
#[derive(Debug, Default)]
pub struct Reply {
    pub status: u16,
    /// The `Date` header; parsed only when needed.
    pub date: Option<HeaderValue>,
    pub retry_after: Option<String>,
    pub trace_id: Option<String>,
    pub body: Vec<u8>,
    /// The body is longer than libvce reads, or its rest did not arrive.
    pub body_is_cut: bool,
}

impl Reply {
    /// When the server answered, by its own clock.
    pub fn date(&self) -> Option<SystemTime> {
        parse_date(self.date.as_ref())
    }
}

fn parse_date(date: Option<&HeaderValue>) -> Option<SystemTime> {
    httpdate::parse_http_date(date?.to_str().ok()?).ok()
}

/// A 2xx answer.
#[derive(Debug)]
pub struct Success {
    effect: Effect,
    http_status: u16,
    trace_id: Option<String>,
    date: Option<HeaderValue>,
    body: String,
    /// The event, if it has been parsed already.
    event: Option<Box<Event>>,
}

impl Success {
    /// The creation of an event that was found in the conversation's list.
    pub fn found(event: Event) -> Success {
        Success {
            effect: Effect::Create,
            http_status: 200,
            trace_id: None,
            date: None,
            body: String::new(),
            event: Some(Box::new(event)),
        }
    }

    /// When the server answered, by its clock.
    pub fn date(&self) -> Option<SystemTime> {
        parse_date(self.date.as_ref())
    }

    /// The event in the answer.
    pub fn event(self) -> Result<Event> {
        if let Some(event) = self.event {
            return Ok(*event);
        }
        Event::from_json(&self.body).ok_or_else(|| self.nonsense(NO_EVENT))
    }

    /// The page of events in the answer.
    pub fn page(self) -> Result<Page> {
        Page::read(&self.body).map_err(|what| self.nonsense(what))
    }

    /// As [`page`](Success::page), but hands over the events one by one.
    pub fn each_event(self, each: impl FnMut(Event)) -> Result<PageEnd> {
        PageEnd::read(&self.body, each).map_err(|what| self.nonsense(what))
    }

    fn nonsense(self, what: &str) -> Error {
        let Success { effect, http_status, trace_id, body, .. } = self;
        let reply = Reply { status: http_status, trace_id, body: body.into(), ..Reply::default() };
        let mut attempts = Attempts::at(effect);
        let error = attempts.conclude(Evidence::Unknown, nonsense(reply, what));
        attempts.end(error)
    }
}

/// Why an attempt at a request failed.
#[derive(Debug)]
pub struct Failure {
    pub error: Error,
    /// Whether the server may have carried the request out despite the error.
    pub evidence: Evidence,
    /// A later attempt may succeed.
    pub transient: bool,
    /// The server says that the token expired.
    pub token_expired: bool,
}

impl Failure {
    pub fn new(error: Error, evidence: Evidence, transient: bool) -> Failure {
        Failure { error, evidence, transient, token_expired: false }
    }
}

/// How much of an answer's body an error keeps.
const KEPT_BYTES: usize = 64 * 1024;

/// Decides what an answer means.
///
/// `now` reads this machine's clock. A `Retry-After` date is compared with it if the server sent
/// no `Date`.
pub fn interpret(
    request: &Request,
    reply: Reply,
    now: impl FnOnce() -> SystemTime,
) -> std::result::Result<Success, Failure> {
    if let 200..=299 = reply.status {
        return success(request, reply);
    }
    let retry_after = reply
        .retry_after
        .as_deref()
        .and_then(|text| seconds_or_date(text, || reply.date().unwrap_or_else(now)));
    let (status, transient) = match reply.status {
        401 => (Status::Unauthorized, false),
        403 => (Status::Forbidden, false),
        404 | 410 => (Status::NotFound, false),
        408 => (Status::BadRequest, true),
        429 => (Status::RateLimited, true),
        400..=499 => (Status::BadRequest, false),
        500..=599 => (Status::Server, true),
        _ => (Status::Response, false),
    };
    let evidence = Evidence::of_status(reply.status, retry_after.is_some());
    let problem = Problem::read(&reply.body);
    let error = Error::new(status, describe(reply.status, &problem)).with_retry_after(retry_after);
    let token_expired =
        reply.status == 401 && problem.code.as_deref() == Some("system:error:expired-token");
    let error = error.with_answer(answer(reply, problem));
    Err(Failure { error, evidence, transient, token_expired })
}

fn success(request: &Request, reply: Reply) -> std::result::Result<Success, Failure> {
    let is_object = |text: &[u8]| text.trim_ascii_start().starts_with(b"{");
    let fails = |reply, what| Err(Failure::new(nonsense(reply, what), Evidence::Unknown, false));
    if reply.body_is_cut {
        return fails(reply, "its body is larger than 1 MiB");
    }
    // A captive portal also answers 200. The body is parsed later, so a "{" is enough here.
    if request.method == Method::Delete || is_object(&reply.body) {
        match String::from_utf8(reply.body) {
            Ok(body) => {
                let mut event = None;
                // If the answer is no event, an event with a key is looked up.
                if request.key.is_some() {
                    event = Event::from_json(&body).map(Box::new);
                    if event.is_none() {
                        return fails(Reply { body: body.into_bytes(), ..reply }, NO_EVENT);
                    }
                }
                let Reply { status: http_status, trace_id, date, .. } = reply;
                let effect = request.effect();
                return Ok(Success { effect, http_status, trace_id, date, body, event });
            }
            Err(error) => {
                return fails(Reply { body: error.into_bytes(), ..reply }, "its body is not UTF-8");
            }
        }
    }
    fails(
        reply,
        "its body is not a JSON object; check base_url, and whether a proxy or gateway answered",
    )
}

const NO_EVENT: &str = "its body is not an event";

/// The error of a 2xx answer whose body is not what the API documents.
fn nonsense(reply: Reply, what: &str) -> Error {
    let message = format!("the server's answer with status {} is invalid: {what}", reply.status);
    Error::new(Status::Response, message).with_answer(answer(reply, Problem::default()))
}

fn answer(reply: Reply, problem: Problem) -> Answer {
    let mut response = reply.body;
    response.truncate(KEPT_BYTES);
    Answer {
        http_status: reply.status,
        code: problem.code,
        title: problem.title,
        detail: problem.detail,
        trace_id: reply.trace_id.or(problem.instance),
        response,
    }
}

fn describe(status: u16, problem: &Problem) -> String {
    let mut message = format!("the server answered {status}");
    let parts: Vec<&str> = [&problem.title, &problem.detail]
        .into_iter()
        .flatten()
        .map(|part| part.trim_end_matches(['.', ' ']))
        .collect();
    let said = parts.join(": ");
    if !said.is_empty() {
        message = format!("{message}: {said}");
    }
    if let Some(code) = &problem.code {
        message = format!("{message} ({code})");
    }
    let advice = match status {
        300..=399 => {
            "libvce does not follow redirects, because they would send the token elsewhere; set base_url to the API's URL"
        }
        401 => "check that the private key belongs to application_id, and that the clock is right",
        403 => "check the application's capabilities and the token's acl",
        404 => "check the conversation id and base_url",
        429 => "send fewer requests per second; rate_limit can limit them",
        _ => "",
    };
    if !advice.is_empty() {
        message = format!("{message}; {advice}");
    }
    one_line(&message)
}

/// Text from the server may contain line breaks and be long: it becomes one line of at most 1000
/// characters.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect()
}

/// RFC 9110, 10.2.3: a number of seconds, or a date.
fn seconds_or_date(text: &str, now: impl FnOnce() -> SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::Method;
    use super::*;

    fn request(method: Method) -> Request {
        Request { method, url: String::new(), body: None, key: None }
    }

    fn failure(status: u16, retry_after: Option<&str>, method: Method) -> Failure {
        let reply =
            Reply { status, retry_after: retry_after.map(str::to_owned), ..Reply::default() };
        interpret(&request(method), reply, || SystemTime::UNIX_EPOCH).unwrap_err()
    }

    #[test]
    fn each_http_status_has_its_status_and_evidence() {
        use Evidence::{NotCarriedOut, Unknown};
        for (http, retry_after, status, evidence, transient) in [
            (100, None, Status::Response, Unknown, false),
            (302, None, Status::Response, Unknown, false),
            (400, None, Status::BadRequest, NotCarriedOut, false),
            (401, None, Status::Unauthorized, NotCarriedOut, false),
            (403, None, Status::Forbidden, NotCarriedOut, false),
            (404, None, Status::NotFound, NotCarriedOut, false),
            (408, None, Status::BadRequest, NotCarriedOut, true),
            (410, None, Status::NotFound, NotCarriedOut, false),
            (418, None, Status::BadRequest, NotCarriedOut, false),
            (422, None, Status::BadRequest, NotCarriedOut, false),
            (429, None, Status::RateLimited, NotCarriedOut, true),
            (500, None, Status::Server, Unknown, true),
            (502, Some("1"), Status::Server, Unknown, true),
            (503, None, Status::Server, Unknown, true),
            (503, Some("1"), Status::Server, NotCarriedOut, true),
            (503, Some("soon"), Status::Server, Unknown, true),
            (504, None, Status::Server, Unknown, true),
            (999, None, Status::Response, Unknown, false),
        ] {
            let failure = failure(http, retry_after, Method::Post);
            assert_eq!(failure.error.status(), status, "{http}");
            assert_eq!(failure.evidence, evidence, "{http}");
            assert_eq!(failure.transient, transient, "{http}");
        }
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let now = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT").unwrap();
        let read = |text| seconds_or_date(text, || now).map(|d| d.as_secs());
        assert_eq!(read(" 120 "), Some(120));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:30 GMT"), Some(30));
        assert_eq!(read("Wed, 21 Oct 2015 07:00:00 GMT"), Some(0));
        assert_eq!(read("99999999999999999999999"), Some(u64::from(u32::MAX)));
        assert_eq!(read("-1"), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn only_an_object_is_a_success() {
        for (body, ok) in [
            ("{}", true),
            (" {\"id\":1} ", true),
            ("[]", false),
            ("", false),
            ("<html>", false),
            ("{", false),
        ] {
            let reply = Reply { status: 200, body: body.into(), ..Reply::default() };
            let result = interpret(&request(Method::Post), reply, || SystemTime::UNIX_EPOCH)
                .map_err(|failure| {
                    assert_eq!(failure.evidence, Evidence::Unknown);
                    failure.error
                })
                .and_then(Success::event);
            assert_eq!(result.is_ok(), ok, "{body}");
            if let Err(error) = result {
                assert_eq!(error.status(), Status::Response, "{body}");
                assert_eq!(error.answer().unwrap().response, body.as_bytes());
            }
        }
        let reply = Reply { status: 204, ..Reply::default() };
        assert!(interpret(&request(Method::Delete), reply, || SystemTime::UNIX_EPOCH).is_ok());
    }
}
