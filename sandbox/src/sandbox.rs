//! A running sandbox, and the handles that Rust tests hold it by.

use std::fs::Permissions;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::application::Application;
use crate::certificates::Tls;
use crate::connections::Connections;
use crate::fault::Fault;
use crate::log::RequestRecord;
use crate::options::Options;
use crate::random::RandomFaults;
use crate::store::StoredEvent;
use crate::world::World;
use crate::{admin, server};

/// A Conversation API on loopback, in a thread of its own. It ends, and leaves nothing behind, when dropped.
///
/// Every method may be called from any thread.
pub struct Sandbox {
    world: Arc<World>,
    admin_url: String,
    private_key_path: PathBuf,
    ca_file: Option<PathBuf>,
    conversation_id: String,
    member_id: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _directory: TempDir,
}

impl Sandbox {
    /// Makes keys, writes them to a directory of their own and starts to serve on ports that were free.
    pub fn start(options: Options) -> io::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("vce-sandbox-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let application = Application::new()?;
        let private_key_path = directory.path().join("private.key");
        application.write_private_key(&private_key_path)?;
        let tls = options.tls.then(Tls::new).transpose()?;
        let ca_file = tls.as_ref().map(|tls| {
            let path = directory.path().join("ca.pem");
            std::fs::write(&path, &tls.ca_pem).map(|()| path)
        });
        let ca_file = ca_file.transpose()?;

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (api, admin) = {
            let _context = runtime.enter();
            (listen()?, listen()?)
        };
        let scheme = if options.tls { "https" } else { "http" };
        let base_url = format!("{scheme}://{}", api.local_addr()?);
        let admin_url = format!("http://{}", admin.local_addr()?);
        let world = Arc::new(World::new(options, base_url, application));
        let (conversation_id, member_id) = world.store.lock().first.clone();

        let (stop, stopped) = oneshot::channel();
        let serve_api = server::serve(api, tls.map(|tls| tls.acceptor), world.clone());
        let serve_admin = axum::serve(admin, admin::router(world.clone()));
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve_api => {}
                    _ = serve_admin => {}
                    _ = stopped => {}
                }
            });
            // Blocking tasks wait for connections that end only with the runtime: do not wait for them.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("vce-sandbox".into()).spawn(serve)?;
        Ok(Self {
            world,
            admin_url,
            private_key_path,
            ca_file,
            conversation_id,
            member_id,
            stop: Some(stop),
            thread: Some(thread),
            _directory: directory,
        })
    }

    /// Where the API is, such as `https://127.0.0.1:4711`.
    pub fn base_url(&self) -> &str {
        &self.world.base_url
    }

    /// Where the admin endpoints are; always plain HTTP.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The CA certificate that clients have to trust, as PEM; None without TLS.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The only application that the API knows.
    pub fn application_id(&self) -> &str {
        &self.world.application.id
    }

    /// The application's private key, as PKCS#8 PEM.
    pub fn private_key_path(&self) -> &Path {
        &self.private_key_path
    }

    /// The conversation that is there from the start.
    pub fn conversation_id(&self) -> &str {
        &self.conversation_id
    }

    /// The member of the first conversation.
    pub fn member_id(&self) -> &str {
        &self.member_id
    }

    /// A fresh token that opens everything for fifteen minutes.
    pub fn new_token(&self) -> String {
        self.world.new_token()
    }

    /// A token with exactly these claims, acceptable or not, signed with the application's key.
    pub fn sign(&self, claims: &Value) -> String {
        self.world.application.sign(claims)
    }

    /// Adds a fault behind those that are there.
    pub fn fault(&self, fault: impl Into<Fault>) {
        self.world.faults.lock().extend([fault.into()]);
    }

    /// Lets a share of the requests meet a fault at random, unless one is aimed at them.
    /// Takes the place of an earlier such rule.
    pub fn random_faults(&self, rules: RandomFaults) {
        self.world.faults.lock().randomize(rules);
    }

    /// Has everything happen now that faults put off: requests that are to be carried out late
    /// are carried out, and all events appear.
    pub fn catch_up(&self) {
        self.world.catch_up();
    }

    /// Forgets all faults. What has already met one is not saved by it.
    pub fn clear_faults(&self) {
        self.world.faults.lock().clear();
    }

    /// Every request so far, in the order in which they arrived.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.world.log.lock().records().to_vec()
    }

    /// Empties the log.
    pub fn forget_requests(&self) {
        self.world.log.lock().forget();
    }

    /// How many connections there were and are.
    pub fn connections(&self) -> Connections {
        self.world.connections.counts()
    }

    /// Closes the connections that wait for their next request, as a server's keep-alive limit does.
    /// When this returns they are closed.
    pub fn close_idle_connections(&self) {
        self.world.connections.close_idle();
    }

    /// Moves the sandbox's clock this many seconds away from the machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.world.clock.set_offset(seconds);
    }

    /// Opens a conversation with one member: the ids of both.
    pub fn new_conversation(&self) -> (String, String) {
        self.world.store.lock().open_with_member()
    }

    /// A conversation's events, deleted ones and those that have not appeared included; none if there is no such conversation.
    pub fn events(&self, conversation_id: &str) -> Vec<StoredEvent> {
        self.world.store.lock().events(conversation_id).unwrap_or_default()
    }

    /// Forgets faults, log, clock and events, what is still to be carried out late, and every
    /// conversation but the first.
    /// Keys, tokens and connections stay.
    pub fn reset(&self) {
        self.world.reset();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It failed only if it panicked, which has been reported by then.
            let _ = thread.join();
        }
    }
}

/// Binds without a runtime's help, so that a sandbox can be started from inside of another runtime.
fn listen() -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
