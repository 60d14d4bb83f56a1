//! What a shop's machine remembers: charges, payments that answer none, refunds, tills, and how far each account's entries were read.
//!
//! ```text
//! PINS         "trust"                                 the ledger, its prefix and its checkpoint keys, as first met
//! CHARGES      account id                              the charge
//! ANSWERED     account sequence                        the id of the charge that this entry paid
//! UNEXPECTED   account sequence item                   the payment that answers no charge
//! REFUNDS      account sequence                        the refund, and what it gave back
//! RECEIPTS     account sequence                        the receipt of a payment, verified before it came here
//! TIMES        account instant kind name               what stands in the day's list, by its instant
//! CURSORS      account                                 the last entry that was taken in
//!              account "from"                          since when everything that moved is here
//! TILLS        account key                             the till's label
//! SEEN         account                                 the newest checkpoint under which entries were taken in
//! EARLY        account charge sequence                 a payment whose charge this shop had not asked for yet
//! 12           account part                            what a shop set up ([`crate::settings`])
//! 13–19        tickets, 20–24 the evening, 25–30 invoices, 31 stalls: each room's own store
//! ```
//! Entries are taken in one by one in their order. One write holds all that an entry changes and the cursor behind it: after a crash
//! an entry is either taken in or still to come, and one that comes twice changes nothing. Numbers in keys are big-endian.

use crate::charge::{Charge, Movement, Payment, Refund, Unexpected, Why, judge, movements};
use crate::enrolment::Kind;
use crate::error::Reason;
use crate::rows::{
    decode_charge, decode_refund, decode_seen, decode_till, decode_trust, decode_unexpected, encode_charge, encode_refund,
    encode_seen, encode_till, encode_trust, encode_unexpected,
};
use crate::stalls::store::StallRow;
use crate::stalls::{charge_at, stall_of};
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::entry::Entry;
use ledger::fault::Fault;
use ledger::key::{AccountId, PublicKey};
use ledger::records::{Change, KeyRange, MAX_SCAN, Order, Records, Table};
use ledger::storage::DiskStorage;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wallet_api::client::Trust;

const PINS: Table = Table(1);
const CHARGES: Table = Table(2);
const ANSWERED: Table = Table(3);
const UNEXPECTED: Table = Table(4);
const REFUNDS: Table = Table(5);
const RECEIPTS: Table = Table(6);
const TIMES: Table = Table(7);
const CURSORS: Table = Table(8);
const TILLS: Table = Table(9);
const SEEN: Table = Table(10);
const EARLY: Table = Table(11);

const TRUST_PIN: &[u8] = b"trust";
/// What stands behind the account in the key of the instant from which an account is followed.
const FOLLOWED_FROM: &[u8] = b"from";
/// The log's name for the ledger. These records are opened before any ledger is known, and pin the one they meet first.
pub const RECORDS_ID: [u8; 32] = *b"liard merchant-pos records, v. 1";
/// One answer lists at most so many lines: a busy shop's year, in some tens of megabytes. More is refused, never cut.
pub const MAX_DAY_LINES: usize = 100_000;

/// So many digits of a key stand for a till that came without a label.
pub(crate) const KEY_LABEL_DIGITS: usize = 8;

/// What kind of line an instant stands for, as the byte in its key.
const CHARGE_LINE: u8 = 1;
const UNEXPECTED_LINE: u8 = 2;
const REFUND_LINE: u8 = 3;

/// A charge's id.
pub type ChargeId = [u8; 16];

/// What a refund gave back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// The payment of a charge.
    Charge(ChargeId),
    /// A payment that answered none.
    Unexpected,
    /// A payment from before these records began.
    Earlier,
}

/// What an entry changed, for those who listen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// A charge stands differently.
    Charge(Box<Charge>),
    /// A payment came that answers no charge, or a part of one went back.
    Unexpected(Unexpected),
}

/// All that happened in a time, by its instants.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DayRows {
    /// Charges paid then; and those asked for then that were not paid.
    pub charges: Vec<Charge>,
    /// Payments that came then and answer no charge.
    pub unexpected: Vec<Unexpected>,
    /// What was given back then.
    pub refunds: Vec<(Refund, Of)>,
}

/// The ledger as an account's entries were last taken in from it: what a verified checkpoint says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeenLedger {
    /// How many entries it had.
    pub size: u64,
    /// The root over them.
    pub root: [u8; 32],
}

/// A till as these records know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TillRow {
    /// Its key.
    pub key: PublicKey,
    /// What the shop calls it.
    pub label: String,
    /// Since when.
    pub since: u64,
    /// Whether the account was seen with this key.
    pub confirmed: bool,
    /// A till, a cashier or an accountant.
    pub kind: Kind,
}

