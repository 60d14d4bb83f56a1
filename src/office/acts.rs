//! Each act as it is typed, and as it is signed. Amounts are euros, dates UTC, documents files or their hashes.

use super::typed::{account, account_kind, ascending, evidence, hash, key, purse, rate, step};
use crate::currency::{act_code, class, iban, medium, roles};
use crate::dates::{instant, months_from};
use crate::failure::{Failure, Outcome};
use crate::money::{amount, cents};
use clap::{Args, Subcommand};
use fund_office::credit::credit_hash;
use ledger::account::{
    AccountKind, Bank, Campaign, FeeRule, GiftRule, Limits, LiquidityClass, Medium, Operator, OperatorNumber, Quorum, Scope,
    SpendingCap, Step,
};
use ledger::amount::{Amount, MAX_AMOUNT, Rate};
use ledger::key::{Hash32, Prefix, PublicKey};
use ledger::transaction::{Act, OpenAccount, Purse};
use std::path::PathBuf;

/// The most periods that a monthly campaign is given.
const MONTHS: u16 = 120;

/// An act.
#[derive(Subcommand)]
pub enum Typed {
    /// Open an account for a member who was recognised.
    OpenAccount(OpenTyped),
    /// Add a key to a member's account.
    AddKey(KeyTyped),
    /// Revoke a key that was lost.
    RevokeKey {
        #[arg(long)]
        account: String,
        #[arg(long, value_parser = key, id = "public_key")]
        key: PublicKey,
    },
    /// Close an empty account.
    CloseAccount { account: String },
    /// Set identity level and groups.
    Classify {
        account: String,
        #[arg(long)]
        level: u8,
        /// Groups, with commas.
        #[arg(long, value_delimiter = ',')]
        groups: Vec<u16>,
    },
    /// Stop payments from and to an account.
    Suspend {
        account: String,
        /// Why, by the association's own list.
        #[arg(long)]
        reason: u16,
    },
    /// End a suspension.
    Resume { account: String },
    /// Record euros that arrived and whose member is not known yet.
    RecordCredit(CreditTyped),
    /// Turn a credit's euros into a member's units.
    Convert {
        account: String,
        #[command(flatten)]
        credit: CreditTyped,
    },
    /// Send euros of a credit back.
    ReturnCredit(BackTyped),
    /// Record euros that came in and are no member's.
    FundDeposit {
        #[command(flatten)]
        fund: FundTyped,
        /// The account whose receivable they settle.
        #[arg(long)]
        settles: Option<String>,
    },
    /// Take euros out for the association.
    FundWithdrawal(FundTyped),
    /// Record that the bank took a credit back.
    BankReturn(BackTyped),
    /// Record a fee of the bank.
    BankFee(MoneyTyped),
    /// Record a sponsor's euros.
    SponsorDeposit {
        #[arg(long)]
        campaign: u32,
        #[command(flatten)]
        money: MoneyTyped,
    },
    /// Give a sponsor's euros back.
    SponsorReturn {
        #[arg(long)]
        campaign: u32,
        #[arg(long, value_parser = amount)]
        amount: Amount,
        /// The bank's document: a file or its SHA-256.
        #[arg(long, value_parser = evidence)]
        evidence: Hash32,
    },
    /// Publish a version of a campaign.
    PublishCampaign(Box<CampaignTyped>),
    /// Publish a version of the fee on redemptions.
    PublishFee {
        #[arg(long, id = "rule_version")]
        version: u32,
        /// Like 5% or 1/20.
        #[arg(long, value_parser = rate)]
        rate: Rate,
        /// At least so many euros.
        #[arg(long, value_parser = cents, default_value = "0")]
        least: u64,
        /// From this date on, UTC.
        #[arg(long, value_parser = instant)]
        from: u64,
        /// Groups that pay none, with commas.
        #[arg(long, value_delimiter = ',')]
        exempt: Vec<u16>,
        /// Of the fee, so much of what is redeemed goes on in units to an association: like 3% or 3/100.
        #[arg(long, value_parser = rate)]
        given: Option<Rate>,
        /// The account that gets it when the member chose no association.
        #[arg(long, requires = "given")]
        beneficiary: Option<String>,
    },
    /// Publish a version of a gift rule.
    PublishGift(GiftTyped),
    /// Give associations what is due to them for a period that has ended.
    GiveGifts {
        #[arg(long)]
        gift: u16,
        /// The first day of the period, UTC.
        #[arg(long, value_parser = instant)]
        period: u64,
        /// The decision: a file or its SHA-256.
        #[arg(long, value_parser = evidence)]
        evidence: Hash32,
    },
    /// Redeem what a professional holds above the sum that it wants to keep.
    RedeemStanding { account: String },
    /// Order the payment of redemptions at the bank.
    OrderRedemptions {
        #[arg(long)]
        bank: u16,
        /// The redemptions' entries, with commas.
        #[arg(long, value_delimiter = ',', required = true)]
        redemptions: Vec<u64>,
        /// The file for the bank, or its SHA-256.
        #[arg(long, value_parser = evidence)]
        evidence: Hash32,
    },
    /// Pass a member's whole balance on to an heir, and close the account.
    PassOn {
        account: String,
        /// The heir's account, or an association's.
        #[arg(long)]
        heir: String,
        /// The document: a file or its SHA-256.
        #[arg(long, value_parser = evidence)]
        evidence: Hash32,
    },
    /// Record that a redemption's euros left.
    RedemptionPaid {
        /// The redemption's entry.
        redemption: u64,
        #[arg(long)]
        bank: u16,
        /// The bank's document: a file or its SHA-256.
        #[arg(long, value_parser = evidence)]
        evidence: Hash32,
    },
    /// Record that a redemption's euros came back.
    RedemptionReturned {
        /// The redemption's entry.
        redemption: u64,
        /// The bank's document: a file or its SHA-256.
        #[arg(long, value_parser = evidence)]
        evidence: Hash32,
    },
    /// Put printed notes into circulation.
    IssueNotes(CountTyped),
    /// Take printed notes out of circulation.
    RetireNotes(CountTyped),
    /// Move cover from one bank account to another.
    FundMove {
        #[arg(long)]
        out: u16,
        #[arg(long, id = "bank_in")]
        into: u16,
        #[command(flatten)]
        count: CountTyped,
    },
    /// Undo an act of the association by its opposite.
    Correct {
        /// The act's entry.
        sequence: u64,
        /// Why, by the association's own list.
        #[arg(long)]
        reason: u16,
    },
    /// Let another key sign checkpoints; the node has to hold its secret.
    RotateCheckpointKey {
        #[arg(value_parser = key)]
        public_key: PublicKey,
    },
    /// Put another rule set into force.
    Upgrade { rule_set: u64 },
    /// Appoint a person, or give one another key or other roles.
    Appoint {
        number: u16,
        #[arg(long, value_parser = key, id = "public_key")]
        key: PublicKey,
        /// Roles, with commas.
        #[arg(long, value_delimiter = ',', required = true)]
        roles: Vec<String>,
    },
    /// Dismiss a person.
    Dismiss { number: u16 },
    /// Set how many persons an act needs.
    SetQuorum {
        /// The act's name, or `every`.
        #[arg(value_parser = act_code)]
        act: u64,
        #[arg(long)]
        persons: u8,
        /// Roles, with commas.
        #[arg(long, value_delimiter = ',', required = true)]
        roles: Vec<String>,
    },
    /// Set what members of a level may hold and pay; what is not named is without limit.
    SetLimits {
        level: u8,
        #[arg(long, value_parser = amount)]
        per_payment: Option<Amount>,
        #[arg(long, value_parser = amount)]
        held: Option<Amount>,
        #[arg(long, value_parser = amount)]
        paid_30_days: Option<Amount>,
    },
    /// Add a bank account to a fund.
    AddBank {
        number: u16,
        #[arg(long, value_parser = medium)]
        medium: Medium,
        #[arg(long, value_parser = class)]
        class: LiquidityClass,
        /// Its hash is signed, not the IBAN.
        #[arg(long, value_parser = iban)]
        iban: String,
    },
    /// Pledge cover.
    Pledge(PledgeTyped),
    /// End a pledge.
    ReleasePledge(PledgeTyped),
}

