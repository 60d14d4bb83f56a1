//! A draft campaign beside the journal: what it would have given for the conversions that there were.
//!
//! The arithmetic is the ledger's own ([`ledger::rules::bonus`], [`Credit::take_back`]); what stands here is the draft's own count of
//! caps, budget and sponsor's euros. Members are taken to have converted what they converted, and to have spent what they spent.

use ledger::account::Campaign;
use ledger::books::Book;
use ledger::entry::Entry;
use ledger::key::{AccountId, Hash32};
use ledger::outcome::{Bonus, BonusReason};
use ledger::rules::{BonusRoom, bonus};
use ledger::state::{Account, AccountIndex, BonusUse, Conversion, Credit, Effects, State};
use ledger::transaction::{Act, Body};
use std::collections::HashMap;

/// What the draft gave for one conversion, or took back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Given {
    /// The entry.
    pub sequence: u64,
    /// When.
    pub time: u64,
    /// To whom.
    pub account: AccountIndex,
    /// The member's euros that were converted; none when a bonus went back.
    pub euros: u64,
    /// The bonus in cents; negative when it went back.
    pub cents: i64,
    /// What bound it; `None` when a bonus went back, or when the draft was not open to the member.
    pub bound: Option<BonusReason>,
    /// What the member's cap took of it.
    pub capped: u64,
}

/// A draft campaign and what it has given so far.
pub struct DraftCampaign {
    rule: Campaign,
    begun: bool,
    /// Whether caps, budget and money go on from what the journal says of the campaign with this number.
    continued: bool,
    spent: u64,
    /// The sponsor's euros; `None` when the sponsor is taken to pay the whole budget.
    money: Option<i64>,
    /// The same in the journal, to see what the sponsor paid in and took out.
    real_money: i64,
    used: HashMap<(AccountIndex, u64), u64>,
    /// What units were given for, by credit, with the draft's bonuses in place of the campaign's.
    conversions: HashMap<Hash32, Vec<Conversion>>,
    /// The credit that an entry converted.
    credit_of: HashMap<u64, Hash32>,
    /// Units that a member has under the draft and not in the journal.
    ahead: HashMap<AccountIndex, i64>,
    /// What was left unmatched of a credit, before the bank takes some of it back.
    unmatched: u64,
}

impl DraftCampaign {
    /// The draft, before anything. `continued`: it takes the place of the campaign with its number, with what that has spent and has
    /// left when the draft begins; else it begins anew, with all of its budget paid in.
    pub fn new(rule: Campaign, continued: bool) -> DraftCampaign {
        DraftCampaign {
            rule,
            begun: false,
            continued,
            spent: 0,
            money: continued.then_some(0),
            real_money: 0,
            used: HashMap::new(),
            conversions: HashMap::new(),
            credit_of: HashMap::new(),
            ahead: HashMap::new(),
            unmatched: 0,
        }
    }

    /// The rule.
    pub fn rule(&self) -> &Campaign {
        &self.rule
    }

    /// What it has given less what went back, in cents.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// The sponsor's euros that are left; `None` when the sponsor is taken to pay the whole budget.
    pub fn money(&self) -> Option<i64> {
        self.money
    }

    /// True when nothing is left of the budget.
    pub fn is_used_up(&self) -> bool {
        self.spent >= self.rule.budget.cents()
    }

    /// What a member got in the period that starts then.
    pub fn used(&self, account: AccountIndex, period: u64) -> u64 {
        self.used.get(&(account, period)).copied().unwrap_or(0)
    }

    /// Sees the state before an entry.
    pub fn before(&mut self, entry: &Entry, state: &State) {
        if !self.begun {
            self.begin(state);
        }
        let taken = bank_return(entry, state).and_then(|credit| state.credit(&credit));
        self.unmatched = taken.map_or(0, |credit| credit.left);
    }

