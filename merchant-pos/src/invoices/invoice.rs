//! An invoice from its writing to its end. Pure: no clock, no store, no network.
//!
//! ```text
//! open ── a part ──▶ part ── the rest ──▶ paid ── all goes back ──▶ refunded
//!   └──── cancel ──▶ cancelled ◀── cancel ──┘
//! ```
//! What was paid is never stored beside the charges that it came in: an invoice stands as its charges do. What went back opens no invoice
//! again: whoever was given back need not pay a second time.

use crate::charge::{Charge, Progress, State as ChargeState};
use crate::error::Reason;
use crate::store::ChargeId;
use ledger::amount::Amount;
use ledger::key::AccountId;
use ledger::message::MAX_REFERENCE_BYTES;

/// What an invoice is for has at most so many bytes: some lines on a phone.
pub const MAX_TEXT_BYTES: usize = 500;
/// An address for mail has at most so many bytes (RFC 5321).
pub const MAX_EMAIL_BYTES: usize = 254;
/// An invoice is paid in at most so many parts. So many charges are tied to it at once; those that certainly nobody paid are untied.
pub const MAX_CHARGES: usize = 100;
/// So many of them can be paid in the same moment: a family at one table.
pub const MAX_OPEN_CHARGES: usize = 5;
/// A charge of an invoice lasts so long: from the bill to the signature, with a conversion in between.
pub const CHARGE_LASTS_MS: u64 = 15 * 60_000;
/// A charge that is this close to its end is not given out a second time.
const CHARGE_MARGIN_MS: u64 = 3 * 60_000;
/// A reminder goes out so many days after the day it was due.
pub const REMIND_AFTER_DAYS: [u64; 3] = [1, 15, 30];
/// A payer is reminded at most so often, by itself and by hand.
pub const MAX_REMINDERS: usize = 10;
/// By hand at most once in so long.
pub const REMIND_EVERY_MS: u64 = 20 * 3_600_000;
/// It is due within so many days: ten years.
pub const MAX_DUE_DAYS: i64 = 3_660;

/// The name of an invoice: whoever has it can read and pay it, so that it cannot be guessed.
pub type InvoiceToken = [u8; 16];

/// What whoever writes an invoice calls that writing: sent once more because no answer came, it is still one invoice.
pub type InvoiceId = [u8; 16];

/// An invoice as the shop wrote it, and what was done with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invoice {
    /// Its name.
    pub token: InvoiceToken,
    /// Who is to be paid.
    pub account: AccountId,
    /// The public name of the shop when it was written.
    pub shop_name: String,
    /// The shop's own reference: once per shop.
    pub reference: String,
    /// The series that gave the reference.
    pub series: Option<String>,
    /// What it is for.
    pub text: String,
    /// How much.
    pub amount: Amount,
    /// The day it is due, counted from 1970-01-01: it is late from the next one on.
    pub due: i64,
    /// Who is to pay; nobody in particular when there is none.
    pub payer: Option<AccountId>,
    /// Where a letter goes; forgotten once the invoice is settled.
    pub email: Option<String>,
    /// Whether it may be paid in parts.
    pub partial: bool,
    /// When it was written.
    pub created: u64,
    /// When it was cancelled.
    pub cancelled: Option<u64>,
    /// When the payer was reminded.
    pub reminded: Vec<u64>,
    /// What was told to hooks.
    pub told: Told,
}

/// What an invoice's listeners know of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Cents that came.
    pub paid: u64,
    /// Cents that went back.
    pub refunded: u64,
    /// That it was cancelled.
    pub cancelled: bool,
}

/// How an invoice stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nothing was paid.
    Open,
    /// A part was paid.
    Part,
    /// All was paid.
    Paid,
    /// All was paid, and all went back.
    Refunded,
    /// The shop does not ask for it any more.
    Cancelled,
}

impl State {
    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Part => "part",
            State::Paid => "paid",
            State::Refunded => "refunded",
            State::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more is asked for.
    pub fn is_settled(self) -> bool {
        !matches!(self, State::Open | State::Part)
    }
}

