//! The shop's stalls in this machine's records.
//!
//! ```text
//! STALLS       account stall                           [till, label, sign, certificate, since, ended or 0]
//! ```

use crate::error::Reason;
use crate::stalls::StallId;
use crate::store::{Store, damaged, put};
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::fault::Fault;
use ledger::key::{AccountId, PublicKey};
use ledger::message::MAX_STALL_LABEL_BYTES;
use ledger::records::{KeyRange, MAX_SCAN, Order, Table};

const STALLS: Table = Table(31);
/// A shop has at most so many signs, those that ended included: one a week for four years.
const MAX_STALLS: usize = 200;

/// A stall.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StallRow {
    /// The key that signed the sign.
    pub till: PublicKey,
    /// What the shop calls it.
    pub label: String,
    /// The signed sign.
    pub sign: Vec<u8>,
    /// The association's newest word on the shop's name, for that key; empty when there was none.
    pub certificate: Vec<u8>,
    /// Since when.
    pub since: u64,
    /// When the shop took it down.
    pub ended: Option<u64>,
}

fn encode(row: &StallRow) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(6).bytes(row.till.as_bytes()).text(&row.label).bytes(&row.sign).bytes(&row.certificate);
    out.uint(row.since).uint(row.ended.unwrap_or(0));
    out.into_bytes()
}

fn decode(value: &[u8]) -> Result<StallRow, DecodeError> {
    let mut reader = Reader::new(value);
    let r = &mut reader;
    r.array_of(6)?;
    let (till, label) = (r.key()?, r.text(MAX_STALL_LABEL_BYTES)?.to_owned());
    let (sign, certificate) = (r.bytes()?.to_vec(), r.bytes()?.to_vec());
    let (since, ended) = (r.uint()?, r.uint()?);
    reader.end()?;
    Ok(StallRow { till, label, sign, certificate, since, ended: (ended != 0).then_some(ended) })
}

fn stall_key(account: &AccountId, id: &StallId) -> Vec<u8> {
    [&account.0[..], id].concat()
}

impl Store {
    /// A stall of an account.
    pub fn stall(&self, account: &AccountId, id: &StallId) -> Result<Option<StallRow>, Fault> {
        self.row(STALLS, &stall_key(account, id), decode)
    }

