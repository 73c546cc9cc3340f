//! One request: logged, met by a fault or not, and turned into something for the wire.

use std::time::Duration;

use tokio::time::sleep;

use crate::api::{self, Reply, Route};
use crate::fault::{Fault, FaultKind, Operation};
use crate::http::{Request, Response};
use crate::log::RequestRecord;
use crate::world::World;

/// What a connection does about a request.
pub(crate) enum Behaviour {
    Answer(Response),
    AnswerThenClose(Response),
    AnswerHalf(Response),
    Trickle(Response, Duration),
    Bytes { bytes: Vec<u8>, ending: Ending },
    Hang,
    Drop,
}

/// What becomes of a connection after bytes have been written.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    KeptOpen,
    Closed,
    /// Closed without TLS's farewell.
    Cut,
}

/// No TLS record and no HTTP either.
const GARBAGE: &[u8] = b"\x00\xff\xfeSSH-2.0-this is not HTTP\r\n\r\n";

/// Decides about a request. It is in the log before anything else happens.
pub(crate) async fn exchange(world: &World, connection: u64, request: &Request) -> Behaviour {
    let route = Route::of(&request.path);
    let operation = route.map_or(Operation::Any, |route| route.operation(&request.method));
    let conversation_id = route.and_then(Route::conversation_id);
    let fault = world.faults.lock().take(operation, conversation_id);
    let number = world.log.lock().add(record(connection, request, fault.as_ref()));
    let behaviour = match fault {
        None => Behaviour::Answer(carry_out(world, number, request)),
        Some(fault) => go_wrong(world, number, request, fault).await,
    };
    if let Some(status) = behaviour.status() {
        world.log.lock().amend(number, |record| record.status = Some(status));
    }
    behaviour
}

fn record(connection: u64, request: &Request, fault: Option<&Fault>) -> RequestRecord {
    RequestRecord {
        number: 0,
        connection,
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        version: request.version,
        headers: request.headers.clone(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        status: None,
        fault: fault.map(|fault| fault.kind.name()),
        event_id: None,
        token_id: api::claimed_id(request.header("authorization")),
    }
}

fn carry_out(world: &World, number: u64, request: &Request) -> Response {
    let Reply { response, created } = api::respond(world, request);
    if created.is_some() {
        world.log.lock().amend(number, |record| record.event_id = created);
    }
    response
}

async fn go_wrong(world: &World, number: u64, request: &Request, fault: Fault) -> Behaviour {
    let early = fault.aim.creates.then(|| carry_out(world, number, request));
    sleep(fault.aim.delay()).await;
    let answer = || early.unwrap_or_else(|| carry_out(world, number, request));
    match fault.kind {
        FaultKind::Delay {} => Behaviour::Answer(answer()),
        FaultKind::Truncate {} => Behaviour::AnswerHalf(answer()),
        FaultKind::CloseAfter {} => Behaviour::AnswerThenClose(answer()),
        FaultKind::Trickle { interval_ms } => {
            Behaviour::Trickle(answer(), Duration::from_millis(interval_ms))
        }
        FaultKind::Status(status) => Behaviour::Answer(api::fail(world, &status)),
        FaultKind::ExpiredToken {} => Behaviour::Answer(api::refuse_expired_token(world)),
        FaultKind::Garbage {} => Behaviour::Bytes { bytes: GARBAGE.into(), ending: Ending::Cut },
        FaultKind::Raw(raw) => {
            let ending = if raw.close { Ending::Closed } else { Ending::KeptOpen };
            Behaviour::Bytes { bytes: raw.response, ending }
        }
        FaultKind::Hang {} => Behaviour::Hang,
        FaultKind::Drop {} => Behaviour::Drop,
    }
}

impl Behaviour {
    /// The status that the client gets to see.
    fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(response)
            | Self::AnswerThenClose(response)
            | Self::AnswerHalf(response)
            | Self::Trickle(response, _) => Some(response.status),
            Self::Bytes { .. } | Self::Hang | Self::Drop => None,
        }
    }
}
