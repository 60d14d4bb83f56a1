//! A small town for the tests: an association of three, two funds, members with deterministic keys, and the time in the caller's hand.
//!
//! Every order goes the whole way: it is signed, encoded, decoded, verified and then judged.

#![allow(dead_code, clippy::unwrap_used)]

pub mod node;

use ledger::SigningKey;
use ledger::account::{
    AccountKind, Bank, Campaign, FeeRule, GiftRule, Limits, LiquidityClass, Medium, Operator, Quorum, Role, Roles, Scope,
    SpendingCap,
};
use ledger::amount::{Amount, Rate};
use ledger::books::Book;
use ledger::key::{AccountId, Hash32, LedgerId, PublicKey, TransactionId};
use ledger::rejection::Rejection;
use ledger::state::{Account, Effects, State};
use ledger::transaction::{
    Act, Body, ChargeReference, Genesis, NO_LEDGER, OpenAccount, Purse, SignedTransaction, Transaction, Transfer,
};

/// 1 January 2026, 00:00 UTC: the first moment of a UTC day.
pub const START: u64 = 1_767_225_600_000;
pub const HOUR: u64 = 3_600_000;
pub const DAY: u64 = 24 * HOUR;

/// The numbers of the town's bank accounts.
pub const DIGITAL_BANK: u16 = 1;
pub const PAPER_BANK: u16 = 2;
pub const SAVINGS_BANK: u16 = 3;

/// The identity levels of the town.
pub const UNCHECKED: u8 = 0;
pub const CHECKED: u8 = 1;
pub const UNLIMITED: u8 = 2;

/// The key of a name: its secret is SHA-256 of "liard test key " and the name.
pub fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&Hash32::of(format!("liard test key {name}").as_bytes()).0)
}

/// The public half of [`key`].
pub fn public(name: &str) -> PublicKey {
    key(name).verifying_key().into()
}

/// An amount of so many cents.
pub fn cents(cents: u64) -> Amount {
    Amount::from_cents(cents).expect("an amount")
}

/// A hash that stands for a document, a credit or an IBAN.
pub fn hash(text: &str) -> Hash32 {
    Hash32::of(text.as_bytes())
}

/// A cap for a key's scope.
pub fn cap(per_payment: u64, per_day: u64) -> SpendingCap {
    SpendingCap { per_payment: cents(per_payment), per_day: cents(per_day) }
}

/// A member of the town, and the key with full rights.
#[derive(Clone)]
pub struct Member {
    pub id: AccountId,
    pub key: SigningKey,
}

/// The town's genesis: three persons, one of whom is enough; two digital bank accounts and a paper one; three levels.
pub fn genesis() -> Genesis {
    let operator =
        |number: u16, roles: &[Role]| Operator { number, key: public(&format!("operator {number}")), roles: Roles::of(roles) };
    let bank = |number: u16, medium, class| Bank { number, medium, class, iban: hash(&format!("iban {number}")) };
    let limits = |level, per_payment: Option<u64>, held: Option<u64>, paid: Option<u64>| Limits {
        level,
        per_payment: per_payment.map(cents),
        held: held.map(cents),
        paid_30_days: paid.map(cents),
    };
    Genesis {
        name: "Test town".into(),
        symbol: "L".into(),
        prefix: "liard".into(),
        checkpoint_key: public("checkpoint"),
        time: START,
        operators: vec![
            operator(1, &[Role::Operator, Role::Treasurer]),
            operator(2, &[Role::Treasurer, Role::Board]),
            operator(3, &[Role::Operator]),
        ],
        quorums: vec![Quorum { act: 0, persons: 1, roles: Roles::ACTING }],
        limits: vec![
            limits(UNCHECKED, Some(300_000), Some(15_000), Some(15_000)),
            limits(CHECKED, Some(300_000), None, None),
            limits(UNLIMITED, None, None, None),
        ],
        banks: vec![
            bank(DIGITAL_BANK, Medium::Digital, LiquidityClass::Sight),
            bank(PAPER_BANK, Medium::Paper, LiquidityClass::Sight),
            bank(SAVINGS_BANK, Medium::Digital, LiquidityClass::Savings),
        ],
        self_opening: true,
        rule_set: 1,
        recovery_delay_ms: 0,
    }
}

