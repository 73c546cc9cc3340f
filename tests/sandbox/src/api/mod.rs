//! The Conversation API: a request in, a response out. No sockets.

mod acl;
mod conversations;
mod events;
mod listing;
mod problem;
mod route;
mod rules;
mod token;

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use self::problem::Problem;
use crate::fault::StatusFault;
use crate::http::{Request, Response};
use crate::world::World;

pub(crate) use self::route::Route;
pub(crate) use self::token::claimed_id;

/// A response, and the event that was created on the way.
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

/// Carries a request out.
pub(crate) fn respond(world: &World, request: &Request) -> Reply {
    let trace_id = new_trace_id();
    let mut reply =
        perform(world, request).unwrap_or_else(|problem| problem.response(&trace_id).into());
    reply.response = dress(world, reply.response, &trace_id);
    reply
}

/// The answer that a test asked for.
pub(crate) fn fail(world: &World, fault: &StatusFault) -> Response {
    let trace_id = new_trace_id();
    let problem = Problem::documented(
        fault.status,
        fault.code.as_deref(),
        fault.title.as_deref(),
        fault.detail.as_deref(),
    );
    let mut response = problem.response(&trace_id);
    if let Some(body) = &fault.body {
        response = Response::new(fault.status, "text/plain; charset=utf-8", body.as_str());
    }
    response = dress(world, response, &trace_id);
    if let Some(content_type) = &fault.content_type {
        response.set_header("Content-Type", content_type);
    }
    if let Some(retry_after) = &fault.retry_after {
        response.set_header("Retry-After", retry_after);
    }
    for (name, value) in &fault.headers {
        response.set_header(name, value);
    }
    response
}

pub(crate) fn refuse_expired_token(world: &World) -> Response {
    let trace_id = new_trace_id();
    dress(world, Problem::expired_token().response(&trace_id), &trace_id)
}

fn new_trace_id() -> String {
    Uuid::new_v4().simple().to_string()
}

fn dress(world: &World, response: Response, trace_id: &str) -> Response {
    response.with_header("X-Nexmo-Trace-Id", trace_id).with_header("Date", world.clock.http_date())
}

fn perform(world: &World, request: &Request) -> Result<Reply, Problem> {
    let Some(route) = Route::of(&request.path) else {
        // The gateway's words, not the API's: no problem details.
        return Ok(
            Response::new(404, "text/plain; charset=utf-8", "no route matches this path\n").into()
        );
    };
    let method = request.method.as_str();
    if !route.methods().split(", ").any(|allowed| allowed == method) {
        return Err(Problem::method_not_allowed(route.methods()));
    }
    let claims = token::verify(
        &world.application,
        world.clock.unix_seconds(),
        request.header("authorization"),
    )?;
    if claims.acl.as_ref().is_some_and(|acl| !acl.allows(method, &request.path)) {
        return Err(Problem::permission());
    }
    if method == "POST" && !is_json(request.header("content-type")) {
        return Err(Problem::unsupported_media_type());
    }
    match (route, method) {
        (Route::Conversations, _) => conversations::create(world, request),
        (Route::Members { conversation_id }, _) => {
            conversations::create_member(world, request, conversation_id)
        }
        (Route::Events { conversation_id }, "POST") => {
            events::create(world, request, conversation_id, claims.sub.is_some())
        }
        (Route::Events { conversation_id }, _) => events::list(world, request, conversation_id),
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

/// The URL of the resource that a request is about, or of the collection that it adds to.
fn url_of(world: &World, request: &Request) -> String {
    format!("{}{}", world.base_url, request.path)
}

fn link_to(url: &str) -> Value {
    json!({"self": {"href": url}})
}

fn json_response(status: u16, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => Response::new(status, "application/json", body),
        Err(error) => Response::new(500, "text/plain; charset=utf-8", error.to_string()),
    }
}
