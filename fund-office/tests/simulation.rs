//! Drafts over past months: the very rule that was in force has to give what the ledger gave, entry by entry.
//!
//! `SEED=7 cargo test -p fund-office --test simulation` plays one town again, `LONG=1` plays more of them and a long journal on disk.

#![allow(clippy::unwrap_used)]

#[path = "../../ledger/tests/common/mod.rs"]
mod common;
#[path = "../../ledger/tests/common/dice.rs"]
mod dice;

use common::*;
use dice::Dice;
use fund_office::rules::simulation::{Draft, Simulation, Window};
use ledger::account::{AccountKind, Campaign, FeeRule, GiftRule, Step};
use ledger::amount::Rate;
use ledger::books::Book;
use ledger::entry::Entry;
use ledger::journal::Retrace;
use ledger::key::Hash32;
use ledger::outcome::{BonusReason, Outcome};
use ledger::state::{AccountIndex, Effects, GiftDue, State};
use ledger::transaction::{Act, Body, Purse, SignedTransaction};
use std::collections::BTreeMap;

const CAMPAIGN: u32 = 5;
const OTHERS: [u32; 2] = [2, 9];
const ASSOCIATION_LEVEL: u8 = UNLIMITED;
const STEPS_OF_A_TOWN: u64 = 900;

/// A town that lives on dice, and everything that was accepted in it.
struct World {
    town: Town,
    dice: Dice,
    journal: Vec<(SignedTransaction, u64)>,
    residents: Vec<Member>,
    shops: Vec<Member>,
    associations: Vec<Member>,
    credits: Vec<(String, u64)>,
    /// Entries that can perhaps be corrected.
    acts: Vec<u64>,
    campaigns: Vec<(u64, Campaign)>,
    fees: Vec<(u64, FeeRule)>,
    gift: GiftRule,
}

impl World {
    fn new(seed: u64) -> World {
        let gift = GiftRule {
            number: 1,
            version: 1,
            bank: DIGITAL_BANK,
            rate: Rate::new(3, 100).unwrap(),
            periods: (0..12).map(|n| START + n * 20 * DAY).collect(),
            least_members: 2,
            budget: cents(2_500),
        };
        let mut world = World {
            town: Town::empty(),
            dice: Dice(seed),
            journal: Vec::new(),
            residents: Vec::new(),
            shops: Vec::new(),
            associations: Vec::new(),
            credits: Vec::new(),
            acts: Vec::new(),
            campaigns: Vec::new(),
            fees: Vec::new(),
            gift: gift.clone(),
        };
        let order = world.town.genesis_order(genesis());
        assert!(world.play(order).is_some());
        for n in 0..14_u16 {
            let level = [UNCHECKED, CHECKED, CHECKED][usize::from(n) % 3];
            let member = world.open(&format!("resident {n}"), AccountKind::Resident, level, &[n % 4]);
            world.residents.push(member);
        }
        for n in 0..4 {
            let groups: &[u16] = if n == 3 { &[9] } else { &[] };
            let member = world.open(&format!("shop {n}"), AccountKind::Professional, UNLIMITED, groups);
            world.shops.push(member);
            let member = world.open(&format!("association {n}"), AccountKind::Association, ASSOCIATION_LEVEL, &[]);
            world.associations.push(member);
        }
        world.act(deposit(DIGITAL_BANK, 100_000, Purse::Own));
        world.act(Act::PublishGift(gift));
        for number in OTHERS {
            let order = if number == 2 { 0 } else { 3 };
            let rule = Campaign { order, rate: Rate::new(1, 30).unwrap(), budget: cents(40_000), ..campaign(number) };
            world.act(Act::PublishCampaign(Box::new(rule)));
            world.act(sponsor_deposit(DIGITAL_BANK, number, 30_000));
        }
        world
    }

