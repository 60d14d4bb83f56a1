//! What a closing holds: a period of the calendar of Paris, and its sums.

use super::record::{MAX_SUM, Means, RateTotal, Ticket, list, read_rate, safe, sum, write_rates};
use ledger::calendar::{civil, day_text, days_of};
use ledger::encoding::{DecodeError, Reader, Writer};
use std::collections::BTreeMap;

/// A period's sums have at most so many VAT rates: all there ever were, several times.
const MAX_RATES: usize = 100;
/// The longest text of a period, `2026-11-22`.
const MAX_PERIOD_BYTES: usize = 10;
/// Periods are written with years of four digits.
const LAST_YEAR: i32 = 9_999;
const MONTHS: i64 = 12;

/// What a closing closes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Span {
    /// A day.
    Day,
    /// A month, from its closings of days.
    Month,
    /// A year, from its closings of months.
    Year,
}

impl Span {
    /// All of them, the shortest first.
    pub const ALL: [Span; 3] = [Span::Day, Span::Month, Span::Year];

    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Span::Day => "day",
            Span::Month => "month",
            Span::Year => "year",
        }
    }
}

/// A day, month or year in Paris. Periods of one span are in the order of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Period {
    /// A day, counted from 1970-01-01.
    Day(i64),
    /// A month, counted from January of the year 0.
    Month(i64),
    /// A year.
    Year(i64),
}

impl Period {
    /// The day, or the month or year that it is in.
    pub fn of(span: Span, day: i64) -> Period {
        let (year, month, _) = civil(day);
        match span {
            Span::Day => Period::Day(day),
            Span::Month => Period::Month(i64::from(year) * MONTHS + i64::from(month) - 1),
            Span::Year => Period::Year(year.into()),
        }
    }

    /// How long it is.
    pub fn span(self) -> Span {
        match self {
            Period::Day(_) => Span::Day,
            Period::Month(_) => Span::Month,
            Period::Year(_) => Span::Year,
        }
    }

    /// The number of its first day.
    pub fn first_day(self) -> i64 {
        let year = |year: i64| i32::try_from(year).unwrap_or(i32::MAX);
        match self {
            Period::Day(day) => day,
            Period::Month(month) => {
                let of_year = u8::try_from(month.rem_euclid(MONTHS)).unwrap_or(0);
                days_of(year(month.div_euclid(MONTHS)), of_year + 1, 1)
            }
            Period::Year(at) => days_of(year(at), 1, 1),
        }
    }

    /// The number of its last day.
    pub fn last_day(self) -> i64 {
        match self {
            Period::Day(day) => day,
            Period::Month(month) => Period::Month(month + 1).first_day() - 1,
            Period::Year(year) => Period::Year(year + 1).first_day() - 1,
        }
    }

    /// The longer period that it is in.
    pub fn within(self, span: Span) -> Period {
        Period::of(span, self.first_day())
    }

    /// Reads what `Display` writes, and nothing else.
    pub fn parse(text: &str) -> Option<Period> {
        let mut parts = text.split('-');
        let year = parts.next()?.parse::<i32>().ok().filter(|year| (1_970..=LAST_YEAR).contains(year))?;
        let small = |part: Option<&str>| part.map(|part| part.parse::<u8>()).transpose().ok();
        let (month, day) = (small(parts.next())?, small(parts.next())?);
        let period = match (month, day) {
            (None, _) => Period::Year(year.into()),
            (Some(month @ 1..=12), None) => Period::of(Span::Month, days_of(year, month, 1)),
            (Some(month @ 1..=12), Some(day @ 1..=31)) => Period::Day(days_of(year, month, day)),
            _ => return None,
        };
        (period.to_string() == text).then_some(period)
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, _) = civil(self.first_day());
        match self {
            Period::Day(day) => f.write_str(&day_text(*day)),
            Period::Month(_) => write!(f, "{year:04}-{month:02}"),
            Period::Year(_) => write!(f, "{year:04}"),
        }
    }
}

/// What the tickets of a time add up to: sales less refunds. Training is counted, and in nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    /// The number of its first ticket; 0 when there was none.
    pub first_ticket: u64,
    /// The number of its last ticket; 0 when there was none.
    pub last_ticket: u64,
    /// How many tickets.
    pub tickets: u64,
    /// Gross and VAT per rate.
    pub rates: BTreeMap<u16, (i64, i64)>,
    /// Gross.
    pub total: i64,
    /// What came in per means of payment, tips included.
    pub means: BTreeMap<Means, i64>,
    /// Tips.
    pub tips: i64,
    /// How many training tickets.
    pub training: u64,
}

impl Sums {
    /// The sums with one more ticket; `None` beyond what can be counted.
    #[must_use]
    pub fn with(&self, ticket: &Ticket) -> Option<Sums> {
        if ticket.training {
            return Some(Sums { training: self.training + 1, ..self.clone() });
        }
        let sign = if ticket.refund { -1 } else { 1 };
        let signed = |cents: u64| i64::try_from(cents).ok().map(|cents| sign * cents);
        let mut one = Sums { first_ticket: ticket.number, last_ticket: ticket.number, tickets: 1, ..Sums::default() };
        one.rates = ticket.rates.iter().map(|rate| (rate.rate, (sign * rate.gross, sign * rate.vat))).collect();
        (one.total, one.tips) = (signed(ticket.total)?, signed(ticket.tip)?);
        for tender in &ticket.tenders {
            *one.means.entry(tender.means).or_default() += signed(tender.amount)?;
        }
        self.and(&one)
    }

