//! The desk: it asks in a shop's name while nobody is at the till, calls the shop's hooks, and counts what each shop's programs and
//! letters use.

use super::address::{Allowed, PublicOnly, target};
use super::hook::{SIGNATURE_HEADER, signature};
use super::rows::Delivery;
use super::secret::{desk_key, hook_secret};
use crate::error::{Reason, Refusal};
use crate::routes::{Answer, Pos};
use crate::session::{Actor, Token};
use ledger::SigningKey;
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::rules::DAY_MS;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// A hook has so long to answer.
const HOOK_WITHIN: Duration = Duration::from_secs(10);
/// So many shops' sessions are held at once.
const MAX_SESSIONS: usize = 10_000;
/// A shop's programs ask, and its people write, cancel and remind, at most so often a minute.
const CALLS_PER_MINUTE: u32 = 300;
const MINUTE_MS: u64 = 60_000;
/// A shop sends at most so many letters a day: a canteen's families, and no newsletter.
const LETTERS_PER_DAY: u32 = 1_000;
/// So many shops are counted at once.
const MAX_COUNTED: usize = 10_000;

/// What is counted of a shop within a span of time.
#[derive(Default)]
struct Counts(HashMap<AccountId, (u64, u32)>);

impl Counts {
    /// Counts one more in the span that `now` is in, unless that is beyond the most.
    fn count(&mut self, account: AccountId, now: u64, span: u64, most: u32) -> bool {
        if self.0.len() >= MAX_COUNTED {
            self.0.retain(|_, (began, _)| *began == now / span);
        }
        let (began, count) = self.0.entry(account).or_default();
        if *began != now / span {
            (*began, *count) = (now / span, 0);
        }
        *count += 1;
        *count <= most
    }
}

/// The desk of every shop.
pub struct Desk {
    signer: Arc<SigningKey>,
    sessions: Mutex<HashMap<AccountId, Token>>,
    calls: Mutex<Counts>,
    letters: Mutex<Counts>,
    http: reqwest::Client,
    /// Hosts that are called wherever they are.
    pub allowed: Allowed,
    /// Something waits to be sent now.
    pub waiting: Notify,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// A desk whose keys come from the service's own.
    pub fn new(signer: Arc<SigningKey>, hook_hosts: Vec<String>) -> Result<Desk, Fault> {
        let allowed = Allowed::new(hook_hosts);
        let http = reqwest::Client::builder()
            .dns_resolver(Arc::new(PublicOnly(allowed.clone())))
            .redirect(Policy::none())
            .no_proxy()
            .timeout(HOOK_WITHIN)
            .build();
        let unusable = |error: reqwest::Error| Fault::Io { what: "make an HTTP client".into(), message: error.to_string() };
        Ok(Desk {
            signer,
            sessions: Mutex::default(),
            calls: Mutex::default(),
            letters: Mutex::default(),
            http: http.map_err(unusable)?,
            allowed,
            waiting: Notify::new(),
        })
    }

    /// The key that asks in a shop's name.
    pub fn key(&self, account: &AccountId) -> SigningKey {
        desk_key(&self.signer, account)
    }

    /// What a shop's hook is signed with.
    pub fn hook_secret(&self, account: &AccountId, hook: &[u8; 8]) -> String {
        hook_secret(&self.signer, account, hook)
    }

    /// Counts a call of a shop's program, or of its people where something is written.
    pub fn count_call(&self, account: AccountId, now: u64) -> Result<(), Reason> {
        let good = locked(&self.calls).count(account, now, MINUTE_MS, CALLS_PER_MINUTE);
        if good { Ok(()) } else { Err(Reason::RateLimited) }
    }

    /// Counts a letter of a shop; false when it is one too many today.
    pub fn count_letter(&self, account: AccountId, now: u64) -> bool {
        locked(&self.letters).count(account, now, DAY_MS, LETTERS_PER_DAY)
    }

    /// Sends an event once; the address is looked at again, because what the operator allows may have changed.
    pub async fn send(&self, url: &str, delivery: &Delivery, now: u64) -> Result<(), String> {
        let url = target(url, &self.allowed).map_err(|reason| reason.sentence().to_owned())?;
        let signed = signature(&self.hook_secret(&delivery.account, &delivery.hook), now, &delivery.body);
        let request = self.http.post(url).header(CONTENT_TYPE, "application/json").header(SIGNATURE_HEADER, signed);
        match request.body(delivery.body.clone()).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("HTTP {}", answer.status().as_u16())),
            Err(error) if error.is_timeout() => Err("no answer in ten seconds".into()),
            Err(error) => Err(root(&error)),
        }
    }
}

/// What lies under an error: the outermost words say only that it could not be sent.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

impl Pos {
    /// A session of the desk of a shop.
    pub(crate) async fn desk_actor(&self, account: &AccountId) -> Answer<Actor> {
        let held = locked(&self.desk.sessions).get(account).cloned();
        if let Some(token) = held {
            match self.actor(&token).await {
                Ok(actor) if actor.account == *account => return Ok(actor),
                Ok(_) | Err(Refusal::Because(Reason::NotSignedIn | Reason::NoShop)) => {}
                Err(other) => return Err(other),
            }
        }
        let ledger = self.watch.upstream.trust().await?.ledger;
        let signed_in = self.watch.upstream.client().sign_in(&ledger, &self.desk.key(account)).await;
        let token = match signed_in.map_err(Refusal::from) {
            Ok(signed_in) => Token::from_header(&format!("Bearer {}", signed_in.token)).ok_or(Reason::LedgerUnproved)?,
            Err(Refusal::Because(Reason::NotSignedIn)) => return Err(Reason::InvoiceDesk.into()),
            Err(Refusal::Upstream(problem)) if problem.status < 429 => return Err(Reason::InvoiceDesk.into()),
            Err(other) => return Err(other),
        };
        let actor = match self.actor(&token).await {
            Ok(actor) if actor.account == *account => actor,
            Ok(_) | Err(Refusal::Because(Reason::NoShop)) => return Err(Reason::InvoiceDesk.into()),
            Err(other) => return Err(other),
        };
        let mut sessions = locked(&self.desk.sessions);
        if sessions.len() >= MAX_SESSIONS {
            sessions.clear();
        }
        sessions.insert(*account, token);
        Ok(actor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shop_uses_is_counted_by_itself_and_begins_again() {
        let mut counts = Counts::default();
        let (one, other) = (AccountId([1; 16]), AccountId([2; 16]));
        for _ in 0..3 {
            assert!(counts.count(one, 5, 10, 3));
        }
        assert!(!counts.count(one, 9, 10, 3) && counts.count(other, 9, 10, 3) && counts.count(one, 10, 10, 3));
    }
}
