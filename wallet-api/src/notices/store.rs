//! Who wants to be told: addresses of browsers and of mailboxes, sealed under the member, and how far the journal was told.
//!
//! ```text
//! table 31   account:16 ‖ key:32    a push service's address
//!            "told"                 the number of the first entry that may not have been told: u64
//! table 32   account:16             a mailbox
//! ```

use super::words::Language;
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::ledger::Ledger;
use ledger::records::{Change, KeyRange, MAX_SCAN, Order, Table};
use std::collections::HashSet;

use super::mail::MAX_ADDRESS_BYTES;

const PUSHED: Table = Table(31);
const MAILED: Table = Table(32);
/// Shorter than any account.
const TOLD: &[u8] = b"told";
/// An account has 32 keys at most, and a few that were revoked and not told yet.
const MAX_SUBSCRIPTIONS: usize = 64;
/// The longest code of a language.
const MAX_LANGUAGE_BYTES: usize = 2;

/// The bytes of a key.
pub type Key = [u8; 32];

/// Where an account's mails go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailbox {
    /// The address.
    pub address: String,
    /// The language of the mails.
    pub language: Language,
    /// The key that asked for them: what it signs itself is no news to whoever holds it.
    pub by: Key,
}

impl Mailbox {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(3).uint(1).text(&self.address).uint(2).text(self.language.code()).uint(3).bytes(&self.by);
        out.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Mailbox, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let address = r.text(MAX_ADDRESS_BYTES)?.to_owned();
        map.required(r, 2)?;
        let language = Language::of(r.text(MAX_LANGUAGE_BYTES)?);
        map.required(r, 3)?;
        let by = r.bytes()?.try_into().map_err(|_| DecodeError::OutOfBounds("a key"))?;
        map.end()?;
        reader.end()?;
        Ok(Mailbox { address, language, by })
    }
}

/// What is kept.
pub struct Store<'a>(pub &'a Ledger);

fn place(account: &AccountId, key: &Key) -> Vec<u8> {
    [&account.0[..], key].concat()
}

impl Store<'_> {
    /// The keys of an account under which a browser listens.
    pub fn subscribed(&self, account: &AccountId) -> Result<Vec<Key>, Fault> {
        let found = self.0.records().scan(PUSHED, &KeyRange::prefix(&account.0), MAX_SUBSCRIPTIONS, Order::Ascending)?;
        Ok(found.iter().filter_map(|(place, _)| place.get(16..)?.try_into().ok()).collect())
    }

    /// Where a key's browser is reached; `None` after an erasure too.
    pub fn endpoint(&self, account: &AccountId, key: &Key) -> Result<Option<String>, Fault> {
        let place = place(account, key);
        let Some(sealed) = self.0.records().get(PUSHED, &place)? else { return Ok(None) };
        let plain = self.0.directory().unseal(account, PUSHED, &place, &sealed)?;
        Ok(plain.and_then(|plain| String::from_utf8(plain).ok()))
    }

    /// Keeps where a key's browser is reached; one for each key.
    pub fn subscribe(&self, account: &AccountId, key: &Key, endpoint: &str) -> Result<(), Fault> {
        let key = place(account, key);
        let value = self.0.directory().seal(account, PUSHED, &key, endpoint.as_bytes())?;
        self.0.records().keep(&[Change::Put { table: PUSHED, key, value }])
    }

    /// Forgets a key's browser.
    pub fn unsubscribe(&self, account: &AccountId, key: &Key) -> Result<(), Fault> {
        self.0.records().keep(&[Change::Delete { table: PUSHED, key: place(account, key) }])
    }

    /// Where an account's mails go; `None` after an erasure too.
    pub fn mailbox(&self, account: &AccountId) -> Result<Option<Mailbox>, Fault> {
        let Some(sealed) = self.0.records().get(MAILED, &account.0)? else { return Ok(None) };
        let plain = self.0.directory().unseal(account, MAILED, &account.0, &sealed)?;
        Ok(plain.and_then(|plain| Mailbox::decode(&plain).ok()))
    }

    /// Keeps where an account's mails go.
    pub fn keep_mailbox(&self, account: &AccountId, mailbox: &Mailbox) -> Result<(), Fault> {
        let value = self.0.directory().seal(account, MAILED, &account.0, &mailbox.encode())?;
        self.0.records().keep(&[Change::Put { table: MAILED, key: account.0.to_vec(), value }])
    }

    /// Forgets where an account's mails went.
    pub fn forget_mailbox(&self, account: &AccountId) -> Result<(), Fault> {
        self.0.records().keep(&[Change::Delete { table: MAILED, key: account.0.to_vec() }])
    }

    /// Every account that wants to be told.
    pub fn accounts(&self) -> Result<HashSet<AccountId>, Fault> {
        let mut found = HashSet::new();
        for table in [PUSHED, MAILED] {
            let mut from = Vec::new();
            loop {
                let page = self.0.records().scan(table, &KeyRange::from(&from), MAX_SCAN, Order::Ascending)?;
                found.extend(page.iter().filter_map(|(place, _)| place.first_chunk().copied().map(AccountId)));
                match page.last() {
                    Some((last, _)) if page.len() == MAX_SCAN => from = [&last[..], &[0]].concat(),
                    _ => break,
                }
            }
        }
        Ok(found)
    }

    /// From which entry on it has to be told.
    pub fn told(&self) -> Result<Option<u64>, Fault> {
        let kept = self.0.records().get(PUSHED, TOLD)?;
        Ok(kept.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes))
    }

    /// Keeps from which entry on it has to be told.
    pub fn keep_told(&self, sequence: u64) -> Result<(), Fault> {
        let value = sequence.to_be_bytes().to_vec();
        self.0.records().keep(&[Change::Put { table: PUSHED, key: TOLD.to_vec(), value }])
    }
}