    fn begin(&mut self, state: &State) {
        self.begun = true;
        for (id, credit) in state.credits() {
            self.credit_of.extend(credit.conversions.iter().map(|conversion| (conversion.sequence, *id)));
            self.conversions.insert(*id, credit.conversions.clone());
        }
        if self.continued {
            self.real_money = self.claim(state);
            self.money = Some(self.real_money);
            self.spent = state.campaign(self.rule.number).map_or(0, |known| known.spent);
            for (index, account) in (0..).zip(state.accounts()) {
                let mine = account.bonus_use.iter().filter(|usage| usage.campaign == self.rule.number);
                self.used.extend(mine.map(|usage| ((index, usage.period), usage.cents)));
            }
        }
    }

    fn claim(&self, state: &State) -> i64 {
        state.books().claim(Book::Campaign(self.rule.number)).get()
    }

    /// Sees an entry and the state after it, and tells what the draft gave or took back.
    pub fn after(&mut self, entry: &Entry, effects: &Effects, state: &State) -> Vec<Given> {
        let given = match &effects.executed {
            Some(Act::Convert { credit, account, .. }) => vec![self.convert(entry, credit, account, effects, state)],
            Some(Act::BankReturn { credit, amount, .. }) => self.bank_return(entry, credit, amount.cents(), effects, state),
            Some(Act::Correct { sequence, .. }) if self.credit_of.contains_key(sequence) => {
                self.unconvert(entry, *sequence, effects).into_iter().collect()
            }
            Some(_) => {
                let moved = self.claim(state) - self.real_money;
                self.money = self.money.map(|money| money + moved);
                Vec::new()
            }
            None => Vec::new(),
        };
        self.real_money = self.claim(state);
        given
    }

    fn convert(&mut self, entry: &Entry, credit: &Hash32, account: &AccountId, effects: &Effects, state: &State) -> Given {
        let (time, sequence) = (entry.time, entry.sequence);
        let index = state.index(account).expect("units were given to a known account");
        let member = &state.accounts()[index as usize];
        let euros = effects.outcome.converted.unwrap_or(0);
        let (cents, bound, capped) = self.bonus(index, member, euros, time);
        let period = self.rule.period_of(time);
        if cents > 0 {
            self.spent += cents;
            self.money = self.money.map(|money| money - signed(cents));
            *self.used.entry((index, period)).or_default() += cents;
        }
        let mine = BonusUse { campaign: self.rule.number, period, cents };
        let (bonuses, real) = self.in_place(mine, effects, state);
        *self.ahead.entry(index).or_default() += signed(cents) - signed(real);
        self.credit_of.insert(sequence, *credit);
        let conversion = Conversion { sequence, account: index, euros, bonuses, time };
        self.conversions.entry(*credit).or_default().push(conversion);
        Given { sequence, time, account: index, euros, cents: signed(cents), bound, capped }
    }

    /// The bonus, what bound it, and what the member's cap took of it.
    fn bonus(&self, index: AccountIndex, member: &Account, euros: u64, time: u64) -> (u64, Option<BonusReason>, u64) {
        if euros == 0 || !self.rule.is_open_to(member.kind, &member.groups, time) {
            return (0, None, 0);
        }
        let money = self.money.map_or(u64::MAX, |money| u64::try_from(money).unwrap_or(0));
        let room = BonusRoom::left(&self.rule, self.used(index, self.rule.period_of(time)), self.spent, money);
        let (cents, bound) = bonus(&self.rule, room, euros);
        let capped = match bound {
            BonusReason::MemberCap => bonus(&self.rule, BonusRoom { member: u64::MAX, ..room }, euros).0 - cents,
            _ => 0,
        };
        (cents, Some(bound), capped)
    }

