//! `liard audit`: checks a currency, believing nothing but signatures, proofs and rules, and says what it found in words that a
//! treasurer signs.
//!
//! With the journal (a folder of data, or a backup) it replays everything from the first entry, or with a memory from where an earlier
//! audit was. It takes the folder's locks; copy the folder first if it is on read-only storage or in use. From outside (an address) it checks what anyone can: the log, the coverage
//! statements, the witnesses. A file of evidence it judges by itself.
//!
//! Exit status: 0 all in order, 1 something is off, 2 the audit could not be made (a folder that is in use, a node that does not answer).

mod evidence;
mod folder;
mod outside;
mod report;
mod sheet;
mod trust;

pub use folder::covered;
pub use outside::fetched_keys;
pub use trust::Trust;

use crate::cores;
use crate::failure::Failure;
use crate::language::Language;
use crate::office::typed::hash;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ledger::audit::Audit;
use ledger::fault::Fault;
use ledger::key::LedgerId;
use report::{Report, Verdict};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// A folder of data, or a backup; or the address of a node, such as https://monnaie.example; or a file of evidence (.fork).
    what: String,
    /// The id of the ledger that it has to be, as it was printed and published. Data and nodes name themselves: without this, an
    /// audit of another ledger is in order too.
    #[arg(long, value_name = "ID", value_parser = hash)]
    ledger: Option<LedgerId>,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
    /// Write the report as a page to print and hand out (HTML) into this file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The language of the report; else that of LANG.
    #[arg(long)]
    lang: Option<Language>,
    /// So many threads verify signatures; else one per core.
    #[arg(long)]
    threads: Option<usize>,
    /// With the journal: a member's complaint to judge; may be repeated.
    #[arg(long, value_name = "FILE")]
    complaint: Vec<PathBuf>,
    /// The folder in which the auditor remembers what was verified, so that the next audit reads only what is new. From outside it is
    /// liard-audit unless given; with the journal everything is read again unless it is given.
    #[arg(long, value_name = "FOLDER")]
    memory: Option<PathBuf>,
    #[command(flatten)]
    outside: outside::Outside,
}

/// The audit could not be made.
const NOT_MADE: u8 = 2;

/// Why there is no report.
pub enum Ended {
    /// Something is wrong with what was audited.
    Found(String),
    /// The audit could not be made; it says nothing.
    NotMade(String),
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Ended {
        match fault {
            Fault::Damage(_) | Fault::Setup(_) => Ended::Found(fault.to_string()),
            other => Ended::NotMade(other.to_string()),
        }
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Ended {
        Ended::NotMade(failure.to_string())
    }
}

/// Runs the command.
pub fn run(options: &Options) -> ExitCode {
    let language = options.lang.unwrap_or_else(Language::here);
    let result = made(options, language).and_then(|report| kept(options.report.as_deref(), report));
    match (&result, options.json) {
        (Ok(report), true) => say!("{}", report.json()),
        (Ok(report), false) => say!("{}", report.text().trim_end()),
        (Err(ended), true) => say!("{}", ended.json()),
        (Err(ended), false) => eprintln!("{}", ended.text(language)),
    }
    match result {
        Ok(report) if report.verdict() < Verdict::Wrong => ExitCode::SUCCESS,
        Ok(_) | Err(Ended::Found(_)) => ExitCode::FAILURE,
        Err(Ended::NotMade(_)) => ExitCode::from(NOT_MADE),
    }
}

fn made(options: &Options, language: Language) -> Result<Report, Ended> {
    let path = Path::new(&options.what);
    if options.what.starts_with("https://") || options.what.starts_with("http://") {
        return outside::report(&options.what, options.ledger.as_ref(), &options.outside, options.memory.as_deref(), language);
    }
    if path.is_file() {
        return evidence::report(path, options.ledger.as_ref(), language);
    }
    let complaints = options
        .complaint
        .iter()
        .map(|file| std::fs::read(file).map_err(|error| Failure::file("read the complaint", file, &error).into()));
    let complaints = complaints.collect::<Result<Vec<_>, Ended>>()?;
    let threads = options.threads.unwrap_or_else(cores::count);
    let memory = options.memory.as_deref().map(|memory| folder::memory(memory, path)).transpose()?;
    let audit = Audit { directory: path, threads, complaints: &complaints, memory: memory.as_ref() };
    Ok(folder::report(&audit, options.ledger.as_ref(), language)?)
}

/// A bar for so many entries; nothing when no terminal watches.
fn bar(entries: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len}  {per_sec}  {eta}");
    ProgressBar::new(entries).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Writes the page, when one is wanted.
fn kept(file: Option<&Path>, report: Report) -> Result<Report, Ended> {
    if let Some(file) = file {
        std::fs::write(file, sheet::page(&report)).map_err(|error| Failure::file("write the report to", file, &error))?;
    }
    Ok(report)
}

impl Ended {
    /// Why, in words.
    pub fn why(&self) -> &str {
        let (Ended::Found(why) | Ended::NotMade(why)) = self;
        why
    }

    fn json(&self) -> serde_json::Value {
        let (found, why) = match self {
            Ended::Found(why) => (true, why),
            Ended::NotMade(why) => (false, why),
        };
        json!({ "ok": false, "audited": found, "entry": entry_in(why), "why": why })
    }

    fn text(&self, l: Language) -> String {
        match self {
            Ended::Found(why) => {
                let heading =
                    l.pick("ANOMALIE : ce registre n’est pas en ordre.", "NOT IN ORDER: something is off in this ledger.");
                let place = l.pick("Première écriture en cause : n° ", "First wrong entry: no. ");
                let place = entry_in(why).map(|entry| format!("\n{place}{entry}")).unwrap_or_default();
                format!("{heading}{place}\n{why}")
            }
            Ended::NotMade(why) => {
                let heading = l.pick(
                    "La vérification n’a pas pu être faite ; elle ne dit rien du registre.",
                    "The audit could not be made; it says nothing about the ledger.",
                );
                format!("{heading}\n{why}")
            }
        }
    }
}

/// The number of the entry that a sentence names.
fn entry_in(why: &str) -> Option<u64> {
    let rest = why.split_once("entry ")?.1;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wrong_entry_is_named_apart() {
        let ended = Ended::from(Fault::Damage("entry 12 of the journal is wrong: bad signature".into()));
        assert!(ended.text(Language::Fr).contains("n° 12"));
        assert_eq!(ended.json()["entry"], 12);
        assert_eq!(entry_in("the head is missing"), None);
    }

    #[test]
    fn a_ledger_in_use_is_not_called_wrong() {
        let ended = Ended::from(Fault::Locked { directory: "/data".into() });
        assert!(!ended.text(Language::En).contains("NOT IN ORDER"));
        assert_eq!(ended.json()["audited"], false);
    }
}
