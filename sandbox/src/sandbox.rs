//! A running sandbox, and how Rust tests control it.

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
use crate::{admin, late, server};

/// A Conversation API on loopback, in its own thread. Dropping it ends it and removes its files.
///
/// Any thread may call any method.
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
    /// Makes keys, writes them to a new directory, and serves on two free ports.
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
            // Do not wait for blocking tasks: they wait for connections that end only with the runtime.
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

    /// The URL of the API, such as `https://127.0.0.1:4711`.
    pub fn base_url(&self) -> &str {
        &self.world.base_url
    }

    /// The URL of the admin endpoints; always plain HTTP.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The PEM file of the CA certificate that clients have to trust; `None` without TLS.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The id of the only application that the API accepts.
    pub fn application_id(&self) -> &str {
        &self.world.application.id
    }

    /// The file of the application's private key, PKCS#8 PEM.
    pub fn private_key_path(&self) -> &Path {
        &self.private_key_path
    }

    /// The conversation that exists from the start.
    pub fn conversation_id(&self) -> &str {
        &self.conversation_id
    }

    /// The member of the first conversation.
    pub fn member_id(&self) -> &str {
        &self.member_id
    }

    /// A new token for the application, without an ACL, valid for fifteen minutes.
    pub fn new_token(&self) -> String {
        self.world.new_token()
    }

    /// A token with exactly these claims, acceptable or not, signed with the application's key.
    pub fn sign(&self, claims: &Value) -> String {
        self.world.application.sign(claims)
    }

    /// Adds a fault after the existing ones.
    pub fn fault(&self, fault: impl Into<Fault>) {
        self.world.faults.lock().extend([fault.into()]);
    }

    /// Gives a share of the requests that match no other fault a random one. It replaces an earlier
    /// such rule.
    pub fn random_faults(&self, rules: RandomFaults) {
        self.world.faults.lock().randomize(rules);
    }

    /// Carries out every late request now, and shows every event that is still hidden.
    pub fn catch_up(&self) {
        late::catch_up(&self.world);
    }

    /// Removes all faults. Requests that already have one keep it.
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

    /// How many connections there were, and how many are open.
    pub fn connections(&self) -> Connections {
        self.world.connections.counts()
    }

    /// Closes the connections that wait for a request, as a server's keep-alive limit does. They are
    /// closed when this returns.
    pub fn close_idle_connections(&self) {
        self.world.connections.close_idle();
    }

    /// Moves the sandbox's clock this many seconds away from the machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.world.clock.set_offset(seconds);
    }

    /// Opens a conversation with one member, and returns the ids of both.
    pub fn new_conversation(&self) -> (String, String) {
        self.world.store.lock().open_with_member()
    }

    /// A conversation's events as they are stored, with deleted ones and those that have not
    /// appeared; empty if there is no such conversation.
    pub fn events(&self, conversation_id: &str) -> Vec<StoredEvent> {
        self.world.store.lock().events(conversation_id).unwrap_or_default()
    }

    /// Removes all faults and events, the log, the late requests, and every conversation except the
    /// first; sets the clock back to the machine's. Keys, tokens and connections stay.
    pub fn reset(&self) {
        self.world.reset();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It fails only if the thread panicked, and the panic has been printed by then.
            let _ = thread.join();
        }
    }
}

/// Binds with the standard library, so that a sandbox can be started inside another runtime.
fn listen() -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
