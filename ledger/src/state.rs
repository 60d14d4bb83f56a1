//! The state: a fold over the journal, and the rules that members' orders meet.
//!
//! [`State::apply`] accepts or rejects; it does no IO, reads no clock, draws no randomness and never fails. Each rule is a ladder of
//! early refusals, in the order of [`Rejection`]; after the ladder the transaction must succeed, and only then does anything
//! change. The association's acts are in `acts`.

use crate::account::{
    AccountKind, BankNumber, Campaign, CampaignNumber, FeeRule, GiftNumber, GiftRule, Group, Level, Limits, Medium, Operator,
    OperatorNumber, Quorum, Roles, Scope, SpendingCap,
};
use crate::amount::{Amount, Cents, proportion_rounded_up};
use crate::books::{Book, Books, Posting, move_cents};
use crate::key::{AccountId, Hash32, LedgerId, Prefix, PublicKey, TransactionId};
use crate::outcome::Outcome;
use crate::rejection::Rejection;
use crate::rules::{CHARGE_GRACE_MS, MAX_CHARGE_AHEAD_MS, MAX_KEYS, MAX_VALIDITY_MS, PaidWindow, RULE_SET, day_of};
use crate::transaction::{Act, Body, ChargeReference, Genesis, OpenAccount, SignedTransaction, Transfer};
use foldhash::fast::RandomState;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Maps by ids and keys, which are as good as random; seeded all the same, since members choose their keys.
type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
type HashSet<K> = std::collections::HashSet<K, RandomState>;

/// The place of an account in order of opening.
pub type AccountIndex = u32;

/// Whether an account takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It pays and is paid.
    Open,
    /// It neither pays nor is paid.
    Suspended,
    /// It is no more.
    Closed,
}

/// A key of an account.
#[derive(Clone, Debug)]
pub struct KeyGrant {
    /// The key.
    pub key: PublicKey,
    /// What it may do.
    pub scope: Scope,
    /// From this time on, in milliseconds; 0: since it is there.
    pub from: u64,
    /// The UTC day on which it last spent.
    pub day: u32,
    /// What it spent on that day, in cents.
    pub spent: u64,
}

impl KeyGrant {
    /// True when the key is good at this time: not while it waits.
    pub fn is_good(&self, time: u64) -> bool {
        self.from <= time
    }

    /// Refuses a key that still waits at this time.
    pub fn check_good(&self, time: u64) -> Result<(), Rejection> {
        if self.is_good(time) { Ok(()) } else { Err(Rejection::KeyNotYet) }
    }
}

/// What a member got from a campaign in one period.
#[derive(Clone, Copy, Debug)]
pub struct BonusUse {
    /// The campaign.
    pub campaign: CampaignNumber,
    /// The start of the period.
    pub period: u64,
    /// How many cents.
    pub cents: u64,
}

/// A member's account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Whose it is.
    pub kind: AccountKind,
    /// Whether it takes part.
    pub status: Status,
    /// Its identity level.
    pub level: Level,
    /// Its groups, ascending.
    pub groups: Vec<Group>,
    /// Its units; never negative.
    pub balance: Cents,
    /// The entry that last touched it.
    pub last_entry: u64,
    /// What it owes because euros behind spent units went back.
    pub receivable: u64,
    /// Its keys.
    pub keys: Vec<KeyGrant>,
    /// What it paid lately.
    pub paid: PaidWindow,
    /// What it got from campaigns.
    pub bonus_use: Vec<BonusUse>,
    /// Redemptions that are not paid yet.
    pub open_redemptions: u32,
    /// The association that the member supports, and a second choice.
    pub choices: Vec<AccountId>,
    /// Of a professional: what exceeds so many cents may be redeemed without asking.
    pub redeem_above: Option<u64>,
}

impl Account {
    /// The right of a key on it.
    pub fn grant(&self, key: &PublicKey) -> Option<&KeyGrant> {
        self.keys.iter().find(|grant| grant.key == *key)
    }

    /// True for a member association.
    pub fn is_association(&self) -> bool {
        self.kind == AccountKind::Association
    }
}

/// A payment that can be refunded.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// Its entry.
    pub sequence: u64,
    /// Its place in a list of transfers.
    pub item: u16,
    /// Who paid.
    pub payer: AccountIndex,
    /// Who was paid.
    pub payee: AccountIndex,
    /// How much, in cents.
    pub amount: u64,
    /// How much of it went back.
    pub refunded: u64,
}

/// Units given for a credit.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// Its entry.
    pub sequence: u64,
    /// To whom.
    pub account: AccountIndex,
    /// For how many of the member's euros, in cents; less what went back.
    pub euros: u64,
    /// What campaigns added, and in which period; less what went back.
    pub bonuses: Vec<BonusUse>,
    /// When.
    pub time: u64,
}

/// Euros that arrived at a bank.
#[derive(Clone, Debug)]
pub struct Credit {
    /// At which.
    pub bank: u16,
    /// The whole.
    pub amount: Amount,
    /// What no units were given for, and what did not go back.
    pub left: u64,
    /// What units were given for.
    pub conversions: Vec<Conversion>,
    /// When it was recorded.
    pub time: u64,
}

