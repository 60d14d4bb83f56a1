//! What the intake keeps in the ledger's records.
//!
//! ```text
//! table 17   1 time:u64 file:32         a file that was imported, whole: written last
//!            0 file:32                  its time
//! table 18   day:u32 line:32            a line, sealed under the key of its year
//! table 19   bank:u16 day:u32 hash:32   a statement, by its last day
//! table 20   line:32                    a decision, sealed like its line
//!            o line:32                  an order of the clerk, kept until it is answered, and what came of it
//! table 21   name                       how a table's columns are to be read
//! ```
//! Lines name people, so they are sealed under a key of the directory for each year: destroying that key forgets the year, while the ids that
//! keep a line from coming twice stay.

use crate::bank::Kind;
use crate::intake::calendar::{Day, year_of};
use crate::intake::lines::{Decision, Kept, hash, texts};
use ledger::account::{BankNumber, OperatorNumber};
use ledger::coverage::Date;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32};
use ledger::ledger::Ledger;
use ledger::records::{Change, KeyRange, Order, Table};
use serde_json::{Value, json};

const FILES: Table = Table(17);
const LINES: Table = Table(18);
const STATEMENTS: Table = Table(19);
const DECISIONS: Table = Table(20);
const MAPPINGS: Table = Table(21);

const BY_TIME: u8 = 1;
const BY_HASH: u8 = 0;
const ORDER: u8 = b'o';

/// A file that was imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptFile {
    /// Its SHA-256.
    pub hash: Hash32,
    /// The name under which it came.
    pub name: String,
    /// Its format, in words.
    pub format: String,
    /// When it was imported.
    pub time: u64,
    /// By whom; 0 is the inbox.
    pub by: OperatorNumber,
    /// How many lines it has.
    pub lines: usize,
    /// How many of them were new.
    pub new: usize,
    /// What of it was not taken, in words.
    pub refused: Vec<String>,
}

impl KeptFile {
    fn key(&self) -> Vec<u8> {
        [&[BY_TIME][..], &self.time.to_be_bytes(), &self.hash.0].concat()
    }

    fn encode(&self) -> Vec<u8> {
        let value = json!({
            "name": self.name, "format": self.format, "by": self.by, "lines": self.lines, "new": self.new, "refused": self.refused,
        });
        value.to_string().into_bytes()
    }

    fn decode(key: &[u8], bytes: &[u8]) -> Option<KeptFile> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let (time, hash) = key.get(1..)?.split_first_chunk()?;
        Some(KeptFile {
            hash: Hash32(hash.try_into().ok()?),
            name: value["name"].as_str()?.to_owned(),
            format: value["format"].as_str()?.to_owned(),
            time: u64::from_be_bytes(*time),
            by: value["by"].as_u64()?.try_into().ok()?,
            lines: value["lines"].as_u64()?.try_into().ok()?,
            new: value["new"].as_u64()?.try_into().ok()?,
            refused: texts(&value["refused"]),
        })
    }
}

/// A statement of one of the funds' accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptStatement {
    /// What tells it from any other: account, id, days and balances.
    pub hash: Hash32,
    /// Of which bank account.
    pub bank: BankNumber,
    /// Its IBAN.
    pub account: String,
    /// The bank's id.
    pub id: String,
    /// `statement` or `notification`.
    pub kind: String,
    /// The format, in words.
    pub format: String,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// Cents before the first line.
    pub opening: Option<i64>,
    /// Cents after the last line.
    pub closing: Option<i64>,
    /// Whether its sum is right.
    pub balanced: Option<bool>,
    /// How many lines it has.
    pub lines: usize,
    /// SHA-256 of its file.
    pub file: Hash32,
    /// When it was imported.
    pub time: u64,
}

impl KeptStatement {
    /// True for a statement, which has every movement; not for a notification.
    pub fn is_statement(&self) -> bool {
        self.kind == Kind::Statement.word()
    }

    fn key(&self) -> Vec<u8> {
        let day = self.to.or(self.from).map_or(0, Date::number);
        [&self.bank.to_be_bytes()[..], &day.to_be_bytes(), &self.hash.0].concat()
    }

    fn encode(&self) -> Vec<u8> {
        let day = |date: Option<Date>| date.map(Date::number);
        let value = json!({
            "account": self.account, "id": self.id, "kind": self.kind, "format": self.format, "from": day(self.from), "to": day(self.to),
            "opening": self.opening, "closing": self.closing, "balanced": self.balanced, "lines": self.lines,
            "file": self.file.to_string(), "time": self.time,
        });
        value.to_string().into_bytes()
    }

