//! What this machine keeps of evenings.
//!
//! ```text
//! FILES        account file                            a sales file: its name, when it came, its size, its mapping, what was found
//! PIECES       account file piece                      its bytes, in pieces
//! MAPPINGS     account fingerprint                     the mapping of the newest file with these headings
//! STATEMENTS   account day                             the signed statement of the day, and the shop's objection
//! MAILED       account                                 the last day that was done with: its statement mailed, or none to mail
//! ```
//! Everything else of an evening is read off charges, tickets and refunds each time.

use super::receipt::Material;
use super::statement::OBJECTION_MS;
use super::wire::{Mapping, Objection};
use crate::charge::{Charge, MAX_CHARGE_MS, Unexpected};
use crate::error::Reason;
use crate::store::{ChargeId, Of, Store, damaged, delete, put};
use crate::tickets::TicketRow;
use crate::tickets::record::{Kind, Means};
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32, PublicKey};
use ledger::records::{KeyRange, MAX_SCAN, Order, Table};
use std::collections::{HashMap, HashSet};

const FILES: Table = Table(20);
const PIECES: Table = Table(21);
const MAPPINGS: Table = Table(22);
const STATEMENTS: Table = Table(23);
const MAILED: Table = Table(24);

/// A shop keeps so many sales files: two years of months. Whoever brings another deletes one.
pub const MAX_FILES: usize = 24;
/// A piece of a file, below what one write holds.
const PIECE_BYTES: usize = 512 << 10;
/// A ticket is written so long after its payment at most, or before: the tickets around a time are looked at too.
const EDGE_MS: u64 = 10 * 60_000;

/// A file's id.
pub type FileId = [u8; 16];

/// What is kept of a sales file beside its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    /// Its id.
    pub id: FileId,
    /// What it is called.
    pub name: String,
    /// When it came.
    pub uploaded: u64,
    /// Its size.
    pub bytes: u64,
    /// The mapping that the shop set for it.
    pub mapping: Option<Mapping>,
    /// The first and the last day that it covers, and how many differences were found, when it was last compared.
    pub found: Option<(u64, u64, u64)>,
}

/// A day statement as it was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatementRow {
    /// The signed note.
    pub note: String,
    /// When it was made.
    pub made: u64,
    /// When the shop first had it: a key that may object read it, or it was mailed. `None` while only accountants, or cashiers without
    /// that right, have seen it.
    pub shown: Option<u64>,
    /// What the shop objected.
    pub objection: Option<Objection>,
}

impl StatementRow {
    /// Until when an objection is taken; `None` while that time has not begun.
    pub fn until(&self) -> Option<u64> {
        self.shown.map(|shown| shown + OBJECTION_MS)
    }
}

