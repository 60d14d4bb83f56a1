//! The ledger and a naive second one (`common/naive.rs`) in random towns, in which both have to agree.
//!
//! `SEED=7 cargo test -p ledger --test model` plays one town again (`VERBOSE=1` tells each
//! order), `LONG=1` plays ten times as many.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/dice.rs"]
mod dice;
#[path = "common/naive.rs"]
mod naive;

use common::*;
use dice::Dice;
use ledger::SigningKey;
use ledger::account::{
    AccountKind, Bank, Campaign, GiftRule, Limits, LiquidityClass, Medium, Operator, Quorum, Roles, Scope, Step,
};
use ledger::amount::{Amount, Rate};
use ledger::books::{Asset, Book};
use ledger::entry::Links;
use ledger::key::{AccountId, Hash32, PublicKey, TransactionId};
use ledger::outcome::Outcome;
use ledger::rejection::Rejection::{self, *};
use ledger::state::{Effects, RedemptionState as Stage, State, Status};
use ledger::transaction::{Act, Body, ChargeReference, Kind, OpenAccount, Purse, SignedTransaction, Transfer};
use naive::{Model, Pot};
use std::collections::{BTreeMap, BTreeSet};

struct World {
    town: Town,
    model: Model,
    dice: Dice,
    keys: BTreeMap<[u8; 32], SigningKey>,
    names: u64,
    sent: Vec<SignedTransaction>,
    proposed: Vec<TransactionId>,
    credits: Vec<(Hash32, u16, u64)>,
    charges: Vec<(AccountId, ChargeReference)>,
    outcomes: Vec<(u64, SignedTransaction, Outcome)>,
    /// The entry that last touched each account.
    touched: BTreeMap<usize, u64>,
    tally: Tally,
    verbose: bool,
}

#[derive(Default)]
struct Tally {
    accepted: BTreeMap<Kind, u64>,
    refused: BTreeMap<Rejection, u64>,
    /// How often units went to an association, by the kind of the order or act.
    given: BTreeMap<Kind, u64>,
    operations: u64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        other.accepted.into_iter().for_each(|(kind, count)| *self.accepted.entry(kind).or_default() += count);
        other.refused.into_iter().for_each(|(rejection, count)| *self.refused.entry(rejection).or_default() += count);
        other.given.into_iter().for_each(|(kind, count)| *self.given.entry(kind).or_default() += count);
        self.operations += other.operations;
    }
}

impl World {
    fn new(seed: u64) -> World {
        let mut genesis = genesis();
        let two = |act| Quorum { act, persons: 2, roles: Roles::ACTING };
        if seed % 3 == 1 {
            genesis.quorums.extend([two(44), two(58), two(47)]);
        }
        genesis.self_opening = seed % 5 != 4;
        genesis.recovery_delay_ms = [0, 2 * DAY, HOUR][(seed % 3) as usize];
        let town = Town::with_genesis(genesis.clone());
        let model = Model::new(&genesis, town.state.ledger(), town.now + HOUR);
        let mut world = World {
            town,
            model,
            dice: Dice(seed),
            keys: BTreeMap::new(),
            names: 0,
            sent: Vec::new(),
            proposed: Vec::new(),
            credits: Vec::new(),
            charges: Vec::new(),
            outcomes: Vec::new(),
            touched: BTreeMap::new(),
            tally: Tally::default(),
            verbose: std::env::var("VERBOSE").is_ok(),
        };
        (1..=6).for_each(|n| drop(world.key(&format!("operator {n}"))));
        world.people_of_the_first_day();
        world
    }

    /// Residents, shops and an operator's own account, so that there is something to do.
    fn people_of_the_first_day(&mut self) {
        for n in 0..12u64 {
            let kind = AccountKind::ALL[(n % 4) as usize];
            let name = if n == 5 { "operator 2".into() } else { format!("first {n}") };
            let groups = if n % 3 == 0 { vec![9] } else { vec![] };
            let key = self.key(&name).verifying_key().into();
            let open = Act::OpenAccount(OpenAccount { kind, key, level: (n % 3) as u8, groups });
            self.act(open);
        }
        self.act(Act::PublishCampaign(Box::new(campaign(1))));
        self.act(sponsor_deposit(DIGITAL_BANK, 1, 500_000));
        self.act(deposit(PAPER_BANK, 100_000, Purse::Cover));
        let gift = self.a_gift();
        self.act(Act::PublishGift(gift));
        self.act(deposit(DIGITAL_BANK, 2_000, Purse::Own));
    }

    fn key(&mut self, name: &str) -> SigningKey {
        let key = key(name);
        self.keys.insert(key.verifying_key().to_bytes(), key.clone());
        key
    }

    fn new_key(&mut self) -> SigningKey {
        self.names += 1;
        self.key(&format!("key {}", self.names))
    }

