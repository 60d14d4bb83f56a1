//! What the bank says of an account beside what the journal says, and every cent of the difference.

use crate::intake::Intake;
use crate::intake::calendar::Day;
use crate::intake::index::Index;
use crate::intake::lines::Choice;
use crate::intake::store;
use ledger::account::BankNumber;
use ledger::books::Book;
use ledger::coverage::Date;
use ledger::fault::Fault;
use ledger::key::Hash32;
use ledger::rules::day_of;
use std::collections::HashSet;

/// So many statements are read to find where the lines begin: ten years of days.
const STATEMENTS_READ: usize = 4_000;

/// Why bank and journal differ by an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The bank has it, the journal has not, or another amount.
    LineNotBooked,
    /// The journal has it, no statement does.
    ActWithoutLine,
    /// The journal has it, and the bank's word is older.
    AfterTheStatement,
}

impl Why {
    /// Its word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Why::LineNotBooked => "line_not_booked",
            Why::ActWithoutLine => "act_without_line",
            Why::AfterTheStatement => "after_the_statement",
        }
    }
}

/// A part of the difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explained {
    /// Why.
    pub why: Why,
    /// How much the bank has more because of it, in cents.
    pub amount: i64,
    /// The line.
    pub line: Option<Hash32>,
    /// The entry.
    pub sequence: Option<u64>,
    /// The act's kind, or what the line is.
    pub words: &'static str,
}

/// A bank account, reconciled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reconciliation {
    /// Which.
    pub bank: BankNumber,
    /// What the bank confirmed, and for which day.
    pub confirmed: Option<(i64, Date)>,
    /// What the journal says.
    pub ledger: i64,
    /// What explains the difference.
    pub explained: Vec<Explained>,
    /// What nothing explains.
    pub unexplained: i64,
}

impl Reconciliation {
    /// How much the bank has more than the journal.
    pub fn difference(&self) -> Option<i64> {
        self.confirmed.map(|(confirmed, _)| confirmed - self.ledger)
    }
}

impl Intake {
    /// Compares the newest word of a bank with the journal.
    ///
    /// # Errors
    ///
    /// As reading records and the journal.
    pub fn reconcile(&self, bank: BankNumber) -> Result<Reconciliation, Fault> {
        let confirmations = self.ledger.publication().confirmations()?;
        let confirmed = confirmations.iter().find(|known| known.bank == bank).map(|known| (known.amount.get(), known.date));
        let statements = store::statements(&self.ledger, Some(bank), STATEMENTS_READ)?;
        let begun = statements.iter().filter(|statement| statement.is_statement());
        let begun = begun.filter_map(|statement| statement.opening.and(statement.from)).map(Date::number).min();
        let index = self.now()?;
        let ledger = self.ledger.durable().state.books().balance(Book::Bank(bank)).get();
        let Some((_, date)) = confirmed else {
            return Ok(Reconciliation { bank, confirmed, ledger, explained: Vec::new(), unexplained: 0 });
        };
        let mut explained = Vec::new();
        let with_line = lines_explain(&index, bank, date.number(), &mut explained);
        acts_explain(&index, bank, date.number(), begun, &with_line, &mut explained);
        let mut done = Reconciliation { bank, confirmed, ledger, explained, unexplained: 0 };
        let sum: i64 = done.explained.iter().map(|part| part.amount).sum();
        done.unexplained = done.difference().unwrap_or(0) - sum;
        Ok(done)
    }
}

/// Each line against its acts. Gives the entries that lines stand for.
fn lines_explain(index: &Index, bank: BankNumber, until: Day, explained: &mut Vec<Explained>) -> HashSet<u64> {
    let mut with_line = HashSet::new();
    for row in index.oldest_first().filter(|row| row.euros && row.status == crate::bank::Status::Booked) {
        let same_as = match row.decision.as_ref().map(|decision| decision.choice) {
            Some(Choice::SameAs(other)) => index.place(&other).map(|place| index.row(place)),
            _ => None,
        };
        // The same line once more is no other euros; the other side at another account of the funds is.
        if row.bank != bank || same_as.is_some_and(|twin| twin.bank == bank) {
            continue;
        }
        let mark = same_as.map_or(row.id, |twin| twin.id);
        let mut booked = 0;
        let mut sequence = None;
        for booking in index.bookings.moving(&mark) {
            let here = booking.moved.iter().filter(|(at, _)| *at == bank);
            booked += here.map(|(_, cents)| cents).sum::<i64>();
            sequence = Some(booking.sequence);
            with_line.insert(booking.sequence);
        }
        let (why, amount) =
            if row.day > until { (Why::AfterTheStatement, -booked) } else { (Why::LineNotBooked, row.amount - booked) };
        if amount != 0 {
            explained.push(Explained { why, amount, line: Some(row.id), sequence, words: row.standing.word() });
        }
    }
    with_line
}

/// Each act that no line stands for. What stood in the account before the first statement is its opening balance.
fn acts_explain(
    index: &Index,
    bank: BankNumber,
    until: Day,
    begun: Option<Day>,
    with_line: &HashSet<u64>,
    explained: &mut Vec<Explained>,
) {
    for booking in index.bookings.all().iter().filter(|booking| booking.stands()) {
        let cents: i64 = booking.moved.iter().filter(|(at, _)| *at == bank).map(|(_, cents)| cents).sum();
        let day = day_of(booking.time);
        let why = if day > until { Why::AfterTheStatement } else { Why::ActWithoutLine };
        let told = begun.is_some_and(|first| day >= first) || why == Why::AfterTheStatement;
        if cents != 0 && told && !with_line.contains(&booking.sequence) {
            let words = booking.act.kind().word();
            explained.push(Explained { why, amount: -cents, line: None, sequence: Some(booking.sequence), words });
        }
    }
}
