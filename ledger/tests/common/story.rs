//! A short life of a town, each order signed in advance: it can be told from the start on any disk, and told again after a crash.

#![allow(dead_code)]

use crate::common::*;
use crate::witness::{Contents, Node, genesis};
use ledger::account::{AccountKind, Quorum, Roles, Scope};
use ledger::directory::Profile;
use ledger::key::AccountId;
use ledger::state::State;
use ledger::transaction::{Act, Body, SignedTransaction};
use std::sync::atomic::Ordering;

/// One thing that happens.
enum Event {
    /// Somebody sends an order at a time.
    Send(SignedTransaction, u64),
    Apply(usize),
    Commit,
    Head,
    Keep(Contents),
    Describe(AccountId, Option<Profile>),
    Memo(u64, AccountId),
    Compact,
    Snapshot,
    /// A coverage statement of what is durable.
    State,
}

/// The story.
pub struct Story {
    events: Vec<Event>,
    /// How many entries there are at its end.
    pub entries: u64,
    /// A payment for who wants to send one more.
    pub one_more: SignedTransaction,
}

struct Teller {
    town: Town,
    events: Vec<Event>,
    waiting: usize,
    round: usize,
}

impl Teller {
    fn sends(&mut self, body: Body, signer: &str) -> SignedTransaction {
        self.town.now += 30_000;
        let order = self.town.order(body, &key(signer));
        let accepted = self.town.submit(&order);
        assert!(accepted.is_ok() || self.events.len() > 20, "{accepted:?} {:?}", order.body());
        self.events.push(Event::Send(order.clone(), self.town.now));
        self.waiting += 1;
        order
    }

    fn acts(&mut self, act: Act) -> SignedTransaction {
        self.sends(Body::Propose(act), "operator 1")
    }

    fn last_entry(&self) -> u64 {
        self.town.state.size() - 1
    }

    fn member(&mut self, name: &str, kind: AccountKind) -> Member {
        let open = ledger::transaction::OpenAccount { kind, key: public(name), level: UNLIMITED, groups: vec![] };
        let order = self.acts(Act::OpenAccount(open));
        Member { id: AccountId::opened_by(&order.id()), key: key(name) }
    }

    /// What was sent becomes durable, each time in another rhythm.
    fn settles(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        self.round += 1;
        self.events.extend(match self.round % 4 {
            0 => vec![Event::Apply(1), Event::Apply(waiting), Event::Commit, Event::Head, Event::Commit],
            1 => vec![Event::Apply(waiting), Event::Commit, Event::Head],
            2 => vec![Event::Apply(waiting), Event::Commit],
            _ => vec![Event::Apply(waiting.div_ceil(2)), Event::Commit, Event::Apply(waiting), Event::Commit, Event::Head],
        });
    }

    fn keeps(&mut self, round: u8, size: usize) {
        let keys = [vec![b'k', round % 3], vec![b'l', round % 2]];
        self.events.push(Event::Keep(keys.into_iter().map(|key| (key, vec![round; size])).collect()));
    }
}

fn profile(name: &str) -> Option<Profile> {
    Some(Profile { name: Some(name.into()), contact: Some("06 00".into()), ..Profile::default() })
}

impl Story {
    /// The story, always the same.
    pub fn new() -> Story {
        let genesis = genesis();
        let mut town = Town::empty();
        town.state = State::new(genesis.id());
        town.submit(&genesis).unwrap();
        let mut t = Teller { town, events: Vec::new(), waiting: 0, round: 0 };
        t.people();
        t.payments();
        t.office();
        for number in 0..24 {
            let shop = t.town.state.accounts()[2].id;
            let anna = Member { id: t.town.state.accounts()[0].id, key: key("anna") };
            let shop = Member { id: shop, key: key("shop") };
            t.sends(transfer(&anna, &shop, 10 + number), "anna");
            // At last some twenty at once: one append of several pages.
            if number == 1 || number == 3 || number == 23 {
                t.settles();
            }
            if number == 1 {
                t.events.push(Event::Snapshot);
            }
        }
        let (anna, shop) = (t.town.state.accounts()[0].id, t.town.state.accounts()[2].id);
        let body = transfer(&Member { id: anna, key: key("anna") }, &Member { id: shop, key: key("shop") }, 99);
        let one_more = t.town.order(body, &key("anna"));
        Story { events: t.events, entries: t.town.state.size(), one_more }
    }

    /// Tells the story as if the thread that writes heads never had a turn.
    pub fn tell_without_heads(&self, node: &mut Node) {
        for event in &self.events {
            if let Event::Send(order, time) = event {
                node.clock.store(*time, Ordering::SeqCst);
                node.submit(order);
                while node.apply(usize::MAX) || node.commit() {}
                node.answers();
            }
        }
    }

