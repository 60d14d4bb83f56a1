//! Money: whole cents behind private fields, so that no other file can overflow, truncate or round it.
//!
//! One unit of the local currency is worth one euro, and both are counted in cents. An [`Amount`] is what an order names: at
//! least one cent. A [`Cents`] is what an account holds or owes: signed, and zero is allowed. A [`Rate`] is a fraction of whole
//! numbers; the caller states which way it rounds.

use std::fmt;

/// The largest amount that one order may name: ten thousand million units. Far above any local currency, and low enough for
/// a million such amounts to be added without leaving 64 bits.
pub const MAX_AMOUNT: u64 = 1_000_000_000_000;

/// An amount in cents, 1 to [`MAX_AMOUNT`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Amount(u64);

impl Amount {
    /// The amount of so many cents, or `None` when it is zero or above [`MAX_AMOUNT`].
    pub const fn from_cents(cents: u64) -> Option<Amount> {
        if cents == 0 || cents > MAX_AMOUNT { None } else { Some(Amount(cents)) }
    }

    /// The number of cents.
    pub const fn cents(self) -> u64 {
        self.0
    }

    /// The same amount as it stands on an account.
    pub const fn signed(self) -> Cents {
        Cents(self.0 as i64)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.signed().fmt(f)
    }
}

/// A signed number of cents: a balance, a posting, a total.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Cents(i64);

impl Cents {
    /// Nothing.
    pub const ZERO: Cents = Cents(0);

    /// So many cents.
    pub const fn new(cents: i64) -> Cents {
        Cents(cents)
    }

    /// The number of cents.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` on overflow: overflow is a refusal, never a saturation.
    pub fn plus(self, other: Cents) -> Option<Cents> {
        self.0.checked_add(other.0).map(Cents)
    }

    /// The difference, or `None` on overflow.
    pub fn minus(self, other: Cents) -> Option<Cents> {
        self.0.checked_sub(other.0).map(Cents)
    }

    /// The opposite. Balances stay far from `i64::MIN` (see [`MAX_AMOUNT`]), where it would not exist.
    pub fn negated(self) -> Cents {
        Cents(self.0.checked_neg().expect("a balance is far from the smallest integer"))
    }

    /// The positive amount, or `None` when there is none.
    pub fn positive(self) -> Option<Amount> {
        u64::try_from(self.0).ok().and_then(Amount::from_cents)
    }

    /// The part above zero, in cents.
    pub fn above_zero(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", magnitude / 100, magnitude % 100)
    }
}

/// A fraction such as 1/5 for a bonus of 20 %. The numerator may be zero; both are at most [`Rate::MAX_TERM`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rate {
    numerator: u64,
    denominator: u64,
}

impl Rate {
    /// The largest numerator or denominator: fine enough for a millionth, and a product with an amount fits in 128 bits.
    pub const MAX_TERM: u64 = 1_000_000;

    /// The fraction, or `None` when a term is too large, the denominator is zero, or the rate is above `10`.
    pub fn new(numerator: u64, denominator: u64) -> Option<Rate> {
        let bounded = numerator <= Self::MAX_TERM && (1..=Self::MAX_TERM).contains(&denominator);
        let sensible = bounded && numerator <= 10 * denominator;
        sensible.then_some(Rate { numerator, denominator })
    }

    /// The numerator.
    pub fn numerator(self) -> u64 {
        self.numerator
    }

    /// The denominator.
    pub fn denominator(self) -> u64 {
        self.denominator
    }

    /// The share of so many cents, rounded down to a whole cent.
    pub fn of_rounded_down(self, cents: u64) -> u64 {
        let share = u128::from(cents) * u128::from(self.numerator) / u128::from(self.denominator);
        u64::try_from(share).expect("at most ten times an amount fits in 64 bits")
    }
}

/// `part × numerator ÷ denominator`, rounded up and never above `part`: how much of a bonus goes back when so much of its
/// conversion does.
pub fn proportion_rounded_up(part: u64, numerator: u64, denominator: u64) -> u64 {
    if denominator == 0 {
        return part;
    }
    let share = (u128::from(part) * u128::from(numerator)).div_ceil(u128::from(denominator));
    u64::try_from(share).unwrap_or(part).min(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_at_least_one_cent_and_at_most_the_limit() {
        assert_eq!(Amount::from_cents(0), None);
        assert_eq!(Amount::from_cents(1).map(Amount::cents), Some(1));
        assert_eq!(Amount::from_cents(MAX_AMOUNT).map(Amount::cents), Some(MAX_AMOUNT));
        assert_eq!(Amount::from_cents(MAX_AMOUNT + 1), None);
    }

    #[test]
    fn cents_refuse_to_overflow() {
        assert_eq!(Cents::new(i64::MAX).plus(Cents::new(1)), None);
        assert_eq!(Cents::new(i64::MIN).minus(Cents::new(1)), None);
    }

    #[test]
    fn twenty_per_cent_of_ten_euros_is_two_and_fractions_of_a_cent_are_dropped() {
        let rate = Rate::new(1, 5).expect("a rate");
        assert_eq!(rate.of_rounded_down(1_000), 200);
        assert_eq!(rate.of_rounded_down(4), 0);
        assert_eq!(rate.of_rounded_down(999), 199);
    }

    #[test]
    fn a_part_taken_back_is_rounded_up_and_never_exceeds_the_whole() {
        assert_eq!(proportion_rounded_up(200, 1, 3), 67);
        assert_eq!(proportion_rounded_up(200, 3, 3), 200);
        assert_eq!(proportion_rounded_up(200, 9, 3), 200);
    }

    #[test]
    fn negative_cents_are_written_with_their_sign() {
        assert_eq!(Cents::new(-5).to_string(), "-0.05");
        assert_eq!(Cents::new(1_234).to_string(), "12.34");
    }
}