/// An account to be opened.
#[derive(Args)]
pub struct OpenTyped {
    /// resident, professional, association, public-body
    #[arg(long, value_parser = account_kind)]
    kind: AccountKind,
    /// The member's public key.
    #[arg(long, value_parser = key, id = "public_key")]
    key: PublicKey,
    /// Its identity level.
    #[arg(long)]
    level: u8,
    /// Groups, with commas.
    #[arg(long, value_delimiter = ',')]
    groups: Vec<u16>,
}

/// A key and what it may do.
#[derive(Args)]
pub struct KeyTyped {
    #[arg(long)]
    account: String,
    #[arg(long, value_parser = key, id = "public_key")]
    key: PublicKey,
    /// full, limited, till, card-service, collect, read
    #[arg(long)]
    scope: String,
    /// For limited, card-service and collect.
    #[arg(long, value_parser = amount)]
    per_payment: Option<Amount>,
    /// For limited, card-service, collect, and the refunds of a till.
    #[arg(long, value_parser = amount)]
    per_day: Option<Amount>,
    /// For collect.
    #[arg(long)]
    payee: Option<String>,
}

/// A bank credit: by its hash, or by the bank's own reference and the association's secret for such hashes.
#[derive(Args)]
pub struct CreditTyped {
    #[arg(long)]
    bank: u16,
    /// The whole credit.
    #[arg(long, value_parser = amount)]
    amount: Amount,
    #[command(flatten)]
    name: CreditName,
}