/// The records of this machine. One value serves all threads; writes that depend on a read happen one at a time.
pub struct Store {
    pub(crate) records: Records,
    writing: Mutex<()>,
}

impl Store {
    /// Opens the records in a folder.
    pub fn open(directory: &Path) -> Result<Store, Fault> {
        let storage = DiskStorage::open(&directory.join("records"))?;
        let records = Records::open(Arc::new(storage), RECORDS_ID, &directory.join("views"))?;
        for notice in [records.cut().map(|cut| cut.to_string()), records.cured()].into_iter().flatten() {
            tracing::warn!(notice, "the till's records were mended");
        }
        Ok(Store { records, writing: Mutex::new(()) })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self, changes: &[Change]) -> Result<(), Fault> {
        self.records.keep(changes)
    }

    pub(crate) fn row<T>(
        &self,
        table: Table,
        key: &[u8],
        decode: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, Fault> {
        let value = self.records.get(table, key)?;
        value.map(|value| decode(&value).map_err(damaged)).transpose()
    }

    /// The ledger and its keys as they were last believed.
    pub fn trust(&self) -> Result<Option<Trust>, Fault> {
        self.row(PINS, TRUST_PIN, decode_trust)
    }

    /// Keeps the ledger and its keys.
    pub fn pin(&self, trust: &Trust) -> Result<(), Fault> {
        self.write(&[put(PINS, TRUST_PIN, encode_trust(trust))])
    }

    /// A charge of an account.
    pub fn charge(&self, account: &AccountId, id: &ChargeId) -> Result<Option<Charge>, Fault> {
        self.row(CHARGES, &charge_key(account, id), |value| decode_charge(account, id, value))
    }

    /// Adds a charge. The same request again gives the charge as it stands; another one with the same id is refused. A till without
    /// network announces it late: a payment that came before it is matched now.
    pub fn add(&self, charge: &Charge) -> Result<Result<Charge, Reason>, Fault> {
        let _writing = self.lock();
        self.add_with(charge, Vec::new())
    }

    /// Adds a charge together with what else is new with it; for who holds the lock.
    pub(crate) fn add_with(&self, charge: &Charge, mut changes: Vec<Change>) -> Result<Result<Charge, Reason>, Fault> {
        match self.charge(&charge.account, &charge.asked.id)? {
            Some(known) if known.request == charge.request => Ok(Ok(known)),
            Some(_) => Ok(Err(Reason::ChargeExists)),
            None => {
                let charge = self.meet_early(charge, &mut changes)?;
                changes.extend([put_charge(&charge), put(TIMES, &charge_line(&charge), vec![])]);
                self.write(&changes)?;
                Ok(Ok(charge))
            }
        }
    }

    /// The charge after the payments that came before it. One of them pays it; the others stay unexpected, now with the reason.
    fn meet_early(&self, charge: &Charge, changes: &mut Vec<Change>) -> Result<Charge, Fault> {
        let (account, mut charge) = (charge.account, charge.clone());
        let prefix = charge_key(&account, &charge.asked.id);
        for (key, _) in self.records.scan(EARLY, &KeyRange::prefix(&prefix), MAX_SCAN, Order::Ascending)? {
            changes.push(delete(EARLY, &key));
            let sequence = sequence_of(&key[16..])?;
            let Some(early) = self.unexpected(&account, sequence, 0)? else { continue };
            match charge.pay(&early.payment) {
                Ok(paid) => {
                    // What went back of it so far was never more than came.
                    charge = paid.refund(early.refunded).unwrap_or(paid);
                    changes.push(delete(UNEXPECTED, &unexpected_key(&account, sequence, 0)));
                    changes.push(delete(TIMES, &unexpected_line(&account, &early)));
                    changes.push(put(ANSWERED, &entry_key(&account, sequence), charge.asked.id.to_vec()));
                    if early.refunded > 0 {
                        self.refunds_are_of(&charge, sequence, changes)?;
                    }
                }
                Err(why) => changes.push(put_unexpected(&account, &Unexpected { why, ..early })),
            }
        }
        Ok(charge)
    }

    /// What was given back of a payment was given back of the charge that it turned out to pay.
    fn refunds_are_of(&self, charge: &Charge, original: u64, changes: &mut Vec<Change>) -> Result<(), Fault> {
        let (mut start, end) = (entry_key(&charge.account, original), entry_key(&charge.account, u64::MAX));
        loop {
            let page = self.records.scan(REFUNDS, &KeyRange::between(&start, &end), MAX_SCAN, Order::Ascending)?;
            for (key, value) in &page {
                let (refund, _) = decode_refund(sequence_of(key)?, value).map_err(damaged)?;
                if refund.original == original && refund.item == 0 {
                    changes.push(put(REFUNDS, key, encode_refund(&refund, &Of::Charge(charge.asked.id))));
                }
            }
            match page.last() {
                Some((last, _)) if page.len() == MAX_SCAN => start = [&last[..], &[0]].concat(),
                _ => return Ok(()),
            }
        }
    }

    /// Cancels a charge; one that is cancelled already stays so, because the answer may have been lost.
    pub fn cancel(&self, account: &AccountId, id: &ChargeId, now: u64) -> Result<Result<Charge, Reason>, Fault> {
        let _writing = self.lock();
        let Some(charge) = self.charge(account, id)? else { return Ok(Err(Reason::NotFound)) };
        match charge.cancel(now) {
            Ok(cancelled) => {
                self.write(&[put_charge(&cancelled)])?;
                Ok(Ok(cancelled))
            }
            Err(Reason::ChargeCancelled) => Ok(Ok(charge)),
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// The receipt of a payment to an account.
    pub fn receipt(&self, account: &AccountId, sequence: u64) -> Result<Option<Vec<u8>>, Fault> {
        self.records.get(RECEIPTS, &entry_key(account, sequence))
    }

    /// The last entry of an account that was taken in; `None` before the first contact.
    pub fn cursor(&self, account: &AccountId) -> Result<Option<u64>, Fault> {
        self.row(CURSORS, &account.0, |value| Reader::new(value).uint())
    }

    /// The ledger as an account's entries were last taken in from it.
    pub fn seen(&self, account: &AccountId) -> Result<Option<SeenLedger>, Fault> {
        self.row(SEEN, &account.0, decode_seen)
    }

    /// Keeps how far the ledger was seen.
    pub fn keep_seen(&self, account: &AccountId, seen: &SeenLedger) -> Result<(), Fault> {
        self.write(&[put(SEEN, &account.0, encode_seen(seen))])
    }

    /// Starts to follow an account after an entry, unless it is followed already; what moved from an instant on comes after it.
    pub fn follow_after(&self, account: &AccountId, sequence: u64, from: u64) -> Result<(), Fault> {
        let _writing = self.lock();
        if self.cursor(account)?.is_none() {
            let mut out = Writer::new();
            out.uint(from);
            self.write(&[put_cursor(account, sequence), put(CURSORS, &followed_key(account), out.into_bytes())])?;
        }
        Ok(())
    }

    /// Since when all that moved is in these records; `None` when that is not known. Of accounts that were followed before this was
    /// kept, it is the first instant that anything is known of.
    pub fn followed_from(&self, account: &AccountId) -> Result<Option<u64>, Fault> {
        if let Some(from) = self.row(CURSORS, &followed_key(account), |value| Reader::new(value).uint())? {
            return Ok(Some(from));
        }
        let first = self.records.scan(TIMES, &KeyRange::prefix(&account.0), 1, Order::Ascending)?;
        let instant = |(key, _): &(Vec<u8>, Vec<u8>)| Some(u64::from_be_bytes(key.get(16..24)?.try_into().ok()?));
        Ok(first.first().and_then(instant))
    }

    /// Takes in a verified entry of an account's history, in the order of the history.
    pub fn take_in(&self, account: &AccountId, entry: &Entry, receipt: &[u8]) -> Result<Vec<News>, Fault> {
        let _writing = self.lock();
        if self.cursor(account)?.is_some_and(|seen| entry.sequence <= seen) {
            return Ok(Vec::new());
        }
        let (mut changes, mut news) = (vec![put_cursor(account, entry.sequence)], Vec::new());
        for movement in movements(entry, account) {
            match movement {
                Movement::In(payment) => {
                    changes.push(put(RECEIPTS, &entry_key(account, payment.sequence), receipt.to_vec()));
                    news.push(self.paid(account, &payment, &mut changes)?);
                }
                Movement::Back(refund) => news.extend(self.given_back(account, &refund, &mut changes)?),
            }
        }
        // On disk after this: all that the entry changes, and that it was taken in. A crash before it takes the entry in again.
        self.write(&changes)?;
        Ok(news)
    }

    fn paid(&self, account: &AccountId, payment: &Payment, changes: &mut Vec<Change>) -> Result<News, Fault> {
        let charge = match &payment.charge {
            Some(named) => match self.charge(account, &named.id)? {
                Some(charge) => Some(charge),
                None => self.asked_at_a_stall(account, payment, &named.id)?,
            },
            None => None,
        };
        match judge(payment, charge.as_ref()) {
            Ok(paid) => {
                changes.extend(charge.iter().map(|before| delete(TIMES, &charge_line(before))));
                changes.push(put(TIMES, &charge_line(&paid), vec![]));
                changes.push(put(ANSWERED, &entry_key(account, payment.sequence), paid.asked.id.to_vec()));
                changes.push(put_charge(&paid));
                Ok(News::Charge(paid.into()))
            }
            Err(why) => {
                let unexpected = Unexpected { payment: *payment, why, refunded: 0 };
                changes.push(put(TIMES, &unexpected_line(account, &unexpected), vec![]));
                changes.push(put_unexpected(account, &unexpected));
                if let (Why::Unknown, Some(named)) = (why, &payment.charge) {
                    changes.push(put(EARLY, &early_key(account, &named.id, payment.sequence), vec![]));
                }
                Ok(News::Unexpected(unexpected))
            }
        }
    }

    /// What a payer asked of themselves at a stall that was still up when they paid.
    fn asked_at_a_stall(&self, account: &AccountId, payment: &Payment, id: &ChargeId) -> Result<Option<Charge>, Fault> {
        let up = |stall: &StallRow| stall.ended.is_none_or(|ended| payment.time <= ended);
        let stall = self.stall(account, &stall_of(id))?.filter(up);
        Ok(stall.and_then(|stall| charge_at(account, &stall, payment)))
    }

    fn given_back(&self, account: &AccountId, refund: &Refund, changes: &mut Vec<Change>) -> Result<Option<News>, Fault> {
        let original = self.original(account, refund)?;
        let (of, news) = match original {
            Some(News::Charge(charge)) => {
                (Of::Charge(charge.asked.id), charge.refund(refund.amount.cents()).map(|charge| News::Charge(charge.into())).ok())
            }
            Some(News::Unexpected(payment)) => (Of::Unexpected, payment.refund(refund.amount.cents()).map(News::Unexpected).ok()),
            None => (Of::Earlier, None),
        };
        match &news {
            Some(News::Charge(charge)) => changes.push(put_charge(charge)),
            Some(News::Unexpected(unexpected)) => changes.push(put_unexpected(account, unexpected)),
            None if of == Of::Earlier => {}
            // The ledger never lets more go back than came: then these records are wrong, and the refund still stands in the list.
            None => tracing::error!(sequence = refund.sequence, "a refund exceeds what the records know of its payment"),
        }
        let name = refund.sequence.to_be_bytes();
        changes.push(put(TIMES, &line_key(account, refund.time, REFUND_LINE, &name), vec![]));
        changes.push(put(REFUNDS, &entry_key(account, refund.sequence), encode_refund(refund, &of)));
        Ok(news)
    }

    /// The payment that a refund names, as it stands.
    fn original(&self, account: &AccountId, refund: &Refund) -> Result<Option<News>, Fault> {
        let answered = if refund.item == 0 { self.records.get(ANSWERED, &entry_key(account, refund.original))? } else { None };
        if let Some(id) = answered.and_then(|id| id.try_into().ok()) {
            return Ok(self.charge(account, &id)?.map(|charge| News::Charge(charge.into())));
        }
        Ok(self.unexpected(account, refund.original, refund.item)?.map(News::Unexpected))
    }

    fn unexpected(&self, account: &AccountId, sequence: u64, item: u16) -> Result<Option<Unexpected>, Fault> {
        let key = unexpected_key(account, sequence, item);
        self.row(UNEXPECTED, &key, |value| decode_unexpected(sequence, item, value))
    }

    /// All that happened to an account from an instant up to and not including another, whole or not at all.
    pub fn day(&self, account: &AccountId, from: u64, to: u64) -> Result<Result<DayRows, Reason>, Fault> {
        self.lines(account, (from, to), |_| true, MAX_DAY_LINES)
    }

    /// What moved: as [`Store::day`] without the charges that were not paid. They count for nothing, so that no till can ask so often
    /// that a day is too large to be told.
    pub fn movements(&self, account: &AccountId, from: u64, to: u64) -> Result<Result<DayRows, Reason>, Fault> {
        self.lines(account, (from, to), |charge| charge.paid_by().is_some(), MAX_DAY_LINES)
    }

    fn lines(
        &self,
        account: &AccountId,
        (from, to): (u64, u64),
        keep: impl Fn(&Charge) -> bool,
        most: usize,
    ) -> Result<Result<DayRows, Reason>, Fault> {
        let mut rows = DayRows::default();
        let mut start = [&account.0[..], &from.to_be_bytes()].concat();
        let end = [&account.0[..], &to.to_be_bytes()].concat();
        loop {
            let page = self.records.scan(TIMES, &KeyRange::between(&start, &end), MAX_SCAN, Order::Ascending)?;
            for (key, _) in &page {
                self.add_line(account, key, &keep, &mut rows)?;
            }
            if rows.charges.len() + rows.unexpected.len() + rows.refunds.len() > most {
                return Ok(Err(Reason::DayTooLarge));
            }
            match page.last() {
                Some((last, _)) if page.len() == MAX_SCAN => start = [&last[..], &[0]].concat(),
                _ => return Ok(Ok(rows)),
            }
        }
    }

    fn add_line(&self, account: &AccountId, key: &[u8], keep: impl Fn(&Charge) -> bool, rows: &mut DayRows) -> Result<(), Fault> {
        let malformed = || damaged(DecodeError::Malformed("the key of a line"));
        let (kind, name) = key.get(24..).and_then(<[u8]>::split_first).ok_or_else(malformed)?;
        match *kind {
            CHARGE_LINE => {
                let id = name.try_into().map_err(|_| malformed())?;
                rows.charges.extend(self.charge(account, &id)?.filter(|charge| keep(charge)));
            }
            UNEXPECTED_LINE => {
                let (sequence, item) = payment_named(name).ok_or_else(malformed)?;
                rows.unexpected.extend(self.unexpected(account, sequence, item)?);
            }
            REFUND_LINE => {
                let sequence = u64::from_be_bytes(name.try_into().map_err(|_| malformed())?);
                let decode = |value: &[u8]| decode_refund(sequence, value);
                rows.refunds.extend(self.row(REFUNDS, &entry_key(account, sequence), decode)?);
            }
            _ => return Err(malformed()),
        }
        Ok(())
    }

    /// The tills that these records know of an account; an account has some dozens at most in its life.
    pub fn tills(&self, account: &AccountId) -> Result<Vec<TillRow>, Fault> {
        let rows = self.records.scan(TILLS, &KeyRange::prefix(&account.0), MAX_SCAN, Order::Ascending)?;
        rows.iter().map(|(key, value)| decode_till(key, value).map_err(damaged)).collect()
    }

    /// Whether a key signs for a shop as far as these records know: it is one of its tills, or was one.
    pub fn signs_for(&self, account: &AccountId, key: &PublicKey) -> Result<bool, Fault> {
        Ok(self.tills(account)?.iter().any(|till| till.key == *key && till.confirmed && till.kind != Kind::Accountant))
    }

    /// Remembers a key that the ledger says is a till of an account, so that what it signed is known as that till's later too.
    pub fn remember_till(&self, account: &AccountId, key: &PublicKey, now: u64) -> Result<(), Fault> {
        let _writing = self.lock();
        let known = self.row(TILLS, &till_key(account, key), |value| decode_till(&till_key(account, key), value))?;
        if known.as_ref().is_some_and(|till| till.confirmed) {
            return Ok(());
        }
        let label = key.to_string()[..KEY_LABEL_DIGITS].to_owned();
        let fresh = || TillRow { key: *key, label, since: now, confirmed: true, kind: Kind::Till };
        let till = known.map_or_else(fresh, |till| TillRow { confirmed: true, ..till });
        self.keep_tills(account, &[till])
    }

    /// Keeps what is known of tills.
    pub fn keep_tills(&self, account: &AccountId, tills: &[TillRow]) -> Result<(), Fault> {
        let change = |till: &TillRow| put(TILLS, &till_key(account, &till.key), encode_till(till));
        self.write(&tills.iter().map(change).collect::<Vec<_>>())
    }

    /// Forgets tills.
    pub fn forget_tills(&self, account: &AccountId, keys: &[PublicKey]) -> Result<(), Fault> {
        self.write(&keys.iter().map(|key| delete(TILLS, &till_key(account, key))).collect::<Vec<_>>())
    }
}

pub(crate) fn damaged(error: DecodeError) -> Fault {
    Fault::Damage(format!("a row of the till's records cannot be read: {error}"))
}

pub(crate) fn put(table: Table, key: &[u8], value: Vec<u8>) -> Change {
    Change::Put { table, key: key.to_vec(), value }
}

pub(crate) fn delete(table: Table, key: &[u8]) -> Change {
    Change::Delete { table, key: key.to_vec() }
}

fn charge_key(account: &AccountId, id: &ChargeId) -> Vec<u8> {
    [account.0, *id].concat()
}

fn entry_key(account: &AccountId, sequence: u64) -> Vec<u8> {
    [&account.0[..], &sequence.to_be_bytes()].concat()
}

fn payment_name(sequence: u64, item: u16) -> Vec<u8> {
    [&sequence.to_be_bytes()[..], &item.to_be_bytes()].concat()
}

fn payment_named(name: &[u8]) -> Option<(u64, u16)> {
    let (sequence, item) = name.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*sequence), u16::from_be_bytes(item.try_into().ok()?)))
}

