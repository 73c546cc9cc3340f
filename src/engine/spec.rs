use std::sync::Arc;

use ring::digest::{Context, SHA256};

use crate::auth::{Credentials, PrivateKey};
use crate::config::{DeliveryGuarantee, EngineSetting, KeySource, Settings};
use crate::error::{Error, Result, Status};
use crate::retry::Policy;
use crate::transport::TransportConfig;

/// A digest of what makes an engine: equal settings and credentials have equal digests.
pub type SettingsDigest = [u8; 32];

/// What engines are made from. It never changes and has no lock, so that a child process can make
/// its own engine from what it inherited.
pub struct EngineSpec {
    pub(super) transport: TransportConfig,
    pub(super) credentials: Arc<Credentials>,
    pub(super) policy: Policy,
    pub(super) rate_limit: Option<f64>,
    shared: Option<SettingsDigest>,
}

impl EngineSpec {
    /// Reads the private key and `ca_file`.
    pub fn new(settings: &Settings) -> Result<EngineSpec> {
        let transport = TransportConfig::new(settings)?;
        let credentials = credentials(settings)?;
        let shared = (settings.engine == EngineSetting::Shared)
            .then(|| digest(settings, &transport, &credentials));
        Ok(EngineSpec {
            transport,
            credentials: Arc::new(credentials),
            policy: Policy {
                max_retries: settings.max_retries,
                backoff: settings.retry_backoff,
                backoff_max: settings.retry_backoff_max,
                duplicates: settings.delivery == DeliveryGuarantee::AtLeastOnce,
                lookup_delay: settings.lookup_delay,
            },
            rate_limit: settings.rate_limit,
            shared,
        })
    }

    /// Returns the digest that handles with a shared engine have in common; `None` if this handle
    /// has its own engine.
    pub fn shared(&self) -> Option<SettingsDigest> {
        self.shared
    }
}

fn digest(
    settings: &Settings,
    transport: &TransportConfig,
    credentials: &Credentials,
) -> SettingsDigest {
    let mut context = Context::new(&SHA256);
    for (name, value) in &settings.digests {
        context.update(name.as_bytes());
        context.update(value);
    }
    context.update(credentials.account().as_ref());
    // With proxy=env the settings do not say which proxy is used.
    context.update(transport.proxy_url().as_bytes());
    context.update(&transport.ca_file_digest());
    let mut digest = SettingsDigest::default();
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

fn credentials(settings: &Settings) -> Result<Credentials> {
    if let Some(token) = &settings.token {
        return Credentials::ready(token);
    }
    let key = match &settings.key {
        KeySource::Pem(pem) => PrivateKey::from_pem(pem)?,
        KeySource::File(path) => PrivateKey::from_file(path)?,
        KeySource::None => {
            return Err(Error::new(
                Status::Credentials,
                "no credentials: set application_id and private_key_path (or private_key), or set token",
            ));
        }
    };
    let application_id = settings.application_id.clone().ok_or_else(|| {
        Error::new(
            Status::Credentials,
            "application_id is missing; set it to the id of the application that the private key belongs to",
        )
    })?;
    Ok(Credentials::signing(
        key,
        application_id,
        settings.subject.clone(),
        settings.acl.clone(),
        settings.token_ttl,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// With `proxy=env` the proxy may change while the settings stay the same.
    #[test]
    fn another_proxy_is_another_engine() {
        let credentials = Credentials::ready("a.b.c").unwrap();
        let settings = Config::new().settings;
        let digest_through = |proxy| {
            let mut config = Config::new();
            config.set("proxy", Some(proxy)).unwrap();
            digest(&settings, &TransportConfig::new(&config.settings).unwrap(), &credentials)
        };
        assert_eq!(digest_through("http://a:1"), digest_through("http://a:1"));
        assert_ne!(digest_through("http://a:1"), digest_through("http://b:1"));
        assert_ne!(digest_through("http://a:1"), digest_through("none"));
    }
}
