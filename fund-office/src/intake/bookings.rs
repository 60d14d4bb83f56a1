//! What the journal says of the bank accounts: every act that moved euros there, found by the line or the credit that it names. Read once,
//! then followed.

use ledger::account::BankNumber;
use ledger::entry::Recorded;
use ledger::fault::Fault;
use ledger::key::Hash32;
use ledger::ledger::Ledger;
use ledger::transaction::{Act, Body};
use std::collections::{HashMap, HashSet};

/// So many acts are read at a time.
const PAGE: usize = 500;

/// An act that was executed.
#[derive(Clone, Debug)]
pub struct Booking {
    /// The entry that executed it.
    pub sequence: u64,
    /// When.
    pub time: u64,
    /// The act.
    pub act: Act,
    /// What it moved at which bank accounts, in cents.
    pub moved: Vec<(BankNumber, i64)>,
    /// True when it was corrected since.
    pub corrected: bool,
}

impl Booking {
    /// False for what was corrected, and for its correction: together they moved nothing. The euros of a conversion that was corrected are still
    /// at the bank.
    pub fn stands(&self) -> bool {
        match &self.act {
            Act::Convert { .. } => true,
            Act::Correct { .. } => false,
            _ => !self.corrected,
        }
    }
}

/// Every act that names a line or a credit, or moved euros at a bank.
#[derive(Default)]
pub struct Bookings {
    list: Vec<Booking>,
    by_mark: HashMap<Hash32, Vec<usize>>,
    by_sequence: HashMap<u64, usize>,
    /// The credits that are booked.
    credits: HashSet<Hash32>,
    /// By redemption, the entries that ordered it and their files, oldest first; without those that were taken back.
    orders: HashMap<u64, Vec<(u64, Hash32)>>,
    reached: Option<u64>,
}

impl Bookings {
    /// Follows the journal to its end; gives the lines and credits that were spoken of.
    ///
    /// # Errors
    ///
    /// As reading the journal.
    pub fn follow(&mut self, ledger: &Ledger) -> Result<Vec<Hash32>, Fault> {
        let last = ledger.durable().state.last_act();
        if last == self.reached {
            return Ok(Vec::new());
        }
        let mut fresh = Vec::new();
        let mut next = last;
        while let Some(from) = next.filter(|from| self.reached.is_none_or(|reached| *from > reached)) {
            let page = ledger.acts(Some(from), PAGE)?;
            next = page.next;
            let new = |entry: &Recorded| self.reached.is_none_or(|reached| entry.sequence > reached);
            fresh.extend(page.entries.into_iter().map(|(entry, _)| entry).filter(new));
        }
        let mut touched = Vec::new();
        for entry in fresh.into_iter().rev() {
            if let Some(act) = executed(ledger, &entry)? {
                self.note(ledger, &entry, act, &mut touched);
            }
        }
        self.reached = last;
        Ok(touched)
    }

    fn note(&mut self, ledger: &Ledger, entry: &Recorded, act: Act, touched: &mut Vec<Hash32>) {
        let mut moved = self.moves(ledger, &act);
        match &act {
            Act::Correct { sequence, .. } => {
                moved = self.corrected(*sequence, touched);
                self.orders.values_mut().for_each(|orders| orders.retain(|(order, _)| order != sequence));
            }
            Act::OrderRedemptions { redemptions, evidence, .. } => {
                for redemption in redemptions {
                    self.orders.entry(*redemption).or_default().push((entry.sequence, *evidence));
                }
            }
            _ => {}
        }
        let marks = marks(&act);
        if marks.is_empty() && moved.is_empty() {
            return;
        }
        let place = self.list.len();
        for mark in marks {
            self.by_mark.entry(mark).or_default().push(place);
            touched.push(mark);
        }
        self.by_sequence.insert(entry.sequence, place);
        self.list.push(Booking { sequence: entry.sequence, time: entry.time, act, moved, corrected: false });
    }

    /// Marks an act as corrected; gives what its correction moves.
    fn corrected(&mut self, sequence: u64, touched: &mut Vec<Hash32>) -> Vec<(BankNumber, i64)> {
        let Some(place) = self.by_sequence.get(&sequence) else { return Vec::new() };
        let booking = &mut self.list[*place];
        booking.corrected = true;
        touched.extend(marks(&booking.act));
        match &booking.act {
            // The units come back; the euros stay at the bank.
            Act::Convert { .. } => Vec::new(),
            act => {
                if let Act::RecordCredit { credit, .. } = act {
                    self.credits.remove(credit);
                }
                booking.moved.iter().map(|(bank, cents)| (*bank, -cents)).collect()
            }
        }
    }