    fn act(&mut self, act: Act) {
        let order = self.town.act_order(act);
        self.play(order);
    }

    /// Puts an order to both ledgers, and compares everything.
    fn play(&mut self, order: SignedTransaction) {
        let now = self.town.now;
        let before = Medium::ALL.iter().map(|medium| self.town.surplus(*medium)).collect::<Vec<_>>();
        let size = self.town.state.size();
        let balances: Vec<i64> = self.town.state.accounts().iter().map(|account| account.balance.get()).collect();
        let expected = self.model.judge(&order, now);
        let got = self.town.submit(&order);
        self.tally.operations += 1;
        let got = match (got, expected) {
            (Ok(effects), Ok(outcome)) => {
                assert_eq!(effects.outcome, outcome, "outcome of {:?}", order.body());
                self.postings_add_up(&effects.postings);
                Some(effects)
            }
            (Err(got), Err(expected)) => {
                assert_eq!(got, expected, "{:?}", order.body());
                assert_eq!(self.town.state.size(), size);
                *self.tally.refused.entry(got).or_default() += 1;
                None
            }
            (got, expected) => panic!("{:?}\n  ledger: {:?}\n  model: {expected:?}", order.body(), got.map(|e| e.outcome)),
        };
        if self.verbose {
            println!("{} {:?}: {:?}", self.town.state.size(), order.body(), got.as_ref().map(|effects| &effects.outcome));
        }
        self.model.compare(&self.town.state);
        let Some(effects) = got else { return };
        self.touches_are_the_changes(size, &balances, &effects);
        let executed = effects.executed.as_ref().map(Act::kind);
        *self.tally.accepted.entry(order.body().kind()).or_default() += 1;
        if !effects.outcome.given.is_empty() {
            *self.tally.given.entry(executed.unwrap_or(order.body().kind())).or_default() += 1;
        }
        if let Some(kind) = executed {
            *self.tally.accepted.entry(kind).or_default() += 1;
        }
        for (medium, before) in Medium::ALL.iter().zip(before) {
            let after = self.town.surplus(*medium);
            let fact = matches!(executed, Some(Kind::BankReturn | Kind::BankFee));
            assert!(fact || after >= before.min(0), "{:?} made or enlarged a shortfall: {before} to {after}", order.body());
            let issues = match medium {
                Medium::Digital => matches!(executed, Some(Kind::Convert | Kind::GiveGifts)),
                Medium::Paper => executed == Some(Kind::IssueNotes),
            };
            assert!(!issues || after >= 0, "{:?} issued while the fund was short", order.body());
        }
        self.outcomes.push((now, order, effects.outcome));
    }

    /// What an entry says of each account that it touched: the change of its balance, and the entry that touched it before.
    fn touches_are_the_changes(&mut self, entry: u64, before: &[i64], effects: &Effects) {
        let links = Links::of(effects);
        assert_eq!(Links::decode(&links.encode()).as_ref(), Ok(&links));
        for (index, account) in self.town.state.accounts().iter().enumerate() {
            let change = account.balance.get() - before.get(index).copied().unwrap_or(0);
            let Some(touch) = links.touch(index as u32) else {
                assert_eq!(change, 0, "an account changed that the entry does not name");
                continue;
            };
            assert_eq!((touch.change.get(), touch.previous), (change, self.touched.insert(index, entry)));
        }
    }

    fn postings_add_up(&self, postings: &[ledger::books::Posting]) {
        let mut sums: BTreeMap<(bool, Medium), i64> = BTreeMap::new();
        for posting in postings {
            let (asset, medium) = match posting.book {
                Book::Bank(bank) | Book::Unmatched(bank) | Book::Own(bank) => (Asset::Euro, self.model.banks[&bank]),
                Book::Campaign(_) => (Asset::Euro, Medium::Digital),
                Book::Cover(m) | Book::Payable(m) | Book::FeesDue(m) | Book::Pledged(m) => (Asset::Euro, m),
                Book::Member(_) => (Asset::Unit, Medium::Digital),
                Book::Notes => (Asset::Unit, Medium::Paper),
                Book::Issued(m) => (Asset::Unit, m),
            };
            *sums.entry((asset == Asset::Euro, medium)).or_default() += posting.cents.get();
        }
        assert!(sums.values().all(|sum| *sum == 0), "{postings:?}");
    }

    // ---- what people do

    fn account(&mut self) -> AccountId {
        let all: Vec<AccountId> = self.model.people.keys().copied().collect();
        if self.dice.chance(2) { AccountId([self.dice.roll() as u8; 16]) } else { self.dice.pick(&all).unwrap() }
    }

    /// An account that can pay, mostly.
    fn rich(&mut self) -> AccountId {
        let with_units = |account: &AccountId| self.model.units(account) > 0;
        let rich: Vec<AccountId> = self.model.people.keys().copied().filter(with_units).collect();
        match self.dice.chance(90) {
            true => self.dice.pick(&rich).unwrap_or_else(|| self.account()),
            false => self.account(),
        }
    }

