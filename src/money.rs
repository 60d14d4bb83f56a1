//! Euros as people type them, without a float on the way: `12`, `12,5`, `12.50`, `1 200,00`.

use ledger::amount::{Amount, MAX_AMOUNT};

/// Reads an amount of at least one cent.
pub fn amount(text: &str) -> Result<Amount, String> {
    let cents = cents(text)?;
    Amount::from_cents(cents).ok_or_else(|| match cents {
        0 => "an amount is at least 0.01".to_owned(),
        _ => format!("an amount is at most {} euros", MAX_AMOUNT / 100),
    })
}

/// Reads a number of cents, which may be none.
pub fn cents(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is no amount in euros: write it like 12, 12.50 or 12,50");
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}')).collect();
    let (whole, part) = plain.split_once([',', '.']).unwrap_or((&plain, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let pointed = plain.contains([',', '.']);
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 2 || (pointed && part.is_empty()) {
        return Err(wrong());
    }
    let euros: u64 = whole.parse().map_err(|_| wrong())?;
    let rest: u64 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
    euros.checked_mul(100).and_then(|cents| cents.checked_add(rest)).ok_or_else(wrong)
}

/// Reads the balance of a bank account, which may be overdrawn.
pub fn balance(text: &str) -> Result<i64, String> {
    let (sign, positive) = text.trim().strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let size = i64::try_from(cents(positive)?).map_err(|_| format!("'{text}' is more than any bank holds"))?;
    Ok(sign * size)
}

/// Cents as euros: `12.50`.
pub fn euros(cents: i64) -> String {
    let (sign, size) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        let rows = [("12", 1_200), ("12.5", 1_250), ("12,50", 1_250), ("0,01", 1), ("1 200,00", 120_000), ("007", 700)];
        for (text, expected) in rows {
            assert_eq!(amount(text).map(Amount::cents), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_with_a_sentence() {
        for text in ["", ",", "1,", ".5", "1.234", "-5", "+5", "1e3", "12€", "1,2,3", "99999999999999999999", "0", "0,00"] {
            assert!(amount(text).is_err(), "{text}");
        }
        assert!(amount("10000000000").is_ok());
        assert!(amount("10000000000.01").is_err());
    }

    #[test]
    fn a_balance_may_be_overdrawn_and_is_written_as_it_is_read() {
        for (text, cents) in [("12.50", 1_250), ("-3.05", -305), ("0.00", 0)] {
            assert_eq!((balance(text), euros(cents).as_str()), (Ok(cents), text));
        }
        assert!(balance("--1").is_err() && balance("-").is_err());
    }
}
