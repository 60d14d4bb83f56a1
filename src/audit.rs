//! `liard audit DIR`: replays a ledger from its first entry, believing nothing but signatures and rules, and says what it found in
//! words that a treasurer signs.
//!
//! It takes the folder's locks; copy the folder first if it is on read-only storage or in use.
//!
//! Exit status: 0 all in order, 1 something is off, 2 the audit could not be made (a folder that is in use, or cannot be read).

use crate::office::typed::hash;
use crate::{cores, dates};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use ledger::account::Medium;
use ledger::amount::Cents;
use ledger::audit::{AuditReport, audit};
use ledger::fault::Fault;
use ledger::inspection::WrongStatement;
use ledger::key::LedgerId;
use ledger::ledger::Ledger;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The folder of the data.
    directory: PathBuf,
    /// The id of the ledger that the data have to be of, as it was printed and published. The data name themselves: without this, an
    /// audit of another ledger is in order too.
    #[arg(long, value_name = "ID", value_parser = hash)]
    ledger: Option<LedgerId>,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
    /// The language of the summary; else that of LANG.
    #[arg(long)]
    lang: Option<Language>,
    /// So many threads verify signatures; else one per core.
    #[arg(long)]
    threads: Option<usize>,
}

/// A language of the summary.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Language {
    /// French.
    Fr,
    /// English.
    En,
}

/// The audit could not be made.
const NOT_MADE: u8 = 2;

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    let threads = options.threads.unwrap_or_else(cores::count);
    let bar = bar(&options.directory);
    let result = of_ledger(&options.directory, options.ledger.as_ref());
    let result = result.and_then(|()| audit(&options.directory, threads, |entries| bar.set_position(entries)));
    bar.finish_and_clear();
    let language = options.lang.unwrap_or_else(language_here);
    match (&result, options.json) {
        (Ok(report), true) => say!("{}", report_json(report)),
        (Ok(report), false) => say!("{}", summary(report, language).trim_end()),
        (Err(fault), true) => say!("{}", fault_json(fault)),
        (Err(fault), false) => eprintln!("{}", refusal(fault, language)),
    }
    match result {
        Ok(report) if covered(&report) && report.statements.wrong.is_empty() => ExitCode::SUCCESS,
        Ok(_) | Err(Fault::Damage(_) | Fault::Setup(_)) => ExitCode::FAILURE,
        Err(_) => ExitCode::from(NOT_MADE),
    }
}

/// A finding, when the data are of another ledger than the one that is meant.
fn of_ledger(directory: &Path, meant: Option<&LedgerId>) -> Result<(), Fault> {
    let Some(meant) = meant else { return Ok(()) };
    let found = Ledger::id_in(directory)?;
    if found == *meant { Ok(()) } else { Err(Fault::Setup(format!("the data are of the ledger {found}, not of {meant}"))) }
}

fn fault_json(fault: &Fault) -> serde_json::Value {
    let why = fault.to_string();
    json!({ "ok": false, "audited": is_finding(fault), "entry": entry_in(&why), "why": why })
}

/// True when the fault says something about the ledger, and not only about the machine.
fn is_finding(fault: &Fault) -> bool {
    matches!(fault, Fault::Damage(_) | Fault::Setup(_))
}

fn language_here() -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if set.is_some_and(|name| name.starts_with("fr")) { Language::Fr } else { Language::En }
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

fn covered(report: &AuditReport) -> bool {
    report.media.iter().all(|(_, circulation, cover)| cover >= circulation)
}

fn report_json(report: &AuditReport) -> serde_json::Value {
    let medium = |(medium, circulation, cover): &(Medium, Cents, Cents)| json!({ "medium": medium.word(), "circulation": circulation.get(), "cover": cover.get(), "covered": cover >= circulation });
    let wrong = |wrong: &WrongStatement| json!({ "number": wrong.number, "what": wrong.what });
    json!({
        "ok": covered(report) && report.statements.wrong.is_empty(), "ledger": report.ledger.to_string(), "name": report.name, "symbol": report.symbol,
        "entries": report.entries, "accounts": report.accounts, "time": report.time, "root": hex::encode(report.root),
        "head": report.head, "balances": report.balances.get(), "media": report.media.iter().map(medium).collect::<Vec<_>>(),
        "statements": { "checked": report.statements.checked, "wrong": report.statements.wrong.iter().map(wrong).collect::<Vec<_>>() },
    })
}

