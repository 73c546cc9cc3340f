use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ring::digest::{Context, Digest, SHA256};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::bearer::Bearer;
use super::claims::{Claims, ReadyClaims};
use super::key::PrivateKey;
use crate::error::{Error, Result, Status};
use crate::random;

/// How far this machine's clock may be off before the server's is used instead, in seconds.
const TOLERATED_SKEW: i64 = 30;

/// What tokens are made from. It never changes, so a forked child can use it.
pub struct Credentials(Kind);

/// Signs tokens and keeps the current one for all threads of an engine.
pub struct TokenSource {
    credentials: Arc<Credentials>,
    /// What must be added to this machine's clock, in seconds.
    skew: AtomicI64,
    /// When the clocks were last compared: one more than the seconds since `begun`; 0 is never.
    compared: AtomicU64,
    begun: Instant,
    current: Mutex<Option<Signed>>,
    signed: AtomicU64,
}

enum Kind {
    Ready(Arc<Bearer>),
    Signing(Box<Signing>),
}

struct Signing {
    key: PrivateKey,
    application_id: String,
    subject: Option<String>,
    acl: Option<Box<RawValue>>,
    lifetime: Duration,
}

#[derive(Clone)]
struct Signed {
    bearer: Arc<Bearer>,
    lifetime: Lifetime,
}

/// When a token was signed, by both clocks: the wall clock can be set back, and the monotonic
/// clock stands still while the machine sleeps.
#[derive(Clone, Copy)]
struct Lifetime {
    signed_at: Moment,
    length: Duration,
}

/// A moment by both clocks.
#[derive(Clone, Copy)]
pub struct Moment {
    wall: SystemTime,
    monotonic: Instant,
}

impl Moment {
    pub fn read() -> Moment {
        Moment { wall: SystemTime::now(), monotonic: Instant::now() }
    }

    pub fn monotonic(self) -> Instant {
        self.monotonic
    }
}

impl Lifetime {
    /// Returns whether the token can still be used: until 60 s before it expires, or a tenth of
    /// its lifetime if that is shorter.
    fn is_fresh(self, now: Moment) -> bool {
        let margin = Duration::from_secs(60).min(self.length / 10);
        let usable = self.length - margin;
        let Ok(by_wall) = now.wall.duration_since(self.signed_at.wall) else {
            // The clock was set back, so the token's age by the server's clock is unknown.
            return false;
        };
        now.monotonic.saturating_duration_since(self.signed_at.monotonic) < usable
            && by_wall < usable
    }
}

impl Credentials {
    /// Takes a ready token.
    pub fn ready(token: &str) -> Result<Credentials> {
        Ok(Credentials(Kind::Ready(Arc::new(Bearer::new(token, 0, 0)?))))
    }

    /// Takes the application's key, and what goes into each token.
    pub fn signing(
        key: PrivateKey,
        application_id: String,
        subject: Option<String>,
        acl: Option<Box<RawValue>>,
        lifetime: Duration,
    ) -> Credentials {
        Credentials(Kind::Signing(Box::new(Signing {
            key,
            application_id,
            subject,
            acl,
            lifetime,
        })))
    }

    /// The bearer of a ready token.
    #[cfg(test)]
    pub fn ready_bearer(&self) -> Option<Arc<Bearer>> {
        match &self.0 {
            Kind::Ready(bearer) => Some(Arc::clone(bearer)),
            Kind::Signing(_) => None,
        }
    }

    /// Returns whether these are a ready token.
    pub fn are_ready(&self) -> bool {
        matches!(self.0, Kind::Ready(_))
    }

    /// A digest that identifies the account, so that no secret has to be kept for that. Ready
    /// tokens of one application belong to one account: a program may make a token for each
    /// request.
    pub fn account(&self) -> Digest {
        let mut context = Context::new(&SHA256);
        match &self.0 {
            Kind::Ready(bearer) => {
                let token = bearer.header.to_str().unwrap_or_default();
                match ReadyClaims::of(token).application_id {
                    Some(id) => context.update(id.as_bytes()),
                    None => context.update(token.as_bytes()),
                }
            }
            Kind::Signing(signing) => context.update(signing.key.signing_key().der()),
        }
        context.finish()
    }
}

