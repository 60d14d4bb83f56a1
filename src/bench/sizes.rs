//! What payments cost when there is much already: a long journal, many accounts; and what a restart costs then.

use crate::bench::figures::{Reach, Rounds};
use crate::bench::reopen::{self, Reopened};
use crate::bench::run::{CLIENTS, Run};
use crate::bench::town::Payees;
use crate::failure::{Failure, Outcome};
use std::path::Path;

/// So many payments in a round: few, because they make the journal longer themselves.
const ROUND: usize = 3_000;
/// So many payments at most are decoded in memory, to be submitted without a look at their signatures.
const MOST_UNSIGNED: usize = 50_000;
/// The folder of the snapshots, which may be deleted.
const SNAPSHOTS: &str = "snapshots";
const MIB: f64 = 1_048_576.0;

/// What was measured at one size.
pub struct AtSize {
    rates: [f64; 3],
    /// The pace of the requests whose times are compared.
    pace: f64,
    reopened: Reopened,
}

/// At the beginning.
pub fn short(run: &mut Run) -> Outcome<AtSize> {
    at_size(run, "short_journal", None)
}

/// After many more entries.
pub fn longer(run: &mut Run, short: AtSize) -> Outcome<AtSize> {
    let mut rates = Rounds::default();
    let share = run.size.longer.div_ceil(run.size.rounds).min(MOST_UNSIGNED);
    for _ in 0..run.size.longer.div_ceil(share) {
        let orders = run.town.payments(share, Payees::Spread);
        rates.push(run.unsigned(&orders)?);
    }
    let unsigned = run.figures.figure("unsigned_entries_per_s", rates, "1/s");
    run.figures.ratio("unsigned_entries_per_s", Some(unsigned), Reach::Least(300_000.0, 300_000.0));
    let long = at_size(run, "long_journal", Some(short.pace))?;
    slopes(run, ["unsigned_slope_entries", "single_http_slope_entries", "p99_slope_entries"], &short, &long);
    let replay = long.reopened.entries / long.reopened.seconds;
    run.figures.figure("reopen_without_snapshot", long.reopened.seconds, "s");
    run.figures.ratio("replay_entries_per_s", Some(replay), Reach::Least(1e6, 1e6));
    let entries = long.reopened.entries - short.reopened.entries;
    if let Some(more) = more_memory(&short, &long) {
        run.figures.figure("memory_per_million_entries", more / entries * 1e6 / MIB, "MiB");
    }
    Ok(long)
}

/// After many more accounts.
pub fn larger(run: &mut Run, few: AtSize) -> Outcome {
    let members = run.town.members();
    let mut reached = None;
    for members in run.size.more_members.clone() {
        run.town.grow(members)?;
        reached = Some(at_size(run, &format!("{members}_accounts"), Some(few.pace))?);
    }
    let Some(many) = reached else { return Ok(()) };
    let seconds = with_snapshot(run)?;
    run.figures.figure("reopen_with_snapshot", seconds, "s");
    run.figures.ratio("reopen_with_snapshot_s", Some(seconds), Reach::Most(2.0));
    slopes(run, ["unsigned_slope_accounts", "single_http_slope_accounts", "p99_slope_accounts"], &few, &many);
    let of_entries = run.figures.value("memory_per_million_entries").unwrap_or_default() * MIB / 1e6;
    if let Some(more) = more_memory(&few, &many) {
        let more = more - of_entries * (many.reopened.entries - few.reopened.entries);
        run.figures.figure("memory_per_account", more / (run.town.members() - members) as f64, "B");
    }
    Ok(())
}

/// Rates and times at the size that the ledger has now, and a restart.
fn at_size(run: &mut Run, name: &str, pace: Option<f64>) -> Outcome<AtSize> {
    let count = run.round.min(ROUND);
    let mut rounds = [(); 3].map(|()| Rounds::default());
    for _ in 0..run.size.rounds {
        let [process, single] = [(); 2].map(|()| run.town.payments(count, Payees::Spread));
        rounds[0].push(run.unsigned(&process)?);
        rounds[1].push(run.singles(&single, CLIENTS, None)?.0);
    }
    // Half of what it can do, the same at each size.
    let pace = pace.unwrap_or(rounds[1].median() / 2.0);
    for _ in 0..run.size.rounds {
        let paced = run.town.payments(count, Payees::Spread);
        rounds[2].push(run.singles(&paced, CLIENTS, Some(pace))?.1.micros(990));
    }
    let reopened = run.stopped(|run| without_snapshot(&run.town.folder))?;
    let figures = &mut run.figures;
    figures.figure(format!("entries_with_{name}"), reopened.entries, "");
    let [unsigned, single, p99] = rounds;
    let rates = [
        figures.figure(format!("unsigned_per_s_with_{name}"), unsigned, "1/s"),
        figures.figure(format!("single_http_per_s_with_{name}"), single, "1/s"),
        figures.figure(format!("single_http_p99_with_{name}"), p99, "µs"),
    ];
    Ok(AtSize { rates, pace, reopened })
}

/// How each figure changed from the smaller size to the larger: 1 is flat.
fn slopes(run: &mut Run, names: [&'static str; 3], small: &AtSize, large: &AtSize) {
    for (place, name) in names.into_iter().enumerate() {
        run.figures.ratio(name, Some(large.rates[place] / small.rates[place]), Reach::Told);
    }
}

/// A restart that has to judge every entry again.
fn without_snapshot(folder: &Path) -> Outcome<Reopened> {
    let snapshots = folder.join(SNAPSHOTS);
    if snapshots.exists() {
        std::fs::remove_dir_all(&snapshots).map_err(|error| Failure::file("remove", &snapshots, &error))?;
    }
    reopen::in_a_new_process(folder)
}

/// A restart just after a snapshot was made, in seconds.
fn with_snapshot(run: &mut Run) -> Outcome<f64> {
    run.town.ledger()?.snapshot()?;
    Ok(run.stopped(|run| reopen::in_a_new_process(&run.town.folder))?.seconds)
}

/// How many more bytes of memory a process has after a restart; nothing where the system does not tell.
fn more_memory(before: &AtSize, after: &AtSize) -> Option<f64> {
    Some(after.reopened.memory? - before.reopened.memory?)
}
