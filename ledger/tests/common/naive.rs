//! A second, naive ledger.
//!
//! It is written from the reference (`FORMATS.md`) and not from the code: it keeps plain maps and the whole history as
//! lists, and counts whatever it needs from the start each time: what was paid in 30 days, what is left of a credit, which charge
//! was answered, what a member got from a campaign. It is slow and short, and knows no index, window or queue.

#![allow(dead_code)]

use crate::common::DAY;
use ledger::account::{AccountKind, Campaign, FeeRule, GiftRule, Limits, Medium, Roles, Scope};
use ledger::amount::{Amount, Rate};
use ledger::books::Book;
use ledger::key::{AccountId, Hash32, PublicKey, TransactionId};
use ledger::outcome::{Bonus, BonusReason, Given as Got, Outcome};
use ledger::rejection::Rejection::{self, *};
use ledger::state::{State, Status};
use ledger::transaction::{Act, Body, ChargeReference, Genesis, OpenAccount, Purse, SignedTransaction, Transfer};
use std::collections::BTreeMap;

/// A heap of euros or units, always told as a positive number: what lies there, or what is owed to its owner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pot {
    Bank(u16),
    Unmatched(u16),
    Own(u16),
    Sponsor(u32),
    Cover(Medium),
    Payable(Medium),
    Fees(Medium),
    Pledged(Medium),
    Member(AccountId),
    Notes,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub kind: AccountKind,
    pub status: Status,
    pub level: u8,
    pub groups: Vec<u16>,
    /// Each key with what it may do, the entry that added it, and the time from which it is good.
    pub keys: Vec<(PublicKey, Scope, u64, u64)>,
    pub owes: u64,
    pub choices: Vec<AccountId>,
    pub keep: Option<u64>,
}

pub struct Payment {
    pub entry: u64,
    pub item: u16,
    pub day: u64,
    pub payer: AccountId,
    pub payee: AccountId,
    pub cents: u64,
    pub signer: PublicKey,
    pub charge: Option<ChargeReference>,
}

pub struct Refunded {
    pub entry: u64,
    pub day: u64,
    pub original: (u64, u16),
    pub account: AccountId,
    pub signer: PublicKey,
    pub cents: u64,
}

/// Units given for euros of a credit, and what was undone of that.
pub struct Given {
    pub entry: u64,
    pub time: u64,
    pub credit: Hash32,
    pub account: AccountId,
    pub euros: u64,
    /// Campaign, start of the period, cents.
    pub gifts: Vec<(u32, u64, u64)>,
    /// Euros undone; of each gift what was undone, and what of it went back to the sponsor.
    pub undone: Vec<(u64, Vec<u64>, Vec<u64>)>,
    pub corrected: bool,
}

impl Given {
    pub fn euros_left(&self) -> u64 {
        if self.corrected { 0 } else { self.euros - self.undone.iter().map(|undone| undone.0).sum::<u64>() }
    }

    pub fn gift_left(&self, at: usize) -> u64 {
        if self.corrected { 0 } else { self.gifts[at].2 - self.undone.iter().map(|undone| undone.1[at]).sum::<u64>() }
    }

    /// What of a gift counts against budget and cap: all but what went back to the sponsor.
    pub fn gift_counted(&self, at: usize) -> u64 {
        let back: u64 = self.undone.iter().map(|undone| undone.2[at]).sum();
        let undone: u64 = self.undone.iter().map(|undone| undone.1[at]).sum();
        if self.corrected { undone - back } else { self.gifts[at].2 - back }
    }
}

pub struct Redeemed {
    pub entry: u64,
    pub account: AccountId,
    pub net: u64,
    /// At which bank, and by which entry.
    pub ordered: Option<(u16, u64)>,
    pub paid_from: Option<u16>,
}

pub struct Waiting {
    pub act: Act,
    pub entry: u64,
    pub lapses: u64,
    pub spoke: Vec<(u16, PublicKey)>,
}

#[derive(Default)]
pub struct Model {
    pub time: u64,
    pub entries: Vec<(TransactionId, u64)>,
    pub operators: BTreeMap<u16, (PublicKey, Roles)>,
    pub quorums: BTreeMap<u64, (u8, Roles)>,
    pub limits: BTreeMap<u8, Limits>,
    pub banks: BTreeMap<u16, Medium>,
    pub people: BTreeMap<AccountId, Person>,
    pub pots: BTreeMap<Pot, i64>,
    pub payments: Vec<Payment>,
    pub refunds: Vec<Refunded>,
    pub credits: BTreeMap<Hash32, (u16, u64)>,
    /// Euros of a credit that went back without having been units; a correction counts against them.
    pub sent_back: Vec<(Hash32, i64)>,
    pub given: Vec<Given>,
    pub campaigns: BTreeMap<u32, Campaign>,
    pub fees: Vec<FeeRule>,
    pub gifts: BTreeMap<u16, GiftRule>,
    /// Rule, start and end of each period that was given for.
    pub gifts_given: Vec<(u16, u64, u64)>,
    pub redeemed: Vec<Redeemed>,
    pub done: Vec<(u64, Act, Outcome)>,
    pub waiting: BTreeMap<TransactionId, Waiting>,
    pub checkpoint_keys: Vec<PublicKey>,
    pub self_opening: bool,
    pub recovery_delay: u64,
}

pub type Verdict = Result<Outcome, Rejection>;

pub const MOST_EUROS: i64 = 1_000_000_000_000_000;

pub fn refuse_if(fault: bool, rejection: Rejection) -> Result<(), Rejection> {
    if fault { Err(rejection) } else { Ok(()) }
}

pub fn positive(number: u64) -> Option<u64> {
    Some(number).filter(|number| *number > 0)
}

pub fn may_act(roles: Roles, wanted: Roles) -> bool {
    let (roles, wanted) = (roles.code(), wanted.code());
    roles & 7 != 0 && roles & wanted != 0
}

impl Model {
    /// The ledger after its genesis.
    pub fn new(genesis: &Genesis, order: TransactionId, valid_until: u64) -> Model {
        let (self_opening, recovery_delay) = (genesis.self_opening, genesis.recovery_delay_ms);
        let mut model = Model { self_opening, recovery_delay, time: genesis.time, ..Model::default() };
        model.operators = genesis.operators.iter().map(|o| (o.number, (o.key, o.roles))).collect();
        model.quorums = genesis.quorums.iter().map(|q| (q.act, (q.persons, q.roles))).collect();
        model.limits = genesis.limits.iter().map(|l| (l.level, *l)).collect();
        model.banks = genesis.banks.iter().map(|b| (b.number, b.medium)).collect();
        model.checkpoint_keys = vec![genesis.checkpoint_key];
        model.entries.push((order, valid_until));
        model
    }