    /// What an act moves at the banks.
    fn moves(&mut self, ledger: &Ledger, act: &Act) -> Vec<(BankNumber, i64)> {
        let durable = ledger.durable();
        let state = &durable.state;
        let bank_of = |credit: &Hash32| state.credit(credit).map(|credit| credit.bank);
        let (bank, cents) = match act {
            Act::RecordCredit { bank, credit, amount } | Act::Convert { bank, credit, amount, .. } => {
                if !self.credits.insert(*credit) {
                    return Vec::new();
                }
                (Some(*bank), amount.signed().get())
            }
            Act::ReturnCredit { credit, amount, .. } | Act::BankReturn { credit, amount, .. } => {
                (bank_of(credit), -amount.signed().get())
            }
            Act::FundDeposit { bank, amount, .. } | Act::SponsorDeposit { bank, amount, .. } => {
                (Some(*bank), amount.signed().get())
            }
            Act::FundWithdrawal { bank, amount, .. } | Act::BankFee { bank, amount, .. } => (Some(*bank), -amount.signed().get()),
            Act::SponsorReturn { campaign, amount, .. } => {
                let found = state.campaigns().find(|known| known.rule.number == *campaign);
                (found.map(|known| known.rule.bank), -amount.signed().get())
            }
            Act::RedemptionPaid { redemption, bank, .. } => {
                let net = state.redemption(*redemption).map_or(0, |redemption| redemption.net.cast_signed());
                (Some(*bank), -net)
            }
            Act::RedemptionReturned { redemption, .. } => return self.came_back(*redemption),
            Act::FundMove { bank_out, bank_in, amount, .. } => {
                let cents = amount.signed().get();
                return vec![(*bank_out, -cents), (*bank_in, cents)];
            }
            _ => return Vec::new(),
        };
        bank.map(|bank| (bank, cents)).into_iter().collect()
    }

    /// The euros of a redemption's payment come back to where they left; of one that never left, none do.
    fn came_back(&self, redemption: u64) -> Vec<(BankNumber, i64)> {
        let about = |booking: &&Booking| match &booking.act {
            Act::RedemptionPaid { redemption: paid, .. } | Act::RedemptionReturned { redemption: paid, .. } => {
                *paid == redemption
            }
            _ => false,
        };
        let last = self.list.iter().rev().filter(|booking| !booking.corrected).find(about);
        let paid = last.filter(|booking| matches!(booking.act, Act::RedemptionPaid { .. }));
        paid.into_iter().flat_map(|booking| &booking.moved).map(|(bank, cents)| (*bank, -cents)).collect()
    }

    /// The acts that name a line or a credit, without those that were corrected.
    pub fn of<'b>(&'b self, mark: &Hash32) -> impl Iterator<Item = &'b Booking> + use<'b> {
        let places = self.by_mark.get(mark).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| &self.list[*place]).filter(|booking| !booking.corrected)
    }

    /// The acts that moved euros because of this line.
    pub fn moving<'b>(&'b self, line: &Hash32) -> impl Iterator<Item = &'b Booking> + use<'b> {
        let line = *line;
        let places = self.by_mark.get(&line).map(Vec::as_slice).unwrap_or_default();
        let booked = places.iter().map(|place| &self.list[*place]);
        booked.filter(move |booking| booking.stands() && marks(&booking.act).first() == Some(&line))
    }

    /// The file in which a redemption was ordered last, and not taken back since.
    pub fn ordered_in(&self, redemption: u64) -> Option<Hash32> {
        self.orders.get(&redemption)?.last().map(|(_, file)| *file)
    }

    /// Every act that moved euros, in the order of the journal.
    pub fn all(&self) -> &[Booking] {
        &self.list
    }
}

/// The act that an entry executed.
fn executed(ledger: &Ledger, entry: &Recorded) -> Result<Option<Act>, Fault> {
    match &entry.transaction.body {
        Body::Propose(act) if entry.outcome.approvals.is_none() => Ok(Some(act.clone())),
        Body::Approve { .. } => {
            let Some(proposal) = entry.outcome.executed else { return Ok(None) };
            let found = ledger.entry_and_links(proposal)?;
            Ok(found.and_then(|(entry, _)| match entry.transaction.body {
                Body::Propose(act) => Some(act),
                _ => None,
            }))
        }
        _ => Ok(None),
    }
}

/// The lines or credits that an act is about; first the one by which it is told.
pub fn marks(act: &Act) -> Vec<Hash32> {
    match act {
        Act::RecordCredit { credit, .. } | Act::Convert { credit, .. } => vec![*credit],
        Act::ReturnCredit { credit, evidence, .. } | Act::BankReturn { credit, evidence, .. } => vec![*evidence, *credit],
        Act::FundDeposit { evidence, .. }
        | Act::FundWithdrawal { evidence, .. }
        | Act::BankFee { evidence, .. }
        | Act::SponsorDeposit { evidence, .. }
        | Act::SponsorReturn { evidence, .. }
        | Act::RedemptionPaid { evidence, .. }
        | Act::RedemptionReturned { evidence, .. }
        | Act::FundMove { evidence, .. } => vec![*evidence],
        _ => Vec::new(),
    }
}
