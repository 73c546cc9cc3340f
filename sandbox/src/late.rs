//! Carries requests out: at once, or long after they arrived, when their clients may have given up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::api::{self, Reply};
use crate::fault::Manner;
use crate::log::RequestRecord;
use crate::message::{Request, Response};
use crate::world::World;

/// Carries a request out, and notes in the log which event it created.
pub(crate) fn carry_out(world: &World, number: u64, request: &Request, manner: Manner) -> Response {
    let Reply { response, created } = api::respond(world, request, manner);
    if created.is_some() {
        world.log.lock().amend(number, |record| record.event_id = created);
    }
    response
}

/// Adds a request to the log, and carries it out after `delay`, even if its connection has closed
/// by then. As soon as it is in the log, [`catch_up`] can carry it out earlier.
pub(crate) fn add(
    world: &Arc<World>,
    record: RequestRecord,
    request: &Request,
    manner: Manner,
    delay: Duration,
) -> u64 {
    let mut late = world.late.lock();
    let number = world.log.lock().add(record);
    late.insert(number, (request.clone(), manner));
    drop(late);
    let world = Arc::clone(world);
    tokio::spawn(async move {
        sleep(delay).await;
        let mut late = world.late.lock();
        if let Some((request, manner)) = late.remove(&number) {
            carry_out(&world, number, &request, manner);
        }
    });
    number
}

/// Carries out every late request now, oldest first, and shows every event that is still hidden.
pub(crate) fn catch_up(world: &World) {
    let mut late = world.late.lock();
    while let Some((number, (request, manner))) = late.pop_first() {
        carry_out(world, number, &request, manner);
    }
    drop(late);
    world.store.lock().show_all(&world.clock);
}
