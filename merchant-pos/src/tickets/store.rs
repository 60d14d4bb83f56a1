//! What this machine keeps of tills' records: every byte, for as long as the law asks, and never another version of one.
//!
//! ```text
//! RECORDS      account till number                     the record's bytes
//! CHAINS       account till                            where the chain stands, and the edge of its Merkle tree
//! TIMES        account instant till number             the tickets by their instants
//! NAMES        account name                            the till and number of the ticket of a charge or of a number
//! CLOSINGS     account till span first-day number      the edge of the Merkle tree after a closing
//! HASHES       hash                                    the account, till and number of a ticket, for whoever has its link
//! FORKS        account till number hash                another record under a number that was taken
//! ```

use super::TicketRow;
use super::archive::Part;
use super::chain::Chain;
use super::closing::{Closing, Period, Span};
use super::record::{Content, Kind, SignedRecord};
use crate::error::Reason;
use crate::store::{ChargeId, MAX_DAY_LINES, Store, damaged, put};
use ledger::calendar::paris_day;
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32, LedgerId, PublicKey};
use ledger::merkle::{Frontier, leaf_hash};
use ledger::records::{Change, KeyRange, MAX_SCAN, Order, Table};

const RECORDS: Table = Table(13);
const CHAINS: Table = Table(14);
const TIMES: Table = Table(15);
const NAMES: Table = Table(16);
const CLOSINGS: Table = Table(17);
const HASHES: Table = Table(18);
const FORKS: Table = Table(19);

/// So many records are read at once for an archive.
const PAGE: usize = 1_000;
/// So many forks of a chain are kept: one convicts, and more say how it came about.
const MAX_FORKS: usize = 100;
/// A shop has at most so many chains in its life: one per key of a till, and it has some dozens.
const MAX_CHAINS: usize = 200;
/// A till's clock may be ahead of this machine's by so much: a wrong time zone, and no wrong date.
const MAX_AHEAD_MS: u64 = 86_400_000;
/// So long is an account's id, with which every key but a hash begins.
const ACCOUNT_BYTES: usize = 16;
/// So long is an instant in a key.
const TIME_BYTES: usize = 8;
/// So long is a place in a list of tickets: an instant, a till and a number.
pub(crate) const PLACE_BYTES: usize = TIME_BYTES + 32 + 8;
/// What names a ticket, as the first byte of its key.
const BY_CHARGE: u8 = 1;
const BY_TICKET: u8 = 2;
const BY_TRAINING: u8 = 3;

/// A till's chain as it is kept.
pub(crate) struct Kept {
    /// Where it stands.
    pub chain: Chain,
    /// The edge of the Merkle tree over its records.
    pub edge: Frontier,
    /// The association's word on the shop's name for this till; empty when there is none.
    pub certificate: Vec<u8>,
}

impl Kept {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.array(3).bytes(&self.chain.encode()).bytes(&self.edge.encode()).bytes(&self.certificate);
        out.into_bytes()
    }
}

/// Which tickets a list shows.
#[derive(Clone, Copy, Default)]
pub(crate) struct Chosen {
    /// Those of one till.
    pub till: Option<PublicKey>,
    /// Those of one cashier.
    pub cashier: Option<PublicKey>,
}

impl Chosen {
    fn has(&self, row: &TicketRow) -> bool {
        self.till.is_none_or(|till| till == row.till) && self.cashier.is_none_or(|cashier| Some(cashier) == row.cashier)
    }
}

/// A ticket in a list, with the hash of its record.
pub(crate) type Listed = (TicketRow, Hash32);