    fn professional(&mut self) -> AccountId {
        let shops = self.model.people.iter().filter(|(_, person)| person.kind == AccountKind::Professional);
        let shops: Vec<AccountId> = shops.map(|(id, _)| *id).collect();
        if self.dice.chance(85) { self.dice.pick(&shops).unwrap() } else { self.account() }
    }

    /// A key of the account, mostly one with full rights; now and then anybody's.
    fn signer(&mut self, account: &AccountId) -> SigningKey {
        let keys = self.model.people.get(account).map(|person| person.keys.clone()).unwrap_or_default();
        let full: Vec<PublicKey> = keys.iter().filter(|(_, scope, ..)| *scope == Scope::Full).map(|(key, ..)| *key).collect();
        let any: Vec<PublicKey> = keys.iter().map(|(key, ..)| *key).collect();
        let key = match self.dice.below(100) {
            0..=64 => self.dice.pick(&full),
            65..=96 => self.dice.pick(&any),
            _ => None,
        };
        let all: Vec<[u8; 32]> = self.keys.keys().copied().collect();
        let bytes = key.map(|key| *key.as_bytes()).unwrap_or_else(|| self.dice.pick(&all).unwrap());
        self.keys[&bytes].clone()
    }

    fn operator(&mut self) -> SigningKey {
        let staff: Vec<PublicKey> = self.model.operators.values().map(|(key, _)| *key).collect();
        match self.dice.chance(97) {
            true => self.keys[self.dice.pick(&staff).unwrap().as_bytes()].clone(),
            false => self.new_key(),
        }
    }

    fn reachable_amount(&mut self, most: u64) -> Amount {
        let amount = match self.dice.below(10) {
            0..=6 if most > 0 => 1 + self.dice.below(most),
            7 if most > 0 => most,
            8 => most + 1,
            _ => self.dice.amount(),
        };
        cents(amount.clamp(1, 1_000_000_000_000))
    }

    fn payment_amount(&mut self, payer: &AccountId) -> Amount {
        let units = self.model.units(payer);
        if self.dice.chance(70) { self.reachable_amount((units / 4).max(1)) } else { self.reachable_amount(units) }
    }

    fn transfer(&mut self) -> (Body, SigningKey) {
        let (payer, payee) = (self.rich(), self.account());
        let amount = self.payment_amount(&payer);
        let now = self.town.now;
        let (payee, charge) = match self.dice.below(10) {
            0..=2 => {
                let expires = match self.dice.below(20) {
                    0 => now + 401 * DAY,
                    1 => now - 8 * DAY,
                    2..=4 => now - self.dice.below(7 * DAY),
                    _ => now + self.dice.below(2 * DAY),
                };
                let charge = ChargeReference { id: [self.dice.roll() as u8; 16], expires };
                self.charges.push((payee, charge));
                (payee, Some(charge))
            }
            // A retry with a new nonce.
            3 => {
                let newest = self.charges.len().saturating_sub(12);
                let known = self.dice.pick(&self.charges[newest..]);
                known.map_or((payee, None), |(payee, charge)| (payee, Some(charge)))
            }
            _ => (payee, None),
        };
        let memo = self.dice.chance(5).then(|| hash("memo"));
        let payee = match (self.model.people.get(&payer), self.dice.chance(30)) {
            (Some(person), true) => {
                let collected = person.keys.iter().find_map(|(_, scope, ..)| match scope {
                    Scope::Collect(_, payee) => Some(*payee),
                    _ => None,
                });
                collected.unwrap_or(payee)
            }
            _ => payee,
        };
        (Body::Transfer(Transfer { payer, payee, amount, charge, memo }), self.signer(&payer))
    }

    fn refund(&mut self) -> (Body, SigningKey) {
        let recent = self.model.payments.len().saturating_sub(80);
        let places: Vec<usize> = (recent..self.model.payments.len()).collect();
        let Some(at) = self.dice.pick(&places) else { return self.transfer() };
        let payment = &self.model.payments[at];
        let (mut account, original, mut item, paid) = (payment.payee, payment.entry, payment.item, payment.cents);
        if self.dice.chance(5) {
            account = self.account();
        }
        if self.dice.chance(3) {
            item += 1;
        }
        let amount = self.reachable_amount(paid);
        (Body::Refund { account, original, item, amount }, self.signer(&account))
    }

    fn scope(&mut self) -> Scope {
        let spending = cap(1 + self.dice.below(5_000), 1 + self.dice.below(20_000));
        match self.dice.below(7) {
            0 | 1 => Scope::Full,
            2 => Scope::Limited(spending),
            3 => Scope::Till { per_day: spending.per_day },
            4 => Scope::CardService(spending),
            5 => Scope::Collect(spending, self.account()),
            _ => Scope::Read,
        }
    }