impl TokenSource {
    pub fn new(credentials: Arc<Credentials>) -> TokenSource {
        TokenSource {
            credentials,
            skew: AtomicI64::new(0),
            compared: AtomicU64::new(0),
            begun: Instant::now(),
            current: Mutex::new(None),
            signed: AtomicU64::new(0),
        }
    }

    /// The current token. It is signed now if there is none, or if the current one expires soon.
    /// `now` was just read from `clock`.
    pub fn bearer(&self, now: Moment, clock: impl FnOnce() -> Moment) -> Result<Arc<Bearer>> {
        let signing = match &self.credentials.0 {
            Kind::Ready(bearer) => return Ok(Arc::clone(bearer)),
            Kind::Signing(signing) => signing,
        };
        // Held while signing, so that threads that need a token wait for the same one.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |signed: &Option<Signed>, now| {
            let signed = signed.as_ref().filter(|signed| signed.lifetime.is_fresh(now))?;
            Some(Arc::clone(&signed.bearer))
        };
        if let Some(bearer) = fresh(&current, now) {
            return Ok(bearer);
        }
        // The clock is read again with the lock held: if this thread waited for the lock, another
        // may have signed a token after `now`.
        let now = clock();
        if let Some(bearer) = fresh(&current, now) {
            return Ok(bearer);
        }
        let skew = self.skew.load(Ordering::Relaxed);
        let serial = current.as_ref().map_or(1, |signed| signed.bearer.serial + 1);
        let bearer = Arc::new(Bearer::new(&signing.sign(now, skew)?, skew, serial)?);
        self.signed.fetch_add(1, Ordering::Relaxed);
        let lifetime = Lifetime { signed_at: now, length: signing.lifetime };
        *current = Some(Signed { bearer: Arc::clone(&bearer), lifetime });
        Ok(bearer)
    }

    /// How many tokens were signed.
    pub fn signed(&self) -> u64 {
        self.signed.load(Ordering::Relaxed)
    }

    /// Returns whether the clocks were not yet compared in this second, and counts the caller's
    /// comparison.
    pub fn claim_clock_comparison(&self, now: Moment) -> bool {
        let second = 1 + now.monotonic.saturating_duration_since(self.begun).as_secs();
        let is_later = self.compared.load(Ordering::Relaxed) != second;
        if is_later {
            self.compared.store(second, Ordering::Relaxed);
        }
        is_later
    }

    /// Compares the clocks. `date` is the server's, from the answer to a request: the request was
    /// sent at `sent`, the answer was complete at `received`. A slow answer does not count as a
    /// wrong clock.
    pub fn observe_date(&self, date: SystemTime, sent: Moment, received: Moment) {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let skew = match (date.duration_since(received.wall), sent.wall.duration_since(date)) {
            (Ok(ahead), _) => seconds(ahead),
            (_, Ok(behind)) => -seconds(behind),
            _ => 0,
        };
        let skew = if skew.unsigned_abs() > TOLERATED_SKEW.unsigned_abs() { skew } else { 0 };
        self.skew.store(skew, Ordering::Relaxed);
    }

    /// After a 401, returns whether a new token can help. It can if the server says that the token
    /// expired, or if the token was dated by a wrong clock. The next [`bearer`](Self::bearer) then
    /// signs a new one, unless another thread already has.
    pub fn invalidate(&self, refused: &Bearer, expired: bool) -> bool {
        if let Kind::Ready(_) = self.credentials.0 {
            return false;
        }
        let moved = self.skew.load(Ordering::Relaxed).saturating_sub(refused.skew);
        if !expired && moved.unsigned_abs() <= TOLERATED_SKEW.unsigned_abs() {
            return false;
        }
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) =
            current.as_mut().filter(|signed| signed.bearer.serial == refused.serial)
        {
            signed.lifetime.length = Duration::ZERO;
        }
        true
    }
}