impl Store {
    /// The chain of a till; that of a till without records begins.
    pub(crate) fn chain(&self, account: &AccountId, till: &PublicKey) -> Result<Kept, Fault> {
        let kept = self.row(CHAINS, &till_key(account, till), |value| {
            let mut reader = Reader::new(value);
            reader.array_of(3)?;
            let chain = Chain::decode(*account, *till, reader.bytes()?)?;
            let (edge, certificate) = (edge_of(reader.bytes()?)?, reader.bytes()?.to_vec());
            reader.end()?;
            Ok(Kept { chain, edge, certificate })
        })?;
        let begins = || Kept { chain: Chain::new(*account, *till), edge: Frontier::new(), certificate: Vec::new() };
        Ok(kept.unwrap_or_else(begins))
    }

    /// Takes in records of a till in their order, up to the first that does not follow, and gives the chain after them. Those that are
    /// kept already change nothing; another one under the number of such a record is kept as evidence. One that is far ahead of `now`
    /// is not kept: none of the till's records of the days until then could follow it.
    pub(crate) fn take_records(
        &self,
        account: &AccountId,
        till: &PublicKey,
        records: &[(SignedRecord, &[u8])],
        now: u64,
    ) -> Result<(Kept, Result<(), Reason>), Fault> {
        let _writing = self.lock();
        let mut kept = self.chain(account, till)?;
        if kept.chain.number == 0 && self.chains(account)?.iter().filter(|known| *known != till).count() >= MAX_CHAINS {
            return Ok((kept, Err(Reason::TooManyChains)));
        }
        let (before, mut changes, mut taken) = (kept.chain.number, Vec::new(), Ok(()));
        for (signed, bytes) in records {
            let number = signed.record.number;
            if number <= before {
                if self.till_record(account, till, number)?.as_deref() == Some(*bytes) {
                    continue;
                }
                changes.extend(self.evidence(account, till, signed, bytes)?);
                taken = Err(Reason::TicketFork);
            } else if signed.record.time > now.saturating_add(MAX_AHEAD_MS) {
                taken = Err(Reason::TicketClock);
            } else {
                taken = kept.chain.take(signed);
            }
            if taken.is_err() {
                break;
            }
            kept.edge.push(leaf_hash(bytes));
            self.add_rows(signed, bytes, &kept.edge, &mut changes)?;
        }
        if !changes.is_empty() {
            changes.push(put(CHAINS, &till_key(account, till), kept.encode()));
            // On disk after this: the records, and where the chain stands behind them.
            self.write(&changes)?;
        }
        Ok((kept, taken))
    }

    /// Keeps the association's word on the shop's name for a till that has a chain.
    pub(crate) fn keep_certificate(&self, account: &AccountId, till: &PublicKey, certificate: Vec<u8>) -> Result<(), Fault> {
        let _writing = self.lock();
        let kept = Kept { certificate, ..self.chain(account, till)? };
        self.write(&[put(CHAINS, &till_key(account, till), kept.encode())])
    }

    /// A record that takes the number of another one.
    fn evidence(
        &self,
        account: &AccountId,
        till: &PublicKey,
        signed: &SignedRecord,
        bytes: &[u8],
    ) -> Result<Option<Change>, Fault> {
        let known = self.records.scan(FORKS, &KeyRange::prefix(&till_key(account, till)), MAX_FORKS, Order::Ascending)?;
        let key = [&record_key(account, till, signed.record.number)[..], &signed.hash.0].concat();
        Ok((known.len() < MAX_FORKS).then(|| put(FORKS, &key, bytes.to_vec())))
    }

