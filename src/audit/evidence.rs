//! A file of evidence: two checkpoints of one log that cannot both be true. It convinces by itself, whoever made it.

use crate::audit::Ended;
use crate::audit::report::{Question, Report, Verdict};
use crate::clock;
use crate::failure::Failure;
use crate::language::Language;
use ledger::fork::Fork;
use ledger::key::LedgerId;
use ledger::receipt::origin;
use serde_json::json;
use std::path::Path;

/// The longest file of evidence: two notes and a proof.
const MAX_BYTES: u64 = 64 << 10;

/// Judges a file. With an id, it has to be evidence about that ledger.
pub fn report(file: &Path, meant: Option<&LedgerId>, l: Language) -> Result<Report, Ended> {
    let read = || {
        let length = std::fs::metadata(file)?.len();
        if length > MAX_BYTES { Ok(Vec::new()) } else { std::fs::read(file) }
    };
    let bytes = read().map_err(|error| Failure::file("read", file, &error))?;
    let none = |why: String| Ended::NotMade(format!("{} is no evidence of a fork: {why}", file.display()));
    let fork = Fork::decode(&bytes).map_err(|error| none(error.to_string()))?;
    let (old, new) = fork.verify().map_err(|error| none(error.to_string()))?;
    let key = fork.key().map_err(|error| none(error.to_string()))?;
    if meant.is_some_and(|meant| origin(meant) != key.name) {
        return Err(none(format!("it speaks of {}", key.name)));
    }
    let facts = [
        (l.pick("Registre", "Ledger"), key.name.clone()),
        (l.pick("Clé qui a signé les deux", "Key that signed both"), key.to_string()),
        (l.pick("Tailles", "Sizes"), format!("{}, {}", old.size, new.size)),
    ];
    let mut report = Report {
        language: l,
        subject: file.display().to_string(),
        made: clock::now_ms(),
        name: key.name.clone(),
        symbol: String::new(),
        ledger: key.name.clone(),
        entries: new.size,
        facts: facts.map(|(label, value)| (label.to_owned(), value)).into(),
        checks: Vec::new(),
        days: Vec::new(),
        more: json!({ "log": key.to_string(), "sizes": [old.size, new.size] }),
    };
    let words = l.pick(
        "La même clé a signé deux histoires différentes de ce registre : l’une des deux est un mensonge. La preuve se suffit à elle-même.",
        "The same key signed two different histories of this ledger: one of them is a lie. The evidence stands by itself.",
    );
    report.check(Question::Rewritten, "fork", Verdict::Wrong, words);
    Ok(report)
}
