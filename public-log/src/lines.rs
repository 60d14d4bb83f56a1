//! Signature lines under a note: those that a known key really made.

use ledger::note::{Note, Signed, VerifierKey};

/// Of so many lines at most one is looked for: a witness with more keys than that is none that is known here.
const MAX_LINES: usize = 16;

/// The first of `lines`, with its newline, that is a good signature of `key` over `body`, and what it says.
pub fn good_line<'l>(body: &str, lines: &'l str, key: &VerifierKey) -> Option<(&'l str, Signed)> {
    lines.split_inclusive('\n').take(MAX_LINES).find_map(|line| {
        let alone = format!("{body}\n{line}");
        let note = Note::open(&alone).ok().filter(|note| note.body() == body)?;
        note.signed_by(key).ok().flatten().map(|signed| (line, signed))
    })
}

/// The lines under a note.
pub fn lines_of<'n>(text: &'n str, note: &Note) -> &'n str {
    text.get(note.body().len() + 1..).unwrap_or_default()
}
