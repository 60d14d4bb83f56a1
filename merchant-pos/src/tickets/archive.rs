//! The archive of a till: its records of some days, with all that is needed to verify them, in one file that needs no server.
//!
//! ```text
//! {1: "liard till archive 1", 2: ledger, 3: account, 4: till, 5: words, 6: first number, 7: edge of the tree before it,
//!  8: the closing before it or nothing, 9: [record…], 10: note, 11: service's key}
//! ```
//! It begins with the chain's first record, or after a closing of a day, whose perpetual totals the next ones go on from. The note is the
//! service's signature over the Merkle root that the records lead to, and over the words: no bit of the file can change unseen.

use super::chain::Chain;
use super::record::{Content, SignedRecord};
use super::seal;
use crate::error::Reason;
use ledger::SigningKey;
use ledger::encoding::{DecodeError, Map, Reader, Writer};
use ledger::key::{AccountId, LedgerId, PublicKey};
use ledger::merkle::{Frontier, leaf_hash};
use ledger::note::{MAX_NOTE_BYTES, VerifierKey};

/// The longest archive: a year of a till that rings every minute of the day.
pub const MAX_ARCHIVE_BYTES: usize = 128 << 20;
/// With this the file begins, after the heads of the map and of its first key and value.
const MAGIC: &str = "liard till archive 1";
/// The words about the shop: some lines.
pub const MAX_WORDS_BYTES: usize = 2_000;

/// What an archive holds, before it is signed.
pub(crate) struct Part {
    /// The currency.
    pub ledger: LedgerId,
    /// The shop.
    pub account: AccountId,
    /// The till.
    pub till: PublicKey,
    /// Who the shop is, for people.
    pub words: String,
    /// The closing of a day after which the records begin, and the edge of the tree behind it; none from the first record on.
    pub before: Option<(SignedRecord, Vec<u8>, Frontier)>,
    /// The records.
    pub records: Vec<Vec<u8>>,
}

/// What a good archive proves.
#[derive(Clone, Debug)]
pub struct Proved {
    /// The currency.
    pub ledger: LedgerId,
    /// The shop.
    pub account: AccountId,
    /// Who the shop is, in the service's words.
    pub words: String,
    /// The number of the first record.
    pub first: u64,
    /// When the first and the last record were made.
    pub times: [u64; 2],
    /// How many sales and refunds, training tickets, closings and events.
    pub counts: [u64; 4],
    /// The chain after the last record.
    pub chain: Chain,
    /// The service's key, with its name.
    pub service: VerifierKey,
}

/// An archive that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tampered {
    /// The number of the record, where it is about one.
    pub record: Option<u64>,
    /// What is wrong.
    pub why: String,
}

impl From<DecodeError> for Tampered {
    fn from(error: DecodeError) -> Tampered {
        Tampered { record: None, why: error.to_string() }
    }
}

fn tampered(why: &str) -> Tampered {
    Tampered { record: None, why: why.into() }
}

impl Part {
    /// The file.
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let (first, edge, closing) = match &self.before {
            Some((signed, bytes, edge)) => (signed.record.number + 1, edge.clone(), &bytes[..]),
            None => (1, Frontier::new(), &[][..]),
        };
        let mut whole = edge.clone();
        self.records.iter().for_each(|record| whole.push(leaf_hash(record)));
        let origin = seal::origin(&self.ledger, &self.till);
        let note = seal::sign(&origin, &whole, Some(&self.words), key);
        let mut out = Writer::with_room_for(self.records.iter().map(Vec::len).sum::<usize>() + MAX_NOTE_BYTES);
        out.map(11).uint(1).text(MAGIC).uint(2).bytes(&self.ledger.0).uint(3).bytes(&self.account.0);
        out.uint(4).bytes(self.till.as_bytes()).uint(5).text(&self.words).uint(6).uint(first);
        out.uint(7).bytes(&edge.encode()).uint(8).bytes(closing).uint(9).array(self.records.len());
        for record in &self.records {
            out.bytes(record);
        }
        let service = VerifierKey::signer(&origin, key.verifying_key().into());
        out.uint(10).text(&note).uint(11).text(&service.to_string());
        out.into_bytes()
    }
}

/// Whether a file begins like an archive.
pub fn is_archive(bytes: &[u8]) -> bool {
    let mut start = Reader::new(bytes);
    let mut begins = || -> Result<bool, DecodeError> {
        let mut map = start.map()?;
        map.required(&mut start, 1)?;
        Ok(start.text(MAGIC.len())? == MAGIC)
    };
    begins().unwrap_or(false)
}

