//! The whole node under a seed: clients who retry, crash and lie, a clock that jumps, a disk that fails, kills and power cuts, in any
//! order. Whatever the order, the witness holds the ledger to everything that anybody was told.
//!
//! `SEED=7 cargo test -p ledger --test simulation` plays one schedule again, `LONG=1` plays twenty times as many.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/dice.rs"]
mod dice;
#[path = "common/disk.rs"]
mod disk;
#[path = "common/naive.rs"]
mod naive;
#[path = "common/witness.rs"]
mod witness;

use common::*;
use dice::Dice;
use disk::{Failure, SimDisk};
use ledger::SigningKey;
use ledger::account::{AccountKind, GiftRule, Quorum, Roles, Scope};
use ledger::directory::Profile;
use ledger::key::{AccountId, LedgerId};
use ledger::state::State;
use ledger::transaction::{Act, Body, OpenAccount, Purse, SignedTransaction, Transaction};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use witness::{MOST_FAILURES, Node, attempt, conclude, tried};

/// Schedules: each a few dozen operations, all of them in a minute or two.
const SCHEDULES: u64 = 2_000;

/// The town in which every schedule starts.
struct Town {
    node: Node,
    ledger: LedgerId,
    people: Vec<Member>,
    shop: Member,
    club: Member,
    staff: Vec<SigningKey>,
    till: SigningKey,
}

/// The names of the payers.
const PAYERS: [&str; 3] = ["anna", "bob", "carl"];

impl Town {
    fn new() -> Town {
        let mut node = Node::new(SimDisk::new(0));
        node.start().unwrap();
        let ledger = node.ledger().id();
        let mut nonce = 0;
        let mut does = |body: Body, signer: &str| {
            nonce += 1;
            let order = signed(&ledger, nonce, body, START + HOUR, &key(signer));
            node.submit(&order);
            let answers = node.settle();
            assert!(matches!(answers.as_slice(), [(_, Ok(_))]), "{answers:?}");
            order.id()
        };
        let mut member = |name: &str, kind| {
            let open = OpenAccount { kind, key: public(name), level: UNLIMITED, groups: vec![] };
            Member { id: AccountId::opened_by(&does(Body::Propose(Act::OpenAccount(open)), "operator 1")), key: key(name) }
        };
        let people = PAYERS.map(|name| member(name, AccountKind::Resident)).to_vec();
        let shop = member("shop", AccountKind::Professional);
        let club = member("club", AccountKind::Association);
        does(Body::Propose(Act::PublishCampaign(Box::new(campaign(1)))), "operator 1");
        let sponsor = Act::SponsorDeposit { bank: DIGITAL_BANK, campaign: 1, amount: cents(3_000), evidence: hash("sponsor") };
        does(Body::Propose(sponsor), "operator 1");
        // A gift for each hour, from own money.
        let periods = (0..12).map(|n| START + n * HOUR).collect();
        does(Body::Propose(Act::PublishGift(GiftRule { periods, ..gift_rule(1) })), "operator 1");
        does(Body::Propose(deposit(DIGITAL_BANK, 500, Purse::Own)), "operator 1");
        does(choose(&people[0], &[&club]), PAYERS[0]);
        for person in &people {
            does(Body::Propose(convert(&format!("{:?}", person.id), person, 2_000)), "operator 1");
        }
        let till = Scope::Till { per_day: cents(500) };
        does(Body::AddKey { account: shop.id, key: public("till"), scope: till }, "shop");
        does(Body::Propose(Act::SetQuorum(Quorum { act: 46, persons: 2, roles: Roles::ACTING })), "operator 1");
        node.prove();
        let staff = (1..=3).map(|number| key(&format!("operator {number}"))).collect();
        Town { node, ledger, people, shop, club, staff, till: key("till") }
    }
}

fn signed(ledger: &LedgerId, nonce: u64, body: Body, valid_until: u64, key: &SigningKey) -> SignedTransaction {
    let transaction = Transaction { nonce: nonce.to_be_bytes(), valid_until, body };
    SignedTransaction::decode(&transaction.sign(ledger, key), ledger).unwrap()
}

/// What happened, in numbers.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }

    fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }
}