/// What taking back a conversion, or a part of it, comes to.
#[derive(Clone, Debug)]
pub struct TakenBack {
    /// Whose it was.
    pub account: AccountIndex,
    /// So many of the member's euros, in cents.
    pub euros: u64,
    /// So many units were there to be taken.
    pub taken: u64,
    /// So many were not, and are owed.
    pub owed: u64,
    /// What each sponsor gets back.
    pub bonuses: Vec<BonusUse>,
}

impl TakenBack {
    /// What all sponsors get back, in cents.
    pub fn sponsor(&self) -> u64 {
        self.bonuses.iter().map(|usage| usage.cents).sum()
    }
}

impl Conversion {
    /// Takes back so many of the member's euros and the same share of each bonus, rounded up: the euros first, then the bonuses in their
    /// order, as far as the `available` units reach.
    pub fn take_back(&mut self, euros: u64, available: u64) -> TakenBack {
        let whole = self.euros;
        let back = |usage: &mut BonusUse| {
            let cents = proportion_rounded_up(usage.cents, euros, whole);
            usage.cents -= cents;
            BonusUse { cents, ..*usage }
        };
        let mut bonuses: Vec<BonusUse> = self.bonuses.iter_mut().map(back).collect();
        self.euros -= euros;
        let sought = euros + bonuses.iter().map(|usage| usage.cents).sum::<u64>();
        let taken = available.min(sought);
        let mut left = taken.saturating_sub(euros);
        for usage in &mut bonuses {
            usage.cents = usage.cents.min(left);
            left -= usage.cents;
        }
        TakenBack { account: self.account, euros, taken, owed: sought - taken, bonuses }
    }
}

impl Credit {
    /// Takes back so many cents, at most what it is: what is left unmatched, then the newest conversions. `available` tells the units
    /// of an account.
    pub fn take_back(&mut self, cents: u64, available: impl Fn(AccountIndex) -> u64) -> Vec<TakenBack> {
        let unmatched = self.left.min(cents);
        self.left -= unmatched;
        let mut rest = cents - unmatched;
        let mut backs: Vec<TakenBack> = Vec::new();
        for conversion in self.conversions.iter_mut().rev() {
            let euros = conversion.euros.min(rest);
            if euros == 0 {
                continue;
            }
            rest -= euros;
            let earlier = backs.iter().filter(|back| back.account == conversion.account).map(|back| back.taken);
            let earlier: u64 = earlier.sum();
            backs.push(conversion.take_back(euros, available(conversion.account) - earlier));
        }
        backs
    }
}

/// Where a redemption is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RedemptionState {
    /// The euros are to be paid.
    Payable,
    /// Their payment was ordered at this bank.
    Ordered(BankNumber),
    /// They left this bank.
    Paid(BankNumber),
}

/// Units that left circulation against euros.
#[derive(Clone, Copy, Debug)]
pub struct Redemption {
    /// Whose.
    pub account: AccountIndex,
    /// The units, in cents.
    pub gross: u64,
    /// The fee.
    pub fee: u64,
    /// What of the fee went on to an association, in units.
    pub given: u64,
    /// The euros to be paid.
    pub net: u64,
    /// When it was asked for.
    pub time: u64,
    /// Where it is.
    pub state: RedemptionState,
}

/// A person's word for a proposal. It counts while that person has that key: a number that passes on to somebody else takes no word
/// along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Approval {
    /// Who.
    pub operator: OperatorNumber,
    /// With which key.
    pub key: PublicKey,
}

/// A proposal that waits.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The act.
    pub act: Act,
    /// The entry of the proposal.
    pub sequence: u64,
    /// When it was made.
    pub time: u64,
    /// When it lapses.
    pub lapses: u64,
    /// Who has spoken for it, the proposer first.
    pub approvals: Vec<Approval>,
}

/// A campaign and what it did.
#[derive(Clone, Debug)]
pub struct CampaignState {
    /// The rule in force.
    pub rule: Campaign,
    /// Bonuses given, less those that went back, in cents.
    pub spent: u64,
}

/// A gift rule and what it gave.
#[derive(Clone, Debug)]
pub struct GiftState {
    /// The rule in force.
    pub rule: GiftRule,
    /// The periods that gifts were given for, from and until: none of these times counts a second time, whatever later versions say.
    pub given: Vec<(u64, u64)>,
}

/// What one association is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GiftLine {
    /// The association's account.
    pub account: AccountId,
    /// The euros that count for it, in cents.
    pub euros: u64,
    /// Converted by so many members.
    pub members: u32,
    /// What it gets, in cents; after the budget.
    pub cents: u64,
}

/// What a gift rule gives for one period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GiftDue {
    /// To each association for which euros count, ascending by account.
    pub lines: Vec<GiftLine>,
    /// In all; at most the budget.
    pub total: u64,
}

/// An act of the association that can be corrected.
#[derive(Clone, Debug)]
pub struct Done {
    /// The act.
    pub act: Act,
    /// What came of it.
    pub outcome: Outcome,
}

/// An account that an entry touched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touch {
    /// The account.
    pub account: AccountIndex,
    /// The entry that touched it before; `None` for its opening.
    pub previous: Option<u64>,
    /// How its balance changed.
    pub change: Cents,
}

/// What an accepted transaction did.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// What the rules computed.
    pub outcome: Outcome,
    /// The postings; their sum is zero per asset and medium.
    pub postings: Vec<Posting>,
    /// The accounts that it touched, in order.
    pub touched: Vec<Touch>,
    /// The act of the association that it executed.
    pub executed: Option<Act>,
    /// For an operator's entry, the operators' entry before it; `Some(None)` for the genesis.
    pub previous_act: Option<Option<u64>>,
    payments: Vec<(AccountIndex, AccountIndex, u64)>,
}

