//! Bank files in, acts out: a file becomes lines, a line is recognised, and what it calls for is an act in words that a person signs.
//!
//! ```text
//! file ─▶ lines, each once (import) ─▶ whose it is, and how that is known (matching) ─▶ an act ─▶ signed by a person ─▶ journal
//!                                       people decide what is a question             what is done follows from the journal (index)
//! ```
//! Nothing here moves money. Of a line it is kept what the bank said, what was found, and what people decided about a question; whether
//! it is done follows from the journal.

mod bookings;
pub mod calendar;
mod clerk;
mod import;
mod index;
mod lines;
pub mod matching;
mod reconciliation;
mod routes;
mod shown;
pub(crate) mod store;
pub(crate) mod wire;

use crate::BankSettings;
use crate::intake::calendar::midnight;
use crate::intake::index::{Index, Row, Standing};
use crate::intake::matching::{Reason, Target};
use ledger::account::{BankNumber, OperatorNumber};
use ledger::coverage::Date;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32};
use ledger::ledger::Ledger;
use ledger::rules::{DAY_MS, day_of};
use ledger::writer::Clock;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use import::{ImportError, Imported, Seen, Source, bank_of};
pub use lines::{Choice, Decision, MAX_NOTE_BYTES};
pub use reconciliation::{Explained, Reconciliation, Why};
pub use routes::routes;
pub use shown::{Asked, Reader};
pub use wire::mapping;

/// A direct debit can come back for so long without a reason: eight weeks.
pub const REFUND_MS: u64 = 56 * DAY_MS;
/// A collection is booked a few days before or after the day under which it counts.
const REFUND_SLACK_DAYS: u32 = 5;

/// The intake of a node. One value for all who ask.
pub struct Intake {
    ledger: Arc<Ledger>,
    bank: Arc<BankSettings>,
    clock: Clock,
    /// Held by one import at a time.
    importing: Mutex<()>,
    index: Mutex<Index>,
}

/// Why a decision is not taken.
#[derive(Debug)]
pub enum Undecided {
    /// No such line.
    Unknown,
    /// A code and a sentence.
    Not(&'static str, &'static str),
    /// The machine failed.
    Fault(Fault),
}

impl From<Fault> for Undecided {
    fn from(fault: Fault) -> Undecided {
        Undecided::Fault(fault)
    }
}

