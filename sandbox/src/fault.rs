//! Faults: what goes wrong, and for which requests.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Map, Value};

use crate::aim::{Aim, Operation, milliseconds};

/// Something that goes wrong: by default once, for the next request.
///
/// Built as `Fault::status(503).times(2).on(Operation::Create)`, or read from JSON
/// as `{"kind": "status", "status": 503, "times": 2, "on": "create"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) aim: Aim,
}

/// What goes wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// The normal answer; for [`Fault::appears_after`].
    Answer {},
    /// This status instead of the real answer.
    Status(StatusFault),
    /// The normal answer, late.
    Delay {},
    /// The connection is closed without an answer.
    Drop {},
    /// No answer at all, until the client closes the connection.
    Hang {},
    /// The answer's head, which announces the whole body, and half of the body; then the connection is closed.
    Truncate {},
    /// Half of the answer's head, then the connection is closed.
    TruncateHead {},
    /// A page of events that always links to a next page.
    Endless {
        /// What these pages show.
        #[serde(default)]
        pages: EndlessPages,
    },
    /// Bytes that are not HTTP, then the connection is closed.
    Garbage {},
    /// The answer, one byte at a time.
    Trickle {
        /// The pause before each byte, in milliseconds.
        #[serde(default = "trickle_interval_ms")]
        interval_ms: u64,
    },
    /// The normal answer; then the connection is closed without notice.
    CloseAfter {},
    /// A 401 that says the token has expired.
    ExpiredToken {},
    /// Exactly these bytes instead of an answer.
    Raw(RawFault),
}

impl FaultKind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Answer {} => "answer",
            Self::Status(_) => "status",
            Self::Delay {} => "delay",
            Self::Drop {} => "drop",
            Self::Hang {} => "hang",
            Self::Truncate {} => "truncate",
            Self::TruncateHead {} => "truncate_head",
            Self::Endless { .. } => "endless",
            Self::Garbage {} => "garbage",
            Self::Trickle { .. } => "trickle",
            Self::CloseAfter {} => "close_after",
            Self::ExpiredToken {} => "expired_token",
            Self::Raw(_) => "raw",
        }
    }

    /// Whether it shows the real answer, and so carries the request out.
    fn shows_the_answer(&self) -> bool {
        match self {
            Self::Answer {}
            | Self::Delay {}
            | Self::Truncate {}
            | Self::TruncateHead {}
            | Self::Endless { .. }
            | Self::Trickle { .. }
            | Self::CloseAfter {} => true,
            Self::Status(_)
            | Self::Drop {}
            | Self::Hang {}
            | Self::Garbage {}
            | Self::ExpiredToken {}
            | Self::Raw(_) => false,
        }
    }
}

/// What the pages of an endless list show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndlessPages {
    /// Events that no other page shows. They are as new as the request, and are not stored.
    #[default]
    Fresh,
    /// The first page's events; each page's link to the next one is new.
    Same,
    /// The first page's events; the link to the next page leads from there to itself.
    Circle,
}

/// How a fault changes the way in which its request is carried out. The default changes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    /// How long a created event stays hidden.
    pub(crate) appears_after: Duration,
    /// What an endless list shows; `None` for an ordinary list.
    pub(crate) endless: Option<EndlessPages>,
}

/// A status with problem details, or with any other body.
///
/// If such an answer cannot be sent, the client gets a 500 with the reason.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusFault {
    /// The HTTP status, 200 to 999.
    pub status: u16,
    /// The `Retry-After` header: seconds or an HTTP date.
    pub retry_after: Option<String>,
    /// Vonage's code; without one, the code that is documented for the status.
    pub code: Option<String>,
    /// The problem's title; without one, the status in words.
    pub title: Option<String>,
    /// The problem's detail.
    pub detail: Option<String>,
    /// This text as the body, instead of problem details.
    pub body: Option<String>,
    /// The body's `Content-Type`.
    pub content_type: Option<String>,
    /// Further headers, but no `Content-Length`: a [`RawFault`] can have that.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// Exact bytes to send.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawText")]
pub struct RawFault {
    /// The bytes.
    pub response: Vec<u8>,
    /// Whether the connection is closed after it.
    pub close: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawText {
    response: Option<String>,
    response_base64: Option<String>,
    #[serde(default = "yes")]
    close: bool,
}

impl TryFrom<RawText> for RawFault {
    type Error = String;