/// How a credit is named: HMAC-SHA-256 with the secret over bank number (2 bytes) and reference, so that the journal tells nothing
/// of the bank's papers and the same euros have the same name whoever types it.
#[derive(Args)]
pub struct CreditName {
    /// The credit's hash.
    #[arg(long, value_parser = hash, required_unless_present = "reference", conflicts_with = "reference")]
    credit: Option<Hash32>,
    /// The bank's own reference of the credit; of one payment within a booking of several, with `#` and its number.
    #[arg(long, requires = "credit_secret")]
    reference: Option<String>,
    /// The file with the secret: secrets/credit.key, the same for everybody who types credits.
    #[arg(long, env = "LIARD_CREDIT_SECRET")]
    credit_secret: Option<PathBuf>,
}

/// Euros of a credit that go back.
#[derive(Args)]
pub struct BackTyped {
    /// The credit's hash, as the office lists it.
    #[arg(long, value_parser = hash)]
    credit: Hash32,
    #[arg(long, value_parser = amount)]
    amount: Amount,
    /// The bank's document: a file or its SHA-256.
    #[arg(long, value_parser = evidence)]
    evidence: Hash32,
}

/// Euros at a bank account.
#[derive(Args)]
pub struct MoneyTyped {
    #[arg(long)]
    bank: u16,
    #[arg(long, value_parser = amount)]
    amount: Amount,
    /// The bank's document: a file or its SHA-256.
    #[arg(long, value_parser = evidence)]
    evidence: Hash32,
}

/// Euros of the association at a bank account.
#[derive(Args)]
pub struct FundTyped {
    #[command(flatten)]
    money: MoneyTyped,
    /// cover, own, or (when they leave) fees-due
    #[arg(long, value_parser = purse)]
    purpose: Purse,
}

/// An amount and its document.
#[derive(Args)]
pub struct CountTyped {
    #[arg(long, value_parser = amount)]
    amount: Amount,
    /// The document: a file or its SHA-256.
    #[arg(long, value_parser = evidence)]
    evidence: Hash32,
}