/// A bonus of 20 % without narrow bounds, for residents, now and for a year.
pub fn campaign(number: u32) -> Campaign {
    Campaign {
        number,
        version: 1,
        bank: DIGITAL_BANK,
        rate: Rate::new(1, 5).unwrap(),
        start: START,
        end: START + 365 * DAY,
        budget: cents(1_000_000),
        cap: cents(100_000),
        periods: vec![],
        groups: vec![],
        order: 0,
        least: cents(1),
        most: cents(1_000_000),
        steps: vec![],
        sponsor: None,
    }
}

/// A fee of 5 %, at least 10 cents, from the start.
pub fn fee_rule(version: u32) -> FeeRule {
    FeeRule { version, rate: Rate::new(1, 20).unwrap(), least: 10, from: START, exempt: vec![9], given: None, beneficiary: None }
}

/// A gift of 3 %, without narrow bounds, for three periods of 30 days from the start.
pub fn gift_rule(number: u16) -> GiftRule {
    GiftRule {
        number,
        version: 1,
        bank: DIGITAL_BANK,
        rate: Rate::new(3, 100).unwrap(),
        periods: (0..4).map(|n| START + n * 30 * DAY).collect(),
        least_members: 1,
        budget: cents(1_000_000),
    }
}

/// A town in memory.
pub struct Town {
    pub state: State,
    pub now: u64,
    nonce: u64,
}

impl Town {
    /// The town after its genesis.
    pub fn new() -> Town {
        Town::with_genesis(genesis())
    }

    /// A town with another genesis.
    pub fn with_genesis(genesis: Genesis) -> Town {
        let mut town = Town::empty();
        let order = town.genesis_order(genesis);
        town.submit(&order).expect("the genesis is accepted");
        town
    }

    /// Before there is anything.
    pub fn empty() -> Town {
        Town { state: State::new(NO_LEDGER), now: START, nonce: 0 }
    }

    /// The signed genesis.
    pub fn genesis_order(&mut self, genesis: Genesis) -> SignedTransaction {
        self.signed(&NO_LEDGER, Body::Genesis(Box::new(genesis)), self.now + HOUR, &key("issuer"))
    }

    fn signed(&mut self, ledger: &LedgerId, body: Body, valid_until: u64, key: &SigningKey) -> SignedTransaction {
        self.nonce += 1;
        let transaction = Transaction { nonce: self.nonce.to_be_bytes(), valid_until, body };
        SignedTransaction::decode(&transaction.sign(ledger, key), ledger).expect("a sound order")
    }

    /// An order that is valid for an hour.
    pub fn order(&mut self, body: Body, key: &SigningKey) -> SignedTransaction {
        self.order_until(body, key, self.now + HOUR)
    }

    /// An order that is valid until a time.
    pub fn order_until(&mut self, body: Body, key: &SigningKey, valid_until: u64) -> SignedTransaction {
        let ledger = self.state.ledger();
        self.signed(&ledger, body, valid_until, key)
    }

    /// Judges an order now.
    pub fn submit(&mut self, order: &SignedTransaction) -> Result<Effects, Rejection> {
        self.state.apply(order, self.now)
    }

    /// Signs and submits.
    pub fn does(&mut self, body: Body, key: &SigningKey) -> Result<Effects, Rejection> {
        let order = self.order(body, key);
        self.submit(&order)
    }

    /// Operator 1 proposes an act; with a quorum of one it is executed.
    pub fn act(&mut self, act: Act) -> Result<Effects, Rejection> {
        self.does(Body::Propose(act), &key("operator 1"))
    }

    /// The proposal of an act by an operator.
    pub fn proposal(&mut self, act: Act, operator: u16) -> SignedTransaction {
        self.order(Body::Propose(act), &key(&format!("operator {operator}")))
    }

    /// An order of operator 1 that proposes an act.
    pub fn act_order(&mut self, act: Act) -> SignedTransaction {
        self.proposal(act, 1)
    }

