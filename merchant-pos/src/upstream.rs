//! The only way to the money: the wallet API over HTTP, and what is believed of it.
//!
//! The API's lines say which entries an account has; nothing else in them is believed. Each entry's receipt is fetched, verified under
//! the ledger's keys, and taken in by its own words. The ledger and its prefix are pinned when they are first met; which keys are the
//! ledger's follows from its id: the genesis names the first, and each later one stands under the key before it ([`KeyChain`]). So
//! whoever takes over the API can hide a payment from a shop, and cannot invent one.
//!
//! A ledger only grows. One that is shorter than what a shop has seen of it, or that lacks the shop's last entry, was restored from
//! an old copy: payments are missing in it. That is a fault for people, told with every answer that would need the ledger.

use crate::charge::movements;
use crate::error::{Reason, Refusal};
use crate::session::{Actor, Token};
use crate::store::{News, SeenLedger, Store};
use ledger::checkpoint::SignedCheckpoint;
use ledger::entry::Entry;
use ledger::fault::Fault;
use ledger::key::{AccountId, LedgerId, PublicKey};
use ledger::message::Certificate;
use ledger::receipt::{KeyChain, ReceiptError, origin};
use ledger::writer::Clock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use wallet_api::client::{Client, ClientError, Trust};
use wallet_api::wire::StatementQuery;

/// The first page of a statement when little is expected to be new.
const FIRST_PAGE: usize = 20;
/// The pages after it: the most that the API gives at once.
const NEXT_PAGE: usize = 200;
/// The cursor of an account that had no entry: the first entry of a ledger is its genesis, which is no shop's.
const NO_ENTRY: u64 = 0;
/// A shop that was away is behind by at most so many entries: years of a busy one. Their numbers are held in memory, 8 bytes each.
const MAX_UNSEEN: usize = 1_000_000;
/// The checkpoint keys are asked for again at most so often: a receipt that does not hold may be signed by a newer one.
const TRUST_EVERY_MS: u64 = 60_000;
/// A certificate is replaced so long before its end: no charge of a day outlives the one that goes with it. Whoever pays an older one
/// asks the till for a fresh code.
const CERTIFICATE_MARGIN_MS: u64 = 24 * 3_600_000;
/// A shop without a certificate is asked about again after so long: it may have been given a name.
const NO_CERTIFICATE_MS: u64 = 60_000;
/// So many tills' certificates are kept, about 250 bytes each.
const MAX_CERTIFICATES: usize = 10_000;

/// The checkpoint keys that whoever runs this machine vouches for. They count where the ledger's own chain of keys has a gap.
pub type Vouched = Arc<dyn Fn() -> Vec<PublicKey> + Send + Sync>;

/// What is known of a ledger before it is asked.
#[derive(Clone)]
pub struct Known {
    /// Which ledger it has to be; `None`: the one that is met first.
    pub ledger: Option<LedgerId>,
    /// Keys to believe where the chain has a gap.
    pub vouched: Vouched,
}

type Certificates = HashMap<(AccountId, PublicKey), Kept>;

/// A certificate, or that there is none.
struct Kept {
    bytes: Vec<u8>,
    until: u64,
    /// How many checkpoint keys the ledger had: once it has another one, the word is asked for again.
    keys: usize,
}

/// The wallet API, and this machine's records of what it proved.
pub struct Upstream {
    client: Client,
    store: Arc<Store>,
    clock: Clock,
    known: Known,
    trust: tokio::sync::Mutex<Option<(Trust, u64)>>,
    certificates: Mutex<Certificates>,
}

/// What an entry changed, for the tills.
pub struct Told {
    /// What changed.
    pub news: News,
    /// The receipt of the payment of a charge.
    pub receipt: Option<Vec<u8>>,
}

/// Who is told while entries are taken in.
pub trait Listener: Sync {
    /// Something changed for the shop.
    fn changed(&self, told: Told);
    /// An entry came that moves no money of the shop: its keys may have changed.
    fn other_entry(&self);
}

impl Upstream {
    /// A connection to the API, which is not asked anything yet.
    pub fn new(api: &str, store: Arc<Store>, clock: Clock, known: Known) -> Result<Upstream, Fault> {
        let unusable = |error: ClientError| Fault::Io { what: "make an HTTP client".into(), message: error.to_string() };
        let client = Client::new(api).map_err(unusable)?;
        // As old as can be: the keys are asked for again when they are first missed.
        let trust = store.trust()?.map(|trust| (trust, 0));
        if let (Some((pinned, _)), Some(ledger)) = (&trust, &known.ledger)
            && pinned.ledger != *ledger
        {
            return Err(Fault::Setup(format!("these records belong to the ledger {}, not to {ledger}", pinned.ledger)));
        }
        Ok(Upstream { client, store, clock, known, trust: tokio::sync::Mutex::new(trust), certificates: Mutex::default() })
    }

