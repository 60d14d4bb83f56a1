//! `liard serve`: opens a ledger and runs its node.

use crate::failure::{Failure, Outcome};
use crate::node::{self, Plan};
use crate::settings::{Said, Settings, documentation};
use crate::{clock, init, keys, logs};
use axum::Router;
use clap::Args;
use ledger::ledger::Ledger;
use ledger::writer::Clock;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What can be said on the command line.
#[derive(Args)]
pub struct Options {
    /// The folder that `liard init` made.
    #[arg(long, default_value = "liard-data", env = "LIARD_DATA")]
    data: PathBuf,
    /// Print the table of settings and end.
    #[arg(long)]
    settings: bool,
    #[command(flatten)]
    said: Said,
}

/// Runs the command.
pub fn run(options: &Options) -> Outcome {
    if options.settings {
        say!("{}", documentation().trim_end());
        return Ok(());
    }
    let settings = Settings::read(&options.data, &options.said)?;
    logs::start(&settings.log)?;
    let ledger = open(&options.data, &settings.secrets, clock::clock())?;
    let plan = Plan { data: options.data.clone(), settings, ledger, extra: Router::new() };
    node::run(plan, |running| {
        say!("Listening on {}", running.address);
        say!("Pages and API: {}/", running.url);
        Ok(())
    })
}

/// Opens the ledger in a folder with the secrets of another.
pub fn open(data: &Path, secrets: &Path, clock: Clock) -> Outcome<Arc<Ledger>> {
    if Ledger::id_in(data).is_err() {
        let what = "holds no ledger: make one with `liard init`, or name its folder with --data";
        return Err(Failure::new(format!("{} {what}", data.display())));
    }
    let signers = keys::checkpoint_keys(secrets)?;
    let ledger = Ledger::open(init::ledger_settings(data, secrets, signers, clock))?;
    for notice in ledger.notices() {
        tracing::warn!(notice, "mended while opening");
    }
    Ok(Arc::new(ledger))
}
