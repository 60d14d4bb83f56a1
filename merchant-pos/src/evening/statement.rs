//! The signed statement of a day: what this machine says a shop received and gave back, so that it cannot say otherwise later. Pure.
//!
//! ```text
//! liard/0123456789abcdef/pos/statements
//! account liard1…
//! day 2026-11-22
//! movements 12
//! received 123400
//! returned 500
//! file <64 hex digits: SHA-256 of the day's file>
//! as-of 1795388400000
//! made 1795391000000
//! ```
//! Amounts are whole cents of units. It is a C2SP signed note ([`ledger::note`]) under its first line as name, signed by the service's own
//! key, and made when the day is over in Paris and the ledger was read beyond it, by this machine's clock: one that is ahead signs
//! early, and what moved after `as-of` is not in it. Of days that began before the shop was followed nothing is said. The shop has [`OBJECTION_MS`] to
//! object, from when a key that may do so first read it, or it was mailed.

use ledger::SigningKey;
use ledger::key::{Hash32, LedgerId};
use ledger::note::{VerifierKey, sign};
use ledger::receipt::origin;

/// An objection is taken for so long after the shop had the statement: a week, with a Sunday and a holiday in it.
pub const OBJECTION_MS: u64 = 7 * 86_400_000;
/// An objection has at most so many characters.
pub const MAX_OBJECTION_CHARS: usize = 1_000;

/// What a statement says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayStatement {
    /// The account, as text.
    pub account: String,
    /// The day.
    pub day: String,
    /// How many movements.
    pub movements: u64,
    /// What came, in cents.
    pub received: u64,
    /// What went back.
    pub returned: u64,
    /// SHA-256 of the day's file.
    pub file: Hash32,
    /// Up to when the ledger was read.
    pub as_of: u64,
    /// When it was made.
    pub made: u64,
}

/// The name under which statements are signed.
pub fn name(ledger: &LedgerId) -> String {
    format!("{}/pos/statements", origin(ledger))
}

/// The key that verifies statements.
pub fn verifier(ledger: &LedgerId, signer: &SigningKey) -> VerifierKey {
    VerifierKey::signer(&name(ledger), signer.verifying_key().into())
}

impl DayStatement {
    /// The signed note.
    pub fn sign(&self, ledger: &LedgerId, signer: &SigningKey) -> String {
        let name = name(ledger);
        let DayStatement { account, day, movements, received, returned, file, as_of, made } = self;
        let body = format!(
            "{name}\naccount {account}\nday {day}\nmovements {movements}\nreceived {received}\nreturned {returned}\nfile {file}\n\
             as-of {as_of}\nmade {made}\n"
        );
        let line = sign(&body, &name, signer);
        format!("{body}\n{line}")
    }

    /// Reads the body of a note that this machine made.
    pub fn read(note: &str) -> Option<DayStatement> {
        let mut lines = note.lines().skip(1);
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(' ').map(str::to_owned);
        Some(DayStatement {
            account: value("account")?,
            day: value("day")?,
            movements: value("movements")?.parse().ok()?,
            received: value("received")?.parse().ok()?,
            returned: value("returned")?.parse().ok()?,
            file: Hash32::from_hex(&value("file")?)?,
            as_of: value("as-of")?.parse().ok()?,
            made: value("made")?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::note::Note;

    #[test]
    fn a_statement_is_a_signed_note_that_says_what_was_put_in() {
        let (ledger, signer) = (Hash32([9; 32]), SigningKey::from_bytes(&[7; 32]));
        let statement = DayStatement {
            account: "liard1x".into(),
            day: "2026-11-22".into(),
            movements: 3,
            received: 1_250,
            returned: 250,
            file: Hash32([5; 32]),
            as_of: 2,
            made: 3,
        };
        let note = statement.sign(&ledger, &signer);
        assert_eq!(DayStatement::read(&note).as_ref(), Some(&statement));
        let signed = Note::open(&note).unwrap().signed_by(&verifier(&ledger, &signer));
        assert!(signed.unwrap().is_some());
        let other = note.replace("received 1250", "received 1251");
        assert!(Note::open(&other).unwrap().signed_by(&verifier(&ledger, &signer)).is_err());
    }
}
