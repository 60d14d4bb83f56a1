//! A draft rule over months that are past: what it would have cost, who would have gained, and when its budget would have ended.
//!
//! The journal happens once more under the ledger's own rules; beside each conversion and each redemption stands what the draft makes of
//! it. A draft whose dates lie elsewhere is moved to the window, all of its dates by the same time.

use super::arbitrage::{Fraction, Trip, Trips};
use super::replay::{DraftCampaign, Given};
use ledger::account::{Campaign, FeeRule};
use ledger::amount::Rate;
use ledger::coverage::Date;
use ledger::entry::Entry;
use ledger::journal::Retrace;
use ledger::outcome::BonusReason;
use ledger::rules::{DAY_MS, fee};
use ledger::state::{AccountIndex, Effects, State};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A window is at most so long: ten years are more than any rule was in force.
pub const MAX_WINDOW_MS: u64 = 3_660 * DAY_MS;
/// So many of those who gain most are named.
const TOP: usize = 10;
/// Where the columns of the histogram begin, in cents: 0, and from 0.01, 5, 10, 20, 50, 100, 200, 500 and 1,000 on.
const COLUMNS: [u64; 10] = [0, 1, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

/// The time that is simulated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// From this time on.
    pub from: u64,
    /// Before this time.
    pub until: u64,
}

impl Window {
    fn has(self, time: u64) -> bool {
        (self.from..self.until).contains(&time)
    }
}

/// A rule that is not in force, or not yet.
#[derive(Clone, Debug)]
pub enum Draft {
    /// A bonus on conversions.
    Campaign(Box<Campaign>),
    /// A fee on redemptions.
    Fee(FeeRule),
}

impl Draft {
    /// The draft with dates in the window: as they are when they meet it, else all moved by the same time, so that it begins with the
    /// window. Tells whether it was moved.
    pub fn placed(mut self, window: Window) -> (Draft, bool) {
        let moved = match &mut self {
            Draft::Campaign(rule) => {
                let away = rule.start >= window.until || rule.end <= window.from;
                if away {
                    let shift = i128::from(window.from) - i128::from(rule.start);
                    let dates = [&mut rule.start, &mut rule.end].into_iter().chain(&mut rule.periods);
                    dates.for_each(|date| *date = u64::try_from(i128::from(*date) + shift).unwrap_or(0));
                }
                away
            }
            Draft::Fee(rule) => {
                let away = rule.from >= window.until;
                rule.from = if away { window.from } else { rule.from };
                away
            }
        };
        (self, moved)
    }
}

/// What is left of each euro of a member and a shop that work together.
#[derive(Clone, Debug)]
pub struct Arbitrage {
    /// `(1 + b)(1 − c)`: the bonuses that add up, and the lowest fee.
    pub factor: Fraction,
    /// Other campaigns whose bonus adds up with the draft's.
    pub with: Vec<u32>,
    /// True when some professionals pay no fee: for them the factor is `1 + b`.
    pub exempt: bool,
    /// True when more comes out than is put in and the cap per member is no cap: it reaches as far as the budget.
    pub cap_missing: bool,
}

impl Arbitrage {
    /// Of a draft among the rules of a ledger at a time. Campaigns add up when their dates meet; the lowest fee of those dates counts.
    pub fn of(draft: &Draft, state: &State, now: u64) -> Arbitrage {
        let (number, from, until) = match draft {
            Draft::Campaign(rule) => (Some(rule.number), rule.start, rule.end),
            Draft::Fee(rule) => (None, rule.from.max(now), u64::MAX),
        };
        let meets = |rule: &&Campaign| Some(rule.number) != number && rule.start < until && from < rule.end;
        let others: Vec<&Campaign> = state.campaigns().map(|known| &known.rule).filter(meets).collect();
        let fees: Vec<&FeeRule> = match draft {
            Draft::Fee(rule) => vec![rule],
            Draft::Campaign(_) => {
                let later = state.fee_rules().iter().filter(|rule| from < rule.from && rule.from < until);
                state.fee_rule(from).into_iter().chain(later).collect()
            }
        };
        let (own, rest) = match draft {
            Draft::Campaign(rule) => (Some(&**rule), others.as_slice()),
            Draft::Fee(_) => (None, others.as_slice()),
        };
        let bonuses: Vec<Rate> = own.into_iter().chain(rest.iter().copied()).map(|rule| rule.rate).collect();
        let lowest = fees.iter().map(|rule| rule.rate).min_by(|a, b| {
            (u128::from(a.numerator()) * u128::from(b.denominator())).cmp(&(u128::from(b.numerator()) * u128::from(a.denominator())))
        });
        let factor = Fraction::round_trip(&bonuses, lowest);
        let uncapped = own.is_some_and(|rule| rule.cap >= rule.budget);
        Arbitrage {
            with: others.iter().map(|rule| rule.number).collect(),
            exempt: fees.iter().any(|rule| !rule.exempt.is_empty()),
            cap_missing: factor.gains() && uncapped,
            factor,
        }
    }
}