    /// The campaign that is simulated: every version with other bounds.
    fn publish_campaign(&mut self) {
        let version = self.campaigns.len() as u32 + 1;
        let now = self.town.now;
        let step = |from, part| Step { from: cents(from), rate: Rate::new(part, 100).unwrap() };
        let rule = Campaign {
            version,
            order: 1,
            rate: Rate::new([20, 7, 31][version as usize % 3], 100).unwrap(),
            start: if version == 1 { now } else { START },
            end: now + 200 * DAY,
            budget: cents([5_000, 60_000, 90_000][(version as usize - 1).min(2)]),
            cap: cents([900, 2_500, 5_000][version as usize % 3]),
            periods: (0..20).map(|n| START + n * [15, 30, 45][version as usize % 3] * DAY).collect(),
            groups: if version == 2 { vec![1, 2, 3] } else { vec![] },
            least: cents(200),
            most: cents(40_000),
            steps: if version == 3 { vec![step(2_000, 10), step(6_000, 0)] } else { vec![] },
            ..campaign(CAMPAIGN)
        };
        if self.act(Act::PublishCampaign(Box::new(rule.clone()))).is_some() {
            self.campaigns.push((self.town.now, rule));
        }
        let money = 6_000 + self.dice.below(20_000);
        self.act(sponsor_deposit(DIGITAL_BANK, CAMPAIGN, money));
    }

    fn publish_fee(&mut self) {
        let version = self.fees.len() as u32 + 1;
        let now = self.town.now;
        let rule = FeeRule {
            rate: Rate::new([5, 3, 8][version as usize % 3], 100).unwrap(),
            least: [0, 25, 10][version as usize % 3],
            from: now,
            given: (version != 2).then(|| Rate::new(3, 100).unwrap()),
            beneficiary: (version > 2).then(|| self.associations[3].id),
            ..fee_rule(version)
        };
        if self.act(Act::PublishFee(rule.clone())).is_some() {
            self.fees.push((self.town.now, rule));
        }
    }

    fn play(&mut self, order: SignedTransaction) -> Option<Effects> {
        // No two entries at the same time: windows begin and end between entries.
        self.town.now += 1;
        let effects = self.town.submit(&order).ok()?;
        self.journal.push((order, self.town.now));
        Some(effects)
    }

    fn does(&mut self, body: Body, member: &Member) -> Option<Effects> {
        let order = self.town.order(body, &member.key);
        self.play(order)
    }

    fn act(&mut self, act: Act) -> Option<Effects> {
        let order = self.town.act_order(act);
        self.play(order)
    }

    fn open(&mut self, name: &str, kind: AccountKind, level: u8, groups: &[u16]) -> Member {
        let open = ledger::transaction::OpenAccount { kind, key: public(name), level, groups: groups.to_vec() };
        let opened = self.act(Act::OpenAccount(open)).unwrap().outcome.opened.unwrap();
        Member { id: opened, key: key(name) }
    }

    fn credit(&mut self) -> Option<String> {
        self.dice.pick(&self.credits).map(|(name, _)| name)
    }

    fn live(&mut self) {
        for _ in 0..STEPS_OF_A_TOWN {
            self.town.now += self.dice.below(6 * HOUR);
            let resident = self.dice.pick(&self.residents).unwrap();
            let shop = self.dice.pick(&self.shops).unwrap();
            let done = self.town.state.size();
            match self.dice.below(100) {
                0..=39 => self.convert(&resident),
                40..=59 => self.pay(&resident, &shop),
                60..=66 => self.redeem(&shop),
                67..=71 => {
                    let Some(name) = self.credit() else { continue };
                    let whole = self.town.state.credit(&hash(&name)).map_or(0, |credit| {
                        credit.left + credit.conversions.iter().map(|conversion| conversion.euros).sum::<u64>()
                    });
                    let part = if self.dice.chance(30) { whole } else { 1 + self.dice.below(6_000) };
                    if part > 0 {
                        self.act(bank_return(&name, part));
                    }
                }
                72..=74 => {
                    let Some(name) = self.credit() else { continue };
                    let part = 1 + self.dice.below(3_000);
                    self.act(return_credit(&name, part));
                }
                75..=82 => {
                    if let Some(sequence) = self.dice.pick(&self.acts) {
                        self.act(correct(sequence));
                    }
                }
                83..=86 => {
                    let (campaign, money) = (self.dice.pick(&[CAMPAIGN, CAMPAIGN, 2, 9]).unwrap(), 1 + self.dice.below(9_000));
                    let deposits = self.dice.chance(75);
                    self.act(match deposits {
                        true => sponsor_deposit(DIGITAL_BANK, campaign, money),
                        false => sponsor_return(campaign, money),
                    });
                }
                87..=89 => {
                    let (group, level) = (self.dice.below(4) as u16, self.dice.below(2) as u8);
                    self.act(Act::ClassifyAccount { account: resident.id, level, groups: vec![group] });
                }
                90..=95 => {
                    self.act(Act::ResumeAccount { account: resident.id });
                }
                // What returns left uncovered is made good: a town that is short issues nothing.
                96..=97 => drop(self.act(deposit(DIGITAL_BANK, 20_000, Purse::Cover))),
                _ => self.choose(),
            }
            if self.town.state.size() > done {
                self.acts.push(done);
            }
        }
    }

