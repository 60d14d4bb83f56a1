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
    /// Why a ticket and the money that it names are not tied: another amount, or another ticket took it.
    pub untied: Option<Why>,
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
    /// It arrived and did not pay its charge, which was over, say: an unexpected payment, and the shop has the money.
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
    /// The ticket that named a charge first, as far as tickets of the time and its money name one: of two, it comes first.
    pub first: HashMap<ChargeId, (PublicKey, u64)>,
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

/// The name of a ticket's part: its till, its number, its place.
type Part = (PublicKey, u64, usize);

impl Named<'_> {
    fn part(&self) -> Part {
        (self.ticket.till, self.ticket.ticket, self.place)
    }

    fn cents(&self) -> u64 {
        self.ticket.tenders[self.place].amount
    }
}

/// Which part of a ticket says which money: each says one payment of its own amount, and each payment is said once.
#[derive(Default)]
struct Ties<'a> {
    /// By the payment's entry and its place in the list.
    of: HashMap<(u64, u16), Named<'a>>,
    /// The parts that are tied, refunds' too.
    taken: HashSet<Part>,
}

impl<'a> Ties<'a> {
    fn tie(&mut self, payment: (u64, u16), cents: u64, named: &[Named<'a>]) {
        let fits = |named: &&Named| named.cents() == cents && !self.taken.contains(&named.part());
        if let Some(named) = named.iter().find(fits).copied() {
            self.taken.insert(named.part());
            self.of.insert(payment, named);
        }
    }
}

impl Material {
    /// The rows, in the order of their times.
    pub fn receipts(&self) -> Vec<Receipt> {
        let (sales, backs) = (self.named(Kind::Sale), self.named(Kind::Refund));
        let charges: HashMap<ChargeId, &Charge> =
            self.day.charges.iter().chain(&self.other_charges).map(|charge| (charge.asked.id, charge)).collect();
        let mut ties = self.ties(&sales, &charges);
        let said = |id: &ChargeId| sales.contains_key(id);
        let mut rows: Vec<Receipt> = self.day.charges.iter().filter_map(|charge| paid(charge, &ties, said)).collect();
        rows.extend(self.day.unexpected.iter().map(|unexpected| unexpected_row(unexpected, &ties)));
        for (refund, of) in &self.day.refunds {
            let row = refund_row(refund, of, &charges, &backs, &mut ties.taken);
            rows.push(row);
        }
        for ticket in &self.tickets {
            rows.extend(self.said(ticket, &charges, &ties.taken));
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
        for (charge, named) in &mut found {
            let first = self.first.get(charge);
            named.sort_by_key(|named| {
                let (till, ticket, place) = named.part();
                (first != Some(&(till, ticket)), named.ticket.time, *till.as_bytes(), ticket, place)
            });
        }
        found
    }

    /// Ties the parts of sales to the payments of their charges, those of other times too: first what paid a charge, then what came
    /// for it besides.
    fn ties<'a>(&self, sales: &ByCharge<'a>, charges: &HashMap<ChargeId, &Charge>) -> Ties<'a> {
        let mut ties = Ties::default();
        for (id, named) in sales {
            if let Some((charge, sequence)) = charges.get(id).and_then(|charge| Some((charge, charge.paid_by()?))) {
                ties.tie((sequence, 0), charge.amount.cents(), named);
            }
        }
        for Unexpected { payment, .. } in self.day.unexpected.iter().chain(&self.late) {
            if let Some(named) = payment.charge.and_then(|charge| sales.get(&charge.id)) {
                ties.tie((payment.sequence, payment.item), payment.amount.cents(), named);
            }
        }
        ties
    }

