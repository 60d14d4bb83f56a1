//! Acts as plain JSON: the kind's word and its fields, for a page to put into sentences of any language.
//!
//! Amounts are cents, times milliseconds, accounts texts, hashes hex; `purpose` is the code of the format (0 cover, 1 own money,
//! 2 fees due). One `match` over every act, so that a new kind cannot be forgotten. [`act`] reads the same words back.

mod read;

pub use read::act;

use ledger::account::{Campaign, FeeRule, GiftRule, Limits, Roles, Scope};
use ledger::entry::Recorded;
use ledger::key::{AccountId, Prefix, PublicKey};
use ledger::transaction::{Act, Body};
use serde_json::{Map, Value, json};

/// An act in words.
pub fn words(act: &Act, prefix: &Prefix) -> Value {
    let text = |account: &AccountId| account.to_text(prefix);
    let fields = match act {
        Act::OpenAccount(open) => json!({
            "account_kind": open.kind.word(), "key": open.key.to_string(), "level": open.level, "groups": open.groups,
        }),
        Act::AddKey { account, key, scope } => add_key(&text(account), key, scope, prefix),
        Act::RevokeKey { account, key } => json!({ "account": text(account), "key": key.to_string() }),
        Act::CloseAccount { account } | Act::ResumeAccount { account } | Act::RedeemStanding { account } => {
            json!({ "account": text(account) })
        }
        Act::ClassifyAccount { account, level, groups } => json!({ "account": text(account), "level": level, "groups": groups }),
        Act::SuspendAccount { account, reason } => json!({ "account": text(account), "reason": reason }),
        Act::RecordCredit { bank, credit, amount } => {
            json!({ "bank": bank, "credit": credit.to_string(), "amount": amount.cents() })
        }
        Act::Convert { bank, credit, amount, account } => {
            json!({ "bank": bank, "credit": credit.to_string(), "amount": amount.cents(), "account": text(account) })
        }
        Act::ReturnCredit { credit, amount, evidence } | Act::BankReturn { credit, amount, evidence } => {
            json!({ "credit": credit.to_string(), "amount": amount.cents(), "evidence": evidence.to_string() })
        }
        Act::FundDeposit { bank, amount, purse, evidence, settles } => json!({
            "bank": bank, "amount": amount.cents(), "purpose": purse.code(), "evidence": evidence.to_string(),
            "account": settles.as_ref().map(text),
        }),
        Act::FundWithdrawal { bank, amount, purse, evidence } => {
            json!({ "bank": bank, "amount": amount.cents(), "purpose": purse.code(), "evidence": evidence.to_string() })
        }
        Act::BankFee { bank, amount, evidence } => {
            json!({ "bank": bank, "amount": amount.cents(), "evidence": evidence.to_string() })
        }
        Act::SponsorDeposit { bank, campaign, amount, evidence } => {
            json!({ "bank": bank, "campaign": campaign, "amount": amount.cents(), "evidence": evidence.to_string() })
        }
        Act::SponsorReturn { campaign, amount, evidence } => {
            json!({ "campaign": campaign, "amount": amount.cents(), "evidence": evidence.to_string() })
        }
        Act::PublishCampaign(campaign) => campaign_words(campaign),
        Act::PublishFee(rule) => fee_words(rule, prefix),
        Act::PublishGift(rule) => gift_words(rule),
        Act::GiveGifts { gift, period, evidence } => {
            json!({ "gift": gift, "period": period, "evidence": evidence.to_string() })
        }
        Act::OrderRedemptions { bank, redemptions, evidence } => {
            json!({ "bank": bank, "redemptions": redemptions, "evidence": evidence.to_string() })
        }
        Act::PassOn { account, heir, evidence } => {
            json!({ "account": text(account), "heir": text(heir), "evidence": evidence.to_string() })
        }
        Act::RedemptionPaid { redemption, bank, evidence } => {
            json!({ "redemption": redemption, "bank": bank, "evidence": evidence.to_string() })
        }
        Act::RedemptionReturned { redemption, evidence } => {
            json!({ "redemption": redemption, "evidence": evidence.to_string() })
        }
        Act::IssueNotes { amount, evidence } | Act::RetireNotes { amount, evidence } => {
            json!({ "amount": amount.cents(), "evidence": evidence.to_string() })
        }
        Act::FundMove { bank_out, bank_in, amount, evidence } => json!({
            "bank_out": bank_out, "bank_in": bank_in, "amount": amount.cents(), "evidence": evidence.to_string(),
        }),
        Act::Correct { sequence, reason } => json!({ "sequence": sequence, "reason": reason }),
        Act::RotateCheckpointKey { key } => json!({ "key": key.to_string() }),
        Act::Upgrade { rule_set } => json!({ "rule_set": rule_set }),
        Act::AppointOperator(operator) => json!({
            "operator": operator.number, "key": operator.key.to_string(), "roles": role_words(operator.roles),
        }),
        Act::DismissOperator { operator } => json!({ "operator": operator }),
        Act::SetQuorum(quorum) => json!({
            "act": quorum.act, "act_kind": act_word(quorum.act), "persons": quorum.persons, "roles": role_words(quorum.roles),
        }),
        Act::SetLimits(limits) => limits_words(limits),
        Act::AddBank(bank) => json!({
            "bank": bank.number, "medium": bank.medium.word(), "class": bank.class.word(), "iban_hash": bank.iban.to_string(),
        }),
        Act::Pledge { medium, amount, evidence } | Act::ReleasePledge { medium, amount, evidence } => {
            json!({ "medium": medium.word(), "amount": amount.cents(), "evidence": evidence.to_string() })
        }
    };
    with_kind(act.kind().word(), fields)
}