impl Effects {
    pub(crate) fn touch(&mut self, account: AccountIndex) {
        self.touch_with(account, Cents::ZERO);
    }

    fn touch_with(&mut self, account: AccountIndex, change: Cents) {
        match self.touched.iter_mut().find(|touch| touch.account == account) {
            Some(touch) => touch.change = touch.change.plus(change).expect("a change is within the total limit"),
            None => self.touched.push(Touch { account, previous: None, change }),
        }
    }

    pub(crate) fn pay(&mut self, payer: AccountIndex, payee: AccountIndex, cents: u64) {
        move_cents(&mut self.postings, Book::Member(payer), Book::Member(payee), cents);
    }
}

/// Everything that the journal says so far.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) ledger: LedgerId,
    pub(crate) genesis: Option<Box<Genesis>>,
    pub(crate) issuer: Option<PublicKey>,
    pub(crate) size: u64,
    pub(crate) time: u64,
    pub(crate) rule_set: u64,
    pub(crate) checkpoint_keys: Vec<PublicKey>,
    pub(crate) operators: BTreeMap<OperatorNumber, Operator>,
    pub(crate) quorums: BTreeMap<u64, Quorum>,
    pub(crate) limits: BTreeMap<Level, Limits>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) indices: HashMap<AccountId, AccountIndex>,
    pub(crate) by_key: HashMap<PublicKey, Vec<AccountIndex>>,
    pub(crate) books: Books,
    pub(crate) recent: HashMap<TransactionId, u64>,
    pub(crate) recent_ends: BinaryHeap<Reverse<(u64, TransactionId)>>,
    pub(crate) charges: HashSet<AnsweredCharge>,
    pub(crate) charge_ends: BinaryHeap<Reverse<(u64, AnsweredCharge)>>,
    pub(crate) payments: Vec<Payment>,
    pub(crate) proposals: BTreeMap<TransactionId, Proposal>,
    pub(crate) campaigns: BTreeMap<CampaignNumber, CampaignState>,
    pub(crate) fee_rules: Vec<FeeRule>,
    pub(crate) gifts: BTreeMap<GiftNumber, GiftState>,
    pub(crate) credits: BTreeMap<Hash32, Credit>,
    pub(crate) redemptions: BTreeMap<u64, Redemption>,
    pub(crate) done: BTreeMap<u64, Done>,
    pub(crate) evidenced: HashSet<Hash32>,
    pub(crate) last_act: Option<u64>,
}

impl State {
    /// The empty state of a ledger, before its genesis.
    pub fn new(ledger: LedgerId) -> State {
        State {
            ledger,
            genesis: None,
            issuer: None,
            size: 0,
            time: 0,
            rule_set: RULE_SET,
            checkpoint_keys: Vec::new(),
            operators: BTreeMap::new(),
            quorums: BTreeMap::new(),
            limits: BTreeMap::new(),
            accounts: Vec::new(),
            indices: HashMap::default(),
            by_key: HashMap::default(),
            books: Books::default(),
            recent: HashMap::default(),
            recent_ends: BinaryHeap::new(),
            charges: HashSet::default(),
            charge_ends: BinaryHeap::new(),
            payments: Vec::new(),
            proposals: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            fee_rules: Vec::new(),
            gifts: BTreeMap::new(),
            credits: BTreeMap::new(),
            redemptions: BTreeMap::new(),
            done: BTreeMap::new(),
            evidenced: HashSet::default(),
            last_act: None,
        }
    }

    /// Judges a transaction at a time (milliseconds, not before the last one) and, when the rules accept it, carries it out as the
    /// next entry.
    pub fn apply(&mut self, order: &SignedTransaction, time: u64) -> Result<Effects, Rejection> {
        let transaction = order.transaction();
        if self.recent.contains_key(&order.id()) {
            return Err(Rejection::AlreadyRecorded);
        }
        if time < self.time {
            return Err(Rejection::TimeReversed);
        }
        if transaction.valid_until < time {
            return Err(Rejection::Expired);
        }
        if transaction.valid_until - time > MAX_VALIDITY_MS {
            return Err(Rejection::ValidTooLong);
        }
        if matches!(transaction.body, Body::Genesis(_)) != (self.size == 0) {
            return Err(Rejection::GenesisMisplaced);
        }
        let mut effects = Effects::default();
        match &transaction.body {
            Body::Genesis(genesis) => self.begin(order, genesis)?,
            Body::Propose(act) => self.propose(order, act, time, &mut effects)?,
            Body::Approve { proposal } => self.approve(order, proposal, time, &mut effects)?,
            Body::Refuse { proposal } => self.refuse(order, proposal, time)?,
            Body::OpenAccount(open) => self.open_by_member(order, open, &mut effects)?,
            Body::AddKey { account, key, scope } => {
                let index = self.acting(account, order, Need::Full, time)?;
                self.add_key(index, *key, *scope, 0, &mut effects)?;
            }
            Body::RevokeKey { account, key } => self.revoke_by_member(order, account, key, time, &mut effects)?,
            Body::CloseAccount { account } => {
                let index = self.acting(account, order, Need::Full, time)?;
                self.close_account(index, &mut effects)?;
            }
            Body::Transfer(transfer) => self.transfer(order, transfer, time, &mut effects)?,
            Body::Transfers { payer, payments } => self.transfers(order, payer, payments, time, &mut effects)?,
            Body::Refund { account, original, item, amount } => {
                self.refund(order, account, (*original, *item), *amount, time, &mut effects)?;
            }
            Body::Redeem { account, amount } => {
                let index = self.acting(account, order, Need::Full, time)?;
                self.redeem(index, amount.cents(), time, &mut effects)?;
            }
            Body::Choose { account, associations } => {
                let index = self.acting(account, order, Need::Full, time)?;
                self.choose(index, associations, &mut effects)?;
            }
            Body::RedeemAbove { account, keep } => {
                let index = self.acting(account, order, Need::Full, time)?;
                self.redeem_above(index, *keep, &mut effects)?;
            }
        }
        // After this point the transaction has succeeded: the rest cannot be refused.
        self.record(order, time, &mut effects);
        Ok(effects)
    }

