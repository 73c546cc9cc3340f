//! Requests that were read, and are carried out when their clients no longer wait for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;

use crate::api::Manner;
use crate::exchange::carry_out;
use crate::log::RequestRecord;
use crate::message::Request;
use crate::world::World;

/// By their numbers in the log. Whoever carries one out takes it from here and keeps the lock
/// meanwhile: so each is carried out once, and none after it was forgotten.
pub(crate) type LateRequests = Mutex<BTreeMap<u64, (Request, Manner)>>;

/// Adds a request to the log, and has it carried out after this time, whatever becomes of its
/// connection. Whoever sees it in the log can also call [`carry_out_all`] for it.
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

/// Carries out, oldest first, what is still to be carried out late.
pub(crate) fn carry_out_all(world: &World) {
    let mut late = world.late.lock();
    while let Some((number, (request, manner))) = late.pop_first() {
        carry_out(world, number, &request, manner);
    }
}