/// A pledge.
#[derive(Args)]
pub struct PledgeTyped {
    #[arg(long, value_parser = medium)]
    medium: Medium,
    #[command(flatten)]
    count: CountTyped,
}

/// A campaign.
#[derive(Args)]
pub struct CampaignTyped {
    #[arg(long)]
    campaign: u32,
    #[arg(long, id = "rule_version")]
    version: u32,
    /// The bank account that holds the sponsor's euros.
    #[arg(long)]
    bank: u16,
    /// Like 20% or 1/5.
    #[arg(long, value_parser = rate)]
    rate: Rate,
    /// From this date on, UTC.
    #[arg(long, value_parser = instant)]
    start: u64,
    /// Before this date, UTC.
    #[arg(long, value_parser = instant)]
    end: u64,
    /// All bonuses together.
    #[arg(long, value_parser = amount)]
    budget: Amount,
    /// The most one member gets in one period.
    #[arg(long, value_parser = amount)]
    cap: Amount,
    /// A period begins with each month; else the whole campaign is one period.
    #[arg(long)]
    monthly: bool,
    /// Groups that are eligible, with commas; none: every resident.
    #[arg(long, value_delimiter = ',')]
    groups: Vec<u16>,
    /// Campaigns add up in this order.
    #[arg(long, default_value_t = 0)]
    order: u8,
    /// No bonus below so many euros in one conversion.
    #[arg(long, value_parser = amount, default_value = "0.01")]
    least: Amount,
    /// No bonus on what exceeds so many euros in one conversion.
    #[arg(long, value_parser = amount)]
    most: Option<Amount>,
    /// Another rate above so many euros of one conversion, like 100=10%; once for each, ascending.
    #[arg(long = "step", value_parser = step)]
    steps: Vec<Step>,
    /// The number of the person who answers for the sponsor and may read what becomes of its euros.
    #[arg(long)]
    sponsor: Option<OperatorNumber>,
}

/// A gift rule.
#[derive(Args)]
pub struct GiftTyped {
    #[arg(long)]
    gift: u16,
    #[arg(long, id = "rule_version")]
    version: u32,
    /// The bank account with the association's own money that pays.
    #[arg(long)]
    bank: u16,
    /// Of the euros converted, like 3% or 3/100.
    #[arg(long, value_parser = rate)]
    rate: Rate,
    /// Where periods begin, ascending, UTC, with commas; the last one is the end.
    #[arg(long, value_parser = instant, value_delimiter = ',', required = true)]
    periods: Vec<u64>,
    /// An association needs so many members who chose it first.
    #[arg(long)]
    least_members: u16,
    /// The gifts of one period together.
    #[arg(long, value_parser = amount)]
    budget: Amount,
}