    /// Carries out the postings and makes the entry the last one.
    fn record(&mut self, order: &SignedTransaction, time: u64, effects: &mut Effects) {
        self.books.apply(&effects.postings);
        for place in 0..effects.postings.len() {
            if let Posting { book: Book::Member(index), cents } = effects.postings[place] {
                effects.touch_with(index, cents);
            }
        }
        let sequence = self.size;
        for touch in &mut effects.touched {
            let account = &mut self.accounts[touch.account as usize];
            account.balance = account.balance.plus(touch.change).expect("a balance is within the total limit");
            assert!(account.balance >= Cents::ZERO, "no member's balance is ever negative");
            touch.previous = (account.last_entry != NEVER).then_some(account.last_entry);
            account.last_entry = sequence;
        }
        for (item, (payer, payee, amount)) in effects.payments.iter().enumerate() {
            let item = u16::try_from(item).expect("a list of transfers is short");
            self.payments.push(Payment { sequence, item, payer: *payer, payee: *payee, amount: *amount, refunded: 0 });
        }
        if matches!(order.body(), Body::Genesis(_) | Body::Propose(_) | Body::Approve { .. } | Body::Refuse { .. }) {
            effects.previous_act = Some(self.last_act.replace(sequence));
        }
        self.size += 1;
        self.time = time;
        self.remember(order, sequence);
    }

    /// Keeps the id while the transaction could be sent again, and forgets those that could not.
    fn remember(&mut self, order: &SignedTransaction, sequence: u64) {
        self.recent.insert(order.id(), sequence);
        self.recent_ends.push(Reverse((order.transaction().valid_until, order.id())));
        while self.recent_ends.peek().is_some_and(|Reverse((end, _))| *end < self.time) {
            if let Some(Reverse((_, id))) = self.recent_ends.pop() {
                self.recent.remove(&id);
            }
        }
        while self.charge_ends.peek().is_some_and(|Reverse((end, _))| *end < self.time) {
            if let Some(Reverse((_, answered))) = self.charge_ends.pop() {
                self.charges.remove(&answered);
            }
        }
    }

    fn begin(&mut self, order: &SignedTransaction, genesis: &Genesis) -> Result<(), Rejection> {
        let operators: BTreeMap<_, _> = genesis.operators.iter().map(|o| (o.number, *o)).collect();
        let quorums: BTreeMap<_, _> = genesis.quorums.iter().map(|q| (q.act, *q)).collect();
        let limits: BTreeMap<_, _> = genesis.limits.iter().map(|l| (l.level, *l)).collect();
        let banks: BTreeMap<_, _> = genesis.banks.iter().map(|b| (b.number, *b)).collect();
        let keys: std::collections::BTreeSet<_> = genesis.operators.iter().map(|o| o.key).collect();
        let repeated = operators.len() != genesis.operators.len()
            || keys.len() != genesis.operators.len()
            || quorums.len() != genesis.quorums.len()
            || limits.len() != genesis.limits.len()
            || banks.len() != genesis.banks.len();
        let reachable = quorums.values().all(|quorum| quorum_reachable(&operators, quorum));
        let media = Medium::ALL.iter().all(|medium| banks.values().any(|bank| bank.medium == *medium));
        if repeated || !reachable || !quorums.contains_key(&0) || !limits.contains_key(&0) || !media {
            return Err(Rejection::GenesisInvalid);
        }
        if genesis.rule_set != RULE_SET {
            return Err(Rejection::RuleSetUnknown);
        }
        // After this point the genesis must succeed.
        self.ledger = order.id();
        self.issuer = Some(order.signer());
        self.rule_set = genesis.rule_set;
        self.checkpoint_keys = vec![genesis.checkpoint_key];
        (self.operators, self.quorums, self.limits) = (operators, quorums, limits);
        banks.into_values().for_each(|bank| self.books.add_bank(bank));
        self.genesis = Some(Box::new(genesis.clone()));
        Ok(())
    }

    fn open_by_member(&mut self, order: &SignedTransaction, open: &OpenAccount, effects: &mut Effects) -> Result<(), Rejection> {
        let welcome = self.genesis.as_ref().is_some_and(|genesis| genesis.self_opening);
        let plain = open.kind == AccountKind::Resident && open.level == 0 && open.groups.is_empty();
        if !welcome || !plain || open.key != order.signer() {
            return Err(Rejection::SelfOpeningRefused);
        }
        self.open_account(order.id(), open, effects)
    }