    /// Every stall of an account.
    pub fn stalls(&self, account: &AccountId) -> Result<Vec<(StallId, StallRow)>, Fault> {
        let rows = self.records.scan(STALLS, &KeyRange::prefix(&account.0), MAX_SCAN, Order::Ascending)?;
        let malformed = || damaged(DecodeError::Malformed("the key of a stall"));
        let row = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let id = key.get(16..).and_then(|id| id.try_into().ok()).ok_or_else(malformed)?;
            Ok((id, decode(value).map_err(damaged)?))
        };
        rows.iter().map(row).collect()
    }

    /// Puts up a sign; the same again is the same stall.
    pub fn open_stall(&self, account: &AccountId, id: &StallId, row: StallRow) -> Result<Result<StallRow, Reason>, Fault> {
        let _writing = self.lock();
        match self.stall(account, id)? {
            Some(known) if known.sign == row.sign => return Ok(Ok(known)),
            Some(_) => return Ok(Err(Reason::StallExists)),
            None => {}
        }
        if self.stalls(account)?.len() >= MAX_STALLS {
            return Ok(Err(Reason::TooManyStalls));
        }
        self.write(&[put(STALLS, &stall_key(account, id), encode(&row))])?;
        Ok(Ok(row))
    }

    /// Takes a sign down: what is paid at it from now on is unexpected. One that was taken down stays so.
    pub fn end_stall(&self, account: &AccountId, id: &StallId, now: u64) -> Result<Result<StallRow, Reason>, Fault> {
        let _writing = self.lock();
        let Some(row) = self.stall(account, id)? else { return Ok(Err(Reason::NotFound)) };
        let row = StallRow { ended: row.ended.or(Some(now)), ..row };
        self.write(&[put(STALLS, &stall_key(account, id), encode(&row))])?;
        Ok(Ok(row))
    }

    /// Keeps the association's newest word beside each sign.
    pub fn keep_words(&self, account: &AccountId, rows: &[(StallId, StallRow)]) -> Result<(), Fault> {
        let _writing = self.lock();
        let mut changes = Vec::new();
        for (id, row) in rows {
            let Some(known) = self.stall(account, id)? else { continue };
            if known.certificate != row.certificate {
                let row = StallRow { certificate: row.certificate.clone(), ..known };
                changes.push(put(STALLS, &stall_key(account, id), encode(&row)));
            }
        }
        if changes.is_empty() { Ok(()) } else { self.write(&changes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::tests::{cents, charge, payment};
    use crate::store::DayRows;
    use ledger::entry::Entry;
    use ledger::key::Hash32;
    use ledger::outcome::Outcome;
    use ledger::transaction::{Body, ChargeReference, SignedTransaction, Transaction, Transfer};

    const STALL: StallId = [7; 8];

    fn row() -> StallRow {
        StallRow {
            till: charge().till,
            label: "Marché".into(),
            sign: b"sign".to_vec(),
            certificate: vec![],
            since: 5,
            ended: None,
        }
    }

    /// A payment at the stall, whose payer drew this.
    fn paying(sequence: u64, drawn: u8) -> Entry {
        let id: [u8; 16] = [[7; 8], [drawn; 8]].concat().try_into().unwrap();
        let asked = ChargeReference { id, expires: payment().time + 600_000 };
        let transfer =
            Transfer { payer: payment().payer, payee: charge().account, amount: cents(450), charge: Some(asked), memo: None };
        let ledger = Hash32([9; 32]);
        let order = Transaction { nonce: sequence.to_be_bytes(), valid_until: payment().time, body: Body::Transfer(transfer) };
        let bytes = order.sign(&ledger, &ledger::SigningKey::from_bytes(&[5; 32]));
        let order = SignedTransaction::decode(&bytes, &ledger).unwrap();
        Entry { sequence, time: payment().time, order, outcome: Outcome::default() }
    }

    fn everything(store: &Store) -> DayRows {
        store.day(&charge().account, 0, u64::MAX).unwrap().unwrap()
    }

    #[test]
    fn a_payment_at_a_stall_is_a_paid_charge_and_at_one_that_was_taken_down_it_is_unexpected() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        store.take_in(&account, &paying(40, 1), b"r").unwrap();
        assert_eq!(everything(&store).unexpected.len(), 1, "nobody put up this sign");
        assert_eq!(store.open_stall(&account, &STALL, row()).unwrap(), Ok(row()));
        store.take_in(&account, &paying(41, 2), b"r").unwrap();
        store.take_in(&account, &paying(42, 3), b"r").unwrap();
        let rows = everything(&store);
        let listed: Vec<_> = rows.charges.iter().map(|charge| (charge.paid_by(), charge.reference.clone())).collect();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0].0.min(listed[1].0), Some(41));
        assert!(listed.iter().all(|(_, reference)| reference.as_ref().is_some_and(|text| text.starts_with("Marché "))));
        let back = Body::Refund { account, original: 41, item: 0, amount: cents(450) };
        let order = Transaction { nonce: [4; 8], valid_until: payment().time, body: back };
        let ledger = Hash32([9; 32]);
        let order = SignedTransaction::decode(&order.sign(&ledger, &ledger::SigningKey::from_bytes(&[5; 32])), &ledger).unwrap();
        store.take_in(&account, &Entry { sequence: 43, time: payment().time, order, outcome: Outcome::default() }, b"r").unwrap();
        assert_eq!(everything(&store).charges.iter().map(crate::charge::Charge::refunded).sum::<u64>(), 450);
        store.end_stall(&account, &STALL, 9).unwrap().unwrap();
        store.take_in(&account, &paying(44, 4), b"r").unwrap();
        assert_eq!((everything(&store).charges.len(), everything(&store).unexpected.len()), (2, 2));
    }

    #[test]
    fn a_payment_made_before_a_stall_was_taken_down_is_expected_even_when_it_is_read_later() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        store.open_stall(&account, &STALL, row()).unwrap().unwrap();
        store.end_stall(&account, &STALL, payment().time).unwrap().unwrap();
        store.take_in(&account, &paying(41, 2), b"r").unwrap();
        let late = Entry { time: payment().time + 1, ..paying(42, 3) };
        store.take_in(&account, &late, b"r").unwrap();
        assert_eq!((everything(&store).charges.len(), everything(&store).unexpected.len()), (1, 1));
    }

    #[test]
    fn a_sign_is_put_up_once_and_its_newest_word_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account) = (Store::open(directory.path()).unwrap(), charge().account);
        store.open_stall(&account, &STALL, row()).unwrap().unwrap();
        store
            .keep_words(&account, &[(STALL, StallRow { certificate: b"word".to_vec(), label: "other".into(), ..row() })])
            .unwrap();
        let known = StallRow { certificate: b"word".to_vec(), ..row() };
        assert_eq!(store.open_stall(&account, &STALL, row()).unwrap(), Ok(known.clone()));
        let other = StallRow { sign: b"another".to_vec(), ..row() };
        assert_eq!(store.open_stall(&account, &STALL, other).unwrap(), Err(Reason::StallExists));
        assert_eq!(store.stalls(&account).unwrap(), [(STALL, known)]);
        assert_eq!(store.end_stall(&account, &[1; 8], 9).unwrap(), Err(Reason::NotFound));
    }
}