    /// The sums of this time and the one after it.
    #[must_use]
    pub fn and(&self, next: &Sums) -> Option<Sums> {
        let mut sums = self.clone();
        if next.tickets > 0 {
            sums.first_ticket = if self.tickets == 0 { next.first_ticket } else { self.first_ticket };
            sums.last_ticket = next.last_ticket;
        }
        sums.tickets += next.tickets;
        sums.training += next.training;
        for (rate, (gross, vat)) in &next.rates {
            let (of_gross, of_vat) = sums.rates.entry(*rate).or_default();
            (*of_gross, *of_vat) = (added(*of_gross, *gross)?, added(*of_vat, *vat)?);
        }
        for (means, amount) in &next.means {
            let sum = sums.means.entry(*means).or_default();
            *sum = added(*sum, *amount)?;
        }
        sums.total = added(sums.total, next.total)?;
        sums.tips = added(sums.tips, next.tips)?;
        (sums.rates.len() <= MAX_RATES).then_some(sums)
    }
}

/// A sum, as long as a browser counts it exactly.
pub(super) fn added(a: i64, b: i64) -> Option<i64> {
    a.checked_add(b).filter(|sum| sum.abs() <= MAX_SUM)
}

/// The end of a period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closing {
    /// What is closed.
    pub period: Period,
    /// The number of the first record after the last closing of the same span.
    pub first: u64,
    /// The number of the record before this one.
    pub last: u64,
    /// The sums of the tickets between.
    pub sums: Sums,
    /// Sales less refunds in cents, since the till's first record.
    pub net: i64,
    /// Sales and refunds in cents, since the till's first record.
    pub absolute: i64,
}

impl Closing {
    /// Writes the map.
    pub(super) fn write(&self, out: &mut Writer) {
        let Sums { first_ticket, last_ticket, tickets, rates, total, means, tips, training } = &self.sums;
        out.map(13).uint(1).text(&self.period.to_string()).uint(2).uint(self.first).uint(3).uint(self.last);
        out.uint(4).uint(*first_ticket).uint(5).uint(*last_ticket).uint(6).uint(*tickets);
        let rates: Vec<_> =
            rates.iter().map(|(rate, (gross, vat))| RateTotal { rate: *rate, gross: *gross, vat: *vat }).collect();
        write_rates(out.uint(7), &rates);
        out.uint(8).int(*total).uint(9).array(means.len());
        for (means, amount) in means {
            out.array(2).uint(means.code()).int(*amount);
        }
        out.uint(10).int(*tips).uint(11).int(self.net).uint(12).int(self.absolute).uint(13).uint(*training);
    }

    /// Reads the map.
    pub(super) fn read(r: &mut Reader) -> Result<Closing, DecodeError> {
        let mut map = r.map()?;
        map.required(r, 1)?;
        let period = Period::parse(r.text(MAX_PERIOD_BYTES)?);
        let period = period.ok_or(DecodeError::OutOfBounds("a period is a day, a month or a year"))?;
        let mut numbers = [0; 5];
        for (key, number) in (2..).zip(&mut numbers) {
            map.required(r, key)?;
            *number = safe(r)?;
        }
        let [first, last, first_ticket, last_ticket, tickets] = numbers;
        map.required(r, 7)?;
        let rates = list(r, MAX_RATES, read_rate)?;
        ascending(rates.iter().map(|rate| rate.rate))?;
        let rates = rates.iter().map(|rate| (rate.rate, (rate.gross, rate.vat))).collect();
        map.required(r, 8)?;
        let total = sum(r)?;
        map.required(r, 9)?;
        let means = list(r, Means::ALL.len(), |r| {
            r.array_of(2)?;
            Ok((Means::read(r)?, sum(r)?))
        })?;
        ascending(means.iter().map(|(means, _)| *means))?;
        map.required(r, 10)?;
        let tips = sum(r)?;
        map.required(r, 11)?;
        let net = sum(r)?;
        map.required(r, 12)?;
        let absolute = sum(r)?;
        map.required(r, 13)?;
        let training = safe(r)?;
        map.end()?;
        let means = means.into_iter().collect();
        let sums = Sums { first_ticket, last_ticket, tickets, rates, total, means, tips, training };
        Ok(Closing { period, first, last, sums, net, absolute })
    }
}

fn ascending<T: PartialOrd>(values: impl Iterator<Item = T>) -> Result<(), DecodeError> {
    if values.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(DecodeError::NotCanonical("a list is not in its order")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_written_in_one_way_and_know_their_days() {
        for text in ["2026-11-22", "2028-02-29", "2026-11", "2026", "1970-01-01", "9999-12"] {
            assert_eq!(Period::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["", "26", "2026-1", "2026-13", "2026-00", "2027-02-29", "2026-11-31", "2026-11-22-", "2026-", "+2026", "1969"]
        {
            assert_eq!(Period::parse(text), None, "{text}");
        }
        let last = |text: &str| Period::Day(Period::parse(text).unwrap().last_day()).to_string();
        assert_eq!(
            (last("2028-02"), last("2027-02"), last("2026")),
            ("2028-02-29".into(), "2027-02-28".into(), "2026-12-31".into())
        );
        let day = Period::parse("2028-02-29").unwrap();
        assert_eq!((day.within(Span::Month).to_string(), day.within(Span::Year).to_string()), ("2028-02".into(), "2028".into()));
        assert_eq!(day.span().word(), "day");
    }
}