    fn add_rows(&self, signed: &SignedRecord, bytes: &[u8], edge: &Frontier, changes: &mut Vec<Change>) -> Result<(), Fault> {
        let SignedRecord { record, till, hash } = signed;
        let account = &record.account;
        let key = record_key(account, till, record.number);
        changes.push(put(RECORDS, &key, bytes.to_vec()));
        if let Content::Closing(closing) = &record.content {
            changes.push(put(CLOSINGS, &closing_key(account, till, closing.period, record.number), edge.encode()));
        }
        let Some(row) = TicketRow::of(signed) else { return Ok(()) };
        let name = &key[ACCOUNT_BYTES..];
        changes.push(put(TIMES, &[&time_key(account, record.time), name].concat(), vec![]));
        changes.push(put(NAMES, &number_name(account, till, row.ticket, row.kind.is_training()), name.to_vec()));
        changes.push(put(HASHES, &hash.0, key.clone()));
        if row.kind == Kind::Sale {
            for charge in row.charges() {
                // The first ticket of a charge stays the one that it is found by.
                let charge = charge_name(account, charge);
                let now = changes.iter().any(|change| matches!(change, Change::Put { key, .. } if *key == charge));
                if !now && self.records.get(NAMES, &charge)?.is_none() {
                    changes.push(put(NAMES, &charge, name.to_vec()));
                }
            }
        }
        Ok(())
    }

    /// The bytes of a record.
    pub(crate) fn till_record(&self, account: &AccountId, till: &PublicKey, number: u64) -> Result<Option<Vec<u8>>, Fault> {
        self.records.get(RECORDS, &record_key(account, till, number))
    }

    /// At most so many records of a till from a number on.
    pub(crate) fn till_records(
        &self,
        account: &AccountId,
        till: &PublicKey,
        from: u64,
        most: usize,
    ) -> Result<Vec<Vec<u8>>, Fault> {
        let range = KeyRange::between(&record_key(account, till, from), &record_key(account, till, u64::MAX));
        let rows = self.records.scan(RECORDS, &range, most, Order::Ascending)?;
        Ok(rows.into_iter().map(|(_, bytes)| bytes).collect())
    }

    /// The record of a ticket, by its hash: whoever knows the hash has the ticket's link.
    pub(crate) fn record_of_hash(&self, hash: &Hash32) -> Result<Option<(AccountId, Vec<u8>)>, Fault> {
        let Some(key) = self.records.get(HASHES, &hash.0)? else { return Ok(None) };
        let malformed = || damaged(DecodeError::Malformed("the place of a ticket"));
        let account = AccountId(key.get(..ACCOUNT_BYTES).and_then(|id| id.try_into().ok()).ok_or_else(malformed)?);
        Ok(self.records.get(RECORDS, &key)?.map(|bytes| (account, bytes)))
    }

    /// The record of a ticket, by its number.
    pub(crate) fn record_of_ticket(
        &self,
        account: &AccountId,
        till: &PublicKey,
        ticket: u64,
        training: bool,
    ) -> Result<Option<Vec<u8>>, Fault> {
        self.named(account, &number_name(account, till, ticket, training))
    }

    /// The sale that a charge was for.
    pub fn ticket_of_charge(&self, account: &AccountId, charge: &ChargeId) -> Result<Option<TicketRow>, Fault> {
        Ok(self.listed_of_charge(account, charge)?.map(|(row, _)| row))
    }

    /// The sale that a charge was for, with the hash of its record.
    pub(crate) fn listed_of_charge(&self, account: &AccountId, charge: &ChargeId) -> Result<Option<Listed>, Fault> {
        self.named(account, &charge_name(account, charge))?.map(|bytes| listed(&bytes)).transpose()
    }

    fn named(&self, account: &AccountId, name: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let Some(place) = self.records.get(NAMES, name)? else { return Ok(None) };
        self.records.get(RECORDS, &[&account.0[..], &place].concat())
    }

