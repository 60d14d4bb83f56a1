//! The sums of an evening. Pure.
//!
//! Where a shop makes its tickets here, what was sold is what its tickets say; else it is what it received for its charges. Means of
//! payment, days, tills and cashiers add up what is there: units by the ledger, euros by the tickets.

use super::receipt::{List, Receipt, Standing};
use super::wire::{Counts, DaySum, EveningTotals, KeySum, MeansSum, RateSum};
use crate::tickets::TicketRow;
use crate::tickets::record::{Kind, Means};
use ledger::calendar::{day_text, paris_day};
use ledger::key::PublicKey;
use std::collections::{BTreeMap, HashMap};

/// The sums of a time; amounts of at most 10^12 cents each, some hundred thousand of them, are far below 64 bits.
pub struct Figures {
    /// The totals.
    pub totals: EveningTotals,
    /// Per VAT rate.
    pub by_rate: Vec<RateSum>,
    /// Per means of payment.
    pub by_means: Vec<MeansSum>,
    /// Per day.
    pub by_day: Vec<DaySum>,
    /// Per till.
    pub by_till: Vec<KeySum>,
    /// Per cashier.
    pub by_cashier: Vec<KeySum>,
    /// How many rows stand in each list.
    pub counts: Counts,
}

/// Per VAT rate, what tickets sold less what they gave back.
pub fn by_rate(tickets: &[TicketRow]) -> Vec<RateSum> {
    let mut rates: BTreeMap<u16, (i64, i64)> = BTreeMap::new();
    for ticket in tickets {
        let sign = match ticket.kind {
            Kind::Sale => 1,
            Kind::Refund => -1,
            _ => continue,
        };
        for rate in &ticket.rates {
            let sum = rates.entry(rate.rate).or_default();
            (sum.0, sum.1) = (sum.0 + sign * rate.gross, sum.1 + sign * rate.vat);
        }
    }
    rates.into_iter().map(|(rate, (gross, vat))| RateSum { rate, gross, vat }).collect()
}

/// The sums of rows and tickets; `made_here` when the shop makes its tickets here.
pub fn figures(rows: &[Receipt], tickets: &[TicketRow], made_here: bool, labels: &HashMap<PublicKey, String>) -> Figures {
    let there: Vec<&Receipt> = rows.iter().filter(|row| row.counts()).collect();
    let units = |back: bool| -> u64 {
        let chosen = there.iter().filter(|row| row.means == Means::Units && (row.cents < 0) == back);
        chosen.map(|row| row.cents.unsigned_abs()).sum()
    };
    let (units_in, units_back) = (units(false), units(true));
    let of = |kind: Kind, part: fn(&TicketRow) -> u64| tickets.iter().filter(|ticket| ticket.kind == kind).map(part).sum::<u64>();
    let (mut sales, mut refunds, tips) = (of(Kind::Sale, |t| t.total), of(Kind::Refund, |t| t.total), of(Kind::Sale, |t| t.tip));
    if !made_here && tickets.is_empty() {
        sales = there
            .iter()
            .filter(|row| matches!(row.standing, Standing::Paid | Standing::Refunded))
            .map(|row| row.cents.unsigned_abs())
            .sum();
        refunds = there
            .iter()
            .filter(|row| row.standing == Standing::Refund && row.charge.is_some())
            .map(|row| row.cents.unsigned_abs())
            .sum();
    }
    let net = sales.cast_signed() - refunds.cast_signed();
    let mut means: BTreeMap<Means, i64> = BTreeMap::new();
    let mut days: BTreeMap<i64, (i64, u64)> = BTreeMap::new();
    for row in &there {
        *means.entry(row.means).or_default() += row.cents;
        let day = days.entry(paris_day(row.time)).or_default();
        (day.0, day.1) = (day.0 + row.cents, day.1 + 1);
    }
    let count = |list: List| u64::try_from(rows.iter().filter(|row| list.holds(row, made_here)).count()).unwrap_or(u64::MAX);
    Figures {
        totals: EveningTotals { sales, refunds, tips, net, units_in, units_back },
        by_rate: by_rate(tickets),
        by_means: means.into_iter().map(|(means, amount)| MeansSum { means: means.word().into(), amount }).collect(),
        by_day: days.into_iter().map(|(day, (net, count))| DaySum { day: day_text(day), net, count }).collect(),
        by_till: by_key(&there, labels, |row| row.till),
        by_cashier: by_key(&there, labels, |row| row.cashier),
        counts: Counts {
            matched: count(List::Matched),
            unmatched: count(List::Unmatched),
            unexpected: count(List::Unexpected),
            refunded: count(List::Refunded),
            offline: count(List::Offline),
            differences: 0,
        },
    }
}

fn by_key(rows: &[&Receipt], labels: &HashMap<PublicKey, String>, key: fn(&Receipt) -> Option<PublicKey>) -> Vec<KeySum> {
    let mut sums: HashMap<PublicKey, (i64, u64)> = HashMap::new();
    for row in rows {
        if let Some(key) = key(row) {
            let sum = sums.entry(key).or_default();
            (sum.0, sum.1) = (sum.0 + row.cents, sum.1 + 1);
        }
    }
    let named = |(key, (net, count)): (PublicKey, (i64, u64))| KeySum {
        label: labels.get(&key).cloned(),
        key: key.to_string(),
        net,
        count,
    };
    let mut sums: Vec<KeySum> = sums.into_iter().map(named).collect();
    sums.sort_by(|a, b| b.net.cmp(&a.net).then_with(|| a.key.cmp(&b.key)));
    sums
}
