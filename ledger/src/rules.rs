//! The limits that have a name, and the arithmetic of bonus, fee and rolling sums. Pure functions of their arguments.

use crate::account::{Campaign, FeeRule, Group};
use crate::outcome::BonusReason;
use std::collections::VecDeque;

/// A card service that the association lets in may spend so many cents a day at once: the shopping of a household. With more, the key waits
/// like any other that spends, so that the member's devices can stop it.
pub const CARD_AT_ONCE: u64 = 20_000;
/// Milliseconds in a UTC day. Rolling limits count whole UTC days, so that every machine counts the same.
pub const DAY_MS: u64 = 86_400_000;
/// A transaction may stay valid for so long: the bound on the memory of ids, and the longest a payer can be offline.
pub const MAX_VALIDITY_MS: u64 = 7 * DAY_MS;
/// A charge may be answered so long after its end: an order that was signed offline in time still arrives.
pub const CHARGE_GRACE_MS: u64 = 7 * DAY_MS;
/// A charge may end at most so far ahead: the bound on the memory of answered charges.
pub const MAX_CHARGE_AHEAD_MS: u64 = 400 * DAY_MS;
/// A proposal lapses after so long.
pub const PROPOSAL_LIFE_MS: u64 = 30 * DAY_MS;
/// So many proposals may wait: more than any office reads.
pub const MAX_PROPOSALS: usize = 10_000;
/// So many keys one account may have.
pub const MAX_KEYS: usize = 32;
/// The funds may hold so many cents in all, so that no sum of balances can overflow.
pub const MAX_TOTAL: i64 = 1_000_000_000_000_000;
/// The most euros, in cents, that are counted towards one gift: so that ten times as much, the highest rate, fits in 64 bits.
pub const MAX_COUNTED: u64 = 1_000_000_000_000_000_000;
/// The length of the rolling limit on payments, in UTC days.
pub const PAID_WINDOW_DAYS: u32 = 30;
/// The rule set that this program knows.
pub const RULE_SET: u64 = 1;

/// The UTC day that a time falls in.
pub fn day_of(time: u64) -> u32 {
    u32::try_from(time / DAY_MS).unwrap_or(u32::MAX)
}

/// What was paid on each of the last days: the memory behind the rolling limit.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct PaidWindow(pub(crate) VecDeque<(u32, u64)>);

impl PaidWindow {
    /// The sum paid on `today` and the 29 UTC days before.
    pub fn sum(&self, today: u32) -> u64 {
        self.0.iter().filter(|(day, _)| today.saturating_sub(*day) < PAID_WINDOW_DAYS).map(|(_, cents)| cents).sum()
    }

    /// Adds a payment of `today`.
    pub fn add(&mut self, today: u32, cents: u64) {
        while self.0.front().is_some_and(|(day, _)| today.saturating_sub(*day) >= PAID_WINDOW_DAYS) {
            self.0.pop_front();
        }
        match self.0.back_mut() {
            Some((day, sum)) if *day == today => *sum += cents,
            _ => self.0.push_back((today, cents)),
        }
    }
}

/// What is left for one member of one campaign.
#[derive(Clone, Copy, Debug)]
pub struct BonusRoom {
    /// Of the member's cap in this period.
    pub member: u64,
    /// Of the budget.
    pub budget: u64,
    /// Of the sponsor's euros.
    pub sponsor: u64,
}

impl BonusRoom {
    /// What a campaign leaves: a member who `used` so much of the cap in this period, of a budget of which so much is `spent`, and of the
    /// sponsor's `money`.
    pub fn left(rule: &Campaign, used: u64, spent: u64, money: u64) -> BonusRoom {
        BonusRoom {
            member: rule.cap.cents().saturating_sub(used),
            budget: rule.budget.cents().saturating_sub(spent),
            sponsor: money,
        }
    }
}

/// The bonus on so many cents of euros, and what bound it. Rounded down; nothing below the least, nothing on what exceeds the
/// most. Never decreases when the euros increase.
pub fn bonus(campaign: &Campaign, room: BonusRoom, euros: u64) -> (u64, BonusReason) {
    if euros < campaign.least.cents() {
        return (0, BonusReason::Whole);
    }
    let whole = by_the_table(campaign, euros.min(campaign.most.cents()));
    let caps = [(room.member, BonusReason::MemberCap), (room.budget, BonusReason::Budget), (room.sponsor, BonusReason::Sponsor)];
    caps.into_iter().fold((whole, BonusReason::Whole), |bound, cap| if cap.0 < bound.0 { cap } else { bound })
}

