//! The audit with the journal: replays a folder of data, or a backup of it, from the first entry, or from where an earlier audit was.

use crate::audit::Ended;
use crate::audit::report::{Day, Question, Report, Verdict};
use crate::clock;
use crate::keys::{self, KeyFile};
use crate::language::Language;
use indicatif::ProgressBar;
use ledger::account::Medium;
use ledger::amount::Cents;
use ledger::audit::{Audit, AuditReport};
use ledger::fault::Fault;
use ledger::inspection::{self, Judgment, Statements};
use ledger::key::LedgerId;
use ledger::ledger::Ledger;
use ledger::memory::Memory;
use ledger::storage::{DiskFolder, Folder};
use serde_json::{Value, json};
use std::path::Path;

/// The key of the auditor's own in a folder of memory.
const KEY: &str = "auditor.key";

/// What the auditor remembers of the ledger of these data, in a folder of their own. The first time it is made, with a key.
pub fn memory(folder: &Path, data: &Path) -> Result<Memory, Ended> {
    let ledger = Ledger::id_in(data)?;
    let files = DiskFolder::new(folder).open(&ledger.to_string())?;
    let key = folder.join(KEY);
    if !key.exists() {
        keys::write_key(&key, "The key of an auditor's memory", &keys::draw()?, None)?;
    }
    Ok(Memory::new(files, KeyFile::read(&key)?.key, clock::now_ms()))
}

/// Replays what has to be replayed. With an id, the data have to be of that ledger.
pub fn report(audit: &Audit, meant: Option<&LedgerId>, language: Language) -> Result<Report, Fault> {
    of_ledger(audit.directory, meant)?;
    let bar = bar(audit.directory);
    let found = audit.run(|entries| bar.set_position(entries));
    bar.finish_and_clear();
    let found = found?;
    let mut report = told(&found, audit.directory, language);
    if audit.memory.is_some() {
        history(&found, &mut report);
    }
    Ok(report)
}

/// A finding, when the data are of another ledger than the one that is meant.
fn of_ledger(directory: &Path, meant: Option<&LedgerId>) -> Result<(), Fault> {
    let Some(meant) = meant else { return Ok(()) };
    let found = Ledger::id_in(directory)?;
    if found == *meant { Ok(()) } else { Err(Fault::Setup(format!("the data are of the ledger {found}, not of {meant}"))) }
}

/// A bar up to the size of the signed head; nothing when no terminal watches.
fn bar(directory: &Path) -> ProgressBar {
    let size = |name: &str| {
        let note = std::fs::read(directory.join("head").join(name)).ok()?;
        String::from_utf8(note).ok()?.lines().nth(1)?.parse::<u64>().ok()
    };
    let entries = ["head-0", "head-1"].into_iter().filter_map(size).max().unwrap_or(0);
    super::bar(entries)
}

fn told(found: &AuditReport, directory: &Path, language: Language) -> Report {
    let mut report = Report {
        language,
        subject: directory.display().to_string(),
        made: clock::now_ms(),
        name: found.name.clone(),
        symbol: found.symbol.clone(),
        ledger: found.ledger.to_string(),
        entries: found.entries,
        facts: facts(found, language),
        checks: Vec::new(),
        days: found.statements.sound.iter().map(Day::of).collect(),
        more: more(found),
    };
    recorded(found, &mut report);
    for (medium, circulation, cover) in &found.media {
        let (verdict, words) = covered(*medium, *circulation, *cover, language);
        report.check(Question::Covered, "cover", verdict, words);
    }
    let head = language.pick(
        "Le journal contient tout ce que la dernière tête signée annonce ({n} écritures).",
        "The journal holds all that the last signed head speaks of ({n} entries).",
    );
    report.check(Question::Rewritten, "head", Verdict::Good, head.replace("{n}", &found.head.to_string()));
    statements(&found.statements, &mut report);
    found.judgments.iter().for_each(|judgment| judged(judgment, &mut report));
    report
}

/// Which entries were verified, now and before.
fn recorded(found: &AuditReport, report: &mut Report) {
    let l = report.language;
    let (before, words) = match found.resumed_from {
        0 => (0, l.pick("Chaque écriture", "Every entry")),
        before => (before, l.pick("Chaque écriture ajoutée depuis", "Every entry since")),
    };
    let end = l.pick(
        "est signée par son auteur, suit les règles et mène à l’empreinte signée : {n} écritures.",
        "is signed by its author, keeps to the rules and leads to the signed fingerprint: {n} entries.",
    );
    if before > 0 {
        report.check(Question::Recorded, "earlier", Verdict::Good, verified_before(found, l));
    }
    let count = (found.entries - before).to_string();
    report.check(Question::Recorded, "journal", Verdict::Good, format!("{words} {}", end.replace("{n}", &count)));
}

