//! Signing in: a key signs a challenge of the server, and gets a token that stands for that key for a while.
//!
//! The token says nothing but which key it belongs to; what the key may do is looked up in the ledger at each request, so that a
//! revoked key has no rights a moment later. Sessions live in memory: after a restart everybody signs in again.

use crate::error::Refusal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::key::{Hash32, PublicKey};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A challenge can be answered for so long: the time of one round trip on a bad line.
const CHALLENGE_LIFE_MS: u64 = 2 * 60_000;
/// A token is good for so long: a shop's day.
const SESSION_LIFE_MS: u64 = 12 * 3_600_000;
/// So many answered challenges are remembered for their two minutes, so that each is good once.
const MAX_ANSWERED: usize = 20_000;
/// One key may have so many sessions; a further one ends its oldest.
const MAX_SESSIONS_PER_KEY: usize = 8;
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
    /// Challenges that were answered, and when they would have ended.
    answered: HashMap<[u8; 32], u64>,
    tokens: HashMap<String, SignedInKey>,
    of_key: HashMap<PublicKey, VecDeque<String>>,
}

/// Everybody who is signed in.
#[derive(Clone)]
pub struct Sessions {
    tables: Arc<Mutex<Tables>>,
    /// Under this secret challenges are made. The server keeps none of them, so that nobody can use them up.
    secret: Arc<[u8; 32]>,
    clock: ledger::writer::Clock,
}

impl Sessions {
    /// Nobody is signed in.
    pub fn new(clock: ledger::writer::Clock) -> Result<Sessions, Refusal> {
        Ok(Sessions { tables: Arc::default(), secret: Arc::new(random()?), clock })
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new challenge, and until when it can be answered: the end, 8 random bytes, and 16 bytes that prove that we made it.
    pub fn challenge(&self) -> Result<([u8; 32], u64), Refusal> {
        let expires = (self.clock)() + CHALLENGE_LIFE_MS;
        let mut challenge: [u8; 32] = random()?;
        challenge[..8].copy_from_slice(&expires.to_be_bytes());
        let proof = self.proof(&challenge);
        challenge[16..].copy_from_slice(&proof);
        Ok((challenge, expires))
    }

    /// SHA-256 of the secret and a text of one length, cut short: no text can be continued, so this is a sound keyed hash.
    fn proof(&self, challenge: &[u8; 32]) -> [u8; 16] {
        let hash = Hash32::of(&[&self.secret[..], &challenge[..16]].concat()).0;
        hash.first_chunk().copied().unwrap_or_default()
    }

    /// Takes the answer to a challenge, for one act without a session. Each challenge is good once.
    pub fn answer(&self, challenge: &[u8; 32]) -> Result<(), Refusal> {
        self.answered(challenge, (self.clock)()).map(drop)
    }

    fn answered(&self, challenge: &[u8; 32], now: u64) -> Result<MutexGuard<'_, Tables>, Refusal> {
        let expires = challenge.first_chunk().map_or(0, |end| u64::from_be_bytes(*end));
        if challenge[16..] != self.proof(challenge) || expires < now {
            return Err(Refusal::NotSignedIn);
        }
        let mut tables = self.lock();
        tables.make_room(now)?;
        match tables.answered.insert(*challenge, expires) {
            None => Ok(tables),
            Some(_) => Err(Refusal::NotSignedIn),
        }
    }

    /// A token for the key that signed a challenge. Each challenge is good once.
    pub fn sign_in(&self, challenge: &[u8; 32], key: PublicKey) -> Result<(String, SignedInKey), Refusal> {
        let now = (self.clock)();
        let token = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let mut tables = self.answered(challenge, now)?;
        let session = SignedInKey { key, expires: now + SESSION_LIFE_MS };
        tables.add(token.clone(), session);
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

impl Tables {
    /// Forgets what is over, when there is much of it.
    fn make_room(&mut self, now: u64) -> Result<(), Refusal> {
        if self.answered.len() >= MAX_ANSWERED {
            self.answered.retain(|_, expires| *expires >= now);
        }
        if self.tokens.len() >= MAX_SESSIONS {
            self.tokens.retain(|_, session| session.expires >= now);
            let tokens = &self.tokens;
            self.of_key.retain(|_, own| {
                own.retain(|token| tokens.contains_key(token));
                !own.is_empty()
            });
        }
        let full = self.answered.len() >= MAX_ANSWERED || self.tokens.len() >= MAX_SESSIONS;
        if full { Err(Refusal::Busy) } else { Ok(()) }
    }

    fn add(&mut self, token: String, session: SignedInKey) {
        let own = self.of_key.entry(session.key).or_default();
        own.push_back(token.clone());
        if own.len() > MAX_SESSIONS_PER_KEY
            && let Some(oldest) = own.pop_front()
        {
            self.tokens.remove(&oldest);
        }
        self.tokens.insert(token, session);
    }
}

fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
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
        (Sessions::new(Arc::new(move || clock.load(Ordering::Relaxed))).unwrap(), now)
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
    fn nobody_can_use_up_the_challenges_or_make_one() {
        let (sessions, _) = sessions();
        let (first, _) = sessions.challenge().unwrap();
        for _ in 0..30_000 {
            sessions.challenge().unwrap();
        }
        assert!(sessions.sign_in(&first, key()).is_ok());
        let (mut forged, _) = sessions.challenge().unwrap();
        forged[7] ^= 1;
        assert!(sessions.sign_in(&forged, key()).is_err());
    }

    #[test]
    fn a_ninth_session_of_a_key_ends_its_first() {
        let (sessions, _) = sessions();
        let sign_in = || sessions.sign_in(&sessions.challenge().unwrap().0, key()).unwrap().0;
        let tokens: Vec<String> = (0..9).map(|_| sign_in()).collect();
        assert_eq!(sessions.key(&tokens[0]), None);
        assert!(tokens[1..].iter().all(|token| sessions.key(token).is_some()));
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
