//! The options' values, as the rest of the library reads them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::event::TypeRules;

/// A key of 16384 bits takes 13 KiB. A file that is much larger is not a key.
pub const MAX_PEM_BYTES: usize = 64 * 1024;

/// The options' values.
#[derive(Clone)]
pub struct Settings {
    pub application_id: Option<String>,
    pub key: KeySource,
    pub token: Option<Zeroizing<String>>,
    pub subject: Option<String>,
    pub acl: Option<Box<RawValue>>,
    pub token_ttl: Duration,
    pub base_url: BaseUrl,
    pub allow_plain_http: bool,
    pub api_version: &'static str,
    pub type_rules: TypeRules,
    pub connect_timeout: Duration,
    pub timeout: Duration,
    pub max_retries: u32,
    pub retry_backoff: Duration,
    pub retry_backoff_max: Duration,
    pub delivery: DeliveryGuarantee,
    pub event_key: String,
    pub lookup_delay: Duration,
    pub rate_limit: Option<f64>,
    pub proxy: ProxySetting,
    pub ca_file: Option<PathBuf>,
    pub tls_roots: TlsRoots,
    pub connections: usize,
    pub queue_max_events: usize,
    pub queue_max_bytes: usize,
    pub delivery_timeout: Duration,
    pub reports: Reports,
    pub engine: EngineSetting,
    pub app_name: Option<String>,
    pub language: String,
    /// Digests of the options that differ from their defaults. `engine` has none. Credentials and
    /// `ca_file` have none here, because their digests are computed elsewhere.
    pub digests: BTreeMap<&'static str, [u8; 32]>,
}

/// Where the private key comes from. Setting one source replaces the other.
#[derive(Clone, Default)]
pub enum KeySource {
    #[default]
    None,
    Pem(Zeroizing<String>),
    File(PathBuf),
}

/// Scheme and authority of the API, and the path before the version, if any. It does not end with
/// a slash.
#[derive(Clone)]
pub struct BaseUrl {
    pub text: String,
    pub is_plain: bool,
    pub is_loopback: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "these are the field's terms")]
pub enum DeliveryGuarantee {
    AtMostOnce,
    AtLeastOnce,
    EffectivelyOnce,
}

#[derive(Clone)]
pub enum ProxySetting {
    Environment,
    None,
    Url(Zeroizing<String>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TlsRoots {
    System,
    Bundled,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reports {
    All,
    Errors,
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum EngineSetting {
    Own,
    Shared,
}
