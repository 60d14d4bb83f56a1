//! A draft rule over months that are past: what it would have cost, who would have gained, and when its budget would have ended.
//!
//! The journal happens once more under the ledger's own rules; beside each conversion and each redemption stands what the draft makes of
//! it. A draft whose dates lie elsewhere is moved to the window, all of its dates by the same time.

use super::arbitrage::{Fraction, Trip, Trips};
use super::replay::{DraftCampaign, Given};
use ledger::account::{Campaign, FeeRule, GiftRule};
use ledger::amount::Rate;
use ledger::coverage::Date;
use ledger::entry::Entry;
use ledger::journal::Retrace;
use ledger::outcome::BonusReason;
use ledger::rules::{DAY_MS, fee};
use ledger::state::{AccountIndex, Effects, GiftDue, State};
use ledger::transaction::{Act, Body};
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
    /// Gifts to associations.
    Gift(GiftRule),
}

impl Draft {
    /// The draft with dates in the window: as they are when they meet it, else all moved by the same time, so that it begins with the
    /// window. Tells whether it was moved.
    pub fn placed(mut self, window: Window) -> (Draft, bool) {
        let moved = match &mut self {
            Draft::Campaign(rule) => {
                let away = rule.start >= window.until || rule.end <= window.from;
                let (begins, dates) = (rule.start, [&mut rule.start, &mut rule.end].into_iter().chain(&mut rule.periods));
                away && shift(dates, begins, window.from)
            }
            Draft::Gift(rule) => {
                let within = |pair: &[u64]| window.from < pair[1] && pair[1] <= window.until;
                let begins = rule.periods.first().copied().unwrap_or(0);
                !rule.periods.windows(2).any(within) && shift(rule.periods.iter_mut(), begins, window.from)
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

/// Moves dates by as much as it takes for one to come to lie on another. True, for they were moved.
fn shift<'d>(dates: impl Iterator<Item = &'d mut u64>, from: u64, to: u64) -> bool {
    let by = i128::from(to) - i128::from(from);
    dates.for_each(|date| *date = u64::try_from(i128::from(*date) + by).unwrap_or(0));
    true
}

/// What is left of each euro of a member and a shop that work together.
#[derive(Clone, Debug)]
pub struct Arbitrage {
    /// `(1 + b)(1 − (c − d)) + g`: the bonuses that add up, the fee that takes least after what goes on of it, and the gifts.
    pub factor: Fraction,
    /// Other campaigns whose bonus adds up with the draft's.
    pub with: Vec<u32>,
    /// True when some professionals pay no fee: for them the factor is `1 + b`.
    pub exempt: bool,
    /// True when more comes out than is put in and the cap per member is no cap: it reaches as far as the budget.
    pub cap_missing: bool,
}

impl Arbitrage {
    /// Of a draft among the rules of a ledger at a time. Campaigns and gifts add up when their dates meet; the fee of those dates that
    /// takes least counts, and of a table of rates the highest.
    pub fn of(draft: &Draft, state: &State, now: u64) -> Arbitrage {
        let (own, from, until) = match draft {
            Draft::Campaign(rule) => (Some(&**rule), rule.start, rule.end),
            Draft::Fee(rule) => (None, rule.from.max(now), u64::MAX),
            Draft::Gift(rule) => {
                let [begins, ends] = [rule.periods.first(), rule.periods.last()].map(|at| at.copied().unwrap_or(now));
                (None, begins, ends)
            }
        };
        let number = own.map(|rule| rule.number);
        let meets = |rule: &&Campaign| Some(rule.number) != number && rule.start < until && from < rule.end;
        let others: Vec<&Campaign> = state.campaigns().map(|known| &known.rule).filter(meets).collect();
        let later = state.fee_rules().iter().filter(|rule| from < rule.from && rule.from < until);
        let fees: Vec<&FeeRule> = match draft {
            Draft::Fee(rule) => vec![rule],
            _ => state.fee_rule(from).into_iter().chain(later).collect(),
        };
        let bonuses: Vec<Rate> = own.into_iter().chain(others.iter().copied()).map(highest).collect();
        let kept = fees.iter().map(|rule| Fraction::kept(rule));
        let kept = kept.reduce(|most, kept| if kept.exceeds(&most) { kept } else { most }).unwrap_or(Fraction::ONE);
        let own_gift = if let Draft::Gift(rule) = draft { Some(rule) } else { None };
        let given = |rule: &&GiftRule| {
            let meets = rule.periods.first().is_some_and(|begins| *begins < until)
                && rule.periods.last().is_some_and(|ends| from < *ends);
            meets && own_gift.is_none_or(|own| own.number != rule.number)
        };
        let gifts: Vec<Rate> =
            own_gift.into_iter().chain(state.gift_rules().map(|known| &known.rule).filter(given)).map(|rule| rule.rate).collect();
        let factor = Fraction::round_trip(&bonuses, kept, &gifts);
        Arbitrage {
            with: others.iter().map(|rule| rule.number).collect(),
            exempt: fees.iter().any(|rule| !rule.exempt.is_empty()),
            cap_missing: factor.gains() && own.is_some_and(|rule| rule.cap >= rule.budget),
            factor,
        }
    }
}

/// The highest rate of a campaign.
fn highest(rule: &Campaign) -> Rate {
    rule.steps.iter().map(|step| step.rate).chain([rule.rate]).max_by(compare).unwrap_or(rule.rate)
}

fn compare(a: &Rate, b: &Rate) -> std::cmp::Ordering {
    let crossed = |one: &Rate, other: &Rate| u128::from(one.numerator()) * u128::from(other.denominator());
    crossed(a, b).cmp(&crossed(b, a))
}

/// The month of an instant in UTC, `YYYY-MM`.
pub fn month_of(time: u64) -> String {
    Date::at(time).and_then(|day| day.to_string().get(..7).map(str::to_owned)).unwrap_or_default()
}

/// What happened in one month.
#[derive(Clone, Default, Debug)]
pub struct Month {
    /// Conversions to which the draft was open; redemptions that it bound; associations that it gave to.
    pub count: u64,
    /// Their euros, in cents.
    pub euros: u64,
    /// The bonuses given less those that went back; the fees; the gifts.
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
    Campaign(Box<DraftCampaign>),
    Fee(FeeRule),
    /// And the periods that have not ended yet, the next one last.
    Gift(GiftRule, Vec<u64>),
}

/// A simulation: it watches the journal happen once more.
pub struct Simulation {
    window: Window,
    rule: Rule,
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
    /// What of the fees went on to associations, in cents.
    pub given: u64,
    /// The same of the entry that comes, by the state before it.
    given_now: u64,
    /// What gifts were due at the end of each period, which the start names.
    pub periods: Vec<(u64, GiftDue)>,
    /// Every bonus and every fee, for whoever compares them with the ledger's.
    seen: Option<Vec<Given>>,
}

impl Simulation {
    /// A simulation of a draft that was placed in the window. `continued`: see [`DraftCampaign::new`]. `gains`: look for round trips.
    pub fn new(draft: Draft, window: Window, continued: bool, gains: bool) -> Simulation {
        let rule = match draft {
            Draft::Campaign(rule) => Rule::Campaign(Box::new(DraftCampaign::new(*rule, continued))),
            Draft::Fee(rule) => Rule::Fee(rule),
            Draft::Gift(rule) => {
                let within = |pair: &&[u64]| window.from < pair[1] && pair[1] <= window.until;
                let periods = rule.periods.windows(2).filter(within).map(|pair| pair[0]).rev().collect();
                Rule::Gift(rule, periods)
            }
        };
        Simulation {
            window,
            rule,
            trips: gains.then(Trips::default),
            months: BTreeMap::new(),
            gained: HashMap::new(),
            capped: HashMap::new(),
            cost: 0,
            returned: 0,
            budget_ends: None,
            money_ends: None,
            refused: 0,
            given: 0,
            given_now: 0,
            periods: Vec::new(),
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
            Rule::Fee(_) | Rule::Gift(..) => None,
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
        let mut all: Vec<_> =
            self.gained.iter().map(|(account, cents)| (*account, *cents)).filter(|(_, cents)| *cents > 0).collect();
        all.sort_by_key(|(account, cents)| (std::cmp::Reverse(*cents), *account));
        all.truncate(TOP);
        all
    }

    /// The round trips, and how many there were.
    pub fn trips(&self) -> (Vec<Trip>, usize) {
        self.trips.as_ref().map_or((Vec::new(), 0), Trips::found)
    }

    fn note(&mut self, given: Given) {
        let month = self.months.entry(month_of(given.time)).or_default();
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
        self.given += self.given_now;
        self.note(given(redemption.account, redemption.gross, i64::try_from(cents).unwrap_or(i64::MAX)));
    }

    /// Where a share of the fee would go is decided by the state before the redemption.
    fn share_of_fee(&self, entry: &Entry, state: &State) -> u64 {
        let Rule::Fee(rule) = &self.rule else { return 0 };
        let Some((account, cents)) = redemption(entry, state).filter(|_| rule.from <= entry.time) else { return 0 };
        let groups = &state.accounts()[account as usize].groups;
        state.given_to(rule, account, cents, fee(rule, groups, cents)).map_or(0, |(_, given)| given.cents)
    }

    /// Gives for the periods that have ended by this time, with what is known by then.
    fn end_periods(&mut self, time: u64, state: &State) {
        let Rule::Gift(rule, periods) = &mut self.rule else { return };
        let mut ended = Vec::new();
        while let Some(start) = periods.pop_if(|start| rule.end_of(*start).is_some_and(|end| end <= time)) {
            let whole = |euros| rule.rate.of_rounded_down(euros);
            ended.extend(state.due_under(rule, start).map(|due| (start, rule.end_of(start).unwrap_or(start), due)));
            let Some((_, end, due)) = ended.last() else { continue };
            let uncut: u64 = due.lines.iter().map(|line| whole(line.euros)).sum();
            if uncut > rule.budget.cents() {
                self.budget_ends.get_or_insert(*end);
                let index = |account| state.index(account).unwrap_or_default();
                self.capped.extend(due.lines.iter().map(|line| (index(&line.account), whole(line.euros) - line.cents)));
            }
        }
        for (start, end, due) in ended {
            for line in &due.lines {
                let Some(account) = state.index(&line.account) else { continue };
                let (sequence, cents) = (state.size(), i64::try_from(line.cents).unwrap_or(i64::MAX));
                self.note(Given { sequence, time: end - 1, account, euros: line.euros, cents, bound: None, capped: 0 });
            }
            self.periods.push((start, due));
        }
    }
}

/// Who redeems how much by an entry, when it is a redemption.
fn redemption(entry: &Entry, state: &State) -> Option<(AccountIndex, u64)> {
    let standing = match entry.order.body() {
        Body::Redeem { account, amount } => return Some((state.index(account)?, amount.cents())),
        Body::Propose(act) => act,
        Body::Approve { proposal } => &state.proposal(proposal)?.act,
        _ => return None,
    };
    let Act::RedeemStanding { account } = standing else { return None };
    let index = state.index(account)?;
    let account = &state.accounts()[index as usize];
    Some((index, account.balance.above_zero().checked_sub(account.redeem_above?)?))
}

impl Retrace for Simulation {
    fn before(&mut self, entry: &Entry, state: &State) -> bool {
        if let Rule::Campaign(draft) = &mut self.rule
            && self.window.has(entry.time)
        {
            draft.before(entry, state);
        }
        self.end_periods(entry.time.min(self.window.until), state);
        self.given_now = self.share_of_fee(entry, state);
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

    fn end(&mut self, state: &State) {
        self.end_periods(self.window.until, state);
    }
}
