//! One request: logs it, picks its fault, carries it out, and plans what is sent in answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{Method, Version};
use tokio::time::sleep;

use crate::aim::{Operation, Target};
use crate::api::{self, Route};
use crate::fault::{Fault, FaultKind, Manner};
use crate::late::{self, carry_out};
use crate::log::RequestRecord;
use crate::message::{Request, Response, header};
use crate::wire::{Change, Ending, Plan};
use crate::world::World;

/// Neither a TLS record nor HTTP.
const GARBAGE: &[u8] = b"\x00\xff\xfeSSH-2.0-this is not HTTP\r\n\r\n";

/// Answers a request. It is in the log before anything else is done about it.
pub(crate) async fn exchange(
    world: &Arc<World>,
    connection: u64,
    request: &Request,
) -> (Response, Plan) {
    let route = Route::of(request.uri().path());
    let operation = route.map_or(Operation::Any, |route| route.operation(request.method()));
    let page = (operation == Operation::List)
        .then(|| api::page_of(request.uri().query().unwrap_or_default()))
        .flatten();
    let target =
        Target { operation, conversation_id: route.and_then(Route::conversation_id), page };
    let fault = world.faults.lock().take(target, request);
    let record = record(connection, request, target, fault.as_ref());
    let late = fault.as_ref().and_then(|fault| Some((fault.carried_out_after()?, fault.manner())));
    let number = match late {
        None => world.log.lock().add(record),
        Some((delay, manner)) => late::add(world, record, request, manner, delay),
    };
    let (response, plan) = match fault {
        None => (carry_out(world, number, request, Manner::default()), Plan::default()),
        Some(fault) => go_wrong(world, number, request, fault).await,
    };
    if !matches!(plan.change, Change::Replaced(_)) {
        let retry_after = response.headers().get(RETRY_AFTER).map(|value| text(value.as_bytes()));
        world.log.lock().amend(number, |record| {
            record.status = Some(response.status().as_u16());
            record.retry_after = retry_after;
        });
    }
    (response, plan)
}

fn record(
    connection: u64,
    request: &Request,
    target: Target<'_>,
    fault: Option<&Fault>,
) -> RequestRecord {
    RequestRecord {
        number: 0,
        connection,
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        version: if request.version() == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" },
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect(),
        body: text(request.body()),
        operation: (target.operation != Operation::Any).then_some(target.operation),
        page: target.page,
        status: None,
        retry_after: None,
        fault: fault.map(|fault| fault.kind.name()),
        event_id: None,
        token_id: api::claimed_id(header(request, AUTHORIZATION)),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn go_wrong(world: &World, number: u64, request: &Request, fault: Fault) -> (Response, Plan) {
    let manner = fault.manner();
    let early = fault.aim.creates.then(|| carry_out(world, number, request, manner));
    sleep(fault.aim.delay()).await;
    let answer = || early.unwrap_or_else(|| carry_out(world, number, request, manner));
    match fault.kind {
        FaultKind::Answer {} | FaultKind::Delay {} | FaultKind::Endless { .. } => {
            (answer(), Plan::default())
        }
        FaultKind::TruncateHead {} => {
            let change = Change::HalfHead;
            (answer(), Plan { change, ending: Ending::Cut, ..Plan::default() })
        }
        FaultKind::Truncate {} => {
            let answer = answer();
            // The answer to HEAD has no body.
            let body = if request.method() == Method::HEAD { 0 } else { answer.body().len() };
            let change = Change::Short(body.div_ceil(2));
            (answer, Plan { change, ending: Ending::Cut, ..Plan::default() })
        }
        FaultKind::CloseAfter {} => (answer(), Plan { ending: Ending::Closed, ..Plan::default() }),
        FaultKind::Trickle { interval_ms } => {
            let pause = Some(Duration::from_millis(interval_ms));
            (answer(), Plan { pause, ..Plan::default() })
        }
        FaultKind::Status(status) => (api::fail(world, &status), Plan::default()),
        FaultKind::ExpiredToken {} => (api::refuse_expired_token(world), Plan::default()),
        FaultKind::Garbage {} => instead(GARBAGE, Ending::Cut),
        FaultKind::Raw(raw) => {
            instead(raw.response, if raw.close { Ending::Closed } else { Ending::Agreed })
        }
        FaultKind::Hang {} => instead(Bytes::new(), Ending::LeftToClient),
        FaultKind::Drop {} => instead(Bytes::new(), Ending::Cut),
    }
}

/// Sends these bytes instead of an answer: the response is replaced and never sent.
fn instead(bytes: impl Into<Bytes>, ending: Ending) -> (Response, Plan) {
    let change = Change::Replaced(bytes.into());
    (Response::default(), Plan { change, ending, ..Plan::default() })
}
