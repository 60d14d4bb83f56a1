//! Words back into acts: the inverse of [`super::words`].
//!
//! What is read is told again and compared, so that no field goes unread; and the act is encoded and decoded once, so that what comes out
//! is what the ledger would take in.

use ledger::account::{
    AccountKind, Bank, Campaign, FeeRule, GiftRule, Limits, LiquidityClass, Medium, Operator, Quorum, Role, Roles, Scope,
    SpendingCap, Step,
};
use ledger::amount::{Amount, Rate};
use ledger::key::{AccountId, Hash32, Prefix, PublicKey};
use ledger::transaction::{Act, Body, Kind, OpenAccount, Purse, Transaction};
use serde_json::{Map, Value};

/// The act that these words tell. The error says, for people, which field is wrong.
pub fn act(words: &Value, prefix: &Prefix) -> Result<Act, String> {
    let fields = words.as_object().ok_or("an act is an object with its kind and fields")?;
    let spoken = Spoken { fields, prefix };
    let act = spoken.act()?;
    let told = super::words(&act, prefix);
    if let Some((name, _)) = fields.iter().find(|(name, value)| !value.is_null() && told.get(name.as_str()) != Some(*value)) {
        return Err(format!("the field '{name}' does not belong to this act, or not in this form"));
    }
    let transaction = Transaction { nonce: [0; 8], valid_until: 0, body: Body::Propose(act.clone()) };
    Transaction::decode(&transaction.encode()).map_err(|error| error.to_string())?;
    Ok(act)
}

struct Spoken<'w> {
    fields: &'w Map<String, Value>,
    prefix: &'w Prefix,
}