    /// Compares everything that both keep.
    pub fn compare(&self, state: &State) {
        let model = self;
        let books = state.books();
        assert_eq!((state.size(), state.time()), (model.next_entry(), model.time));
        assert_eq!(state.accounts().len(), model.people.len());
        for account in state.accounts() {
            let person = &model.people[&account.id];
            assert_eq!(account.balance.get(), model.pot(Pot::Member(account.id)), "balance of {:?}", account.id);
            assert!(account.balance.get() >= 0);
            assert_eq!((account.status, account.receivable), (person.status, person.owes), "{:?}", account.id);
            assert_eq!((account.level, &account.groups), (person.level, &person.groups));
            assert_eq!((&account.choices, account.redeem_above), (&person.choices, person.keep));
            let open = model.redeemed.iter().filter(|r| r.account == account.id && r.paid_from.is_none()).count();
            assert_eq!(account.open_redemptions as usize, open);
            assert!(account.keys.iter().map(|grant| (grant.key, grant.from)).eq(person.keys.iter().map(|key| (key.0, key.3))));
        }
        let claim = |book| books.claim(book).get();
        for bank in model.banks.keys() {
            assert_eq!(books.balance(Book::Bank(*bank)).get(), model.pot(Pot::Bank(*bank)), "bank {bank}");
            assert_eq!(claim(Book::Unmatched(*bank)), model.pot(Pot::Unmatched(*bank)), "unmatched at {bank}");
            assert_eq!(claim(Book::Own(*bank)), model.pot(Pot::Own(*bank)), "own money at {bank}");
            assert_eq!(books.fund_assets(*bank).get(), model.fund_at(*bank));
            assert!(model.pot(Pot::Unmatched(*bank)) >= 0 && model.pot(Pot::Own(*bank)) >= 0);
        }
        for campaign in model.campaigns.keys() {
            assert_eq!(claim(Book::Campaign(*campaign)), model.pot(Pot::Sponsor(*campaign)));
            assert!(model.pot(Pot::Sponsor(*campaign)) >= 0, "a sponsor never pays what it did not bring");
        }
        for medium in Medium::ALL.iter().copied() {
            assert_eq!(claim(Book::Cover(medium)), model.pot(Pot::Cover(medium)), "cover");
            assert_eq!(claim(Book::Payable(medium)), model.pot(Pot::Payable(medium)), "payable");
            assert_eq!(claim(Book::FeesDue(medium)), model.pot(Pot::Fees(medium)), "fees");
            assert_eq!(claim(Book::Pledged(medium)), model.pot(Pot::Pledged(medium)), "pledged");
            assert_eq!(books.circulation(medium).get(), model.circulation(medium), "members and notes are the circulation");
            let banks: Vec<u16> = model.banks.iter().filter(|(_, of)| **of == medium).map(|(bank, _)| *bank).collect();
            let fund: i64 = banks.iter().map(|bank| model.fund_at(*bank)).sum();
            let claims = [Pot::Cover(medium), Pot::Payable(medium), Pot::Fees(medium), Pot::Pledged(medium)];
            assert_eq!(fund, claims.iter().map(|pot| model.pot(*pot)).sum::<i64>(), "the fund is what it owes");
        }
    }
    pub fn pot(&self, pot: Pot) -> i64 {
        self.pots.get(&pot).copied().unwrap_or(0)
    }

    pub fn add(&mut self, pot: Pot, cents: u64) {
        *self.pots.entry(pot).or_default() += cents as i64;
    }

    pub fn take(&mut self, pot: Pot, cents: u64) {
        *self.pots.entry(pot).or_default() -= cents as i64;
    }

    pub fn shift(&mut self, from: Pot, to: Pot, cents: u64) {
        self.take(from, cents);
        self.add(to, cents);
    }

    pub fn units(&self, account: &AccountId) -> u64 {
        self.pot(Pot::Member(*account)) as u64
    }

    pub fn circulation(&self, medium: Medium) -> i64 {
        match medium {
            Medium::Paper => self.pot(Pot::Notes),
            Medium::Digital => self.people.keys().map(|account| self.pot(Pot::Member(*account))).sum(),
        }
    }

    pub fn surplus(&self, medium: Medium) -> i64 {
        self.pot(Pot::Cover(medium)) - self.circulation(medium)
    }

    pub fn sponsors_at(&self, bank: u16) -> i64 {
        self.campaigns.values().filter(|rule| rule.bank == bank).map(|rule| self.pot(Pot::Sponsor(rule.number))).sum()
    }

    pub fn fund_at(&self, bank: u16) -> i64 {
        self.pot(Pot::Bank(bank)) - self.pot(Pot::Unmatched(bank)) - self.pot(Pot::Own(bank)) - self.sponsors_at(bank)
    }

    pub fn next_entry(&self) -> u64 {
        self.entries.len() as u64
    }

    /// What both ledgers are asked: accept, and with which outcome, or refuse, and why.
    pub fn judge(&mut self, order: &SignedTransaction, time: u64) -> Verdict {
        let valid_until = order.transaction().valid_until;
        if self.entries.iter().any(|(id, _)| *id == order.id()) {
            // Until its time is over, an order that was accepted has its receipt; afterwards it is expired like any other.
            return Err(if valid_until >= self.time { AlreadyRecorded } else { Expired });
        }
        refuse_if(time < self.time, TimeReversed)?;
        refuse_if(valid_until < time, Expired)?;
        refuse_if(valid_until > time + 7 * DAY, ValidTooLong)?;
        let outcome = self.body(order, time)?;
        self.entries.push((order.id(), valid_until));
        self.time = time;
        Ok(outcome)
    }

    pub fn body(&mut self, order: &SignedTransaction, time: u64) -> Verdict {
        let signer = order.signer();
        match order.body() {
            Body::Genesis(_) => Err(GenesisMisplaced),
            Body::Propose(act) => self.propose(order.id(), &signer, act, time),
            Body::Approve { proposal } => self.approve(proposal, &signer, time),
            Body::Refuse { proposal } => {
                self.speaker(proposal, &signer, time)?;
                self.waiting.remove(proposal);
                Ok(Outcome::default())
            }
            Body::OpenAccount(open) => {
                let plain = open.kind == AccountKind::Resident && open.level == 0 && open.groups.is_empty();
                refuse_if(!self.self_opening || !plain || open.key != signer, SelfOpeningRefused)?;
                self.open(order.id(), open)
            }
            Body::AddKey { account, key, scope } => {
                self.open_person(account)?;
                self.full(account, &signer, time)?;
                self.add_key(account, key, scope, 0)
            }
            Body::RevokeKey { account, key } => {
                self.living(account)?;
                let mine = self.scope(account, &signer, time)?;
                refuse_if(signer != *key && mine != Scope::Full, ScopeInsufficient)?;
                self.revoke(account, key, time, true)
            }
            Body::CloseAccount { account } => {
                self.open_person(account)?;
                self.full(account, &signer, time)?;
                self.close(account)
            }
            Body::Transfer(transfer) => self.transfer(transfer, signer, time),
            Body::Transfers { payer, payments } => self.transfers(payer, payments, signer, time),
            Body::Refund { account, original, item, amount } => {
                self.refund(account, (*original, *item), amount.cents(), signer, time)
            }
            Body::Redeem { account, amount } => {
                self.open_person(account)?;
                self.full(account, &signer, time)?;
                self.redeem(account, amount.cents(), time)
            }
            Body::Choose { account, associations } => {
                self.open_person(account)?;
                self.full(account, &signer, time)?;
                for association in associations {
                    self.payee(account, association)?;
                }
                let other = |id: &AccountId| self.people[id].kind != AccountKind::Association;
                refuse_if(associations.iter().any(other), NotAssociation)?;
                self.people.get_mut(account).unwrap().choices = associations.clone();
                Ok(Outcome::default())
            }
            Body::RedeemAbove { account, keep } => {
                self.open_person(account)?;
                self.full(account, &signer, time)?;
                refuse_if(self.people[account].kind != AccountKind::Professional, NotProfessional)?;
                self.people.get_mut(account).unwrap().keep = *keep;
                Ok(Outcome::default())
            }
        }
    }

    pub fn living(&self, account: &AccountId) -> Result<&Person, Rejection> {
        let person = self.people.get(account).ok_or(AccountUnknown)?;
        refuse_if(person.status == Status::Closed, AccountClosed)?;
        Ok(person)
    }

    pub fn open_person(&self, account: &AccountId) -> Result<&Person, Rejection> {
        let person = self.living(account)?;
        refuse_if(person.status == Status::Suspended, AccountSuspended)?;
        Ok(person)
    }

    pub fn scope(&self, account: &AccountId, key: &PublicKey, time: u64) -> Result<Scope, Rejection> {
        let keys = &self.people[account].keys;
        let (_, scope, _, good) = keys.iter().find(|(known, ..)| known == key).ok_or(KeyNotOfAccount)?;
        refuse_if(time < *good, KeyNotYet)?;
        Ok(*scope)
    }

    pub fn full(&self, account: &AccountId, key: &PublicKey, time: u64) -> Result<(), Rejection> {
        refuse_if(self.scope(account, key, time)? != Scope::Full, ScopeInsufficient)
    }

    /// What a key has paid and refunded today, since it was added.
    pub fn spent_today(&self, account: &AccountId, key: &PublicKey, time: u64) -> u64 {
        let added = self.people[account].keys.iter().find(|(known, ..)| known == key).unwrap().2;
        let paid = self.payments.iter().filter(|p| p.payer == *account && p.signer == *key && p.entry > added);
        let refunded = self.refunds.iter().filter(|r| r.account == *account && r.signer == *key && r.entry > added);
        let paid: u64 = paid.filter(|p| p.day == time / DAY).map(|p| p.cents).sum();
        paid + refunded.filter(|r| r.day == time / DAY).map(|r| r.cents).sum::<u64>()
    }

