//! What a shop received and gave back, row by row: each movement of the ledger tied to its charge, its ticket, its order reference and
//! its entry; and what tickets say that the ledger does not know: euros, and units that did not arrive. Pure.
//!
//! A movement stands at its own instant, so that a refund of yesterday's sale stands in today. A ticket without an entry stands at the
//! ticket's instant.

use crate::charge::{Charge, Progress, Refund, Unexpected, Why};
use crate::store::{ChargeId, DayRows, Of};
use crate::tickets::TicketRow;
use crate::tickets::record::{Kind, Means};
use ledger::key::{AccountId, PublicKey};
use std::collections::{HashMap, HashSet};

/// Something received, or given back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Its name in lists: the same for ever, and another for each row.
    pub id: String,
    /// When, in milliseconds.
    pub time: u64,
    /// Cents; below zero for what went back.
    pub cents: i64,
    /// The entry of the ledger, and the place in its list of transfers.
    pub entry: Option<(u64, u16)>,
    /// Of a refund: the entry of its payment.
    pub original: Option<u64>,
    /// The charge.
    pub charge: Option<ChargeId>,
    /// The shop's own reference.
    pub reference: Option<String>,
    /// The till, or whoever signed the charge where no ticket says.
    pub till: Option<PublicKey>,
    /// The cashier, where a ticket says.
    pub cashier: Option<PublicKey>,
    /// The ticket: its till and its number.
    pub ticket: Option<(PublicKey, u64)>,
    /// Who paid.
    pub payer: Option<AccountId>,
    /// What it is.
    pub standing: Standing,
    /// How much of it went back, in cents.
    pub refunded: u64,
    /// In what.
    pub means: Means,
    /// What became of it, if it was taken without network.
    pub offline: Option<Offline>,
}

/// What a row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Units for a charge.
    Paid,
    /// The same, and all of it went back.
    Refunded,
    /// Units that went back.
    Refund,
    /// Units that answer no charge.
    Unexpected(Why),
    /// A ticket says units, and the ledger has none.
    Missing,
    /// The same, and they can still arrive.
    Waiting,
    /// Euros that a ticket says.
    Noted,
}

impl Standing {
    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Paid => "paid",
            Standing::Refunded => "refunded",
            Standing::Refund => "refund",
            Standing::Unexpected(_) => "unexpected",
            Standing::Missing => "missing",
            Standing::Waiting => "waiting",
            Standing::Noted => "noted",
        }
    }
}

/// What became of a payment that a till took without network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offline {
    /// It can still arrive.
    Waiting,
    /// It arrived and paid its charge.
    Confirmed,
    /// It arrived when the charge was over.
    Late,
    /// It did not arrive in time.
    Refused,
}

impl Offline {
    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Offline::Waiting => "waiting",
            Offline::Confirmed => "confirmed",
            Offline::Late => "late",
            Offline::Refused => "refused",
        }
    }
}

/// The lists of an evening.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum List {
    /// Everything.
    All,
    /// Units with their charge and, where the shop makes tickets, their ticket.
    Matched,
    /// A ticket without its units, or units without their ticket.
    Unmatched,
    /// Units that answer no charge.
    Unexpected,
    /// What went back, and what it went back of.
    Refunded,
    /// What was taken without network.
    Offline,
}

impl List {
    const WORDS: [(List, &'static str); 6] = [
        (List::All, "all"),
        (List::Matched, "matched"),
        (List::Unmatched, "unmatched"),
        (List::Unexpected, "unexpected"),
        (List::Refunded, "refunded"),
        (List::Offline, "offline"),
    ];

    /// The list of a name.
    pub fn of(word: &str) -> Option<List> {
        List::WORDS.iter().find(|(_, name)| *name == word).map(|(list, _)| *list)
    }

    /// Whether a row stands in it, in a shop that makes tickets or not.
    pub fn holds(self, row: &Receipt, tickets: bool) -> bool {
        let paid = matches!(row.standing, Standing::Paid | Standing::Refunded);
        let tied = row.ticket.is_some() || !tickets;
        match self {
            List::All => true,
            List::Matched => paid && tied,
            List::Unmatched => row.standing == Standing::Missing || paid && !tied,
            List::Unexpected => matches!(row.standing, Standing::Unexpected(_)),
            List::Refunded => row.standing == Standing::Refund || row.refunded > 0,
            List::Offline => row.offline.is_some(),
        }
    }
}

impl Receipt {
    /// Whether the money is there: not what a ticket only says.
    pub fn counts(&self) -> bool {
        !matches!(self.standing, Standing::Missing | Standing::Waiting)
    }