    fn convert(&mut self, member: &Member) {
        let known = self.credit().filter(|_| self.dice.chance(30));
        match known {
            // What the limits had left over, or what a return or a correction has set free.
            Some(name) => {
                let amount = self.credits.iter().find(|(other, _)| *other == name).unwrap().1;
                self.act(convert(&name, member, amount));
            }
            None => {
                let (name, amount) = (format!("credit {}", self.credits.len()), 100 + self.dice.below(12_000));
                let recorded = self.dice.chance(20);
                if recorded {
                    self.act(record_credit(&name, amount));
                }
                self.act(convert(&name, member, amount));
                self.credits.push((name, amount));
            }
        }
    }

    fn pay(&mut self, member: &Member, shop: &Member) {
        let most = u64::try_from(self.town.balance(member)).unwrap_or(0);
        if most > 0 {
            let amount = if self.dice.chance(40) { most } else { 1 + self.dice.below(most) };
            self.does(transfer(member, shop, amount), member);
        }
    }

    fn redeem(&mut self, shop: &Member) {
        if self.dice.chance(30) {
            let keep = self.dice.below(3_000);
            self.does(Body::RedeemAbove { account: shop.id, keep: Some(keep) }, shop);
            self.act(Act::RedeemStanding { account: shop.id });
            return;
        }
        let most = u64::try_from(self.town.balance(shop)).unwrap_or(0);
        if most > 0 {
            let amount = cents(1 + self.dice.below(most));
            self.does(Body::Redeem { account: shop.id, amount }, shop);
        }
    }

    fn choose(&mut self) {
        let chooser = if self.dice.chance(70) { self.dice.pick(&self.residents) } else { self.dice.pick(&self.shops) }.unwrap();
        let (first, second) = (self.dice.below(3) as usize, self.dice.below(4) as usize);
        let mut associations = vec![self.associations[first].id];
        if second != first {
            associations.push(self.associations[second].id);
        }
        self.does(Body::Choose { account: chooser.id, associations }, &chooser);
    }

    /// Plays the journal once more, for somebody who watches.
    fn retrace(&self, watching: &mut dyn Retrace) {
        let mut state = State::new(Hash32([0; 32]));
        for (order, time) in &self.journal {
            let sequence = state.size();
            let entry = Entry { sequence, time: *time, order: order.clone(), outcome: Outcome::default() };
            if !watching.before(&entry, &state) {
                break;
            }
            let effects = state.apply(order, *time).unwrap();
            watching.after(&Entry { outcome: effects.outcome.clone(), ..entry }, &effects, &state);
        }
        watching.end(&state);
    }

    /// When each version was in force, to the end of the journal.
    fn windows<'w, R>(&'w self, versions: &'w [(u64, R)]) -> impl Iterator<Item = (Window, &'w R)> {
        let last = self.town.now + 1;
        let ends = versions.iter().skip(1).map(|(time, _)| *time).chain([last]);
        versions.iter().zip(ends).map(|((from, rule), until)| (Window { from: *from, until }, rule))
    }
}