/// What happened in one month.
#[derive(Clone, Default, Debug)]
pub struct Month {
    /// Conversions to which the draft was open; redemptions that it bound.
    pub count: u64,
    /// Their euros, in cents.
    pub euros: u64,
    /// The bonuses given less those that went back; the fees.
    pub cost: i64,
    /// Whose they were.
    pub members: HashSet<AccountIndex>,
}

/// A column of the histogram: how many members gained (or paid) from so many cents up to so many, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// The least.
    pub from: u64,
    /// The most; none for the last column.
    pub to: Option<u64>,
    /// How many.
    pub members: usize,
}

enum Rule {
    Campaign(DraftCampaign),
    Fee(FeeRule),
}

/// A simulation: it watches the journal happen once more.
pub struct Simulation {
    window: Window,
    rule: Rule,
    day: fn(u64) -> Option<Date>,
    /// Round trips are looked for where there is something to gain.
    trips: Option<Trips>,
    /// By month, `YYYY-MM`.
    pub months: BTreeMap<String, Month>,
    gained: HashMap<AccountIndex, i64>,
    capped: HashMap<AccountIndex, u64>,
    /// What it gave, less what went back, in cents; the fees.
    pub cost: i64,
    /// Bonuses that went back, in cents.
    pub returned: u64,
    /// When the budget was used up for the first time.
    pub budget_ends: Option<u64>,
    /// When the sponsor's euros bound a bonus for the first time.
    pub money_ends: Option<u64>,
    /// Redemptions that the draft would have refused: the fee is no less than the sum.
    pub refused: u64,
    /// Every bonus and every fee, for whoever compares them with the ledger's.
    seen: Option<Vec<Given>>,
}

impl Simulation {
    /// A simulation of a draft that was placed in the window. `continued`: see [`DraftCampaign::new`]. `gains`: look for round trips.
    pub fn new(draft: Draft, window: Window, continued: bool, gains: bool, day: fn(u64) -> Option<Date>) -> Simulation {
        let rule = match draft {
            Draft::Campaign(rule) => Rule::Campaign(DraftCampaign::new(*rule, continued)),
            Draft::Fee(rule) => Rule::Fee(rule),
        };
        Simulation {
            window,
            rule,
            day,
            trips: gains.then(Trips::default),
            months: BTreeMap::new(),
            gained: HashMap::new(),
            capped: HashMap::new(),
            cost: 0,
            returned: 0,
            budget_ends: None,
            money_ends: None,
            refused: 0,
            seen: None,
        }
    }

    /// The same, and it keeps each bonus and each fee.
    pub fn keeping_all(self) -> Simulation {
        Simulation { seen: Some(Vec::new()), ..self }
    }

    /// What was kept.
    pub fn kept(&self) -> &[Given] {
        self.seen.as_deref().unwrap_or_default()
    }

    /// The draft campaign, for what it has spent and has left.
    pub fn campaign(&self) -> Option<&DraftCampaign> {
        match &self.rule {
            Rule::Campaign(draft) => Some(draft),
            Rule::Fee(_) => None,
        }
    }

    /// How many members met the cap, and what it took from them together.
    pub fn capped(&self) -> (usize, u64) {
        (self.capped.len(), self.capped.values().sum())
    }

