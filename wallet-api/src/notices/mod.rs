//! Notices to members whose wallet is closed: a word without content to their browsers, and short mails.
//!
//! What is told: that an entry touched the account which the key that listens did not sign itself: units arrived, another key paid, a
//! key was added, waits or was revoked. The journal is the queue: one task follows it, woken by the writer, which never waits, and keeps
//! how far it came, so that after a crash something may be told twice, and nothing is left out. Many events are one word: as long as
//! one for the same browser or mailbox is under way, no second one is begun.

mod codes;
mod mail;
mod push;
pub(crate) mod routes;
mod store;
pub mod wire;
mod words;

pub use mail::{Door, MailSettings, Unsent};
pub use push::{Hosts, PushSettings};

use crate::Service;
use crate::allowance::{Allowances, Rate};
use crate::error::{Pushed, Refusal};
use crate::lines::Viewer;
use crate::routes::blocking;
use codes::Codes;
use ledger::entry::{Links, Recorded};
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::ledger::Ledger;
use ledger::state::{KeyGrant, Status};
use ledger::transaction::{Act, Body};
use mail::{Mail, address};
use push::Push;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Key, Mailbox, Store};
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinHandle, JoinSet};

/// So many words are on their way at once, waiting or tried again: every phone of a large currency, twice. Who comes after is not told.
const MAX_UNDER_WAY: usize = 100_000;
/// So many connections are open at once to push services and to the mail server.
const CONNECTIONS: usize = 16;
/// Between the attempts for one word: from a hiccup to an evening's outage.
const PAUSES_S: [u64; 6] = [0, 5, 60, 10 * 60, 60 * 60, 4 * 60 * 60];
/// What is about keys is tried again so often after that, four hours apart: three days, as long as a key of the association waits.
const KEYS_AGAIN: usize = 18;
/// A push service that asks for more patience than this gets this.
const MOST_PATIENCE_S: u64 = 60 * 60;
/// How far the journal was told is kept this often.
const KEEP_EVERY: Duration = Duration::from_secs(60);
/// What happened longer ago than this, while the node stood still, is not told any more: the wallet shows it.
const STALE_MS: u64 = 3 * 24 * 60 * 60_000;
/// So many entries are read in one go, on a thread for it.
const CHUNK: u64 = 1_000;
/// One mail an hour for each member, apart from those about keys.
const HOUR_MS: u64 = 3_600_000;
/// So many members are counted for that; with more, some have a mail too many.
const MAX_MAILED: usize = 65_536;

/// What a node needs to send notices.
#[derive(Default)]
pub struct NoticeSettings {
    /// For words to browsers; without it there are none.
    pub push: Option<PushSettings>,
    /// For mails; without it there are none.
    pub mail: Option<MailSettings>,
    /// Where the node's pages are: mails name the wallet.
    pub url: String,
}

/// What a notice is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Something happened on the account.
    Moved,
    /// Its keys changed: somebody else may be taking it over.
    Keys,
}

/// Whom a notice goes to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum To {
    /// The browser of this key.
    Browser(Key),
    /// The member's mailbox.
    Mailbox,
}

/// One word that is on its way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Word {
    account: AccountId,
    to: To,
    kind: Kind,
}

/// Who is told, and what is under way.
pub struct Notices {
    push: Option<Push>,
    mail: Option<Mail>,
    codes: Codes,
    listening: Arc<Listening>,
    /// Each with the entry that began it.
    under_way: Mutex<HashMap<Word, u64>>,
    mailed: Allowances<AccountId>,
    connections: Semaphore,
}

/// The accounts that want to be told, each from which entry on.
#[derive(Default)]
struct Listening {
    accounts: Mutex<HashMap<AccountId, u64>>,
    wake: Notify,
}

