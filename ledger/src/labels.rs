//! What a member calls each key of the account ("Ana's old phone"), and since when: so that a list of devices can be read by people.
//!
//! ```text
//! table 29   account:16 ‖ key:32   sealed under the account's holder: since:u64 ‖ the label, UTF-8
//! ```

use crate::fault::Fault;
use crate::key::{AccountId, PublicKey};
use crate::ledger::Ledger;
use crate::records::{Change, Table};

const LABELS: Table = Table(29);
/// A label has at most so many bytes: two lines on a small screen.
pub const MAX_LABEL_BYTES: usize = 60;

/// What a key is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// As the member wrote it; at most [`MAX_LABEL_BYTES`], no control characters.
    pub text: String,
    /// When the key first had a label, in milliseconds.
    pub since: u64,
}

impl Label {
    /// Whether the text is one that is kept.
    pub fn is_sound(&self) -> bool {
        !self.text.trim().is_empty() && self.text.len() <= MAX_LABEL_BYTES && !self.text.chars().any(char::is_control)
    }

    fn encode(&self) -> Vec<u8> {
        [&self.since.to_be_bytes()[..], self.text.as_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Label> {
        let (since, text) = bytes.split_first_chunk()?;
        Some(Label { text: std::str::from_utf8(text).ok()?.to_owned(), since: u64::from_be_bytes(*since) })
    }
}

fn place(account: &AccountId, key: &PublicKey) -> Vec<u8> {
    [&account.0[..], key.as_bytes()].concat()
}

/// The label of an account's key; `None` when it has none, or when the member was erased.
///
/// # Errors
///
/// As reading records.
pub fn label(ledger: &Ledger, account: &AccountId, key: &PublicKey) -> Result<Option<Label>, Fault> {
    let place = place(account, key);
    let Some(sealed) = ledger.records().get(LABELS, &place)? else { return Ok(None) };
    let plain = ledger.directory().unseal(account, LABELS, &place, &sealed)?;
    Ok(plain.and_then(|plain| Label::decode(&plain)))
}

/// Keeps a label in the place of the one before, since whose time the key counts as named.
///
/// # Errors
///
/// As writing records.
pub fn keep_label(ledger: &Ledger, account: &AccountId, key: &PublicKey, new: Label) -> Result<(), Fault> {
    let place = place(account, key);
    let since = label(ledger, account, key)?.map_or(new.since, |known| known.since);
    let value = ledger.directory().seal(account, LABELS, &place, &Label { since, ..new }.encode())?;
    ledger.records().keep(&[Change::Put { table: LABELS, key: place, value }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_short_line_and_comes_back() {
        let label = |text: &str| Label { text: text.into(), since: 1_800_000_000_000 };
        assert_eq!(Label::decode(&label("Téléphone").encode()), Some(label("Téléphone")));
        assert_eq!((Label::decode(&[0; 7]), Label::decode(&[0, 0, 0, 0, 0, 0, 0, 0, 0xff])), (None, None));
        assert!(label(&"x".repeat(MAX_LABEL_BYTES)).is_sound());
        for wrong in ["", "  ", "two\nlines", &"x".repeat(MAX_LABEL_BYTES + 1)] {
            assert!(!label(wrong).is_sound(), "{wrong:?}");
        }
    }
}