    /// What a ticket says that no entry says.
    fn said(&self, ticket: &TicketRow, charges: &HashMap<ChargeId, &Charge>, taken: &HashSet<Part>) -> Vec<Receipt> {
        let back = match ticket.kind {
            Kind::Sale => false,
            Kind::Refund => true,
            _ => return Vec::new(),
        };
        let mut rows = Vec::new();
        for (place, tender) in ticket.tenders.iter().enumerate() {
            let charge = tender.charge.and_then(|id| charges.get(&id).copied());
            let paid = charge.filter(|charge| charge.paid_by().is_some());
            let standing = match tender.means {
                Means::Units if taken.contains(&(ticket.till, ticket.ticket, place)) => continue,
                Means::Units if back => Standing::Missing,
                Means::Units if paid.is_some() => Standing::Missing,
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
            let untied = paid.filter(|_| standing == Standing::Missing && !back);
            let untied = untied.map(|paid| if paid.amount.cents() == tender.amount { Why::Twice } else { Why::Amount });
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
                untied,
                refunded: 0,
                means: tender.means,
                offline,
            });
        }
        rows
    }
}

fn paid(charge: &Charge, ties: &Ties, said: impl Fn(&ChargeId) -> bool) -> Option<Receipt> {
    let Progress::Paid { sequence, at, payer, refunded } = charge.progress else { return None };
    let named = ties.of.get(&(sequence, 0));
    let ticket = named.map(|named| named.ticket);
    let certain = named.is_none_or(|named| named.ticket.tenders[named.place].certain);
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
        untied: (ticket.is_none() && said(&charge.asked.id)).then_some(Why::Amount),
        refunded,
        means: Means::Units,
        offline,
    })
}