    /// The API itself.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The time.
    pub fn now(&self) -> u64 {
        (self.clock)()
    }

    /// Does something with the records, off the threads that serve requests: a write waits for the disk.
    pub async fn on_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.map_err(|_| Refusal::from(Fault::Poisoned))?.map_err(Refusal::from)
    }

    /// The ledger and its keys: as pinned, else as the API tells them now.
    pub async fn trust(&self) -> Result<Trust, Refusal> {
        let mut held = self.trust.lock().await;
        match &*held {
            Some((trust, _)) => Ok(trust.clone()),
            None => self.learn(&mut held).await,
        }
    }

    /// The ledger and its keys, asked for again unless that was done a moment ago.
    async fn newer_trust(&self) -> Result<Trust, Refusal> {
        let mut held = self.trust.lock().await;
        match &*held {
            Some((trust, asked)) if self.now() < asked.saturating_add(TRUST_EVERY_MS) => Ok(trust.clone()),
            _ => self.learn(&mut held).await,
        }
    }

    async fn learn(&self, held: &mut Option<(Trust, u64)>) -> Result<Trust, Refusal> {
        let pinned = match held {
            Some((pinned, _)) => pinned.clone(),
            None => self.met().await?,
        };
        let chain = self.client.key_chain().await?;
        let keys = proved_keys(&pinned, &chain, &(self.known.vouched)())?;
        let trust = Trust { keys, ..pinned };
        let pin = trust.clone();
        self.on_store(move |store| store.pin(&pin)).await?;
        *held = Some((trust.clone(), self.now()));
        Ok(trust)
    }

    /// The ledger as it is met first: its id and prefix by the API's word, unless the id is known; none of its keys.
    async fn met(&self) -> Result<Trust, Refusal> {
        let told = self.client.trust().await?;
        match &self.known.ledger {
            Some(ledger) if *ledger != told.ledger => {
                tracing::error!(told = %told.ledger, wanted = %ledger, "the wallet API serves another ledger than the one that was named");
                Err(Reason::LedgerUnproved.into())
            }
            _ => Ok(Trust { keys: Vec::new(), ..told }),
        }
    }

    /// Whether a ledger is the one of these records, and a key proved to be one of its checkpoint keys.
    pub async fn proves(&self, ledger: &LedgerId, key: &PublicKey) -> Result<bool, Refusal> {
        let known = |trust: Trust| trust.ledger == *ledger && trust.keys.contains(key);
        Ok(known(self.trust().await?) || known(self.newer_trust().await?))
    }

    /// Calls with the keys that are held, and once more with newer ones if a receipt does not hold.
    async fn proved<T, F: Future<Output = Result<T, ClientError>>>(&self, call: impl Fn(Trust) -> F) -> Result<T, Refusal> {
        match call(self.trust().await?).await {
            Err(ClientError::Unproved(_)) => Ok(call(self.newer_trust().await?).await?),
            answer => Ok(answer?),
        }
    }

    /// Submits a signed order; gives the bytes of its verified receipt. The same bytes can be submitted again.
    pub async fn submit(&self, order: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.proved(|trust| async move { self.client.submit(order, &trust).await.map(|(receipt, _)| receipt) }).await
    }

    async fn receipt(&self, token: &Token, sequence: u64) -> Result<(Vec<u8>, Entry), Refusal> {
        self.proved(|trust| async move { self.client.receipt(token.as_str(), sequence, &trust).await }).await
    }

    /// The ledger as it is now, by its own signed word.
    async fn checkpoint(&self) -> Result<SeenLedger, Refusal> {
        let open = |trust: Trust| async move {
            let (note, keys) = (self.client.checkpoint().await?, trust.keys.iter().map(PublicKey::verifying_key));
            let opened = SignedCheckpoint::open(&note, &origin(&trust.ledger), &keys.collect::<Vec<_>>());
            let checkpoint = opened.map_err(|error| ClientError::Unproved(ReceiptError::Checkpoint(error)))?;
            Ok(SeenLedger { size: checkpoint.size, root: checkpoint.root })
        };
        self.proved(open).await
    }

    /// Takes in every entry of an account that was not taken in yet, the oldest first. At the first contact the account's history so
    /// far is left to its statement: no charge of ours is in it, and nothing is signed about its days.
    pub async fn catch_up(&self, token: &Token, account: AccountId, listener: &impl Listener) -> Result<(), Refusal> {
        let text = account.to_text(&self.trust().await?.prefix);
        // Read before the statement, which holds at least the entries that it speaks of.
        let ledger = self.checkpoint().await?;
        let (cursor, before) = self.on_store(move |store| Ok((store.cursor(&account)?, store.seen(&account)?))).await?;
        let Some(seen) = cursor else {
            let last = self.client.account(token.as_str(), &text).await?.last_entry.unwrap_or(NO_ENTRY);
            let from = self.quiet_since(token, account, &text, last).await?;
            return self.on_store(move |store| store.follow_after(&account, last, from)).await;
        };
        if is_older(&ledger, seen, before) {
            return Err(went_back(&text, seen, &ledger));
        }
        let unseen = self.unseen(token, &text, seen).await?.ok_or_else(|| went_back(&text, seen, &ledger))?;
        for sequence in &unseen {
            let (receipt, entry) = self.receipt(token, *sequence).await?;
            self.take_in(account, entry, receipt, listener).await?;
        }
        if unseen.is_empty() { Ok(()) } else { self.on_store(move |store| store.keep_seen(&account, &ledger)).await }
    }

    /// An instant from which on nothing moved for an account up to the entry `last`: after the newest entry that moved something, if
    /// that is among the newest of its entries. Where an entry is not proved it is now, which is late and never early.
    async fn quiet_since(&self, token: &Token, account: AccountId, text: &str, last: u64) -> Result<u64, Refusal> {
        let now = self.now();
        let page = self.client.statement(token.as_str(), text, StatementQuery { from: None, limit: Some(FIRST_PAGE) }).await?;
        let mut oldest = None;
        for line in page.lines.iter().filter(|line| line.sequence <= last) {
            let Ok((_, entry)) = self.receipt(token, line.sequence).await else { return Ok(now) };
            oldest = Some(entry.time + 1);
            if !movements(&entry, &account).is_empty() {
                return Ok(entry.time + 1);
            }
        }
        Ok(if page.next.is_none() { 0 } else { oldest.unwrap_or(now) })
    }

    async fn take_in(&self, account: AccountId, entry: Entry, receipt: Vec<u8>, listener: &impl Listener) -> Result<(), Refusal> {
        if movements(&entry, &account).is_empty() {
            listener.other_entry();
        }
        let told = self.on_store(move |store| {
            let news = store.take_in(&account, &entry, &receipt)?;
            news.into_iter().map(|news| with_receipt(store, &account, news)).collect::<Result<Vec<_>, _>>()
        });
        for told in told.await? {
            listener.changed(told);
        }
        Ok(())
    }

    /// The numbers of an account's entries after `seen`, ascending; `None` when `seen` is no entry of the account any more.
    async fn unseen(&self, token: &Token, account: &str, seen: u64) -> Result<Option<Vec<u64>>, Refusal> {
        let (mut unseen, mut query) = (Vec::new(), StatementQuery { from: None, limit: Some(FIRST_PAGE) });
        loop {
            let page = self.client.statement(token.as_str(), account, query).await?;
            for line in &page.lines {
                if line.sequence <= seen {
                    unseen.reverse();
                    return Ok((line.sequence == seen).then_some(unseen));
                }
                if unseen.last().is_some_and(|last| line.sequence >= *last) || unseen.len() == MAX_UNSEEN {
                    return Err(ClientError::Unsound("the lines of the statement are out of order or too many".into()).into());
                }
                unseen.push(line.sequence);
            }
            match page.next {
                Some(next) if !page.lines.is_empty() => query = StatementQuery { from: Some(next), limit: Some(NEXT_PAGE) },
                _ => {
                    unseen.reverse();
                    return Ok((seen == NO_ENTRY).then_some(unseen));
                }
            }
        }
    }

    /// The association's word on the shop's name for the actor's key; empty when there is none, which is no reason not to sell.
    pub async fn certificate(&self, actor: &Actor) -> Vec<u8> {
        let Ok(trust) = self.trust().await else { return Vec::new() };
        let (name, now, keys) = ((actor.account, actor.key), self.now(), trust.keys.len());
        let good = |kept: &Kept| now < kept.until && keys == kept.keys;
        let held = |certificates: &Certificates| certificates.get(&name).filter(|kept| good(kept)).map(|kept| kept.bytes.clone());
        if let Some(bytes) = held(&self.certificates.lock().unwrap_or_else(PoisonError::into_inner)) {
            return bytes;
        }
        let (bytes, until) = match self.fetch_certificate(actor).await {
            Ok((bytes, certificate)) => (bytes, certificate.valid_until.saturating_sub(CERTIFICATE_MARGIN_MS)),
            Err(_) => (Vec::new(), now + NO_CERTIFICATE_MS),
        };
        let mut certificates = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        if certificates.len() >= MAX_CERTIFICATES {
            certificates.retain(|_, kept| good(kept));
        }
        if certificates.len() < MAX_CERTIFICATES {
            certificates.insert(name, Kept { bytes: bytes.clone(), until, keys });
        }
        bytes
    }

    /// The shop's name by the association's word, as far as that is known here; its account else.
    pub async fn shop_name(&self, actor: &Actor) -> String {
        let certificate = self.certificate(actor).await;
        let Ok(trust) = self.trust().await else { return String::new() };
        let named = Certificate::decode(&certificate, &trust.ledger, &trust.keys).map(|certificate| certificate.name);
        named.unwrap_or_else(|_| actor.account.to_text(&trust.prefix))
    }

    async fn fetch_certificate(&self, actor: &Actor) -> Result<(Vec<u8>, Certificate), Refusal> {
        let text = actor.account.to_text(&self.trust().await?.prefix);
        let bytes = self.client.certificate(actor.token.as_str(), &text).await?;
        let read = |trust: &Trust| Certificate::decode(&bytes, &trust.ledger, &trust.keys);
        let certificate = match read(&self.trust().await?) {
            Ok(certificate) => certificate,
            Err(_) => read(&self.newer_trust().await?)?,
        };
        let ours = certificate.account == actor.account && certificate.key == actor.key && certificate.valid_until > self.now();
        if ours { Ok((bytes, certificate)) } else { Err(Reason::LedgerUnproved.into()) }
    }
}

