//! Creditor references (ISO 11649): `RF`, two check digits, up to 21 letters and digits; and how to find them where people type them.

use super::text::MAX_REFERENCES;
use ledger::orders;

/// The longest reference.
const LONGEST: usize = 25;

/// Whether a text is a creditor reference with good check digits, in capitals and without spaces.
pub fn is_reference(text: &str) -> bool {
    orders::is_reference(text) && orders::normalised(text) == text
}

/// A reference as machines write it, if the text is one once spaces and case are forgiven.
pub fn normalised(text: &str) -> Option<String> {
    let plain = orders::normalised(text);
    is_reference(&plain).then_some(plain)
}

/// The references with good check digits in a text that a person typed: in any case, and written in groups or in one piece.
///
/// Where spaces leave it open how far a reference goes, each reading with good check digits is given, the longest first.
pub fn references_in(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().map(|c| c.to_ascii_uppercase()).collect();
    let mut found: Vec<String> = Vec::new();
    let starts = (0..chars.len().saturating_sub(3)).filter(|&at| {
        chars[at..].starts_with(&['R', 'F']) && chars[at + 2..at + 4].iter().filter(|c| c.is_ascii_digit()).count() == 2
    });
    for at in starts.take(MAX_REFERENCES) {
        let own_word = at == 0 || !chars[at - 1].is_ascii_alphanumeric();
        for reading in readings(&chars[at..], own_word) {
            if found.len() < MAX_REFERENCES && !found.contains(&reading) {
                found.push(reading);
            }
        }
    }
    found
}

/// What a text reads as from its start on: its first piece if that is a reference, else what is one over several pieces.
fn readings(chars: &[char], own_word: bool) -> Vec<String> {
    let mut plain = String::new();
    let mut good = Vec::new();
    let mut first_piece = true;
    for (place, c) in chars.iter().enumerate() {
        if plain.len() > LONGEST {
            break;
        }
        if c.is_ascii_alphanumeric() {
            plain.push(*c);
        }
        let ends = chars.get(place + 1).is_none_or(|next| !next.is_ascii_alphanumeric());
        if c.is_ascii_alphanumeric() && ends {
            if is_reference(&plain) {
                good.push(plain.clone());
                if first_piece {
                    break;
                }
            }
            first_piece = false;
        }
        let joins = c.is_ascii_alphanumeric() || (own_word && (c.is_whitespace() || matches!(c, '-' | '.')));
        if !joins {
            break;
        }
    }
    good.reverse();
    good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_however_they_are_typed() {
        let rows = [
            "RF18539007547034",
            "conversion RF18539007547034 merci",
            "Réf:rf18539007547034.",
            "RF18 5390 0754 7034",
            "rf18 5390 0754 7034 de la part de Anne",
            "RF18-5390-0754-7034",
            "VIR DUPONTRF18539007547034",
            "RF1853900\u{a0}7547034",
        ];
        for text in rows {
            assert!(references_in(text).contains(&"RF18539007547034".to_owned()), "{text}: {:?}", references_in(text));
        }
        assert_eq!(references_in("RF18539007547034 et RF712348231, RF18539007547034"), ["RF18539007547034", "RF712348231"]);
    }

    #[test]
    fn what_has_wrong_check_digits_is_none() {
        for text in ["RF18539007547043", "RF19539007547034", "RF18", "RF", "", "RFC 2119", "RFé8539007547034", "merci"] {
            assert_eq!(references_in(text), Vec::<String>::new(), "{text}");
        }
        assert!(is_reference("RF712348231") && !is_reference("rf712348231") && !is_reference("RF71 2348 231"));
        assert_eq!(normalised(" rf71 2348 231").as_deref(), Some("RF712348231"));
    }

    #[test]
    fn a_text_full_of_beginnings_ends_soon() {
        assert!(references_in(&"RF18 ".repeat(100_000)).len() <= MAX_REFERENCES);
    }
}