impl Spoken<'_> {
    fn act(&self) -> Result<Act, String> {
        let word = self.text("kind")?;
        let kind = Kind::from_word(word).filter(|kind| kind.is_act()).ok_or_else(|| format!("'{word}' is no kind of act"))?;
        Ok(match kind {
            Kind::OpenAccount => Act::OpenAccount(OpenAccount {
                kind: self.word("account_kind", AccountKind::from_word)?,
                key: self.key()?,
                level: self.number("level")?,
                groups: self.numbers("groups")?,
            }),
            Kind::AddKey => Act::AddKey { account: self.account("account")?, key: self.key()?, scope: self.scope()? },
            Kind::RevokeKey => Act::RevokeKey { account: self.account("account")?, key: self.key()? },
            Kind::CloseAccount => Act::CloseAccount { account: self.account("account")? },
            Kind::ClassifyAccount => Act::ClassifyAccount {
                account: self.account("account")?,
                level: self.number("level")?,
                groups: self.numbers("groups")?,
            },
            Kind::SuspendAccount => Act::SuspendAccount { account: self.account("account")?, reason: self.number("reason")? },
            Kind::ResumeAccount => Act::ResumeAccount { account: self.account("account")? },
            Kind::RecordCredit => {
                Act::RecordCredit { bank: self.number("bank")?, credit: self.hash("credit")?, amount: self.amount("amount")? }
            }
            Kind::Convert => Act::Convert {
                bank: self.number("bank")?,
                credit: self.hash("credit")?,
                amount: self.amount("amount")?,
                account: self.account("account")?,
            },
            Kind::ReturnCredit => {
                Act::ReturnCredit { credit: self.hash("credit")?, amount: self.amount("amount")?, evidence: self.evidence()? }
            }
            Kind::BankReturn => {
                Act::BankReturn { credit: self.hash("credit")?, amount: self.amount("amount")?, evidence: self.evidence()? }
            }
            Kind::FundDeposit => Act::FundDeposit {
                bank: self.number("bank")?,
                amount: self.amount("amount")?,
                purse: self.purse()?,
                evidence: self.evidence()?,
                settles: self.maybe("account", |spoken| spoken.account("account"))?,
            },
            Kind::FundWithdrawal => Act::FundWithdrawal {
                bank: self.number("bank")?,
                amount: self.amount("amount")?,
                purse: self.purse()?,
                evidence: self.evidence()?,
            },
            Kind::BankFee => {
                Act::BankFee { bank: self.number("bank")?, amount: self.amount("amount")?, evidence: self.evidence()? }
            }
            Kind::SponsorDeposit => Act::SponsorDeposit {
                bank: self.number("bank")?,
                campaign: self.number("campaign")?,
                amount: self.amount("amount")?,
                evidence: self.evidence()?,
            },
            Kind::SponsorReturn => Act::SponsorReturn {
                campaign: self.number("campaign")?,
                amount: self.amount("amount")?,
                evidence: self.evidence()?,
            },
            Kind::PublishCampaign => Act::PublishCampaign(Box::new(self.campaign()?)),
            Kind::PublishFee => Act::PublishFee(self.fee()?),
            Kind::PublishGift => Act::PublishGift(self.gift()?),
            Kind::GiveGifts => {
                Act::GiveGifts { gift: self.number("gift")?, period: self.number("period")?, evidence: self.evidence()? }
            }
            Kind::RedeemStanding => Act::RedeemStanding { account: self.account("account")? },
            Kind::OrderRedemptions => Act::OrderRedemptions {
                bank: self.number("bank")?,
                redemptions: self.numbers("redemptions")?,
                evidence: self.evidence()?,
            },
            Kind::PassOn => {
                Act::PassOn { account: self.account("account")?, heir: self.account("heir")?, evidence: self.evidence()? }
            }
            Kind::RedemptionPaid => Act::RedemptionPaid {
                redemption: self.number("redemption")?,
                bank: self.number("bank")?,
                evidence: self.evidence()?,
            },
            Kind::RedemptionReturned => {
                Act::RedemptionReturned { redemption: self.number("redemption")?, evidence: self.evidence()? }
            }
            Kind::IssueNotes => Act::IssueNotes { amount: self.amount("amount")?, evidence: self.evidence()? },
            Kind::RetireNotes => Act::RetireNotes { amount: self.amount("amount")?, evidence: self.evidence()? },
            Kind::FundMove => Act::FundMove {
                bank_out: self.number("bank_out")?,
                bank_in: self.number("bank_in")?,
                amount: self.amount("amount")?,
                evidence: self.evidence()?,
            },
            Kind::Correct => Act::Correct { sequence: self.number("sequence")?, reason: self.number("reason")? },
            Kind::RotateCheckpointKey => Act::RotateCheckpointKey { key: self.key()? },
            Kind::Upgrade => Act::Upgrade { rule_set: self.number("rule_set")? },
            Kind::AppointOperator => {
                Act::AppointOperator(Operator { number: self.number("operator")?, key: self.key()?, roles: self.roles()? })
            }
            Kind::DismissOperator => Act::DismissOperator { operator: self.number("operator")? },
            Kind::SetQuorum => {
                Act::SetQuorum(Quorum { act: self.number("act")?, persons: self.number("persons")?, roles: self.roles()? })
            }
            Kind::SetLimits => Act::SetLimits(Limits {
                level: self.number("level")?,
                per_payment: self.maybe_amount("per_payment")?,
                held: self.maybe_amount("held")?,
                paid_30_days: self.maybe_amount("paid_30_days")?,
            }),
            Kind::AddBank => Act::AddBank(Bank {
                number: self.number("bank")?,
                medium: self.word("medium", Medium::from_word)?,
                class: self.word("class", LiquidityClass::from_word)?,
                iban: self.hash("iban_hash")?,
            }),
            Kind::Pledge => Act::Pledge {
                medium: self.word("medium", Medium::from_word)?,
                amount: self.amount("amount")?,
                evidence: self.evidence()?,
            },
            Kind::ReleasePledge => Act::ReleasePledge {
                medium: self.word("medium", Medium::from_word)?,
                amount: self.amount("amount")?,
                evidence: self.evidence()?,
            },
            Kind::Genesis
            | Kind::Propose
            | Kind::Approve
            | Kind::Refuse
            | Kind::Transfer
            | Kind::Transfers
            | Kind::Refund
            | Kind::Redeem
            | Kind::Choose
            | Kind::RedeemAbove => return Err(format!("'{word}' is no kind of act")),
        })
    }

    fn campaign(&self) -> Result<Campaign, String> {
        Ok(Campaign {
            number: self.number("campaign")?,
            version: self.number("version")?,
            bank: self.number("bank")?,
            rate: self.rate("numerator", "denominator")?,
            start: self.number("start")?,
            end: self.number("end")?,
            budget: self.amount("budget")?,
            cap: self.amount("cap")?,
            periods: self.numbers("periods")?,
            groups: self.numbers("groups")?,
            order: self.number("order")?,
            least: self.amount("least")?,
            most: self.amount("most")?,
            steps: self.maybe("steps", |spoken| spoken.list("steps", step))?.unwrap_or_default(),
            sponsor: self.maybe("sponsor", |spoken| spoken.number("sponsor"))?,
        })
    }

    fn fee(&self) -> Result<FeeRule, String> {
        Ok(FeeRule {
            version: self.number("version")?,
            rate: self.rate("numerator", "denominator")?,
            least: self.number("least")?,
            from: self.number("from")?,
            exempt: self.numbers("exempt")?,
            given: self.maybe("given_numerator", |spoken| spoken.rate("given_numerator", "given_denominator"))?,
            beneficiary: self.maybe("beneficiary", |spoken| spoken.account("beneficiary"))?,
        })
    }

    fn gift(&self) -> Result<GiftRule, String> {
        Ok(GiftRule {
            number: self.number("gift")?,
            version: self.number("version")?,
            bank: self.number("bank")?,
            rate: self.rate("numerator", "denominator")?,
            periods: self.numbers("periods")?,
            least_members: self.number("least_members")?,
            budget: self.amount("budget")?,
        })
    }

    fn scope(&self) -> Result<Scope, String> {
        let cap = || Ok::<_, String>(SpendingCap { per_payment: self.amount("per_payment")?, per_day: self.amount("per_day")? });
        match self.text("scope")? {
            "full" => Ok(Scope::Full),
            "limited" => Ok(Scope::Limited(cap()?)),
            "till" => Ok(Scope::Till { per_day: self.amount("per_day")? }),
            "card_service" => Ok(Scope::CardService(cap()?)),
            "collect" => Ok(Scope::Collect(cap()?, self.account("payee")?)),
            "read" => Ok(Scope::Read),
            _ => Err(wrong("scope")),
        }
    }

    fn field(&self, name: &str) -> Result<&Value, String> {
        self.fields.get(name).filter(|value| !value.is_null()).ok_or_else(|| format!("the field '{name}' is missing"))
    }

    fn maybe<T>(&self, name: &str, read: impl FnOnce(&Self) -> Result<T, String>) -> Result<Option<T>, String> {
        self.field(name).is_ok().then(|| read(self)).transpose()
    }

    fn text(&self, name: &str) -> Result<&str, String> {
        self.field(name)?.as_str().ok_or_else(|| wrong(name))
    }

    fn word<T>(&self, name: &str, known: impl FnOnce(&str) -> Option<T>) -> Result<T, String> {
        known(self.text(name)?).ok_or_else(|| wrong(name))
    }

    fn number<T: TryFrom<u64>>(&self, name: &str) -> Result<T, String> {
        number(self.field(name)?).ok_or_else(|| wrong(name))
    }

    fn list<T>(&self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, String> {
        let items = self.field(name)?.as_array().ok_or_else(|| wrong(name))?;
        items.iter().map(read).collect::<Option<_>>().ok_or_else(|| wrong(name))
    }

    fn numbers<T: TryFrom<u64>>(&self, name: &str) -> Result<Vec<T>, String> {
        self.list(name, number)
    }

    fn amount(&self, name: &str) -> Result<Amount, String> {
        Amount::from_cents(self.number(name)?).ok_or_else(|| wrong(name))
    }

    fn maybe_amount(&self, name: &str) -> Result<Option<Amount>, String> {
        self.maybe(name, |spoken| spoken.amount(name))
    }

    fn rate(&self, numerator: &str, denominator: &str) -> Result<Rate, String> {
        Rate::new(self.number(numerator)?, self.number(denominator)?).ok_or_else(|| wrong(numerator))
    }

    fn account(&self, name: &str) -> Result<AccountId, String> {
        self.word(name, |text| AccountId::from_text(text, self.prefix).ok())
    }

    fn hash(&self, name: &str) -> Result<Hash32, String> {
        self.word(name, Hash32::from_hex)
    }

    fn evidence(&self) -> Result<Hash32, String> {
        self.hash("evidence")
    }

    fn key(&self) -> Result<PublicKey, String> {
        self.word("key", PublicKey::from_hex)
    }

    fn purse(&self) -> Result<Purse, String> {
        Purse::from_code(self.number("purpose")?).map_err(|error| error.to_string())
    }

    fn roles(&self) -> Result<Roles, String> {
        let roles = self.list("roles", |word| Role::from_word(word.as_str()?))?;
        if roles.is_empty() { Err(wrong("roles")) } else { Ok(Roles::of(&roles)) }
    }
}

fn number<T: TryFrom<u64>>(value: &Value) -> Option<T> {
    T::try_from(value.as_u64()?).ok()
}

fn step(row: &Value) -> Option<Step> {
    let [from, numerator, denominator] = row.as_array()?.as_slice() else { return None };
    Some(Step { from: Amount::from_cents(number(from)?)?, rate: Rate::new(number(numerator)?, number(denominator)?)? })
}

fn wrong(name: &str) -> String {
    format!("the field '{name}' has a value that does not belong there")
}
