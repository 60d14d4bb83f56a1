//! Whether a bonus and a fee together let a member and a shop gain, and the round trips by which they would have.
//!
//! Who converts 1 euro gets 1 + b units, and a shop that redeems them gets (1 + b)(1 − c) euros. What goes on of the fee to an association,
//! d, and what associations are given for the conversion, g, are units as well: whoever chose the association may be of it. So a round trip
//! is worth (1 + b)(1 − (c − d)) + g, which is more than was put in when it is above 1.

use super::replay::Given;
use ledger::account::{AccountKind, FeeRule};
use ledger::amount::Rate;
use ledger::entry::Entry;
use ledger::rules::DAY_MS;
use ledger::state::{AccountIndex, State};
use ledger::transaction::Body;
use std::collections::{HashMap, VecDeque};

/// A round trip ends within so long after the conversion: later the units have circulated.
pub const TRIP_MS: u64 = 30 * DAY_MS;
/// So many trips are listed, the largest first: more than a person looks into.
pub const MAX_TRIPS: usize = 200;
/// A factor is written with so many decimals at most, cut and not rounded.
const DECIMALS: usize = 6;
/// Rates that have no common denominator within 128 bits are each rounded up to this part of one: the warning comes too early, if at all.
const COARSE: u128 = 1_000_000;

/// An exact fraction, not negative, in lowest terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fraction {
    numerator: u128,
    denominator: u128,
}

impl Fraction {
    /// One.
    pub const ONE: Fraction = Fraction { numerator: 1, denominator: 1 };

    fn new(numerator: u128, denominator: u128) -> Fraction {
        let (mut a, mut b) = (numerator, denominator);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        Fraction { numerator: numerator / a, denominator: denominator / a }
    }

    /// `(1 + b)(1 − (c − d)) + g` for these bonuses together, what is [kept](Fraction::kept) of a redemption, and these gifts together.
    pub fn round_trip(bonuses: &[Rate], kept: Fraction, gifts: &[Rate]) -> Fraction {
        let exact = |rate: &Rate| (u128::from(rate.numerator()), u128::from(rate.denominator()));
        let rough = |rate: &Rate| ((u128::from(rate.numerator()) * COARSE).div_ceil(u128::from(rate.denominator())), COARSE);
        let value = |terms: &dyn Fn(&Rate) -> (u128, u128)| {
            let redeemed = Fraction::ONE.and(bonuses.iter().map(terms))?.times(kept)?;
            redeemed.and(gifts.iter().map(terms))
        };
        value(&exact).or_else(|| value(&rough)).unwrap_or(Fraction { numerator: u128::MAX, denominator: 1 })
    }

    /// What is left of a unit that is redeemed under a rule: `1 − (c − d)`, where no more than the fee goes on.
    pub fn kept(rule: &FeeRule) -> Fraction {
        let terms = |rate: Rate| (u128::from(rate.numerator()), u128::from(rate.denominator()));
        let (n, d) = terms(rule.rate);
        let kept = Fraction::new(d.saturating_sub(n), d);
        let with_share = rule.given.and_then(|share| kept.and([terms(share)].into_iter()));
        with_share.map_or(kept, |sum| if sum.gains() { Fraction::ONE } else { sum })
    }

    /// This and these fractions.
    fn and(self, mut terms: impl Iterator<Item = (u128, u128)>) -> Option<Fraction> {
        terms.try_fold(self, |sum, (n, d)| sum.plus(Fraction::new(n, d)))
    }

    fn plus(self, other: Fraction) -> Option<Fraction> {
        let (a, b) = (self.numerator.checked_mul(other.denominator)?, other.numerator.checked_mul(self.denominator)?);
        Some(Fraction::new(a.checked_add(b)?, self.denominator.checked_mul(other.denominator)?))
    }

    fn times(self, other: Fraction) -> Option<Fraction> {
        let (n, d) = (self.numerator.checked_mul(other.numerator)?, self.denominator.checked_mul(other.denominator)?);
        Some(Fraction::new(n, d))
    }

    /// True when it is the larger one.
    pub fn exceeds(&self, other: &Fraction) -> bool {
        // Rates have terms of a million each: these products stay far below where they would overflow.
        self.numerator.saturating_mul(other.denominator) > other.numerator.saturating_mul(self.denominator)
    }

    /// True when more comes out than was put in.
    pub fn gains(&self) -> bool {
        self.numerator > self.denominator
    }
}

