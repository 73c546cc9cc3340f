//! Problem details: how Vonage refuses a request.

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::reply::json_response;
use crate::message::Response;

#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: Option<String>,
    title: String,
    detail: String,
    invalid_parameters: Vec<InvalidParameter>,
    allow: Option<&'static str>,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        code: &str,
        title: &str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: Some(code.to_owned()),
            title: title.to_owned(),
            detail: detail.into(),
            invalid_parameters: Vec::new(),
            allow: None,
        }
    }

    /// The problem details that are documented for a status, with these parts replaced.
    pub(super) fn documented(
        status: StatusCode,
        code: Option<&str>,
        title: Option<&str>,
        detail: Option<&str>,
    ) -> Self {
        let documented = match status.as_u16() {
            400 => Some("http:error:validation-fail"),
            401 => Some("system:error:invalid-token"),
            403 => Some("system:error:permission"),
            404 => Some("conversation:error:not-found"),
            500 => Some("system:error:internal-error"),
            _ => None,
        };
        let mut problem = Self::new(
            status,
            "",
            title.or(status.canonical_reason()).unwrap_or("Unknown"),
            detail.unwrap_or("The sandbox was told to answer this."),
        );
        problem.code = code.or(documented).map(str::to_owned);
        problem
    }

    pub(super) fn invalid_token(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "system:error:invalid-token", "Unauthorized.", detail)
    }

    pub(super) fn expired_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "system:error:expired-token",
            "Unauthorized.",
            "The token has expired.",
        )
    }

    pub(super) fn permission() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "system:error:permission",
            "Forbidden.",
            "The token's ACL does not allow this.",
        )
    }

    pub(super) fn no_conversation() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "conversation:error:not-found",
            "Not found.",
            "Conversation does not exist, or you do not have access.",
        )
    }

    pub(super) fn no_event() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "event:error:not-found",
            "Not found.",
            "Event does not exist, or you do not have access.",
        )
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        let detail = format!("This resource allows {allow}.");
        Self {
            allow: Some(allow),
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "http:error:method-not-allowed",
                "Method not allowed.",
                detail,
            )
        }
    }

    pub(super) fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "http:error:unsupported-media-type",
            "Unsupported media type.",
            "The body must be application/json.",
        )
    }

    /// Names every wrong parameter, and the reason.
    pub(super) fn validation(invalid: Vec<(&str, String)>) -> Self {
        let invalid_parameters = invalid
            .into_iter()
            .map(|(name, reason)| InvalidParameter { name: name.to_owned(), reason })
            .collect();
        let problem = Self::new(
            StatusCode::BAD_REQUEST,
            "http:error:validation-fail",
            "Bad request.",
            "Input validation failure.",
        );
        Self { invalid_parameters, ..problem }
    }

    pub(super) fn not_json() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "http:error:validation-fail",
            "Bad request.",
            "The body is not a JSON object.",
        )
    }

    pub(super) fn response(self, trace_id: &str) -> Response {
        let details = Details {
            title: &self.title,
            kind: self.code.as_ref().map_or_else(
                || "about:blank".to_owned(),
                |code| format!("https://developer.nexmo.com/api/conversation#{code}"),
            ),
            code: self.code.as_deref(),
            detail: &self.detail,
            instance: trace_id,
            invalid_parameters: &self.invalid_parameters,
        };
        let mut response = json_response(self.status, &details);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(methods) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(methods));
        }
        response
    }
}

#[derive(Serialize)]
struct Details<'a> {
    title: &'a str,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    detail: &'a str,
    instance: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    invalid_parameters: &'a [InvalidParameter],
}

#[derive(Debug, Serialize)]
struct InvalidParameter {
    name: String,
    reason: String,
}