    fn member_order(&mut self) -> (Body, SigningKey) {
        match self.dice.below(100) {
            0..=54 => self.transfer(),
            55..=60 => {
                let payer = self.rich();
                let share = self.model.units(&payer) / 4;
                let count = self.dice.below(5);
                let payments = (0..count).map(|_| (self.account(), self.reachable_amount(share))).collect();
                (Body::Transfers { payer, payments }, self.signer(&payer))
            }
            61..=75 => self.refund(),
            76..=84 => {
                let account = self.professional();
                let amount = self.payment_amount(&account);
                (Body::Redeem { account, amount }, self.signer(&account))
            }
            85..=88 => {
                let key = self.new_key();
                let odd = self.dice.chance(15);
                let level = u8::from(odd);
                let open = OpenAccount { kind: AccountKind::Resident, key: key.verifying_key().into(), level, groups: vec![] };
                (Body::OpenAccount(open), key)
            }
            89..=93 => {
                let account = self.account();
                let key = if self.dice.chance(90) { self.new_key() } else { self.signer(&account) };
                let scope = self.scope();
                (Body::AddKey { account, key: key.verifying_key().into(), scope }, self.signer(&account))
            }
            94..=97 => {
                let account = self.account();
                let (key, signer) = (self.signer(&account), self.signer(&account));
                (Body::RevokeKey { account, key: key.verifying_key().into() }, signer)
            }
            _ => {
                let account = self.account();
                (Body::CloseAccount { account }, self.signer(&account))
            }
        }
    }

    /// What members say once and for all.
    fn instruction(&mut self) -> (Body, SigningKey) {
        if self.dice.chance(25) {
            let account = self.professional();
            let keep = self.dice.chance(85).then(|| self.dice.below(3_000));
            return (Body::RedeemAbove { account, keep }, self.signer(&account));
        }
        let account = self.account();
        let mut associations = vec![self.association(), self.association()];
        associations.dedup();
        associations.truncate(self.dice.below(8).min(2) as usize);
        (Body::Choose { account, associations }, self.signer(&account))
    }

    fn association(&mut self) -> AccountId {
        let open = self.model.people.iter().filter(|(_, person)| person.kind == AccountKind::Association);
        let open: Vec<AccountId> = open.filter(|(_, person)| person.status == Status::Open).map(|(id, _)| *id).collect();
        let most = open.len().min(3);
        if self.dice.chance(95) { self.dice.pick(&open[..most]) } else { None }.unwrap_or_else(|| self.account())
    }

    fn a_gift(&mut self) -> GiftRule {
        let number = 1 + self.dice.below(3) as u16;
        let next = self.model.gifts.get(&number).map_or(1, |rule| rule.version + 1);
        let version = if self.dice.chance(92) { next } else { self.dice.below(4) as u32 };
        let (first, length) = (self.town.now - self.dice.below(20 * DAY), 1 + self.dice.below(15 * DAY));
        let periods = (0..2 + self.dice.below(6)).map(|n| first + n * length).collect();
        let rate = Rate::new(self.dice.below(20), 100).unwrap();
        let (least_members, budget) = (self.dice.below(4) as u16, cents(1 + self.dice.below(2_000)));
        let bank = if self.dice.chance(85) { DIGITAL_BANK } else { self.bank() };
        GiftRule { number, version, bank, rate, periods, least_members, budget }
    }

    /// A gift rule, and the start of a period that has ended, mostly.
    fn a_period(&mut self) -> (u16, u64) {
        let now = self.town.now;
        let ended = |rule: &GiftRule| rule.periods.windows(2).filter(|pair| pair[1] <= now).map(|pair| pair[0]).collect();
        let all: Vec<(u16, Vec<u64>)> = self.model.gifts.iter().map(|(gift, rule)| (*gift, ended(rule))).collect();
        let (gift, starts) = self.dice.pick(&all).unwrap_or((1, vec![]));
        let start = self.dice.pick(&starts).filter(|_| self.dice.chance(95)).unwrap_or(now);
        (if self.dice.chance(97) { gift } else { 9 }, start)
    }

    /// Redemptions to be ordered: such as wait, mostly.
    fn a_batch(&mut self) -> Vec<u64> {
        let waits = self.model.redeemed.iter().filter(|r| r.paid_from.is_none() && r.ordered.is_none());
        let waiting: Vec<u64> = waits.map(|r| r.entry).rev().take(6).collect();
        let any: Vec<u64> = self.model.redeemed.iter().rev().take(25).map(|r| r.entry).collect();
        let from = if self.dice.chance(85) { waiting } else { any };
        let mut batch: Vec<u64> = (0..1 + self.dice.below(3)).filter_map(|_| self.dice.pick(&from)).collect();
        if batch.is_empty() || self.dice.chance(2) {
            batch.push(0);
        }
        batch.sort_unstable();
        batch.dedup();
        batch
    }