impl std::fmt::Display for Fraction {
    /// As a decimal: at least two digits after the point, at most six, the rest cut.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest = self.numerator % self.denominator;
        let mut digits = String::new();
        while digits.len() < DECIMALS && (rest > 0 || digits.len() < 2) {
            // A denominator is below 2^124 whenever a remainder is left: it was made of terms of a million each.
            let next = rest.saturating_mul(10);
            digits.push(char::from_digit(u32::try_from(next / self.denominator).unwrap_or(9), 10).unwrap_or('9'));
            rest = next % self.denominator;
        }
        write!(f, "{}.{digits}", self.numerator / self.denominator)
    }
}

/// Euros that became units, were paid to one shop, and became euros again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trip {
    /// Who converted.
    pub account: AccountIndex,
    /// Who redeemed.
    pub shop: AccountIndex,
    /// The member's euros, in cents.
    pub converted: u64,
    /// What the bonus added.
    pub bonus: u64,
    /// How many of these units the shop redeemed.
    pub redeemed: u64,
    /// Days from the conversion to the last of it, begun ones counted.
    pub days: u64,
}

/// A conversion whose units may be under way.
struct Converted {
    account: AccountIndex,
    time: u64,
    euros: u64,
    bonus: u64,
}

/// Units of a conversion that a shop received.
struct Piece {
    conversion: usize,
    cents: u64,
    end: u64,
}

/// Looks for round trips while the journal happens once more: a member's oldest units are paid first, and a shop redeems first what it
/// got first. A trip is one whose shop redeemed no less than the member had put in: ordinary purchases are spread over several.
#[derive(Default)]
pub struct Trips {
    conversions: Vec<Converted>,
    /// By member: conversions with units left to be paid.
    unspent: HashMap<AccountIndex, VecDeque<(usize, u64)>>,
    /// By shop: units of such conversions that it has.
    received: HashMap<AccountIndex, VecDeque<Piece>>,
    /// By conversion and shop: what came back, and when last.
    redeemed: HashMap<(usize, AccountIndex), (u64, u64)>,
}

impl Trips {
    /// A conversion with a bonus.
    pub fn converted(&mut self, given: &Given) {
        let Ok(bonus @ 1..) = u64::try_from(given.cents) else { return };
        let place = self.conversions.len();
        let Given { account, time, euros, .. } = *given;
        self.conversions.push(Converted { account, time, euros, bonus });
        self.unspent.entry(account).or_default().push_back((place, euros + bonus));
    }

    /// Any entry, and the state after it.
    pub fn entry(&mut self, entry: &Entry, state: &State) {
        match entry.order.body() {
            Body::Transfer(transfer) => {
                if let (Some(payer), Some(payee)) = (state.index(&transfer.payer), state.index(&transfer.payee)) {
                    self.paid(payer, payee, transfer.amount.cents(), entry.time, state);
                }
            }
            Body::Transfers { payer, payments } => {
                let Some(payer) = state.index(payer) else { return };
                for (payee, amount) in payments {
                    if let Some(payee) = state.index(payee) {
                        self.paid(payer, payee, amount.cents(), entry.time, state);
                    }
                }
            }
            _ => {}
        }
        if let Some(redemption) = state.redemption(entry.sequence) {
            self.redeemed(redemption.account, redemption.gross, entry.time);
        }
    }

    fn paid(&mut self, payer: AccountIndex, payee: AccountIndex, mut cents: u64, time: u64, state: &State) {
        let Some(unspent) = self.unspent.get_mut(&payer) else { return };
        let shop = state.accounts()[payee as usize].kind == AccountKind::Professional;
        while cents > 0
            && let Some((conversion, left)) = unspent.front_mut()
        {
            let end = self.conversions[*conversion].time + TRIP_MS;
            let part = cents.min(*left);
            if end >= time {
                (cents, *left) = (cents - part, *left - part);
                if shop {
                    let piece = Piece { conversion: *conversion, cents: part, end };
                    self.received.entry(payee).or_default().push_back(piece);
                }
            }
            if end < time || *left == 0 {
                unspent.pop_front();
            }
        }
        if unspent.is_empty() {
            self.unspent.remove(&payer);
        }
    }

    fn redeemed(&mut self, shop: AccountIndex, mut cents: u64, time: u64) {
        let Some(received) = self.received.get_mut(&shop) else { return };
        received.retain(|piece| piece.end >= time);
        while cents > 0
            && let Some(piece) = received.front_mut()
        {
            let part = cents.min(piece.cents);
            let (sum, last) = self.redeemed.entry((piece.conversion, shop)).or_default();
            (*sum, *last) = (*sum + part, time);
            (cents, piece.cents) = (cents - part, piece.cents - part);
            if piece.cents == 0 {
                received.pop_front();
            }
        }
    }

