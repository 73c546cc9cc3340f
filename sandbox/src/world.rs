//! What the connections and the admin endpoints of one sandbox share.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;

use crate::application::Application;
use crate::clock::Clock;
use crate::connections::Registry;
use crate::fault::Manner;
use crate::faults::Faults;
use crate::log::Log;
use crate::message::Request;
use crate::options::Options;
use crate::store::Store;

/// The requests that are to be carried out late, by their numbers in the log. To carry one out,
/// take it from here and keep the lock meanwhile: so each is carried out once, and none after it
/// was removed.
pub(crate) type LateRequests = Mutex<BTreeMap<u64, (Request, Manner)>>;

pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) base_url: String,
    pub(crate) application: Application,
    pub(crate) clock: Clock,
    pub(crate) store: Mutex<Store>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) late: LateRequests,
    pub(crate) log: Mutex<Log>,
    pub(crate) connections: Registry,
}

impl World {
    pub(crate) fn new(options: Options, base_url: String, application: Application) -> Self {
        Self {
            options,
            base_url,
            application,
            clock: Clock::default(),
            store: Mutex::new(Store::new()),
            faults: Mutex::default(),
            late: LateRequests::default(),
            log: Mutex::default(),
            connections: Registry::default(),
        }
    }

    /// A token with the claims that Vonage requires, and no others.
    pub(crate) fn new_token(&self) -> String {
        let now = self.clock.unix_seconds();
        let claims = json!({"application_id": self.application.id, "iat": now, "jti": Uuid::new_v4().to_string()});
        self.application.sign(&claims)
    }

    /// Removes all faults and events, the log, the late requests, and every conversation except the
    /// first; sets the clock back to the machine's.
    pub(crate) fn reset(&self) {
        self.faults.lock().clear();
        self.late.lock().clear();
        self.log.lock().forget();
        self.clock.set_offset(0);
        self.store.lock().reset();
    }
}