/// What stands in the file.
struct Read<'a> {
    ledger: LedgerId,
    account: AccountId,
    till: PublicKey,
    words: &'a str,
    first: u64,
    edge: Frontier,
    closing: &'a [u8],
    records: Vec<&'a [u8]>,
    note: &'a str,
    service: VerifierKey,
}

fn read(bytes: &[u8]) -> Result<Read<'_>, Tampered> {
    let mut reader = Reader::new(bytes);
    let r = &mut reader;
    let mut map = r.map()?;
    let key = |map: &mut Map, r: &mut Reader, key| map.required(r, key);
    key(&mut map, r, 1)?;
    if r.text(MAGIC.len())? != MAGIC {
        return Err(tampered("it is no archive of a till"));
    }
    key(&mut map, r, 2)?;
    let ledger = r.hash()?;
    key(&mut map, r, 3)?;
    let account = AccountId(r.fixed()?);
    key(&mut map, r, 4)?;
    let till = r.key()?;
    key(&mut map, r, 5)?;
    let words = r.text_with_lines(MAX_WORDS_BYTES)?;
    key(&mut map, r, 6)?;
    let first = r.uint()?;
    key(&mut map, r, 7)?;
    let edge = Frontier::decode(r.bytes()?).filter(|(_, rest)| rest.is_empty());
    let (edge, _) = edge.ok_or_else(|| tampered("the edge of the tree is malformed"))?;
    key(&mut map, r, 8)?;
    let closing = r.bytes()?;
    key(&mut map, r, 9)?;
    let records = r.array(MAX_ARCHIVE_BYTES)?;
    let records = (0..records).map(|_| r.bytes()).collect::<Result<Vec<_>, _>>()?;
    key(&mut map, r, 10)?;
    let note = r.text_with_lines(MAX_NOTE_BYTES)?;
    key(&mut map, r, 11)?;
    let service = VerifierKey::parse(r.text(MAX_NOTE_BYTES)?).map_err(|error| tampered(&error.to_string()))?;
    map.end()?;
    reader.end()?;
    Ok(Read { ledger, account, till, words, first, edge, closing, records, note, service })
}

