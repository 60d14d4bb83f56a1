//! The trail of changes to the directory: who changed which fields of a member's entry, and when. No value of a field is in it, so
//! that an erasure leaves nothing personal behind.
//!
//! ```text
//! account 0              the newest change
//! account field          the newest change of one field: 1 name, 2 trade, 3 contact, 4 iban; 5 a card, 6 a card's PIN
//! account 255 number:u64 every change, numbered from 1
//! change = number:u64 time:u64 operator:u16 fields:u8                   big-endian; bit n of fields stands for field n
//! ```

use ledger::directory::Profile;
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::ledger::Ledger;
use ledger::records::{Change as Write, Table};
use std::sync::{Mutex, PoisonError};

/// The office's table among the ledger's records; those of the directory are below 16.
const CHANGES: Table = Table(16);
const NEWEST: u8 = 0;
const EVERY: u8 = 255;
/// The fields, the first of which has the number 1.
const FIELDS: [&str; 6] = ["name", "trade", "contact", "iban", "card", "pin"];
/// The number of the IBAN.
const IBAN: u8 = 4;
/// A card was given, blocked, opened again or confirmed.
pub const CARD: u8 = 5;
/// A card got a new PIN.
pub const PIN: u8 = 6;
/// A changed IBAN is told beside redemptions for so long.
const IBAN_TOLD_MS: u64 = 30 * ledger::rules::DAY_MS;

/// Held by one change at a time, from its look at the profile until its write: two at once would put back, without a trace, what the
/// other has changed.
static CHANGING: Mutex<()> = Mutex::new(());

/// A change to a member's entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    number: u64,
    /// When.
    pub time: u64,
    /// The number of the person who made it.
    pub operator: u16,
    fields: u8,
}

impl Change {
    /// The names of the fields that changed.
    pub fn fields(&self) -> Vec<&'static str> {
        (1..).zip(FIELDS).filter(|(number, _)| self.fields & bit(*number) != 0).map(|(_, name)| name).collect()
    }

    fn is_recent(&self, now: u64) -> bool {
        now.saturating_sub(self.time) <= IBAN_TOLD_MS
    }

    fn encode(&self) -> Vec<u8> {
        [&self.number.to_be_bytes()[..], &self.time.to_be_bytes(), &self.operator.to_be_bytes(), &[self.fields]].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Change> {
        let (number, rest) = bytes.split_first_chunk()?;
        let (time, rest) = rest.split_first_chunk()?;
        let (operator, rest) = rest.split_first_chunk()?;
        let [fields] = *rest else { return None };
        let (number, time) = (u64::from_be_bytes(*number), u64::from_be_bytes(*time));
        Some(Change { number, time, operator: u16::from_be_bytes(*operator), fields })
    }
}

fn bit(field: u8) -> u8 {
    1 << field
}

fn differing(before: &Profile, after: &Profile) -> u8 {
    let of = |profile: &Profile| [&profile.name, &profile.trade, &profile.contact, &profile.iban].map(Option::clone);
    let pairs = (1..).zip(of(before).into_iter().zip(of(after)));
    pairs.filter(|(_, (before, after))| before != after).fold(0, |fields, (number, _)| fields | bit(number))
}

/// Changes a member's entry and leaves the trace of it. The trace is on disk first: no change is without one.
pub fn change<E: From<Fault>>(
    ledger: &Ledger,
    account: &AccountId,
    (operator, time): (u16, u64),
    new: impl FnOnce(Profile) -> Result<Profile, E>,
) -> Result<(), E> {
    let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let before = ledger.directory().profile(account);
    let after = new(before.clone())?;
    let fields = differing(&before, &after);
    if fields == 0 {
        return Ok(());
    }
    keep(ledger, account, (operator, time), fields)?;
    Ok(ledger.directory().set_profile(account, after)?)
}

/// Leaves the trace of what was done for a member beside the directory: [`CARD`] or [`PIN`].
pub fn note(ledger: &Ledger, account: &AccountId, (operator, time): (u16, u64), what: u8) -> Result<(), Fault> {
    let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    keep(ledger, account, (operator, time), bit(what))
}

fn keep(ledger: &Ledger, account: &AccountId, (operator, time): (u16, u64), fields: u8) -> Result<(), Fault> {
    let number = newest(ledger, account)?.map_or(0, |change| change.number) + 1;
    let value = Change { number, time, operator, fields }.encode();
    let put = |place: &[u8]| Write::Put { table: CHANGES, key: [&account.0[..], place].concat(), value: value.clone() };
    let mut writes = vec![put(&[NEWEST]), put(&[&[EVERY][..], &number.to_be_bytes()].concat())];
    writes.extend((1..=PIN).filter(|field| fields & bit(*field) != 0).map(|field| put(&[field])));
    ledger.records().keep(&writes)
}

/// The newest change to a member's entry.
pub fn newest(ledger: &Ledger, account: &AccountId) -> Result<Option<Change>, Fault> {
    read(ledger, account, NEWEST)
}

/// The newest changes to a member's entry, the newest first.
pub fn newest_of(ledger: &Ledger, account: &AccountId, limit: usize) -> Result<Vec<Change>, Fault> {
    let last = newest(ledger, account)?.map_or(0, |change| change.number);
    let numbers = (1..=last).rev().take(limit);
    let one = |number: u64| read_at(ledger, account, &[&[EVERY][..], &number.to_be_bytes()].concat());
    numbers.filter_map(|number| one(number).transpose()).collect()
}

/// The newest change of a member's IBAN, if it is a recent one.
pub fn iban_changed(ledger: &Ledger, account: &AccountId, now: u64) -> Result<Option<Change>, Fault> {
    Ok(read(ledger, account, IBAN)?.filter(|change| change.is_recent(now)))
}

fn read(ledger: &Ledger, account: &AccountId, place: u8) -> Result<Option<Change>, Fault> {
    read_at(ledger, account, &[place])
}

fn read_at(ledger: &Ledger, account: &AccountId, place: &[u8]) -> Result<Option<Change>, Fault> {
    let found = ledger.records().get(CHANGES, &[&account.0[..], place].concat())?;
    let damaged = || Fault::Damage("the trail of changes to the directory cannot be read".into());
    found.map(|bytes| Change::decode(&bytes).ok_or_else(damaged)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_recent_for_thirty_days() {
        let change = Change { number: 1, time: 1_000, operator: 1, fields: bit(IBAN) };
        assert!(change.is_recent(0) && change.is_recent(1_000 + IBAN_TOLD_MS) && !change.is_recent(1_001 + IBAN_TOLD_MS));
        assert_eq!(IBAN_TOLD_MS, 2_592_000_000);
    }

    #[test]
    fn a_change_comes_back_with_the_names_of_its_fields() {
        let text = |text: &str| Some(text.to_owned());
        let before = Profile { name: text("a"), trade: text("b"), contact: None, iban: text("d") };
        let after = Profile { name: text("a"), trade: None, contact: text("c"), iban: text("e") };
        let change = Change { number: 7, time: 1_800_000_000_000, operator: 3, fields: differing(&before, &after) };
        assert_eq!(change.fields(), ["trade", "contact", "iban"]);
        assert_eq!(Change::decode(&change.encode()), Some(change));
        assert_eq!((differing(&before, &before), Change::decode(&change.encode()[1..])), (0, None));
    }
}
