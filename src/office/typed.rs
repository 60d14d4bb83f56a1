//! What people type for an act, read strictly: hashes, evidence, keys, rates.

use crate::money;
use ledger::account::{AccountKind, Step};
use ledger::amount::Rate;
use ledger::key::{AccountId, AccountTextError, Hash32, Prefix, PublicKey};
use ledger::transaction::Purse;

/// 64 hexadecimal digits.
pub fn hash(text: &str) -> Result<Hash32, String> {
    Hash32::from_hex(text).ok_or_else(|| format!("'{text}' is no hash: it has 64 hexadecimal digits"))
}

/// A document: its hash, or the file, whose hash is taken.
pub fn evidence(text: &str) -> Result<Hash32, String> {
    if let Some(hash) = Hash32::from_hex(text) {
        return Ok(hash);
    }
    let bytes =
        std::fs::read(text).map_err(|error| format!("'{text}' is neither a hash nor a file that can be read: {error}"))?;
    Ok(Hash32::of(&bytes))
}

/// A public key.
pub fn key(text: &str) -> Result<PublicKey, String> {
    PublicKey::from_hex(text)
        .ok_or_else(|| format!("'{text}' is no public key: it has 64 hexadecimal digits, as `liard key` shows"))
}

/// A kind of account.
pub fn account_kind(text: &str) -> Result<AccountKind, String> {
    let kind = AccountKind::from_word(&text.replace('-', "_"));
    kind.ok_or_else(|| format!("'{text}' is no kind of account: resident, professional, association or public-body"))
}

/// What the euros are for.
pub fn purse(text: &str) -> Result<Purse, String> {
    match text {
        "cover" => Ok(Purse::Cover),
        "own" => Ok(Purse::Own),
        "fees-due" | "fees_due" => Ok(Purse::FeesDue),
        _ => Err(format!("'{text}' is no purpose: cover, own or fees-due")),
    }
}

/// A fraction `1/5`, or a percentage `20%` with at most two decimals.
pub fn rate(text: &str) -> Result<Rate, String> {
    let wrong = || format!("'{text}' is no rate: write it like 1/5 or 20%");
    let (numerator, denominator) = match (text.split_once('/'), text.strip_suffix('%')) {
        (Some((above, below)), _) => (above.trim().parse().map_err(|_| wrong())?, below.trim().parse().map_err(|_| wrong())?),
        (None, Some(percent)) => (money::cents(percent.trim()).map_err(|_| wrong())?, 10_000),
        (None, None) => return Err(wrong()),
    };
    let divisor = gcd(numerator, denominator).max(1);
    Rate::new(numerator / divisor, denominator / divisor).ok_or_else(wrong)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// An account of this currency.
pub fn account(text: &str, prefix: &Prefix) -> Result<AccountId, String> {
    AccountId::from_text(text, prefix).map_err(|error| match error {
        AccountTextError::Mistyped => format!("the account '{text}' is mistyped: compare it with the member's"),
        AccountTextError::OtherCurrency => {
            format!("the account '{text}' is one of another currency: here they begin with {prefix}")
        }
    })
}

/// Groups, times or entries in the order that the format wants.
pub fn ascending<T: Ord + Clone>(numbers: &[T]) -> Vec<T> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// One row of a campaign's table of rates, like `100=10%`: above a hundred euros ten per cent.
pub fn step(text: &str) -> Result<Step, String> {
    let (above, share) = text.split_once('=').ok_or_else(|| format!("'{text}' is no step: write it like 100=10%"))?;
    Ok(Step { from: money::amount(above.trim())?, rate: rate(share.trim())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_fractions_or_percentages_in_lowest_terms() {
        for (text, numerator, denominator) in [("1/5", 1, 5), ("20%", 1, 5), ("2,5 %", 1, 40), ("0%", 0, 1), ("10/40", 1, 4)] {
            let rate = rate(text).unwrap();
            assert_eq!((rate.numerator(), rate.denominator()), (numerator, denominator), "{text}");
        }
        for text in ["", "20", "1/0", "-1/5", "0.2", "1/5/2", "2000%", "1.234%"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_step_is_a_threshold_in_euros_and_a_rate_above_it() {
        let step = step("100=2,5%").unwrap();
        assert_eq!((step.from.cents(), step.rate.numerator(), step.rate.denominator()), (10_000, 1, 40));
        assert!(super::step("100").is_err() && super::step("0=5%").is_err());
    }

    #[test]
    fn evidence_is_a_hash_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("statement.pdf");
        std::fs::write(&file, b"paid").unwrap();
        assert_eq!(evidence(file.to_str().unwrap()), Ok(Hash32::of(b"paid")));
        assert_eq!(evidence(&Hash32::of(b"paid").to_string()), Ok(Hash32::of(b"paid")));
        assert!(evidence("no such file").is_err());
    }
}
