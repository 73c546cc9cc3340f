//! Creates, lists, gets and deletes events.

use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::conversations::user;
use super::listing::Listing;
use super::problem::Problem;
use super::reply::{Reply, json_response, link_to, url_of};
use super::rules;
use crate::fault::EndlessPages;
use crate::message::{self, Request};
use crate::store::{Conversation, StoredEvent};
use crate::world::World;

pub(super) fn create(
    world: &World,
    request: &Request,
    conversation_id: &str,
    from_required: bool,
    appears_after: Duration,
) -> Result<Reply, Problem> {
    let mut store = world.store.lock();
    let conversation =
        store.conversations.get_mut(conversation_id).ok_or_else(Problem::no_conversation)?;
    let new = rules::read(request.body(), world.options.type_rules, from_required, conversation)?;
    let event = conversation.add(new, &world.clock, appears_after).clone();
    let response = json_response(
        StatusCode::CREATED,
        &Resource::new(&event, conversation, &url_of(world, request)),
    );
    Ok(Reply { response, created: Some(event.id) })
}

pub(super) fn list(
    world: &World,
    request: &Request,
    conversation_id: &str,
    endless: Option<EndlessPages>,
) -> Result<Reply, Problem> {
    let store = world.store.lock();
    let conversation =
        store.conversations.get(conversation_id).ok_or_else(Problem::no_conversation)?;
    let query = request.uri().query().unwrap_or_default();
    let listing = Listing::read(query, world.options.event_type_filter)?;
    let invented = if endless == Some(EndlessPages::Fresh) {
        listing.invent_events(&world.clock)
    } else {
        Vec::new()
    };
    let found = match endless {
        None => listing.page(conversation, &world.options),
        Some(pages) => listing.endless_page(pages, conversation, &invented, &world.options),
    };
    let url = url_of(world, request);
    let page = Page {
        page_size: listing.page_size(),
        links: found.links(&url, query),
        events: found.events.iter().map(|e| Resource::new(e, conversation, &url)).collect(),
    };
    Ok(json_response(StatusCode::OK, &page).into())
}

pub(super) fn get(
    world: &World,
    request: &Request,
    conversation_id: &str,
    event_id: &str,
) -> Result<Reply, Problem> {
    let store = world.store.lock();
    let conversation =
        store.conversations.get(conversation_id).ok_or_else(Problem::no_conversation)?;
    let event = event_id
        .parse()
        .ok()
        .and_then(|id| conversation.event(id))
        .ok_or_else(Problem::no_event)?;
    let url = url_of(world, request);
    let collection = url.rsplit_once('/').map_or("", |(collection, _)| collection);
    Ok(json_response(StatusCode::OK, &Resource::new(event, conversation, collection)).into())
}

pub(super) fn delete(
    world: &World,
    conversation_id: &str,
    event_id: &str,
) -> Result<Reply, Problem> {
    let mut store = world.store.lock();
    let conversation =
        store.conversations.get_mut(conversation_id).ok_or_else(Problem::no_conversation)?;
    let deleted = event_id.parse().is_ok_and(|id| conversation.delete(id, world.clock.timestamp()));
    if deleted {
        Ok(message::empty(StatusCode::NO_CONTENT).into())
    } else {
        Err(Problem::no_event())
    }
}

/// An event as the API describes it.
#[derive(Serialize)]
struct Resource<'a> {
    id: u64,
    #[serde(rename = "type")]
    event_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    body: &'a RawValue,
    timestamp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<&'a str>,
    #[serde(rename = "_embedded", skip_serializing_if = "Option::is_none")]
    embedded: Option<Value>,
    #[serde(rename = "_links")]
    links: Value,
}

impl<'a> Resource<'a> {
    /// `collection` is the URL of the conversation's events.
    fn new(event: &'a StoredEvent, conversation: &Conversation, collection: &str) -> Self {
        let sender = event.from.as_deref().and_then(|id| conversation.member(id));
        Self {
            id: event.id,
            event_type: &event.event_type,
            from: event.from.as_deref(),
            body: &event.body,
            timestamp: &event.timestamp,
            deleted: event.deleted.as_deref(),
            embedded: sender
                .map(|member| json!({"from_user": user(member), "from_member": {"id": member.id}})),
            links: link_to(&format!("{collection}/{}", event.id)),
        }
    }
}

#[derive(Serialize)]
struct Page<'a> {
    page_size: usize,
    #[serde(rename = "_embedded")]
    events: Vec<Resource<'a>>,
    #[serde(rename = "_links")]
    links: Value,
}