/// What was not verified again, in words.
fn verified_before(found: &AuditReport, l: Language) -> String {
    let words = l.pick(
        "Les {n} premières écritures ont été vérifiées lors d’une vérification précédente (au plus tard le {d}), pas cette fois : \
         de leurs fichiers pleins, seuls la longueur et l’en-tête ont été comparés.",
        "The first {n} entries were verified by an earlier audit (on {d} at the latest), not again: of their full files only length and \
         header were compared.",
    );
    let date = found.earlier.map(|earlier| l.moment(earlier.time)).unwrap_or_default();
    words.replace("{n}", &found.resumed_from.to_string()).replace("{d}", &date)
}

/// What the auditor's memory says of the past.
fn history(found: &AuditReport, report: &mut Report) {
    let l = report.language;
    for why in &found.unused_memory {
        let words = l.pick("La mémoire de la vérification n’a pas pu servir", "The memory of the audit could not be used");
        report.check(Question::Rewritten, "memory", Verdict::Warning, format!("{words}{} {why}", l.colon()));
    }
    let Some(earlier) = found.earlier else { return report.begin_history() };
    let words = l.pick(
        "Le journal commence par les {n} écritures qu’une vérification précédente avait vues : la tête signée en est la suite.",
        "The journal begins with the {n} entries that an earlier audit saw: the signed head goes on from them.",
    );
    report.check(Question::Rewritten, "history", Verdict::Good, words.replace("{n}", &earlier.entries.to_string()));
}

/// Whether the published statements say what the journal says.
fn statements(found: &Statements, report: &mut Report) {
    let l = report.language;
    for wrong in &found.wrong {
        let words = l.pick("L’attestation de couverture n° {n} est FAUSSE", "Coverage statement {n} is WRONG");
        let words = format!("{}{} {}", words.replace("{n}", &wrong.number.to_string()), l.colon(), wrong.what);
        report.check(Question::Covered, "statement", Verdict::Wrong, words);
    }
    if found.wrong.is_empty() && found.checked > 0 {
        let words = l.pick(
            "Les {n} attestations publiées disent ce que dit le journal, et comptent le solde de chaque membre{b}.",
            "The {n} published statements say what the journal says, and count every member's balance{b}.",
        );
        let before = match found.before {
            0 => String::new(),
            before => {
                l.pick(" (dont {k} vérifiées précédemment)", " ({k} of them verified before)").replace("{k}", &before.to_string())
            }
        };
        let words = words.replace("{n}", &found.checked.to_string()).replace("{b}", &before);
        report.check(Question::Covered, "statements", Verdict::Good, words);
    }
}

/// Who is right about a member's complaint.
fn judged(judgment: &Judgment, report: &mut Report) {
    let l = report.language;
    let (verdict, end) = match judgment.verdict() {
        inspection::Verdict::Founded => (Verdict::Wrong, l.pick("elle est FONDÉE", "it is FOUNDED")),
        inspection::Verdict::Unfounded => (Verdict::Good, l.pick("elle n’est pas fondée", "it is not founded")),
        inspection::Verdict::NotProven if judgment.later => (
            Verdict::Warning,
            l.pick(
                "elle n’est pas prouvée, car cette sauvegarde s’arrête avant : demandez-en une plus récente",
                "it is not proved, as this backup ends before: ask for a newer one",
            ),
        ),
        inspection::Verdict::NotProven => (Verdict::Warning, l.pick("elle n’est pas prouvée", "it is not proved")),
    };
    let balance = match judgment.balance {
        Some(cents) => l.euros(Cents::new(i64::try_from(cents).unwrap_or(i64::MAX))),
        None => l.pick("inconnu", "unknown").into(),
    };
    let words = l.pick(
        "Réclamation sur l’attestation n° {n}{:} {e}. Solde dans le journal{:} {b}.",
        "Complaint about statement {n}{:} {e}. Balance in the journal{:} {b}.",
    );
    let words = words.replace("{n}", &judgment.complaint.statement.to_string()).replace("{:}", l.colon());
    report.check(Question::Covered, "complaint", verdict, words.replace("{e}", end).replace("{b}", &balance));
}