    /// Tells the story until its end, or until the node fails. What the node has already is only answered again.
    pub fn tell(&self, node: &mut Node) -> Result<(), ledger::fault::Fault> {
        for event in &self.events {
            match event {
                Event::Send(order, time) => {
                    node.clock.store(*time, Ordering::SeqCst);
                    node.submit(order);
                }
                Event::Apply(most) => drop(node.apply(*most)),
                Event::Commit => drop(node.commit()),
                Event::Head => drop(node.write_head()),
                Event::Keep(changes) => node.keep(changes.clone())?,
                Event::Describe(account, profile) => node.describe(*account, profile.clone())?,
                Event::Memo(sequence, author) => node.ledger().directory().set_memo(*sequence, author, "pour le pain")?,
                // A snapshot is a cache: one that cannot be written stops nothing.
                Event::Snapshot => drop(node.ledger().snapshot()),
                Event::State => node.state()?,
                Event::Compact => drop(node.ledger().records().compact()?),
            }
            node.answers();
            if let Some(fault) = node.ledger().failure() {
                return Err(fault);
            }
        }
        node.settle();
        node.ledger().failure().map_or(Ok(()), Err)
    }
}

impl Teller {
    fn people(&mut self) {
        let anna = self.member("anna", AccountKind::Resident);
        let bob = self.member("bob", AccountKind::Resident);
        let shop = self.member("shop", AccountKind::Professional);
        self.settles();
        self.events.push(Event::Describe(anna.id, profile("Anna")));
        self.events.push(Event::Describe(shop.id, profile("Shop")));
        self.acts(Act::PublishCampaign(Box::new(campaign(1))));
        self.acts(Act::SponsorDeposit { bank: DIGITAL_BANK, campaign: 1, amount: cents(5_000), evidence: hash("sponsor") });
        self.acts(convert("credit of anna", &anna, 20_000));
        self.settles();
        self.keeps(1, 40);
        self.acts(convert("credit of bob", &bob, 5_000));
        self.settles();
        self.events.push(Event::Head);
    }

    fn payments(&mut self) {
        let [anna, bob, shop] = ["anna", "bob", "shop"].map(|name| {
            let id = self.town.state.accounts_of_key(&public(name)).next().unwrap().id;
            Member { id, key: key(name) }
        });
        let charge = answer(&anna, &shop, 700, 1, self.town.now + HOUR);
        self.sends(charge.clone(), "anna");
        let payment = self.last_entry();
        self.sends(charge, "anna");
        self.settles();
        self.events.push(Event::Memo(payment, anna.id));
        self.sends(transfer(&bob, &anna, 300), "bob");
        self.sends(refund(&shop, payment, 100), "shop");
        self.sends(Body::AddKey { account: shop.id, key: public("till"), scope: Scope::Till { per_day: cents(100) } }, "shop");
        self.settles();
        self.keeps(2, 5_000);
        self.events.push(Event::State);
        self.sends(refund(&shop, payment, 50), "till");
        self.sends(Body::Transfers { payer: anna.id, payments: vec![(shop.id, cents(40)), (bob.id, cents(60))] }, "anna");
        self.settles();
        self.events.push(Event::Snapshot);
        self.events.push(Event::Describe(bob.id, profile("Bob")));
        self.events.push(Event::Describe(anna.id, None));
        self.sends(Body::Redeem { account: shop.id, amount: cents(200) }, "shop");
        let redemption = self.last_entry();
        self.settles();
        self.acts(Act::RedemptionPaid { redemption, bank: DIGITAL_BANK, evidence: hash("paid") });
        self.settles();
    }

    fn office(&mut self) {
        self.acts(Act::SetQuorum(Quorum { act: 46, persons: 2, roles: Roles::ACTING }));
        let deposit = Act::FundDeposit {
            bank: PAPER_BANK,
            amount: cents(1_000),
            purse: ledger::transaction::Purse::Cover,
            evidence: hash("deposit"),
            settles: None,
        };
        let proposal = self.acts(deposit).id();
        self.sends(Body::Approve { proposal }, "operator 2");
        self.settles();
        self.acts(Act::IssueNotes { amount: cents(500), evidence: hash("notes") });
        self.acts(Act::RotateCheckpointKey { key: public("next checkpoint") });
        self.settles();
        for round in 3..9 {
            self.keeps(round, 600);
        }
        self.events.push(Event::Snapshot);
        self.events.push(Event::State);
        self.events.push(Event::Compact);
        self.events.push(Event::State);
        self.keeps(9, 40);
    }
}