    pub(crate) fn open_account(
        &mut self,
        opening: TransactionId,
        open: &OpenAccount,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let id = AccountId::opened_by(&opening);
        if self.indices.contains_key(&id) {
            return Err(Rejection::AccountExists);
        }
        if !self.limits.contains_key(&open.level) {
            return Err(Rejection::LevelUnknown);
        }
        // After this point the opening must succeed.
        let index = AccountIndex::try_from(self.accounts.len()).expect("fewer than 2^32 accounts");
        self.accounts.push(Account {
            id,
            kind: open.kind,
            status: Status::Open,
            level: open.level,
            groups: open.groups.clone(),
            balance: Cents::ZERO,
            last_entry: NEVER,
            receivable: 0,
            keys: vec![KeyGrant { key: open.key, scope: Scope::Full, from: 0, day: 0, spent: 0 }],
            paid: PaidWindow::default(),
            bonus_use: Vec::new(),
            open_redemptions: 0,
            choices: Vec::new(),
            redeem_above: None,
        });
        self.indices.insert(id, index);
        self.keep_key(open.key, index);
        effects.outcome.opened = Some(id);
        effects.touch(index);
        Ok(())
    }

    /// Adds a key that is good from a time on; 0: at once.
    pub(crate) fn add_key(
        &mut self,
        index: AccountIndex,
        key: PublicKey,
        scope: Scope,
        from: u64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let account = &self.accounts[index as usize];
        if account.keys.iter().any(|grant| grant.key == key) {
            return Err(Rejection::KeyPresent);
        }
        if account.keys.len() >= MAX_KEYS {
            return Err(Rejection::TooManyKeys);
        }
        if let Scope::Collect(_, payee) = scope {
            self.indices.get(&payee).ok_or(Rejection::PayeeUnknown)?;
        }
        // After this point the key must be added.
        self.accounts[index as usize].keys.push(KeyGrant { key, scope, from, day: 0, spent: 0 });
        self.keep_key(key, index);
        effects.touch(index);
        Ok(())
    }

    fn revoke_by_member(
        &mut self,
        order: &SignedTransaction,
        account: &AccountId,
        key: &PublicKey,
        time: u64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let need = if order.signer() == *key { Need::Any } else { Need::Full };
        let index = self.acting_even_suspended(account, order, need, time)?;
        self.revoke_key(index, key, Some(time), effects)
    }

    /// Revokes a key; `keeping` one full key that is good at that time. The association may take the last one, before it adds another one
    /// for a member who lost it.
    pub(crate) fn revoke_key(
        &mut self,
        index: AccountIndex,
        key: &PublicKey,
        keeping: Option<u64>,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let account = &self.accounts[index as usize];
        let grant = account.keys.iter().position(|grant| grant.key == *key).ok_or(Rejection::KeyNotOfAccount)?;
        let others = account.keys.iter().enumerate().filter(|(place, _)| *place != grant);
        let full = |grant: &KeyGrant, time| grant.scope == Scope::Full && grant.is_good(time);
        let last = |time| full(&account.keys[grant], time) && !others.into_iter().any(|(_, other)| full(other, time));
        if keeping.is_some_and(last) {
            return Err(Rejection::LastFullKey);
        }
        // After this point the key must go.
        self.accounts[index as usize].keys.remove(grant);
        self.forget_key(key, index);
        effects.touch(index);
        Ok(())
    }

    /// A key's accounts stand in the order of their opening.
    pub(crate) fn keep_key(&mut self, key: PublicKey, index: AccountIndex) {
        let indices = self.by_key.entry(key).or_default();
        let place = indices.partition_point(|other| *other < index);
        indices.insert(place, index);
    }

    fn forget_key(&mut self, key: &PublicKey, index: AccountIndex) {
        if let Some(indices) = self.by_key.get_mut(key) {
            indices.retain(|other| *other != index);
            if indices.is_empty() {
                self.by_key.remove(key);
            }
        }
    }

    pub(crate) fn close_account(&mut self, index: AccountIndex, effects: &mut Effects) -> Result<(), Rejection> {
        let account = &self.accounts[index as usize];
        if account.balance != Cents::ZERO || account.receivable != 0 || account.open_redemptions != 0 {
            return Err(Rejection::AccountNotEmpty);
        }
        // After this point the account must close.
        self.end_account(index, effects);
        Ok(())
    }

    /// The account is no more: its keys end, and nothing is done for it any more.
    pub(crate) fn end_account(&mut self, index: AccountIndex, effects: &mut Effects) {
        let account = &mut self.accounts[index as usize];
        account.status = Status::Closed;
        account.choices.clear();
        account.redeem_above = None;
        for grant in std::mem::take(&mut account.keys) {
            self.forget_key(&grant.key, index);
        }
        effects.touch(index);
    }

