//! `liard serve`: opens a ledger and runs its node.

use crate::failure::{Failure, Outcome};
use crate::node::{self, Plan};
use crate::settings::{Said, Settings, documentation};
use crate::{clock, dates, init, keys, logs};
use axum::Router;
use clap::Args;
use ledger::ledger::Ledger;
use ledger::writer::{Clock, Pace};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ledger's last entry may be so far ahead of the machine's clock: two machines' clocks differ by less. Entries never go back in
/// time, so that behind a larger step every order would be judged at the time of the last entry until the clock has caught up, and
/// orders that are valid for a shorter time would all be refused.
const MAX_BEHIND_MS: u64 = 600_000;

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
    let pace = Pace { per_second: settings.writer_per_second };
    let ledger = open(&options.data, &settings.secrets, clock::clock(), pace)?;
    let plan = Plan { data: options.data.clone(), settings, ledger, extra: Router::new(), beside: Vec::new() };
    node::run(plan, |running| {
        say!("Listening on {}", running.address);
        say!("Pages and API: {}/", running.url);
        say!("Public log, for `liard witness --log`: {}", running.log_key);
        Ok(())
    })
}

/// Opens the ledger in a folder with the secrets of another.
pub fn open(data: &Path, secrets: &Path, clock: Clock, pace: Pace) -> Outcome<Arc<Ledger>> {
    if Ledger::id_in(data).is_err() {
        let what = "holds no ledger: make one with `liard init`, or name its folder with --data";
        return Err(Failure::new(format!("{} {what}", data.display())));
    }
    let signers = keys::checkpoint_keys(secrets)?;
    let given = init::ledger_settings(data, secrets, signers, clock.clone());
    let ledger = Ledger::open(ledger::ledger::Settings { pace, ..given })?;
    let (last, now) = (ledger.durable().state.time(), clock());
    if last.saturating_sub(now) > MAX_BEHIND_MS {
        let (last, now) = (dates::text(last), dates::text(now));
        return Err(Failure::new(format!(
            "the machine's clock is behind the ledger's last entry: correct it first (the clock says {now}, the entry {last})"
        )));
    }
    for notice in ledger.notices() {
        tracing::warn!(notice, "mended while opening");
    }
    Ok(Arc::new(ledger))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::currency::{Currency, SAMPLE};

    /// A ledger whose only entry is of this time.
    fn ledger_of(time: u64) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let secrets = folder.path().join("secrets");
        keys::private_folder(&secrets).unwrap();
        let (issuer, checkpoint) = (keys::draw().unwrap(), keys::draw().unwrap());
        let currency = Currency::read(SAMPLE).unwrap();
        let genesis = currency.genesis(keys::public(&checkpoint), time, |_| Ok(keys::public(&keys::draw().unwrap()))).unwrap();
        let settings = init::ledger_settings(folder.path(), &secrets, vec![checkpoint.clone()], Arc::new(move || time));
        let id = Ledger::create(settings, &init::sign_genesis(genesis, &issuer).unwrap()).unwrap().id();
        init::write_secrets(&secrets, &id, &issuer, &checkpoint).unwrap();
        folder
    }

    #[test]
    fn a_clock_behind_the_last_entry_is_refused_at_the_start() {
        let time = 1_800_000_000_000;
        let folder = ledger_of(time);
        let open_at =
            |now: u64| open(folder.path(), &folder.path().join("secrets"), Arc::new(move || now), Pace::default()).map(drop);
        let why = open_at(time - MAX_BEHIND_MS - 1).unwrap_err().to_string();
        assert!(why.contains("the machine's clock is behind the ledger's last entry: correct it first"), "{why}");
        for now in [time - MAX_BEHIND_MS, time, time + MAX_BEHIND_MS * 10] {
            open_at(now).unwrap();
        }
    }
}