impl Store {
    /// All that rows of a time are made of; `made_here` when the shop makes its tickets here.
    pub(crate) fn evening(
        &self,
        account: &AccountId,
        from: u64,
        to: u64,
        made_here: bool,
        as_of: u64,
    ) -> Result<Result<Material, Reason>, Fault> {
        let day = match self.movements(account, from, to)? {
            Ok(day) => day,
            Err(reason) => return Ok(Err(reason)),
        };
        let around = match self.tickets(account, from.saturating_sub(EDGE_MS), to.saturating_add(EDGE_MS))? {
            Ok(tickets) => tickets,
            Err(reason) => return Ok(Err(reason)),
        };
        let (tickets, mut other_tickets): (Vec<TicketRow>, Vec<TicketRow>) =
            around.into_iter().partition(|ticket| (from..to).contains(&ticket.time));
        let named: HashSet<ChargeId> = tickets.iter().chain(&other_tickets).flat_map(TicketRow::charges).copied().collect();
        let mut first = HashMap::new();
        if made_here || !tickets.is_empty() {
            let mut here: HashSet<_> = tickets.iter().chain(&other_tickets).map(|ticket| (ticket.till, ticket.ticket)).collect();
            let paid = day.charges.iter().map(|charge| charge.asked.id);
            let late = day.unexpected.iter().filter_map(|row| Some(row.payment.charge?.id));
            let wanted: HashSet<ChargeId> = paid.chain(late).chain(named.iter().copied()).collect();
            for id in wanted {
                if let Some(ticket) = self.ticket_of_charge(account, &id)? {
                    let name = (ticket.till, ticket.ticket);
                    first.insert(id, name);
                    other_tickets.extend(here.insert(name).then_some(ticket));
                }
            }
        }
        let known: HashSet<ChargeId> = day.charges.iter().map(|charge| charge.asked.id).collect();
        let refunded = day.refunds.iter().filter_map(|(_, of)| if let Of::Charge(id) = of { Some(*id) } else { None });
        let wanted: HashSet<ChargeId> = refunded.chain(named).filter(|id| !known.contains(id)).collect();
        let mut other_charges: Vec<Charge> = Vec::with_capacity(wanted.len());
        for id in wanted {
            other_charges.extend(self.charge(account, &id)?);
        }
        let mut material = Material { day, tickets, other_tickets, other_charges, late: Vec::new(), first, as_of };
        if material.risks() {
            material.late = match self.movements(account, to, to.saturating_add(MAX_CHARGE_MS))? {
                Ok(after) => after.unexpected,
                Err(reason) => return Ok(Err(reason)),
            };
        }
        Ok(Ok(material))
    }

    /// What tills and cashiers are called.
    pub(crate) fn till_labels(&self, account: &AccountId) -> Result<HashMap<PublicKey, String>, Fault> {
        Ok(self.tills(account)?.into_iter().map(|row| (row.key, row.label)).collect())
    }

