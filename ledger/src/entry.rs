//! Entries: accepted and numbered transactions, as they stand in the journal and under the Merkle tree.
//!
//! An entry's bytes are the CBOR array `[sequence, time, transaction, outcome]`; the leaf of the tree is their hash. Beside them the
//! journal keeps [`Links`]: for each account touched, the entry that touched it before. Links are an index, can be computed again
//! from the entries, and are under the frame's checksum but not under the leaf hash.

use crate::amount::Cents;
use crate::encoding::{DecodeError, MAX_MESSAGE_BYTES, Reader, Writer};
use crate::key::{AccountId, DecodedKeys, LedgerId, PublicKey, TransactionId};
use crate::outcome::Outcome;
use crate::state::{AccountIndex, Effects, Touch};
use crate::transaction::{NO_LEDGER, SignedTransaction, Transaction};

/// An accepted transaction.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number; the genesis is 0.
    pub sequence: u64,
    /// When it was accepted. Never before the entry before.
    pub time: u64,
    /// The signed order.
    pub order: SignedTransaction,
    /// What the rules made of it.
    pub outcome: Outcome,
}

/// An entry whose transaction has not been looked into.
pub struct RawEntry<'a> {
    /// Its number.
    pub sequence: u64,
    /// When it was accepted.
    pub time: u64,
    /// The COSE bytes.
    pub transaction: &'a [u8],
    /// What the rules made of it.
    pub outcome: Outcome,
}

/// The bytes of an entry.
pub fn encode_entry(sequence: u64, time: u64, transaction: &[u8], outcome: &Outcome) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(4).uint(sequence).uint(time).bytes(transaction);
    outcome.write(&mut out);
    out.into_bytes()
}

impl<'a> RawEntry<'a> {
    /// Reads an entry's bytes.
    pub fn decode(bytes: &'a [u8]) -> Result<RawEntry<'a>, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        r.array_of(4)?;
        let (sequence, time, transaction) = (r.uint()?, r.uint()?, r.bytes()?);
        if transaction.len() > MAX_MESSAGE_BYTES {
            return Err(DecodeError::TooLarge);
        }
        let outcome = Outcome::read(r)?;
        reader.end()?;
        Ok(RawEntry { sequence, time, transaction, outcome })
    }

    /// The entry, once its signature has been verified.
    pub fn verified(self, ledger: &LedgerId) -> Result<Entry, DecodeError> {
        let order = SignedTransaction::decode(self.transaction, self.signed_under(ledger))?;
        Ok(Entry { sequence: self.sequence, time: self.time, order, outcome: self.outcome })
    }

    /// The same for many entries: the keys are decoded once.
    pub fn verified_with(self, ledger: &LedgerId, keys: &DecodedKeys) -> Result<Entry, DecodeError> {
        let order = SignedTransaction::decode_with(self.transaction, self.signed_under(ledger), |key| keys.decode(key))?;
        Ok(Entry { sequence: self.sequence, time: self.time, order, outcome: self.outcome })
    }

    /// The ledger in the AAD: the genesis is signed before there is one.
    fn signed_under<'l>(&self, ledger: &'l LedgerId) -> &'l LedgerId {
        if self.sequence == 0 { &NO_LEDGER } else { ledger }
    }

    /// The entry, without a look at its signature: for what stands in a journal that a signed head vouches for.
    pub(crate) fn recorded(self, ledger: &LedgerId) -> Result<Entry, DecodeError> {
        let order = SignedTransaction::decode_recorded(self.transaction, self.signed_under(ledger))?;
        Ok(Entry { sequence: self.sequence, time: self.time, order, outcome: self.outcome })
    }
}

/// What the journal says of an entry, for views. It was verified when it was accepted, and is not verified again.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its number.
    pub sequence: u64,
    /// When it was accepted.
    pub time: u64,
    /// The transaction's id.
    pub id: TransactionId,
    /// Who signed it.
    pub signer: PublicKey,
    /// What was signed.
    pub transaction: Transaction,
    /// What the rules made of it.
    pub outcome: Outcome,
}

