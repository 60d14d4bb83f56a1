//! Who asks: the wallet API's tokens, asked about there and believed for a minute at most.
//!
//! A token stands for a key, and the key's rights are the ledger's. What it may do here follows from its scope on a shop's account:
//! `full` enrols and lists tills; `full` and `till` ask for payments and give back; these and `read`, an accountant's, read the day. When
//! the account's keys change, its sessions are forgotten at once, so that a revoked till does not have its minute.

use crate::charge::Asker;
use crate::error::Reason;
use ledger::account::AccountKind;
use ledger::key::{AccountId, Hash32, Prefix, PublicKey};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wallet_api::wire;

/// What the wallet API said of a token is believed for so long: a till makes many calls a minute, and one of them asks.
pub const SESSION_CACHE_MS: u64 = 60_000;
/// While the wallet API does not answer, a till that it knew goes on printing for so long: a day at the market.
const LATELY_MS: u64 = 12 * 3_600_000;
/// So many tokens are remembered: every till of a country's largest currency.
const MAX_SESSIONS: usize = 10_000;
/// A token has at most so many characters; the wallet API's have 43.
const MAX_TOKEN_BYTES: usize = 200;
const SCHEME: &str = "Bearer ";

/// A bearer token. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Arc<str>);

impl Token {
    /// The token of an `Authorization` header.
    pub fn from_header(header: &str) -> Option<Token> {
        let (scheme, token) = header.split_at_checked(SCHEME.len())?;
        let plain = (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        (scheme.eq_ignore_ascii_case(SCHEME) && plain).then(|| Token(token.into()))
    }

    /// The characters, for the wallet API.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which it is remembered.
    fn name(&self) -> Hash32 {
        Hash32::of(self.0.as_bytes())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a token")
    }
}

/// A key that is signed in, and the shop it acts for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// The shop's account.
    pub account: AccountId,
    /// The key.
    pub key: PublicKey,
    /// Whether it is the shop's own key, which enrols tills.
    pub full: bool,
    /// Whether it may only read: an accountant's.
    pub reads_only: bool,
    /// Its token.
    pub token: Token,
}

impl Actor {
    /// As who it asks for payments.
    pub fn asker(&self) -> Asker {
        Asker { account: self.account, key: self.key }
    }

    /// Refuses tills.
    pub fn need_full(&self) -> Result<(), Reason> {
        if self.full { Ok(()) } else { Err(Reason::FullKeyNeeded) }
    }
}

/// A key that may read a shop's books: its tills', its own, or an accountant's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader(pub Actor);

/// A key that may change what the shop set up: the shop's own, a till's, or a cashier's who was given that right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chief(pub Actor);

/// The shop that a session acts for: the one where its key is a till, else the first where it has full rights, else where it reads. Tills are for whoever
/// sells: professionals, associations, public bodies. A key that the association added and that waits is none yet.
pub fn actor_of(session: &wire::Session, token: &Token, prefix: &Prefix, now: u64) -> Result<Actor, Reason> {
    let sells = |kind: &str| AccountKind::from_word(kind).is_some_and(|kind| kind != AccountKind::Resident);
    let good = session.accounts.iter().filter(|account| account.from <= now && sells(&account.kind));
    let shop_with = |scope: &str| good.clone().find(|account| account.scope == scope);
    let shop = shop_with("till").or_else(|| shop_with("full")).or_else(|| shop_with("read")).ok_or(Reason::NoShop)?;
    let account = AccountId::from_text(&shop.account, prefix).map_err(|_| Reason::NoShop)?;
    let key = PublicKey::from_hex(&session.key).ok_or(Reason::NoShop)?;
    Ok(Actor { account, key, full: shop.scope == "full", reads_only: shop.scope == "read", token: token.clone() })
}

/// What the wallet API said of tokens, for a while.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<Hash32, Said>>);

/// An answer about a token.
struct Said {
    actor: Actor,
    /// It is believed until then …
    until: u64,
    /// … and while nobody can be asked, until then.
    lately: u64,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<Hash32, Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The actor of a token that was asked about a moment ago.
    pub fn known(&self, token: &Token, now: u64) -> Option<Actor> {
        let sessions = self.lock();
        sessions.get(&token.name()).filter(|said| now < said.until).map(|said| said.actor.clone())
    }

    /// The actor of a token as it was last said, for what a shop does while the ledger cannot be asked.
    pub fn lately(&self, token: &Token, now: u64) -> Option<Actor> {
        let sessions = self.lock();
        sessions.get(&token.name()).filter(|said| now < said.lately).map(|said| said.actor.clone())
    }

