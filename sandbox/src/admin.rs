//! The admin endpoints: programs in any language control the sandbox through them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::connections::Connections;
use crate::fault::Fault;
use crate::late;
use crate::log::RequestRecord;
use crate::random::RandomFaults;
use crate::store::StoredEvent;
use crate::world::World;

type Shared = State<Arc<World>>;
type Refusal = (StatusCode, Json<Value>);

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/faults", post(add_faults).delete(clear_faults))
        .route("/faults/random", put(randomize_faults))
        .route("/faults/catch-up", post(catch_up))
        .route("/requests", get(requests).delete(forget_requests))
        .route("/connections", get(connections))
        .route("/connections/close", post(close_idle_connections))
        .route("/clock", put(set_clock))
        .route("/conversations", post(open_conversation))
        .route("/events", get(events))
        .route("/token", get(token))
        .route("/reset", post(reset))
        .with_state(world)
}

async fn add_faults(State(world): Shared, body: Bytes) -> Result<Json<Value>, Refusal> {
    let faults = match read(&body)? {
        Value::Array(faults) => faults,
        fault => vec![fault],
    };
    let faults = faults.into_iter().map(serde_json::from_value::<Fault>);
    let faults = faults.collect::<Result<Vec<_>, _>>().map_err(refuse)?;
    world.faults.lock().extend(faults);
    Ok(done())
}

async fn clear_faults(State(world): Shared) -> Json<Value> {
    world.faults.lock().clear();
    done()
}

async fn randomize_faults(State(world): Shared, body: Bytes) -> Result<Json<Value>, Refusal> {
    let rules: RandomFaults = read(&body)?;
    world.faults.lock().randomize(rules);
    Ok(done())
}

async fn catch_up(State(world): Shared) -> Json<Value> {
    late::catch_up(&world);
    done()
}

async fn requests(State(world): Shared) -> Json<Vec<RequestRecord>> {
    Json(world.log.lock().records().to_vec())
}

async fn forget_requests(State(world): Shared) -> Json<Value> {
    world.log.lock().forget();
    done()
}

async fn connections(State(world): Shared) -> Json<Connections> {
    Json(world.connections.counts())
}

async fn close_idle_connections(State(world): Shared) -> Result<Json<Value>, Refusal> {
    // This call blocks until the connections' tasks have closed them, and the tasks need this thread.
    tokio::task::spawn_blocking(move || world.connections.close_idle()).await.map_err(refuse)?;
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Offset {
    offset_seconds: i64,
}

async fn set_clock(State(world): Shared, body: Bytes) -> Result<Json<Value>, Refusal> {
    let Offset { offset_seconds } = read(&body)?;
    world.clock.set_offset(offset_seconds);
    Ok(Json(json!({"offset_seconds": offset_seconds})))
}

async fn open_conversation(State(world): Shared) -> Json<Value> {
    let (conversation_id, member_id) = world.store.lock().open_with_member();
    Json(json!({"conversation_id": conversation_id, "member_id": member_id}))
}

#[derive(Deserialize)]
struct InConversation {
    conversation_id: String,
}

async fn events(
    State(world): Shared,
    Query(wanted): Query<InConversation>,
) -> Result<Json<Vec<StoredEvent>>, Refusal> {
    let events = world.store.lock().events(&wanted.conversation_id);
    events
        .map(Json)
        .ok_or_else(|| (StatusCode::NOT_FOUND, Json(json!({"error": "no such conversation"}))))
}

async fn token(State(world): Shared) -> String {
    world.new_token()
}

async fn reset(State(world): Shared) -> Json<Value> {
    world.reset();
    done()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(refuse)
}

fn refuse(error: impl std::fmt::Display) -> Refusal {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error.to_string()})))
}

fn done() -> Json<Value> {
    Json(json!({}))
}
