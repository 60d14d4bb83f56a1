//! The JSON of the evening: figures, lists, the shop's own sales file and its comparison, day statements, and what a shop set up.
//!
//! As in [`crate::wire`]: whole cents, milliseconds since 1970, keys and ids in lower-case hexadecimal. Days are those of Paris, as
//! `2026-11-22`. A list gives `next`, to be handed back as `after`, while there is more.

use serde::{Deserialize, Serialize};

/// The query of `GET /pos/v1/evening`: a time, and what to keep of it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct EveningQuery {
    /// From this instant on.
    pub from: u64,
    /// Before this one.
    pub to: u64,
    /// Only this till's.
    pub till: Option<String>,
    /// Only this cashier's.
    pub cashier: Option<String>,
}

/// The query of `GET /pos/v1/evening/rows`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RowsQuery {
    /// `all`, `matched`, `unmatched`, `unexpected`, `refunded` or `offline`; all when absent.
    pub list: Option<String>,
    /// From this instant on.
    pub from: u64,
    /// Before this one.
    pub to: u64,
    /// Only this till's.
    pub till: Option<String>,
    /// Only this cashier's.
    pub cashier: Option<String>,
    /// What the page before gave as `next`.
    pub after: Option<String>,
    /// So many at most.
    pub limit: Option<usize>,
}

/// `GET /pos/v1/evening`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evening {
    /// The sums.
    pub totals: EveningTotals,
    /// Per VAT rate, ascending; empty without tickets.
    pub by_rate: Vec<RateSum>,
    /// Per means of payment.
    pub by_means: Vec<MeansSum>,
    /// Per day of Paris on which something happened, ascending.
    pub by_day: Vec<DaySum>,
    /// Per till, the most first.
    pub by_till: Vec<KeySum>,
    /// Per cashier, the most first.
    pub by_cashier: Vec<KeySum>,
    /// How many rows stand in each list.
    pub counts: Counts,
    /// Whether the shop makes its tickets here. If not, sales are what was received in units.
    pub tickets: bool,
    /// Up to when the ledger was read; zero when it could not be since this machine started.
    pub as_of: u64,
}

/// The sums of a time, in cents.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EveningTotals {
    /// Sold, VAT included, without tips.
    pub sales: u64,
    /// Given back.
    pub refunds: u64,
    /// Tips.
    pub tips: u64,
    /// `sales − refunds`.
    pub net: i64,
    /// Units that came in by the ledger, unexpected ones too.
    pub units_in: u64,
    /// Units that went back by the ledger.
    pub units_back: u64,
}

/// What was sold at a VAT rate, less what was given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RateSum {
    /// Hundredths of a percent.
    pub rate: u16,
    /// VAT included.
    pub gross: i64,
    /// The VAT in it.
    pub vat: i64,
}

/// What came by a means of payment, less what went back by it; tips are in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MeansSum {
    /// `units`, `cash`, `card`, `cheque` or `other`.
    pub means: String,
    /// How much.
    pub amount: i64,
}

/// A day's sum.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DaySum {
    /// The day.
    pub day: String,
    /// What was received, less what went back.
    pub net: i64,
    /// How many rows.
    pub count: u64,
}

/// A till's or a cashier's sum.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeySum {
    /// Its key.
    pub key: String,
    /// What the shop calls it, if it is known.
    pub label: Option<String>,
    /// What was received, less what went back.
    pub net: i64,
    /// How many rows.
    pub count: u64,
}

/// How many rows stand in each list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Received, with charge and, where the shop makes tickets, its ticket.
    pub matched: u64,
    /// A ticket without its units, or units without their ticket.
    pub unmatched: u64,
    /// Units that answer no charge.
    pub unexpected: u64,
    /// Refunds, and payments of which a part or all went back.
    pub refunded: u64,
    /// Taken without network.
    pub offline: u64,
    /// What the newest comparison with a sales file that touches this time found.
    pub differences: u64,
}

/// `GET /pos/v1/evening/rows`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rows {
    /// The rows, the oldest first.
    pub rows: Vec<Row>,
    /// Where to go on.
    pub next: Option<String>,
}