/// Verifies every record of an archive, its place in the chain, every sum, and the service's signature over all of it.
///
/// # Errors
///
/// [`Tampered`], with the number of the record where one is to blame.
pub fn verify(bytes: &[u8]) -> Result<Proved, Tampered> {
    let Read { ledger, account, till, words, first, mut edge, closing, records, note, service } = read(bytes)?;
    let mut chain = match closing {
        [] => Chain::new(account, till),
        closing => {
            let at = |why: String| Tampered { record: first.checked_sub(1), why };
            let signed = SignedRecord::decode(closing, &ledger).map_err(|error| at(error.to_string()))?;
            let chain = Chain::after(&signed).filter(|chain| (chain.account, chain.till) == (account, till));
            chain.ok_or_else(|| at("it is no closing of a day of this till".into()))?
        }
    };
    if (chain.number, chain.number + 1) != (edge.size(), first) {
        return Err(tampered("the records do not begin where the file says"));
    }
    let (mut counts, mut times) = ([0; 4], [0; 2]);
    for (place, bytes) in records.iter().enumerate() {
        let record = Some(first + place as u64);
        let signed = SignedRecord::decode(bytes, &ledger).map_err(|error| Tampered { record, why: error.to_string() })?;
        chain.take(&signed).map_err(|reason: Reason| Tampered { record, why: reason.sentence().into() })?;
        edge.push(leaf_hash(bytes));
        let time = signed.record.time;
        times = [if place == 0 { time } else { times[0] }, time];
        counts[match &signed.record.content {
            Content::Ticket(ticket) => usize::from(ticket.training),
            Content::Closing(_) => 2,
            Content::Event(_) => 3,
        }] += 1;
    }
    if records.is_empty() {
        return Err(tampered("it holds no record"));
    }
    if service.name != seal::origin(&ledger, &till) || !seal::holds(note, &service, &edge, Some(words)) {
        return Err(tampered("the service's signature is not one over these records and these words"));
    }
    Ok(Proved { ledger, account, words: words.into(), first, times, counts, chain, service })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::closing::Period;
    use crate::tickets::store::tests::{LEDGER, filled, golden};

    fn service() -> SigningKey {
        SigningKey::from_bytes(&[8; 32])
    }

    /// The archive of the golden chain from a day to another.
    fn archive(first: &str, last: &str) -> Result<Vec<u8>, Reason> {
        let directory = tempfile::tempdir().unwrap();
        let (store, account, till) = filled(directory.path());
        let day = |text| Period::parse(text).unwrap().first_day();
        let part =
            store.archive_part(LEDGER, account, till, "Boulangerie\nBayonne".into(), (day(first), day(last)), MAX_ARCHIVE_BYTES);
        part.unwrap().map(|part| part.sign(&service()))
    }

    #[test]
    fn an_archive_proves_its_records_with_the_closings_of_its_days_and_no_others() {
        let whole = verify(&archive("2026-01-01", "2030-01-01").unwrap()).unwrap();
        let records = golden();
        let last = &records.last().unwrap().0;
        assert_eq!((whole.first, whole.chain.number, whole.chain.hash), (1, records.len() as u64, last.hash));
        assert_eq!(whole.counts.iter().sum::<u64>(), records.len() as u64);
        assert_eq!((whole.words.as_str(), whole.service.key), ("Boulangerie\nBayonne", service().verifying_key().into()));
        // The day's closing was made in the first moment of the next one.
        let day = verify(&archive("2026-10-25", "2026-10-25").unwrap()).unwrap();
        assert_eq!((day.first, day.counts), (17, [4, 0, 2, 0]), "with the closing of March, made late");
        assert_eq!(day.chain.net, 6_340);
        let leap = verify(&archive("2028-02-29", "2028-02-29").unwrap()).unwrap();
        assert_eq!((leap.counts, leap.chain.net), ([2, 0, 4, 0], 8_020));
        assert_eq!(archive("2025-01-01", "2025-12-31"), Err(Reason::NotFound));
        // What no closing of a day covers yet comes with whatever is asked for after it.
        assert_eq!(verify(&archive("2030-01-01", "2030-12-31").unwrap()).unwrap().first, 35);
    }

    #[test]
    fn no_flipped_bit_of_an_archive_goes_unnoticed() {
        for (bytes, step) in
            [(archive("2028-02-29", "2028-02-29").unwrap(), 1), (archive("2026-01-01", "2030-01-01").unwrap(), 41)]
        {
            for at in (0..bytes.len()).step_by(step) {
                let mut wrong = bytes.clone();
                wrong[at] ^= 1 << (at % 8);
                assert!(verify(&wrong).is_err(), "byte {at} of {}", bytes.len());
            }
        }
    }

    #[test]
    fn what_was_tampered_with_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account, till) = filled(directory.path());
        let part = || store.archive_part(LEDGER, account, till, String::new(), (0, 100_000), MAX_ARCHIVE_BYTES).unwrap().unwrap();
        let blamed = |part: Part, key: &SigningKey| verify(&part.sign(key)).unwrap_err();
        let mut without = part();
        without.records.remove(4);
        assert_eq!(blamed(without, &service()), Tampered { record: Some(5), why: Reason::TicketGap.sentence().into() });
        let mut swapped = part();
        swapped.records.swap(2, 4);
        assert_eq!(blamed(swapped, &service()).record, Some(3));
        let mut cheaper = golden()[2].0.record.clone();
        if let Content::Ticket(ticket) = &mut cheaper.content {
            ticket.total -= 1;
        }
        let mut changed = part();
        changed.records[2] = cheaper.sign(&LEDGER, &SigningKey::from_bytes(&[6; 32]));
        assert_eq!(blamed(changed, &service()), Tampered { record: Some(3), why: Reason::TicketSums.sentence().into() });
        let mut short = part();
        short.records.truncate(9);
        let bytes = part().sign(&service());
        let note = |bytes: &[u8]| read(bytes).unwrap().note.to_owned();
        let forged = short.sign(&service());
        let start = String::from_utf8_lossy(&forged).into_owned();
        assert!(
            start.contains("liard till archive 1") && note(&forged) != note(&bytes),
            "another number of records, another note"
        );
        assert!(store.archive_part(LEDGER, account, till, String::new(), (0, 100_000), 2_000).unwrap().is_err(), "too large");
        assert!(is_archive(&bytes) && !is_archive(b"\xa1\x01\x02") && !is_archive(b""));
    }
}