/// The sums of an invoice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// How it stands.
    pub state: State,
    /// Cents that came.
    pub paid: u64,
    /// Cents that went back of them.
    pub refunded: u64,
    /// Cents that are still to pay; none once it is settled.
    pub rest: u64,
    /// Cents that came beyond what was asked, when two paid in the same moment.
    pub over: u64,
}

impl Invoice {
    /// How it stands, by its charges.
    pub fn standing(&self, charges: &[Charge]) -> Standing {
        let paid = charges.iter().filter(|charge| matches!(charge.progress, Progress::Paid { .. }));
        let paid: u64 = paid.map(|charge| charge.amount.cents()).sum();
        let refunded = charges.iter().map(Charge::refunded).sum();
        let asked = self.amount.cents();
        let state = match paid {
            paid if paid >= asked && refunded >= paid => State::Refunded,
            paid if paid >= asked => State::Paid,
            _ if self.cancelled.is_some() => State::Cancelled,
            0 => State::Open,
            _ => State::Part,
        };
        let rest = if state.is_settled() { 0 } else { asked - paid };
        Standing { state, paid, refunded, rest, over: paid.saturating_sub(asked) }
    }

    /// How to ask for so much of it now: with a charge that waits already, so that two who pay the same meet in one charge and it is
    /// paid once; else with a new one.
    pub fn ask_for(&self, cents: u64, charges: &[Charge], now: u64) -> Result<Option<ChargeId>, Reason> {
        let standing = self.standing(charges);
        if standing.state == State::Cancelled {
            return Err(Reason::InvoiceCancelled);
        }
        if standing.rest == 0 {
            return Err(Reason::InvoicePaid);
        }
        if cents == 0 || cents > standing.rest {
            return Err(Reason::InvoicePart);
        }
        if !self.partial && cents != standing.rest {
            return Err(Reason::InvoiceWhole);
        }
        let open: Vec<&Charge> = charges.iter().filter(|charge| charge.state(now) == ChargeState::Open).collect();
        let same = |charge: &&&Charge| charge.amount.cents() == cents && charge.asked.expires > now + CHARGE_MARGIN_MS;
        if let Some(waiting) = open.iter().find(same) {
            return Ok(Some(waiting.asked.id));
        }
        let paid = charges.iter().filter(|charge| charge.paid_by().is_some()).count();
        if open.len() >= MAX_OPEN_CHARGES || paid + open.len() >= MAX_CHARGES {
            return Err(Reason::InvoiceBusy);
        }
        Ok(None)
    }

    /// open or part → cancelled.
    pub fn cancel(&self, charges: &[Charge], now: u64) -> Result<Invoice, Reason> {
        match self.standing(charges).state {
            State::Paid | State::Refunded => Err(Reason::InvoicePaid),
            State::Cancelled => Ok(self.clone()),
            State::Open | State::Part => Ok(Invoice { cancelled: Some(now), email: None, ..self.clone() }),
        }
    }

    /// What hooks are told next: the newest thing that they do not know, and what they know then.
    pub fn news(&self, standing: &Standing) -> Option<(&'static str, Told)> {
        let cancelled = standing.state == State::Cancelled;
        let now = Told { paid: standing.paid, refunded: standing.refunded, cancelled };
        let what = match standing.state {
            _ if now == self.told => return None,
            State::Cancelled if !self.told.cancelled => "invoice.cancelled",
            _ if standing.refunded > self.told.refunded => "invoice.refunded",
            State::Paid | State::Refunded => "invoice.paid",
            State::Open | State::Part | State::Cancelled => "invoice.part_paid",
        };
        Some((what, now))
    }

    /// Whether a reminder is due by itself on a day: once for each of [`REMIND_AFTER_DAYS`], and one at a time after a night without
    /// this machine.
    pub fn reminder_due(&self, today: i64, day_of: impl Fn(u64) -> i64) -> bool {
        let newest =
            REMIND_AFTER_DAYS.iter().rev().map(|after| self.due.saturating_add_unsigned(*after)).find(|day| *day <= today);
        let Some(newest) = newest else { return false };
        self.reminded.len() < MAX_REMINDERS && self.reminded.iter().all(|at| day_of(*at) < newest)
    }