    fn decode(key: &[u8], bytes: &[u8]) -> Option<KeptStatement> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let (bank, rest) = key.split_first_chunk()?;
        let date = |name: &str| Date::of_number(value[name].as_u64()?.try_into().ok()?);
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        Some(KeptStatement {
            hash: Hash32(rest.get(4..)?.try_into().ok()?),
            bank: u16::from_be_bytes(*bank),
            account: text("account")?,
            id: text("id")?,
            kind: text("kind")?,
            format: text("format")?,
            from: date("from"),
            to: date("to"),
            opening: value["opening"].as_i64(),
            closing: value["closing"].as_i64(),
            balanced: value["balanced"].as_bool(),
            lines: value["lines"].as_u64()?.try_into().ok()?,
            file: hash(&value["file"])?,
            time: value["time"].as_u64()?,
        })
    }
}

/// An order of the clerk for a line: the signed bytes while nobody has answered them, then what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClerkOrder {
    /// The hash of the act in words that tell acts apart: another act of the same line is another order.
    pub act: Hash32,
    /// The signed bytes; none once they were answered.
    pub bytes: Option<Vec<u8>>,
    /// The refusal, if they were refused.
    pub refused: Option<String>,
}

fn holder(day: Day) -> AccountId {
    let hash = Hash32::of(format!("liard/bank/{}", year_of(day)).as_bytes()).0;
    AccountId(std::array::from_fn(|place| hash[place]))
}

fn line_key(day: Day, id: &Hash32) -> Vec<u8> {
    [&day.to_be_bytes()[..], &id.0].concat()
}

fn order_key(id: &Hash32) -> Vec<u8> {
    [&[ORDER][..], &id.0].concat()
}

/// The change that keeps a line.
///
/// # Errors
///
/// As sealing.
pub fn line(ledger: &Ledger, kept: &Kept) -> Result<Change, Fault> {
    let key = line_key(kept.day, &kept.id);
    let value = ledger.directory().seal(&holder(kept.day), LINES, &key, &kept.encode())?;
    Ok(Change::Put { table: LINES, key, value })
}

/// The change that drops a line.
pub fn dropped(day: Day, id: &Hash32) -> Change {
    Change::Delete { table: LINES, key: line_key(day, id) }
}

/// A line; `None` when its year was destroyed.
///
/// # Errors
///
/// As reading records.
pub fn read_line(ledger: &Ledger, day: Day, id: &Hash32) -> Result<Option<Kept>, Fault> {
    let key = line_key(day, id);
    let Some(sealed) = ledger.records().get(LINES, &key)? else { return Ok(None) };
    unsealed(ledger, day, *id, &key, &sealed)
}

fn unsealed(ledger: &Ledger, day: Day, id: Hash32, key: &[u8], sealed: &[u8]) -> Result<Option<Kept>, Fault> {
    let Some(plain) = ledger.directory().unseal(&holder(day), LINES, key, sealed)? else { return Ok(None) };
    Kept::decode(id, &plain).map(Some).ok_or_else(senseless)
}

/// Every line from a day on: its day, its id, and what it says unless its year was destroyed.
///
/// # Errors
///
/// As reading records, and those of `each`.
pub fn lines<E: From<Fault>>(
    ledger: &Ledger,
    from: Day,
    mut each: impl FnMut(Day, Hash32, Option<Kept>) -> Result<(), E>,
) -> Result<(), E> {
    ledger.records().each(LINES, KeyRange::from(&from.to_be_bytes()), |key, value| {
        let (day, id) = key.split_first_chunk().ok_or_else(senseless)?;
        let (day, id) = (u32::from_be_bytes(*day), Hash32(id.try_into().map_err(|_| senseless())?));
        each(day, id, unsealed(ledger, day, id, key, value)?)
    })
}

/// Keeps a decision about a line of this day, or forgets it.
///
/// # Errors
///
/// As sealing and writing records.
pub fn decide(ledger: &Ledger, day: Day, id: &Hash32, decision: Option<&Decision>) -> Result<(), Fault> {
    let key = id.0.to_vec();
    let change = match decision {
        None => Change::Delete { table: DECISIONS, key },
        Some(decision) => {
            let value = ledger.directory().seal(&holder(day), DECISIONS, &key, &decision.encode())?;
            Change::Put { table: DECISIONS, key, value }
        }
    };
    ledger.records().keep(&[change])
}