fn unexpected_row(unexpected: &Unexpected, ties: &Ties) -> Receipt {
    let payment = &unexpected.payment;
    let named = ties.of.get(&(payment.sequence, payment.item));
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
        untied: None,
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
    taken: &mut HashSet<Part>,
) -> Receipt {
    let id = if let Of::Charge(id) = of { Some(*id) } else { None };
    let charge = id.and_then(|id| charges.get(&id).copied());
    let fits = |named: &&Named| named.cents() == refund.amount.cents() && !taken.contains(&named.part());
    let named = id.and_then(|id| backs.get(&id)).and_then(|named| named.iter().find(fits)).copied();
    taken.extend(named.as_ref().map(Named::part));
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
        untied: None,
        refunded: 0,
        means: Means::Units,
        offline: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::tests::{charge, payment};
    use crate::charge::{Charge, Payment};
    use crate::evening::exports::{Book, fec};
    use crate::evening::wire::Books;
    use crate::tickets::record::{RateTotal, Tender};
    use ledger::key::Prefix;

    const DAY_MS: u64 = 86_400_000;

    fn ticket(number: u64, time: u64, cents: u64, certain: bool) -> TicketRow {
        let tender = Tender { means: Means::Units, amount: cents, charge: Some(charge().asked.id), certain };
        let gross = cents.cast_signed();
        TicketRow {
            till: charge().till,
            cashier: None,
            number,
            ticket: number,
            time,
            kind: Kind::Sale,
            total: cents,
            rates: vec![RateTotal { rate: 550, gross, vat: 0 }],
            tenders: vec![tender],
            tip: 0,
            of: None,
            reference: None,
        }
    }

    fn paid_at(time: u64) -> Charge {
        charge().pay(&Payment { time, ..payment() }).unwrap()
    }

    fn told(rows: &[Receipt]) -> Vec<(Standing, Option<u64>, Option<Why>)> {
        rows.iter().map(|row| (row.standing, row.ticket.map(|(_, ticket)| ticket), row.untied)).collect()
    }

    #[test]
    fn a_ticket_is_tied_to_money_of_its_own_amount_only_and_money_to_one_ticket() {
        let (paid, time) = (paid_at(payment().time), payment().time);
        let cents = paid.amount.cents();
        let day = DayRows { charges: vec![paid], ..DayRows::default() };
        let rows = |tickets| Material { day: day.clone(), tickets, ..Material::default() }.receipts();
        let lists = |rows: &[Receipt], list: List| rows.iter().filter(|row| list.holds(row, true)).count();
        let one = rows(vec![ticket(1, time + 1, cents, true)]);
        assert_eq!(told(&one), [(Standing::Paid, Some(1), None)]);
        let other = rows(vec![ticket(1, time + 1, cents + 1, true)]);
        assert_eq!(told(&other), [(Standing::Paid, None, Some(Why::Amount)), (Standing::Missing, Some(1), Some(Why::Amount))]);
        assert_eq!((lists(&other, List::Matched), lists(&other, List::Unmatched)), (0, 2));
        let two = rows(vec![ticket(1, time + 1, cents, true), ticket(2, time + 2, cents, true)]);
        assert_eq!(told(&two), [(Standing::Paid, Some(1), None), (Standing::Missing, Some(2), Some(Why::Twice))]);
        assert_eq!((lists(&two, List::Matched), lists(&two, List::Unmatched)), (1, 1));
    }

    /// What each account of a file holds.
    fn booked(material: &Material, as_of: u64) -> HashMap<String, i64> {
        let (rows, prefix, labels) = (material.receipts(), Prefix::new("liard").unwrap(), HashMap::new());
        let book = Book {
            rows: &rows,
            tickets: &material.tickets,
            prefix: &prefix,
            shop: "",
            account: "",
            from: 0,
            to: as_of,
            made: as_of,
            labels: &labels,
        };
        let (mut sums, text) = (HashMap::new(), fec(&book, &Books::default()));
        for line in String::from_utf8_lossy(&text).lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [debit, credit] = [11, 12].map(|place| cells[place].replace(',', "").parse::<i64>().unwrap());
            *sums.entry(cells[4].to_owned()).or_default() += debit - credit;
        }
        sums.retain(|_, cents| *cents != 0);
        sums
    }

    #[test]
    fn two_months_files_are_right_together_when_an_offline_payment_arrives_in_the_second_whenever_they_are_made() {
        let (sold, arrived) = (payment().time, payment().time + 2 * DAY_MS);
        let accounts = Books::default();
        let asked = Charge { created: arrived, ..charge() };
        let mut paid = paid_at(sold);
        if let Progress::Paid { at, .. } = &mut paid.progress {
            *at = arrived;
        }
        let cents = paid.amount.cents();
        let sale = ticket(1, sold, cents, false);
        let early = Material { tickets: vec![sale.clone()], as_of: sold + 1, ..Material::default() };
        assert_eq!(told(&early.receipts()), [(Standing::Waiting, Some(1), None)]);
        let announced = Material { other_charges: vec![asked], ..early.clone() };
        let late = Material { other_charges: vec![paid.clone()], as_of: arrived + 1, ..early.clone() };
        let never = Material { as_of: sold + 400 * DAY_MS, ..early.clone() };
        let arrival = Material {
            day: DayRows { charges: vec![paid], ..DayRows::default() },
            other_tickets: vec![sale],
            as_of: arrived + 1,
            ..Material::default()
        };
        assert_eq!(told(&arrival.receipts()), [(Standing::Paid, Some(1), None)]);
        let signed = cents.cast_signed();
        let first: HashMap<String, i64> = [(accounts.suspense.clone(), signed), (accounts.sales.clone(), -signed)].into();
        for month in [&early, &announced, &late, &never] {
            assert_eq!(booked(month, month.as_of), first);
        }
        let second: HashMap<String, i64> = [(accounts.units.clone(), signed), (accounts.suspense.clone(), -signed)].into();
        assert_eq!(booked(&arrival, arrival.as_of), second);
        let mut both = first;
        for (account, cents) in second {
            *both.entry(account).or_default() += cents;
        }
        both.retain(|_, cents| *cents != 0);
        assert_eq!(both, [(accounts.units, signed), (accounts.sales, -signed)].into());
    }
}