impl Intake {
    /// The intake over what is kept.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn open(ledger: Arc<Ledger>, bank: Arc<BankSettings>, clock: Clock) -> Result<Intake, Fault> {
        let index = Mutex::new(Index::read(&ledger)?);
        Ok(Intake { ledger, bank, clock, importing: Mutex::default(), index })
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index, up to what the journal says.
    fn now(&self) -> Result<MutexGuard<'_, Index>, Fault> {
        let mut index = self.index();
        index.follow(&self.ledger, (self.clock)())?;
        Ok(index)
    }

    /// True when a bank's file said that it did not carry out this redemption's payment of this batch.
    pub fn is_refused(&self, redemption: u64, batch: u64) -> bool {
        self.index().is_refused(redemption, batch)
    }

    /// How many lines stand how: ready, question, waiting, booked, set aside, pending.
    ///
    /// # Errors
    ///
    /// As reading the journal.
    pub fn counts(&self) -> Result<Counts, Fault> {
        let index = self.now()?;
        let mut counts = Counts::default();
        for row in index.oldest_first() {
            *match row.standing {
                Standing::Ready => &mut counts.ready,
                Standing::Question => &mut counts.question,
                Standing::Waiting(_) => &mut counts.waiting,
                Standing::Booked(_) => &mut counts.booked,
                Standing::SetAside => &mut counts.set_aside,
                Standing::Pending => &mut counts.pending,
            } += 1;
        }
        Ok(counts)
    }

    /// What banks' files say of a member's own payments, in the order in which they came: each line as the bank gave it.
    ///
    /// # Errors
    ///
    /// As reading the journal and the records.
    pub fn of_member(&self, account: &AccountId) -> Result<Vec<Value>, Fault> {
        let theirs = |row: &&Row| match (&row.decision, &row.found) {
            (Some(decision), _) => decision.choice == Choice::Member(*account),
            (None, Some(found)) => matches!(found.target, Target::Member { account: found, .. } if found == *account),
            (None, None) => false,
        };
        let places: Vec<_> = self.now()?.oldest_first().filter(theirs).map(|row| (row.day, row.id)).collect();
        let mut lines = Vec::with_capacity(places.len());
        for (day, id) in places {
            let Some(kept) = store::read_line(&self.ledger, day, &id)? else { continue };
            let line = kept.line;
            lines.push(json!({
                "day": Date::at(midnight(day)).map(|date| date.to_string()), "amount": line.amount, "currency": line.currency,
                "counterparty": line.counterparty, "iban": line.iban, "references": line.references, "text": line.text,
                "end_to_end": line.end_to_end, "mandate": line.mandate, "file": kept.file.to_string(),
            }));
        }
        Ok(lines)
    }

    /// How many lines of days before this time are still questions, and when the day of the oldest begins.
    ///
    /// # Errors
    ///
    /// As reading the journal.
    pub fn questions_before(&self, time: u64) -> Result<(usize, Option<u64>), Fault> {
        let index = self.now()?;
        let old = index.oldest_first().filter(|row| matches!(row.standing, Standing::Question) && midnight(row.day) < time);
        let days: Vec<u64> = old.map(|row| midnight(row.day)).collect();
        Ok((days.len(), days.into_iter().min()))
    }

    /// Decides what a line is, or with `None` takes the decision back. Possible until an act for the line waits or was executed. One decision
    /// does not overwrite another: the first is taken back before.
    ///
    /// # Errors
    ///
    /// As [`Undecided`].
    pub fn decide(&self, id: &Hash32, choice: Option<Choice>, by: OperatorNumber, note: Option<String>) -> Result<(), Undecided> {
        let mut index = self.now()?;
        let place = index.place(id).ok_or(Undecided::Unknown)?;
        let row = index.row(place);
        match row.standing {
            Standing::Booked(_) => {
                return Err(Undecided::Not("line_booked", "This line is in the journal: correct that act first."));
            }
            Standing::Waiting(_) => {
                return Err(Undecided::Not("line_waiting", "An act for this line waits: refuse that proposal first."));
            }
            Standing::Pending => {
                return Err(Undecided::Not("line_pending", "The bank has not booked this line yet: wait for its statement."));
            }
            Standing::Ready | Standing::Question | Standing::SetAside => {}
        }
        let before = row.decision.clone();
        let day = row.day;
        let Some(choice) = choice else {
            store::decide(&self.ledger, day, id, None)?;
            index.decide(id, None);
            return Ok(());
        };
        match before {
            Some(before) if before.choice == choice => return Ok(()),
            Some(_) => {
                return Err(Undecided::Not("decided_already", "Somebody decided otherwise: take that decision back first."));
            }
            None => {}
        }
        self.check_other(&index, place, choice)?;
        let decision = Decision { choice, by, time: (self.clock)(), note };
        index.decide(id, Some(decision.clone()));
        let fits = match choice {
            Choice::SetAside | Choice::SameAs(_) => true,
            _ => index.act(index.row(place), &self.ledger.durable().state).is_some_and(|(_, sure)| sure),
        };
        if !fits {
            index.decide(id, None);
            let why =
                "This does not fit the line: look at its sign, its currency, its bank account, and whether the account is open.";
            return Err(Undecided::Not("does_not_fit", why));
        }
        store::decide(&self.ledger, day, id, Some(&decision)).inspect_err(|_| index.decide(id, None))?;
        Ok(())
    }

    /// A line can be the same as another one of its amount, or as the other side of it at another account of the funds.
    fn check_other(&self, index: &Index, place: usize, choice: Choice) -> Result<(), Undecided> {
        let Choice::SameAs(other) = choice else { return Ok(()) };
        let row = index.row(place);
        let other = index.place(&other).ok_or(Undecided::Unknown)?;
        let twin = index.row(other);
        let chained = matches!(twin.decision.as_ref().map(|decision| decision.choice), Some(Choice::SameAs(_)));
        let same = twin.bank == row.bank && twin.amount == row.amount && twin.euros == row.euros;
        let opposite = twin.bank != row.bank && twin.amount == -row.amount && twin.euros == row.euros;
        if other == place || chained || !(same || opposite) {
            return Err(Undecided::Not("not_the_same", "That line has another amount, or was itself set aside for another one."));
        }
        let choice = Some(Choice::SameAs(twin.id));
        let taken = |one: &Row| one.statement == row.statement && one.decision.as_ref().map(|decision| decision.choice) == choice;
        if index.oldest_first().any(taken) {
            let why = "Another line of this statement was said to be that one already: choose another, or take that decision back first.";
            return Err(Undecided::Not("taken_by_another", why));
        }
        Ok(())
    }
}

/// How many lines stand how.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Their act is clear and waits to be signed.
    pub ready: usize,
    /// A person is asked.
    pub question: usize,
    /// Their act waits for another person.
    pub waiting: usize,
    /// In the journal.
    pub booked: usize,
    /// Nothing is to be booked.
    pub set_aside: usize,
    /// The bank has not booked them.
    pub pending: usize,
}

/// Euros from a direct debit that the bank can still take back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refundable {
    /// The member.
    pub account: AccountId,
    /// What of it became units, and has not gone back, in cents.
    pub cents: u64,
    /// Until when.
    pub until: u64,
    /// The line.
    pub line: Hash32,
}

/// The euros from direct debits that banks can still take back.
///
/// # Errors
///
/// As reading records.
pub fn refundable(ledger: &Ledger, now: u64) -> Result<Vec<Refundable>, Fault> {
    let from = day_of(now.saturating_sub(REFUND_MS)).saturating_sub(REFUND_SLACK_DAYS);
    let mut found = Vec::new();
    store::lines(ledger, from, |day, line, kept| -> Result<(), Fault> {
        let collected = kept.and_then(|kept| kept.found).filter(|found| found.reason == Reason::Collection);
        let Some(Target::Member { account, .. }) = collected.map(|found| found.target) else { return Ok(()) };
        let until = midnight(day).saturating_add(REFUND_MS);
        let durable = ledger.durable();
        let conversions = durable.state.credit(&line).map(|credit| &credit.conversions);
        let cents: u64 = conversions.into_iter().flatten().map(|conversion| conversion.euros).sum();
        if cents > 0 && until > now {
            found.push(Refundable { account, cents, until, line });
        }
        Ok(())
    })?;
    Ok(found)
}

/// The IBAN of one of the funds' bank accounts, of which the journal has the hash only: as the newest statement names it.
///
/// # Errors
///
/// As reading records.
pub fn iban_of(ledger: &Ledger, bank: BankNumber) -> Result<Option<String>, Fault> {
    let hash = ledger.durable().state.books().bank(bank).map(|bank| bank.iban);
    let newest = store::statements(ledger, Some(bank), 1)?;
    Ok(newest.into_iter().map(|statement| statement.account).find(|iban| Some(Hash32::of(iban.as_bytes())) == hash))
}