fn facts(found: &AuditReport, l: Language) -> Vec<(String, String)> {
    let rows = [
        (l.pick("Registre", "Ledger"), found.ledger.to_string()),
        (l.pick("Écritures vérifiées", "Entries verified"), verified(found, l)),
        (l.pick("Comptes", "Accounts"), found.accounts.to_string()),
        (l.pick("Dernière écriture", "Last entry"), l.moment(found.time)),
        (l.pick("Empreinte", "Fingerprint"), hex::encode(found.root)),
        (l.pick("Somme des soldes des membres", "Sum of the members' balances"), l.euros(found.balances)),
    ];
    rows.map(|(label, value)| (label.to_owned(), value)).into()
}

/// How many entries were verified, and how many of them before.
fn verified(found: &AuditReport, l: Language) -> String {
    match found.resumed_from {
        0 => found.entries.to_string(),
        before => format!("{} ({} {before})", found.entries, l.pick("dont précédemment", "of them before")),
    }
}

/// What a medium's figures say.
pub fn covered(medium: Medium, circulation: Cents, cover: Cents, l: Language) -> (Verdict, String) {
    let name = match medium {
        Medium::Digital => l.pick("Numérique", "Digital"),
        Medium::Paper => l.pick("Papier", "Paper"),
    };
    let words = l.pick("en circulation {c}, fonds de garantie {f} euros", "in circulation {c}, guarantee fund {f} euros");
    let words = words.replace("{c}", &l.euros(circulation)).replace("{f}", &l.euros(cover));
    let short = circulation.minus(cover).filter(|short| *short > Cents::ZERO);
    let (verdict, end) = match short {
        Some(short) => (Verdict::Wrong, format!("{} {}", l.pick("IL MANQUE", "SHORT BY"), l.euros(short))),
        None => (Verdict::Good, l.pick("couvert", "covered").to_owned()),
    };
    (verdict, format!("{name}{} {words} — {end}", l.colon()))
}

fn more(found: &AuditReport) -> Value {
    let medium = |(medium, circulation, cover): &(Medium, Cents, Cents)| json!({ "medium": medium.word(), "circulation": circulation.get(), "cover": cover.get(), "covered": cover >= circulation });
    json!({
        "accounts": found.accounts, "time": found.time, "root": hex::encode(found.root), "head": found.head,
        "resumed_from": found.resumed_from, "balances": found.balances.get(), "media": found.media.iter().map(medium).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::inspection::WrongStatement;

    fn found(circulation: i64, cover: i64) -> AuditReport {
        AuditReport {
            ledger: ledger::key::Hash32::of(b"x"),
            name: "L'Exemple".into(),
            symbol: "Ex".into(),
            entries: 7,
            accounts: 2,
            time: 0,
            root: [0; 32],
            head: 7,
            media: vec![(Medium::Digital, Cents::new(circulation), Cents::new(cover))],
            balances: Cents::new(circulation),
            statements: Statements::default(),
            judgments: Vec::new(),
            resumed_from: 0,
            earlier: None,
            unused_memory: Vec::new(),
        }
    }

    fn report(circulation: i64, cover: i64, language: Language) -> Report {
        told(&found(circulation, cover), Path::new("data"), language)
    }

    #[test]
    fn a_statement_that_lies_is_named_and_nothing_is_called_in_order() {
        let wrong = vec![WrongStatement { number: 3, what: "its digital circulation is 1.00".into() }];
        let found = AuditReport { statements: Statements { checked: 4, wrong, ..Statements::default() }, ..found(1_250, 1_250) };
        let report = told(&found, Path::new("data"), Language::Fr);
        assert!(report.text().contains("n° 3") && !report.text().contains("Tout est en ordre"));
        assert_eq!(report.json()["ok"], false);
    }

    #[test]
    fn a_treasurer_reads_what_is_covered_and_what_is_missing() {
        let french = report(1_250, 1_250, Language::Fr).text();
        assert!(french.contains("en circulation 12,50") && french.contains("couvert") && french.contains("Tout est en ordre"));
        let english = report(1_250, 1_000, Language::En);
        assert!(english.text().contains("SHORT BY 2.50") && english.text().contains("NOT IN ORDER"));
        assert_eq!(english.json()["ok"], false);
    }
}
