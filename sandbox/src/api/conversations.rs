//! Conversations and members, as far as events need them.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::reply::{Reply, json_response, link_to, url_of};
use crate::message::Request;
use crate::store::Member;
use crate::world::World;

#[derive(Deserialize)]
struct NewConversation {
    name: Option<String>,
}

pub(super) fn create(world: &World, request: &Request) -> Result<Reply, Problem> {
    let new: NewConversation =
        serde_json::from_slice(request.body()).map_err(|_| Problem::not_json())?;
    let id = world.store.lock().open();
    let conversation = json!({
        "id": id,
        "name": new.name.unwrap_or_else(|| format!("NAM-{id}")),
        "state": "ACTIVE",
        "timestamp": {"created": world.clock.timestamp()},
        "_links": link_to(&format!("{}/{id}", url_of(world, request))),
    });
    Ok(json_response(StatusCode::CREATED, &conversation).into())
}

#[derive(Deserialize)]
struct NewMember {
    #[serde(default)]
    user: NewUser,
}

#[derive(Default, Deserialize)]
struct NewUser {
    id: Option<String>,
    name: Option<String>,
}

pub(super) fn create_member(
    world: &World,
    request: &Request,
    conversation_id: &str,
) -> Result<Reply, Problem> {
    let mut store = world.store.lock();
    let conversation =
        store.conversations.get_mut(conversation_id).ok_or_else(Problem::no_conversation)?;
    let new: NewMember = serde_json::from_slice(request.body()).map_err(|_| Problem::not_json())?;
    let member = conversation.join(new.user.id, new.user.name);
    let resource = json!({
        "id": member.id,
        "conversation_id": conversation_id,
        "state": "JOINED",
        "timestamp": {"joined": world.clock.timestamp()},
        "_embedded": {"user": user(member)},
        "_links": link_to(&format!("{}/{}", url_of(world, request), member.id)),
    });
    Ok(json_response(StatusCode::CREATED, &resource).into())
}

/// The user behind a member, as other resources embed it.
pub(super) fn user(member: &Member) -> Value {
    json!({"id": member.user_id, "name": member.user_name, "display_name": member.user_name, "custom_data": {}})
}