/// A town of three versions of a campaign and of the fee.
fn town(seed: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..3 {
        world.publish_campaign();
        world.publish_fee();
        world.live();
    }
    world
}

/// How often each case came up: a test that never met it shows nothing.
#[derive(Default, Debug)]
struct Met {
    whole: u64,
    member_cap: u64,
    budget: u64,
    sponsor: u64,
    returned: u64,
    returned_in_part: u64,
    corrected: u64,
    owed: u64,
    fees: u64,
    shares: u64,
    gifts: u64,
    gifts_cut: u64,
}

/// Watches with a simulation, and beside it what the ledger itself did.
struct Compared<'m> {
    simulation: Simulation,
    window: Window,
    spent: u64,
    /// By entry: what the campaign gave, or what went back.
    real: BTreeMap<u64, i64>,
    met: &'m mut Met,
}

impl Compared<'_> {
    fn spent(state: &State) -> u64 {
        state.campaign(CAMPAIGN).map_or(0, |known| known.spent)
    }

    /// The draft's own count is the ledger's.
    fn agrees(&self, state: &State) {
        let draft = self.simulation.campaign().unwrap();
        assert_eq!(draft.spent(), Self::spent(state));
        assert_eq!(draft.money(), Some(state.books().claim(Book::Campaign(CAMPAIGN)).get()));
        for (index, account) in state.accounts().iter().enumerate() {
            for usage in account.bonus_use.iter().filter(|usage| usage.campaign == CAMPAIGN) {
                assert_eq!(draft.used(index as AccountIndex, usage.period), usage.cents, "account {index}");
            }
        }
    }
}

impl Retrace for Compared<'_> {
    fn before(&mut self, entry: &Entry, state: &State) -> bool {
        self.spent = Self::spent(state);
        self.simulation.before(entry, state)
    }

    fn after(&mut self, entry: &Entry, effects: &Effects, state: &State) {
        self.simulation.after(entry, effects, state);
        if entry.time < self.window.from {
            return;
        }
        let change = i64::try_from(Self::spent(state)).unwrap() - i64::try_from(self.spent).unwrap();
        if change != 0 {
            self.real.insert(entry.sequence, change);
        }
        let outcome = &effects.outcome;
        for bonus in outcome.bonuses.iter().filter(|bonus| bonus.campaign == CAMPAIGN) {
            *match bonus.reason {
                BonusReason::Whole => &mut self.met.whole,
                BonusReason::MemberCap => &mut self.met.member_cap,
                BonusReason::Budget => &mut self.met.budget,
                BonusReason::Sponsor => &mut self.met.sponsor,
            } += 1;
            let kept = self.simulation.kept().last().unwrap();
            assert_eq!((kept.sequence, kept.bound), (entry.sequence, Some(bonus.reason)));
        }
        match &effects.executed {
            Some(Act::BankReturn { credit, .. }) if change < 0 => {
                let rest = state.credit(credit).unwrap().conversions.iter().any(|conversion| conversion.euros > 0);
                *if rest { &mut self.met.returned_in_part } else { &mut self.met.returned } += 1;
                self.met.owed += u64::from(outcome.receivable.is_some());
            }
            Some(Act::Correct { .. }) if change < 0 => self.met.corrected += 1,
            _ => {}
        }
        self.agrees(state);
    }

    fn end(&mut self, state: &State) {
        self.simulation.end(state);
        self.agrees(state);
    }
}

fn seeds() -> Vec<u64> {
    let long = std::env::var("LONG").is_ok();
    let seeds =
        std::env::var("SEED").map_or_else(|_| (0..if long { 60 } else { 6 }).collect(), |seed| vec![seed.parse().unwrap()]);
    println!("seeds {seeds:?}");
    seeds
}

