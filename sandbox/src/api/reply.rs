//! Answers, and what their resources have in common.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::message::{PLAIN_TEXT, Request, Response, response};
use crate::world::World;

/// A response, and the id of the event that was created.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) response: Response,
    pub(crate) created: Option<u64>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, created: None }
    }
}

/// The URL of the resource that a request is about, or of the collection to which it adds one.
pub(super) fn url_of(world: &World, request: &Request) -> String {
    format!("{}{}", world.base_url, request.uri().path())
}

pub(super) fn link_to(url: &str) -> Value {
    json!({"self": {"href": url}})
}

pub(super) fn json_response(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => response(status, "application/json", body),
        Err(error) => response(StatusCode::INTERNAL_SERVER_ERROR, PLAIN_TEXT, error.to_string()),
    }
}