    pub fn payee(&self, payer: &AccountId, payee: &AccountId) -> Result<(), Rejection> {
        refuse_if(payer == payee, SamePayerAndPayee)?;
        match self.people.get(payee).ok_or(PayeeUnknown)?.status {
            Status::Open => Ok(()),
            Status::Suspended => Err(PayeeSuspended),
            Status::Closed => Err(PayeeClosed),
        }
    }

    pub fn can_pay(&self, payer: &AccountId, largest: u64, total: u64, time: u64) -> Result<(), Rejection> {
        let limits = &self.limits[&self.people[payer].level];
        refuse_if(limits.per_payment.is_some_and(|most| largest > most.cents()), LimitPerPayment)?;
        let lately = self.payments.iter().filter(|p| p.payer == *payer && p.day + 30 > time / DAY);
        let paid: u64 = lately.map(|p| p.cents).sum();
        refuse_if(limits.paid_30_days.is_some_and(|most| paid + total > most.cents()), LimitPaid)?;
        refuse_if(self.units(payer) < total, BalanceInsufficient)
    }

    pub fn room(&self, account: &AccountId) -> u64 {
        let held = self.limits[&self.people[account].level].held;
        held.map_or(u64::MAX, |most| most.cents().saturating_sub(self.units(account)))
    }

    pub fn transfer(&mut self, t: &Transfer, signer: PublicKey, time: u64) -> Verdict {
        let cents = t.amount.cents();
        self.open_person(&t.payer)?;
        let scope = self.scope(&t.payer, &signer, time)?;
        let cap = match scope {
            Scope::Full => None,
            Scope::Limited(cap) | Scope::CardService(cap) | Scope::Collect(cap, _) => Some(cap),
            Scope::Till { .. } | Scope::Read => return Err(ScopeInsufficient),
        };
        if let Some(cap) = cap {
            refuse_if(cents > cap.per_payment.cents(), ScopePaymentLimit)?;
            refuse_if(self.spent_today(&t.payer, &signer, time) + cents > cap.per_day.cents(), ScopeDayLimit)?;
        }
        self.payee(&t.payer, &t.payee)?;
        refuse_if(matches!(scope, Scope::Collect(_, payee) if payee != t.payee), CollectOtherPayee)?;
        if let Some(charge) = t.charge {
            refuse_if(charge.expires > time + 400 * DAY, ChargeTooFar)?;
            refuse_if(charge.expires + 7 * DAY < time, ChargeExpired)?;
            let answers = self.payments.iter().filter(|p| p.payee == t.payee);
            let mut answers = answers.filter(|p| p.cents == cents).filter_map(|p| p.charge);
            refuse_if(answers.any(|other| other == charge), ChargeAnswered)?;
        }
        self.can_pay(&t.payer, cents, cents, time)?;
        refuse_if(self.room(&t.payee) < cents, LimitHeld)?;
        self.pay(0, &t.payer, &t.payee, cents, signer, t.charge, time);
        Ok(Outcome::default())
    }

    #[allow(clippy::too_many_arguments)]
    pub fn pay(
        &mut self,
        item: u16,
        payer: &AccountId,
        payee: &AccountId,
        cents: u64,
        signer: PublicKey,
        charge: Option<ChargeReference>,
        time: u64,
    ) {
        self.shift(Pot::Member(*payer), Pot::Member(*payee), cents);
        let (entry, day) = (self.next_entry(), time / DAY);
        self.payments.push(Payment { entry, item, day, payer: *payer, payee: *payee, cents, signer, charge });
    }

    pub fn transfers(&mut self, payer: &AccountId, list: &[(AccountId, Amount)], signer: PublicKey, time: u64) -> Verdict {
        self.open_person(payer)?;
        self.full(payer, &signer, time)?;
        refuse_if(list.is_empty(), TransfersEmpty)?;
        for (payee, _) in list {
            self.payee(payer, payee)?;
        }
        let total = list.iter().map(|(_, amount)| amount.cents()).sum();
        let to_one = |payee: &AccountId| list.iter().filter(|(other, _)| other == payee).map(|(_, amount)| amount.cents()).sum();
        let largest: u64 = list.iter().map(|(payee, _)| to_one(payee)).max().unwrap();
        self.can_pay(payer, largest, total, time)?;
        for (payee, _) in list {
            let received: u64 = list.iter().filter(|(other, _)| other == payee).map(|(_, amount)| amount.cents()).sum();
            refuse_if(self.room(payee) < received, LimitHeld)?;
        }
        for (item, (payee, amount)) in list.iter().enumerate() {
            self.pay(item as u16, payer, payee, amount.cents(), signer, None, time);
        }
        Ok(Outcome::default())
    }

    pub fn refund(&mut self, account: &AccountId, original: (u64, u16), cents: u64, signer: PublicKey, time: u64) -> Verdict {
        self.open_person(account)?;
        match self.scope(account, &signer, time)? {
            Scope::Full => {}
            Scope::Till { per_day } => {
                refuse_if(self.spent_today(account, &signer, time) + cents > per_day.cents(), ScopeDayLimit)?;
            }
            _ => return Err(ScopeInsufficient),
        }
        let payment = self.payments.iter().find(|p| (p.entry, p.item) == original && p.payee == *account);
        let (payer, paid) = payment.map(|p| (p.payer, p.cents)).ok_or(OriginalUnknown)?;
        refuse_if(self.people[&payer].status == Status::Closed, PayeeClosed)?;
        refuse_if(self.units(account) < cents, BalanceInsufficient)?;
        let before: u64 = self.refunds.iter().filter(|r| r.original == original).map(|r| r.cents).sum();
        refuse_if(before + cents > paid, RefundExceeds)?;
        self.shift(Pot::Member(*account), Pot::Member(payer), cents);
        let (entry, day) = (self.next_entry(), time / DAY);
        self.refunds.push(Refunded { entry, day, original, account: *account, signer, cents });
        Ok(Outcome::default())
    }

    pub fn redeem(&mut self, account: &AccountId, cents: u64, time: u64) -> Verdict {
        let person = &self.people[account];
        refuse_if(self.units(account) < cents, BalanceInsufficient)?;
        refuse_if(person.kind != AccountKind::Professional, NotProfessional)?;
        let rule = self.fees.iter().rfind(|rule| rule.from <= time);
        let exempt = |rule: &FeeRule| rule.exempt.iter().any(|group| person.groups.contains(group));
        let fee = match rule {
            Some(rule) if !exempt(rule) => {
                let share = cents as u128 * rule.rate.numerator() as u128 / rule.rate.denominator() as u128;
                rule.least.max(share as u64)
            }
            _ => 0,
        };
        refuse_if(fee >= cents, FeeExceedsAmount)?;
        let version = rule.map_or(0, |rule| rule.version);
        let net = cents - fee;
        let share = rule.and_then(|rule| rule.given).map_or(0, |rate| fee.min(share(rate, cents)));
        let first = person.choices.first().map(|id| (*id, 1));
        let other = rule.and_then(|rule| rule.beneficiary).map(|id| (id, 0));
        let takes = |(id, _): &(AccountId, u32)| id != account && self.open_person(id).is_ok() && self.room(id) >= share;
        let gets = first.filter(takes).or(other.filter(takes)).filter(|_| share > 0);
        let mut given = Vec::new();
        if let Some((id, members)) = gets {
            self.shift(Pot::Member(*account), Pot::Member(id), share);
            given.push(Got { account: id, cents: share, members });
        }
        let share = given.iter().map(|got| got.cents).sum::<u64>();
        self.take(Pot::Member(*account), cents - share);
        self.shift(Pot::Cover(Medium::Digital), Pot::Payable(Medium::Digital), net);
        self.shift(Pot::Cover(Medium::Digital), Pot::Fees(Medium::Digital), fee - share);
        self.redeemed.push(Redeemed { entry: self.next_entry(), account: *account, net, ordered: None, paid_from: None });
        Ok(Outcome { fee: Some(fee), net: Some(net), fee_version: Some(version), given, ..Outcome::default() })
    }