impl Listening {
    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, u64>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notices {
    /// Notices about a ledger of this currency. Nothing is told before [`Service::tell`].
    pub fn new(ledger: &Ledger, currency: &str, settings: NoticeSettings) -> Notices {
        let NoticeSettings { push, mail, url } = settings;
        let listening = Arc::new(Listening::default());
        let watching = listening.clone();
        ledger.watch(Box::new(move |batch| {
            let accounts = watching.lock();
            if !accounts.is_empty()
                && batch.iter().flat_map(|entry| &entry.accounts).any(|account| accounts.contains_key(account))
            {
                watching.wake.notify_one();
            }
        }));
        Notices {
            push: push.and_then(Push::new),
            mail: mail.and_then(|mail| Mail::new(&mail, currency, &url)),
            codes: Codes::default(),
            listening,
            under_way: Mutex::default(),
            mailed: Allowances::new(Rate::new(1, HOUR_MS, 1), MAX_MAILED),
            connections: Semaphore::new(CONNECTIONS),
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Word, u64>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the word on, unless the same is under way already.
    fn begin(&self, word: Word, sequence: u64) -> bool {
        let mut under_way = self.under_way();
        if under_way.contains_key(&word) {
            return false;
        }
        let room = under_way.len() < MAX_UNDER_WAY;
        if room {
            under_way.insert(word, sequence);
        } else {
            tracing::warn!("too many notices wait: is the way to the push services or to the mail server open?");
        }
        room
    }

    /// Everything before this entry was told.
    fn reached(&self, next: u64) -> u64 {
        self.under_way().values().copied().min().unwrap_or(next)
    }
}

/// What tells members, until it is dropped.
pub struct Telling(JoinHandle<()>);

impl Drop for Telling {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What came of one attempt.
enum Attempt {
    /// There is nothing more to do.
    Over,
    /// Again, not before so many seconds.
    Later(u64),
}

impl Service {
    /// Tells members, for as long as what is given back lives.
    pub fn tell(&self) -> Telling {
        Telling(tokio::spawn(self.clone().follow()))
    }

    /// From now on the account wants to be told.
    fn listen(&self, account: AccountId) -> Result<(), Fault> {
        let next = self.ledger().durable().tree.size();
        let first = {
            let mut listening = self.notices().listening.lock();
            let first = listening.is_empty();
            listening.entry(account).or_insert(next);
            first
        };
        // What was kept when somebody listened long ago is not where this one begins.
        if first { Store(self.ledger()).keep_told(next) } else { Ok(()) }
    }

    /// Follows the journal, from where it was told.
    async fn follow(self) {
        let mut deliveries = JoinSet::new();
        let (mut next, mut kept) = (None, None);
        let mut keep = tokio::time::interval(KEEP_EVERY);
        loop {
            let service = self.clone();
            let read = blocking(move || service.news(next)).await;
            let behind = match read {
                Ok(Ok(news)) => {
                    for (word, sequence) in news.words {
                        if self.notices().begin(word, sequence) {
                            deliveries.spawn(self.clone().deliver(word));
                        }
                    }
                    next = Some(news.next);
                    news.behind
                }
                Ok(Err(fault)) => {
                    tracing::error!(%fault, "notices cannot go on: the journal could not be read; they are tried again in a minute");
                    false
                }
                Err(_) => false,
            };
            if behind {
                continue;
            }
            tokio::select! {
                () = self.notices().listening.wake.notified() => {}
                _ = keep.tick() => self.keep_told(next, &mut kept).await,
            }
            while deliveries.try_join_next().is_some() {}
        }
    }

    async fn keep_told(&self, next: Option<u64>, kept: &mut Option<u64>) {
        let reached = next.map(|next| self.notices().reached(next));
        let Some(sequence) = reached.filter(|_| reached != *kept && !self.notices().listening.lock().is_empty()) else { return };
        let service = self.clone();
        match blocking(move || Store(service.ledger()).keep_told(sequence)).await {
            Ok(Ok(())) => *kept = reached,
            Ok(Err(fault)) => tracing::error!(%fault, "how far notices came could not be kept; after a restart some come again"),
            Err(_) => {}
        }
    }

    /// What the entries from `next` on are to tell; without it, from where the node stopped.
    fn news(&self, next: Option<u64>) -> Result<News, Fault> {
        let (store, notices) = (Store(self.ledger()), self.notices());
        let size = self.ledger().durable().tree.size();
        let from = match next {
            Some(next) => next,
            None => {
                let told = store.told()?.unwrap_or(size).min(size);
                let kept = store.accounts()?;
                let mut listening = notices.listening.lock();
                // Who came in the meantime listens from then on.
                kept.into_iter().for_each(|account| _ = listening.entry(account).or_insert(told));
                told
            }
        };
        if notices.listening.lock().is_empty() {
            return Ok(News { words: Vec::new(), next: size, behind: false });
        }
        let next = size.min(from + CHUNK);
        let mut words = Vec::new();
        for sequence in from..next {
            let Some((entry, links)) = self.ledger().entry_and_links(sequence)? else { break };
            if entry.time + STALE_MS >= self.now() {
                words.extend(self.words_of(&entry, &links)?.into_iter().map(|word| (word, sequence)));
            }
        }
        Ok(News { words, next, behind: next < size })
    }

    /// Whom an entry is news to.
    fn words_of(&self, entry: &Recorded, links: &Links) -> Result<Vec<Word>, Fault> {
        let mut touched: Vec<AccountId> = {
            let durable = self.ledger().durable();
            links.accounts.iter().map(|touch| durable.state.accounts()[touch.account as usize].id).collect()
        };
        // One lock after the other: the writer's thread takes them too.
        let since = |account: &AccountId| self.notices().listening.lock().get(account).copied();
        touched.retain(|account| since(account).is_some_and(|from| from <= entry.sequence));
        let mut words = Vec::new();
        for account in touched {
            let closed = self.is_closed(&account);
            let kind = if self.changes_keys(entry, account)? { Kind::Keys } else { Kind::Moved };
            let store = Store(self.ledger());
            for key in store.subscribed(&account)? {
                if closed || key != *entry.signer.as_bytes() {
                    words.push(Word { account, to: To::Browser(key), kind });
                }
            }
            // A thief of the phone that gets the mails adds a key with that phone's own.
            let told = |mailbox: &Mailbox| closed || kind == Kind::Keys || mailbox.by != *entry.signer.as_bytes();
            if store.mailbox(&account)?.is_some_and(|mailbox| told(&mailbox)) {
                words.push(Word { account, to: To::Mailbox, kind });
            }
        }
        Ok(words)
    }

    /// Who has left is told so, and nothing after: they cannot turn anything off any more.
    fn is_closed(&self, account: &AccountId) -> bool {
        self.ledger().durable().state.account(account).is_none_or(|account| account.status == Status::Closed)
    }

    fn changes_keys(&self, entry: &Recorded, account: AccountId) -> Result<bool, Fault> {
        if matches!(entry.transaction.body, Body::AddKey { .. } | Body::RevokeKey { .. }) {
            return Ok(true);
        }
        let viewer = Viewer { ledger: self.ledger(), prefix: self.prefix(), account };
        Ok(matches!(viewer.executed_act(entry)?, Some(Act::AddKey { .. } | Act::RevokeKey { .. })))
    }

    /// Brings one word where it belongs, in several attempts.
    async fn deliver(self, word: Word) {
        // Somebody may be taking the account over: that is told for as long as it is news.
        let patient = if word.kind == Kind::Keys { KEYS_AGAIN } else { 0 };
        let last = PAUSES_S[PAUSES_S.len() - 1];
        for pause in PAUSES_S.into_iter().chain(std::iter::repeat_n(last, patient)) {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            match self.attempt(word).await {
                Ok(Attempt::Over) => break,
                Ok(Attempt::Later(seconds)) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                Err(refusal) => tracing::error!(code = refusal.code(), "a notice could not be told; it is tried again"),
            }
        }
        self.notices().under_way().remove(&word);
    }

    async fn attempt(&self, word: Word) -> Result<Attempt, Refusal> {
        match word.to {
            To::Browser(key) => self.wake_browser(word, key).await,
            To::Mailbox => self.write_mail(word).await,
        }
    }

    async fn wake_browser(&self, Word { account, kind, .. }: Word, key: Key) -> Result<Attempt, Refusal> {
        let notices = self.notices();
        let service = self.clone();
        let endpoint = blocking(move || Store(service.ledger()).endpoint(&account, &key)).await??;
        // Turned off meanwhile, or erased.
        let Some(endpoint) = endpoint else { return self.forget_browser(account, key).await };
        // An address that the settings name no longer is not called, and may be named again.
        let Some((push, url)) = notices.push.as_ref().and_then(|push| Some((push, push.endpoint(&endpoint)?))) else {
            return Ok(Attempt::Over);
        };
        let place = notices.connections.acquire().await.map_err(|_| Refusal::Unavailable)?;
        let answer = push.send(url, kind, self.now()).await;
        drop(place);
        let attempt = match answer {
            Pushed::Taken => Attempt::Over,
            Pushed::Gone => return self.forget_browser(account, key).await,
            Pushed::Later(seconds) => return Ok(Attempt::Later(seconds.unwrap_or(0).min(MOST_PATIENCE_S))),
            Pushed::Refused(status) => {
                tracing::warn!(status, "a push service refused a word: is the clock right, and `push_contact`?");
                Attempt::Over
            }
        };
        // A key that was revoked is told so, and nothing after.
        let revoked = self.ledger().durable().state.account(&account).is_none_or(|account| !has(&account.keys, &key));
        if revoked { self.forget_browser(account, key).await } else { Ok(attempt) }
    }

    async fn forget_browser(&self, account: AccountId, key: Key) -> Result<Attempt, Refusal> {
        let service = self.clone();
        blocking(move || Store(service.ledger()).unsubscribe(&account, &key)).await??;
        Ok(Attempt::Over)
    }

    async fn write_mail(&self, Word { account, kind, .. }: Word) -> Result<Attempt, Refusal> {
        let (notices, service) = (self.notices(), self.clone());
        if kind == Kind::Moved {
            while let Err(wait) = notices.mailed.ask(&account, self.now()) {
                tokio::time::sleep(Duration::from_secs(wait.seconds())).await;
            }
        }
        let mailbox = blocking(move || Store(service.ledger()).mailbox(&account)).await??;
        let to = mailbox.as_ref().and_then(|mailbox| address(&mailbox.address));
        let (Some(mail), Some(mailbox), Some(to)) = (&notices.mail, mailbox, to) else { return Ok(Attempt::Over) };
        let _place = notices.connections.acquire().await.map_err(|_| Refusal::Unavailable)?;
        match mail.tell(to, mailbox.language, kind, self.now()).await {
            Ok(()) if kind == Kind::Moved => notices.mailed.charge(account, self.now()),
            Ok(()) | Err(Unsent::Refused) => {}
            Err(Unsent::Later) => return Ok(Attempt::Later(0)),
        }
        if self.is_closed(&account) {
            let service = self.clone();
            blocking(move || Store(service.ledger()).forget_mailbox(&account)).await??;
        }
        Ok(Attempt::Over)
    }
}

/// What is kept of a member for notices: what they may take along.
pub fn held(ledger: &Ledger, account: &AccountId) -> Result<wire::HeldNotices, Fault> {
    let store = Store(ledger);
    let mut browsers = Vec::new();
    for key in store.subscribed(account)? {
        let endpoint = store.endpoint(account, &key)?;
        browsers.extend(endpoint.map(|endpoint| wire::HeldBrowser { key: hex::encode(key), endpoint }));
    }
    Ok(wire::HeldNotices { email: store.mailbox(account)?.map(|mailbox| mailbox.address), browsers })
}

fn has(grants: &[KeyGrant], key: &Key) -> bool {
    grants.iter().any(|grant| grant.key.as_bytes() == key)
}

/// What was read of the journal.
struct News {
    /// Each with its entry.
    words: Vec<(Word, u64)>,
    /// The entry to read next.
    next: u64,
    /// Whether there is more already.
    behind: bool,
}