/// Something received or given back: one movement of the ledger, or one means of payment of a ticket that the ledger knows nothing of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its name in lists: the same for ever.
    pub id: String,
    /// When it happened.
    pub time: u64,
    /// Cents; below zero for what went back.
    pub amount: i64,
    /// The entry of the ledger.
    pub sequence: Option<u64>,
    /// The charge.
    pub charge: Option<String>,
    /// The shop's own reference.
    pub reference: Option<String>,
    /// The till's key.
    pub till: Option<String>,
    /// The cashier's key.
    pub cashier: Option<String>,
    /// The ticket.
    pub ticket: Option<TicketName>,
    /// Who paid.
    pub payer: Option<String>,
    /// `paid`, `refunded` (in whole), `refund`, `unexpected`, `missing` (a ticket says units, the ledger has none), `waiting` (taken
    /// without network, can still arrive) or `noted` (euros that the till noted).
    pub state: String,
    /// Why a payment is unexpected: `cancelled`, `expired`, `unknown`, `no_charge`, `amount` or `twice`.
    /// Of a ticket or a payment that is not tied though one names the other: `amount` or `twice` (another ticket took it).
    pub reason: Option<String>,
    /// How much of it went back.
    pub refunded: u64,
    /// `units`, `cash`, `card`, `cheque` or `other`.
    pub means: String,
    /// Of what was taken without network: `waiting`, `confirmed`, `late` or `refused`.
    pub offline: Option<String>,
}

/// A ticket by its till and its number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TicketName {
    /// The till's key.
    pub till: String,
    /// The ticket's number.
    pub ticket: u64,
}

/// The query of `POST /pos/v1/sales-files`.
#[derive(Clone, Debug, Deserialize)]
pub struct NameQuery {
    /// What the file is called.
    pub name: Option<String>,
}

/// The query of `GET /pos/v1/sales-files/{id}/rows`.
#[derive(Clone, Debug, Deserialize)]
pub struct CompareQuery {
    /// `matched` or a kind of difference; every difference when absent.
    pub list: Option<String>,
    /// What the page before gave as `next`.
    pub after: Option<u64>,
    /// So many at most.
    pub limit: Option<usize>,
}

/// How the columns of a sales file are to be read. Columns are counted from 0.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Mapping {
    /// The day, perhaps with the time of day.
    pub date: usize,
    /// The time of day, where it has a column of its own.
    pub time: Option<usize>,
    /// The amount, VAT included; below zero for what went back.
    pub amount: usize,
    /// The reference: the ticket's number, the order's.
    pub reference: Option<usize>,
    /// The means of payment.
    pub means: Option<usize>,
    /// What stands there of payments in units; other rows are left out. Without it every row is compared.
    pub units: Option<String>,
    /// `comma` or `point`; found out from the column when absent.
    pub decimal: Option<String>,
    /// `day`, `month` or `year` first; found out from the column when absent.
    pub dates: Option<String>,
}

/// `POST /pos/v1/sales-files`, `PUT …/{id}/mapping` and `GET …/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SalesFile {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// When it came.
    pub uploaded: u64,
    /// The headings.
    pub columns: Vec<String>,
    /// The first rows below them.
    pub sample: Vec<Vec<String>>,
    /// The mapping: the one that was set, else the one that is remembered for these headings, else a guess; absent when none is near.
    pub mapping: Option<Mapping>,
    /// `set` by the shop for this file, `remembered` from another with the same headings, `guessed`, or `none`.
    pub mapping_is: String,
    /// What the comparison found; absent while the columns are not named, or cannot be read so.
    pub comparison: Option<Comparison>,
    /// Why it cannot be compared: a line of the file and a code among `date`, `amount`, `range` and `decimal`.
    pub trouble: Option<Trouble>,
}

/// `GET /pos/v1/sales-files`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SalesFiles {
    /// The newest first, without columns and sample.
    pub files: Vec<SalesFileName>,
}

/// A sales file in the list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SalesFileName {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// When it came.
    pub uploaded: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What a file could not be read for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trouble {
    /// The line of the file, from 1; zero for the whole column.
    pub line: u64,
    /// `date` (no day), `amount` (no amount), `decimal` (the column leaves open what is a cent), `empty` (no row in units) or `range` (more than 400 days).
    pub code: String,
}

/// What a comparison found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// The first day of the file.
    pub first: String,
    /// The last day.
    pub last: String,
    /// Rows of the file.
    pub rows: u64,
    /// Rows of other means of payment, which are not compared.
    pub other_means: u64,
    /// Rows for which exactly one receipt was found.
    pub matched: u64,
    /// How many differences of each kind; only kinds that were found.
    pub differences: Vec<KindCount>,
    /// The sum of the file's compared rows.
    pub file_sum: i64,
    /// The sum of what was received and given back in units on those days.
    pub ledger_sum: i64,
    /// The sum of what matched.
    pub matched_sum: i64,
    /// How far apart two times may be, in minutes, for two rows without a common reference to be the same sale.
    pub window_minutes: u64,
}