impl Recorded {
    /// The account that signed; `None` where the association's people did.
    pub fn actor(&self) -> Option<AccountId> {
        self.transaction.body.actor(&self.id)
    }

    /// Reads an entry of one's own journal.
    pub(crate) fn decode(bytes: &[u8], ledger: &LedgerId) -> Result<Recorded, DecodeError> {
        let raw = RawEntry::decode(bytes)?;
        let entry = raw.recorded(ledger)?;
        let (id, signer) = (entry.order.id(), entry.order.signer());
        let transaction = entry.order.transaction().clone();
        Ok(Recorded { sequence: entry.sequence, time: entry.time, id, signer, transaction, outcome: entry.outcome })
    }
}

impl From<Entry> for Recorded {
    fn from(entry: Entry) -> Recorded {
        let (id, signer) = (entry.order.id(), entry.order.signer());
        let transaction = entry.order.transaction().clone();
        Recorded { sequence: entry.sequence, time: entry.time, id, signer, transaction, outcome: entry.outcome }
    }
}

/// For each account that an entry touched, how its balance changed and the entry that touched it before; for an operator's entry,
/// the operators' entry before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Links {
    /// The accounts.
    pub accounts: Vec<Touch>,
    /// For an operator's entry, the operators' entry before; `Some(None)` for the first, the genesis.
    pub act: Option<Option<u64>>,
}

impl Links {
    /// The links of an entry that was just accepted.
    pub fn of(effects: &Effects) -> Links {
        Links { accounts: effects.touched.clone(), act: effects.previous_act }
    }

    /// What the entry did to an account; `None` when it did not touch it.
    pub fn touch(&self, account: AccountIndex) -> Option<&Touch> {
        self.accounts.iter().find(|touch| touch.account == account)
    }

    /// The bytes beside the entry: nothing for an entry without links.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        for touch in &self.accounts {
            out.uint(u64::from(touch.account)).uint(touch.previous.map_or(0, |sequence| sequence + 1));
            out.uint(zigzag(touch.change.get()));
        }
        if let Some(act) = self.act {
            out.bool(true).uint(act.map_or(0, |sequence| sequence + 1));
        }
        out.into_bytes()
    }

    /// Reads what [`Links::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Links, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut links = Links::default();
        while !reader.rest().is_empty() {
            if reader.clone().bool().is_ok() {
                if !reader.bool()? {
                    return Err(DecodeError::NotCanonical("the mark of an operator's entry is not true"));
                }
                links.act = Some(reader.uint()?.checked_sub(1));
                reader.end()?;
                break;
            }
            let account = reader.uint()?;
            let account =
                AccountIndex::try_from(account).map_err(|_| DecodeError::OutOfBounds("an account index is too large"))?;
            let previous = reader.uint()?.checked_sub(1);
            links.accounts.push(Touch { account, previous, change: Cents::new(unzigzag(reader.uint()?)) });
        }
        Ok(links)
    }
}

/// Small numbers of either sign as small unsigned ones: 0, −1, 1, −2 … as 0, 1, 2, 3 …
pub(crate) fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

pub(crate) fn unzigzag(code: u64) -> i64 {
    (code >> 1).cast_signed() ^ -(code & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_come_back_as_they_were_written() {
        let touch = |account, previous, change| Touch { account, previous, change: Cents::new(change) };
        let accounts = vec![touch(0, None, -1), touch(70_000, Some(0), i64::MAX), touch(3, Some(900_000), i64::MIN)];
        let plain = Links { accounts, act: None };
        let act = Links { accounts: vec![touch(1, Some(2), 0)], act: Some(Some(40)) };
        let first_act = Links { accounts: vec![], act: Some(None) };
        for links in [Links::default(), plain, act, first_act] {
            assert_eq!(Links::decode(&links.encode()), Ok(links));
        }
    }
}