    /// Sales and refunds, without training, from an instant up to and not including another, in the order of their instants: whole or
    /// not at all.
    pub fn tickets(&self, account: &AccountId, from: u64, to: u64) -> Result<Result<Vec<TicketRow>, Reason>, Fault> {
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = self.ticket_page(account, (from, to), after.as_deref(), MAX_SCAN, &Chosen::default())?;
            rows.extend(page.into_iter().map(|(row, _)| row).filter(|row| !row.kind.is_training()));
            if rows.len() > MAX_DAY_LINES {
                return Ok(Err(Reason::DayTooLarge));
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(Ok(rows)),
            }
        }
    }

    /// The tickets among the next so many from an instant up to and not including another, training too; and after which place to go on.
    pub(crate) fn ticket_page(
        &self,
        account: &AccountId,
        (from, to): (u64, u64),
        after: Option<&[u8]>,
        most: usize,
        chosen: &Chosen,
    ) -> Result<(Vec<Listed>, Option<Vec<u8>>), Fault> {
        let start = match after {
            Some(place) => [&account.0[..], place, &[0]].concat(),
            None => time_key(account, from),
        };
        let page = self.records.scan(TIMES, &KeyRange::between(&start, &time_key(account, to)), most, Order::Ascending)?;
        let mut rows = Vec::new();
        for (key, _) in &page {
            let malformed = || damaged(DecodeError::Malformed("the instant of a ticket"));
            let place = key.get(ACCOUNT_BYTES + TIME_BYTES..).ok_or_else(malformed)?;
            let bytes = self.records.get(RECORDS, &[&account.0[..], place].concat())?.ok_or_else(malformed)?;
            rows.push(listed(&bytes)?);
        }
        rows.retain(|(row, _)| chosen.has(row));
        let next = page.last().filter(|_| page.len() == most).map(|(key, _)| key[ACCOUNT_BYTES..].to_vec());
        Ok((rows, next))
    }

    /// The tills of an account that have a chain; an account has some dozens at most in its life.
    pub(crate) fn chains(&self, account: &AccountId) -> Result<Vec<PublicKey>, Fault> {
        let rows = self.records.scan(CHAINS, &KeyRange::prefix(&account.0), MAX_SCAN, Order::Ascending)?;
        let key = |key: &[u8]| PublicKey::from_bytes(key.get(ACCOUNT_BYTES..)?.try_into().ok()?);
        rows.iter().map(|(name, _)| key(name).ok_or_else(|| damaged(DecodeError::WeakKey))).collect()
    }

    /// The closings of a till of a span whose periods begin within these days, both included, in their order.
    pub(crate) fn closings(
        &self,
        account: &AccountId,
        till: &PublicKey,
        span: Span,
        (first, last): (i64, i64),
    ) -> Result<Vec<(SignedRecord, Closing)>, Fault> {
        let range = KeyRange::between(&span_key(account, till, span, first), &span_key(account, till, span, last + 1));
        let rows = self.records.scan(CLOSINGS, &range, MAX_SCAN, Order::Ascending)?;
        let closing = |key: &[u8]| self.closing_at(account, till, key).map(|signed| signed.map(|(signed, _)| signed));
        let records = rows.iter().map(|(key, _)| closing(key)).collect::<Result<Vec<_>, _>>()?;
        let with_content = |signed: SignedRecord| match signed.record.content.clone() {
            Content::Closing(closing) => Some((signed, closing)),
            _ => None,
        };
        Ok(records.into_iter().flatten().filter_map(with_content).collect())
    }

    /// The last closing of a day before another day, with the edge of the tree after it.
    pub(crate) fn closing_before(
        &self,
        account: &AccountId,
        till: &PublicKey,
        day: i64,
    ) -> Result<Option<(SignedRecord, Vec<u8>, Frontier)>, Fault> {
        let range = KeyRange::between(&span_key(account, till, Span::Day, 0), &span_key(account, till, Span::Day, day));
        let Some((key, edge)) = self.records.scan(CLOSINGS, &range, 1, Order::Descending)?.pop() else { return Ok(None) };
        let edge = edge_of(&edge).map_err(damaged)?;
        Ok(self.closing_at(account, till, &key)?.map(|(signed, bytes)| (signed, bytes, edge)))
    }

    /// What an archive of a till holds from a day to another one, both included: from the first record after the closing of a day before
    /// them, up to the last record that was made by then, and the closings of periods that were over by then.
    pub(crate) fn archive_part(
        &self,
        ledger: LedgerId,
        account: AccountId,
        till: PublicKey,
        words: String,
        (first, last): (i64, i64),
        most_bytes: usize,
    ) -> Result<Result<Part, Reason>, Fault> {
        let before = self.closing_before(&account, &till, first)?;
        let mut from = before.as_ref().map_or(1, |(signed, ..)| signed.record.number + 1);
        let (mut records, mut bytes, mut wanted) = (Vec::new(), 0, 0);
        'pages: loop {
            let page = self.till_records(&account, &till, from, PAGE)?;
            let more = page.len() == PAGE;
            from += PAGE as u64;
            for record in page {
                let signed = SignedRecord::kept(&record).map_err(damaged)?.record;
                let within = match &signed.content {
                    Content::Closing(closing) => closing.period.last_day() <= last,
                    Content::Ticket(_) | Content::Event(_) => paris_day(signed.time) <= last,
                };
                // An event of the next morning may come before the closing of the evening.
                if !within && !matches!(signed.content, Content::Event(_)) {
                    break 'pages;
                }
                bytes += record.len();
                if bytes > most_bytes {
                    return Ok(Err(Reason::DayTooLarge));
                }
                records.push(record);
                if within {
                    wanted = records.len();
                }
            }
            if !more {
                break;
            }
        }
        records.truncate(wanted);
        let part = Part { ledger, account, till, words, before, records };
        Ok(if part.records.is_empty() { Err(Reason::NotFound) } else { Ok(part) })
    }

    fn closing_at(&self, account: &AccountId, till: &PublicKey, key: &[u8]) -> Result<Option<(SignedRecord, Vec<u8>)>, Fault> {
        let number = key.last_chunk().map(|number| u64::from_be_bytes(*number)).unwrap_or_default();
        let bytes = self.till_record(account, till, number)?;
        bytes.map(|bytes| Ok((SignedRecord::kept(&bytes).map_err(damaged)?, bytes))).transpose()
    }
}