#[test]
fn the_rule_that_was_in_force_gives_exactly_the_bonuses_that_the_ledger_gave() {
    let mut met = Met::default();
    for seed in seeds() {
        let world = town(seed);
        assert_eq!(world.campaigns.len(), 3);
        for (window, rule) in world.windows(&world.campaigns) {
            let (draft, moved) = Draft::Campaign(Box::new(rule.clone())).placed(window);
            assert!(!moved);
            let simulation = Simulation::new(draft, window, true, true).keeping_all();
            let mut compared = Compared { simulation, window, spent: 0, real: BTreeMap::new(), met: &mut met };
            world.retrace(&mut compared);
            let mut drafted: BTreeMap<u64, i64> = BTreeMap::new();
            for given in compared.simulation.kept().iter().filter(|given| given.cents != 0) {
                *drafted.entry(given.sequence).or_default() += given.cents;
            }
            assert_eq!(drafted, compared.real, "seed {seed}, version {}", rule.version);
            assert_eq!(compared.simulation.cost, compared.real.values().sum::<i64>());
            assert_eq!(compared.simulation.months.values().map(|month| month.cost).sum::<i64>(), compared.simulation.cost);
        }
    }
    println!("{met:?}");
    let all = [met.whole, met.member_cap, met.budget, met.sponsor, met.returned, met.returned_in_part, met.corrected, met.owed];
    assert!(all.iter().all(|count| *count > 0), "{met:?}");
}

/// Watches with a simulation, and beside it the fees that the ledger took.
struct Fees<'m> {
    simulation: Simulation,
    window: Window,
    real: Vec<(u64, i64)>,
    given: u64,
    met: &'m mut Met,
}

impl Retrace for Fees<'_> {
    fn before(&mut self, entry: &Entry, state: &State) -> bool {
        self.simulation.before(entry, state)
    }

    fn after(&mut self, entry: &Entry, effects: &Effects, state: &State) {
        self.simulation.after(entry, effects, state);
        if let Some(redemption) = state.redemption(entry.sequence).filter(|_| entry.time >= self.window.from) {
            self.real.push((entry.sequence, i64::try_from(redemption.fee).unwrap()));
            self.given += redemption.given;
            self.met.fees += 1;
            self.met.shares += u64::from(redemption.given > 0);
        }
    }

    fn end(&mut self, state: &State) {
        self.simulation.end(state);
    }
}

#[test]
fn the_fee_that_was_in_force_is_exactly_what_the_ledger_took_and_passed_on() {
    let mut met = Met::default();
    for seed in seeds() {
        let world = town(seed);
        for (window, rule) in world.windows(&world.fees) {
            let simulation = Simulation::new(Draft::Fee(rule.clone()), window, false, true).keeping_all();
            let mut fees = Fees { simulation, window, real: Vec::new(), given: 0, met: &mut met };
            world.retrace(&mut fees);
            let drafted: Vec<_> = fees.simulation.kept().iter().map(|given| (given.sequence, given.cents)).collect();
            assert_eq!((drafted, fees.simulation.given), (fees.real, fees.given), "seed {seed}, version {}", rule.version);
            assert_eq!(fees.simulation.refused, 0, "what the ledger took in, its own rule does not refuse");
        }
    }
    assert!(met.fees > 0 && met.shares > 0, "{met:?}");
}

/// Watches with a simulation, and beside it what the ledger's own rule makes due when each period ends.
struct Gifts<'m> {
    simulation: Simulation,
    rule: GiftRule,
    due: Vec<(u64, GiftDue)>,
    met: &'m mut Met,
}

impl Gifts<'_> {
    fn until(&mut self, time: u64, state: &State) {
        let next = self.rule.periods.get(self.due.len()..).unwrap_or_default();
        for pair in next.windows(2).filter(|pair| pair[1] <= time) {
            self.due.extend(state.gift_due(self.rule.number, pair[0]).map(|due| (pair[0], due)));
        }
    }
}

impl Retrace for Gifts<'_> {
    fn before(&mut self, entry: &Entry, state: &State) -> bool {
        self.until(entry.time, state);
        self.simulation.before(entry, state)
    }

    fn after(&mut self, entry: &Entry, effects: &Effects, state: &State) {
        self.simulation.after(entry, effects, state);
    }

    fn end(&mut self, state: &State) {
        self.simulation.end(state);
    }
}

