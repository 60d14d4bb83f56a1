//! `liard repair DIR [OTHER…] --to NEW`: copies what verifies out of damaged folders to a new one. It changes none of them.
//!
//! Exit status: 0 when a node starts on the new folder, else 1.

use crate::backup::{BESIDE, Bar};
use crate::failure::{Failure, Outcome};
use crate::{dates, keys};
use clap::Args;
use indicatif::HumanCount;
use ledger::repair::{Missing, Repaired, Source, repair};
use ledger::storage::{DiskFolder, LookedAt};
use std::path::{Path, PathBuf};

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The damaged folder.
    #[arg(value_name = "DIR")]
    damaged: PathBuf,
    /// Backups and other copies of the same ledger, from which to take what it lacks.
    #[arg(value_name = "OTHER")]
    others: Vec<PathBuf>,
    /// The folder to make; must not exist or be empty.
    #[arg(long, value_name = "NEW")]
    to: PathBuf,
    /// Accept that acknowledged entries are lost, and sign a new head without them. Receipts and checkpoints that members, shops and
    /// witnesses hold of the lost entries then contradict the ledger, and the association has to tell its members.
    #[arg(long, requires = "secrets")]
    accept_loss: bool,
    /// The folder of secrets with the checkpoint key, to sign for the loss.
    #[arg(long)]
    secrets: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    if let Some(path) = [&options.damaged].into_iter().chain(&options.others).find(|path| !path.is_dir()) {
        return Err(Failure::new(format!("{} is no folder", path.display())));
    }
    let folders: Vec<(&Path, LookedAt)> =
        [&options.damaged].into_iter().chain(&options.others).map(|path| (path.as_path(), LookedAt::new(path))).collect();
    let sources: Vec<Source> = folders.iter().map(|(path, folder)| Source { name: path.display().to_string(), folder }).collect();
    let signers = match (&options.secrets, options.accept_loss) {
        (Some(secrets), true) => Some(keys::checkpoint_keys(secrets)?),
        _ => None,
    };
    let bar = Bar::new();
    let repaired =
        repair(&sources, &DiskFolder::new(&options.to), &BESIDE, signers.as_deref(), &mut |progress| bar.show(progress));
    bar.end();
    let repaired = repaired?;
    tell(&repaired);
    let to = options.to.display();
    if !repaired.startable {
        return Err(Failure::new(refusal(&to.to_string(), &repaired)));
    }
    if let Some(size) = repaired.signed {
        say!("");
        say!("{}", consequences(size));
    }
    say!("");
    say!("{to} is whole. Put the folder of secrets back as {to}/secrets, and start: liard serve --data {to}");
    say!("Keep the damaged folder as it is until the new one has been audited: liard audit {to}");
    Ok(())
}

fn tell(repaired: &Repaired) {
    let Repaired { ledger, entries, root, time, taken, missing, end_is_known, records, remarks, .. } = repaired;
    say!("{} entries of the ledger {ledger} were verified and copied, the last of {}.", HumanCount(*entries), dates::text(*time));
    say!("Root: {}", hex::encode(root));
    for (name, count) in taken {
        say!("  {} from {name}", HumanCount(*count));
    }
    for log in records {
        say!("{}: {} writes copied{}", log.name, HumanCount(log.kept), skipped(&log.skipped));
    }
    for remark in remarks {
        say!("Note: {remark}");
    }
    for run in missing {
        say!("{}", lost(run));
    }
    if !end_is_known {
        say!("No signed head is left: nobody can tell whether there were entries after no. {}.", entries - 1);
    }
}

fn skipped(runs: &[(u64, u64)]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let runs: Vec<String> =
        runs.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") }).collect();
    format!("; could not be read: no. {}", runs.join(", "))
}

fn lost(run: &Missing) -> String {
    let Missing { from, to, not_before, not_after, readable } = run;
    let entries = if from == to { format!("Entry {from}") } else { format!("Entries {from} to {to}") };
    let after = not_after.map(|time| format!(" and {}", dates::text(time)));
    let times = match after {
        Some(after) => format!("accepted between {}{after}", dates::text(*not_before)),
        None => format!("accepted after {}", dates::text(*not_before)),
    };
    let why = if *readable { "readable, but nothing can stand without the entries before" } else { "whole in no source" };
    format!("MISSING: {entries}, {times}: {why}.")
}

fn refusal(to: &str, repaired: &Repaired) -> String {
    let entries = repaired.entries;
    let what = match repaired.missing.first().zip(repaired.missing.last()) {
        Some((first, last)) => format!("acknowledged entries are missing, from no. {} to no. {}", first.from, last.to),
        None => "no signed head tells whether this is the end".into(),
    };
    format!(
        "{to} holds what could be saved, and a node does not start on it: {what}. Look for another backup or copy that has them, and give \
         the command again with it and a new folder. Only if there is none: --accept-loss --secrets FOLDER signs a new head over the \
         {entries} entries. Before you do, know what it means. {}",
        consequences(entries)
    )
}

fn consequences(size: u64) -> String {
    let last = size.saturating_sub(1);
    format!(
        "What was accepted after no. {last} is undone: payments, conversions, redemptions. Receipts and published checkpoints beyond it \
         contradict the new journal, and everybody who holds one can prove that. The association must tell its members, with the date, \
         and settle with those who show receipts."
    )
}