fn unexpected_key(account: &AccountId, sequence: u64, item: u16) -> Vec<u8> {
    [&account.0[..], &payment_name(sequence, item)].concat()
}

fn till_key(account: &AccountId, key: &PublicKey) -> Vec<u8> {
    [&account.0[..], key.as_bytes()].concat()
}

fn line_key(account: &AccountId, at: u64, kind: u8, name: &[u8]) -> Vec<u8> {
    [&account.0[..], &at.to_be_bytes(), &[kind], name].concat()
}

fn charge_line(charge: &Charge) -> Vec<u8> {
    line_key(&charge.account, charge.listed_at(), CHARGE_LINE, &charge.asked.id)
}

fn unexpected_line(account: &AccountId, Unexpected { payment, .. }: &Unexpected) -> Vec<u8> {
    line_key(account, payment.time, UNEXPECTED_LINE, &payment_name(payment.sequence, payment.item))
}

fn followed_key(account: &AccountId) -> Vec<u8> {
    [&account.0[..], FOLLOWED_FROM].concat()
}

fn early_key(account: &AccountId, charge: &ChargeId, sequence: u64) -> Vec<u8> {
    [&charge_key(account, charge)[..], &sequence.to_be_bytes()].concat()
}

/// The entry that a key of account and sequence names.
fn sequence_of(key: &[u8]) -> Result<u64, Fault> {
    let name = key.get(16..).and_then(|name| name.try_into().ok());
    name.map(u64::from_be_bytes).ok_or_else(|| damaged(DecodeError::Malformed("the key of an entry")))
}