fn listed(bytes: &[u8]) -> Result<Listed, Fault> {
    let signed = SignedRecord::kept(bytes).map_err(damaged)?;
    let row = TicketRow::of(&signed).ok_or_else(|| damaged(DecodeError::Malformed("a record that is no ticket")))?;
    Ok((row, signed.hash))
}

fn edge_of(bytes: &[u8]) -> Result<Frontier, DecodeError> {
    let edge = Frontier::decode(bytes).filter(|(_, rest)| rest.is_empty());
    edge.map(|(edge, _)| edge).ok_or(DecodeError::Malformed("the edge of a tree"))
}

fn till_key(account: &AccountId, till: &PublicKey) -> Vec<u8> {
    [&account.0[..], till.as_bytes()].concat()
}

fn record_key(account: &AccountId, till: &PublicKey, number: u64) -> Vec<u8> {
    [&account.0[..], till.as_bytes(), &number.to_be_bytes()].concat()
}

fn time_key(account: &AccountId, time: u64) -> Vec<u8> {
    [&account.0[..], &time.to_be_bytes()].concat()
}

fn charge_name(account: &AccountId, charge: &ChargeId) -> Vec<u8> {
    [&account.0[..], &[BY_CHARGE], charge].concat()
}

fn number_name(account: &AccountId, till: &PublicKey, ticket: u64, training: bool) -> Vec<u8> {
    let by = if training { BY_TRAINING } else { BY_TICKET };
    [&account.0[..], &[by], till.as_bytes(), &ticket.to_be_bytes()].concat()
}

/// Days before 1970 are no days of a till.
fn span_key(account: &AccountId, till: &PublicKey, span: Span, day: i64) -> Vec<u8> {
    let day = u64::try_from(day).unwrap_or(0);
    [&account.0[..], till.as_bytes(), &[span as u8], &day.to_be_bytes()].concat()
}

