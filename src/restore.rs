//! `liard restore FROM --to DIR`: makes a folder that a node starts on from a backup, and proves it by replaying it.

use crate::backup::{BESIDE, Bar, tell};
use crate::dates;
use crate::failure::Outcome;
use clap::Args;
use ledger::backup::restore;
use ledger::storage::{DiskFolder, LookedAt};
use std::path::PathBuf;

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The folder of the backup. It is only read.
    from: PathBuf,
    /// The folder to make; must not exist or be empty.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    let (from, to) = (LookedAt::new(&options.from), DiskFolder::new(&options.to));
    let bar = Bar::new();
    let copied = restore(&from, &to, &BESIDE, &mut |progress| bar.show(progress));
    bar.end();
    let copied = copied?;
    let data = options.to.display();
    tell(&format!("Restored {} to {data}", options.from.display()), &copied);
    say!("");
    say!("1. Make sure that the old node runs nowhere any more: two nodes would sign two histories.");
    say!("2. Put the folder of secrets back as {data}/secrets.");
    say!("3. Start: liard serve --data {data}");
    let (last, time) = (copied.entries.saturating_sub(1), dates::text(copied.time));
    say!(
        "Entries after no. {last} ({time}) are not in this backup. Shops and members who hold receipts of later entries can prove them."
    );
    Ok(())
}