    fn try_from(raw: RawText) -> Result<Self, String> {
        let response = match (raw.response, raw.response_base64) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(encoded)) => BASE64_STANDARD
                .decode(encoded)
                .map_err(|error| format!("response_base64: {error}"))?,
            _ => return Err("a raw fault needs either response or response_base64".into()),
        };
        Ok(Self { response, close: raw.close })
    }
}

impl TryFrom<Map<String, Value>> for Fault {
    type Error = serde_json::Error;

    /// Splits the fields by hand, because serde cannot both flatten a struct and refuse unknown
    /// fields. A misspelt field must be refused, or a test would test less than it says.
    fn try_from(mut fields: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let aim = Aim::FIELDS.iter().filter_map(|name| fields.remove_entry(*name)).collect();
        let aim: Aim = serde_json::from_value(Value::Object(aim))?;
        let kind: FaultKind = serde_json::from_value(Value::Object(fields))?;
        if matches!(kind, FaultKind::Endless { .. }) && aim.on != Operation::List {
            return Err(serde_json::Error::custom(r#"endless needs "on": "list""#));
        }
        aim.check(kind.shows_the_answer()).map_err(serde_json::Error::custom)?;
        Ok(Self { kind, aim })
    }
}

impl From<FaultKind> for Fault {
    fn from(kind: FaultKind) -> Self {
        Self { kind, aim: Aim::default() }
    }
}

impl From<StatusFault> for Fault {
    fn from(fault: StatusFault) -> Self {
        FaultKind::Status(fault).into()
    }
}

impl Fault {
    /// This status, with the problem details that are documented for it.
    pub fn status(status: u16) -> Self {
        StatusFault { status, ..StatusFault::default() }.into()
    }

    /// The normal answer, this late.
    pub fn delay(delay: Duration) -> Self {
        Self::from(FaultKind::Delay {}).after(delay)
    }

    /// Exactly these bytes; then the connection is closed.
    pub fn raw(response: impl Into<Vec<u8>>) -> Self {
        FaultKind::Raw(RawFault { response: response.into(), close: true }).into()
    }

    /// Applies only to this operation.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.aim.on = operation;
        self
    }

    /// Applies only to requests about this conversation.
    #[must_use]
    pub fn in_conversation(mut self, conversation_id: impl Into<String>) -> Self {
        self.aim.conversation_id = Some(conversation_id.into());
        self
    }

    /// Applies only to requests for this page of a list, counted from 1.
    #[must_use]
    pub fn on_page(mut self, page: usize) -> Self {
        self.aim.page = Some(page);
        self.on(Operation::List)
    }

    /// Applies to this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.aim.times = Some(times);
        self
    }

    /// Applies until the faults are removed.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.aim.times = None;
        self
    }

    /// Lets this many requests pass first.
    #[must_use]
    pub fn skip(mut self, requests: u32) -> Self {
        self.aim.skip = requests;
        self
    }

    /// Waits this long (in whole milliseconds) before the fault shows.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.aim.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Carries the request out at once, before the fault shows.
    #[must_use]
    pub fn creates(mut self) -> Self {
        self.aim.creates = true;
        self
    }

    /// Carries the request out only this long after it arrived, whatever the client sees meanwhile.
    /// It has no effect together with [`creates`](Self::creates), or on a fault that shows the real
    /// answer: these carry the request out at once.
    #[must_use]
    pub fn creates_after(mut self, delay: Duration) -> Self {
        self.aim.creates_after_ms = Some(milliseconds(delay));
        self
    }

    /// Hides the created event from the API for this long after its creation.
    #[must_use]
    pub fn appears_after(mut self, delay: Duration) -> Self {
        self.aim.appears_after_ms = Some(milliseconds(delay));
        self
    }

    pub(crate) fn manner(&self) -> Manner {
        let endless = match self.kind {
            FaultKind::Endless { pages } => Some(pages),
            _ => None,
        };
        Manner { appears_after: self.aim.appears_after(), endless }
    }

    /// How long after its arrival the request is carried out; `None`: not late.
    pub(crate) fn carried_out_after(&self) -> Option<Duration> {
        let at_once = self.aim.creates || self.kind.shows_the_answer();
        self.aim.creates_after().filter(|_| !at_once)
    }
}

fn yes() -> bool {
    true
}

fn trickle_interval_ms() -> u64 {
    100
}