    /// How much members gained, or paid: only columns up to the last that has any.
    pub fn histogram(&self) -> Vec<Column> {
        let ends = COLUMNS.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
        let gained: Vec<u64> = self.gained.values().map(|cents| u64::try_from(*cents).unwrap_or(0)).collect();
        let column = |(from, to): (&u64, Option<u64>)| {
            let within = |cents: &&u64| *from <= **cents && to.is_none_or(|to| **cents <= to);
            Column { from: *from, to, members: gained.iter().filter(within).count() }
        };
        let mut columns: Vec<Column> = COLUMNS.iter().zip(ends).map(column).collect();
        while columns.last().is_some_and(|column| column.members == 0) {
            columns.pop();
        }
        columns
    }

    /// Those who gained, or paid, most.
    pub fn top(&self) -> Vec<(AccountIndex, i64)> {
        let mut all: Vec<_> = self.gained.iter().map(|(account, cents)| (*account, *cents)).filter(|(_, cents)| *cents > 0).collect();
        all.sort_by_key(|(account, cents)| (std::cmp::Reverse(*cents), *account));
        all.truncate(TOP);
        all
    }

    /// The round trips, and how many there were.
    pub fn trips(&self) -> (Vec<Trip>, usize) {
        self.trips.as_ref().map_or((Vec::new(), 0), Trips::found)
    }

    fn note(&mut self, given: Given) {
        let name = (self.day)(given.time).map(|day| day.to_string());
        let month = self.months.entry(name.and_then(|day| day.get(..7).map(str::to_owned)).unwrap_or_default()).or_default();
        month.cost += given.cents;
        self.cost += given.cents;
        if given.euros > 0 {
            month.count += 1;
            month.euros += given.euros;
            month.members.insert(given.account);
        }
        *self.gained.entry(given.account).or_default() += given.cents;
        if given.bound == Some(BonusReason::MemberCap) {
            *self.capped.entry(given.account).or_default() += given.capped;
        }
        if given.cents < 0 {
            self.returned += given.cents.unsigned_abs();
        }
        self.seen.as_mut().into_iter().for_each(|seen| seen.push(given));
    }

    fn campaign_entry(&mut self, entry: &Entry, effects: &Effects, state: &State) {
        let Rule::Campaign(draft) = &mut self.rule else { return };
        let all = draft.after(entry, effects, state);
        let used_up = draft.is_used_up();
        for given in all {
            // Whom the draft is not open to is none of its members.
            if given.bound.is_none() && given.cents == 0 {
                continue;
            }
            self.trips.as_mut().into_iter().for_each(|trips| trips.converted(&given));
            self.note(given);
            if used_up {
                self.budget_ends.get_or_insert(given.time);
            }
            if given.bound == Some(BonusReason::Sponsor) {
                self.money_ends.get_or_insert(given.time);
            }
        }
    }

    fn fee_entry(&mut self, entry: &Entry, effects: &Effects, state: &State) {
        let Rule::Fee(rule) = &self.rule else { return };
        let (sequence, time) = (entry.sequence, entry.time);
        let given = |account, euros, cents| Given { sequence, time, account, euros, cents, bound: None, capped: 0 };
        if let (Some(trips), Some(euros), Some(touch)) = (&mut self.trips, effects.outcome.converted, effects.touched.first()) {
            trips.converted(&given(touch.account, euros, i64::try_from(effects.outcome.bonus()).unwrap_or(0)));
        }
        let Some(redemption) = state.redemption(sequence).filter(|_| rule.from <= time) else { return };
        let groups = &state.accounts()[redemption.account as usize].groups;
        let cents = fee(rule, groups, redemption.gross);
        if cents >= redemption.gross {
            self.refused += 1;
            return;
        }
        self.note(given(redemption.account, redemption.gross, i64::try_from(cents).unwrap_or(i64::MAX)));
    }
}

impl Retrace for Simulation {
    fn before(&mut self, entry: &Entry, state: &State) -> bool {
        if let Rule::Campaign(draft) = &mut self.rule
            && self.window.has(entry.time)
        {
            draft.before(entry, state);
        }
        entry.time < self.window.until
    }

    fn after(&mut self, entry: &Entry, effects: &Effects, state: &State) {
        if !self.window.has(entry.time) {
            return;
        }
        self.trips.as_mut().into_iter().for_each(|trips| trips.entry(entry, state));
        self.campaign_entry(entry, effects, state);
        self.fee_entry(entry, effects, state);
    }

    fn end(&mut self, _: &State) {}
}
