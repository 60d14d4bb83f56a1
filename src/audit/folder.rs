//! The audit with the journal: replays a folder of data, or a backup of it, from the first entry.

use crate::audit::report::{Question, Report, Verdict};
use crate::clock;
use crate::language::Language;
use indicatif::{ProgressBar, ProgressStyle};
use ledger::account::Medium;
use ledger::amount::Cents;
use ledger::audit::{Audit, AuditReport};
use ledger::fault::Fault;
use ledger::inspection::{self, Judgment, Statements};
use ledger::key::LedgerId;
use ledger::ledger::Ledger;
use serde_json::{Value, json};
use std::path::Path;

/// Replays everything. With an id, the data have to be of that ledger.
pub fn report(audit: &Audit, meant: Option<&LedgerId>, language: Language) -> Result<Report, Fault> {
    of_ledger(audit.directory, meant)?;
    let bar = bar(audit.directory);
    let found = audit.run(|entries| bar.set_position(entries));
    bar.finish_and_clear();
    Ok(told(&found?, audit.directory, language))
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
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len}  {per_sec}  {eta}");
    ProgressBar::new(entries).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
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
        days: Vec::new(),
        more: more(found),
    };
    let recorded = language.pick(
        "Chaque écriture est signée par son auteur, suit les règles et mène à l’empreinte signée : {n} écritures.",
        "Every entry is signed by its author, keeps to the rules and leads to the signed fingerprint: {n} entries.",
    );
    report.check(Question::Recorded, "journal", Verdict::Good, recorded.replace("{n}", &found.entries.to_string()));
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
            "Les {n} attestations publiées disent ce que dit le journal, et comptent le solde de chaque membre.",
            "The {n} published statements say what the journal says, and count every member's balance.",
        );
        report.check(Question::Covered, "statements", Verdict::Good, words.replace("{n}", &found.checked.to_string()));
    }
}

/// Who is right about a member's complaint.
fn judged(judgment: &Judgment, report: &mut Report) {
    let l = report.language;
    let (verdict, end) = match judgment.verdict() {
        inspection::Verdict::Founded => (Verdict::Wrong, l.pick("elle est FONDÉE", "it is FOUNDED")),
        inspection::Verdict::Unfounded => (Verdict::Good, l.pick("elle n’est pas fondée", "it is not founded")),
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
        (l.pick("Écritures vérifiées", "Entries verified"), found.entries.to_string()),
        (l.pick("Comptes", "Accounts"), found.accounts.to_string()),
        (l.pick("Dernière écriture", "Last entry"), l.moment(found.time)),
        (l.pick("Empreinte", "Fingerprint"), hex::encode(found.root)),
        (l.pick("Somme des soldes des membres", "Sum of the members' balances"), l.euros(found.balances)),
    ];
    rows.map(|(label, value)| (label.to_owned(), value)).into()
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
        "balances": found.balances.get(), "media": found.media.iter().map(medium).collect::<Vec<_>>(),
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
        }
    }

    fn report(circulation: i64, cover: i64, language: Language) -> Report {
        told(&found(circulation, cover), Path::new("data"), language)
    }

    #[test]
    fn a_statement_that_lies_is_named_and_nothing_is_called_in_order() {
        let wrong = vec![WrongStatement { number: 3, what: "its digital circulation is 1.00".into() }];
        let found = AuditReport { statements: Statements { checked: 4, wrong, newest: None }, ..found(1_250, 1_250) };
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