fn with_kind(kind: &str, fields: Value) -> Value {
    let mut words = Map::from_iter([("kind".to_owned(), Value::from(kind))]);
    if let Value::Object(fields) = fields {
        words.extend(fields);
    }
    Value::Object(words)
}

fn add_key(account: &str, key: &PublicKey, scope: &Scope, prefix: &Prefix) -> Value {
    let (per_payment, per_day, payee) = match scope {
        Scope::Full | Scope::Read => (None, None, None),
        Scope::Limited(cap) | Scope::CardService(cap) => (Some(cap.per_payment), Some(cap.per_day), None),
        Scope::Till { per_day } => (None, Some(*per_day), None),
        Scope::Collect(cap, payee) => (Some(cap.per_payment), Some(cap.per_day), Some(payee.to_text(prefix))),
    };
    json!({
        "account": account, "key": key.to_string(), "scope": scope.word(), "payee": payee,
        "per_payment": per_payment.map(|cap| cap.cents()), "per_day": per_day.map(|cap| cap.cents()),
    })
}

/// The steps of a campaign's rate are lists of three numbers: threshold, numerator, denominator.
fn campaign_words(campaign: &Campaign) -> Value {
    let step = |step: &ledger::account::Step| [step.from.cents(), step.rate.numerator(), step.rate.denominator()];
    let steps: Vec<[u64; 3]> = campaign.steps.iter().map(step).collect();
    json!({
        "campaign": campaign.number, "version": campaign.version, "bank": campaign.bank,
        "numerator": campaign.rate.numerator(), "denominator": campaign.rate.denominator(),
        "start": campaign.start, "end": campaign.end, "budget": campaign.budget.cents(), "cap": campaign.cap.cents(),
        "periods": campaign.periods, "groups": campaign.groups, "order": campaign.order,
        "least": campaign.least.cents(), "most": campaign.most.cents(), "steps": steps, "sponsor": campaign.sponsor,
    })
}

fn fee_words(rule: &FeeRule, prefix: &Prefix) -> Value {
    json!({
        "version": rule.version, "numerator": rule.rate.numerator(), "denominator": rule.rate.denominator(),
        "least": rule.least, "from": rule.from, "exempt": rule.exempt,
        "given_numerator": rule.given.map(|rate| rate.numerator()), "given_denominator": rule.given.map(|rate| rate.denominator()),
        "beneficiary": rule.beneficiary.map(|account| account.to_text(prefix)),
    })
}

fn gift_words(rule: &GiftRule) -> Value {
    json!({
        "gift": rule.number, "version": rule.version, "bank": rule.bank,
        "numerator": rule.rate.numerator(), "denominator": rule.rate.denominator(),
        "periods": rule.periods, "least_members": rule.least_members, "budget": rule.budget.cents(),
    })
}

