//! What is kept of a batch of redemptions: enough to build its file again, byte for byte, and nothing personal.
//!
//! ```text
//! table 22    number:u64    {1: bank, 2: version 9 or 3, 3: created, 4: day of execution, 5: [entries, ascending], 6: SHA-256, 7: by}
//! table 24    number:u64    {1: when its file was given out first, 2: to whom}
//! ```

use crate::batches::{Batch, Batches};
use crate::pain::CreditTransferVersion as Version;
use ledger::account::{BankNumber, OperatorNumber};
use ledger::coverage::Date;
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::key::Hash32;
use ledger::records::Table;
use ledger::transaction::{Act, MAX_ORDERED};

/// Every batch of redemptions.
pub static PAYOUTS: Batches = Batches::of(Table(22));
/// Which of their files were given out.
pub static GIVEN_OUT: Batches = Batches::of(Table(24));
/// The length of a day, as text.
const DATE_BYTES: usize = 10;

/// A batch of redemptions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payout {
    /// The first is 1.
    pub number: u64,
    /// The bank account that pays.
    pub bank: BankNumber,
    /// In which version the file was written.
    pub version: Version,
    /// When it was prepared.
    pub created: u64,
    /// On which day the bank is asked to pay.
    pub execution: Date,
    /// The entries of the redemptions, ascending.
    pub redemptions: Vec<u64>,
    /// SHA-256 of the file.
    pub hash: Hash32,
    /// Who prepared it.
    pub by: OperatorNumber,
}

impl Payout {
    /// The act that approves it.
    pub fn act(&self) -> Act {
        Act::OrderRedemptions { bank: self.bank, redemptions: self.redemptions.clone(), evidence: self.hash }
    }
}

impl Batch for Payout {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        let version = match self.version {
            Version::V09 => 9,
            Version::V03 => 3,
        };
        out.map(7).uint(1).uint(self.bank.into()).uint(2).uint(version).uint(3).uint(self.created);
        out.uint(4).text(&self.execution.to_string()).uint(5).array(self.redemptions.len());
        for redemption in &self.redemptions {
            out.uint(*redemption);
        }
        out.uint(6).bytes(&self.hash.0).uint(7).uint(self.by.into());
        out.into_bytes()
    }

    fn decode(number: u64, bytes: &[u8]) -> Result<Payout, DecodeError> {
        const WRONG: DecodeError = DecodeError::OutOfBounds("a batch of redemptions is out of bounds");
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let bank = r.uint()?.try_into().map_err(|_| WRONG)?;
        map.required(r, 2)?;
        let version = match r.uint()? {
            9 => Version::V09,
            3 => Version::V03,
            _ => return Err(WRONG),
        };
        map.required(r, 3)?;
        let created = r.uint()?;
        map.required(r, 4)?;
        let execution = Date::parse(r.text(DATE_BYTES)?).ok_or(WRONG)?;
        map.required(r, 5)?;
        let count = r.array(MAX_ORDERED)?;
        let redemptions = (0..count).map(|_| r.uint()).collect::<Result<_, _>>()?;
        map.required(r, 6)?;
        let hash = r.hash()?;
        map.required(r, 7)?;
        let by = r.uint()?.try_into().map_err(|_| WRONG)?;
        map.end()?;
        reader.end()?;
        Ok(Payout { number, bank, version, created, execution, redemptions, hash, by })
    }
}

/// When a batch's file was given out first, and to whom: from then on a bank may have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GivenOut {
    /// In milliseconds since 1970.
    pub time: u64,
    /// Who took it.
    pub by: OperatorNumber,
}

impl Batch for GivenOut {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(2).uint(1).uint(self.time).uint(2).uint(self.by.into());
        out.into_bytes()
    }

    fn decode(_: u64, bytes: &[u8]) -> Result<GivenOut, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let time = r.uint()?;
        map.required(r, 2)?;
        let by = r.uint()?.try_into().map_err(|_| DecodeError::OutOfBounds("an operator's number is out of bounds"))?;
        map.end()?;
        reader.end()?;
        Ok(GivenOut { time, by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_back_as_it_was_kept() {
        let payout = Payout {
            number: 7,
            bank: 1,
            version: Version::V03,
            created: 1_795_357_628_000,
            execution: Date::parse("2026-11-23").unwrap(),
            redemptions: vec![1, 17, u64::MAX],
            hash: Hash32([7; 32]),
            by: 3,
        };
        let bytes = payout.encode();
        assert_eq!(Payout::decode(7, &bytes), Ok(payout.clone()));
        assert!(Payout::decode(7, &bytes[..bytes.len() - 1]).is_err());
        assert_ne!(Payout { version: Version::V09, ..payout }.encode(), bytes);
        let given = GivenOut { time: 1_795_357_628_000, by: 3 };
        assert_eq!(GivenOut::decode(7, &given.encode()), Ok(given));
    }
}