    fn transfer(&mut self, order: &SignedTransaction, t: &Transfer, time: u64, effects: &mut Effects) -> Result<(), Rejection> {
        let payer = self.acting(&t.payer, order, Need::Spend(t.amount.cents()), time)?;
        let payee = self.payee_of(payer, &t.payee)?;
        if let Scope::Collect(_, allowed) = self.grant(payer, &order.signer()).scope
            && allowed != t.payee
        {
            return Err(Rejection::CollectOtherPayee);
        }
        if let Some(charge) = &t.charge {
            if charge.expires > time.saturating_add(MAX_CHARGE_AHEAD_MS) {
                return Err(Rejection::ChargeTooFar);
            }
            if charge.expires.saturating_add(CHARGE_GRACE_MS) < time {
                return Err(Rejection::ChargeExpired);
            }
            if self.charges.contains(&answered(payee, charge, t.amount)) {
                return Err(Rejection::ChargeAnswered);
            }
        }
        self.check_paying(payer, t.amount.cents(), t.amount.cents(), time)?;
        self.check_held(payee, t.amount.cents())?;
        // After this point the transfer must succeed.
        effects.pay(payer, payee, t.amount.cents());
        effects.payments.push((payer, payee, t.amount.cents()));
        self.count_paid(payer, t.amount.cents(), time);
        self.count_spent(payer, &order.signer(), t.amount.cents(), time);
        if let Some(charge) = &t.charge {
            let end = charge.expires.saturating_add(CHARGE_GRACE_MS);
            let answered = answered(payee, charge, t.amount);
            self.charges.insert(answered);
            self.charge_ends.push(Reverse((end, answered)));
        }
        Ok(())
    }

    fn transfers(
        &mut self,
        order: &SignedTransaction,
        payer: &AccountId,
        payments: &[(AccountId, Amount)],
        time: u64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let payer = self.acting(payer, order, Need::Full, time)?;
        if payments.is_empty() {
            return Err(Rejection::TransfersEmpty);
        }
        let total = payments.iter().map(|(_, amount)| amount.cents()).sum();
        let mut received: BTreeMap<AccountIndex, u64> = BTreeMap::new();
        let mut resolved = Vec::with_capacity(payments.len());
        for (payee, amount) in payments {
            let payee = self.payee_of(payer, payee)?;
            *received.entry(payee).or_default() += amount.cents();
            resolved.push((payee, amount.cents()));
        }
        // A payment cut into pieces for the same payee is one payment.
        let largest = received.values().copied().max().unwrap_or(0);
        self.check_paying(payer, largest, total, time)?;
        for (payee, sum) in &received {
            self.check_held(*payee, *sum)?;
        }
        // After this point the transfers must succeed.
        for (payee, cents) in resolved {
            effects.pay(payer, payee, cents);
            effects.payments.push((payer, payee, cents));
        }
        self.count_paid(payer, total, time);
        Ok(())
    }

    fn refund(
        &mut self,
        order: &SignedTransaction,
        account: &AccountId,
        original: (u64, u16),
        amount: Amount,
        time: u64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let refunder = self.acting(account, order, Need::Refund(amount.cents()), time)?;
        let place = self.payment_at(original).ok_or(Rejection::OriginalUnknown)?;
        let payment = self.payments[place];
        if payment.payee != refunder {
            return Err(Rejection::OriginalUnknown);
        }
        if self.accounts[payment.payer as usize].status == Status::Closed {
            return Err(Rejection::PayeeClosed);
        }
        if self.accounts[refunder as usize].balance < amount.signed() {
            return Err(Rejection::BalanceInsufficient);
        }
        if amount.cents() > payment.amount - payment.refunded {
            return Err(Rejection::RefundExceeds);
        }
        // After this point the refund must succeed. It is bound by no limit of the payer: what was paid can always come back.
        effects.pay(refunder, payment.payer, amount.cents());
        self.payments[place].refunded += amount.cents();
        self.count_spent(refunder, &order.signer(), amount.cents(), time);
        Ok(())
    }

    /// The account when it is open and the signer's key is allowed what the order needs.
    fn acting(&self, account: &AccountId, order: &SignedTransaction, need: Need, time: u64) -> Result<AccountIndex, Rejection> {
        let index = self.open_index(account)?;
        self.check_scope(index, &order.signer(), need, time)?;
        Ok(index)
    }

    /// The same for orders that a suspension does not stop: a lost key is revoked even then.
    fn acting_even_suspended(
        &self,
        account: &AccountId,
        order: &SignedTransaction,
        need: Need,
        time: u64,
    ) -> Result<AccountIndex, Rejection> {
        let index = self.living_index(account)?;
        self.check_scope(index, &order.signer(), need, time)?;
        Ok(index)
    }

    /// The account, unless it is unknown or closed.
    pub(crate) fn living_index(&self, account: &AccountId) -> Result<AccountIndex, Rejection> {
        let index = *self.indices.get(account).ok_or(Rejection::AccountUnknown)?;
        match self.accounts[index as usize].status {
            Status::Closed => Err(Rejection::AccountClosed),
            _ => Ok(index),
        }
    }

    pub(crate) fn open_index(&self, account: &AccountId) -> Result<AccountIndex, Rejection> {
        let index = self.living_index(account)?;
        match self.accounts[index as usize].status {
            Status::Suspended => Err(Rejection::AccountSuspended),
            _ => Ok(index),
        }
    }