impl Typed {
    /// The act to be signed.
    pub fn act(&self, prefix: &Prefix) -> Outcome<Act> {
        Ok(match self {
            Typed::OpenAccount(t) => {
                Act::OpenAccount(OpenAccount { kind: t.kind, key: t.key, level: t.level, groups: ascending(&t.groups) })
            }
            Typed::AddKey(t) => Act::AddKey { account: account(&t.account, prefix)?, key: t.key, scope: t.scope(prefix)? },
            Typed::RevokeKey { account: a, key } => Act::RevokeKey { account: account(a, prefix)?, key: *key },
            Typed::CloseAccount { account: a } => Act::CloseAccount { account: account(a, prefix)? },
            Typed::Classify { account: a, level, groups } => {
                Act::ClassifyAccount { account: account(a, prefix)?, level: *level, groups: ascending(groups) }
            }
            Typed::Suspend { account: a, reason } => Act::SuspendAccount { account: account(a, prefix)?, reason: *reason },
            Typed::Resume { account: a } => Act::ResumeAccount { account: account(a, prefix)? },
            Typed::RecordCredit(t) => Act::RecordCredit { bank: t.bank, credit: t.hash()?, amount: t.amount },
            Typed::Convert { account: a, credit: t } => {
                Act::Convert { bank: t.bank, credit: t.hash()?, amount: t.amount, account: account(a, prefix)? }
            }
            Typed::ReturnCredit(t) => Act::ReturnCredit { credit: t.credit, amount: t.amount, evidence: t.evidence },
            Typed::FundDeposit { fund, settles } => {
                let settles = settles.as_ref().map(|text| account(text, prefix)).transpose()?;
                let FundTyped { money: MoneyTyped { bank, amount, evidence }, purpose } = fund;
                Act::FundDeposit { bank: *bank, amount: *amount, purse: *purpose, evidence: *evidence, settles }
            }
            Typed::FundWithdrawal(FundTyped { money: t, purpose }) => {
                Act::FundWithdrawal { bank: t.bank, amount: t.amount, purse: *purpose, evidence: t.evidence }
            }
            Typed::BankReturn(t) => Act::BankReturn { credit: t.credit, amount: t.amount, evidence: t.evidence },
            Typed::BankFee(t) => Act::BankFee { bank: t.bank, amount: t.amount, evidence: t.evidence },
            Typed::SponsorDeposit { campaign, money: t } => {
                Act::SponsorDeposit { bank: t.bank, campaign: *campaign, amount: t.amount, evidence: t.evidence }
            }
            Typed::SponsorReturn { campaign, amount, evidence } => {
                Act::SponsorReturn { campaign: *campaign, amount: *amount, evidence: *evidence }
            }
            Typed::PublishCampaign(t) => Act::PublishCampaign(Box::new(t.campaign()?)),
            Typed::PublishFee { version, rate, least, from, exempt, given, beneficiary } => Act::PublishFee(FeeRule {
                version: *version,
                rate: *rate,
                least: *least,
                from: *from,
                exempt: ascending(exempt),
                given: *given,
                beneficiary: beneficiary.as_ref().map(|text| account(text, prefix)).transpose()?,
            }),
            Typed::PublishGift(t) => Act::PublishGift(t.rule()?),
            Typed::GiveGifts { gift, period, evidence } => Act::GiveGifts { gift: *gift, period: *period, evidence: *evidence },
            Typed::RedeemStanding { account: a } => Act::RedeemStanding { account: account(a, prefix)? },
            Typed::OrderRedemptions { bank, redemptions, evidence } => {
                Act::OrderRedemptions { bank: *bank, redemptions: ascending(redemptions), evidence: *evidence }
            }
            Typed::PassOn { account: a, heir, evidence } => {
                Act::PassOn { account: account(a, prefix)?, heir: account(heir, prefix)?, evidence: *evidence }
            }
            Typed::RedemptionPaid { redemption, bank, evidence } => {
                Act::RedemptionPaid { redemption: *redemption, bank: *bank, evidence: *evidence }
            }
            Typed::RedemptionReturned { redemption, evidence } => {
                Act::RedemptionReturned { redemption: *redemption, evidence: *evidence }
            }
            Typed::IssueNotes(t) => Act::IssueNotes { amount: t.amount, evidence: t.evidence },
            Typed::RetireNotes(t) => Act::RetireNotes { amount: t.amount, evidence: t.evidence },
            Typed::FundMove { out, into, count: t } => {
                Act::FundMove { bank_out: *out, bank_in: *into, amount: t.amount, evidence: t.evidence }
            }
            Typed::Correct { sequence, reason } => Act::Correct { sequence: *sequence, reason: *reason },
            Typed::RotateCheckpointKey { public_key } => Act::RotateCheckpointKey { key: *public_key },
            Typed::Upgrade { rule_set } => Act::Upgrade { rule_set: *rule_set },
            Typed::Appoint { number, key, roles: words } => {
                Act::AppointOperator(Operator { number: *number, key: *key, roles: roles(words)? })
            }
            Typed::Dismiss { number } => Act::DismissOperator { operator: *number },
            Typed::SetQuorum { act, persons, roles: words } => {
                Act::SetQuorum(Quorum { act: *act, persons: *persons, roles: roles(words)? })
            }
            Typed::SetLimits { level, per_payment, held, paid_30_days } => {
                Act::SetLimits(Limits { level: *level, per_payment: *per_payment, held: *held, paid_30_days: *paid_30_days })
            }
            Typed::AddBank { number, medium, class, iban } => {
                Act::AddBank(Bank { number: *number, medium: *medium, class: *class, iban: Hash32::of(iban.as_bytes()) })
            }
            Typed::Pledge(t) => Act::Pledge { medium: t.medium, amount: t.count.amount, evidence: t.count.evidence },
            Typed::ReleasePledge(t) => {
                Act::ReleasePledge { medium: t.medium, amount: t.count.amount, evidence: t.count.evidence }
            }
        })
    }
}