fn limits_words(limits: &Limits) -> Value {
    let cents = |cap: Option<ledger::amount::Amount>| cap.map(|amount| amount.cents());
    json!({
        "level": limits.level, "per_payment": cents(limits.per_payment), "held": cents(limits.held),
        "paid_30_days": cents(limits.paid_30_days),
    })
}

fn role_words(roles: Roles) -> Vec<&'static str> {
    roles.list().map(|role| role.word()).collect()
}

/// The word of an act's code; none for 0, which stands for every act without a quorum of its own.
fn act_word(code: u64) -> Option<&'static str> {
    ledger::transaction::Kind::from_code(code).map(|kind| kind.word())
}

/// What the rules made of an operator's entry: whether the act was executed by it, and what came of it. Absent is left out.
pub fn outcome(entry: &Recorded, prefix: &Prefix) -> Value {
    let outcome = &entry.outcome;
    let orders = matches!(entry.transaction.body, Body::Propose(_) | Body::Approve { .. });
    let mut words = Map::from_iter([("executed".to_owned(), Value::from(orders && outcome.approvals.is_none()))]);
    let numbers = [
        ("converted", outcome.converted),
        ("bonus", Some(outcome.bonus()).filter(|cents| *cents > 0)),
        ("left_unmatched", outcome.left_unmatched),
        ("fee", outcome.fee),
        ("net", outcome.net),
        ("approvals", outcome.approvals.map(u64::from)),
        ("taken_back", outcome.taken_back),
        ("receivable", outcome.receivable),
        ("from_own", outcome.from_own),
        ("sponsor_returned", outcome.sponsor_returned),
    ];
    for (name, number) in numbers {
        words.extend(number.map(|number| (name.to_owned(), Value::from(number))));
    }
    let given = |given: &ledger::outcome::Given| json!({ "account": given.account.to_text(prefix), "cents": given.cents, "members": given.members });
    if !outcome.given.is_empty() {
        words.insert("given".to_owned(), outcome.given.iter().map(given).collect());
    }
    words.extend(outcome.opened.map(|account| ("opened".to_owned(), Value::from(account.to_text(prefix)))));
    Value::Object(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::transaction::{Kind, Transaction};
    use std::collections::BTreeSet;

    /// Every act of the golden vectors.
    fn acts() -> Vec<Act> {
        let golden = include_str!("../../ledger/tests/golden.txt");
        let payloads = golden.lines().filter(|line| line.starts_with("act.")).filter_map(|line| line.split_once(".payload = "));
        let act = |hex: &str| match Transaction::decode(&hex::decode(hex).unwrap()).unwrap().body {
            Body::Propose(act) => act,
            other => panic!("{other:?}"),
        };
        payloads.map(|(_, hex)| act(hex)).collect()
    }

    #[test]
    fn every_act_is_told_in_words_and_read_back() {
        let prefix = Prefix::new("liard").unwrap();
        let mut kinds = BTreeSet::new();
        for known in acts() {
            assert_eq!(act(&words(&known, &prefix), &prefix).as_ref(), Ok(&known));
            kinds.insert(known.kind());
        }
        let missing: Vec<_> = Kind::ALL.iter().filter(|kind| kind.is_act() && !kinds.contains(kind)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn words_with_a_field_too_few_too_many_or_wrong_are_refused_by_its_name() {
        let prefix = Prefix::new("liard").unwrap();
        for known in acts() {
            let whole = words(&known, &prefix);
            let fields = whole.as_object().unwrap();
            for name in fields.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name) {
                let mut wrong = fields.clone();
                wrong[name] = json!({ "no": "value" });
                let said = act(&Value::Object(wrong), &prefix).unwrap_err();
                assert!(said.contains(name) || said.contains("given_numerator"), "{name}: {said}");
            }
            let mut more = fields.clone();
            more.insert("colour".into(), json!("red"));
            assert!(act(&Value::Object(more), &prefix).unwrap_err().contains("colour"));
        }
        for words in [json!(null), json!([]), json!({}), json!({ "kind": "transfer" }), json!({ "kind": "convert" })] {
            assert!(act(&words, &prefix).is_err(), "{words}");
        }
        let disordered = json!({ "kind": "order_redemptions", "bank": 1, "redemptions": [2, 1], "evidence": "00".repeat(32) });
        assert!(act(&disordered, &prefix).unwrap_err().contains("ascending"));
    }
}