/// The rate up to the first step, and each step's rate on what lies between its threshold and the next one: each rounded down.
fn by_the_table(campaign: &Campaign, euros: u64) -> u64 {
    let starts = std::iter::once((0, campaign.rate)).chain(campaign.steps.iter().map(|step| (step.from.cents(), step.rate)));
    let ends = campaign.steps.iter().map(|step| step.from.cents()).chain([u64::MAX]);
    starts.zip(ends).map(|((from, rate), end)| rate.of_rounded_down(euros.min(end).saturating_sub(from))).sum()
}

/// What of a fee goes on to an association: the rule's share of what is redeemed, rounded down, and at most the fee.
pub fn given_of_fee(rule: &FeeRule, cents: u64, fee: u64) -> u64 {
    rule.given.map_or(0, |rate| rate.of_rounded_down(cents).min(fee))
}

/// The fee on a redemption of so many cents by a member of these groups: the rate rounded down, but not less than the least.
pub fn fee(rule: &FeeRule, groups: &[Group], cents: u64) -> u64 {
    if rule.exempt.iter().any(|group| groups.contains(group)) {
        return 0;
    }
    rule.rate.of_rounded_down(cents).max(rule.least)
}

/// The largest number of euros, at most `euros`, whose units and bonus fit into `room`.
pub fn largest_fitting(euros: u64, room: u64, bonus_on: impl Fn(u64) -> u64) -> u64 {
    let fits = |cents: u64| cents + bonus_on(cents) <= room;
    if fits(euros) {
        return euros;
    }
    let (mut fitting, mut beyond) = (0, euros);
    while beyond - fitting > 1 {
        let middle = fitting + (beyond - fitting) / 2;
        if fits(middle) { fitting = middle } else { beyond = middle }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Step;
    use crate::amount::{Amount, Rate};

    fn campaign() -> Campaign {
        let cents = |n| Amount::from_cents(n).unwrap();
        Campaign {
            number: 1,
            version: 1,
            bank: 1,
            rate: Rate::new(1, 5).unwrap(),
            start: 0,
            end: 10,
            budget: cents(1_000_000),
            cap: cents(10_000),
            periods: vec![],
            groups: vec![],
            order: 0,
            least: cents(100),
            most: cents(20_000),
            steps: vec![],
            sponsor: None,
        }
    }

    #[test]
    fn above_a_step_its_rate_counts_for_what_exceeds_it() {
        let step = |from, part, whole| Step { from: Amount::from_cents(from).unwrap(), rate: Rate::new(part, whole).unwrap() };
        let steps = vec![step(1_000, 1, 10), step(5_000, 0, 1)];
        let table = Campaign { steps, ..campaign() };
        let wide = BonusRoom { member: u64::MAX, budget: u64::MAX, sponsor: u64::MAX };
        let on = |euros| bonus(&table, wide, euros).0;
        assert_eq!([on(1_000), on(1_009), on(1_010), on(5_000), on(15_000)], [200, 200, 201, 600, 600]);
    }

    #[test]
    fn the_smallest_cap_binds_and_is_named() {
        let room = |member, budget, sponsor| BonusRoom { member, budget, sponsor };
        assert_eq!(bonus(&campaign(), room(500, 500, 500), 1_000), (200, BonusReason::Whole));
        assert_eq!(bonus(&campaign(), room(150, 500, 500), 1_000), (150, BonusReason::MemberCap));
        assert_eq!(bonus(&campaign(), room(500, 150, 500), 1_000), (150, BonusReason::Budget));
        assert_eq!(bonus(&campaign(), room(500, 160, 150), 1_000), (150, BonusReason::Sponsor));
        assert_eq!(bonus(&campaign(), room(500, 500, 0), 1_000), (0, BonusReason::Sponsor));
    }

    #[test]
    fn no_bonus_below_the_least_nor_on_what_exceeds_the_most() {
        let wide = BonusRoom { member: u64::MAX, budget: u64::MAX, sponsor: u64::MAX };
        assert_eq!(bonus(&campaign(), wide, 99).0, 0);
        assert_eq!(bonus(&campaign(), wide, 100).0, 20);
        assert_eq!(bonus(&campaign(), wide, 30_000).0, 4_000);
    }

    #[test]
    fn the_largest_fitting_sum_leaves_no_cent_that_would_fit() {
        let on = |cents: u64| cents / 5;
        for room in 0..300 {
            let fitting = largest_fitting(200, room, on);
            assert!(fitting + on(fitting) <= room);
            assert!(fitting == 200 || fitting + 1 + on(fitting + 1) > room);
        }
    }

    #[test]
    fn a_payment_leaves_the_window_after_thirty_days() {
        let mut window = PaidWindow::default();
        window.add(100, 5);
        window.add(100, 5);
        window.add(110, 7);
        assert_eq!(window.sum(129), 17);
        assert_eq!(window.sum(130), 7);
        assert_eq!(window.sum(140), 0);
    }
}