/// The number of the entry that a sentence names.
fn entry_in(why: &str) -> Option<u64> {
    let rest = why.split_once("entry ")?.1;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn refusal(fault: &Fault, language: Language) -> String {
    let (heading, not_made, place) = match language {
        Language::Fr => (
            "ANOMALIE : ce registre n’est pas en ordre.",
            "La vérification n’a pas pu être faite ; elle ne dit rien du registre.",
            "Première écriture en cause : n° ",
        ),
        Language::En => (
            "NOT IN ORDER: something is off in this ledger.",
            "The audit could not be made; it says nothing about the ledger.",
            "First wrong entry: no. ",
        ),
    };
    let why = fault.to_string();
    if !is_finding(fault) {
        return format!("{not_made}\n{why}");
    }
    let place = entry_in(&why).map(|entry| format!("\n{place}{entry}")).unwrap_or_default();
    format!("{heading}{place}\n{why}")
}

fn summary(report: &AuditReport, language: Language) -> String {
    let french = language == Language::Fr;
    let pick = |fr: &'static str, en: &'static str| if french { fr } else { en };
    let colon = pick(" :", ":");
    let mut text = format!("{} ({})\n", report.name, report.symbol);
    let mut line = |label: &str, value: String| text += &format!("{label}{colon} {value}\n");
    line(pick("Registre", "Ledger"), report.ledger.to_string());
    line(pick("Écritures vérifiées", "Entries verified"), report.entries.to_string());
    line(pick("Comptes", "Accounts"), report.accounts.to_string());
    line(pick("Dernière écriture", "Last entry"), dates::text(report.time));
    line(pick("Empreinte", "Fingerprint"), hex::encode(report.root));
    for (medium, circulation, cover) in &report.media {
        let name = match medium {
            Medium::Digital => pick("Numérique", "Digital"),
            Medium::Paper => pick("Papier", "Paper"),
        };
        let words = pick("en circulation {c}, fonds de garantie {f} euros", "in circulation {c}, guarantee fund {f} euros");
        let value = words.replace("{c}", &euros(*circulation, french)).replace("{f}", &euros(*cover, french));
        let short = circulation.minus(*cover).filter(|short| *short > Cents::ZERO);
        let verdict = match short {
            Some(short) => format!(" — {} {}", pick("IL MANQUE", "SHORT BY"), euros(short, french)),
            None => format!(" — {}", pick("couvert", "covered")),
        };
        line(name, value + &verdict);
    }
    line(pick("Somme des soldes des membres", "Sum of the members' balances"), euros(report.balances, french));
    line(pick("Attestations de couverture vérifiées", "Coverage statements checked"), report.statements.checked.to_string());
    for wrong in &report.statements.wrong {
        let label = format!("{} {}", pick("Attestation FAUSSE, n°", "WRONG coverage statement, no."), wrong.number);
        line(&label, wrong.what.clone());
    }
    let verdict = match covered(report) {
        _ if !report.statements.wrong.is_empty() => pick(
            "Signatures et écritures sont en ordre, mais une attestation publiée est fausse : voir ci-dessus.",
            "Signatures and entries are in order, but a published statement is wrong: see above.",
        ),
        true => pick(
            "Tout est en ordre : chaque signature est bonne, chaque écriture suit les règles, chaque unité a son euro.",
            "All in order: every signature is good, every entry keeps to the rules, every unit has its euro.",
        ),
        false => pick(
            "Signatures et écritures sont en ordre, mais la circulation n’est pas couverte : voir ci-dessus.",
            "Signatures and entries are in order, but circulation is not covered: see above.",
        ),
    };
    text + verdict + "\n"
}

/// An amount as the language writes it.
fn euros(cents: Cents, french: bool) -> String {
    let plain = cents.to_string();
    if french { plain.replace('.', ",") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::inspection::Statements;

    fn report(circulation: i64, cover: i64) -> AuditReport {
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
            judgments: vec![],
        }
    }

    #[test]
    fn a_statement_that_lies_is_named_and_nothing_is_called_in_order() {
        let wrong = vec![WrongStatement { number: 3, what: "its digital circulation is 1.00".into() }];
        let report = AuditReport { statements: Statements { checked: 4, wrong, newest: None }, ..report(1_250, 1_250) };
        let french = summary(&report, Language::Fr);
        assert!(french.contains("n° 3") && french.contains("est fausse") && !french.contains("Tout est en ordre"));
        assert_eq!(report_json(&report)["ok"], false);
        assert_eq!(report_json(&report)["statements"]["wrong"][0]["number"], 3);
    }

    #[test]
    fn a_treasurer_reads_what_is_covered_and_what_is_missing() {
        let french = summary(&report(1_250, 1_250), Language::Fr);
        assert!(french.contains("en circulation 12,50") && french.contains("couvert") && french.contains("en ordre"));
        let english = summary(&report(1_250, 1_000), Language::En);
        assert!(english.contains("SHORT BY 2.50") && english.contains("not covered"));
    }

    #[test]
    fn the_first_wrong_entry_is_named_apart() {
        let fault = Fault::Damage("entry 12 of the journal is wrong: bad signature".into());
        assert!(refusal(&fault, Language::Fr).contains("n° 12"));
        assert_eq!(fault_json(&fault)["entry"], 12);
        assert_eq!(entry_in("the head is missing"), None);
    }

    #[test]
    fn a_ledger_in_use_is_not_called_wrong() {
        let fault = Fault::Locked { directory: "/data".into() };
        assert!(!refusal(&fault, Language::En).contains("NOT IN ORDER"));
        assert_eq!(fault_json(&fault)["audited"], false);
    }
}
