//! What is kept of a batch of direct debits: who was asked for how much, under which mandate. Names and IBANs stay with the mandates.
//!
//! ```text
//! table 23    number:u64              {1: bank, 2: version 8 or 2, 3: created, 4: day, 5: by, 6: [[account:16, signed, cents, first], …]}
//! table 25    number:u64 place:u32    nothing: the bank refused this debit
//! ```

use crate::batches::{Batch, Batches};
use crate::pain::DirectDebitVersion as Version;
use ledger::account::{BankNumber, OperatorNumber};
use ledger::coverage::Date;
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::ledger::Ledger;
use ledger::records::{Change, KeyRange, Order, Table};
use std::collections::HashSet;

/// Every batch of direct debits.
pub static COLLECTIONS: Batches = Batches::of(Table(23));
/// The debits that the bank refused.
const REFUSED: Table = Table(25);
/// A batch has so many at most: far more than a town collects on one day, and a record of 40 kB.
pub const MAX_COLLECTED: usize = 1_000;
/// The length of a day, as text.
const DATE_BYTES: usize = 10;

/// A batch of direct debits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collected {
    /// The first is 1.
    pub number: u64,
    /// The bank account that the euros go to.
    pub bank: BankNumber,
    /// In which version the file is written.
    pub version: Version,
    /// When it was prepared.
    pub created: u64,
    /// On which day the members' banks are asked to pay.
    pub date: Date,
    /// Who prepared it.
    pub by: OperatorNumber,
    /// The n-th has the number n in the file, counted from 1.
    pub debits: Vec<Debit>,
}

/// One member's direct debit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Debit {
    /// Whose units it pays for.
    pub account: AccountId,
    /// The mandate that was signed then.
    pub signed_ms: u64,
    /// How much.
    pub cents: u64,
    /// The first under its mandate.
    pub first: bool,
}

impl Collected {
    /// The debits that the bank refused, by their places, counted from 1.
    pub fn refused(&self, ledger: &Ledger) -> Result<HashSet<usize>, Fault> {
        let found =
            ledger.records().scan(REFUSED, &KeyRange::prefix(&self.number.to_be_bytes()), MAX_COLLECTED, Order::Ascending)?;
        let place = |key: &[u8]| key.last_chunk().map(|place| u32::from_be_bytes(*place) as usize);
        Ok(found.iter().filter_map(|(key, _)| place(key)).collect())
    }

    /// Keeps that the bank refused debits.
    pub fn refuse(&self, ledger: &Ledger, places: impl Iterator<Item = usize>) -> Result<(), Fault> {
        let key = |place: usize| [&self.number.to_be_bytes()[..], &u32::try_from(place).unwrap_or(0).to_be_bytes()].concat();
        let changes: Vec<Change> =
            places.map(|place| Change::Put { table: REFUSED, key: key(place), value: Vec::new() }).collect();
        ledger.records().keep(&changes)
    }
}

impl Batch for Collected {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        let version = match self.version {
            Version::V08 => 8,
            Version::V02 => 2,
        };
        out.map(6).uint(1).uint(self.bank.into()).uint(2).uint(version).uint(3).uint(self.created);
        out.uint(4).text(&self.date.to_string()).uint(5).uint(self.by.into()).uint(6).array(self.debits.len());
        for debit in &self.debits {
            out.array(4).bytes(&debit.account.0).uint(debit.signed_ms).uint(debit.cents).bool(debit.first);
        }
        out.into_bytes()
    }

    fn decode(number: u64, bytes: &[u8]) -> Result<Collected, DecodeError> {
        const WRONG: DecodeError = DecodeError::OutOfBounds("a batch of direct debits is out of bounds");
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let bank = r.uint()?.try_into().map_err(|_| WRONG)?;
        map.required(r, 2)?;
        let version = match r.uint()? {
            8 => Version::V08,
            2 => Version::V02,
            _ => return Err(WRONG),
        };
        map.required(r, 3)?;
        let created = r.uint()?;
        map.required(r, 4)?;
        let date = Date::parse(r.text(DATE_BYTES)?).ok_or(WRONG)?;
        map.required(r, 5)?;
        let by = r.uint()?.try_into().map_err(|_| WRONG)?;
        map.required(r, 6)?;
        let count = r.array(MAX_COLLECTED)?;
        let debits = (0..count).map(|_| debit(r)).collect::<Result<_, _>>()?;
        map.end()?;
        reader.end()?;
        Ok(Collected { number, bank, version, created, date, by, debits })
    }
}

fn debit(r: &mut Reader) -> Result<Debit, DecodeError> {
    r.array_of(4)?;
    Ok(Debit { account: AccountId(r.fixed()?), signed_ms: r.uint()?, cents: r.uint()?, first: r.bool()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_back_as_it_was_kept() {
        let debit = |n: u8| Debit { account: AccountId([n; 16]), signed_ms: u64::from(n), cents: 5_000, first: n == 1 };
        let collected = Collected {
            number: 7,
            bank: 1,
            version: Version::V02,
            created: 1_795_357_628_000,
            date: Date::parse("2026-12-07").unwrap(),
            by: 3,
            debits: (0..5).map(debit).collect(),
        };
        let bytes = collected.encode();
        assert_eq!(Collected::decode(7, &bytes), Ok(collected.clone()));
        assert!(Collected::decode(7, &bytes[..bytes.len() - 1]).is_err());
        assert_ne!(Collected { version: Version::V08, ..collected }.encode(), bytes);
    }
}