#[test]
fn the_gift_that_was_in_force_is_exactly_what_was_due_at_the_end_of_each_period() {
    let mut met = Met::default();
    for seed in seeds() {
        let world = town(seed);
        let window = Window { from: START, until: world.town.now };
        let (draft, moved) = Draft::Gift(world.gift.clone()).placed(window);
        assert!(!moved);
        let simulation = Simulation::new(draft, window, false, false);
        let mut gifts = Gifts { simulation, rule: world.gift.clone(), due: Vec::new(), met: &mut met };
        world.retrace(&mut gifts);
        let ended = world.gift.periods.windows(2).filter(|pair| pair[1] <= window.until).count();
        assert_eq!(gifts.due.len(), ended, "every period that has ended is compared");
        assert_eq!(gifts.simulation.periods, gifts.due, "seed {seed}");
        let total: u64 = gifts.due.iter().map(|(_, due)| due.total).sum();
        assert_eq!(gifts.simulation.cost, i64::try_from(total).unwrap());
        gifts.met.gifts += gifts.due.iter().filter(|(_, due)| due.total > 0).count() as u64;
        gifts.met.gifts_cut += u64::from(gifts.simulation.budget_ends.is_some());
    }
    assert!(met.gifts > 0 && met.gifts_cut > 0, "{met:?}");
}

/// A journal on disk of so many payments, with a conversion now and then and shops that redeem.
fn journal_on_disk(node: &node::Node, payments: u64) -> ledger::ledger::Ledger {
    let ledger = node.create();
    let people: Vec<_> = (0..40).map(|n| node.account(&ledger, &format!("resident {n}"), AccountKind::Resident)).collect();
    let shop = node.account(&ledger, "shop", AccountKind::Professional);
    node.act(&ledger, Act::PublishCampaign(Box::new(campaign(CAMPAIGN))));
    node.act(&ledger, sponsor_deposit(DIGITAL_BANK, CAMPAIGN, 900_000));
    for n in 0..payments {
        let place = usize::try_from(n % 40).unwrap();
        let order = match n % 10 {
            0 => {
                let (credit, amount) = (hash(&format!("credit {n}")), cents(2_000));
                let act = Act::Convert { bank: DIGITAL_BANK, credit, amount, account: people[place] };
                node.order(&ledger, Body::Propose(act), "operator 1")
            }
            9 => node.order(&ledger, Body::Redeem { account: shop, amount: cents(1_500) }, "shop"),
            _ => {
                node.order(&ledger, node::transfer(people[place / 10 * 10], shop, 250), &format!("resident {}", place / 10 * 10))
            }
        };
        // Nobody waits for the answers: whether an order was accepted is seen in the journal.
        ledger.submit(order, Box::new(|_| ()));
        if n % 500 == 499 {
            node.clock.fetch_add(HOUR, std::sync::atomic::Ordering::SeqCst);
            let resident = node.order(&ledger, node::transfer(people[0], shop, 1), "resident 0");
            ledger.submit_and_wait(resident).unwrap().unwrap();
        }
    }
    ledger
}

#[test]
fn a_journal_on_disk_is_simulated_whole_and_gives_what_the_ledger_spent() {
    let payments = if std::env::var("LONG").is_ok() { 200_000 } else { 3_000 };
    let node = node::Node::new();
    let ledger = journal_on_disk(&node, payments);
    let window = Window { from: START, until: node.clock.load(std::sync::atomic::Ordering::SeqCst) + 1 };
    let (spent, size) = {
        let durable = ledger.durable();
        (durable.state.campaign(CAMPAIGN).unwrap().spent, durable.state.size())
    };
    let mut simulation = Simulation::new(Draft::Campaign(Box::new(campaign(CAMPAIGN))), window, true, true);
    let began = std::time::Instant::now();
    let read = ledger.retrace(&mut simulation).unwrap();
    println!("{read} entries in {:?}", began.elapsed());
    assert_eq!((read, simulation.cost), (size, i64::try_from(spent).unwrap()));
    assert!(spent > 0 && simulation.trips().1 > 0);
}
