//! `currency.toml`: what a currency begins with, as an association writes it down, and the genesis that it becomes.

use crate::money;
use ledger::account::{Bank, Limits, LiquidityClass, Medium, Operator, Quorum, Role, Roles};
use ledger::amount::Amount;
use ledger::key::{Hash32, Prefix, PublicKey};
use ledger::rules::RULE_SET;
use ledger::transaction::{Genesis, Kind, MAX_RECOVERY_DELAY_MS};
use serde::Deserialize;

const HOUR_MS: u64 = 3_600_000;

/// A commented example.
pub const SAMPLE: &str = include_str!("currency.example.toml");

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    name: String,
    symbol: String,
    prefix: String,
    /// Who holds the fund's bank account.
    pub holder: String,
    /// The BIC of the bank account that members convert to.
    #[serde(default)]
    pub bic: String,
    self_opening: bool,
    /// A key that the association adds to a member's account is good after so many hours.
    #[serde(default = "three_days")]
    recovery_delay_hours: u64,
    /// The association's persons.
    pub operators: Vec<OperatorRow>,
    quorums: Vec<QuorumRow>,
    limits: Vec<LimitsRow>,
    banks: Vec<BankRow>,
}

/// A person of the association.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorRow {
    /// Their number.
    pub number: u16,
    roles: Vec<String>,
    /// Their public key; without one, a key file is made.
    pub key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuorumRow {
    act: String,
    persons: u8,
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsRow {
    level: u8,
    per_payment: Option<String>,
    held: Option<String>,
    paid_30_days: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BankRow {
    number: u16,
    medium: String,
    class: String,
    iban: String,
}

impl Currency {
    /// Reads the file's text.
    pub fn read(text: &str) -> Result<Currency, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
    }

    /// The IBAN that members convert to: that of the first digital bank account.
    pub fn iban(&self) -> Result<String, String> {
        let bank = self.banks.iter().find(|bank| bank.medium == Medium::Digital.word());
        iban(&bank.ok_or("no bank account has the medium `digital`")?.iban)
    }

    /// The first entry. `key_of` gives each person's key.
    pub fn genesis(
        &self,
        checkpoint_key: PublicKey,
        time: u64,
        key_of: impl Fn(&OperatorRow) -> Result<PublicKey, String>,
    ) -> Result<Genesis, String> {
        if Prefix::new(&self.prefix).is_none() {
            return Err(format!("the prefix '{}' is not 2 to 12 small letters", self.prefix));
        }
        let operator = |row: &OperatorRow| {
            let (key, roles) = (key_of(row)?, roles(&row.roles)?);
            Ok::<_, String>(Operator { number: row.number, key, roles })
        };
        Ok(Genesis {
            name: self.name.clone(),
            symbol: self.symbol.clone(),
            prefix: self.prefix.clone(),
            checkpoint_key,
            time,
            operators: self.operators.iter().map(operator).collect::<Result<_, _>>()?,
            quorums: self.quorums.iter().map(quorum).collect::<Result<_, _>>()?,
            limits: self.limits.iter().map(limits).collect::<Result<_, _>>()?,
            banks: self.banks.iter().map(bank).collect::<Result<_, _>>()?,
            self_opening: self.self_opening,
            rule_set: RULE_SET,
            recovery_delay_ms: recovery_delay(self.recovery_delay_hours)?,
        })
    }
}

/// Long enough for a member to see on another device that somebody asked for a key, also over a weekend.
fn three_days() -> u64 {
    72
}

fn recovery_delay(hours: u64) -> Result<u64, String> {
    let delay = hours.checked_mul(HOUR_MS).filter(|delay| *delay <= MAX_RECOVERY_DELAY_MS);
    delay.ok_or_else(|| format!("recovery_delay_hours is {hours}: it is at most {}", MAX_RECOVERY_DELAY_MS / HOUR_MS))
}

/// Reads an IBAN.
pub fn iban(text: &str) -> Result<String, String> {
    fund_office::iban::normalised(text).ok_or_else(|| format!("the IBAN '{text}' is mistyped: its check digits do not fit"))
}

/// The set of roles with these names.
pub fn roles(words: &[String]) -> Result<Roles, String> {
    let role = |word: &String| {
        Role::from_word(word).ok_or_else(|| format!("'{word}' is no role: operator, treasurer, board, auditor or sponsor"))
    };
    let roles = words.iter().map(role).collect::<Result<Vec<_>, _>>()?;
    if roles.is_empty() { Err("a person or a quorum has at least one role".into()) } else { Ok(Roles::of(&roles)) }
}

/// The code of an act's kind; `every` is 0.
pub fn act_code(word: &str) -> Result<u64, String> {
    if word == "every" {
        return Ok(0);
    }
    let kind = Kind::from_word(&word.replace('-', "_")).filter(|kind| kind.is_act());
    kind.map(Kind::code).ok_or_else(|| format!("'{word}' is no act of the association: see FORMATS.md, or write `every`"))
}

/// Reads a medium.
pub fn medium(word: &str) -> Result<Medium, String> {
    Medium::from_word(word).ok_or_else(|| format!("'{word}' is no medium: digital or paper"))
}

/// Reads a liquidity class.
pub fn class(word: &str) -> Result<LiquidityClass, String> {
    LiquidityClass::from_word(word).ok_or_else(|| format!("'{word}' is no liquidity class: sight, savings or term"))
}

fn quorum(row: &QuorumRow) -> Result<Quorum, String> {
    Ok(Quorum { act: act_code(&row.act)?, persons: row.persons, roles: roles(&row.roles)? })
}

fn limits(row: &LimitsRow) -> Result<Limits, String> {
    let cap = |text: &Option<String>| -> Result<Option<Amount>, String> { text.as_deref().map(money::amount).transpose() };
    Ok(Limits {
        level: row.level,
        per_payment: cap(&row.per_payment)?,
        held: cap(&row.held)?,
        paid_30_days: cap(&row.paid_30_days)?,
    })
}

fn bank(row: &BankRow) -> Result<Bank, String> {
    let iban = Hash32::of(iban(&row.iban)?.as_bytes());
    Ok(Bank { number: row.number, medium: medium(&row.medium)?, class: class(&row.class)?, iban })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    fn genesis_of(text: &str) -> Result<Genesis, String> {
        let key = keys::public(&keys::draw().unwrap());
        Currency::read(text)?.genesis(key, 0, |_| Ok(keys::public(&keys::draw().unwrap())))
    }

    #[test]
    fn the_sample_makes_a_genesis() {
        let genesis = genesis_of(SAMPLE).unwrap();
        assert!(genesis.operators.len() >= 3 && genesis.banks.len() == 2);
        assert!(genesis.quorums.iter().any(|quorum| quorum.act == 0));
        assert_eq!(genesis.recovery_delay_ms, 3 * 86_400_000);
        let unsaid = genesis_of(&SAMPLE.replace("recovery_delay_hours", "# recovery_delay_hours")).unwrap();
        assert_eq!(unsaid.recovery_delay_ms, genesis.recovery_delay_ms);
    }

    #[test]
    fn in_the_sample_one_person_alone_notes_and_stops_and_gives_nothing() {
        let genesis = genesis_of(SAMPLE).unwrap();
        let persons = |word: &str| {
            let code = act_code(word).unwrap();
            let own = genesis.quorums.iter().find(|quorum| quorum.act == code);
            own.or(genesis.quorums.iter().find(|quorum| quorum.act == 0)).unwrap().persons
        };
        let alone = genesis.quorums.iter().filter(|quorum| quorum.persons == 1).map(|quorum| quorum.act);
        let meant = ["record_credit", "revoke_key", "suspend_account"].map(|word| act_code(word).unwrap());
        assert_eq!(alone.collect::<std::collections::BTreeSet<_>>(), meant.into());
        for word in ["open_account", "classify_account", "bank_fee", "bank_return"] {
            assert_eq!(persons(word), 2, "{word}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        let rows = [
            ("name =", "nom =", "nom"),
            ("FR76 3000 6000 0112 3456 7890 189", "FR76 3000 6000 0112 3456 7890 188", "IBAN"),
            ("\"treasurer\"", "\"tresorier\"", "tresorier"),
            ("prefix = \"exemple\"", "prefix = \"Exemple\"", "prefix"),
            ("held = \"150\"", "held = \"cent\"", "cent"),
            ("act = \"every\"", "act = \"everything\"", "everything"),
            ("recovery_delay_hours = 72", "recovery_delay_hours = 721", "recovery_delay_hours"),
        ];
        for (good, bad, named) in rows {
            assert!(SAMPLE.contains(good), "{good}");
            let why = genesis_of(&SAMPLE.replacen(good, bad, 1)).err().unwrap();
            assert!(why.contains(named), "{why}");
        }
    }
}