    fn rule_act(&mut self) -> Act {
        let evidence = hash(&format!("document {}", if self.dice.chance(90) { self.dice.roll() } else { 0 }));
        match self.dice.below(100) {
            0..=34 => {
                let bank = if self.dice.chance(80) { DIGITAL_BANK } else { self.bank() };
                Act::OrderRedemptions { bank, redemptions: self.a_batch(), evidence }
            }
            35..=59 => {
                let (gift, period) = self.a_period();
                Act::GiveGifts { gift, period, evidence }
            }
            60..=69 => Act::PublishGift(self.a_gift()),
            70..=89 => {
                let standing: Vec<AccountId> =
                    self.model.people.iter().filter(|(_, person)| person.keep.is_some()).map(|(id, _)| *id).collect();
                let account = if self.dice.chance(85) { self.dice.pick(&standing) } else { None };
                Act::RedeemStanding { account: account.unwrap_or_else(|| self.professional()) }
            }
            _ => {
                // Not too often shops and associations: without them a town is dull.
                let account = self.account();
                let resident = self.model.people.get(&account).is_none_or(|person| person.kind == AccountKind::Resident);
                let account = if resident || self.dice.chance(5) { account } else { AccountId([7; 16]) };
                Act::PassOn { account, heir: self.account(), evidence }
            }
        }
    }

    fn bank(&mut self) -> u16 {
        let banks: Vec<u16> = self.model.banks.keys().copied().collect();
        match self.dice.below(20) {
            0 => 99,
            1..=7 => self.dice.pick(&banks).unwrap(),
            _ => DIGITAL_BANK,
        }
    }

    fn a_campaign(&mut self) -> Campaign {
        let number = 1 + self.dice.below(5) as u32;
        let next = self.model.campaigns.get(&number).map_or(1, |rule| rule.version + 1);
        let mut rule = campaign(number);
        rule.version = if self.dice.chance(92) { next } else { self.dice.below(4) as u32 };
        let known = self.model.campaigns.get(&number).map(|rule| rule.bank);
        rule.bank = known.filter(|_| self.dice.chance(90)).unwrap_or_else(|| self.bank());
        rule.rate = Rate::new(1 + self.dice.below(3), 2 + self.dice.below(9)).unwrap();
        let now = self.town.now;
        rule.start = now - self.dice.below(10 * DAY);
        rule.end = now + 1 + self.dice.below(200 * DAY);
        rule.budget = cents(1 + self.dice.below(50_000));
        rule.cap = cents(1 + self.dice.below(3_000));
        let periods = self.dice.below(5);
        rule.periods = (0..periods).map(|n| rule.start + n * 30 * DAY).collect();
        rule.groups = if self.dice.chance(30) { vec![9, 11] } else { vec![] };
        rule.order = self.dice.below(3) as u8;
        rule.least = cents(1 + self.dice.below(300));
        rule.most = cents(300 + self.dice.below(20_000));
        let rows = if self.dice.chance(30) { 1 + self.dice.below(3) } else { 0 };
        let from = 200 + self.dice.below(500);
        let row = |dice: &mut Dice, n: u64| Step { from: cents(from * (n + 1)), rate: Rate::new(dice.below(6), 10).unwrap() };
        rule.steps = (0..rows).map(|n| row(&mut self.dice, n)).collect();
        rule
    }

    fn known_credit(&mut self) -> (Hash32, u16, u64) {
        let open: Vec<_> = self.credits.iter().rev().take(40).copied().collect();
        match self.dice.chance(95) {
            true => self.dice.pick(&open).unwrap_or((hash("none"), DIGITAL_BANK, 1)),
            false => (hash("none"), DIGITAL_BANK, 1),
        }
    }

    fn new_credit(&mut self) -> (Hash32, u16, u64) {
        self.names += 1;
        let credit = (hash(&format!("credit {}", self.names)), self.bank(), self.dice.amount());
        self.credits.push(credit);
        credit
    }

