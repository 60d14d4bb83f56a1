//! Texts of banks: without line breaks and double spaces, and not longer than a person reads.

use super::Unreadable;
use documents::table::shown;
use ledger::coverage::Date;

/// The longest name that is kept: the longest in ISO 20022.
pub const MAX_NAME_CHARS: usize = 140;
/// The longest text that is kept: four times the longest remittance information of SEPA.
pub const MAX_TEXT_CHARS: usize = 560;
/// The most references of one line that are kept.
pub const MAX_REFERENCES: usize = 16;
/// The longest identifier that is taken: a longer one is none, and must not be cut.
const MAX_ID_CHARS: usize = 140;

/// The words of a text with one space between them, or `None` when there are none.
pub fn words(text: &str, most: usize) -> Option<String> {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.chars().nth(most).is_some() {
        return Some(joined.chars().take(most - 1).chain(['…']).collect());
    }
    (!joined.is_empty()).then_some(joined)
}

/// A name, unless it says that there is none.
pub fn name(text: &str) -> Option<String> {
    provided(words(text, MAX_NAME_CHARS))
}

/// An identifier, unless it says that there is none.
pub fn identifier(text: &str, line: usize) -> Result<Option<String>, Unreadable> {
    if text.chars().nth(MAX_ID_CHARS).is_some()
        && words(text, usize::MAX).is_some_and(|id| id.chars().nth(MAX_ID_CHARS).is_some())
    {
        let why =
            format!("the identifier '{}' is longer than {MAX_ID_CHARS} characters; ask the bank for a correct file", shown(text));
        return Err(Unreadable::at(line, why));
    }
    Ok(provided(words(text, usize::MAX)))
}

/// What is provided: not `NOTPROVIDED`, which payers' banks write where nothing was.
fn provided(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.replace([' ', '_', '-'], "").eq_ignore_ascii_case("NOTPROVIDED"))
}

/// An account as the bank names it: without spaces, in capitals.
pub fn account(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).take(MAX_NAME_CHARS).collect();
    let plain = plain.to_ascii_uppercase();
    provided((!plain.is_empty()).then_some(plain))
}

/// The day of a date or of a date and time, as ISO 8601 has them: `2026-11-22`, `2026-11-22+01:00`, `2026-11-22T18:30:00.000Z`.
pub fn iso_date(text: &str) -> Option<Date> {
    let (day, rest) = text.split_at_checked(10)?;
    matches!(rest.chars().next(), None | Some('T' | ' ' | 'Z' | '+' | '-')).then(|| Date::parse(day)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lose_line_breaks_and_length() {
        assert_eq!(words("  Merci \r\n  beaucoup\t! ", 40).as_deref(), Some("Merci beaucoup !"));
        assert_eq!(words(" \n ", 40), None);
        assert_eq!(words("Café crème", 5).as_deref(), Some("Café…"));
        assert_eq!(words("Café!", 5).as_deref(), Some("Café!"));
    }

    #[test]
    fn what_was_not_provided_is_nothing() {
        assert_eq!(name("NOTPROVIDED"), None);
        assert_eq!(identifier(" Not Provided ", 1), Ok(None));
        assert_eq!(account("notprovided"), None);
    }

    #[test]
    fn an_identifier_is_never_cut() {
        assert_eq!(identifier(&"A".repeat(140), 1), Ok(Some("A".repeat(140))));
        assert!(identifier(&"A".repeat(141), 7).unwrap_err().to_string().starts_with("line 7: the identifier"));
    }

    #[test]
    fn dates_are_real_days() {
        for text in ["2026-11-22", "2026-11-22T18:30:00.000000000", "2026-11-22Z", "2026-11-22+01:00"] {
            assert_eq!(iso_date(text), Date::new(2026, 11, 22), "{text}");
        }
        for text in ["2026-02-30", "2026-11-2", "22/11/2026", "2026-11-220", "", "2026-11-2é"] {
            assert_eq!(iso_date(text), None, "{text}");
        }
    }
}