    fn check_scope(&self, index: AccountIndex, key: &PublicKey, need: Need, time: u64) -> Result<(), Rejection> {
        let grant = self.accounts[index as usize].grant(key).ok_or(Rejection::KeyNotOfAccount)?;
        grant.check_good(time)?;
        let within_day = |per_day: Amount, cents: u64| {
            let spent = if grant.day == day_of(time) { grant.spent } else { 0 };
            if spent + cents > per_day.cents() { Err(Rejection::ScopeDayLimit) } else { Ok(()) }
        };
        let within = |cap: SpendingCap, cents| {
            if cents > cap.per_payment.cents() {
                return Err(Rejection::ScopePaymentLimit);
            }
            within_day(cap.per_day, cents)
        };
        match (grant.scope, need) {
            (Scope::Full, _) | (_, Need::Any) => Ok(()),
            (Scope::Limited(cap) | Scope::CardService(cap) | Scope::Collect(cap, _), Need::Spend(cents)) => within(cap, cents),
            (Scope::Till { per_day }, Need::Refund(cents)) => within_day(per_day, cents),
            _ => Err(Rejection::ScopeInsufficient),
        }
    }

    fn grant(&self, index: AccountIndex, key: &PublicKey) -> &KeyGrant {
        self.accounts[index as usize].grant(key).expect("the signer's key was found before")
    }

    pub(crate) fn payee_of(&self, payer: AccountIndex, payee: &AccountId) -> Result<AccountIndex, Rejection> {
        let index = *self.indices.get(payee).ok_or(Rejection::PayeeUnknown)?;
        if index == payer {
            return Err(Rejection::SamePayerAndPayee);
        }
        match self.accounts[index as usize].status {
            Status::Open => Ok(index),
            Status::Suspended => Err(Rejection::PayeeSuspended),
            Status::Closed => Err(Rejection::PayeeClosed),
        }
    }

    fn check_paying(&self, payer: AccountIndex, largest: u64, total: u64, time: u64) -> Result<(), Rejection> {
        let account = &self.accounts[payer as usize];
        let limits = self.limits_of(account.level);
        if limits.per_payment.is_some_and(|limit| largest > limit.cents()) {
            return Err(Rejection::LimitPerPayment);
        }
        if limits.paid_30_days.is_some_and(|limit| account.paid.sum(day_of(time)) + total > limit.cents()) {
            return Err(Rejection::LimitPaid);
        }
        if account.balance.above_zero() < total {
            return Err(Rejection::BalanceInsufficient);
        }
        Ok(())
    }

    pub(crate) fn check_held(&self, payee: AccountIndex, cents: u64) -> Result<(), Rejection> {
        if self.room_to_hold(payee) < cents { Err(Rejection::LimitHeld) } else { Ok(()) }
    }

    /// How many cents the account may still take in.
    pub(crate) fn room_to_hold(&self, index: AccountIndex) -> u64 {
        let account = &self.accounts[index as usize];
        let held = self.limits_of(account.level).held;
        held.map_or(u64::MAX, |limit| limit.cents().saturating_sub(account.balance.above_zero()))
    }

    /// The limits of a level.
    pub fn limits_of(&self, level: Level) -> Limits {
        self.limits.get(&level).copied().expect("levels are never removed and accounts have known ones")
    }

    /// Payments are counted for the rolling limit, whatever the level: a later level may have one.
    fn count_paid(&mut self, payer: AccountIndex, cents: u64, time: u64) {
        self.accounts[payer as usize].paid.add(day_of(time), cents);
    }

    fn count_spent(&mut self, index: AccountIndex, key: &PublicKey, cents: u64, time: u64) {
        let today = day_of(time);
        if let Some(grant) = self.accounts[index as usize].keys.iter_mut().find(|grant| grant.key == *key) {
            grant.spent = if grant.day == today { grant.spent + cents } else { cents };
            grant.day = today;
        }
    }

    fn payment_at(&self, original: (u64, u16)) -> Option<usize> {
        self.payments.binary_search_by_key(&original, |payment| (payment.sequence, payment.item)).ok()
    }

    /// The fee rule in force.
    pub fn fee_rule(&self, time: u64) -> Option<&FeeRule> {
        self.fee_rules.iter().rev().find(|rule| rule.from <= time)
    }

    /// True when fewer persons than the quorum asks for have its roles.
    pub(crate) fn quorum_unreachable(&self, quorum: &Quorum) -> bool {
        !quorum_reachable(&self.operators, quorum)
    }
}

/// A charge as the till signed it: payee, id, end and cents. Somebody who only saw the code cannot answer it with another amount,
/// and what is forgotten after its end is past answering.
pub(crate) type AnsweredCharge = (AccountIndex, [u8; 16], u64, u64);

fn answered(payee: AccountIndex, charge: &ChargeReference, amount: Amount) -> AnsweredCharge {
    (payee, charge.id, charge.expires, amount.cents())
}

/// `last_entry` of an account that no entry has touched yet.
const NEVER: u64 = u64::MAX;

fn quorum_reachable(operators: &BTreeMap<OperatorNumber, Operator>, quorum: &Quorum) -> bool {
    let acting = |roles: Roles| Roles::ACTING.meet(roles) && quorum.roles.meet(roles);
    let persons = operators.values().filter(|operator| acting(operator.roles)).count();
    quorum.persons >= 1 && persons >= usize::from(quorum.persons)
}

/// What an order needs its key to be allowed.
#[derive(Clone, Copy)]
enum Need {
    /// Everything.
    Full,
    /// To be a key of the account.
    Any,
    /// To pay so many cents.
    Spend(u64),
    /// To refund so many cents.
    Refund(u64),
}