    pub fn open(&mut self, opening: TransactionId, open: &OpenAccount) -> Verdict {
        refuse_if(!self.limits.contains_key(&open.level), LevelUnknown)?;
        let id = AccountId(opening.0[..16].try_into().unwrap());
        let keys = vec![(open.key, Scope::Full, self.next_entry(), 0)];
        let (kind, level, groups) = (open.kind, open.level, open.groups.clone());
        self.people.insert(id, Person { kind, status: Status::Open, level, groups, keys, owes: 0, choices: vec![], keep: None });
        Ok(Outcome { opened: Some(id), ..Outcome::default() })
    }

    pub fn add_key(&mut self, account: &AccountId, key: &PublicKey, scope: &Scope, good: u64) -> Verdict {
        let keys = &self.people[account].keys;
        refuse_if(keys.iter().any(|(known, ..)| known == key), KeyPresent)?;
        refuse_if(keys.len() == 32, TooManyKeys)?;
        refuse_if(matches!(scope, Scope::Collect(_, payee) if !self.people.contains_key(payee)), PayeeUnknown)?;
        let entry = self.next_entry();
        self.people.get_mut(account).unwrap().keys.push((*key, *scope, entry, good));
        Ok(Outcome::default())
    }

    pub fn revoke(&mut self, account: &AccountId, key: &PublicKey, time: u64, keep_one: bool) -> Verdict {
        let keys = &self.people[account].keys;
        refuse_if(!keys.iter().any(|(known, ..)| known == key), KeyNotOfAccount)?;
        let full: Vec<_> = keys.iter().filter(|(_, scope, _, good)| *scope == Scope::Full && *good <= time).collect();
        refuse_if(keep_one && full.len() == 1 && full[0].0 == *key, LastFullKey)?;
        self.people.get_mut(account).unwrap().keys.retain(|(known, ..)| known != key);
        Ok(Outcome::default())
    }

    pub fn close(&mut self, account: &AccountId) -> Verdict {
        let open = self.redeemed.iter().any(|r| r.account == *account && r.paid_from.is_none());
        refuse_if(open || self.units(account) > 0 || self.people[account].owes > 0, AccountNotEmpty)?;
        self.end(account);
        Ok(Outcome::default())
    }

    pub fn end(&mut self, account: &AccountId) {
        let person = self.people.get_mut(account).unwrap();
        person.status = Status::Closed;
        person.keys.clear();
        person.choices.clear();
        person.keep = None;
    }

    // ---- what associations get

    /// What each association gets by a rule for a period: its euros, its members, its cents.
    pub fn due(&self, rule: &GiftRule, start: u64, end: u64) -> Vec<Got> {
        let open = |person: &&Person| person.status == Status::Open;
        let supporters = |id: &AccountId| self.people.values().filter(open).filter(|p| p.choices.first() == Some(id)).count();
        let able = |id: &AccountId| self.open_person(id).is_ok() && supporters(id) >= rule.least_members as usize;
        let mut sums: BTreeMap<AccountId, (u64, u32)> = BTreeMap::new();
        for (id, person) in self.people.iter().filter(|(_, person)| person.status == Status::Open) {
            let Some(association) = person.choices.iter().find(|id| able(id)) else { continue };
            let mine = self.given.iter().filter(|given| given.account == *id && start <= given.time && given.time < end);
            let euros: u64 = mine.map(Given::euros_left).sum();
            if euros > 0 {
                let sum = sums.entry(*association).or_default();
                *sum = (sum.0 + euros, sum.1 + 1);
            }
        }
        let whole: u64 = sums.values().map(|(euros, _)| share(rule.rate, *euros)).sum();
        let cut = |cents: u64| match whole > rule.budget.cents() {
            true => (cents as u128 * rule.budget.cents() as u128 / whole as u128) as u64,
            false => cents,
        };
        let got = |(account, (euros, members))| Got { account, cents: cut(share(rule.rate, euros)), members };
        sums.into_iter().map(got).filter(|got| got.cents > 0).collect()
    }

    pub fn give(&mut self, gift: u16, start: u64, time: u64) -> Verdict {
        let rule = self.gifts.get(&gift).ok_or(GiftUnknown)?;
        let place = rule.periods.iter().position(|period| *period == start).ok_or(GiftPeriod)?;
        let end = *rule.periods.get(place + 1).ok_or(GiftPeriod)?;
        refuse_if(end > time, GiftPeriod)?;
        let meets = |(other, from, until): &(u16, u64, u64)| *other == gift && start.max(*from) < end.min(*until);
        refuse_if(self.gifts_given.iter().any(meets), GiftGiven)?;
        let given = self.due(rule, start, end);
        refuse_if(given.len() > 200, TooManyGiven)?;
        refuse_if(self.surplus(Medium::Digital) < 0, FundShort)?;
        refuse_if(given.iter().any(|got| self.room(&got.account) < got.cents), LimitHeld)?;
        let (own, all) = (Pot::Own(rule.bank), given.iter().map(|got| got.cents).sum::<u64>());
        refuse_if(self.pot(own) < all as i64, OwnInsufficient)?;
        self.shift(own, Pot::Cover(Medium::Digital), all);
        given.iter().for_each(|got| self.add(Pot::Member(got.account), got.cents));
        self.gifts_given.push((gift, start, end));
        Ok(Outcome { given, ..Outcome::default() })
    }

    pub fn order(&mut self, bank: u16, list: &[u64]) -> Verdict {
        refuse_if(*self.banks.get(&bank).ok_or(BankUnknown)? == Medium::Paper, WrongMedium)?;
        let known = |entry: &u64| self.redeemed.iter().any(|r| r.entry == *entry);
        refuse_if(!list.iter().all(known), RedemptionUnknown)?;
        let mine: Vec<&Redeemed> = self.redeemed.iter().filter(|r| list.contains(&r.entry)).collect();
        refuse_if(mine.iter().any(|r| r.ordered.is_some() || r.paid_from.is_some()), RedemptionState)?;
        let nets: u64 = mine.iter().map(|r| r.net).sum();
        let there = |r: &&Redeemed| r.ordered.is_some_and(|(at, _)| at == bank) && r.paid_from.is_none();
        let ordered: u64 = self.redeemed.iter().filter(there).map(|r| r.net).sum();
        refuse_if(self.fund_at(bank) < (nets + ordered) as i64, BankFundsInsufficient)?;
        let entry = self.next_entry();
        self.redeemed.iter_mut().filter(|r| list.contains(&r.entry)).for_each(|r| r.ordered = Some((bank, entry)));
        Ok(Outcome::default())
    }

    pub fn pass_on(&mut self, account: &AccountId, heir: &AccountId) -> Verdict {
        self.living(account)?;
        let open = self.redeemed.iter().any(|r| r.account == *account && r.paid_from.is_none());
        refuse_if(open || self.people[account].owes > 0, AccountNotEmpty)?;
        self.payee(account, heir)?;
        let units = self.units(account);
        refuse_if(self.room(heir) < units, LimitHeld)?;
        self.shift(Pot::Member(*account), Pot::Member(*heir), units);
        self.end(account);
        Ok(Outcome::default())
    }

    // ---- the association

    pub fn quorum(&self, act: &Act) -> (u8, Roles) {
        self.quorums.get(&act.kind().code()).copied().unwrap_or(self.quorums[&0])
    }

    pub fn operator(&self, key: &PublicKey) -> Result<(u16, Roles), Rejection> {
        let found = self.operators.iter().find(|(_, (known, _))| known == key);
        found.map(|(number, (_, roles))| (*number, *roles)).ok_or(OperatorUnknown)
    }