    /// The bonuses of a conversion with the draft's in the place of its campaign's, in the order of the campaigns; and what the
    /// campaign's was.
    fn in_place(&self, mine: BonusUse, effects: &Effects, state: &State) -> (Vec<BonusUse>, u64) {
        let number = self.rule.number;
        let order = |campaign| state.campaign(campaign).map_or(0, |known| known.rule.order);
        let (own, others): (Vec<&Bonus>, Vec<&Bonus>) =
            effects.outcome.bonuses.iter().partition(|bonus| bonus.campaign == number);
        let mut places: Vec<((u8, u32), BonusUse)> = others
            .into_iter()
            .map(|bonus| {
                let usage = BonusUse { campaign: bonus.campaign, period: 0, cents: bonus.cents };
                ((order(bonus.campaign), bonus.campaign), usage)
            })
            .chain([((self.rule.order, number), mine)])
            .filter(|(_, usage)| usage.cents > 0)
            .collect();
        places.sort_by_key(|(place, _)| *place);
        (places.into_iter().map(|(_, usage)| usage).collect(), own.iter().map(|bonus| bonus.cents).sum())
    }

    fn bank_return(&mut self, entry: &Entry, id: &Hash32, cents: u64, effects: &Effects, state: &State) -> Vec<Given> {
        let Some(known) = state.credit(id) else { return Vec::new() };
        let conversions = self.conversions.remove(id).unwrap_or_default();
        let mut credit = Credit { left: self.unmatched, conversions, ..known.clone() };
        let change = |index| effects.touched.iter().find(|touch| touch.account == index).map_or(0, |touch| touch.change.get());
        let available = |index: AccountIndex| {
            let before = state.accounts()[index as usize].balance.get() - change(index);
            u64::try_from(before + self.ahead.get(&index).copied().unwrap_or(0)).unwrap_or(0)
        };
        let backs = credit.take_back(cents, available);
        self.conversions.insert(*id, credit.conversions);
        for touch in &effects.touched {
            let taken: u64 = backs.iter().filter(|back| back.account == touch.account).map(|back| back.taken).sum();
            *self.ahead.entry(touch.account).or_default() -= touch.change.get() + signed(taken);
        }
        let given = backs.iter().flat_map(|back| back.bonuses.iter().map(|usage| (back.account, *usage)));
        given.filter_map(|(account, usage)| self.give_back(entry, account, usage)).collect()
    }

    fn unconvert(&mut self, entry: &Entry, sequence: u64, effects: &Effects) -> Option<Given> {
        let conversions = self.conversions.get_mut(&self.credit_of.remove(&sequence)?)?;
        let place = conversions.iter().position(|conversion| conversion.sequence == sequence)?;
        let conversion = conversions.remove(place);
        let taken = conversion.euros + conversion.bonuses.iter().map(|usage| usage.cents).sum::<u64>();
        let change = effects.touched.iter().find(|touch| touch.account == conversion.account);
        let real = change.map_or(0, |touch| touch.change.get());
        *self.ahead.entry(conversion.account).or_default() -= real + signed(taken);
        let mine = conversion.bonuses.into_iter().find(|usage| usage.campaign == self.rule.number)?;
        self.give_back(entry, conversion.account, mine)
    }

    /// A bonus goes back to the budget, to the sponsor and to the member's cap.
    fn give_back(&mut self, entry: &Entry, account: AccountIndex, usage: BonusUse) -> Option<Given> {
        if usage.campaign != self.rule.number || usage.cents == 0 {
            return None;
        }
        self.spent -= usage.cents;
        self.money = self.money.map(|money| money + signed(usage.cents));
        if let Some(used) = self.used.get_mut(&(account, usage.period)) {
            *used -= usage.cents;
        }
        let cents = -signed(usage.cents);
        Some(Given { sequence: entry.sequence, time: entry.time, account, euros: 0, cents, bound: None, capped: 0 })
    }
}

/// The credit of which the bank takes something back, when the entry may be the one that says so.
fn bank_return(entry: &Entry, state: &State) -> Option<Hash32> {
    let act = match entry.order.body() {
        Body::Propose(act) => act,
        Body::Approve { proposal } => &state.proposal(proposal)?.act,
        _ => return None,
    };
    match act {
        Act::BankReturn { credit, .. } => Some(*credit),
        _ => None,
    }
}

/// Sums of cents stay far below 2^63.
fn signed(cents: u64) -> i64 {
    i64::try_from(cents).unwrap_or(i64::MAX)
}