/// Reading. Nothing here changes the state.
impl State {
    /// The number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The time of the last entry.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// The ledger id.
    pub fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// The genesis, once it is there.
    pub fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_deref()
    }

    /// Who signed the genesis.
    pub fn issuer(&self) -> Option<PublicKey> {
        self.issuer
    }

    /// The prefix of account texts, once the genesis is there.
    pub fn prefix(&self) -> Option<Prefix> {
        Prefix::new(&self.genesis.as_ref()?.prefix)
    }

    /// The keys that sign and signed checkpoints, the present one last.
    pub fn checkpoint_keys(&self) -> &[PublicKey] {
        &self.checkpoint_keys
    }

    /// The rule set in force.
    pub fn rule_set(&self) -> u64 {
        self.rule_set
    }

    /// An account by its id.
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.get(*self.indices.get(id)? as usize)
    }

    /// The place of an account.
    pub fn index(&self, id: &AccountId) -> Option<AccountIndex> {
        self.indices.get(id).copied()
    }

    /// All accounts, in order of opening.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The accounts on which a key has rights.
    pub fn accounts_of_key(&self, key: &PublicKey) -> impl Iterator<Item = &Account> {
        self.by_key.get(key).into_iter().flatten().map(|index| &self.accounts[*index as usize])
    }

    /// True when the key has a right on an account or belongs to a person of the association.
    pub fn knows(&self, key: &PublicKey) -> bool {
        self.by_key.contains_key(key) || self.operator_of_key(key).is_some()
    }

    /// The person of the association with this key.
    pub fn operator_of_key(&self, key: &PublicKey) -> Option<&Operator> {
        self.operators.values().find(|operator| operator.key == *key)
    }

    /// The persons of the association.
    pub fn operators(&self) -> impl Iterator<Item = &Operator> {
        self.operators.values()
    }

    /// The limits of all levels.
    pub fn limits(&self) -> impl Iterator<Item = &Limits> {
        self.limits.values()
    }

    /// The quorum of an act.
    pub fn quorum_of(&self, act: &Act) -> Quorum {
        let own = self.quorums.get(&act.kind().code());
        *own.or_else(|| self.quorums.get(&0)).expect("the genesis has a quorum for every act")
    }

    /// The books.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// The entry of a transaction that could still be sent again.
    pub fn recorded(&self, id: &TransactionId) -> Option<u64> {
        self.recent.get(id).copied()
    }

    /// A payment by entry and item.
    pub fn payment(&self, sequence: u64, item: u16) -> Option<&Payment> {
        self.payment_at((sequence, item)).map(|place| &self.payments[place])
    }

    /// The proposals that wait, lapsed ones included.
    pub fn proposals(&self) -> impl Iterator<Item = (&TransactionId, &Proposal)> {
        self.proposals.iter()
    }

    /// A proposal that waits.
    pub fn proposal(&self, id: &TransactionId) -> Option<&Proposal> {
        self.proposals.get(id)
    }

    /// The campaigns, by number.
    pub fn campaigns(&self) -> impl Iterator<Item = &CampaignState> {
        self.campaigns.values()
    }

    /// The gift rules, by number.
    pub fn gift_rules(&self) -> impl Iterator<Item = &GiftState> {
        self.gifts.values()
    }

    /// A credit by its id.
    pub fn credit(&self, id: &Hash32) -> Option<&Credit> {
        self.credits.get(id)
    }

    /// A campaign by its number.
    pub fn campaign(&self, number: CampaignNumber) -> Option<&CampaignState> {
        self.campaigns.get(&number)
    }

    /// The fee rules, in the order of their publication.
    pub fn fee_rules(&self) -> &[FeeRule] {
        &self.fee_rules
    }

    /// The quorums, by the code of the act.
    pub fn quorums(&self) -> impl Iterator<Item = &Quorum> {
        self.quorums.values()
    }

    /// The credits, by id.
    pub fn credits(&self) -> impl Iterator<Item = (&Hash32, &Credit)> {
        self.credits.iter()
    }

    /// A redemption by its entry.
    pub fn redemption(&self, sequence: u64) -> Option<&Redemption> {
        self.redemptions.get(&sequence)
    }

    /// The redemptions, by entry.
    pub fn redemptions(&self) -> impl Iterator<Item = (&u64, &Redemption)> {
        self.redemptions.iter()
    }

    /// The acts that can be corrected, by the entry that executed each.
    pub fn done(&self) -> impl Iterator<Item = (&u64, &Done)> {
        self.done.iter()
    }

    /// The last entry that an operator signed.
    pub fn last_act(&self) -> Option<u64> {
        self.last_act
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::Transaction;
    use ed25519_dalek::SigningKey;

    /// Two transactions whose ids begin alike cannot be made, so the first account is put there by hand.
    #[test]
    fn an_account_whose_id_is_taken_is_not_opened() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let open = OpenAccount { kind: AccountKind::Resident, key: key.verifying_key().into(), level: 0, groups: vec![] };
        let order = Transaction { nonce: [0; 8], valid_until: 1, body: Body::OpenAccount(open.clone()) };
        let ledger = Hash32([7; 32]);
        let order = SignedTransaction::decode(&order.sign(&ledger, &key), &ledger).unwrap();
        let mut state = State::new(ledger);
        state.indices.insert(AccountId::opened_by(&order.id()), 0);
        let refused = state.open_account(order.id(), &open, &mut Effects::default());
        assert_eq!((refused, state.accounts.len()), (Err(Rejection::AccountExists), 0));
    }
}