    /// Where it stands in a list: by its time, then by its name.
    pub fn place(&self) -> (u64, &str) {
        (self.time, &self.id)
    }
}

/// What rows are made of: all that happened in a time, and what lies outside of it and belongs to it.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The movements of the time.
    pub day: DayRows,
    /// The tickets of the time.
    pub tickets: Vec<TicketRow>,
    /// Tickets of other times that name a charge of this one.
    pub other_tickets: Vec<TicketRow>,
    /// Charges of other times that a ticket of this one names, or a refund.
    pub other_charges: Vec<Charge>,
    /// Payments of later days that answer no charge, where a ticket of this time waits for one.
    pub late: Vec<Unexpected>,
    /// Up to when the ledger is known.
    pub as_of: u64,
}

/// A ticket's part that was paid in units by a charge, or gave back one.
#[derive(Clone, Copy)]
struct Named<'a> {
    ticket: &'a TicketRow,
    place: usize,
}

type ByCharge<'a> = HashMap<ChargeId, Vec<Named<'a>>>;

impl Material {
    /// The rows, in the order of their times.
    pub fn receipts(&self) -> Vec<Receipt> {
        let (sales, backs) = (self.named(Kind::Sale), self.named(Kind::Refund));
        let charges: HashMap<ChargeId, &Charge> =
            self.day.charges.iter().chain(&self.other_charges).map(|charge| (charge.asked.id, charge)).collect();
        let mut taken = HashSet::new();
        let mut rows: Vec<Receipt> =
            self.day.charges.iter().filter_map(|charge| paid(charge, sales.get(&charge.asked.id))).collect();
        rows.extend(self.day.unexpected.iter().map(|unexpected| unexpected_row(unexpected, &sales)));
        for (refund, of) in &self.day.refunds {
            let row = refund_row(refund, of, &charges, &backs, &mut taken);
            rows.push(row);
        }
        let late: HashSet<ChargeId> =
            self.day.unexpected.iter().chain(&self.late).filter_map(|row| Some(row.payment.charge?.id)).collect();
        for ticket in &self.tickets {
            rows.extend(self.said(ticket, &charges, &late, &taken));
        }
        rows.sort_by(|a, b| a.place().cmp(&b.place()));
        rows
    }

    /// The parts of tickets of a kind that name a charge, by that charge.
    fn named(&self, kind: Kind) -> ByCharge<'_> {
        let mut found = ByCharge::new();
        for ticket in self.tickets.iter().chain(&self.other_tickets).filter(|ticket| ticket.kind == kind) {
            for (place, tender) in ticket.tenders.iter().enumerate().filter(|(_, tender)| tender.means == Means::Units) {
                if let Some(charge) = tender.charge {
                    found.entry(charge).or_default().push(Named { ticket, place });
                }
            }
        }
        found
    }

    /// What a ticket says that no entry says.
    fn said(
        &self,
        ticket: &TicketRow,
        charges: &HashMap<ChargeId, &Charge>,
        late: &HashSet<ChargeId>,
        taken: &HashSet<(PublicKey, u64, usize)>,
    ) -> Vec<Receipt> {
        let back = match ticket.kind {
            Kind::Sale => false,
            Kind::Refund => true,
            _ => return Vec::new(),
        };
        let mut rows = Vec::new();
        for (place, tender) in ticket.tenders.iter().enumerate() {
            let charge = tender.charge.and_then(|id| charges.get(&id).copied());
            let standing = match tender.means {
                Means::Units if back && taken.contains(&(ticket.till, ticket.ticket, place)) => continue,
                Means::Units if back => Standing::Missing,
                Means::Units if charge.is_some_and(|charge| charge.paid_by().is_some()) => continue,
                Means::Units if tender.charge.is_some_and(|id| late.contains(&id)) => continue,
                Means::Units if charge.is_some_and(|charge| charge.asked.expires >= self.as_of) => Standing::Waiting,
                // A till without network announces its charges when it is back.
                Means::Units if charge.is_none() && !tender.certain => Standing::Waiting,
                Means::Units => Standing::Missing,
                Means::Cash | Means::Card | Means::Cheque | Means::Other => Standing::Noted,
            };
            let offline = match standing {
                Standing::Waiting if !tender.certain => Some(Offline::Waiting),
                Standing::Missing if !tender.certain => Some(Offline::Refused),
                _ => None,
            };
            let cents = i64::try_from(tender.amount).unwrap_or(i64::MAX);
            rows.push(Receipt {
                id: format!("t{}.{}.{}{place}", ticket.till, ticket.ticket, if back { "r" } else { "" }),
                time: ticket.time,
                cents: if back { -cents } else { cents },
                entry: None,
                original: None,
                charge: tender.charge,
                reference: ticket.reference.clone(),
                till: Some(ticket.till),
                cashier: ticket.cashier,
                ticket: Some((ticket.till, ticket.ticket)),
                payer: None,
                standing,
                refunded: 0,
                means: tender.means,
                offline,
            });
        }
        rows
    }
}