    /// The shop's sales files, the newest first.
    pub(crate) fn sales_files(&self, account: &AccountId) -> Result<Vec<FileRow>, Fault> {
        let rows = self.records.scan(FILES, &KeyRange::prefix(&account.0), MAX_SCAN, Order::Ascending)?;
        let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let id = key.get(16..).and_then(|id| id.try_into().ok()).ok_or(DecodeError::Malformed("the key of a sales file"))?;
            decode_file(id, value)
        };
        let mut files = rows.iter().map(|row| read(row).map_err(damaged)).collect::<Result<Vec<_>, _>>()?;
        files.sort_by_key(|file| (std::cmp::Reverse(file.uploaded), file.id));
        Ok(files)
    }

    /// A sales file.
    pub(crate) fn sales_file(&self, account: &AccountId, id: &FileId) -> Result<Option<FileRow>, Fault> {
        self.row(FILES, &file_key(account, id), |value| decode_file(*id, value))
    }

    /// Keeps a sales file with its bytes. The row comes last: without it the pieces are nothing.
    pub(crate) fn add_sales_file(&self, account: &AccountId, file: &FileRow, bytes: &[u8]) -> Result<Result<(), Reason>, Fault> {
        let _writing = self.lock();
        if self.sales_files(account)?.len() >= MAX_FILES {
            return Ok(Err(Reason::TooManyFiles));
        }
        for (place, piece) in (0u32..).zip(bytes.chunks(PIECE_BYTES)) {
            self.write(&[put(PIECES, &piece_key(account, &file.id, place), piece.to_vec())])?;
        }
        self.write(&[put(FILES, &file_key(account, &file.id), encode_file(file)?)])?;
        Ok(Ok(()))
    }

    /// The bytes of a sales file.
    pub(crate) fn sales_file_bytes(&self, account: &AccountId, id: &FileId) -> Result<Vec<u8>, Fault> {
        let pieces = self.records.scan(PIECES, &KeyRange::prefix(&file_key(account, id)), MAX_SCAN, Order::Ascending)?;
        Ok(pieces.into_iter().flat_map(|(_, piece)| piece).collect())
    }

    /// Keeps the mapping that the shop set for a sales file, and reads files with its headings so from now on; gives the file as it
    /// stands then, `None` when it was forgotten meanwhile.
    pub(crate) fn keep_mapping(
        &self,
        account: &AccountId,
        id: &FileId,
        mapping: Mapping,
        fingerprint: &Hash32,
    ) -> Result<Option<FileRow>, Fault> {
        let _writing = self.lock();
        let Some(file) = self.sales_file(account, id)? else { return Ok(None) };
        let remembered = put(MAPPINGS, &mapping_key(account, fingerprint), json(&mapping)?);
        let file = FileRow { mapping: Some(mapping), ..file };
        self.write(&[put(FILES, &file_key(account, id), encode_file(&file)?), remembered])?;
        Ok(Some(file))
    }

    /// Keeps what was found in a sales file, unless it is to be read otherwise meanwhile, or was forgotten.
    pub(crate) fn keep_found(&self, account: &AccountId, read: &FileRow) -> Result<(), Fault> {
        let _writing = self.lock();
        match self.sales_file(account, &read.id)? {
            Some(file) if file.mapping == read.mapping => {
                let file = FileRow { found: read.found, ..file };
                self.write(&[put(FILES, &file_key(account, &file.id), encode_file(&file)?)])
            }
            Some(_) | None => Ok(()),
        }
    }

    /// How files with these headings were read last.
    pub(crate) fn mapping(&self, account: &AccountId, fingerprint: &Hash32) -> Result<Option<Mapping>, Fault> {
        self.row(MAPPINGS, &mapping_key(account, fingerprint), mapping_of)
    }

    /// Forgets a sales file; true when there was one. Its row goes first.
    pub(crate) fn forget_sales_file(&self, account: &AccountId, id: &FileId) -> Result<bool, Fault> {
        let _writing = self.lock();
        let key = file_key(account, id);
        if self.sales_file(account, id)?.is_none() {
            return Ok(false);
        }
        let pieces = self.records.scan(PIECES, &KeyRange::prefix(&key), MAX_SCAN, Order::Ascending)?;
        let mut changes = vec![delete(FILES, &key)];
        changes.extend(pieces.iter().map(|(piece, _)| delete(PIECES, piece)));
        self.write(&changes)?;
        Ok(true)
    }

    /// The statement of a day.
    pub(crate) fn statement(&self, account: &AccountId, day: i64) -> Result<Option<StatementRow>, Fault> {
        self.row(STATEMENTS, &day_key(account, day), decode_statement)
    }

    /// Keeps a statement unless there is one, and gives the one that is kept.
    pub(crate) fn add_statement(&self, account: &AccountId, day: i64, row: StatementRow) -> Result<StatementRow, Fault> {
        let _writing = self.lock();
        if let Some(kept) = self.statement(account, day)? {
            return Ok(kept);
        }
        self.write(&[put(STATEMENTS, &day_key(account, day), encode_statement(&row))])?;
        Ok(row)
    }

    /// Keeps that the shop has a statement from now on: the time for an objection begins, once.
    pub(crate) fn keep_shown(&self, account: &AccountId, day: i64, now: u64) -> Result<(), Fault> {
        let _writing = self.lock();
        match self.statement(account, day)? {
            Some(row) if row.shown.is_none() => {
                let row = StatementRow { shown: Some(now), ..row };
                self.write(&[put(STATEMENTS, &day_key(account, day), encode_statement(&row))])
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Keeps what the shop objects to a statement: once, and in time.
    pub(crate) fn object(
        &self,
        account: &AccountId,
        day: i64,
        objection: Objection,
    ) -> Result<Result<StatementRow, Reason>, Fault> {
        let _writing = self.lock();
        let Some(row) = self.statement(account, day)? else { return Ok(Err(Reason::NotFound)) };
        match &row.objection {
            Some(known) if known.text == objection.text => return Ok(Ok(row)),
            Some(_) => return Ok(Err(Reason::ObjectionExists)),
            None if row.until().is_some_and(|until| objection.time > until) => return Ok(Err(Reason::ObjectionLate)),
            None => {}
        }
        let row = StatementRow { objection: Some(objection), ..row };
        self.write(&[put(STATEMENTS, &day_key(account, day), encode_statement(&row))])?;
        Ok(Ok(row))
    }

    /// The last day that was done with: its statement mailed, or none to mail.
    pub(crate) fn mailed(&self, account: &AccountId) -> Result<Option<i64>, Fault> {
        let read = |value: &[u8]| {
            let mut reader = Reader::new(value);
            let day = reader.uint()?;
            reader.end()?;
            i64::try_from(day).map_err(|_| DecodeError::OutOfBounds("a day that was mailed"))
        };
        self.row(MAILED, &account.0, read)
    }

    /// Keeps that the days up to one are done with.
    pub(crate) fn keep_mailed(&self, account: &AccountId, day: i64) -> Result<(), Fault> {
        let mut out = Writer::new();
        out.uint(day.unsigned_abs());
        self.write(&[put(MAILED, &account.0, out.into_bytes())])
    }
}

impl Material {
    /// Whether a ticket says units that were taken at the shop's risk and that no charge of these has: they can have come later.
    fn risks(&self) -> bool {
        let paid: HashSet<ChargeId> = self
            .day
            .charges
            .iter()
            .chain(&self.other_charges)
            .filter(|charge| charge.paid_by().is_some())
            .map(|charge| charge.asked.id)
            .chain(self.day.unexpected.iter().filter_map(|row: &Unexpected| Some(row.payment.charge?.id)))
            .collect();
        let sales = self.tickets.iter().filter(|ticket| ticket.kind == Kind::Sale);
        let mut units = sales.flat_map(|ticket| &ticket.tenders).filter(|tender| tender.means == Means::Units && !tender.certain);
        units.any(|tender| tender.charge.is_none_or(|id| !paid.contains(&id)))
    }
}

fn file_key(account: &AccountId, id: &FileId) -> Vec<u8> {
    [account.0, *id].concat()
}

fn piece_key(account: &AccountId, id: &FileId, place: u32) -> Vec<u8> {
    [&file_key(account, id)[..], &place.to_be_bytes()].concat()
}

fn mapping_key(account: &AccountId, fingerprint: &Hash32) -> Vec<u8> {
    [&account.0[..], &fingerprint.0].concat()
}

fn day_key(account: &AccountId, day: i64) -> Vec<u8> {
    [&account.0[..], &day.unsigned_abs().to_be_bytes()].concat()
}

fn json(mapping: &Mapping) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(mapping).map_err(|_| damaged(DecodeError::Malformed("a mapping that is no JSON")))
}

fn mapping_of(value: &[u8]) -> Result<Mapping, DecodeError> {
    serde_json::from_slice(value).map_err(|_| DecodeError::Malformed("the mapping of a sales file"))
}

/// `[name, uploaded, bytes, mapping as JSON or nothing, [] or [first, last, differences]]`
fn encode_file(file: &FileRow) -> Result<Vec<u8>, Fault> {
    let mut out = Writer::new();
    out.array(5).text(&file.name).uint(file.uploaded).uint(file.bytes);
    out.bytes(&file.mapping.as_ref().map(json).transpose()?.unwrap_or_default());
    match file.found {
        None => out.array(0),
        Some((first, last, differences)) => out.array(3).uint(first).uint(last).uint(differences),
    };
    Ok(out.into_bytes())
}

fn decode_file(id: FileId, value: &[u8]) -> Result<FileRow, DecodeError> {
    let mut reader = Reader::new(value);
    let r = &mut reader;
    r.array_of(5)?;
    let (name, uploaded, bytes) = (r.text(super::MAX_NAME_BYTES)?.to_owned(), r.uint()?, r.uint()?);
    let mapping = match r.bytes()? {
        [] => None,
        mapping => Some(mapping_of(mapping)?),
    };
    let found = match r.array(3)? {
        0 => None,
        3 => Some((r.uint()?, r.uint()?, r.uint()?)),
        _ => return Err(DecodeError::Malformed("what was found in a sales file")),
    };
    reader.end()?;
    Ok(FileRow { id, name, uploaded, bytes, mapping, found })
}

/// `[note, made, objected at or 0, objection, shown or 0]`; the first ones have no `shown`: their time was said to begin when they were
/// made, and does.
fn encode_statement(row: &StatementRow) -> Vec<u8> {
    let (time, text) = row.objection.as_ref().map_or((0, ""), |objection| (objection.time, &objection.text));
    let mut out = Writer::new();
    out.array(5).bytes(row.note.as_bytes()).uint(row.made).uint(time).bytes(text.as_bytes()).uint(row.shown.unwrap_or(0));
    out.into_bytes()
}

fn decode_statement(value: &[u8]) -> Result<StatementRow, DecodeError> {
    let mut reader = Reader::new(value);
    let r = &mut reader;
    let parts = r.array(5)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| DecodeError::Malformed("a text of a statement"));
    let (note, made, time, said) = (text(r.bytes()?)?, r.uint()?, r.uint()?, text(r.bytes()?)?);
    let shown = match parts {
        4 => Some(made),
        5 => Some(r.uint()?).filter(|shown| *shown > 0),
        _ => return Err(DecodeError::Malformed("a statement")),
    };
    reader.end()?;
    Ok(StatementRow { note, made, shown, objection: (time > 0).then_some(Objection { time, text: said }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seven_days_of_a_statement_begin_when_the_shop_has_it_and_those_of_the_first_ones_when_they_were_made() {
        let directory = tempfile::tempdir().unwrap();
        let (store, shop) = (Store::open(directory.path()).unwrap(), AccountId([1; 16]));
        let row = StatementRow { note: "x".into(), made: 5, shown: None, objection: None };
        let object = |day, time| store.object(&shop, day, Objection { time, text: "no".into() }).unwrap();
        for day in [1, 2, 3] {
            store.add_statement(&shop, day, row.clone()).unwrap();
        }
        // An accountant read all three; the shop has two of them a month later.
        let later = 4 * OBJECTION_MS;
        for now in [later, later + 1] {
            store.keep_shown(&shop, 1, now).unwrap();
            store.keep_shown(&shop, 2, now).unwrap();
        }
        assert_eq!(store.statement(&shop, 1).unwrap(), Some(StatementRow { shown: Some(later), ..row.clone() }));
        assert_eq!(object(1, later + OBJECTION_MS + 1).err(), Some(Reason::ObjectionLate));
        assert!(object(2, later + OBJECTION_MS).is_ok() && object(3, later + OBJECTION_MS + 1).is_ok());
        let mut first = Writer::new();
        first.array(4).bytes(b"x").uint(5).uint(0).bytes(b"");
        assert_eq!(decode_statement(&first.into_bytes()), Ok(StatementRow { shown: Some(5), ..row }));
    }

    #[test]
    fn what_is_found_in_a_sales_file_does_not_undo_the_mapping_that_was_set_meanwhile() {
        let directory = tempfile::tempdir().unwrap();
        let (store, shop, id) = (Store::open(directory.path()).unwrap(), AccountId([1; 16]), [2; 16]);
        let file = FileRow { id, name: "ventes.csv".into(), uploaded: 1, bytes: 3, mapping: None, found: None };
        store.add_sales_file(&shop, &file, b"a;b").unwrap().unwrap();
        let mapping = Mapping { amount: 1, ..Mapping::default() };
        let set = store.keep_mapping(&shop, &id, mapping, &Hash32([3; 32])).unwrap().unwrap();
        // Read before the mapping was set, and found after it.
        store.keep_found(&shop, &FileRow { found: Some((1, 2, 3)), ..file.clone() }).unwrap();
        assert_eq!(store.sales_file(&shop, &id).unwrap().as_ref(), Some(&set));
        let found = FileRow { found: Some((1, 2, 4)), ..set };
        store.keep_found(&shop, &found).unwrap();
        assert_eq!(store.sales_file(&shop, &id).unwrap(), Some(found.clone()));
        store.forget_sales_file(&shop, &id).unwrap();
        store.keep_found(&shop, &found).unwrap();
        assert_eq!(store.sales_file(&shop, &id).unwrap(), None);
    }
}
