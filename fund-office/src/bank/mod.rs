//! Bank files, read: what a bank wrote becomes statements and lines, or a sentence that says why not.
//!
//! Pure: bytes in, lines out. A file is read whole or not at all. Amounts are whole cents and are never rounded; what a bank left out
//! stays out. Banks write the same formats in many ways, so the readers take what is clear and refuse what is doubtful.

mod camt;
mod cfonb;
mod csv;
mod file;
mod headings;
mod ofx;
mod reference;
mod status;
mod text;
mod xml;

use documents::table::shown;
use ledger::coverage::Date;
use std::fmt;

pub use documents::table::{DateOrder, Decimal, MAX_CENTS};
pub use file::{MAX_FILE_BYTES, read, too_large};
pub use text::{MAX_NAME_CHARS, MAX_REFERENCES, MAX_TEXT_CHARS};
pub use xml::{MAX_DEPTH, MAX_ELEMENTS};

/// The most lines in one file: years of a small town's account, and what one import still shows to a person.
pub const MAX_LINES: usize = 100_000;
/// The most statements in one file: nearly three years of days. Each is compared with those before it.
pub const MAX_STATEMENTS: usize = 1_000;

/// The format of a file, as it was recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// ISO 20022 `camt.<message>.001.<version>`; the version is `None` where the file does not say.
    Camt {
        /// 52 (report), 53 (statement) or 54 (notification).
        message: u8,
        /// 2, 3, 4, 8 …
        version: Option<u8>,
    },
    /// ISO 20022 `pain.002.001.<version>`: what became of payments that were ordered.
    Pain002 {
        /// 3, 10 …
        version: Option<u8>,
    },
    /// The French bank statement in records of 120 characters.
    Cfonb120,
    /// OFX, as SGML (1) or XML (2).
    Ofx {
        /// The major version.
        version: u8,
    },
    /// A table with a heading row.
    Csv,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Format::Camt { message, version: Some(version) } => write!(f, "camt.{message:03}.001.{version:02}"),
            Format::Camt { message, version: None } => write!(f, "camt.{message:03}"),
            Format::Pain002 { version: Some(version) } => write!(f, "pain.002.001.{version:02}"),
            Format::Pain002 { version: None } => f.write_str("pain.002"),
            Format::Cfonb120 => f.write_str("CFONB 120"),
            Format::Ofx { version } => write!(f, "OFX {version}"),
            Format::Csv => f.write_str("CSV"),
        }
    }
}

/// What a set of lines is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The bank's statement of an account, usually with balances.
    Statement,
    /// The bank's notification of single movements, before they are on a statement (camt.054).
    Notification,
    /// A report during the day (camt.052): for information, the statement follows.
    Report,
}

impl Kind {
    /// The word for it in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Statement => "statement",
            Kind::Notification => "notification",
            Kind::Report => "report",
        }
    }
}

/// Whether the bank has booked a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Booked: the money has moved.
    Booked,
    /// Pending, in the future, or a status that is not known: the money has not moved yet.
    Pending,
    /// For information only.
    Info,
}

impl Status {
    /// The code of ISO 20022.
    pub fn code(self) -> &'static str {
        match self {
            Status::Booked => "BOOK",
            Status::Pending => "PDNG",
            Status::Info => "INFO",
        }
    }
}

/// What is known of the batch entry that a line is from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Batch {
    /// The details' amounts are all known and add up to the entry: the lines are the details. If not, one line stands for the whole
    /// entry, with the references of all its details: it must not be matched by any one of them.
    pub sum_matches: bool,
}

/// One movement of money on an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Cents; negative when money left the account.
    pub amount: i64,
    /// The currency's code.
    pub currency: String,
    /// The day on which the bank booked it.
    pub booking_date: Option<Date>,
    /// The day from which it bears interest.
    pub value_date: Option<Date>,
    /// The other side's name: who paid, or who was paid.
    pub counterparty: Option<String>,
    /// The other side's IBAN, in capitals and without spaces; a bank's typing mistake stays one.
    pub iban: Option<String>,
    /// What the payer wrote for the payee to recognise: structured creditor references first, then RF references with good check
    /// digits in free text, then numbers of documents.
    pub references: Vec<String>,
    /// The end-to-end id that the payer gave; `None` when there was none (`NOTPROVIDED`).
    pub end_to_end: Option<String>,
    /// The reference of the direct debit's mandate.
    pub mandate: Option<String>,
    /// Free text: of the payer where there is some, else of the bank.
    pub text: String,
    /// Whether it is booked.
    pub status: Status,
    /// The bank takes an earlier line back (`RvslInd`).
    pub reversal: bool,
    /// A payment came back: of ours, or one of theirs went back.
    pub returned: bool,
    /// Why it came back, as a code.
    pub return_code: Option<String>,
    /// The bank transaction code, such as `PMNT-RCDT-ESCT`; two characters in CFONB 120, a word in OFX.
    pub bank_code: Option<String>,
    /// The bank's own reference of the entry: the same in notification and statement, different for each entry of an account.
    pub servicer_reference: Option<String>,
    /// The entry's reference, which may be unique within its statement only.
    pub entry_reference: Option<String>,
    /// Another reference that the banks show, not known to be unique: instruction, transaction or cheque number.
    pub other_reference: Option<String>,
    /// The place among the details of a batch entry, from 1.
    pub detail: Option<u32>,
    /// For a line of a batch entry.
    pub batch: Option<Batch>,
}