/// Every decision, and every order of the clerk; `day_of_line` tells the day of a line that is known.
///
/// # Errors
///
/// As reading records.
pub fn decisions(
    ledger: &Ledger,
    day_of_line: impl Fn(&Hash32) -> Option<Day>,
    mut decided: impl FnMut(Hash32, Decision),
    mut ordered: impl FnMut(Hash32, ClerkOrder),
) -> Result<(), Fault> {
    ledger.records().each(DECISIONS, KeyRange::all(), |key, value| {
        if let Ok(id) = <[u8; 32]>::try_from(key).map(Hash32) {
            let Some(day) = day_of_line(&id) else { return Ok(()) };
            let plain = ledger.directory().unseal(&holder(day), DECISIONS, key, value)?;
            plain.and_then(|plain| Decision::decode(&plain)).into_iter().for_each(|decision| decided(id, decision));
            return Ok(());
        }
        let id = key.get(1..).and_then(|id| id.try_into().ok()).map(Hash32).ok_or_else(senseless)?;
        ordered(id, clerk_order(value).ok_or_else(senseless)?);
        Ok::<(), Fault>(())
    })
}

fn clerk_order(value: &[u8]) -> Option<ClerkOrder> {
    let value: Value = serde_json::from_slice(value).ok()?;
    let bytes = value["bytes"].as_str().map(hex::decode).transpose().ok()?;
    Some(ClerkOrder { act: hash(&value["act"])?, bytes, refused: value["refused"].as_str().map(str::to_owned) })
}

/// Keeps what the clerk orders for a line.
///
/// # Errors
///
/// As writing records.
pub fn order(ledger: &Ledger, id: &Hash32, order: &ClerkOrder) -> Result<(), Fault> {
    let value = json!({ "act": order.act.to_string(), "bytes": order.bytes.as_ref().map(hex::encode), "refused": order.refused });
    ledger.records().keep(&[Change::Put { table: DECISIONS, key: order_key(id), value: value.to_string().into_bytes() }])
}

/// The changes that keep a file: written last, they say that all of it is kept.
pub fn file(kept: &KeptFile) -> [Change; 2] {
    let pointer =
        Change::Put { table: FILES, key: [&[BY_HASH][..], &kept.hash.0].concat(), value: kept.time.to_be_bytes().to_vec() };
    [Change::Put { table: FILES, key: kept.key(), value: kept.encode() }, pointer]
}

/// A file that was imported whole.
///
/// # Errors
///
/// As reading records.
pub fn read_file(ledger: &Ledger, hash: &Hash32) -> Result<Option<KeptFile>, Fault> {
    let Some(time) = ledger.records().get(FILES, &[&[BY_HASH][..], &hash.0].concat())? else { return Ok(None) };
    let key = [&[BY_TIME][..], &time, &hash.0].concat();
    let kept = ledger.records().get(FILES, &key)?;
    kept.map(|bytes| KeptFile::decode(&key, &bytes).ok_or_else(senseless)).transpose()
}

/// The newest files.
///
/// # Errors
///
/// As reading records.
pub fn files(ledger: &Ledger, limit: usize) -> Result<Vec<KeptFile>, Fault> {
    let found = ledger.records().scan(FILES, &KeyRange::prefix(&[BY_TIME]), limit, Order::Descending)?;
    found.iter().map(|(key, value)| KeptFile::decode(key, value).ok_or_else(senseless)).collect()
}

/// The change that keeps a statement.
pub fn statement(kept: &KeptStatement) -> Change {
    Change::Put { table: STATEMENTS, key: kept.key(), value: kept.encode() }
}

/// The newest statements of a bank account, or of all, the newest of each account first.
///
/// # Errors
///
/// As reading records.
pub fn statements(ledger: &Ledger, bank: Option<BankNumber>, limit: usize) -> Result<Vec<KeptStatement>, Fault> {
    let range = bank.map_or(KeyRange::all(), |bank| KeyRange::prefix(&bank.to_be_bytes()));
    let found = ledger.records().scan(STATEMENTS, &range, limit, Order::Descending)?;
    found.iter().map(|(key, value)| KeptStatement::decode(key, value).ok_or_else(senseless)).collect()
}

/// Every mapping: its name, and what it says.
///
/// # Errors
///
/// As reading records.
pub fn mappings(ledger: &Ledger) -> Result<Vec<(String, Value)>, Fault> {
    let mut found = Vec::new();
    ledger.records().each(MAPPINGS, KeyRange::all(), |key, value| {
        let name = String::from_utf8(key.to_vec()).map_err(|_| senseless())?;
        found.push((name, serde_json::from_slice(value).map_err(|_| senseless())?));
        Ok::<(), Fault>(())
    })?;
    Ok(found)
}

/// Keeps a mapping under a name.
///
/// # Errors
///
/// As writing records.
pub fn keep_mapping(ledger: &Ledger, name: &str, mapping: &Value) -> Result<(), Fault> {
    let value = mapping.to_string().into_bytes();
    ledger.records().keep(&[Change::Put { table: MAPPINGS, key: name.as_bytes().to_vec(), value }])
}

fn senseless() -> Fault {
    Fault::Damage("what the records hold of the bank's files makes no sense".into())
}