    fn money_act(&mut self) -> Act {
        let evidence = hash(&format!("document {}", if self.dice.chance(90) { self.dice.roll() } else { 0 }));
        match self.dice.below(100) {
            0..=29 => {
                let (credit, bank, amount) = self.new_credit();
                Act::Convert { bank, credit, amount: cents(amount), account: self.account() }
            }
            30..=39 => {
                let (credit, bank, mut amount) = self.known_credit();
                if self.dice.chance(4) {
                    amount += 1;
                }
                Act::Convert { bank, credit, amount: cents(amount.min(1_000_000_000_000)), account: self.account() }
            }
            40..=45 => {
                let (credit, bank, amount) = if self.dice.chance(85) { self.new_credit() } else { self.known_credit() };
                Act::RecordCredit { bank, credit, amount: cents(amount) }
            }
            46..=49 => {
                let (credit, _, _) = self.known_credit();
                let left = if self.model.credits.contains_key(&credit) { self.model.left(&credit) } else { 1 };
                Act::ReturnCredit { credit, amount: self.reachable_amount(left), evidence }
            }
            50..=57 => {
                let (credit, _, amount) = self.known_credit();
                Act::BankReturn { credit, amount: self.reachable_amount(amount), evidence }
            }
            58..=65 => {
                let owing: Vec<AccountId> =
                    self.model.people.iter().filter(|(_, person)| person.owes > 0).map(|(id, _)| *id).collect();
                let settles = if self.dice.chance(50) { self.dice.pick(&owing) } else { None };
                let owes = settles.map_or(5_000, |account| self.model.people[&account].owes);
                let purse = if settles.is_some() || self.dice.chance(60) { Purse::Cover } else { Purse::Own };
                if self.dice.chance(15) {
                    // A line of the bank that is a credit, was one, or will be taken for one.
                    let (evidence, bank, amount) = if self.dice.chance(50) { self.new_credit() } else { self.known_credit() };
                    let amount = cents(amount.min(1_000_000_000_000));
                    return Act::FundDeposit { bank, amount, purse, evidence, settles: None };
                }
                Act::FundDeposit { bank: self.bank(), amount: self.reachable_amount(owes), purse, evidence, settles }
            }
            66..=69 => {
                let purse = self.dice.pick(&[Purse::Cover, Purse::Own, Purse::FeesDue]).unwrap();
                let bank = self.bank();
                let medium = self.model.banks.get(&bank).copied().unwrap_or(Medium::Digital);
                let there = match purse {
                    Purse::Cover => self.model.surplus(medium),
                    Purse::Own => self.model.pot(Pot::Own(bank)),
                    Purse::FeesDue => self.model.pot(Pot::Fees(medium)),
                };
                Act::FundWithdrawal { bank, amount: self.reachable_amount(there.max(1) as u64), purse, evidence }
            }
            70..=71 => Act::BankFee { bank: self.bank(), amount: cents(1 + self.dice.below(900)), evidence },
            72..=75 => {
                let campaign = 1 + self.dice.below(6) as u32;
                let bank = self.model.campaigns.get(&campaign).map_or(DIGITAL_BANK, |rule| rule.bank);
                let bank = if self.dice.chance(95) { bank } else { self.bank() };
                Act::SponsorDeposit { bank, campaign, amount: cents(1 + self.dice.below(10_000)), evidence }
            }
            76 => {
                let campaign = 1 + self.dice.below(6) as u32;
                let there = self.model.pot(Pot::Sponsor(campaign)) as u64;
                Act::SponsorReturn { campaign, amount: self.reachable_amount(there), evidence }
            }
            77..=84 => {
                let entries: Vec<u64> = self.model.redeemed.iter().rev().take(25).map(|r| r.entry).collect();
                let redemption = self.dice.pick(&entries).unwrap_or(0);
                if self.dice.chance(80) {
                    return Act::RedemptionPaid { redemption, bank: self.bank(), evidence };
                }
                Act::RedemptionReturned { redemption, evidence }
            }
            85..=87 => {
                let surplus = self.model.surplus(Medium::Paper).max(1) as u64;
                Act::IssueNotes { amount: self.reachable_amount(surplus), evidence }
            }
            88..=89 => {
                let notes = self.model.pot(Pot::Notes) as u64;
                Act::RetireNotes { amount: self.reachable_amount(notes), evidence }
            }
            90..=92 => {
                let (bank_out, bank_in) = (self.bank(), self.bank());
                let there = self.model.fund_at(bank_out).max(1) as u64;
                Act::FundMove { bank_out, bank_in, amount: self.reachable_amount((there / 3).max(1)), evidence }
            }
            93..=94 => {
                let medium = self.dice.pick(Medium::ALL).unwrap();
                let surplus = self.model.surplus(medium).max(1) as u64;
                Act::Pledge { medium, amount: self.reachable_amount(surplus), evidence }
            }
            95 => {
                let medium = self.dice.pick(Medium::ALL).unwrap();
                let pledged = self.model.pot(Pot::Pledged(medium)) as u64;
                Act::ReleasePledge { medium, amount: self.reachable_amount(pledged), evidence }
            }
            _ => {
                let entries: Vec<u64> = self.model.done.iter().rev().take(30).map(|(entry, ..)| *entry).collect();
                let size = self.model.next_entry();
                let sequence = match self.dice.chance(90) {
                    true => self.dice.pick(&entries).unwrap_or(0),
                    false => self.dice.below(size + 2),
                };
                Act::Correct { sequence, reason: 1 }
            }
        }
    }

