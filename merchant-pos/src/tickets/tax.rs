//! The arithmetic of a ticket: quantities, VAT, sums. Whole cents; each rounding is half away from zero.

use super::record::{Line, RateTotal, Ticket};
use std::collections::BTreeMap;

/// Parts of one in a quantity: grams of a kilogram.
pub const THOUSAND: i64 = 1_000;
/// 100 % in the unit of rates, hundredths of a percent.
pub const WHOLE: i64 = 10_000;

/// `dividend / divisor`, rounded half away from zero. The divisor is above zero, and both are far from the ends of 64 bits.
fn rounded(dividend: i64, divisor: i64) -> i64 {
    (2 * dividend.abs() + divisor) / (2 * divisor) * dividend.signum()
}

/// What a line comes to, in cents: its price times its quantity.
pub fn line_total(price: i64, thousandths: u64) -> i64 {
    rounded(price * thousandths.cast_signed(), THOUSAND)
}

/// The VAT that an amount in cents includes: once per rate and ticket, not per line.
pub fn vat(gross: i64, rate: u16) -> i64 {
    rounded(gross * i64::from(rate), WHOLE + i64::from(rate))
}

/// The totals of lines per rate, in the order of the rates.
pub fn rates(lines: &[Line]) -> Vec<RateTotal> {
    let mut gross = BTreeMap::<u16, i64>::new();
    for line in lines {
        *gross.entry(line.rate).or_default() += line.total;
    }
    gross.into_iter().map(|(rate, gross)| RateTotal { rate, gross, vat: vat(gross, rate) }).collect()
}

/// Whether each line, the totals per rate, the total, the tip and the tenders fit together.
pub fn adds_up(ticket: &Ticket) -> bool {
    let gross: i64 = ticket.rates.iter().map(|rate| rate.gross).sum();
    let tendered: u64 = ticket.tenders.iter().map(|tender| tender.amount).sum();
    ticket.lines.iter().all(|line| line.total == line_total(line.price, line.quantity))
        && ticket.rates == rates(&ticket.lines)
        && u64::try_from(gross) == Ok(ticket.total)
        && tendered == ticket.total + ticket.tip
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let rows =
            [((5, 10), 1), ((-5, 10), -1), ((4, 10), 0), ((-4, 10), 0), ((15, 10), 2), ((-14, 10), -1), ((3, 7), 0), ((4, 7), 1)];
        for ((dividend, divisor), result) in rows {
            assert_eq!(rounded(dividend, divisor), result, "{dividend}/{divisor}");
        }
    }

    #[test]
    fn a_weight_and_its_vat_are_whole_cents() {
        // 0.342 kg at 2.95 are 1.0089; 0.5 kg at 0.01 are half a cent.
        assert_eq!((line_total(295, 342), line_total(1, 500), line_total(-1, 500)), (101, 1, -1));
        // 5.5 % of 10.55 and 20 % of 12.00 are exact; 1.01 at 5.5 % holds 0.0527, at 2.1 % 0.0208.
        assert_eq!((vat(1_055, 550), vat(1_200, 2_000), vat(101, 550), vat(101, 210)), (55, 200, 5, 2));
        assert_eq!((vat(-1_200, 2_000), vat(500, 0)), (-200, 0));
    }
}
