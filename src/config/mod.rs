//! Every option. Names and values are text, so each language can pass them on as they are.

mod options;
mod parse;
mod settings;

pub(crate) use parse::{has_wrong_port, is_loopback, may_be_no_path};

pub(crate) use settings::{
    BaseUrl, DeliveryGuarantee, EngineSetting, KeySource, MAX_PEM_BYTES, ProxySetting, Reports,
    Settings, TlsRoots,
};

pub use options::{OPTIONS, OptionSpec};

use std::fmt;

use ring::digest::SHA256;
use zeroize::Zeroizing;

use crate::error::{Error, Result, Status};

/// A client's settings, before the client is made.
///
/// Each value is checked when it is set. [`Client::new`](crate::Client::new) checks whether the
/// options fit together, and reads the private key and `ca_file`. Setting an option reads no file.
#[derive(Clone)]
pub struct Config {
    pub(crate) settings: Settings,
}

impl Config {
    /// All options at their defaults.
    #[must_use]
    pub fn new() -> Config {
        Config { settings: options::defaults() }
    }

    /// Sets an option; `None` resets it to its default. The README lists the options.
    ///
    /// # Errors
    /// [`Status::Config`]: the message names the option, what is wrong, and what is valid. The
    /// option keeps its previous value.
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

    /// Reads options from environment variables: `VONAGE_APPLICATION_ID`,
    /// `VONAGE_APPLICATION_PRIVATE_KEY_PATH`, `VONAGE_PRIVATE_KEY` (a path or the key itself), and
    /// `VCE_` with any option's name in capitals, which takes precedence. Empty variables are
    /// ignored.
    ///
    /// # Errors
    /// [`Status::Config`], naming the variable. Options that were read before it stay set.
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
        // The settings contain secrets, and a field that is added later may be one too.
        f.debug_struct("Config").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::time::Duration;

    fn loaded(variables: &[(&str, &str)]) -> Result<Settings> {
        let map: HashMap<_, _> = variables.iter().copied().collect();
        let mut config = Config::new();
        config.load(|name| map.get(name).map(|value| Ok((*value).to_owned())))?;
        Ok(config.settings)
    }

    #[test]
    fn environment_accepts_vonages_names() {
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
    fn environment_accepts_the_key_as_a_path() {
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
    fn environment_prefers_the_variable_named_after_the_option() {
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
