//! The numbers of the ABI. They never change and are never reused.

use crate::error::{Outcome, Status};

/// The result of a call. 0 is success. 10 to 29 are the caller's mistakes, found before anything
/// was sent; only VCE_ERR_CLOSED can also end a call that has begun. 40 to 49 are errors of the
/// connection, 60 to 69 come from the server's answer, 80 to 89 from the queue.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum vce_status {
    /// Success.
    VCE_OK = 0,
    /// The event list has no more events.
    VCE_END = 1,
    /// An argument is missing, NULL or not UTF-8.
    VCE_ERR_ARGUMENT = 10,
    /// An option's name or value is wrong, or options contradict each other.
    VCE_ERR_CONFIG = 11,
    /// The private key or token is missing or cannot be used.
    VCE_ERR_CREDENTIALS = 12,
    /// The client is closed, or was closed during the call.
    VCE_ERR_CLOSED = 13,
    /// The event type does not begin with `custom:`.
    VCE_ERR_TYPE_PREFIX = 20,
    /// Nothing follows the event type's prefix.
    VCE_ERR_TYPE_EMPTY = 21,
    /// The event type has more than 100 characters.
    VCE_ERR_TYPE_TOO_LONG = 22,
    /// The event type has a character that is not allowed.
    VCE_ERR_TYPE_CHARACTER = 23,
    /// The body is not JSON.
    VCE_ERR_BODY_JSON = 24,
    /// The body is JSON but not an object.
    VCE_ERR_BODY_NOT_OBJECT = 25,
    /// The body has more than 4096 bytes.
    VCE_ERR_BODY_TOO_LARGE = 26,
    /// The conversation id is invalid.
    VCE_ERR_CONVERSATION_ID = 27,
    /// The member id is invalid.
    VCE_ERR_MEMBER_ID = 28,
    /// The event id is invalid.
    VCE_ERR_EVENT_ID = 29,
    /// No connection: name resolution, TCP or the proxy failed.
    VCE_ERR_CONNECT = 40,
    /// No TLS session: the certificate or the handshake failed.
    VCE_ERR_TLS = 41,
    /// The time limit passed.
    VCE_ERR_TIMEOUT = 42,
    /// The connection broke during the request.
    VCE_ERR_NETWORK = 43,
    /// The answer is invalid or too large.
    VCE_ERR_RESPONSE = 44,
    /// The server refused the request: 400, 422 or another 4xx.
    VCE_ERR_BAD_REQUEST = 60,
    /// The server refused the token: 401.
    VCE_ERR_UNAUTHORIZED = 61,
    /// The token does not permit this: 403.
    VCE_ERR_FORBIDDEN = 62,
    /// The conversation or event does not exist: 404 or 410.
    VCE_ERR_NOT_FOUND = 63,
    /// Too many requests: 429, or `rate_limit` allows no request within the time limit.
    VCE_ERR_RATE_LIMITED = 64,
    /// The server failed: 5xx.
    VCE_ERR_SERVER = 65,
    /// The queue is full.
    VCE_ERR_QUEUE_FULL = 80,
    /// Reserved: no function of this version returns it.
    VCE_ERR_STORAGE = 81,
    /// A defect in libvce.
    VCE_ERR_INTERNAL = 99,
}

/// Whether an event exists.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum vce_outcome {
    /// The event certainly does not exist.
    VCE_OUTCOME_NOT_CREATED = 0,
    /// The event exists.
    VCE_OUTCOME_CREATED = 1,
    /// The event may exist: the request was sent, and no answer says whether the event was
    /// created. Sending it again may create a second event.
    VCE_OUTCOME_MAYBE_CREATED = 2,
}

impl From<Status> for vce_status {
    fn from(status: Status) -> vce_status {
        match status {
            Status::Ok => vce_status::VCE_OK,
            Status::End => vce_status::VCE_END,
            Status::Argument => vce_status::VCE_ERR_ARGUMENT,
            Status::Config => vce_status::VCE_ERR_CONFIG,
            Status::Credentials => vce_status::VCE_ERR_CREDENTIALS,
            Status::Closed => vce_status::VCE_ERR_CLOSED,
            Status::TypePrefix => vce_status::VCE_ERR_TYPE_PREFIX,
            Status::TypeEmpty => vce_status::VCE_ERR_TYPE_EMPTY,
            Status::TypeTooLong => vce_status::VCE_ERR_TYPE_TOO_LONG,
            Status::TypeCharacter => vce_status::VCE_ERR_TYPE_CHARACTER,
            Status::BodyJson => vce_status::VCE_ERR_BODY_JSON,
            Status::BodyNotObject => vce_status::VCE_ERR_BODY_NOT_OBJECT,
            Status::BodyTooLarge => vce_status::VCE_ERR_BODY_TOO_LARGE,
            Status::ConversationId => vce_status::VCE_ERR_CONVERSATION_ID,
            Status::MemberId => vce_status::VCE_ERR_MEMBER_ID,
            Status::EventId => vce_status::VCE_ERR_EVENT_ID,
            Status::Connect => vce_status::VCE_ERR_CONNECT,
            Status::Tls => vce_status::VCE_ERR_TLS,
            Status::Timeout => vce_status::VCE_ERR_TIMEOUT,
            Status::Network => vce_status::VCE_ERR_NETWORK,
            Status::Response => vce_status::VCE_ERR_RESPONSE,
            Status::BadRequest => vce_status::VCE_ERR_BAD_REQUEST,
            Status::Unauthorized => vce_status::VCE_ERR_UNAUTHORIZED,
            Status::Forbidden => vce_status::VCE_ERR_FORBIDDEN,
            Status::NotFound => vce_status::VCE_ERR_NOT_FOUND,
            Status::RateLimited => vce_status::VCE_ERR_RATE_LIMITED,
            Status::Server => vce_status::VCE_ERR_SERVER,
            Status::QueueFull => vce_status::VCE_ERR_QUEUE_FULL,
            Status::Storage => vce_status::VCE_ERR_STORAGE,
            Status::Internal => vce_status::VCE_ERR_INTERNAL,
        }
    }
}

impl From<Outcome> for vce_outcome {
    fn from(outcome: Outcome) -> vce_outcome {
        match outcome {
            Outcome::NotCreated => vce_outcome::VCE_OUTCOME_NOT_CREATED,
            Outcome::Created => vce_outcome::VCE_OUTCOME_CREATED,
            Outcome::MaybeCreated => vce_outcome::VCE_OUTCOME_MAYBE_CREATED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_those_of_the_rust_types() {
        for status in Status::ALL {
            let exported = vce_status::from(*status);
            assert_eq!(exported as i32, *status as i32);
            assert_eq!(format!("{exported:?}"), status.name());
        }
        for outcome in [Outcome::NotCreated, Outcome::Created, Outcome::MaybeCreated] {
            assert_eq!(vce_outcome::from(outcome) as i32, outcome as i32);
        }
    }
}
