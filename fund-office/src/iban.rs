//! IBANs: without spaces, in capitals, and with check digits that fit (ISO 13616, mod 97).

/// The longest IBAN.
const LONGEST: usize = 34;
/// The shortest IBAN in use (Norway).
const SHORTEST: usize = 15;

/// The IBAN as machines write it, or `None` when it is mistyped.
pub fn normalised(text: &str) -> Option<String> {
    let iban: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let plain = iban.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let lengths = (SHORTEST..=LONGEST).contains(&iban.len());
    (plain && lengths && remainder(&iban) == 1).then_some(iban)
}

/// The number that the IBAN spells, its first four characters at the end and letters as 10 to 35, modulo 97.
fn remainder(iban: &str) -> u32 {
    let (head, tail) = iban.split_at(4);
    let digits = tail.chars().chain(head.chars()).filter_map(|c| c.to_digit(36));
    digits.fold(0, |rest, digit| (if digit < 10 { rest * 10 } else { rest * 100 } + digit) % 97)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_ibans_are_read_with_or_without_spaces() {
        assert_eq!(normalised("FR76 3000 6000 0112 3456 7890 189").as_deref(), Some("FR7630006000011234567890189"));
        assert_eq!(normalised("fr1420041010050500013m02606").as_deref(), Some("FR1420041010050500013M02606"));
    }

    #[test]
    fn a_mistyped_digit_or_a_foreign_character_is_noticed() {
        assert_eq!(normalised("FR7630006000011234567890188"), None);
        assert_eq!(normalised("FR76-3000"), None);
        assert_eq!(normalised(""), None);
        assert_eq!(normalised("FR76"), None);
    }
}
