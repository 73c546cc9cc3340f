//! Everything that connections and the admin endpoints of one sandbox share.

use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;

use crate::application::Application;
use crate::clock::Clock;
use crate::connections::Registry;
use crate::fault::Faults;
use crate::late::{self, LateRequests};
use crate::log::Log;
use crate::options::Options;
use crate::store::Store;

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

    /// Has everything happen now that faults put off: requests carried out, and events shown.
    pub(crate) fn catch_up(&self) {
        late::carry_out_all(self);
        self.store.lock().show_all(&self.clock);
    }

    /// Forgets faults, log, clock and events, what is still to be carried out late, and every
    /// conversation but the first.
    pub(crate) fn reset(&self) {
        self.faults.lock().clear();
        self.late.lock().clear();
        self.log.lock().forget();
        self.clock.set_offset(0);
        self.store.lock().reset();
    }
}