impl KeyTyped {
    fn scope(&self, prefix: &Prefix) -> Outcome<Scope> {
        let missing = || Failure::new(format!("the scope '{}' needs --per-payment and --per-day", self.scope));
        let cap = || match (self.per_payment, self.per_day) {
            (Some(per_payment), Some(per_day)) => Ok(SpendingCap { per_payment, per_day }),
            _ => Err(missing()),
        };
        match self.scope.replace('-', "_").as_str() {
            "full" => Ok(Scope::Full),
            "read" => Ok(Scope::Read),
            "limited" => Ok(Scope::Limited(cap()?)),
            "card_service" => Ok(Scope::CardService(cap()?)),
            "till" => {
                let per_day = self.per_day.ok_or_else(|| Failure::new("a till needs --per-day: what it may refund in a day"))?;
                Ok(Scope::Till { per_day })
            }
            "collect" => {
                let payee = self.payee.as_ref().ok_or_else(|| Failure::new("the scope 'collect' needs --payee"))?;
                Ok(Scope::Collect(cap()?, account(payee, prefix)?))
            }
            other => Err(Failure::new(format!("'{other}' is no scope: full, limited, till, card-service, collect or read"))),
        }
    }
}

impl CreditTyped {
    fn hash(&self) -> Outcome<Hash32> {
        match (&self.name.credit, &self.name.reference, &self.name.credit_secret) {
            (Some(credit), _, _) => Ok(*credit),
            (None, Some(reference), Some(file)) => {
                let secret = std::fs::read(file).map_err(|error| Failure::file("read the secret for credits", file, &error))?;
                Ok(credit_hash(&secret, self.bank, reference))
            }
            _ => Err(Failure::new("name the credit by --credit, or by --reference with --credit-secret")),
        }
    }
}

impl CampaignTyped {
    fn campaign(&self) -> Outcome<Campaign> {
        let most = self.most.or_else(|| Amount::from_cents(MAX_AMOUNT));
        let most = most.ok_or_else(|| Failure::new("the campaign has no largest conversion"))?;
        if self.start >= self.end || self.least > most {
            return Err(Failure::new("the campaign ends before it starts, or its least exceeds its most"));
        }
        let months = if self.monthly { months_from(self.start, MONTHS) } else { Vec::new() };
        Ok(Campaign {
            number: self.campaign,
            version: self.version,
            bank: self.bank,
            rate: self.rate,
            start: self.start,
            end: self.end,
            budget: self.budget,
            cap: self.cap,
            periods: months.into_iter().filter(|month| *month < self.end).collect(),
            groups: ascending(&self.groups),
            order: self.order,
            least: self.least,
            most,
            steps: self.steps.clone(),
            sponsor: self.sponsor,
        })
    }
}

impl GiftTyped {
    fn rule(&self) -> Outcome<GiftRule> {
        let periods = ascending(&self.periods);
        if periods.len() < 2 {
            return Err(Failure::new("a gift rule needs two dates at least: where its period begins, and where it ends"));
        }
        Ok(GiftRule {
            number: self.gift,
            version: self.version,
            bank: self.bank,
            rate: self.rate,
            periods,
            least_members: self.least_members,
            budget: self.budget,
        })
    }
}
