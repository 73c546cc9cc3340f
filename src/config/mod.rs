//! Every option: names and values are text, so every language passes them straight through.

mod options;
mod parse;

pub(crate) use parse::{has_wrong_port, is_loopback, may_be_no_path};

pub use options::{OPTIONS, OptionSpec};

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ring::digest::SHA256;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::error::{Error, Result, Status};
use crate::event::TypeRules;

/// A key of 16384 bits takes 13 KiB; anything much larger is something else.
pub(crate) const MAX_PEM_BYTES: usize = 64 * 1024;

/// A client's settings, still open to change.
///
/// Each value is checked when it is set; what options mean together is checked by
/// [`Client::new`](crate::Client::new). Neither reads a file: key and certificates are read
/// when the client is made or first connects.
#[derive(Clone)]
pub struct Config {
    pub(crate) settings: Settings,
}

/// The options' values. One field for each option that is not text alone.
#[derive(Clone)]
pub(crate) struct Settings {
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
    /// Digests of the options that are not at their defaults, but for `engine`, and for the
    /// credentials and `ca_file`, which have digests of their own.
    pub digests: BTreeMap<&'static str, [u8; 32]>,
}

/// Where the private key comes from. Setting one form replaces the other.
#[derive(Clone, Default)]
pub(crate) enum KeySource {
    #[default]
    None,
    Pem(Zeroizing<String>),
    File(PathBuf),
}

/// Scheme and authority of the API, and a path that comes before the version, without a
/// slash at its end.
#[derive(Clone)]
pub(crate) struct BaseUrl {
    pub text: String,
    pub is_plain: bool,
    pub is_loopback: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeliveryGuarantee {
    AtMostOnce,
    AtLeastOnce,
}

#[derive(Clone)]
pub(crate) enum ProxySetting {
    Environment,
    None,
    Url(Zeroizing<String>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsRoots {
    System,
    Bundled,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reports {
    All,
    Errors,
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EngineSetting {
    Own,
    Shared,
}

impl Config {
    /// All options at their defaults.
    #[must_use]
    pub fn new() -> Config {
        Config { settings: options::defaults() }
    }

    /// Sets an option; `None` puts it back to its default. The README lists the options.
    ///
    /// # Errors
    /// [`Status::Config`], naming the option, what is wrong, and what would be right. The
    /// option keeps its former value.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        let option = options::find(name)?;
        let assigned = (option.assign)(&mut self.settings, value.or(option.default));
        assigned.map_err(|what| {
            Error::new(Status::Config, format!("the option {} {what}", option.name))
        })?;
        const APART: [&str; 5] = ["private_key", "private_key_path", "token", "ca_file", "engine"];
        match value.filter(|value| Some(*value) != option.default && !APART.contains(&option.name))
        {
            Some(value) => {
                let mut digest = [0; 32];
                digest.copy_from_slice(ring::digest::digest(&SHA256, value.as_bytes()).as_ref());
                self.settings.digests.insert(option.name, digest);
            }
            None => {
                self.settings.digests.remove(option.name);
            }
        }
        Ok(())
    }

    /// Takes options from the process's environment: `VONAGE_APPLICATION_ID`,
    /// `VONAGE_APPLICATION_PRIVATE_KEY_PATH`, `VONAGE_PRIVATE_KEY` (a path or the key
    /// itself), and `VCE_` with any option's name in capitals, which wins. Variables that are
    /// empty are left alone.
    ///
    /// # Errors
    /// [`Status::Config`], naming the variable. Options read before it stay set.
    pub fn load_env(&mut self) -> Result<()> {
        self.load(|name| std::env::var_os(name).map(|value| value.into_string().map_err(drop)))
    }

    fn load(
        &mut self,
        lookup: impl Fn(&str) -> Option<std::result::Result<String, ()>>,
    ) -> Result<()> {
        let mut take =
            |variable: &str, option: &dyn Fn(&str) -> &'static str| match lookup(variable) {
                None => Ok(()),
                Some(Err(())) => Err(Error::new(
                    Status::Config,
                    format!("the environment variable {variable} is not UTF-8"),
                )),
                Some(Ok(value)) if value.is_empty() => Ok(()),
                Some(Ok(value)) => {
                    let value = Zeroizing::new(value);
                    self.set(option(&value), Some(&value)).map_err(|error| {
                        Error::new(Status::Config, format!("{variable}: {}", error.message()))
                    })
                }
            };
        take("VONAGE_APPLICATION_ID", &|_| "application_id")?;
        take("VONAGE_APPLICATION_PRIVATE_KEY_PATH", &|_| "private_key_path")?;
        take("VONAGE_PRIVATE_KEY", &|value| {
            if value.contains("-----BEGIN") { "private_key" } else { "private_key_path" }
        })?;
        for option in OPTIONS {
            take(&format!("VCE_{}", option.name.to_ascii_uppercase()), &|_| option.name)?;
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The settings hold secrets, and a field added later might.
        f.debug_struct("Config").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn loaded(variables: &[(&str, &str)]) -> Result<Settings> {
        let map: HashMap<_, _> = variables.iter().copied().collect();
        let mut config = Config::new();
        config.load(|name| map.get(name).map(|value| Ok((*value).to_owned())))?;
        Ok(config.settings)
    }

    #[test]
    fn environment_takes_vonages_names() {
        let settings = loaded(&[
            ("VONAGE_APPLICATION_ID", "6f5e3a1c-0000-4000-8000-000000000001"),
            ("VONAGE_PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----\\nAA==\\n"),
            ("VCE_TIMEOUT", "7s"),
            ("VCE_PROXY", ""),
        ])
        .unwrap();
        assert_eq!(
            settings.application_id.as_deref(),
            Some("6f5e3a1c-0000-4000-8000-000000000001")
        );
        assert!(matches!(settings.key, KeySource::Pem(_)));
        assert_eq!(settings.timeout, Duration::from_secs(7));
        assert!(matches!(settings.proxy, ProxySetting::Environment));
    }

    #[test]
    fn environment_takes_the_key_as_a_path() {
        let settings = loaded(&[("VONAGE_PRIVATE_KEY", "keys/private.key")]).unwrap();
        assert!(matches!(settings.key, KeySource::File(path) if path.ends_with("private.key")));
    }

    #[test]
    fn environment_errors_name_the_variable() {
        let error = loaded(&[("VCE_TIMEOUT", "soon")]).err().unwrap();
        assert_eq!(error.status(), Status::Config);
        assert!(error.message().starts_with("VCE_TIMEOUT: "), "{}", error.message());
    }

    #[test]
    fn environment_lets_the_options_own_variable_win() {
        let settings = loaded(&[
            ("VCE_APPLICATION_ID", "6f5e3a1c-0000-4000-8000-000000000002"),
            ("VONAGE_APPLICATION_ID", "6f5e3a1c-0000-4000-8000-000000000001"),
            ("VCE_PRIVATE_KEY_PATH", "ours.key"),
            ("VONAGE_PRIVATE_KEY", "theirs.key"),
        ])
        .unwrap();
        assert!(settings.application_id.unwrap().ends_with('2'));
        assert!(matches!(settings.key, KeySource::File(path) if path.ends_with("ours.key")));
    }

    #[test]
    fn environment_variables_that_are_not_utf8_are_named() {
        let mut config = Config::new();
        let error = config.load(|name| (name == "VCE_SUBJECT").then_some(Err(()))).unwrap_err();
        assert_eq!(error.status(), Status::Config);
        assert!(error.message().contains("VCE_SUBJECT"), "{error}");
    }
}
