//! A file of evidence: two checkpoints of one key that cannot both be true, whoever made the file. Whose the key is, it cannot say.

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

/// Judges a file. With an id, it has to name that ledger.
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
        "La même clé a signé deux histoires différentes : l’une des deux est un mensonge.",
        "The same key signed two different histories: one of them is a lie.",
    );
    report.check(Question::Rewritten, "fork", Verdict::Wrong, words);
    let words = l.pick(
        "À qui est cette clé : comparez-la avec celle de la monnaie, ou « liard verify FICHIER --url ADRESSE ».",
        "Whose key that is: compare it with the currency’s, or `liard verify FILE --url ADDRESS`.",
    );
    report.check(Question::Rewritten, "whose_key", Verdict::Open, words);
    Ok(report)
}