pub(crate) fn put_charge(charge: &Charge) -> Change {
    put(CHARGES, &charge_key(&charge.account, &charge.asked.id), encode_charge(charge))
}

fn put_unexpected(account: &AccountId, unexpected: &Unexpected) -> Change {
    let Payment { sequence, item, .. } = unexpected.payment;
    put(UNEXPECTED, &unexpected_key(account, sequence, item), encode_unexpected(unexpected))
}

fn put_cursor(account: &AccountId, sequence: u64) -> Change {
    let mut out = Writer::new();
    out.uint(sequence);
    put(CURSORS, &account.0, out.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::State;
    use crate::charge::tests::{cents, charge, payment};
    use ledger::SigningKey;
    use ledger::key::{Hash32, Prefix};
    use ledger::outcome::Outcome;
    use ledger::transaction::{Body, SignedTransaction, Transaction, Transfer};

    const LEDGER: Hash32 = Hash32([9; 32]);

    fn entry(sequence: u64, time: u64, body: Body) -> Entry {
        let order = Transaction { nonce: sequence.to_be_bytes(), valid_until: time, body };
        let bytes = order.sign(&LEDGER, &SigningKey::from_bytes(&[5; 32]));
        let order = SignedTransaction::decode(&bytes, &LEDGER).unwrap();
        Entry { sequence, time, order, outcome: Outcome::default() }
    }

    fn paying(payment: &Payment) -> Entry {
        let Payment { payer, amount, charge: named, .. } = *payment;
        let transfer = Transfer { payer, payee: charge().account, amount, charge: named, memo: None };
        entry(payment.sequence, payment.time, Body::Transfer(transfer))
    }

    fn giving_back(sequence: u64, original: u64, cents_back: u64) -> Entry {
        let account = charge().account;
        entry(sequence, payment().time + sequence, Body::Refund { account, original, item: 0, amount: cents(cents_back) })
    }

    fn everything(store: &Store) -> DayRows {
        store.day(&charge().account, 0, u64::MAX).unwrap().unwrap()
    }

    #[test]
    fn what_was_taken_in_is_there_after_a_restart_and_taking_it_in_again_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let account = charge().account;
        let late = Payment { sequence: 50, charge: None, amount: cents(77), ..payment() };
        let entries =
            [paying(&payment()), paying(&late), giving_back(51, 40, 250), giving_back(52, 50, 77), giving_back(53, 3, 10)];
        let store = Store::open(directory.path()).unwrap();
        store.follow_after(&account, 39, 7).unwrap();
        store.add(&charge()).unwrap().unwrap();
        for entry in &entries {
            store.take_in(&account, entry, b"receipt").unwrap();
            assert_eq!(store.take_in(&account, entry, b"receipt").unwrap(), [], "the same event twice");
        }
        let before = everything(&store);
        drop(store);
        let store = Store::open(directory.path()).unwrap();
        assert_eq!(everything(&store), before);
        for entry in &entries {
            assert_eq!(store.take_in(&account, entry, b"receipt").unwrap(), []);
        }
        assert_eq!(everything(&store), before);
        assert_eq!((store.cursor(&account).unwrap(), store.followed_from(&account).unwrap()), (Some(53), Some(7)));
        assert_eq!(store.receipt(&account, 40).unwrap().as_deref(), Some(&b"receipt"[..]));
        let [paid] = &before.charges[..] else { panic!("one charge") };
        assert_eq!((paid.state(payment().time), paid.refunded()), (State::Paid, 250));
        let [unexpected] = &before.unexpected[..] else { panic!("one unexpected payment") };
        assert_eq!((unexpected.why, unexpected.refunded), (Why::NoCharge, 77));
        let of: Vec<Of> = before.refunds.iter().map(|(_, of)| *of).collect();
        assert_eq!(of, [Of::Charge(charge().asked.id), Of::Unexpected, Of::Earlier]);
    }

    #[test]
    fn two_payments_to_the_shop_in_one_list_are_two_lines_and_are_given_back_each() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        let payments = vec![(account, cents(100)), (AccountId([8; 16]), cents(5)), (account, cents(200))];
        store.take_in(&account, &entry(60, 9, Body::Transfers { payer: payment().payer, payments }), b"r").unwrap();
        let back = Body::Refund { account, original: 60, item: 2, amount: cents(200) };
        store.take_in(&account, &entry(61, 10, back), b"r").unwrap();
        let unexpected = everything(&store).unexpected;
        let lines: Vec<_> = unexpected.iter().map(|u| (u.payment.item, u.payment.amount.cents(), u.refunded)).collect();
        assert_eq!(lines, [(0, 100, 0), (2, 200, 200)]);
    }

    #[test]
    fn a_charge_moves_in_the_list_to_the_instant_of_its_payment_and_stands_once() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        store.add(&charge()).unwrap().unwrap();
        let count = |from, to| store.day(&account, from, to).unwrap().unwrap().charges.len();
        let (asked, paid) = (charge().created, payment().time);
        assert_eq!((count(asked, asked + 1), count(paid, paid + 1)), (1, 0));
        store.take_in(&account, &paying(&payment()), b"r").unwrap();
        assert_eq!((count(asked, asked + 1), count(paid, paid + 1)), (0, 1));
    }

    #[test]
    fn charges_that_nobody_paid_do_not_make_a_day_too_large_to_be_signed() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        for number in 10..13 {
            let mut asked = charge();
            asked.asked.id = [number; 16];
            store.add(&asked).unwrap().unwrap();
        }
        store.add(&charge()).unwrap().unwrap();
        store.take_in(&account, &paying(&payment()), b"r").unwrap();
        let bounded = |keep: fn(&Charge) -> bool| store.lines(&account, (0, u64::MAX), keep, 2).unwrap();
        assert_eq!(bounded(|_| true), Err(Reason::DayTooLarge));
        let moved = store.movements(&account, 0, u64::MAX).unwrap();
        assert_eq!(moved.as_ref().map(|rows| rows.charges.len()), Ok(1));
        assert_eq!(bounded(|charge| charge.paid_by().is_some()), moved);
    }

    #[test]
    fn an_account_that_was_followed_before_that_was_kept_counts_from_its_first_row() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        store.write(&[put_cursor(&account, 39)]).unwrap();
        assert_eq!(store.followed_from(&account).unwrap(), None);
        store.take_in(&account, &paying(&payment()), b"r").unwrap();
        assert_eq!(store.followed_from(&account).unwrap(), Some(payment().time));
        store.follow_after(&account, 50, 7).unwrap();
        assert_eq!(store.followed_from(&account).unwrap(), Some(payment().time), "it is followed already");
    }

    #[test]
    fn the_same_request_again_is_the_same_charge_and_another_with_its_id_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.add(&charge()).unwrap().unwrap();
        let id = charge().asked.id;
        let cancelled = store.cancel(&charge().account, &id, charge().created).unwrap().unwrap();
        assert_eq!(store.add(&charge()).unwrap(), Ok(cancelled.clone()));
        assert_eq!(store.cancel(&charge().account, &id, charge().created + 9).unwrap(), Ok(cancelled));
        let other = Charge { request: b"another".to_vec(), ..charge() };
        assert_eq!(store.add(&other).unwrap(), Err(Reason::ChargeExists));
        assert_eq!(store.cancel(&AccountId([4; 16]), &id, 0).unwrap(), Err(Reason::NotFound));
    }

    #[test]
    fn a_charge_that_is_announced_after_its_payment_is_paid_by_it() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        let other_amount = Payment { sequence: 39, amount: cents(1), ..payment() };
        for early in [paying(&other_amount), paying(&payment()), giving_back(41, 40, 250), giving_back(42, 39, 1)] {
            store.take_in(&account, &early, b"r").unwrap();
        }
        let reasons = |rows: &DayRows| rows.unexpected.iter().map(|u| (u.payment.sequence, u.why)).collect::<Vec<_>>();
        assert_eq!(reasons(&everything(&store)), [(39, Why::Unknown), (40, Why::Unknown)]);
        let late = Charge { created: payment().time + 9_000, ..charge() };
        let paid = store.add(&late).unwrap().unwrap();
        assert_eq!((paid.paid_by(), paid.refunded()), (Some(40), 250));
        assert_eq!(store.add(&late).unwrap(), Ok(paid.clone()), "announced twice");
        let rows = everything(&store);
        assert_eq!((rows.charges.as_slice(), reasons(&rows)), (&[paid][..], vec![(39, Why::Amount)]));
        let of: Vec<Of> = rows.refunds.iter().map(|(_, of)| *of).collect();
        assert_eq!(of, [Of::Charge(charge().asked.id), Of::Unexpected]);
        store.take_in(&account, &giving_back(43, 40, 1_000), b"r").unwrap();
        assert_eq!(everything(&store).charges[0].state(payment().time), State::Refunded);
        let twice = Payment { sequence: 44, ..payment() };
        store.take_in(&account, &paying(&twice), b"r").unwrap();
        assert_eq!(reasons(&everything(&store)), [(39, Why::Amount), (44, Why::Twice)]);
    }

    #[test]
    fn a_till_that_was_seen_signs_for_its_shop_and_nobody_else_does() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        let key = |seed: u8| -> PublicKey { SigningKey::from_bytes(&[seed; 32]).verifying_key().into() };
        let waits = |seed, kind| TillRow { key: key(seed), label: "Marché".into(), since: 3, confirmed: false, kind };
        store.keep_tills(&account, &[waits(1, Kind::Till), waits(2, Kind::Cashier)]).unwrap();
        let signs = |seed| store.signs_for(&account, &key(seed)).unwrap();
        assert_eq!([signs(1), signs(2), signs(3)], [false; 3], "a code that was claimed gives no rights");
        for seed in [2, 3] {
            store.remember_till(&account, &key(seed), 9).unwrap();
            store.remember_till(&account, &key(seed), 10).unwrap();
        }
        assert_eq!([signs(1), signs(2), signs(3)], [false, true, true]);
        assert!(!store.signs_for(&AccountId([8; 16]), &key(3)).unwrap(), "another shop's till");
        let tills = store.tills(&account).unwrap();
        let cashier = tills.iter().find(|till| till.key == key(2)).unwrap();
        assert_eq!(
            (cashier.label.as_str(), cashier.since, cashier.kind),
            ("Marché", 3, Kind::Cashier),
            "what was known of it stays"
        );
        assert_eq!(tills.iter().find(|till| till.key == key(3)).unwrap().since, 9);
    }

    #[test]
    fn pins_tills_and_checkpoints_come_back_as_they_were_written() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        assert!(store.trust().unwrap().is_none());
        let trust = Trust { ledger: LEDGER, keys: vec![charge().till], prefix: Prefix::new("liard").unwrap() };
        store.pin(&trust).unwrap();
        let till = TillRow { key: charge().till, label: "caisse 1".into(), since: 7, confirmed: true, kind: Kind::Cashier };
        store.keep_tills(&account, std::slice::from_ref(&till)).unwrap();
        drop(store);
        let store = Store::open(directory.path()).unwrap();
        let pinned = store.trust().unwrap().unwrap();
        assert_eq!((pinned.ledger, pinned.keys, pinned.prefix), (trust.ledger, trust.keys, trust.prefix));
        assert_eq!(store.tills(&account).unwrap(), std::slice::from_ref(&till));
        assert_eq!(store.seen(&account).unwrap(), None);
        let seen = SeenLedger { size: 12, root: [6; 32] };
        store.keep_seen(&account, &seen).unwrap();
        assert_eq!(store.seen(&account).unwrap(), Some(seen));
        store.forget_tills(&account, &[till.key]).unwrap();
        assert_eq!(store.tills(&account).unwrap(), []);
    }
}
