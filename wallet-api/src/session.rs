//! Signing in: a key signs a challenge of the server, and gets a token that stands for that key for a while.
//!
//! The token says nothing but which key it belongs to; what the key may do is looked up in the ledger at each request, so that a
//! revoked key has no rights a moment later. Sessions live in memory: after a restart everybody signs in again.

use crate::error::Refusal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::key::PublicKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A challenge can be answered for so long: the time of one round trip on a bad line.
const CHALLENGE_LIFE_MS: u64 = 2 * 60_000;
/// A token is good for so long: a shop's day.
const SESSION_LIFE_MS: u64 = 12 * 3_600_000;
/// So many challenges may be open; more than so many sign-ins in two minutes are an attack.
const MAX_CHALLENGES: usize = 20_000;
/// So many sessions are kept; the town's phones and tills, many times over.
const MAX_SESSIONS: usize = 100_000;

/// Who is signed in, and until when.
#[derive(Clone, Copy, Debug)]
pub struct SignedInKey {
    /// The key.
    pub key: PublicKey,
    /// Until when.
    pub expires: u64,
}

#[derive(Default)]
struct Tables {
    challenges: HashMap<[u8; 32], u64>,
    tokens: HashMap<String, SignedInKey>,
}

/// Everybody who is signed in.
#[derive(Clone)]
pub struct Sessions {
    tables: Arc<Mutex<Tables>>,
    clock: ledger::writer::Clock,
}

impl Sessions {
    /// Nobody is signed in.
    pub fn new(clock: ledger::writer::Clock) -> Sessions {
        Sessions { tables: Arc::default(), clock }
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new challenge, and until when it can be answered.
    pub fn challenge(&self) -> Result<([u8; 32], u64), Refusal> {
        let now = (self.clock)();
        let challenge = random()?;
        let mut tables = self.lock();
        if tables.challenges.len() >= MAX_CHALLENGES {
            tables.challenges.retain(|_, expires| *expires >= now);
        }
        if tables.challenges.len() >= MAX_CHALLENGES {
            return Err(Refusal::Busy);
        }
        tables.challenges.insert(challenge, now + CHALLENGE_LIFE_MS);
        Ok((challenge, now + CHALLENGE_LIFE_MS))
    }

    /// A token for the key that signed a challenge. Each challenge is good once.
    pub fn sign_in(&self, challenge: &[u8; 32], key: PublicKey) -> Result<(String, SignedInKey), Refusal> {
        let now = (self.clock)();
        let token = URL_SAFE_NO_PAD.encode(random()?);
        let mut tables = self.lock();
        let open = tables.challenges.remove(challenge).is_some_and(|expires| expires >= now);
        if !open {
            return Err(Refusal::NotSignedIn);
        }
        if tables.tokens.len() >= MAX_SESSIONS {
            tables.tokens.retain(|_, session| session.expires >= now);
        }
        if tables.tokens.len() >= MAX_SESSIONS {
            return Err(Refusal::Busy);
        }
        let session = SignedInKey { key, expires: now + SESSION_LIFE_MS };
        tables.tokens.insert(token.clone(), session);
        Ok((token, session))
    }

    /// Who a token belongs to, while it is good.
    pub fn signed_in(&self, token: &str) -> Option<SignedInKey> {
        let now = (self.clock)();
        self.lock().tokens.get(token).copied().filter(|session| session.expires >= now)
    }

    /// The key of a token, while it is good.
    pub fn key(&self, token: &str) -> Option<PublicKey> {
        self.signed_in(token).map(|session| session.key)
    }
}

fn random() -> Result<[u8; 32], Refusal> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::Unavailable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn sessions() -> (Sessions, Arc<AtomicU64>) {
        let now = Arc::new(AtomicU64::new(1_000));
        let clock = now.clone();
        (Sessions::new(Arc::new(move || clock.load(Ordering::Relaxed))), now)
    }

    fn key() -> PublicKey {
        ledger::SigningKey::from_bytes(&[7; 32]).verifying_key().into()
    }

    #[test]
    fn a_challenge_is_good_once_and_not_for_ever() {
        let (sessions, now) = sessions();
        let (challenge, _) = sessions.challenge().expect("a challenge");
        assert!(sessions.sign_in(&challenge, key()).is_ok());
        assert!(sessions.sign_in(&challenge, key()).is_err());
        let (late, expires) = sessions.challenge().expect("a challenge");
        now.store(expires + 1, Ordering::Relaxed);
        assert!(sessions.sign_in(&late, key()).is_err());
    }

    #[test]
    fn a_token_ends_with_its_session() {
        let (sessions, now) = sessions();
        let (challenge, _) = sessions.challenge().expect("a challenge");
        let (token, session) = sessions.sign_in(&challenge, key()).expect("a token");
        assert_eq!(sessions.key(&token), Some(key()));
        assert_eq!(sessions.key("another"), None);
        now.store(session.expires + 1, Ordering::Relaxed);
        assert_eq!(sessions.key(&token), None);
    }
}