    /// Whether the shop may remind by hand now.
    pub fn may_remind(&self, standing: &Standing, now: u64) -> Result<(), Reason> {
        if standing.state.is_settled() {
            return Err(if standing.state == State::Cancelled { Reason::InvoiceCancelled } else { Reason::InvoicePaid });
        }
        let lately = self.reminded.last().is_some_and(|last| now < last.saturating_add(REMIND_EVERY_MS));
        if lately || self.reminded.len() >= MAX_REMINDERS { Err(Reason::InvoiceReminded) } else { Ok(()) }
    }
}

/// A reference as it stands in charges: one line of at most 35 bytes.
pub fn reference(text: &str) -> Result<String, Reason> {
    let text = text.trim();
    let sound = (1..=MAX_REFERENCE_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
    if sound { Ok(text.to_owned()) } else { Err(Reason::InvoiceReference) }
}

/// What it is for: some lines.
pub fn text(text: &str) -> Result<String, Reason> {
    let text = text.trim();
    let sound = text.len() <= MAX_TEXT_BYTES && !text.chars().any(|char| char.is_control() && char != '\n');
    if sound { Ok(text.to_owned()) } else { Err(Reason::InvoiceText) }
}

/// An address as mail servers take it: that it looks like one is all that can be known.
pub fn email(text: &str) -> Result<String, Reason> {
    let text = text.trim();
    let plain = text.len() <= MAX_EMAIL_BYTES && text.chars().all(|char| !char.is_whitespace() && !char.is_control());
    let sound =
        plain && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    if sound { Ok(text.to_owned()) } else { Err(Reason::InvoiceEmail) }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::charge::tests::{cents, charge};

    pub fn invoice() -> Invoice {
        Invoice {
            token: [5; 16],
            account: charge().account,
            shop_name: "Cantine".into(),
            reference: "CANT-2026-00042".into(),
            series: Some("cantine".into()),
            text: "Octobre".into(),
            amount: cents(3_000),
            due: 20_780,
            payer: None,
            email: Some("parent@exemple.fr".into()),
            partial: true,
            created: 9,
            cancelled: None,
            reminded: vec![],
            told: Told::default(),
        }
    }

    fn paid(amount: u64, refunded: u64) -> Charge {
        let progress = Progress::Paid { sequence: 4, at: 7, payer: AccountId([2; 16]), refunded };
        Charge { amount: cents(amount), progress, ..charge() }
    }

    fn asked(amount: u64) -> Charge {
        Charge { amount: cents(amount), ..charge() }
    }

    #[test]
    fn an_invoice_stands_as_its_charges_do() {
        let table: [(&[Charge], State, u64, u64); 6] = [
            (&[asked(3_000)], State::Open, 3_000, 0),
            (&[paid(1_000, 0), asked(2_000)], State::Part, 2_000, 0),
            (&[paid(1_000, 0), paid(2_000, 0)], State::Paid, 0, 0),
            (&[paid(1_000, 0), paid(3_000, 0)], State::Paid, 0, 1_000),
            (&[paid(1_000, 1_000), paid(2_000, 500)], State::Paid, 0, 0),
            (&[paid(3_000, 3_000)], State::Refunded, 0, 0),
        ];
        for (charges, state, rest, over) in table {
            let standing = invoice().standing(charges);
            assert_eq!((standing.state, standing.rest, standing.over), (state, rest, over));
        }
        let cancelled = invoice().cancel(&[paid(1_000, 0)], 9).unwrap();
        assert_eq!((cancelled.standing(&[paid(1_000, 0)]).state, cancelled.email), (State::Cancelled, None));
        assert_eq!(invoice().cancel(&[paid(3_000, 0)], 9), Err(Reason::InvoicePaid));
    }

    #[test]
    fn two_who_pay_the_same_meet_in_one_charge_and_nobody_asks_for_more_than_the_rest() {
        let open = asked(1_250);
        let now = open.created;
        let ask = |invoice: Invoice, cents, charges: &[Charge]| invoice.ask_for(cents, charges, now);
        assert_eq!(ask(invoice(), 1_250, std::slice::from_ref(&open)), Ok(Some(open.asked.id)));
        assert_eq!(ask(invoice(), 1_251, std::slice::from_ref(&open)), Ok(None));
        assert_eq!(invoice().ask_for(1_250, std::slice::from_ref(&open), open.asked.expires - CHARGE_MARGIN_MS), Ok(None));
        assert_eq!(ask(invoice(), 3_001, &[]), Err(Reason::InvoicePart));
        assert_eq!(ask(invoice(), 0, &[]), Err(Reason::InvoicePart));
        assert_eq!(ask(invoice(), 2_001, &[paid(1_000, 0)]), Err(Reason::InvoicePart));
        assert_eq!(ask(Invoice { partial: false, ..invoice() }, 2_000, &[]), Err(Reason::InvoiceWhole));
        assert_eq!(ask(Invoice { partial: false, ..invoice() }, 3_000, &[]), Ok(None));
        assert_eq!(ask(invoice(), 3_000, &[paid(3_000, 3_000)]), Err(Reason::InvoicePaid));
        assert_eq!(ask(Invoice { cancelled: Some(1), ..invoice() }, 3_000, &[]), Err(Reason::InvoiceCancelled));
        let many: Vec<Charge> = (1..=MAX_OPEN_CHARGES as u64).map(asked).collect();
        assert_eq!(ask(invoice(), 100, &many), Err(Reason::InvoiceBusy));
    }

    #[test]
    fn each_thing_that_happens_is_told_once() {
        let mut invoice = invoice();
        let mut told = Vec::new();
        for charges in [vec![paid(1_000, 0)], vec![paid(1_000, 0), paid(2_000, 0)], vec![paid(1_000, 0), paid(2_000, 700)]] {
            for _ in 0..2 {
                if let Some((what, now)) = invoice.news(&invoice.standing(&charges)) {
                    told.push(what);
                    invoice.told = now;
                }
            }
        }
        assert_eq!(told, ["invoice.part_paid", "invoice.paid", "invoice.refunded"]);
        let cancelled = Invoice { cancelled: Some(3), told: Told::default(), ..invoice };
        assert_eq!(cancelled.news(&cancelled.standing(&[])).map(|(what, _)| what), Some("invoice.cancelled"));
    }

    #[test]
    fn a_payer_is_reminded_once_for_each_day_of_the_list_and_not_twice_after_a_pause() {
        let day = |at: u64| i64::try_from(at).unwrap();
        let mut invoice = invoice();
        let due = invoice.due;
        let mut days = Vec::new();
        for today in [due, due + 1, due + 1, due + 2, due + 20, due + 21, due + 400] {
            if invoice.reminder_due(today, day) {
                days.push(today - due);
                invoice.reminded.push(u64::try_from(today).unwrap());
            }
        }
        assert_eq!(days, [1, 20, 400]);
        let standing = invoice.standing(&[]);
        let last = *invoice.reminded.last().unwrap();
        assert_eq!(invoice.may_remind(&standing, last + REMIND_EVERY_MS - 1), Err(Reason::InvoiceReminded));
        assert_eq!(invoice.may_remind(&standing, last + REMIND_EVERY_MS), Ok(()));
    }

    #[test]
    fn words_of_an_invoice_are_bounded() {
        assert_eq!(reference(" F-1 "), Ok("F-1".into()));
        for bad in ["", " ", "a\nb", &"x".repeat(36)] {
            assert_eq!(reference(bad), Err(Reason::InvoiceReference));
        }
        assert_eq!(text("une ligne\nune autre"), Ok("une ligne\nune autre".into()));
        assert_eq!((text(&"é".repeat(251)), text("a\tb")), (Err(Reason::InvoiceText), Err(Reason::InvoiceText)));
        assert!(email("parent@exemple.fr").is_ok());
        for bad in ["", "parent", "@exemple.fr", "a b@exemple.fr", "a@b", "a@b.fr\nBcc: c@d.fr", "a@b@c.fr"] {
            assert_eq!(email(bad), Err(Reason::InvoiceEmail), "{bad}");
        }
    }
}
