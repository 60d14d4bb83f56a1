//! `liard backup TO`: copies a ledger, while its node runs or not, and proves the copy by replaying it. Given again, it copies what is new.

use crate::dates;
use crate::failure::Outcome;
use crate::settings;
use clap::Args;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use ledger::backup::{Beside, Copied, Progress, backup};
use ledger::storage::{DiskFolder, LookedAt};
use std::path::PathBuf;

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The folder of the data.
    #[arg(long, default_value = "liard-data", env = "LIARD_DATA")]
    data: PathBuf,
    /// The folder of the backup: an earlier backup of the same ledger, an empty folder, or one that is not there yet.
    to: PathBuf,
}

/// What the program keeps beside the money.
pub const BESIDE: Beside<'static> = Beside { records: &[("pos/records", merchant_pos::RECORDS_ID)], files: &[settings::FILE] };

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    let (from, to) = (LookedAt::new(&options.data), DiskFolder::new(&options.to));
    let bar = Bar::new();
    let copied = backup(&from, &to, &BESIDE, &mut |progress| bar.show(progress));
    bar.end();
    tell(&format!("Backed up {} to {}", options.data.display(), options.to.display()), &copied?);
    say!("");
    say!(
        "Not in it, on purpose: the folder of secrets. Keep copies of it elsewhere: without checkpoint.key no node signs new entries, and"
    );
    say!("without directory.key nobody reads the names. After each erasure of a person, copy directory.key and back up again.");
    Ok(())
}

/// Says what a copy holds.
pub fn tell(what: &str, copied: &Copied) {
    let Copied { ledger, entries, root, head, time, bytes, already } = copied;
    say!("{what}: {} entries of the ledger {ledger}, the last of {}.", HumanCount(*entries), dates::text(*time));
    say!("Checked by replaying the copy: every rule, every balance, and the signed head of {} entries.", HumanCount(*head));
    say!("Root: {}", hex::encode(root));
    say!("Copied {}; {} were there already.", HumanBytes(*bytes), HumanBytes(*already));
}

/// What is shown while it goes on; nothing when no terminal watches.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar without a length yet.
    pub fn new() -> Bar {
        Bar(ProgressBar::new_spinner())
    }

    /// Shows how far it has come.
    pub fn show(&self, progress: Progress) {
        match progress {
            Progress::Bytes(bytes) => self.0.set_message(format!("{} copied", HumanBytes(bytes))),
            Progress::Entries(entries, of) => {
                if self.0.length() != Some(of) {
                    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} checked  {per_sec}  {eta}");
                    self.0.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                    self.0.set_length(of);
                }
                self.0.set_position(entries);
            }
        }
    }

    /// Takes it away.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}