impl Line {
    /// A booked line with nothing known but its amount.
    pub(crate) fn new(amount: i64, currency: String) -> Line {
        Line {
            amount,
            currency,
            booking_date: None,
            value_date: None,
            counterparty: None,
            iban: None,
            references: Vec::new(),
            end_to_end: None,
            mandate: None,
            text: String::new(),
            status: Status::Booked,
            reversal: false,
            returned: false,
            return_code: None,
            bank_code: None,
            servicer_reference: None,
            entry_reference: None,
            other_reference: None,
            detail: None,
            batch: None,
        }
    }
}

/// Lines of one account, with what the bank says of its balance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The format of the file that it is from.
    pub format: Format,
    /// What it is.
    pub kind: Kind,
    /// The bank's id of it; made of account and day where a format has none.
    pub id: String,
    /// The bank's number of it.
    pub sequence: Option<String>,
    /// The account's IBAN, or else its number as the bank writes it; empty when a table does not say.
    pub account: String,
    /// The account's currency.
    pub currency: String,
    /// Cents before the first line.
    pub opening: Option<i64>,
    /// Cents after the last line.
    pub closing: Option<i64>,
    /// The currency of the closing balance where it is another one: such a statement never balances.
    pub closing_currency: Option<String>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// The lines, in the file's order.
    pub lines: Vec<Line>,
    /// Opening and what was booked in the account's currency make the closing balance; `None` when a balance is missing.
    pub balanced: Option<bool>,
}

impl Statement {
    /// Whether opening and the booked lines in the account's currency make the closing balance.
    fn sum(&self) -> Option<bool> {
        let booked = self.lines.iter().filter(|line| line.status == Status::Booked && line.currency == self.currency);
        let moved: i128 = booked.map(|line| i128::from(line.amount)).sum();
        Some(i128::from(self.opening?) + moved == i128::from(self.closing?))
    }
}

/// What became of a payment that we ordered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentStatus {
    /// The id of our message.
    pub message: String,
    /// The end-to-end id of our payment; `None` when it is said of the whole message, or of one of its batches.
    pub end_to_end: Option<String>,
    /// `ACCP`, `ACSC`, `RJCT` …
    pub status: String,
    /// Why, as a code.
    pub reason: Option<String>,
}

/// What stands in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its format.
    pub format: Format,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// What it says of payments that we ordered.
    pub statuses: Vec<PaymentStatus>,
}

/// How the columns of a bank's table are to be read: each is named by its heading. Remembered, so that it is said once.
///
/// It fits a table that has all these headings; case, accents and punctuation do not matter. A date is needed, and either an amount or
/// debit and credit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    /// What people call it: the bank, as a rule.
    pub name: String,
    /// The account's IBAN, where the table does not name it.
    pub account: Option<String>,
    /// The day of booking.
    pub booking_date: String,
    /// The value date.
    pub value_date: Option<String>,
    /// The signed amount.
    pub amount: Option<String>,
    /// What left the account, with or without a sign.
    pub debit: Option<String>,
    /// What came in.
    pub credit: Option<String>,
    /// The balance after the line.
    pub balance: Option<String>,
    /// The currency; else euros.
    pub currency: Option<String>,
    /// The other side's name.
    pub counterparty: Option<String>,
    /// The other side's IBAN.
    pub iban: Option<String>,
    /// Free text, of several columns if need be.
    pub text: Vec<String>,
    /// The payer's reference.
    pub reference: Option<String>,
    /// The end-to-end id.
    pub end_to_end: Option<String>,
    /// The bank's own reference, different for each line.
    pub servicer_reference: Option<String>,
    /// How numbers are written; else found out from the column, or refused if it leaves that open.
    pub decimal: Option<Decimal>,
    /// How dates are written; else found out from the column, the day first if it leaves that open.
    pub dates: Option<DateOrder>,
}

/// Why a file is not read. Nothing of it is taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// What is wrong and what to do, in words.
    Wrong {
        /// The line of the file, from 1.
        line: Option<usize>,
        /// The sentence.
        why: String,
    },
    /// A table whose columns nobody has named yet: a [`Mapping`] is needed.
    NeedsMapping {
        /// The headings, or what stands in the first row.
        columns: Vec<String>,
        /// The rows after it, a few.
        rows: Vec<Vec<String>>,
    },
}

impl Unreadable {
    /// Something is wrong with the file as a whole.
    fn file(why: impl Into<String>) -> Unreadable {
        Unreadable::Wrong { line: None, why: why.into() }
    }

    /// Something is wrong at a line.
    fn at(line: usize, why: impl Into<String>) -> Unreadable {
        Unreadable::Wrong { line: Some(line), why: why.into() }
    }

    /// The line of the file at which it was refused: what a log says of it, for a log has no part of the file.
    pub fn line(&self) -> Option<usize> {
        match self {
            Unreadable::Wrong { line, .. } => *line,
            Unreadable::NeedsMapping { .. } => None,
        }
    }

    /// The words as they may be kept: of a table that is not known nothing is repeated, since its first row may be a person's.
    pub fn without_cells(&self) -> String {
        match self {
            Unreadable::Wrong { .. } => self.to_string(),
            Unreadable::NeedsMapping { .. } => {
                "this table's columns are not known here: send it through the office once, and say which is date, amount and text"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Wrong { line: Some(line), why } => write!(f, "line {line}: {why}"),
            Unreadable::Wrong { line: None, why } => f.write_str(why),
            Unreadable::NeedsMapping { columns, .. } => {
                let columns: Vec<String> = columns.iter().map(|column| format!("'{}'", shown(column))).collect();
                let columns = columns.join(", ");
                write!(
                    f,
                    "this table's columns are not known here ({columns}): say once which is date, amount and text, in a mapping"
                )
            }
        }
    }
}

impl std::error::Error for Unreadable {}