fn paid(charge: &Charge, named: Option<&Vec<Named>>) -> Option<Receipt> {
    let Progress::Paid { sequence, at, payer, refunded } = charge.progress else { return None };
    let ticket = named.and_then(|named| named.first()).map(|named| named.ticket);
    let certain = named.and_then(|named| named.first()).is_none_or(|named| named.ticket.tenders[named.place].certain);
    // What was announced after it was paid was taken while the till had no network.
    let offline = (!certain || charge.created > at).then_some(Offline::Confirmed);
    Some(Receipt {
        id: format!("p{sequence}.0"),
        time: at,
        cents: charge.amount.signed().get(),
        entry: Some((sequence, 0)),
        original: None,
        charge: Some(charge.asked.id),
        reference: charge.reference.clone().or_else(|| ticket.and_then(|ticket| ticket.reference.clone())),
        till: Some(ticket.map_or(charge.till, |ticket| ticket.till)),
        cashier: ticket.and_then(|ticket| ticket.cashier),
        ticket: ticket.map(|ticket| (ticket.till, ticket.ticket)),
        payer: Some(payer),
        standing: if refunded == charge.amount.cents() { Standing::Refunded } else { Standing::Paid },
        refunded,
        means: Means::Units,
        offline,
    })
}

fn unexpected_row(unexpected: &Unexpected, sales: &ByCharge) -> Receipt {
    let payment = &unexpected.payment;
    let named = payment.charge.and_then(|charge| sales.get(&charge.id)).and_then(|named| named.first());
    let ticket = named.map(|named| named.ticket);
    let risked = named.is_some_and(|named| !named.ticket.tenders[named.place].certain);
    Receipt {
        id: format!("p{}.{}", payment.sequence, payment.item),
        time: payment.time,
        cents: payment.amount.signed().get(),
        entry: Some((payment.sequence, payment.item)),
        original: None,
        charge: payment.charge.map(|charge| charge.id),
        reference: ticket.and_then(|ticket| ticket.reference.clone()),
        till: ticket.map(|ticket| ticket.till),
        cashier: ticket.and_then(|ticket| ticket.cashier),
        ticket: ticket.map(|ticket| (ticket.till, ticket.ticket)),
        payer: Some(payment.payer),
        standing: Standing::Unexpected(unexpected.why),
        refunded: unexpected.refunded,
        means: Means::Units,
        offline: risked.then_some(Offline::Late),
    }
}

fn refund_row(
    refund: &Refund,
    of: &Of,
    charges: &HashMap<ChargeId, &Charge>,
    backs: &ByCharge,
    taken: &mut HashSet<(PublicKey, u64, usize)>,
) -> Receipt {
    let id = if let Of::Charge(id) = of { Some(*id) } else { None };
    let charge = id.and_then(|id| charges.get(&id).copied());
    let key = |named: &Named| (named.ticket.till, named.ticket.ticket, named.place);
    let fits = |named: &&Named| named.ticket.tenders[named.place].amount == refund.amount.cents() && !taken.contains(&key(named));
    let named = id.and_then(|id| backs.get(&id)).and_then(|named| named.iter().find(fits)).copied();
    taken.extend(named.as_ref().map(key));
    let ticket = named.map(|named| named.ticket);
    let reference = charge.and_then(|charge| charge.reference.clone());
    Receipt {
        id: format!("r{}", refund.sequence),
        time: refund.time,
        cents: refund.amount.signed().negated().get(),
        entry: Some((refund.sequence, 0)),
        original: Some(refund.original),
        charge: id,
        reference: reference.or_else(|| ticket.and_then(|ticket| ticket.reference.clone())),
        till: ticket.map(|ticket| ticket.till).or_else(|| charge.map(|charge| charge.till)),
        cashier: ticket.and_then(|ticket| ticket.cashier),
        ticket: ticket.map(|ticket| (ticket.till, ticket.ticket)),
        payer: charge.and_then(|charge| match charge.progress {
            Progress::Paid { payer, .. } => Some(payer),
            Progress::Asked | Progress::Cancelled { .. } => None,
        }),
        standing: Standing::Refund,
        refunded: 0,
        means: Means::Units,
        offline: None,
    }
}