    fn roles(&mut self) -> Roles {
        Roles::from_code(1 + self.dice.below(31)).unwrap()
    }

    fn office_act(&mut self) -> Act {
        match self.dice.below(100) {
            0..=13 => {
                let kind = self.dice.pick(AccountKind::ALL).unwrap();
                let key = self.new_key().verifying_key().into();
                let groups = if self.dice.chance(30) { vec![9, 10] } else { vec![] };
                Act::OpenAccount(OpenAccount { kind, key, level: self.dice.below(4) as u8, groups })
            }
            14..=22 => {
                let (account, key) = (self.account(), self.new_key());
                Act::AddKey { account, key: key.verifying_key().into(), scope: self.scope() }
            }
            23..=25 => {
                let account = self.account();
                let key = self.signer(&account).verifying_key().into();
                Act::RevokeKey { account, key }
            }
            26..=27 => Act::CloseAccount { account: self.account() },
            28..=38 => {
                let groups = if self.dice.chance(40) { vec![9] } else { vec![] };
                Act::ClassifyAccount { account: self.account(), level: self.dice.below(4) as u8, groups }
            }
            39..=43 => Act::SuspendAccount { account: self.account(), reason: 1 },
            44..=62 => {
                let stopped = self.model.people.iter().filter(|(_, person)| person.status == Status::Suspended);
                let stopped: Vec<AccountId> = stopped.map(|(id, _)| *id).collect();
                let account = if self.dice.chance(90) { self.dice.pick(&stopped) } else { None };
                Act::ResumeAccount { account: account.unwrap_or_else(|| self.account()) }
            }
            63..=73 => Act::PublishCampaign(Box::new(self.a_campaign())),
            74..=76 => {
                let mut rule = fee_rule(self.model.fees.len() as u32 + u32::from(!self.dice.chance(10)));
                rule.rate = Rate::new(self.dice.below(4), 20).unwrap();
                rule.from = self.town.now + self.dice.below(3 * DAY);
                rule.least = self.dice.below(30);
                rule.given = self.dice.chance(70).then(|| Rate::new(self.dice.below(8), 100).unwrap());
                rule.beneficiary = rule.given.filter(|_| self.dice.chance(50)).map(|_| self.association());
                Act::PublishFee(rule)
            }
            77..=78 => {
                let number = 3 + self.dice.below(5) as u16;
                let medium = self.dice.pick(Medium::ALL).unwrap();
                Act::AddBank(Bank { number, medium, class: LiquidityClass::Term, iban: hash("iban") })
            }
            79..=86 => {
                let number = 1 + self.dice.below(6) as u16;
                let name = format!("operator {}", if self.dice.chance(90) { u64::from(number) } else { 1 + self.dice.below(6) });
                let key = self.key(&name).verifying_key().into();
                Act::AppointOperator(Operator { number, key, roles: self.roles() })
            }
            87..=88 => Act::DismissOperator { operator: 1 + self.dice.below(6) as u16 },
            89..=94 => {
                let act = self.dice.pick(&[0, 44, 47, 55, 58, 41, 42, 62, 63]).unwrap();
                let persons = self.dice.below(3) as u8 + u8::from(act != 0);
                let roles = if act == 0 || self.dice.chance(60) { Roles::ACTING } else { self.roles() };
                Act::SetQuorum(Quorum { act, persons: persons.min(2 + u8::from(self.dice.chance(10))), roles })
            }
            95..=97 => {
                let mut limit = |most| self.dice.chance(70).then(|| cents(1 + self.dice.below(most)));
                let (per_payment, held, paid_30_days) = (limit(300_000), limit(40_000), limit(40_000));
                let level = self.dice.below(4) as u8;
                Act::SetLimits(Limits { level, per_payment, held, paid_30_days })
            }
            98 => {
                let key = if self.dice.chance(50) { public("checkpoint") } else { self.new_key().verifying_key().into() };
                Act::RotateCheckpointKey { key }
            }
            _ => Act::Upgrade { rule_set: self.dice.below(3) },
        }
    }

