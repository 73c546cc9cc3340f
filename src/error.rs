//! Why a call failed, and whether the event was created.

use std::ffi::CStr;
use std::fmt;
use std::time::Duration;

macro_rules! statuses {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal $name:literal,)+) => {
        /// The result of a call. The numbers are part of the C ABI and are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Status {
            $($(#[doc = $doc])+ $variant = $number,)+
        }

        impl Status {
            /// Every status, in the order of their numbers.
            pub const ALL: &'static [Status] = &[$(Status::$variant,)+];

            /// The constant's name in the C ABI, such as `VCE_ERR_TYPE_PREFIX`.
            #[must_use]
            pub const fn c_name(self) -> &'static CStr {
                match self {
                    $(Status::$variant => $name,)+
                }
            }
        }
    };
}

statuses! {
    /// Success.
    Ok = 0 c"VCE_OK",
    /// An event list has no more events.
    End = 1 c"VCE_END",
    /// An argument is missing, NULL or not UTF-8.
    Argument = 10 c"VCE_ERR_ARGUMENT",
    /// An option's name or value is wrong, or options contradict each other.
    Config = 11 c"VCE_ERR_CONFIG",
    /// The private key or token is missing or unusable.
    Credentials = 12 c"VCE_ERR_CREDENTIALS",
    /// The client was closed.
    Closed = 13 c"VCE_ERR_CLOSED",
    /// The event type does not begin with `custom:`.
    TypePrefix = 20 c"VCE_ERR_TYPE_PREFIX",
    /// The event type has no name after `custom:`.
    TypeEmpty = 21 c"VCE_ERR_TYPE_EMPTY",
    /// The event type has more than 100 characters.
    TypeTooLong = 22 c"VCE_ERR_TYPE_TOO_LONG",
    /// The event type has a character that is not allowed.
    TypeCharacter = 23 c"VCE_ERR_TYPE_CHARACTER",
    /// The body is not JSON.
    BodyJson = 24 c"VCE_ERR_BODY_JSON",
    /// The body is JSON but not an object.
    BodyNotObject = 25 c"VCE_ERR_BODY_NOT_OBJECT",
    /// The body has more than 4096 bytes.
    BodyTooLarge = 26 c"VCE_ERR_BODY_TOO_LARGE",
    /// The conversation id is invalid.
    ConversationId = 27 c"VCE_ERR_CONVERSATION_ID",
    /// The member id is missing or invalid.
    MemberId = 28 c"VCE_ERR_MEMBER_ID",
    /// The event id is invalid.
    EventId = 29 c"VCE_ERR_EVENT_ID",
    /// Connecting failed: name resolution, TCP or the proxy.
    Connect = 40 c"VCE_ERR_CONNECT",
    /// TLS failed: the certificate or the handshake.
    Tls = 41 c"VCE_ERR_TLS",
    /// The time limit passed.
    Timeout = 42 c"VCE_ERR_TIMEOUT",
    /// The connection broke during the request.
    Network = 43 c"VCE_ERR_NETWORK",
    /// The server's answer is invalid or too large.
    Response = 44 c"VCE_ERR_RESPONSE",
    /// The server refused the request: 400, 422 or another 4xx.
    BadRequest = 60 c"VCE_ERR_BAD_REQUEST",
    /// The server refused the token: 401.
    Unauthorized = 61 c"VCE_ERR_UNAUTHORIZED",
    /// The token does not permit this: 403.
    Forbidden = 62 c"VCE_ERR_FORBIDDEN",
    /// The conversation or event does not exist: 404 or 410.
    NotFound = 63 c"VCE_ERR_NOT_FOUND",
    /// Too many requests: 429, or `rate_limit` allows no request within the time limit.
    RateLimited = 64 c"VCE_ERR_RATE_LIMITED",
    /// The server failed: 5xx.
    Server = 65 c"VCE_ERR_SERVER",
    /// The queue is full.
    QueueFull = 80 c"VCE_ERR_QUEUE_FULL",
    /// Reserved: no function of this version returns it.
    Storage = 81 c"VCE_ERR_STORAGE",
    /// A defect in libvce.
    Internal = 99 c"VCE_ERR_INTERNAL",
}

impl Status {
    /// The constant's name in the C ABI, such as `VCE_ERR_TYPE_PREFIX`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.c_name().to_str().unwrap_or_default()
    }

    /// The status with this number, if there is one.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Status> {
        Status::ALL.iter().copied().find(|status| *status as i32 == number)
    }
}

/// Whether an event was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The event certainly does not exist.
    NotCreated = 0,
    /// The event exists.
    Created = 1,
    /// The event may exist: the request left this process, and no answer says whether the event
    /// was created.
    MaybeCreated = 2,
}

/// The server's answer, as far as libvce could read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub http_status: u16,
    /// Vonage's code, such as `conversation:error:not-found`.
    pub code: Option<String>,
    /// The problem details' title.
    pub title: Option<String>,
    /// The problem details' detail, or a legacy error's description.
    pub detail: Option<String>,
    /// Identifies the request for Vonage's support.
    pub trace_id: Option<String>,
    /// The first 64 KiB of the answer's body, as received.
    pub response: Vec<u8>,
}

/// Why a call failed, and whether the event was created.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    status: Status,
    outcome: Outcome,
    retryable: bool,
    message: String,
    offset: Option<usize>,
    retry_after: Option<Duration>,
    answer: Option<Answer>,
}

impl Error {
    /// An error of an event that was certainly not created. Repeating the call would not help.
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            status,
            outcome: Outcome::NotCreated,
            retryable: false,
            message: message.into(),
            offset: None,
            retry_after: None,
            answer: None,
        }))
    }

    pub(crate) fn at(mut self, offset: usize) -> Error {
        self.0.offset = Some(offset);
        self
    }

    pub(crate) fn with_message_suffix(mut self, words: &str) -> Error {
        self.0.message.push_str(words);
        self
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Error {
        self.0.outcome = outcome;
        self
    }

    pub(crate) fn with_retryable(mut self, retryable: bool) -> Error {
        self.0.retryable = retryable;
        self
    }

    pub(crate) fn with_retry_after(mut self, after: Option<Duration>) -> Error {
        self.0.retry_after = after;
        self
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Error {
        self.0.answer = Some(answer);
        self
    }

    /// Drops the answer's body, but keeps what was read from it.
    pub(crate) fn without_response(mut self) -> Error {
        self.forget_response();
        self
    }

    pub(crate) fn forget_response(&mut self) {
        if let Some(answer) = &mut self.0.answer {
            answer.response = Vec::new();
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// Whether the event was created despite the error. Never [`Outcome::Created`].
    ///
    /// Errors of calls that create no event have [`Outcome::NotCreated`].
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Whether repeating the call later may succeed without creating the event twice. With
    /// `delivery=at_least_once`, also if it may create the event twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// How long the server asked the caller to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The position of the first invalid byte in an event type, an id or a body.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// One sentence for a person: what is wrong, where, and what to do.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The server's answer; `None` if there was none.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        self.0.answer.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("status", &self.0.status)
            .field("outcome", &self.0.outcome)
            .field("message", &self.0.message)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {}

/// The result type of this crate's fallible functions.
pub type Result<T> = std::result::Result<T, Error>;
