//! What the public log says over HTTP as JSON. The only file of this crate that derives serde.
//!
//! Amounts are whole cents, times milliseconds since 1970, keys and hashes lower-case hexadecimal.

use ledger::account::Medium;
use ledger::coverage::{BankLine, Confirmed, MediumLine, SignedStatement, Statement};
use serde::{Deserialize, Serialize};

/// An RFC 9457 problem.
#[derive(Serialize)]
pub struct ProblemBody {
    /// `/errors/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: &'static str,
    /// The status.
    pub status: u16,
    /// What happened and what to do.
    pub detail: &'static str,
    /// The stable code.
    pub code: &'static str,
}

/// `GET /log/witnesses`: how it stands with those who cosign the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Witnesses {
    /// From so many cosignatures on, an entry is final for everyone.
    pub needed: usize,
    /// Each of them.
    pub witnesses: Vec<WitnessLine>,
}

/// A witness.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WitnessLine {
    /// Its name.
    pub name: String,
    /// Its verifier key.
    pub key: String,
    /// Where it answers.
    pub url: String,
    /// The newest size that it cosigned.
    pub size: Option<u64>,
    /// When it did.
    pub time: Option<u64>,
    /// Why it did not cosign when it was asked last: `other_history`, `longer_history`, `not_witnessed`, `unreachable` or `unsound`.
    pub problem: Option<String>,
    /// The same in words.
    pub detail: Option<String>,
}

/// `GET /log/coverage`: coverage statements, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CoveragePage {
    /// The statements.
    pub statements: Vec<Coverage>,
    /// Give this as `from` to go on.
    pub next: Option<u64>,
}

/// The query of a page of statements.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct CoverageQuery {
    /// The number of the newest one that is wanted.
    pub from: Option<u64>,
    /// How many; at most 100, 31 unless told.
    pub limit: Option<usize>,
}

/// `GET /log/coverage/<number>`: a coverage statement. What is signed is `note`; everything else stands in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Coverage {
    /// Its number, from 1 on.
    pub number: u64,
    /// When it was made.
    pub time: u64,
    /// The hash of the one before; zeros for the first.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
    /// After so many entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: String,
    /// The two funds.
    pub media: Media,
    /// Each bank account, by number.
    pub banks: Vec<Bank>,
    /// What the members hold.
    pub liabilities: Liabilities,
    /// The signed note.
    pub note: String,
}

/// The two funds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Media {
    /// Balances of the ledger.
    pub digital: Fund,
    /// Notes.
    pub paper: Fund,
}

/// One fund.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fund {
    /// Units in circulation.
    pub circulation: i64,
    /// Euros for them, after what comes below.
    pub cover: i64,
    /// Dues between the two funds.
    pub in_transit: i64,
    /// Euros that are pledged.
    pub pledged: i64,
    /// Redemptions to be paid.
    pub payable: i64,
    /// Fees that are due to the association.
    pub fees_due: i64,
    /// Cover less circulation; negative is a shortfall.
    pub surplus: i64,
}

/// One bank account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bank {
    /// Its number.
    pub bank: u16,
    /// `digital` or `paper`.
    pub medium: String,
    /// `sight`, `savings` or `term`.
    pub class: String,
    /// All euros there by the journal.
    pub booked: i64,
    /// Those that are the fund's.
    pub fund: i64,
    /// What the bank said last.
    pub confirmed: Option<Confirmation>,
}

/// What a bank said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Confirmation {
    /// The balance.
    pub amount: i64,
    /// At the end of this day, `YYYY-MM-DD`.
    pub date: String,
    /// SHA-256 of the bank's statement file.
    pub file: String,
}

/// What the members hold, and the tree that counts it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Liabilities {
    /// The leaves of the tree.
    pub leaves: u64,
    /// The sum of all balances.
    pub total: u64,
    /// The hash of the root.
    pub root: String,
}

impl Coverage {
    /// A statement and its note, as JSON.
    pub fn of(signed: &SignedStatement) -> Coverage {
        let statement: &Statement = signed.statement();
        let fund = |medium| Fund::of(statement.medium(medium));
        Coverage {
            number: statement.number,
            time: statement.time,
            previous: statement.previous.to_string(),
            hash: statement.hash().to_string(),
            size: statement.size,
            root: hex::encode(statement.root),
            media: Media { digital: fund(Medium::Digital), paper: fund(Medium::Paper) },
            banks: statement.banks.iter().map(Bank::of).collect(),
            liabilities: Liabilities {
                leaves: statement.liabilities.leaves,
                total: statement.liabilities.root.sum,
                root: hex::encode(statement.liabilities.root.hash),
            },
            note: signed.as_str().to_owned(),
        }
    }
}

impl Fund {
    fn of(line: &MediumLine) -> Fund {
        Fund {
            circulation: line.circulation.get(),
            cover: line.cover.get(),
            in_transit: line.in_transit.get(),
            pledged: line.pledged.get(),
            payable: line.payable.get(),
            fees_due: line.fees_due.get(),
            surplus: line.cover.get().saturating_sub(line.circulation.get()),
        }
    }
}

impl Bank {
    fn of(line: &BankLine) -> Bank {
        let confirmed = |said: Confirmed| Confirmation {
            amount: said.amount.get(),
            date: said.date.to_string(),
            file: said.file.to_string(),
        };
        Bank {
            bank: line.bank,
            medium: line.medium.word().to_owned(),
            class: line.class.word().to_owned(),
            booked: line.booked.get(),
            fund: line.fund.get(),
            confirmed: line.confirmed.map(confirmed),
        }
    }
}