    /// The trips, the largest first, at most [`MAX_TRIPS`]; and how many there were.
    pub fn found(&self) -> (Vec<Trip>, usize) {
        let trip = |((place, shop), (redeemed, last)): (&(usize, AccountIndex), &(u64, u64))| {
            let Converted { account, time, euros, bonus } = self.conversions[*place];
            let days = (last - time).div_ceil(DAY_MS);
            Trip { account, shop: *shop, converted: euros, bonus, redeemed: *redeemed, days }
        };
        let mut trips: Vec<Trip> = self.redeemed.iter().map(trip).filter(|trip| trip.redeemed >= trip.converted).collect();
        let total = trips.len();
        trips.sort_by_key(|trip| (std::cmp::Reverse(trip.redeemed), trip.account, trip.shop, trip.days));
        trips.truncate(MAX_TRIPS);
        (trips, total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(numerator: u64, denominator: u64) -> Rate {
        Rate::new(numerator, denominator).unwrap()
    }

    fn fee(rate: Rate, given: Option<Rate>) -> Fraction {
        Fraction::kept(&FeeRule { version: 1, rate, least: 0, from: 0, exempt: vec![], given, beneficiary: None })
    }

    fn plain(bonuses: &[Rate], rate: Option<Rate>) -> Fraction {
        Fraction::round_trip(bonuses, rate.map_or(Fraction::ONE, |rate| fee(rate, None)), &[])
    }

    #[test]
    fn what_goes_on_of_the_fee_and_gifts_count_as_what_comes_out() {
        // 3 % in, 5 % out, of which 3 % go to the association of the same people: 1.03 × 0.98.
        let (bonus, given) = ([rate(3, 100)], fee(rate(5, 100), Some(rate(3, 100))));
        let trip = Fraction::round_trip(&bonus, given, &[]);
        assert_eq!((trip.to_string().as_str(), trip.gains()), ("1.0094", true));
        assert!(!Fraction::round_trip(&bonus, fee(rate(5, 100), None), &[]).gains());
        // A gift for the conversion is on top: 1.03 × 0.95 + 0.03.
        let gift = Fraction::round_trip(&bonus, fee(rate(5, 100), None), &[rate(3, 100)]);
        assert_eq!((gift.to_string().as_str(), gift.gains()), ("1.0085", true));
        assert_eq!(Fraction::round_trip(&bonus, given, &[rate(1, 100), rate(2, 100)]).to_string(), "1.0394");
    }

    #[test]
    fn no_more_than_the_fee_goes_on() {
        assert_eq!(fee(rate(5, 100), Some(rate(9, 100))), Fraction::ONE);
        assert_eq!(fee(rate(5, 100), Some(rate(5, 100))), Fraction::ONE);
        assert_eq!(fee(rate(5, 100), Some(rate(3, 100))).to_string(), "0.98");
        assert!(fee(rate(5, 100), Some(rate(3, 100))).exceeds(&fee(rate(3, 100), None)));
    }

    #[test]
    fn twenty_per_cent_in_and_five_out_is_a_factor_of_one_and_fourteen_hundredths() {
        let factor = plain(&[rate(1, 5)], Some(rate(1, 20)));
        assert_eq!((factor.to_string().as_str(), factor.gains()), ("1.14", true));
        assert_eq!(plain(&[rate(20, 100)], None).to_string(), "1.20");
        assert_eq!(plain(&[rate(1, 3)], None).to_string(), "1.333333");
    }

    #[test]
    fn what_gives_exactly_as_much_as_was_put_in_is_no_gain() {
        // 25 % in and 20 % out: 1.25 × 0.8.
        let even = plain(&[rate(1, 4)], Some(rate(1, 5)));
        assert_eq!((even, even.gains(), even.to_string().as_str()), (Fraction::ONE, false, "1.00"));
        assert!(plain(&[rate(250_001, 1_000_000)], Some(rate(1, 5))).gains());
        assert!(!plain(&[rate(1, 20)], Some(rate(1, 20))).gains());
        assert!(!plain(&[rate(1, 5)], Some(rate(10, 1))).gains());
    }

    #[test]
    fn campaigns_add_up_and_many_odd_denominators_round_towards_the_warning() {
        let both = plain(&[rate(1, 20), rate(1, 20)], Some(rate(1, 20)));
        assert_eq!((both.to_string().as_str(), both.gains()), ("1.045", true));
        let odd: Vec<Rate> = (0..60).map(|n| rate(1, 999_999 - 2 * n)).collect();
        let factor = plain(&odd, None);
        assert!(factor.gains() && factor.to_string().starts_with("1.0001"), "{factor}");
    }
}