fn closing_key(account: &AccountId, till: &PublicKey, period: Period, number: u64) -> Vec<u8> {
    [&span_key(account, till, period.span(), period.first_day())[..], &number.to_be_bytes()].concat()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::tickets::record::{Event, Record};

    pub const LEDGER: Hash32 = Hash32([9; 32]);

    /// The records of the golden file, in the order of their chain.
    pub fn golden() -> Vec<(SignedRecord, Vec<u8>)> {
        let text = include_str!("../../tests/tickets.txt");
        let records = text.lines().filter(|line| line.starts_with("record.")).map(|line| line.split_once(" = ").unwrap().1);
        let bytes = records.map(|bytes| hex::decode(bytes).unwrap());
        bytes.map(|bytes| (SignedRecord::decode(&bytes, &LEDGER).unwrap(), bytes)).collect()
    }

    /// A store that has the golden records, and whose they are.
    pub fn filled(directory: &std::path::Path) -> (Store, AccountId, PublicKey) {
        let (store, records) = (Store::open(directory).unwrap(), golden());
        let (account, till) = (records[0].0.record.account, records[0].0.till);
        for part in records.chunks(7) {
            assert_eq!(take(&store, part), Ok(part.last().unwrap().0.record.number));
        }
        (store, account, till)
    }

    fn take(store: &Store, records: &[(SignedRecord, Vec<u8>)]) -> Result<u64, (u64, Reason)> {
        take_at(store, records, records.last().unwrap().0.record.time)
    }

    fn take_at(store: &Store, records: &[(SignedRecord, Vec<u8>)], now: u64) -> Result<u64, (u64, Reason)> {
        let (account, till) = (records[0].0.record.account, records[0].0.till);
        let lent: Vec<_> = records.iter().map(|(signed, bytes)| (signed.clone(), &bytes[..])).collect();
        let (kept, taken) = store.take_records(&account, &till, &lent, now).unwrap();
        taken.map(|()| kept.chain.number).map_err(|reason| (kept.chain.number, reason))
    }

    #[test]
    fn records_come_back_as_they_were_sent_and_the_chain_stands_where_it_stood() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account, till) = filled(directory.path());
        let records = golden();
        let mut chain = Chain::new(account, till);
        records.iter().for_each(|(signed, _)| chain.take(signed).unwrap());
        let tree = records.iter().fold(Frontier::new(), |mut edge, (_, bytes)| {
            edge.push(leaf_hash(bytes));
            edge
        });
        drop(store);
        let store = Store::open(directory.path()).unwrap();
        let kept = store.chain(&account, &till).unwrap();
        assert_eq!((kept.chain, kept.edge.root()), (chain, tree.root()));
        let read = store.till_records(&account, &till, 1, MAX_SCAN).unwrap();
        assert_eq!(read, records.iter().map(|(_, bytes)| bytes.clone()).collect::<Vec<_>>());
        assert_eq!(store.chains(&account).unwrap(), [till]);
        assert_eq!(take(&store, &records[3..9]), Ok(records.len() as u64), "the same again");
    }

    #[test]
    fn what_came_before_a_record_that_does_not_follow_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let (store, records) = (Store::open(directory.path()).unwrap(), golden());
        let gap = [records[0].clone(), records[1].clone(), records[3].clone()];
        assert_eq!(take(&store, &gap), Err((2, Reason::TicketGap)));
        assert_eq!(take(&store, &records[..5]), Ok(5));
    }

    #[test]
    fn another_record_under_a_number_that_is_taken_is_refused_and_kept_as_evidence() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account, till) = filled(directory.path());
        let mut other = golden()[4].0.record.clone();
        other.time += 1;
        let bytes = other.sign(&LEDGER, &ledger::SigningKey::from_bytes(&[6; 32]));
        let forked = [(SignedRecord::decode(&bytes, &LEDGER).unwrap(), bytes.clone())];
        let number = golden().len() as u64;
        assert_eq!(take(&store, &forked), Err((number, Reason::TicketFork)));
        assert_eq!(take(&store, &forked), Err((number, Reason::TicketFork)));
        let kept = store.records.scan(FORKS, &KeyRange::prefix(&till_key(&account, &till)), 9, Order::Ascending).unwrap();
        assert_eq!(kept.iter().map(|(_, bytes)| bytes.as_slice()).collect::<Vec<_>>(), [bytes.as_slice()]);
        assert_eq!(store.till_record(&account, &till, 5).unwrap(), Some(golden()[4].1.clone()), "the first one stays");
    }

    #[test]
    fn tickets_are_found_by_time_number_charge_and_hash() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account, till) = filled(directory.path());
        let all = store.tickets(&account, 0, u64::MAX).unwrap().unwrap();
        let counted =
            golden().iter().filter(|(signed, _)| matches!(signed.record.content.kind(), Kind::Sale | Kind::Refund)).count();
        assert_eq!((all.len(), all.iter().map(|row| row.ticket).max()), (counted, Some(counted as u64)));
        let mixed = &all[1];
        assert_eq!((mixed.total, mixed.tip, mixed.tenders.len(), mixed.number), (2_550, 50, 2, 5));
        assert_eq!(store.tickets(&account, mixed.time, mixed.time + 1).unwrap().unwrap().len(), 2);
        assert_eq!(store.ticket_of_charge(&account, &[3; 16]).unwrap().as_ref(), Some(mixed), "the first ticket of a charge");
        assert_eq!(store.ticket_of_charge(&account, &[4; 16]).unwrap(), None);
        let (_, hash) = store.listed_of_charge(&account, &[3; 16]).unwrap().unwrap();
        assert_eq!(
            store.record_of_hash(&hash).unwrap(),
            store.record_of_ticket(&account, &till, mixed.ticket, false).unwrap().map(|bytes| (account, bytes))
        );
        let (signed, bytes) = &golden()[4];
        assert_eq!(store.record_of_hash(&signed.hash).unwrap(), Some((account, bytes.clone())));
        assert_eq!(store.record_of_ticket(&account, &till, 2, false).unwrap().as_ref(), Some(bytes));
        let training = store.record_of_ticket(&account, &till, 1, true).unwrap().unwrap();
        assert_eq!(SignedRecord::kept(&training).unwrap().record.content.kind(), Kind::TrainingSale);
        assert_eq!(store.record_of_hash(&golden()[0].0.hash).unwrap(), None, "an event has no link");
        let mut pages = Vec::new();
        let mut after = None;
        loop {
            let (rows, next) = store
                .ticket_page(&account, (0, u64::MAX), after.as_deref(), 4, &Chosen { till: Some(till), cashier: None })
                .unwrap();
            pages.extend(rows.into_iter().filter(|(row, _)| !row.kind.is_training()).map(|(row, _)| row));
            after = match next {
                Some(next) => Some(next),
                None => break,
            };
        }
        assert_eq!(pages, all);
    }

    #[test]
    fn a_record_from_a_later_day_is_not_kept_and_the_till_goes_on_once_its_clock_is_right() {
        let directory = tempfile::tempdir().unwrap();
        let (store, records) = (Store::open(directory.path()).unwrap(), golden());
        let start = records[0].0.record.time;
        let (account, till) = (records[0].0.record.account, records[0].0.till);
        let far = Record { time: start + MAX_AHEAD_MS + 1, ..records[1].0.record.clone() };
        let far = far.sign(&LEDGER, &ledger::SigningKey::from_bytes(&[6; 32]));
        let batch = [records[0].clone(), (SignedRecord::decode(&far, &LEDGER).unwrap(), far)];
        assert_eq!(take_at(&store, &batch, start), Err((1, Reason::TicketClock)));
        assert_eq!(store.chain(&account, &till).unwrap().chain.number, 1, "what came before it is kept, it is not");
        assert_eq!(take_at(&store, &records[..2], start), Ok(2), "the right one under its number is no fork");
    }

    #[test]
    fn a_shop_has_a_bounded_number_of_chains_and_those_that_began_go_on() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account, till) = filled(directory.path());
        let key = |number: usize| -> PublicKey {
            let seed = Hash32::of(&number.to_be_bytes());
            ledger::SigningKey::from_bytes(&seed.0).verifying_key().into()
        };
        for number in 1..MAX_CHAINS {
            store.keep_certificate(&account, &key(number), b"word".to_vec()).unwrap();
        }
        assert_eq!(store.take_records(&account, &key(0), &[], 0).unwrap().1, Err(Reason::TooManyChains));
        assert_eq!(store.take_records(&account, &till, &[], 0).unwrap().1, Ok(()));
        assert_eq!(store.take_records(&AccountId([8; 16]), &key(0), &[], 0).unwrap().1, Ok(()), "another shop");
    }

    #[test]
    fn an_archive_has_the_closing_of_its_last_evening_also_when_something_happened_after_midnight() {
        let directory = tempfile::tempdir().unwrap();
        let (store, records) = (Store::open(directory.path()).unwrap(), golden());
        let (account, till) = (records[0].0.record.account, records[0].0.till);
        let (mut chain, start) = (Chain::new(account, till), records[0].0.record.time);
        let mut written = Vec::new();
        let mut push = |chain: &mut Chain, time: u64, content: Content| {
            let Chain { number, hash, .. } = *chain;
            let record = Record { account, number: number + 1, previous: hash, time, cashier: None, content };
            let bytes = record.sign(&LEDGER, &ledger::SigningKey::from_bytes(&[6; 32]));
            let signed = SignedRecord::decode(&bytes, &LEDGER).unwrap();
            chain.take(&signed).unwrap();
            written.push((signed, bytes));
        };
        let sale = records.iter().find(|(signed, _)| signed.record.content.kind() == Kind::Sale).unwrap();
        let event = || Content::Event(Event { code: "signed_in", detail: None, ticket: None });
        let morning = start + MAX_AHEAD_MS;
        push(&mut chain, start, sale.0.record.content.clone());
        push(&mut chain, morning, event());
        let due = chain.due(Span::Day, morning).unwrap();
        push(&mut chain, morning, Content::Closing(due));
        push(&mut chain, morning, event());
        take(&store, &written).unwrap();
        let day = paris_day(start);
        let part = store.archive_part(LEDGER, account, till, String::new(), (day, day), 100_000).unwrap().unwrap();
        assert_eq!(part.records.len(), 3, "the sale, the event before the closing, the closing; not the event after it");
    }

    #[test]
    fn closings_are_found_by_their_period() {
        let directory = tempfile::tempdir().unwrap();
        let (store, account, till) = filled(directory.path());
        let found = |span, first: &str, last: &str| {
            let day = |text| Period::parse(text).unwrap().first_day();
            let closings = store.closings(&account, &till, span, (day(first), day(last))).unwrap();
            closings.iter().map(|(_, closing)| closing.period.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found(Span::Day, "2026-03-29", "2026-03-30"), ["2026-03-29", "2026-03-30", "2026-03-30"]);
        assert_eq!(found(Span::Month, "2026-10-02", "2028-02-01"), ["2026-12", "2027-01", "2028-02"]);
        assert_eq!(found(Span::Year, "2026-01-01", "2028-12-31"), ["2026", "2027"]);
        let before = |day: &str| store.closing_before(&account, &till, Period::parse(day).unwrap().first_day()).unwrap();
        let (signed, _, edge) = before("2026-10-01").unwrap();
        assert_eq!((signed.record.number, edge.size()), (16, 16));
        assert!(before("2026-03-28").is_none());
    }
}