    /// From now on an act of this kind (0: any) needs so many persons.
    pub fn needs(&mut self, act: u64, persons: u8) {
        self.act(Act::SetQuorum(Quorum { act, persons, roles: Roles::ACTING })).expect("the quorum can be met");
    }

    /// Makes a proposal that waits for a second person, and gives its id.
    pub fn waiting(&mut self, act: Act) -> TransactionId {
        let order = self.act_order(act);
        let effects = self.submit(&order).expect("the proposal is accepted");
        assert_eq!(effects.outcome.approvals, Some(1), "the proposal waits");
        order.id()
    }

    /// The association opens an account.
    pub fn open(&mut self, name: &str, kind: AccountKind, level: u8, groups: &[u16]) -> Member {
        let open = OpenAccount { kind, key: public(name), level, groups: groups.to_vec() };
        let effects = self.act(Act::OpenAccount(open)).expect("the account opens");
        Member { id: effects.outcome.opened.expect("an account"), key: key(name) }
    }

    /// A resident whose identity was checked.
    pub fn resident(&mut self, name: &str) -> Member {
        self.open(name, AccountKind::Resident, CHECKED, &[])
    }

    /// A shop without limits.
    pub fn shop(&mut self, name: &str) -> Member {
        self.open(name, AccountKind::Professional, UNLIMITED, &[])
    }

    /// An association without limits.
    pub fn association(&mut self, name: &str) -> Member {
        self.open(name, AccountKind::Association, UNLIMITED, &[])
    }

    /// A resident who opens an account alone, at level 0.
    pub fn newcomer(&mut self, name: &str) -> Member {
        let open = OpenAccount { kind: AccountKind::Resident, key: public(name), level: UNCHECKED, groups: vec![] };
        let effects = self.does(Body::OpenAccount(open), &key(name)).expect("the account opens");
        Member { id: effects.outcome.opened.expect("an account"), key: key(name) }
    }

    /// Converts a new credit of so many cents for a member; the credit's id is the hash of `credit`.
    pub fn convert(&mut self, credit: &str, member: &Member, amount: u64) -> Effects {
        self.act(convert(credit, member, amount)).expect("the conversion is accepted")
    }

    /// A member with units: a resident for whom so many cents were converted.
    pub fn resident_with(&mut self, name: &str, amount: u64) -> Member {
        let member = self.resident(name);
        self.convert(&format!("credit of {name}"), &member, amount);
        member
    }

    /// A shop with units.
    pub fn shop_with(&mut self, name: &str, amount: u64) -> Member {
        let member = self.shop(name);
        self.convert(&format!("credit of {name}"), &member, amount);
        member
    }

    /// A payment, and its entry.
    pub fn pay(&mut self, payer: &Member, payee: &Member, amount: u64) -> u64 {
        self.does(transfer(payer, payee, amount), &payer.key).expect("the payment is accepted");
        self.state.size() - 1
    }

    /// Adds a key with a scope to a member's account.
    pub fn add_key(&mut self, member: &Member, name: &str, scope: Scope) -> SigningKey {
        let body = Body::AddKey { account: member.id, key: public(name), scope };
        self.does(body, &member.key).expect("the key is added");
        key(name)
    }

    /// Publishes a campaign and pays so many of the sponsor's cents in.
    pub fn sponsor(&mut self, rule: Campaign, amount: u64) {
        let (number, bank) = (rule.number, rule.bank);
        self.act(Act::PublishCampaign(Box::new(rule))).expect("the campaign is published");
        if amount > 0 {
            self.act(sponsor_deposit(bank, number, amount)).expect("the sponsor's euros arrive");
        }
    }

    /// A redemption, and its entry.
    pub fn redeem(&mut self, member: &Member, amount: u64) -> u64 {
        let body = Body::Redeem { account: member.id, amount: cents(amount) };
        self.does(body, &member.key).expect("the redemption is accepted");
        self.state.size() - 1
    }

    /// A member's account.
    pub fn account(&self, member: &Member) -> &Account {
        self.state.account(&member.id).expect("the account")
    }

    /// A member's units in cents.
    pub fn balance(&self, member: &Member) -> i64 {
        self.account(member).balance.get()
    }