    /// The person with this key, if they may speak for the act.
    pub fn person_for(&self, act: &Act, key: &PublicKey) -> Result<u16, Rejection> {
        let (number, roles) = self.operator(key)?;
        refuse_if(!may_act(roles, self.quorum(act).1), RoleInsufficient)?;
        let redeemer = |entry: &u64| self.redeemed.iter().find(|r| r.entry == *entry).map(|r| r.account);
        let favoured: Vec<AccountId> = match act {
            Act::Convert { account, .. } | Act::AddKey { account, .. } => vec![*account],
            Act::ClassifyAccount { account, .. } | Act::ResumeAccount { account } => vec![*account],
            Act::RedeemStanding { account } | Act::PassOn { heir: account, .. } => vec![*account],
            Act::FundDeposit { settles, .. } => settles.iter().copied().collect(),
            Act::RedemptionPaid { redemption, .. } => redeemer(redemption).into_iter().collect(),
            Act::OrderRedemptions { redemptions, .. } => redemptions.iter().filter_map(redeemer).collect(),
            Act::PublishFee(rule) => rule.beneficiary.into_iter().collect(),
            Act::GiveGifts { gift, period, .. } => {
                let rule = self.gifts.get(gift);
                let pairs = rule.iter().flat_map(|rule| rule.periods.windows(2).map(move |pair| (rule, pair)));
                let one = pairs.into_iter().find(|(_, pair)| pair[0] == *period);
                one.iter().flat_map(|(rule, pair)| self.due(rule, pair[0], pair[1])).map(|got| got.account).collect()
            }
            _ => vec![],
        };
        refuse_if(matches!(act, Act::AddKey { key: added, .. } if added == key), OwnBenefit)?;
        refuse_if(matches!(act, Act::OpenAccount(open) if open.key == *key), OwnBenefit)?;
        let mut people = favoured.iter().filter_map(|account| self.people.get(account));
        refuse_if(people.any(|person| person.keys.iter().any(|(known, ..)| known == key)), OwnBenefit)?;
        Ok(number)
    }

    pub fn propose(&mut self, id: TransactionId, signer: &PublicKey, act: &Act, time: u64) -> Verdict {
        let number = self.person_for(act, signer)?;
        if self.quorum(act).0 <= 1 {
            return self.execute(id, act, time);
        }
        self.waiting.retain(|_, waiting| waiting.lapses >= time);
        let (act, entry) = (act.clone(), self.next_entry());
        self.waiting.insert(id, Waiting { act, entry, lapses: time + 30 * DAY, spoke: vec![(number, *signer)] });
        Ok(Outcome { approvals: Some(1), ..Outcome::default() })
    }

    pub fn speaker(&self, proposal: &TransactionId, signer: &PublicKey, time: u64) -> Result<u16, Rejection> {
        self.operator(signer)?;
        let waiting = self.waiting.get(proposal).ok_or(ProposalUnknown)?;
        let number = self.person_for(&waiting.act, signer)?;
        refuse_if(waiting.lapses < time, ProposalLapsed)?;
        Ok(number)
    }

    pub fn approve(&mut self, proposal: &TransactionId, signer: &PublicKey, time: u64) -> Verdict {
        let number = self.speaker(proposal, signer, time)?;
        let waiting = &self.waiting[proposal];
        refuse_if(waiting.spoke.contains(&(number, *signer)), ApprovedTwice)?;
        let (persons, wanted) = self.quorum(&waiting.act);
        let counts = |(number, with): &&(u16, PublicKey)| {
            self.operators.get(number).is_some_and(|(key, roles)| key == with && may_act(*roles, wanted))
        };
        let spoke = 1 + waiting.spoke.iter().filter(counts).count();
        if spoke >= persons as usize {
            let (act, executed) = (waiting.act.clone(), Some(waiting.entry));
            let outcome = self.execute(*proposal, &act, time)?;
            self.waiting.remove(proposal);
            return Ok(Outcome { executed, ..outcome });
        }
        self.waiting.get_mut(proposal).unwrap().spoke.push((number, *signer));
        Ok(Outcome { approvals: Some(spoke as u8), ..Outcome::default() })
    }

    /// What moved at a bank under which document: whether it arrived, where, how much, and the document.
    fn moved(&self, act: &Act) -> Option<(bool, u16, u64, Hash32)> {
        match act {
            Act::RecordCredit { bank, credit, amount } | Act::Convert { bank, credit, amount, .. } => {
                Some((true, *bank, amount.cents(), *credit))
            }
            Act::FundDeposit { bank, amount, evidence, .. } | Act::SponsorDeposit { bank, amount, evidence, .. } => {
                Some((true, *bank, amount.cents(), *evidence))
            }
            Act::FundWithdrawal { bank, amount, evidence, .. } | Act::BankFee { bank, amount, evidence } => {
                Some((false, *bank, amount.cents(), *evidence))
            }
            Act::FundMove { bank_out, amount, evidence, .. } => Some((false, *bank_out, amount.cents(), *evidence)),
            Act::SponsorReturn { campaign, amount, evidence } => {
                self.campaigns.get(campaign).map(|rule| (false, rule.bank, amount.cents(), *evidence))
            }
            _ => None,
        }
    }

    pub fn execute(&mut self, opening: TransactionId, act: &Act, time: u64) -> Verdict {
        let stands = |(entry, done, _): &(u64, Act, Outcome)| {
            let undone =
                |(_, other, _): &(u64, Act, Outcome)| matches!(other, Act::Correct { sequence, .. } if sequence == entry);
            let again = act.carries_evidence() && done == act;
            let moved = self.moved(act).is_some_and(|moved| self.moved(done) == Some(moved));
            (again || moved) && !self.done.iter().any(undone)
        };
        let credit = match act {
            Act::RecordCredit { credit, .. } | Act::Convert { credit, .. } => Some(credit),
            _ => None,
        };
        let fresh = credit.is_none_or(|credit| !self.credits.contains_key(credit));
        refuse_if(fresh && self.done.iter().filter(|(_, done, _)| !is_credit(done)).any(stands), EvidenceUsed)?;
        let known = |evidence| self.credits.contains_key(evidence);
        let arrives = matches!(act, Act::FundDeposit { evidence, .. } | Act::SponsorDeposit { evidence, .. } if known(evidence));
        refuse_if(arrives, EvidenceUsed)?;
        let outcome = self.execute_now(opening, act, time)?;
        self.done.push((self.next_entry(), act.clone(), outcome.clone()));
        Ok(outcome)
    }