/// One schedule.
struct Play<'t> {
    town: &'t Town,
    node: Node,
    dice: Dice,
    /// The time that people have; the node's clock may have another.
    now: u64,
    nonce: u64,
    sent: Vec<SignedTransaction>,
    tally: &'t mut Tally,
    /// The steps of the disk when the node failed: there are no more.
    failed_at: Option<usize>,
    told: Vec<String>,
}

impl<'t> Play<'t> {
    fn new(town: &'t Town, seed: u64, tally: &'t mut Tally) -> Play<'t> {
        let node = town.node.next(town.node.disk.copy(seed));
        let (dice, sent, told) = (Dice(seed), Vec::new(), Vec::new());
        let mut play = Play { town, node, dice, now: START, nonce: 1_000, sent, tally, failed_at: None, told };
        play.node.start().unwrap();
        play
    }

    fn whole(mut self) -> Vec<String> {
        let operations = 30 + self.dice.below(70);
        for _ in 0..operations {
            self.operation();
            self.listen();
        }
        self.end();
        self.told
    }

    fn operation(&mut self) {
        match self.dice.below(100) {
            0..=29 => self.send_new(),
            30..=41 => self.send_again(),
            42..=54 => {
                let most = 1 + self.dice.below(6) as usize;
                self.node.apply(most);
            }
            55..=68 => drop(self.node.commit()),
            69..=76 => drop(self.node.write_head()),
            77..=79 => self.write_records(),
            80..=85 => self.pass_time(),
            86..=91 => {
                let failure = self.a_failure();
                let at = self.node.disk.steps() + self.dice.below(8) as usize;
                self.node.disk.fail_at(at, failure);
            }
            92..=93 => self.restart(),
            94 => self.node.prove(),
            95 => drop(self.node.ledger().snapshot()),
            _ if self.failed_at.is_some() => self.restart(),
            _ => {}
        }
    }

    fn a_failure(&mut self) -> Failure {
        let all = [&Failure::ALL[..], &[Failure::Death, Failure::Death, Failure::GivenUp]].concat();
        self.dice.pick(&all).unwrap()
    }

    /// Hears the answers, and holds a failed node to writing nothing more.
    fn listen(&mut self) {
        for (_, answer) in self.node.answers() {
            let what = match answer {
                Ok(_) => "acknowledged".to_owned(),
                Err(why) if why.contains(' ') => "faults".to_owned(),
                Err(code) => code,
            };
            self.told.push(what.clone());
            self.tally.add(what);
        }
        let steps = self.node.disk.steps();
        match (self.failed_at, self.node.ledger().failure()) {
            (None, Some(_)) => {
                self.failed_at = Some(steps);
                self.tally.add("failures");
            }
            (Some(at), _) => assert_eq!(steps, at, "something was written after a failure"),
            (None, None) => {}
        }
    }

    // ---- what people do

    fn send_new(&mut self) {
        let (body, signer) = self.an_order();
        let valid_until = match self.dice.below(20) {
            0 => self.now - 1,
            1 => self.now + 8 * DAY,
            2..=4 => self.now + self.dice.below(60_000),
            _ => self.now + self.dice.below(DAY),
        };
        self.nonce += 1;
        let order = signed(&self.town.ledger, self.nonce, body, valid_until, &signer);
        self.sent.push(order.clone());
        self.node.submit(&order);
        // Some send twice at once, and somebody else may have seen the bytes.
        if self.dice.chance(10) {
            self.node.submit(&order);
        }
    }

    fn send_again(&mut self) {
        if let Some(order) = self.dice.pick(&self.sent) {
            self.node.submit(&order);
        }
    }

    fn person(&mut self) -> Member {
        self.dice.pick(&self.town.people).unwrap()
    }

    fn an_order(&mut self) -> (Body, SigningKey) {
        let (town, person) = (self.town, self.person());
        let amount = match self.dice.below(10) {
            0 => 5_000 + self.dice.below(10_000),
            1..=3 => 500 + self.dice.below(1_000),
            _ => 1 + self.dice.below(100),
        };
        match self.dice.below(100) {
            0..=22 => (transfer(&person, &town.shop, amount), person.key),
            23 => (choose(&person, &[&town.club]), person.key),
            24 => {
                let keep = self.dice.chance(80).then_some(amount);
                (Body::RedeemAbove { account: town.shop.id, keep }, town.shop.key.clone())
            }
            25 => (Body::Propose(Act::RedeemStanding { account: town.shop.id }), self.staff()),
            26..=27 => {
                let (period, evidence) = (START + self.dice.below(3) * HOUR, hash("decision"));
                (Body::Propose(Act::GiveGifts { gift: 1, period, evidence }), self.staff())
            }
            28..=29 => {
                let known = |state: &State| state.redemptions().map(|(entry, _)| *entry).collect::<Vec<u64>>();
                let entries = known(&self.node.ledger().durable().state);
                let redemptions = vec![self.dice.pick(&entries).unwrap_or(0)];
                let bank = DIGITAL_BANK;
                let act = match self.dice.below(3) {
                    0 => Act::RedemptionPaid { redemption: redemptions[0], bank, evidence: hash("statement") },
                    _ => Act::OrderRedemptions { bank, redemptions, evidence: hash("file") },
                };
                (Body::Propose(act), self.staff())
            }
            30..=39 => {
                let other = self.person();
                (transfer(&person, &other, amount), person.key)
            }
            40..=59 => {
                // One of three charges, answered by whoever comes, again and again.
                let charge = self.dice.below(3) as u8;
                (answer(&person, &town.shop, 70 + u64::from(charge), charge, START + HOUR), person.key)
            }
            60..=67 => {
                let original = self.dice.below(self.node.ledger().durable().state.size() + 2);
                let key = if self.dice.chance(50) { &town.till } else { &town.shop.key };
                (refund(&town.shop, original, 1 + self.dice.below(60)), key.clone())
            }
            68..=71 => (Body::Redeem { account: town.shop.id, amount: cents(amount) }, town.shop.key.clone()),
            72..=75 => {
                // A thief: a payment out of one person's account with the key of another.
                let other = self.person();
                (transfer(&person, &town.shop, amount), other.key)
            }
            76..=79 => {
                let payments = (0..1 + self.dice.below(4)).map(|_| (town.shop.id, cents(amount))).collect();
                (Body::Transfers { payer: person.id, payments }, person.key)
            }
            80..=83 => {
                let name = format!("newcomer {}", self.dice.below(4));
                let open = OpenAccount { kind: AccountKind::Resident, key: public(&name), level: UNCHECKED, groups: vec![] };
                (Body::OpenAccount(open), key(&name))
            }
            84..=93 => {
                // The same credit comes again, sometimes with another amount.
                let credit = format!("credit {}", self.dice.below(6));
                let amount = 300 + self.dice.below(2);
                (Body::Propose(convert(&credit, &person, amount)), self.staff())
            }
            94 => {
                let evidence = hash(&format!("pledge {}", self.dice.below(9)));
                let medium = ledger::account::Medium::Digital;
                (Body::Propose(Act::Pledge { medium, amount: cents(1), evidence }), self.staff())
            }
            95..=96 => {
                let evidence = hash(&format!("deposit {}", self.dice.below(4)));
                let (amount, settles) = (cents(10), None);
                let deposit = Act::FundDeposit { bank: DIGITAL_BANK, amount, purse: Purse::Cover, evidence, settles };
                (Body::Propose(deposit), self.staff())
            }
            _ => {
                let proposals: Vec<_> = self.node.ledger().durable().state.proposals().map(|(id, _)| *id).collect();
                let proposal = self.dice.pick(&proposals).unwrap_or(hash("nothing"));
                (Body::Approve { proposal }, self.staff())
            }
        }
    }

    fn staff(&mut self) -> SigningKey {
        self.dice.pick(&self.town.staff).unwrap()
    }

    fn write_records(&mut self) {
        if self.node.witness.doubtful.is_some() {
            return;
        }
        let number = self.dice.below(5) as u8;
        let written = match self.dice.below(5) {
            0 => self.node.ledger().records().compact().map(drop),
            1 => {
                let person = self.person();
                let name = self.dice.chance(70).then(|| format!("name {number}"));
                let profile = name.map(|name| Profile { name: Some(name), ..Profile::default() });
                self.node.describe(person.id, profile)
            }
            _ => {
                let size = [10, 300, 4_500][self.dice.below(3) as usize];
                let value = vec![self.dice.below(250) as u8; size];
                self.node.keep([(vec![b'k', number], value.clone()), (vec![b'l', number], value)].into())
            }
        };
        self.tally.add(if written.is_ok() { "records written" } else { "records failed" });
    }

    fn pass_time(&mut self) {
        let most = if self.dice.chance(10) { 3 * HOUR } else { 10 * 60_000 };
        self.now += self.dice.below(most);
        let clock = match self.dice.below(10) {
            0 => self.now - self.dice.below(DAY),
            1 => self.now + self.dice.below(HOUR),
            _ => self.now,
        };
        self.node.clock.store(clock, Ordering::SeqCst);
    }

    // ---- what happens to the node

    fn restart(&mut self) {
        let cut = self.dice.chance(50);
        self.restart_on(cut);
        self.node.prove();
        self.node.believe();
    }

    fn restart_on(&mut self, cut: bool) {
        self.tally.add(if cut { "power cuts" } else { "kills" });
        let seed = self.dice.roll();
        let disk = if cut { self.node.disk.cut(seed) } else { self.node.disk.killed(seed) };
        if self.dice.chance(50) {
            disk.make_room();
        }
        if self.dice.chance(25) {
            let failure = self.a_failure();
            disk.fail_at(self.dice.below(12) as usize, failure);
        }
        let (full, failing) = (disk.is_full(), disk.clone());
        self.node = self.node.next(disk);
        self.failed_at = None;
        self.told.push("restart".into());
        let Err(fault) = self.node.start() else { return };
        let text = fault.to_string();
        let excused = ["injected", "os error", "no storage space", "the process"].iter().any(|word| text.contains(word));
        assert!(excused, "the node does not start: {fault}");
        self.tally.add("starts that failed");
        if full {
            failing.make_room();
        }
        let cut = self.dice.chance(50);
        self.restart_on(cut);
    }

    /// Everybody asks until there is an answer; then the power goes a last time.
    fn end(&mut self) {
        self.node.disk.make_room();
        self.restart();
        while self.node.ledger().failure().is_some() {
            self.restart();
        }
        for order in self.sent.clone() {
            self.node.submit(&order);
        }
        while self.node.apply(usize::MAX) || self.node.commit() || self.node.write_head() {}
        self.listen();
        self.node.prove();
        let asleep = self.node.next(self.node.disk.cut(self.dice.roll()));
        self.node = asleep;
        self.node.start().unwrap();
        self.node.prove();
        self.node.prove_receipts();
        let root = self.node.ledger().durable().tree.root();
        self.told.push(format!("{root:?}"));
    }
}