    fn step(&mut self) {
        let passes = match self.dice.below(1_000) {
            0..=699 => self.dice.below(10 * 60_000),
            700..=959 => self.dice.below(6 * HOUR),
            960..=996 => self.dice.below(3 * DAY),
            _ => self.dice.below(35 * DAY),
        };
        self.town.now += passes;
        if self.dice.chance(4) {
            let newest = self.sent.len().saturating_sub(300);
            if let Some(order) = self.dice.pick(&self.sent[newest..]) {
                return self.play(order);
            }
        }
        let (body, key) = match self.dice.below(100) {
            0..=46 => self.member_order(),
            47..=49 => self.instruction(),
            50..=71 => (Body::Propose(self.money_act()), self.operator()),
            72..=77 => (Body::Propose(self.rule_act()), self.operator()),
            78..=90 => (Body::Propose(self.office_act()), self.operator()),
            _ => {
                let waiting: Vec<TransactionId> = self.model.waiting.keys().copied().collect();
                let known = if self.dice.chance(90) { &waiting } else { &self.proposed };
                let proposal = self.dice.pick(&known.clone()).unwrap_or(hash("nothing"));
                let body = if self.dice.chance(90) { Body::Approve { proposal } } else { Body::Refuse { proposal } };
                (body, self.operator())
            }
        };
        let now = self.town.now;
        let valid_until = match self.dice.below(100) {
            0 => now - 1,
            1 => now + 7 * DAY + 1,
            2..=10 => now + 7 * DAY,
            11..=14 => now,
            _ => now + self.dice.below(DAY),
        };
        let order = self.town.order_until(body, &key, valid_until);
        if matches!(order.body(), Body::Propose(_)) {
            self.proposed.push(order.id());
        }
        self.sent.push(order.clone());
        let before_the_last_entry = self.model.time - 1;
        if self.dice.chance(1) {
            let now = std::mem::replace(&mut self.town.now, before_the_last_entry);
            self.play(order);
            self.town.now = now;
        } else {
            self.play(order);
        }
    }

    /// The accepted orders again, from the genesis: the same outcomes, members and books.
    fn replays(&self) {
        let mut again = Town::empty();
        let mut genesis = self.town.state.genesis().unwrap().clone();
        genesis.time = START;
        let order = again.genesis_order(genesis);
        let mut state = State::new(order.id());
        state.apply(&order, START).unwrap();
        for (time, order, outcome) in &self.outcomes {
            let again = SignedTransaction::decode(order.bytes(), &state.ledger()).unwrap();
            assert_eq!(state.apply(&again, *time).unwrap().outcome, *outcome);
        }
        let print =
            |state: &State| format!("{:?}{:?}{:?}", state.accounts(), state.books(), state.proposals().collect::<Vec<_>>());
        assert_eq!(print(&state), print(&self.town.state));
        for (entry, redemption) in state.redemptions() {
            let known = self.model.redeemed.iter().find(|r| r.entry == *entry).unwrap();
            let waits = known.ordered.map_or(Stage::Payable, |(bank, _)| Stage::Ordered(bank));
            assert_eq!(known.paid_from.map_or(waits, Stage::Paid), redemption.state);
        }
        for (credit, known) in state.credits() {
            assert_eq!(known.left, self.model.left(credit));
        }
    }
}

/// Operations per town: long enough for limits to roll over, short enough for a history that is read from the start.
const STEPS: u64 = 4_000;
const TOWNS: u64 = 26;

fn play(seed: u64) -> Tally {
    println!("SEED={seed}");
    let mut world = World::new(seed);
    (0..STEPS).for_each(|_| world.step());
    world.replays();
    world.tally
}

#[test]
fn the_ledger_and_a_naive_one_agree_on_every_verdict_and_balance() {
    if let Ok(seed) = std::env::var("SEED") {
        play(seed.parse().expect("SEED is a number"));
        return;
    }
    let towns = if std::env::var("LONG").is_ok() { 10 * TOWNS } else { TOWNS };
    let (odd, even): (Vec<u64>, Vec<u64>) = (1..=towns).partition(|seed| seed % 2 == 1);
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let run = |seeds: Vec<u64>| scope.spawn(move || seeds.into_iter().map(play).collect::<Vec<_>>());
        let running = [run(odd), run(even)];
        for thread in running {
            let played = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            played.into_iter().for_each(|town| tally.add(town));
        }
    });
    println!("{} operations\naccepted: {:?}\nrefused: {:?}", tally.operations, tally.accepted, tally.refused);
    println!("units given: {:?}", tally.given);
    let kinds: Vec<&Kind> = tally.given.keys().collect();
    assert_eq!(kinds, [&Kind::Redeem, &Kind::GiveGifts, &Kind::RedeemStanding], "all that gives associations units did so");
    assert!(tally.operations >= 100_000);
    let never: Vec<&Kind> = Kind::ALL.iter().filter(|kind| !tally.accepted.contains_key(kind)).collect();
    assert_eq!(never, [&Kind::Genesis, &Kind::Upgrade], "every kind of order was accepted somewhere");
    // What random towns do not come to: two by construction, and bounds that need a thousand steps each.
    let rare = BTreeSet::from([
        CheckpointKeyAbsent,
        GenesisMisplaced,
        GenesisInvalid,
        TooManyProposals,
        AccountExists,
        TooManyKeys,
        TooManyCampaigns,
        TooManyGiven,
        TooManyGifts,
        TotalTooLarge,
    ]);
    let missed: Vec<&Rejection> = Rejection::ALL.iter().filter(|r| !tally.refused.contains_key(r) && !rare.contains(r)).collect();
    assert!(missed.is_empty(), "never refused: {missed:?}");
}