    pub fn execute_now(&mut self, opening: TransactionId, act: &Act, time: u64) -> Verdict {
        let nothing = Outcome::default();
        match act {
            Act::OpenAccount(open) => self.open(opening, open),
            Act::AddKey { account, key, scope } => {
                self.living(account)?;
                let at_once = match scope {
                    Scope::Read => true,
                    Scope::CardService(cap) => cap.per_day.cents() <= 20_000,
                    _ => false,
                };
                let waits = !at_once && self.recovery_delay > 0;
                self.add_key(account, key, scope, if waits { time + self.recovery_delay } else { 0 })
            }
            Act::RevokeKey { account, key } => {
                self.living(account)?;
                self.revoke(account, key, time, false)
            }
            Act::CloseAccount { account } => {
                self.living(account)?;
                self.close(account)
            }
            Act::ClassifyAccount { account, level, groups } => {
                self.living(account)?;
                refuse_if(!self.limits.contains_key(level), LevelUnknown)?;
                let person = self.people.get_mut(account).unwrap();
                (person.level, person.groups) = (*level, groups.clone());
                Ok(nothing)
            }
            Act::SuspendAccount { account, .. } => {
                self.open_person(account)?;
                self.people.get_mut(account).unwrap().status = Status::Suspended;
                Ok(nothing)
            }
            Act::ResumeAccount { account } => {
                refuse_if(self.living(account)?.status != Status::Suspended, NotSuspended)?;
                self.people.get_mut(account).unwrap().status = Status::Open;
                Ok(nothing)
            }
            Act::RecordCredit { bank, credit, amount } => {
                self.digital_arrival(*bank, amount.cents())?;
                refuse_if(self.credits.contains_key(credit), CreditKnown)?;
                self.arrive(*bank, *credit, amount.cents());
                Ok(nothing)
            }
            Act::Convert { bank, credit, amount, account } => self.convert(*bank, *credit, amount.cents(), account, time),
            Act::ReturnCredit { credit, amount, .. } => {
                let (bank, _) = *self.credits.get(credit).ok_or(CreditUnknown)?;
                refuse_if(self.left(credit) < amount.cents(), CreditUsed)?;
                self.take(Pot::Unmatched(bank), amount.cents());
                self.take(Pot::Bank(bank), amount.cents());
                self.sent_back.push((*credit, amount.cents() as i64));
                Ok(nothing)
            }
            Act::FundDeposit { bank, amount, purse, settles, .. } => {
                let owes = settles.map(|account| self.living(&account).map(|person| person.owes)).transpose()?;
                let medium = self.arrival(*bank, amount.cents())?;
                refuse_if(owes.is_some_and(|owes| owes < amount.cents()), ReceivableExceeds)?;
                self.add(Pot::Bank(*bank), amount.cents());
                self.add(self.purse(*purse, *bank, medium), amount.cents());
                if let Some(account) = settles {
                    self.people.get_mut(account).unwrap().owes -= amount.cents();
                }
                Ok(nothing)
            }
            Act::FundWithdrawal { bank, amount, purse, .. } => self.withdraw(*bank, amount.cents(), *purse),
            Act::BankReturn { credit, amount, .. } => self.bank_return(*credit, amount.cents()),
            Act::BankFee { bank, amount, .. } => {
                let medium = *self.banks.get(bank).ok_or(BankUnknown)?;
                let own = self.pot(Pot::Own(*bank)).clamp(0, amount.cents() as i64) as u64;
                self.take(Pot::Bank(*bank), amount.cents());
                self.take(Pot::Own(*bank), own);
                self.take(Pot::Cover(medium), amount.cents() - own);
                Ok(Outcome { from_own: Some(own), ..nothing })
            }
            Act::SponsorDeposit { bank, campaign, amount, .. } => self.sponsor_pays(*bank, *campaign, amount.cents()),
            Act::SponsorReturn { campaign, amount, .. } => self.sponsor_gets(*campaign, amount.cents()),
            Act::PublishCampaign(rule) => {
                let medium = *self.banks.get(&rule.bank).ok_or(BankUnknown)?;
                refuse_if(medium == Medium::Paper, WrongMedium)?;
                let known = self.campaigns.get(&rule.number);
                refuse_if(rule.version != known.map_or(1, |known| known.version + 1), CampaignVersion)?;
                refuse_if(known.is_some_and(|known| known.bank != rule.bank), CampaignBankFixed)?;
                self.campaigns.insert(rule.number, (**rule).clone());
                Ok(nothing)
            }
            Act::PublishFee(rule) => {
                refuse_if(rule.beneficiary.is_some_and(|id| !self.people.contains_key(&id)), PayeeUnknown)?;
                refuse_if(rule.version as usize != self.fees.len() + 1, FeeVersion)?;
                self.fees.push(rule.clone());
                Ok(nothing)
            }
            Act::PublishGift(rule) => {
                refuse_if(*self.banks.get(&rule.bank).ok_or(BankUnknown)? == Medium::Paper, WrongMedium)?;
                let last = self.gifts.get(&rule.number).map_or(0, |known| known.version);
                refuse_if(rule.version != last + 1, GiftVersion)?;
                refuse_if(last == 0 && self.gifts.len() == 100, TooManyGifts)?;
                self.gifts.insert(rule.number, rule.clone());
                Ok(nothing)
            }
            Act::GiveGifts { gift, period, .. } => self.give(*gift, *period, time),
            Act::RedeemStanding { account } => {
                let keep = self.open_person(account)?.keep.ok_or(StandingAbsent)?;
                let units = self.units(account);
                refuse_if(units <= keep, BalanceInsufficient)?;
                self.redeem(account, (units - keep).min(1_000_000_000_000), time)
            }
            Act::OrderRedemptions { bank, redemptions, .. } => self.order(*bank, redemptions),
            Act::PassOn { account, heir, .. } => self.pass_on(account, heir),
            Act::RedemptionPaid { redemption, bank, .. } => {
                refuse_if(*self.banks.get(bank).ok_or(BankUnknown)? == Medium::Paper, WrongMedium)?;
                let at = self.redeemed.iter().position(|r| r.entry == *redemption).ok_or(RedemptionUnknown)?;
                refuse_if(self.redeemed[at].paid_from.is_some(), RedemptionState)?;
                refuse_if(self.redeemed[at].ordered.is_some_and(|(at, _)| at != *bank), RedemptionState)?;
                let net = self.redeemed[at].net;
                refuse_if(self.fund_at(*bank) < net as i64, BankFundsInsufficient)?;
                self.take(Pot::Payable(Medium::Digital), net);
                self.take(Pot::Bank(*bank), net);
                self.redeemed[at].paid_from = Some(*bank);
                Ok(nothing)
            }
            Act::RedemptionReturned { redemption, .. } => {
                let at = self.redeemed.iter().position(|r| r.entry == *redemption).ok_or(RedemptionUnknown)?;
                refuse_if(self.redeemed[at].paid_from.is_none() && self.redeemed[at].ordered.is_none(), RedemptionState)?;
                if let Some(bank) = self.redeemed[at].paid_from {
                    self.add(Pot::Payable(Medium::Digital), self.redeemed[at].net);
                    self.add(Pot::Bank(bank), self.redeemed[at].net);
                }
                (self.redeemed[at].paid_from, self.redeemed[at].ordered) = (None, None);
                Ok(nothing)
            }
            Act::IssueNotes { amount, .. } => self.issue_notes(amount.cents()),
            Act::RetireNotes { amount, .. } => self.retire_notes(amount.cents()),
            Act::FundMove { bank_out, bank_in, amount, .. } => self.move_fund(*bank_out, *bank_in, amount.cents()),
            Act::Correct { sequence, .. } => self.correct(*sequence),
            Act::RotateCheckpointKey { key } => {
                refuse_if(self.checkpoint_keys.contains(key), CheckpointKeyUsed)?;
                self.checkpoint_keys.push(*key);
                Ok(nothing)
            }
            Act::Upgrade { .. } => Err(RuleSetUnknown),
            Act::AppointOperator(operator) => {
                let taken = |(number, (key, _)): (&u16, &(PublicKey, Roles))| *key == operator.key && *number != operator.number;
                refuse_if(self.operators.iter().any(taken), OperatorKeyUsed)?;
                let mut staff = self.operators.clone();
                staff.insert(operator.number, (operator.key, operator.roles));
                self.hire(staff)
            }
            Act::DismissOperator { operator } => {
                let mut staff = self.operators.clone();
                staff.remove(operator).ok_or(OperatorUnknown)?;
                self.hire(staff)
            }
            Act::SetQuorum(quorum) => {
                let quorums = BTreeMap::from([(quorum.act, (quorum.persons, quorum.roles))]);
                refuse_if(!possible(&self.operators, &quorums), QuorumImpossible)?;
                self.quorums.extend(quorums);
                Ok(nothing)
            }
            Act::SetLimits(limits) => {
                self.limits.insert(limits.level, *limits);
                Ok(nothing)
            }
            Act::AddBank(bank) => {
                refuse_if(self.banks.contains_key(&bank.number), BankExists)?;
                self.banks.insert(bank.number, bank.medium);
                Ok(nothing)
            }
            Act::Pledge { medium, amount, .. } => self.pledge(*medium, amount.cents()),
            Act::ReleasePledge { medium, amount, .. } => self.release(*medium, amount.cents()),
        }
    }

    pub fn hire(&mut self, staff: BTreeMap<u16, (PublicKey, Roles)>) -> Verdict {
        refuse_if(!possible(&staff, &self.quorums), QuorumImpossible)?;
        self.operators = staff;
        Ok(Outcome::default())
    }

    pub fn arrival(&self, bank: u16, cents: u64) -> Result<Medium, Rejection> {
        let all: i64 = self.banks.keys().map(|bank| self.pot(Pot::Bank(*bank))).sum();
        refuse_if(all + cents as i64 > MOST_EUROS, TotalTooLarge)?;
        self.banks.get(&bank).copied().ok_or(BankUnknown)
    }

    pub fn digital_arrival(&self, bank: u16, cents: u64) -> Result<(), Rejection> {
        refuse_if(self.arrival(bank, cents)? == Medium::Paper, WrongMedium)
    }

    pub fn arrive(&mut self, bank: u16, credit: Hash32, cents: u64) {
        self.credits.insert(credit, (bank, cents));
        self.add(Pot::Bank(bank), cents);
        self.add(Pot::Unmatched(bank), cents);
    }

    /// What is left of a credit: all of it, less what are units now, less what went back.
    pub fn left(&self, credit: &Hash32) -> u64 {
        let amount = self.credits[credit].1 as i64;
        let given = self.given.iter().filter(|given| given.credit == *credit);
        let undone = |given: &Given| given.undone.iter().map(|undone| undone.0).sum::<u64>();
        let units: u64 = given.map(|given| if given.corrected { undone(given) } else { given.euros }).sum();
        let back: i64 = self.sent_back.iter().filter(|(other, _)| other == credit).map(|(_, cents)| cents).sum();
        (amount - units as i64 - back) as u64
    }