    /// What a book amounts to, as a positive number where it is a debt.
    pub fn claim(&self, book: Book) -> i64 {
        self.state.books().claim(book).get()
    }

    /// Cover less circulation.
    pub fn surplus(&self, medium: Medium) -> i64 {
        self.state.books().surplus(medium).get()
    }

    /// Euros of the cover go to the bank as a fee: the way to a shortfall.
    pub fn lose(&mut self, bank: u16, amount: u64) {
        self.act(Act::BankFee { bank, amount: cents(amount), evidence: document() }).expect("a fact is recorded");
    }
}

pub fn convert(credit: &str, member: &Member, amount: u64) -> Act {
    Act::Convert { bank: DIGITAL_BANK, credit: hash(credit), amount: cents(amount), account: member.id }
}

pub fn record_credit(credit: &str, amount: u64) -> Act {
    Act::RecordCredit { bank: DIGITAL_BANK, credit: hash(credit), amount: cents(amount) }
}

pub fn return_credit(credit: &str, amount: u64) -> Act {
    Act::ReturnCredit { credit: hash(credit), amount: cents(amount), evidence: document() }
}

pub fn bank_return(credit: &str, amount: u64) -> Act {
    Act::BankReturn { credit: hash(credit), amount: cents(amount), evidence: document() }
}

pub fn deposit(bank: u16, amount: u64, purse: Purse) -> Act {
    Act::FundDeposit { bank, amount: cents(amount), purse, evidence: document(), settles: None }
}

pub fn settle(member: &Member, amount: u64) -> Act {
    let settles = Some(member.id);
    Act::FundDeposit { bank: DIGITAL_BANK, amount: cents(amount), purse: Purse::Cover, evidence: document(), settles }
}

pub fn withdrawal(bank: u16, amount: u64, purse: Purse) -> Act {
    Act::FundWithdrawal { bank, amount: cents(amount), purse, evidence: document() }
}

pub fn sponsor_deposit(bank: u16, campaign: u32, amount: u64) -> Act {
    Act::SponsorDeposit { bank, campaign, amount: cents(amount), evidence: document() }
}

pub fn sponsor_return(campaign: u32, amount: u64) -> Act {
    Act::SponsorReturn { campaign, amount: cents(amount), evidence: document() }
}

pub fn redemption_paid(redemption: u64, bank: u16) -> Act {
    Act::RedemptionPaid { redemption, bank, evidence: document() }
}

pub fn fund_move(bank_out: u16, bank_in: u16, amount: u64) -> Act {
    Act::FundMove { bank_out, bank_in, amount: cents(amount), evidence: document() }
}

pub fn issue_notes(amount: u64) -> Act {
    Act::IssueNotes { amount: cents(amount), evidence: document() }
}

pub fn correct(sequence: u64) -> Act {
    Act::Correct { sequence, reason: 1 }
}

pub fn choose(member: &Member, associations: &[&Member]) -> Body {
    Body::Choose { account: member.id, associations: associations.iter().map(|member| member.id).collect() }
}

pub fn give_gifts(gift: u16, period: u64) -> Act {
    Act::GiveGifts { gift, period, evidence: document() }
}

pub fn order_redemptions(bank: u16, redemptions: &[u64]) -> Act {
    Act::OrderRedemptions { bank, redemptions: redemptions.to_vec(), evidence: document() }
}

pub fn transfer(payer: &Member, payee: &Member, amount: u64) -> Body {
    Body::Transfer(Transfer { payer: payer.id, payee: payee.id, amount: cents(amount), charge: None, memo: None })
}

pub fn answer(payer: &Member, payee: &Member, amount: u64, charge: u8, expires: u64) -> Body {
    let charge = Some(ChargeReference { id: [charge; 16], expires });
    Body::Transfer(Transfer { payer: payer.id, payee: payee.id, amount: cents(amount), charge, memo: None })
}

pub fn refund(payee: &Member, original: u64, amount: u64) -> Body {
    Body::Refund { account: payee.id, original, item: 0, amount: cents(amount) }
}

/// The evidence of another document at every call.
pub fn document() -> Hash32 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    hash(&format!("document {}", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)))
}
