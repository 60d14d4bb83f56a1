//! Amounts as banks and tills write them, to cents. Exact: what is not whole cents is refused, never rounded.

/// The most cents that are read: ten million million euros, far beyond any account, and far below where sums overflow.
pub const MAX_CENTS: i64 = 1_000_000_000_000_000;
/// The most decimals that ISO 20022 has.
const MAX_DECIMALS: usize = 5;

/// Cents of a plain decimal number without sign: `12`, `12.3`, `12.30`, `12.30000`. The words say why it is none.
pub fn cents(text: &str) -> Result<i64, String> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let shaped = !whole.is_empty() && digits(whole) && digits(decimals) && decimals.len() <= MAX_DECIMALS;
    if !shaped || text.ends_with('.') {
        return Err(format!("'{}' is no amount: digits, a point and at most two decimals are expected", shown(text)));
    }
    let (hundredths, rest) = decimals.split_at(decimals.len().min(2));
    if rest.bytes().any(|byte| byte != b'0') {
        return Err(format!("the amount {text} has a part of a cent; it is not rounded here, ask the bank what it means"));
    }
    let whole: Option<i64> = whole.parse().ok();
    let hundredths: i64 = format!("{hundredths:0<2}").parse().unwrap_or(0);
    let cents = whole.and_then(|whole| whole.checked_mul(100)?.checked_add(hundredths));
    cents.filter(|cents| *cents <= MAX_CENTS).ok_or_else(|| format!("the amount {} is larger than any account", shown(text)))
}

/// Cents of a whole number in units of which one has so many decimals.
pub fn scaled(digits: &str, decimals: usize) -> Result<i64, String> {
    let number = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, rest) = number.split_at(number.len() - decimals);
    cents(&if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") })
}

/// A piece of a text that is wrong, short enough for a sentence.
pub fn shown(text: &str) -> String {
    const SHOWN: usize = 40;
    let cut: String = text.chars().take(SHOWN).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_cent() {
        let rows = [
            ("0", 0),
            ("12", 1_200),
            ("12.3", 1_230),
            ("12.30", 1_230),
            ("8.850", 885),
            ("5442.09000", 544_209),
            ("007.01", 701),
        ];
        for (text, expected) in rows {
            assert_eq!(cents(text), Ok(expected), "{text}");
        }
        assert_eq!(cents("10000000000000.00"), Ok(MAX_CENTS));
    }

    #[test]
    fn what_is_no_amount_or_has_parts_of_cents_is_refused() {
        for text in [
            "", ".", "1.", ".5", "1e5", "-0.001", "-5", "+5", "1,5", "1 000", "0.001", "1.005", "0.00001", "1.000000", "٣", "NaN",
        ] {
            assert!(cents(text).is_err(), "{text}");
        }
        for text in ["10000000000000.01", "99999999999999.99", "99999999999999999999999", "92233720368547758.08"] {
            assert!(cents(text).unwrap_err().contains("larger"), "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_scaled_exactly() {
        let rows =
            [("0000000000012345", 2, 12_345), ("5", 2, 5), ("1234500", 4, 12_345), ("123", 0, 12_300), ("12345", 3, 1_234)];
        for (digits, decimals, expected) in rows {
            assert_eq!(scaled(digits, decimals).ok(), (digits != "12345").then_some(expected), "{digits} {decimals}");
        }
        assert_eq!(scaled("12340", 3), Ok(1_234));
    }
}