    /// The bonus of each campaign on so many euros, counted from the start.
    pub fn bonuses(&self, account: &AccountId, euros: u64, time: u64) -> Vec<Bonus> {
        let person = &self.people[account];
        let mut rules: Vec<&Campaign> = self.campaigns.values().filter(|rule| rule.start <= time && time < rule.end).collect();
        rules.retain(|rule| match rule.groups.is_empty() {
            true => person.kind == AccountKind::Resident,
            false => rule.groups.iter().any(|group| person.groups.contains(group)),
        });
        rules.sort_by_key(|rule| (rule.order, rule.number));
        if euros == 0 {
            rules.clear();
        }
        let one = |rule: &Campaign| {
            let (campaign, version) = (rule.number, rule.version);
            if euros < rule.least.cents() {
                return Bonus { campaign, version, cents: 0, reason: BonusReason::Whole };
            }
            let base = euros.min(rule.most.cents());
            let first = rule.steps.first().map_or(base, |step| step.from.cents().min(base));
            let mut whole = share(rule.rate, first);
            for (at, step) in rule.steps.iter().enumerate() {
                let next = rule.steps.get(at + 1).map_or(base, |next| next.from.cents().min(base));
                whole += share(step.rate, next.saturating_sub(step.from.cents()));
            }
            let period = period(rule, time);
            let (mut mine, mut all) = (0, 0);
            for given in &self.given {
                for (at, (_, start, _)) in given.gifts.iter().enumerate().filter(|(_, gift)| gift.0 == campaign) {
                    all += given.gift_counted(at);
                    if given.account == *account && *start == period {
                        mine += given.gift_counted(at);
                    }
                }
            }
            let bounds = [
                (whole, BonusReason::Whole),
                (rule.cap.cents().saturating_sub(mine), BonusReason::MemberCap),
                (rule.budget.cents().saturating_sub(all), BonusReason::Budget),
                (self.pot(Pot::Sponsor(campaign)).max(0) as u64, BonusReason::Sponsor),
            ];
            let cents = bounds.iter().map(|bound| bound.0).min().unwrap();
            let reason = bounds.iter().find(|bound| bound.0 == cents).unwrap().1;
            Bonus { campaign, version, cents, reason }
        };
        rules.into_iter().map(one).collect()
    }

    pub fn convert(&mut self, bank: u16, credit: Hash32, amount: u64, account: &AccountId, time: u64) -> Verdict {
        self.open_person(account)?;
        let known = self.credits.get(&credit).copied();
        match known {
            Some(known) => {
                refuse_if(known != (bank, amount), CreditDiffers)?;
                refuse_if(self.left(&credit) == 0, CreditUsed)?;
            }
            None => self.digital_arrival(bank, amount)?,
        }
        refuse_if(self.surplus(Medium::Digital) < 0, FundShort)?;
        let left = if known.is_some() { self.left(&credit) } else { amount };
        let room = self.room(account);
        let units = |euros: u64| euros + self.bonuses(account, euros, time).iter().map(|bonus| bonus.cents).sum::<u64>();
        // As many euros as fit with their bonus: one cent less at a time, until they do.
        let euros = (0..=left.min(room)).rev().find(|euros| units(*euros) <= room).unwrap();
        refuse_if(euros == 0 && known.is_some(), LimitHeld)?;
        let bonuses = self.bonuses(account, euros, time);
        let units = units(euros);
        if known.is_none() {
            self.arrive(bank, credit, amount);
        }
        self.shift(Pot::Unmatched(bank), Pot::Cover(Medium::Digital), euros);
        for bonus in &bonuses {
            self.shift(Pot::Sponsor(bonus.campaign), Pot::Cover(Medium::Digital), bonus.cents);
        }
        self.add(Pot::Member(*account), units);
        let real = bonuses.iter().filter(|bonus| bonus.cents > 0);
        let gifts = real.map(|bonus| (bonus.campaign, period(&self.campaigns[&bonus.campaign], time), bonus.cents)).collect();
        let entry = self.next_entry();
        self.given.push(Given { entry, time, credit, account: *account, euros, gifts, undone: vec![], corrected: false });
        let left_unmatched = positive(self.left(&credit));
        Ok(Outcome { converted: Some(euros), bonuses, left_unmatched, ..Outcome::default() })
    }

    /// First what is unmatched, then the newest conversions: their units come back as far as the balance reaches, the member's
    /// euros before the bonus. What is missing is owed, and the account stops.
    pub fn bank_return(&mut self, credit: Hash32, cents: u64) -> Verdict {
        let (bank, _) = *self.credits.get(&credit).ok_or(CreditUnknown)?;
        let units: u64 = self.given.iter().filter(|given| given.credit == credit).map(Given::euros_left).sum();
        refuse_if(self.left(&credit) + units < cents, CreditUsed)?;
        let unmatched = self.left(&credit).min(cents);
        self.take(Pot::Bank(bank), cents);
        self.take(Pot::Unmatched(bank), unmatched);
        self.sent_back.push((credit, unmatched as i64));
        let mut rest = cents - unmatched;
        let (mut all_taken, mut all_owed, mut all_repaid) = (0, 0, 0);
        for at in (0..self.given.len()).rev() {
            if self.given[at].credit != credit || rest == 0 || self.given[at].euros_left() == 0 {
                continue;
            }
            let given = &self.given[at];
            let (account, whole) = (given.account, given.euros_left());
            let euros = whole.min(rest);
            rest -= euros;
            let share = |gift| (given.gift_left(gift) as u128 * euros as u128).div_ceil(whole as u128) as u64;
            let shares: Vec<u64> = (0..given.gifts.len()).map(share).collect();
            let due = euros + shares.iter().sum::<u64>();
            let taken = due.min(self.units(&account));
            let mut repaid = Vec::new();
            for share in &shares {
                let for_sponsors = taken.saturating_sub(euros) - repaid.iter().sum::<u64>();
                repaid.push(for_sponsors.min(*share));
            }
            self.take(Pot::Member(account), taken);
            self.take(Pot::Cover(Medium::Digital), euros);
            for ((campaign, ..), cents) in self.given[at].gifts.clone().into_iter().zip(&repaid) {
                self.shift(Pot::Cover(Medium::Digital), Pot::Sponsor(campaign), *cents);
            }
            let person = self.people.get_mut(&account).unwrap();
            person.owes += due - taken;
            if due > taken && person.status == Status::Open {
                person.status = Status::Suspended;
            }
            all_taken += taken;
            all_owed += due - taken;
            all_repaid += repaid.iter().sum::<u64>();
            self.given[at].undone.push((euros, shares, repaid));
        }
        let (taken_back, receivable, sponsor_returned) = (positive(all_taken), positive(all_owed), positive(all_repaid));
        Ok(Outcome { taken_back, receivable, sponsor_returned, ..Outcome::default() })
    }

    pub fn purse(&self, purse: Purse, bank: u16, medium: Medium) -> Pot {
        match purse {
            Purse::Cover => Pot::Cover(medium),
            Purse::Own => Pot::Own(bank),
            Purse::FeesDue => Pot::Fees(medium),
        }
    }

    pub fn withdraw(&mut self, bank: u16, cents: u64, purse: Purse) -> Verdict {
        let medium = *self.banks.get(&bank).ok_or(BankUnknown)?;
        let pot = self.purse(purse, bank, medium);
        refuse_if(purse == Purse::Cover && self.surplus(medium) < cents as i64, CoverInsufficient)?;
        refuse_if(purse != Purse::Own && self.fund_at(bank) < cents as i64, BankFundsInsufficient)?;
        refuse_if(purse != Purse::Cover && self.pot(pot) < cents as i64, OwnInsufficient)?;
        self.take(Pot::Bank(bank), cents);
        self.take(pot, cents);
        Ok(Outcome::default())
    }

