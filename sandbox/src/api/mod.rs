//! The Conversation API: a request in, a response out. No sockets.

mod acl;
mod conversations;
mod events;
mod listing;
mod problem;
mod reply;
mod route;
mod rules;
mod token;

use std::error::Error;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use uuid::Uuid;

use self::problem::Problem;
use crate::fault::{Manner, StatusFault};
use crate::message::{PLAIN_TEXT, Request, Response, header, response};
use crate::world::World;

pub(crate) use self::listing::page_of;
pub(crate) use self::reply::Reply;
pub(crate) use self::route::Route;
pub(crate) use self::token::claimed_id;

const TRACE_ID: HeaderName = HeaderName::from_static("x-nexmo-trace-id");

/// Carries a request out.
pub(crate) fn respond(world: &World, request: &Request, manner: Manner) -> Reply {
    let trace_id = new_trace_id();
    let mut reply = perform(world, request, manner)
        .unwrap_or_else(|problem| problem.response(&trace_id).into());
    reply.response = dress(world, reply.response, &trace_id);
    reply
}

/// The answer that a `status` fault asks for, or a 500 that says why it cannot be sent.
pub(crate) fn fail(world: &World, fault: &StatusFault) -> Response {
    failure(world, fault).unwrap_or_else(|error| {
        let error = format!("the sandbox cannot answer that: {error}\n");
        response(StatusCode::INTERNAL_SERVER_ERROR, PLAIN_TEXT, error)
    })
}

fn failure(world: &World, fault: &StatusFault) -> Result<Response, Box<dyn Error>> {
    let status = StatusCode::from_u16(fault.status)?;
    if status.is_informational() {
        return Err("the status of an answer is at least 200".into());
    }
    let trace_id = new_trace_id();
    let problem = Problem::documented(
        status,
        fault.code.as_deref(),
        fault.title.as_deref(),
        fault.detail.as_deref(),
    );
    let mut answer = problem.response(&trace_id);
    if let Some(body) = &fault.body {
        answer = response(status, PLAIN_TEXT, body.clone());
    }
    answer = dress(world, answer, &trace_id);
    let headers = answer.headers_mut();
    if let Some(content_type) = &fault.content_type {
        headers.insert(CONTENT_TYPE, content_type.try_into()?);
    }
    if let Some(retry_after) = &fault.retry_after {
        headers.insert(RETRY_AFTER, retry_after.try_into()?);
    }
    for (name, value) in &fault.headers {
        headers.insert(HeaderName::try_from(name)?, value.try_into()?);
    }
    if headers.contains_key(CONTENT_LENGTH) {
        return Err("headers cannot have a Content-Length; use a raw fault".into());
    }
    Ok(answer)
}

pub(crate) fn refuse_expired_token(world: &World) -> Response {
    let trace_id = new_trace_id();
    dress(world, Problem::expired_token().response(&trace_id), &trace_id)
}

fn new_trace_id() -> String {
    Uuid::new_v4().simple().to_string()
}

fn dress(world: &World, mut response: Response, trace_id: &str) -> Response {
    let headers = response.headers_mut();
    // Both are always valid header values.
    headers.extend(HeaderValue::from_str(trace_id).ok().map(|id| (TRACE_ID, id)));
    headers.extend(HeaderValue::try_from(world.clock.http_date()).ok().map(|date| (DATE, date)));
    response
}

fn perform(world: &World, request: &Request, manner: Manner) -> Result<Reply, Problem> {
    let path = request.uri().path();
    let Some(route) = Route::of(path) else {
        // A gateway answers this, not the API, so there are no problem details.
        let words = "no route matches this path\n";
        return Ok(response(StatusCode::NOT_FOUND, PLAIN_TEXT, words).into());
    };
    let method = request.method().as_str();
    if !route.methods().split(", ").any(|allowed| allowed == method) {
        return Err(Problem::method_not_allowed(route.methods()));
    }
    let claims = token::verify(
        &world.application,
        world.clock.unix_seconds(),
        header(request, AUTHORIZATION),
    )?;
    if claims.acl.as_ref().is_some_and(|acl| !acl.allows(method, path)) {
        return Err(Problem::permission());
    }
    if method == "POST" && !is_json(header(request, CONTENT_TYPE)) {
        return Err(Problem::unsupported_media_type());
    }
    match (route, method) {
        (Route::Conversations, _) => conversations::create(world, request),
        (Route::Members { conversation_id }, _) => {
            conversations::create_member(world, request, conversation_id)
        }
        (Route::Events { conversation_id }, "POST") => {
            let from_required = claims.sub.is_some();
            events::create(world, request, conversation_id, from_required, manner.appears_after)
        }
        (Route::Events { conversation_id }, _) => {
            events::list(world, request, conversation_id, manner.endless)
        }
        (Route::Event { conversation_id, event_id }, "DELETE") => {
            events::delete(world, conversation_id, event_id)
        }
        (Route::Event { conversation_id, event_id }, _) => {
            events::get(world, request, conversation_id, event_id)
        }
    }
}

fn is_json(content_type: Option<&str>) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