#[test]
fn whatever_happens_in_whatever_order_the_ledger_keeps_its_word() {
    let town = Town::new();
    let mut tally = Tally::default();
    let only = std::env::var("SEED").ok().map(|seed| seed.parse::<u64>().expect("SEED is a number"));
    let schedules = if std::env::var("LONG").is_ok() { 20 * SCHEDULES } else { SCHEDULES };
    let (mut count, mut failures) = (0, Vec::new());
    for seed in only.map_or(1..schedules + 1, |seed| seed..seed + 1) {
        if let Err(why) = attempt(|| drop(Play::new(&town, seed, &mut tally).whole())) {
            failures.push(format!("SEED={seed} cargo test -p ledger --test simulation: {why}"));
        }
        count += 1;
        if failures.len() == MOST_FAILURES {
            break;
        }
    }
    println!("{:?}", tally.counts);
    let sum = |names: &[&str]| names.iter().map(|name| tally.count(name)).sum::<u64>();
    let (restarts, failed) = (sum(&["kills", "power cuts"]), sum(&["failures", "starts that failed"]));
    let acknowledged = tally.count("acknowledged");
    tried(&format!("simulation {count} schedules, {acknowledged} acknowledgements, {failed} disk failures, {restarts} restarts"));
    conclude(&failures);
    if only.is_none() {
        for what in ["charge_answered", "balance_insufficient", "expired", "key_not_of_account", "credit_used", "faults", "kills"]
        {
            assert!(tally.count(what) > 0, "{what} never happened");
        }
    }
}

#[test]
fn the_same_seed_is_the_same_schedule_to_the_last_step_of_the_disk() {
    let town = Town::new();
    for seed in [1, 2, 3, 99] {
        let told: Vec<Vec<String>> = (0..2).map(|_| Play::new(&town, seed, &mut Tally::default()).whole()).collect();
        assert_eq!(told[0], told[1], "SEED={seed}");
    }
}