    pub fn sponsor_pays(&mut self, bank: u16, campaign: u32, cents: u64) -> Verdict {
        self.digital_arrival(bank, cents)?;
        let rule = self.campaigns.get(&campaign).ok_or(CampaignUnknown)?;
        refuse_if(rule.bank != bank, CampaignBankFixed)?;
        self.add(Pot::Bank(bank), cents);
        self.add(Pot::Sponsor(campaign), cents);
        Ok(Outcome::default())
    }

    pub fn sponsor_gets(&mut self, campaign: u32, cents: u64) -> Verdict {
        let bank = self.campaigns.get(&campaign).ok_or(CampaignUnknown)?.bank;
        refuse_if(self.pot(Pot::Sponsor(campaign)) < cents as i64, CampaignMoneyInsufficient)?;
        self.take(Pot::Bank(bank), cents);
        self.take(Pot::Sponsor(campaign), cents);
        Ok(Outcome::default())
    }

    pub fn issue_notes(&mut self, cents: u64) -> Verdict {
        refuse_if(self.surplus(Medium::Paper) < 0, FundShort)?;
        refuse_if(self.surplus(Medium::Paper) < cents as i64, CoverInsufficient)?;
        self.add(Pot::Notes, cents);
        Ok(Outcome::default())
    }

    pub fn retire_notes(&mut self, cents: u64) -> Verdict {
        refuse_if(self.pot(Pot::Notes) < cents as i64, NotesInsufficient)?;
        self.take(Pot::Notes, cents);
        Ok(Outcome::default())
    }

    pub fn move_fund(&mut self, out: u16, into: u16, cents: u64) -> Verdict {
        let (from, to) = (*self.banks.get(&out).ok_or(BankUnknown)?, *self.banks.get(&into).ok_or(BankUnknown)?);
        refuse_if(from != to && self.surplus(from) < cents as i64, CoverInsufficient)?;
        refuse_if(self.fund_at(out) < cents as i64, BankFundsInsufficient)?;
        self.shift(Pot::Bank(out), Pot::Bank(into), cents);
        self.shift(Pot::Cover(from), Pot::Cover(to), cents);
        Ok(Outcome::default())
    }

    pub fn pledge(&mut self, medium: Medium, cents: u64) -> Verdict {
        refuse_if(self.surplus(medium) < cents as i64, CoverInsufficient)?;
        self.shift(Pot::Cover(medium), Pot::Pledged(medium), cents);
        Ok(Outcome::default())
    }

    pub fn release(&mut self, medium: Medium, cents: u64) -> Verdict {
        refuse_if(self.pot(Pot::Pledged(medium)) < cents as i64, PledgeInsufficient)?;
        self.shift(Pot::Pledged(medium), Pot::Cover(medium), cents);
        Ok(Outcome::default())
    }

    /// The opposite of an act, under the rules of that opposite.
    pub fn correct(&mut self, entry: u64) -> Verdict {
        let corrected = |act: &Act| matches!(act, Act::Correct { sequence, .. } if *sequence == entry);
        refuse_if(self.done.iter().any(|(_, act, _)| corrected(act)), NotCorrectable)?;
        let done = self.done.iter().find(|(done, ..)| *done == entry).ok_or(NotCorrectable)?;
        let (act, outcome) = (done.1.clone(), done.2.clone());
        match act {
            Act::RecordCredit { bank, credit, amount } => {
                refuse_if(!self.credits.contains_key(&credit), CreditUnknown)?;
                refuse_if(self.left(&credit) != amount.cents(), CreditUsed)?;
                self.credits.remove(&credit);
                self.sent_back.retain(|(other, _)| *other != credit);
                self.given.retain(|given| given.credit != credit || !given.gifts.is_empty());
                self.take(Pot::Bank(bank), amount.cents());
                self.take(Pot::Unmatched(bank), amount.cents());
                Ok(Outcome::default())
            }
            Act::Convert { bank, account, .. } => self.unconvert(entry, bank, &account),
            Act::ReturnCredit { credit, amount, .. } => {
                let (bank, _) = *self.credits.get(&credit).ok_or(CreditUnknown)?;
                self.add(Pot::Bank(bank), amount.cents());
                self.add(Pot::Unmatched(bank), amount.cents());
                self.sent_back.push((credit, -(amount.cents() as i64)));
                Ok(Outcome::default())
            }
            Act::FundDeposit { bank, amount, purse, settles, .. } => {
                let outcome = self.withdraw(bank, amount.cents(), purse)?;
                if let Some(account) = settles {
                    self.people.get_mut(&account).unwrap().owes += amount.cents();
                }
                Ok(outcome)
            }
            Act::FundWithdrawal { bank, amount, purse, .. } => {
                let medium = self.arrival(bank, amount.cents())?;
                self.add(Pot::Bank(bank), amount.cents());
                self.add(self.purse(purse, bank, medium), amount.cents());
                Ok(Outcome::default())
            }
            Act::BankFee { bank, amount, .. } => {
                let own = outcome.from_own.unwrap();
                self.add(Pot::Bank(bank), amount.cents());
                self.add(Pot::Own(bank), own);
                self.add(Pot::Cover(self.banks[&bank]), amount.cents() - own);
                Ok(Outcome::default())
            }
            Act::SponsorDeposit { campaign, amount, .. } => self.sponsor_gets(campaign, amount.cents()),
            Act::SponsorReturn { campaign, amount, .. } => {
                self.sponsor_pays(self.campaigns[&campaign].bank, campaign, amount.cents())
            }
            Act::OrderRedemptions { redemptions, bank, .. } => {
                let batch = |r: &Redeemed| r.ordered == Some((bank, entry)) && r.paid_from.is_none();
                let mine = |r: &&Redeemed| redemptions.contains(&r.entry);
                refuse_if(!self.redeemed.iter().filter(mine).all(batch), RedemptionState)?;
                self.redeemed.iter_mut().filter(|r| redemptions.contains(&r.entry)).for_each(|r| r.ordered = None);
                Ok(Outcome::default())
            }
            Act::IssueNotes { amount, .. } => self.retire_notes(amount.cents()),
            Act::RetireNotes { amount, .. } => self.issue_notes(amount.cents()),
            Act::FundMove { bank_out, bank_in, amount, .. } => self.move_fund(bank_in, bank_out, amount.cents()),
            Act::Pledge { medium, amount, .. } => self.release(medium, amount.cents()),
            Act::ReleasePledge { medium, amount, .. } => self.pledge(medium, amount.cents()),
            _ => Err(NotCorrectable),
        }
    }

    pub fn unconvert(&mut self, entry: u64, bank: u16, account: &AccountId) -> Verdict {
        self.living(account)?;
        let at = self.given.iter().position(|given| given.entry == entry).unwrap();
        let given = &self.given[at];
        let euros = given.euros_left();
        let gifts: Vec<(u32, u64)> = (0..given.gifts.len()).map(|gift| (given.gifts[gift].0, given.gift_left(gift))).collect();
        let bonus: u64 = gifts.iter().map(|gift| gift.1).sum();
        refuse_if(self.units(account) < euros + bonus, BalanceInsufficient)?;
        self.take(Pot::Member(*account), euros + bonus);
        self.shift(Pot::Cover(Medium::Digital), Pot::Unmatched(bank), euros);
        for (campaign, cents) in gifts {
            self.shift(Pot::Cover(Medium::Digital), Pot::Sponsor(campaign), cents);
        }
        self.given[at].corrected = true;
        Ok(Outcome { taken_back: Some(euros + bonus), sponsor_returned: positive(bonus), ..Outcome::default() })
    }
}

/// A share of so many cents, rounded down.
pub fn share(rate: Rate, cents: u64) -> u64 {
    (cents as u128 * rate.numerator() as u128 / rate.denominator() as u128) as u64
}

pub fn period(rule: &Campaign, time: u64) -> u64 {
    rule.periods.iter().copied().filter(|start| *start <= time).max().unwrap_or(rule.start)
}

pub fn possible(staff: &BTreeMap<u16, (PublicKey, Roles)>, quorums: &BTreeMap<u64, (u8, Roles)>) -> bool {
    quorums.values().all(|(persons, wanted)| {
        let able = staff.values().filter(|(_, roles)| may_act(*roles, *wanted)).count();
        *persons > 0 && able >= *persons as usize
    })
}

fn is_credit(act: &Act) -> bool {
    matches!(act, Act::RecordCredit { .. } | Act::Convert { .. })
}