/// News with the receipt of the payment that it is about.
fn with_receipt(store: &Store, account: &AccountId, news: News) -> Result<Told, Fault> {
    let receipt = match &news {
        News::Charge(charge) => charge.paid_by().map(|sequence| store.receipt(account, sequence)).transpose()?.flatten(),
        News::Unexpected(_) => None,
    };
    Ok(Told { news, receipt })
}

/// True when a ledger cannot be the one of which a shop has seen the entry `cursor` and, if it was kept, a checkpoint.
fn is_older(ledger: &SeenLedger, cursor: u64, before: Option<SeenLedger>) -> bool {
    let differs = |before: SeenLedger| ledger.size < before.size || ledger.size == before.size && ledger.root != before.root;
    ledger.size <= cursor || before.is_some_and(differs)
}

fn went_back(account: &str, cursor: u64, ledger: &SeenLedger) -> Refusal {
    tracing::error!(
        account,
        cursor,
        size = ledger.size,
        "the ledger went back: it lacks entries that this shop has verified receipts of. Was it restored from an old copy?"
    );
    Reason::LedgerWentBack.into()
}

/// The keys that are held and what a chain proves beside them. Where the chain has a gap, what follows is proved by nobody: then the keys
/// count that whoever runs this machine vouches for.
fn proved_keys(pinned: &Trust, chain: &KeyChain, vouched: &[PublicKey]) -> Result<Vec<PublicKey>, Refusal> {
    let proved = chain.keys(&pinned.ledger).map_err(|error| {
        tracing::error!(%error, "the wallet API's chain of keys does not belong to the ledger of these records");
        Refusal::from(Reason::LedgerUnproved)
    })?;
    let mut keys = pinned.keys.clone();
    let vouched = if chain.gap().is_some() { vouched } else { &[] };
    for key in proved.iter().chain(vouched) {
        if !keys.contains(key) {
            keys.push(*key);
        }
    }
    if let Some(gap) = chain.gap().filter(|_| vouched.is_empty()) {
        tracing::warn!(%gap, "the newest keys of the ledger are not believed until somebody vouches for them");
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::key::{Hash32, Prefix};

    #[test]
    fn a_ledger_that_is_shorter_than_what_was_seen_or_another_of_the_same_length_went_back() {
        let ledger = |size, root| SeenLedger { size, root: [root; 32] };
        // the ledger now, the cursor, what was kept, whether it went back
        let table = [
            (ledger(41, 1), 40, None, false),
            (ledger(40, 1), 40, None, true),
            (ledger(1, 1), 0, None, false),
            (ledger(50, 1), 40, Some(ledger(50, 1)), false),
            (ledger(50, 2), 40, Some(ledger(50, 1)), true),
            (ledger(49, 1), 40, Some(ledger(50, 1)), true),
            (ledger(51, 2), 40, Some(ledger(50, 1)), false),
        ];
        for (now, cursor, before, older) in table {
            assert_eq!(is_older(&now, cursor, before), older, "{now:?} {cursor} {before:?}");
        }
    }

    #[test]
    fn a_chain_that_is_not_of_the_pinned_ledger_proves_no_key() {
        let key = |seed| ledger::SigningKey::from_bytes(&[seed; 32]).verifying_key().into();
        let pinned = Trust { ledger: Hash32([1; 32]), keys: vec![key(1)], prefix: Prefix::new("liard").unwrap() };
        let chain = KeyChain { genesis: Vec::new(), rotations: vec![None] };
        assert!(proved_keys(&pinned, &chain, &[key(2)]).is_err());
    }
}