/// How many differences of a kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KindCount {
    /// `missing_in_ledger`, `missing_in_file`, `amount_differs`, `reference_differs`, `time_differs`, `double_in_file`, `refunded` or
    /// `ambiguous`.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// What they make of the difference between the two sums: file less ledger.
    pub cents: i64,
}

/// `GET /pos/v1/sales-files/{id}/rows`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ComparedRows {
    /// The rows, in the order of their times.
    pub rows: Vec<ComparedRow>,
    /// Where to go on.
    pub next: Option<u64>,
}

/// A row of a comparison: both sides, as far as there are two.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ComparedRow {
    /// `matched`, or the kind of difference.
    pub kind: String,
    /// The file's side.
    pub sale: Option<SaleRow>,
    /// The ledger's side. Of a `refunded` row it is the refund.
    pub receipt: Option<Row>,
}

/// A row of a sales file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SaleRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Its day.
    pub day: String,
    /// Its instant, where the file says a time of day.
    pub time: Option<u64>,
    /// Cents.
    pub amount: i64,
    /// Its reference.
    pub reference: Option<String>,
}

/// The query of an export and of the list of day statements.
#[derive(Clone, Debug, Deserialize)]
pub struct ExportQuery {
    /// From this instant on.
    pub from: u64,
    /// Before this one.
    pub to: u64,
    /// The language of paper: `fr`, `en`, `eu` or `ar`.
    pub language: Option<String>,
}

/// `GET /pos/v1/statements`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Statements {
    /// The days that are over, the newest first; a statement is made when it is first asked for.
    pub days: Vec<StatementInfo>,
    /// The name and key that sign: `name+id+key` as C2SP signed notes write it.
    pub verifier: String,
}

/// A signed day statement, and what was said of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StatementInfo {
    /// The day.
    pub day: String,
    /// When it was made.
    pub made: u64,
    /// What came in units.
    pub received: u64,
    /// What went back.
    pub returned: u64,
    /// How many movements.
    pub count: u64,
    /// SHA-256 of the day's file.
    pub file_hash: String,
    /// Until when an objection is taken; 0 while nobody who may object has read it, and it was not mailed.
    pub until: u64,
    /// What the shop objected, and when.
    pub objection: Option<Objection>,
}

/// An objection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Objection {
    /// When it came.
    pub time: u64,
    /// What it says.
    pub text: String,
}

/// `POST /pos/v1/statements/{day}/objection`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ObjectionBody {
    /// What is wrong, in the shop's words: 1 to 1,000 characters.
    pub text: String,
}

/// Part `mail`: the day statement by mail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Mails are sent.
    pub on: bool,
    /// To whom.
    pub address: String,
    /// From this hour of Paris on, the day after: 0 to 23.
    pub hour: u8,
}

/// Nobody, at six in the morning.
impl Default for Mail {
    fn default() -> Mail {
        Mail { on: false, address: String::new(), hour: 6 }
    }
}

/// Part `books`: the accounts of the book-keeper's lines. Each is three to twelve digits or letters and begins with three digits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Books {
    /// The journal's code, 1 to 6 letters or digits.
    pub journal: String,
    /// Units received.
    pub units: String,
    /// Coins and notes.
    pub cash: String,
    /// Bank cards.
    pub card: String,
    /// Cheques.
    pub cheque: String,
    /// Other means.
    pub other: String,
    /// Tips, which are others'.
    pub tips: String,
    /// What nobody knows yet where it belongs.
    pub suspense: String,
    /// Sales, where a rate has no account of its own.
    pub sales: String,
    /// VAT, where a rate has no account of its own.
    pub vat: String,
    /// Rates with accounts of their own.
    pub rates: Vec<RateAccounts>,
}

/// The accounts of a VAT rate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateAccounts {
    /// The rate, in hundredths of a percent.
    pub rate: u16,
    /// Sales at it.
    pub sales: String,
    /// VAT at it.
    pub vat: String,
}

/// Accounts of the French general chart (PCG), to be looked at by the shop's accountant.
impl Default for Books {
    fn default() -> Books {
        let [units, cash, card, cheque, other] = ["467800", "530000", "511500", "511200", "511900"].map(str::to_owned);
        let [tips, suspense, sales, vat] = ["467900", "471000", "707000", "445710"].map(str::to_owned);
        Books { journal: "CAI".into(), units, cash, card, cheque, other, tips, suspense, sales, vat, rates: Vec::new() }
    }
}