    /// Remembers an actor, for a minute and no longer than its session.
    pub fn keep(&self, actor: &Actor, expires: u64, now: u64) {
        let mut sessions = self.lock();
        if sessions.len() >= MAX_SESSIONS {
            sessions.retain(|_, said| now < said.until);
        }
        if sessions.len() < MAX_SESSIONS {
            let (until, lately) = (expires.min(now + SESSION_CACHE_MS), expires.min(now + LATELY_MS));
            sessions.insert(actor.token.name(), Said { actor: actor.clone(), until, lately });
        }
    }

    /// Forgets a token that is good no more.
    pub fn forget(&self, token: &Token) {
        self.lock().remove(&token.name());
    }

    /// Forgets what was said of an account's keys.
    pub fn forget_account(&self, account: &AccountId) {
        self.lock().retain(|_, said| said.actor.account != *account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix() -> Prefix {
        Prefix::new("liard").unwrap()
    }

    /// The account where the key waits for a second.
    const WAITS: u8 = 9;

    fn session(accounts: &[(u8, &str, &str)]) -> wire::Session {
        let key: PublicKey = ledger::SigningKey::from_bytes(&[7; 32]).verifying_key().into();
        let account = |(account, kind, scope): &(u8, &str, &str)| wire::SessionAccount {
            account: AccountId([*account; 16]).to_text(&prefix()),
            kind: (*kind).into(),
            scope: (*scope).into(),
            from: if *account == WAITS { 1_000 } else { 0 },
        };
        wire::Session { expires: 90_000, key: key.to_string(), accounts: accounts.iter().map(account).collect(), operator: None }
    }

    fn actor(accounts: &[(u8, &str, &str)]) -> Result<(u8, bool), Reason> {
        let token = Token::from_header("Bearer abc").unwrap();
        actor_of(&session(accounts), &token, &prefix(), 999).map(|actor| (actor.account.0[0], actor.full))
    }

    #[test]
    fn an_accountants_key_reads_and_no_more() {
        let token = Token::from_header("Bearer abc").unwrap();
        let reads =
            |scope| actor_of(&session(&[(1, "professional", scope)]), &token, &prefix(), 999).map(|actor| actor.reads_only);
        assert_eq!([reads("read"), reads("till"), reads("full")], [Ok(true), Ok(false), Ok(false)]);
        assert_eq!(actor(&[(1, "professional", "read"), (2, "professional", "full")]), Ok((2, true)));
    }

    #[test]
    fn only_tills_and_full_keys_of_whoever_sells_act_here() {
        assert_eq!(actor(&[(1, "professional", "full")]), Ok((1, true)));
        assert_eq!(actor(&[(1, "association", "till")]), Ok((1, false)));
        assert_eq!(actor(&[(1, "public_body", "till")]), Ok((1, false)));
        assert_eq!(actor(&[(1, "resident", "full"), (2, "professional", "full")]), Ok((2, true)));
        assert_eq!(actor(&[(1, "professional", "full"), (2, "professional", "till")]), Ok((2, false)));
        assert_eq!(actor(&[(WAITS, "professional", "full"), (2, "professional", "full")]), Ok((2, true)));
        for refused in [&[][..], &[(WAITS, "professional", "full")], &[(1, "resident", "full")], &[(1, "shop", "till")]] {
            assert_eq!(actor(refused), Err(Reason::NoShop));
        }
    }

    #[test]
    fn an_answer_is_believed_for_a_minute_and_no_longer_than_the_session() {
        let token = Token::from_header("bearer abc").unwrap();
        let actor = actor_of(&session(&[(1, "professional", "till")]), &token, &prefix(), 0).unwrap();
        let sessions = Sessions::default();
        sessions.keep(&actor, 90_000, 0);
        assert!(sessions.known(&token, SESSION_CACHE_MS - 1).is_some());
        assert!(sessions.known(&token, SESSION_CACHE_MS).is_none());
        sessions.keep(&actor, 90_000, 80_000);
        assert!(sessions.known(&token, 89_999).is_some() && sessions.known(&token, 90_000).is_none());
        assert!(sessions.lately(&token, 89_999).is_some() && sessions.lately(&token, 90_000).is_none());
        sessions.forget_account(&actor.account);
        assert!(sessions.lately(&token, 0).is_none());
        assert!(sessions.known(&token, 0).is_none());
    }

    #[test]
    fn a_token_is_plain_text_after_its_scheme_and_is_never_printed() {
        let token = Token::from_header("Bearer secret-1").unwrap();
        assert_eq!((token.as_str(), format!("{token:?}").contains("secret")), ("secret-1", false));
        for header in ["", "Bearer", "Bearer ", "Basic secret", "Bearer a b", "Bearer é"] {
            assert_eq!(Token::from_header(header), None, "{header}");
        }
        assert_eq!(Token::from_header(&format!("Bearer {}", "x".repeat(MAX_TOKEN_BYTES + 1))), None);
    }
}