impl Signing {
    fn sign(&self, now: Moment, skew: i64) -> Result<Zeroizing<String>> {
        let internal = |what: &str| {
            Error::new(Status::Internal, format!("the token could not be signed: {what}"))
        };
        let iat = now
            .wall
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs()
            .saturating_add_signed(skew);
        let claims = Claims {
            application_id: &self.application_id,
            iat,
            exp: iat.saturating_add(self.lifetime.as_secs()),
            jti: random::uuid().ok_or_else(|| internal("no random numbers"))?,
            sub: self.subject.as_deref(),
            acl: self.acl.as_deref(),
        };
        self.key.signing_key().sign(&claims).map_err(|error| internal(&error))
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(now: Moment, wall: i64, monotonic: u64) -> Moment {
        let shift = Duration::from_secs(wall.unsigned_abs());
        Moment {
            wall: if wall < 0 { now.wall - shift } else { now.wall + shift },
            monotonic: now.monotonic + Duration::from_secs(monotonic),
        }
    }

    fn fresh(length: u64, wall: i64, monotonic: u64) -> bool {
        let signed_at = Moment::read();
        Lifetime { signed_at, length: Duration::from_secs(length) }
            .is_fresh(later(signed_at, wall, monotonic))
    }

    #[test]
    fn a_token_is_used_until_a_minute_before_it_expires() {
        assert!(fresh(900, 0, 0));
        assert!(fresh(900, 839, 839));
        assert!(!fresh(900, 840, 840));
    }

    #[test]
    fn a_slow_answer_does_not_count_as_a_wrong_clock() {
        let source = TokenSource::new(Arc::new(Credentials::ready("a.b.c").unwrap()));
        let sent = Moment::read();
        let skew = |date: i64, took: u64| {
            let date = later(sent, date, 0).wall;
            source.observe_date(date, sent, later(sent, took.cast_signed(), took));
            source.skew.load(Ordering::Relaxed)
        };
        assert_eq!(skew(1, 100), 0, "dated when the answer began");
        assert_eq!(skew(99, 100), 0, "dated when the answer ended");
        assert_eq!(skew(-40, 1), -40);
        assert_eq!(skew(140, 100), 40);
        assert_eq!(skew(20, 0), 0, "tolerated");
    }

    #[test]
    fn a_short_token_is_used_for_nine_tenths_of_its_lifetime() {
        assert!(fresh(30, 26, 26));
        assert!(!fresh(30, 27, 27));
    }

    #[test]
    fn either_clock_can_end_a_token() {
        assert!(!fresh(900, 3600, 1), "the machine slept");
        assert!(!fresh(900, -1, 1), "the clock was set back");
        assert!(!fresh(900, 1, 3600), "the clock stood still");
    }

    fn signing() -> TokenSource {
        let sandbox = vce_sandbox::Sandbox::start(vce_sandbox::Options::default()).unwrap();
        let key = PrivateKey::from_file(sandbox.private_key_path()).unwrap();
        let lifetime = Duration::from_secs(900);
        let id = sandbox.application_id().to_owned();
        TokenSource::new(Arc::new(Credentials::signing(key, id, None, None, lifetime)))
    }

    #[test]
    fn a_thread_that_waited_for_the_token_uses_it() {
        let source = signing();
        let before = Moment::read();
        std::thread::sleep(Duration::from_millis(1));
        let first = source.bearer(Moment::read(), Moment::read).unwrap();
        let clock = || {
            assert!(source.current.try_lock().is_err(), "another thread could sign meanwhile");
            Moment::read()
        };
        assert_eq!(source.bearer(before, clock).unwrap().header, first.header);
        assert_eq!(source.signed(), 1);
    }

    #[test]
    fn a_late_refusal_of_an_old_token_does_not_invalidate_the_new_one() {
        let source = signing();
        let old = source.bearer(Moment::read(), Moment::read).unwrap();
        assert!(source.invalidate(&old, true));
        let new = source.bearer(Moment::read(), Moment::read).unwrap();
        assert_ne!(new.header, old.header);
        assert!(source.invalidate(&old, true));
        assert_eq!(source.bearer(Moment::read(), Moment::read).unwrap().header, new.header);
    }
}
