//! The letters that every SEPA bank writes (EPC217-08), and how other names are written with them.

use sepa::Transliteration;
use sepa::charset::{is_sepa_char, transliterate};

/// The longest name of an account's holder (EPC132-08, `Max70Text`).
pub const MAX_NAME: usize = 70;
/// The longest text that goes with a payment (EPC132-08, `Max140Text`).
pub const MAX_TEXT: usize = 140;

/// A holder's name as banks write it. `None` when nothing of it is left: then a person has to enter it in Latin letters.
pub fn name(text: &str) -> Option<String> {
    written(text, MAX_NAME)
}

/// What goes with a payment, as banks write it; empty when nothing is left.
pub fn remittance(text: &str) -> String {
    written(text, MAX_TEXT).unwrap_or_default()
}

/// Accents are left out, ligatures written as two letters, and what has no counterpart becomes a space; cut at `most` characters.
fn written(text: &str, most: usize) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !is_combining(*character)) {
        push(&mut plain, character);
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(most).collect();
    cut.contains(|character: char| character.is_ascii_alphanumeric()).then(|| cut.trim_end().to_owned())
}

fn push(plain: &mut String, character: char) {
    if is_sepa_char(character) {
        return plain.push(character);
    }
    if let Some(letters) = letters(character) {
        return plain.push_str(letters);
    }
    // The table writes "." where it knows nothing; as a part of a name that would be a letter that nobody has.
    let text = character.to_string();
    let known = transliterate(&text, Transliteration::Epc);
    plain.push_str(if known == "." { " " } else { &known });
}

/// Accents that stand behind their letter, as some systems write them.
fn is_combining(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// Two letters in one, which the table would write as the first alone, and the marks of typesetters, which it does not know.
fn letters(character: char) -> Option<&'static str> {
    Some(match character {
        'œ' => "oe",
        'Œ' => "OE",
        'æ' => "ae",
        'Æ' => "AE",
        'ß' => "ss",
        'ẞ' => "SS",
        'ĳ' => "ij",
        'Ĳ' => "IJ",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        '’' | '‘' | 'ʼ' => "'",
        '–' | '—' | '‑' => "-",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn french_and_foreign_names_are_written_with_the_letters_of_every_bank() {
        let written = [
            ("Épicerie de l'Été", "Epicerie de l'Ete"),
            ("Le Cœur & la Lumière", "Le Coeur + la Lumiere"),
            ("Straße", "Strasse"),
            ("L’Atelier", "L'Atelier"),
            ("E\u{301}picerie", "Epicerie"),
            ("  Chez\t Zoé \n", "Chez Zoe"),
            ("Café 😀 Soleil", "Cafe Soleil"),
            ("Αθήνα", "Athina"),
        ];
        for (name_given, expected) in written {
            assert_eq!(name(name_given).as_deref(), Some(expected), "{name_given}");
        }
    }

    #[test]
    fn a_name_of_which_nothing_is_left_is_refused() {
        for nothing in ["", " ", "مخبز", "😀😀", "...", "'-'"] {
            assert_eq!(name(nothing), None, "{nothing}");
        }
        assert_eq!(remittance("😀"), "");
    }

    #[test]
    fn a_long_name_is_cut_after_its_last_whole_character() {
        assert_eq!(name(&"é".repeat(200)).unwrap(), "e".repeat(MAX_NAME));
        assert_eq!(name(&format!("{} b", "a".repeat(69))).unwrap(), "a".repeat(69));
        assert_eq!(name(&"œ".repeat(200)).unwrap().len(), MAX_NAME);
    }

    proptest! {
        #[test]
        fn whatever_is_written_every_bank_can_read(text in "\\PC{0,300}") {
            if let Some(written) = name(&text) {
                prop_assert!(written.chars().all(is_sepa_char) && written.len() <= MAX_NAME && written.trim() == written);
                prop_assert_eq!(name(&written), Some(written.clone()));
            }
        }
    }
}
