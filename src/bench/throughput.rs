//! How many payments a second: the limits, batches, single requests, and what stands between them, each in turn, again and again.

use crate::bench::figures::{Reach, Rounds};
use crate::bench::limits::Appended;
use crate::bench::load::{Expected, Requests, drive};
use crate::bench::run::{CLIENTS, Run};
use crate::bench::server::Server;
use crate::bench::town::Payees;
use crate::failure::{Failure, Outcome};
use std::path::Path;

/// So many payments in one batch: the most that the API takes.
const BATCH: usize = 1_000;
/// So many clients send batches: one more than two cores can work on at a time.
const BATCH_CLIENTS: usize = 3;
/// Each figure, in the order of a round.
const ROWS: [&str; 9] = [
    "verify",
    "append",
    "batch_http",
    "hot_batch_http",
    "verify_only_http",
    "single_http",
    "hot_single_http",
    "in_process",
    "unsigned",
];

/// What batches left on the disk.
#[derive(Default)]
struct OnDisk {
    bytes: u64,
    payments: usize,
}

/// Measures.
pub fn measure(run: &mut Run) -> Outcome {
    let verifier = Server::verify_only(&run.town)?;
    let mut appended = Appended::open(&run.town.folder)?;
    let mut rounds = ROWS.map(|_| Rounds::default());
    let mut on_disk = OnDisk::default();
    for _ in 0..run.size.rounds {
        for (rounds, value) in rounds.iter_mut().zip(round(run, &verifier, &mut appended, &mut on_disk)?) {
            rounds.push(value);
        }
        run.entry_bytes = on_disk.bytes as usize / on_disk.payments;
    }
    let figures = &mut run.figures;
    for (row, rounds) in ROWS.iter().zip(rounds) {
        figures.figure(format!("{row}_per_s"), rounds, "1/s");
    }
    figures.figure("entry_bytes", run.entry_bytes as f64, "B");
    let signed = (on_disk.payments * run.signed_bytes) as f64;
    figures.ratio_of("batch_http_to_verify", "batch_http_per_s", "verify_per_s", Reach::Least(0.75, 0.85));
    figures.ratio_of("single_http_to_verify_only", "single_http_per_s", "verify_only_http_per_s", Reach::Least(0.65, 0.80));
    figures.ratio_of("verify_only_to_verify", "verify_only_http_per_s", "verify_per_s", Reach::Told);
    figures.ratio_of("in_process_to_verify", "in_process_per_s", "verify_per_s", Reach::Told);
    figures.ratio_of("hot_to_spread", "hot_single_http_per_s", "single_http_per_s", Reach::Least(0.9, 0.9));
    figures.ratio("disk_bytes_to_signed_bytes", Some(on_disk.bytes as f64 / signed), Reach::Most(1.6));
    Ok(())
}

fn round(run: &Run, verifier: &Server, appended: &mut Appended, on_disk: &mut OnDisk) -> Outcome<[f64; 9]> {
    let batch = BATCH.min(run.round);
    // Twice as many, or the first and the last batch would be most of a round.
    let batched = run.town.payments((run.round * 2).next_multiple_of(batch), Payees::Spread);
    let [single, process, unsigned] = [(); 3].map(|()| run.town.payments(run.round, Payees::Spread));
    let hot = run.town.payments(run.round, Payees::Shop);
    let hot_batched = run.town.payments(batched.len(), Payees::Shop);
    let batches = batched.len() / batch;
    Ok([
        run.signatures.per_second()?,
        (batches * batch) as f64 / appended.batches(run.entry_bytes * batch, batches)?.seconds(),
        {
            let requests = Requests::batches(&batched, batch);
            let before = bytes_in(&run.town.folder)?;
            let answered = run.counted(batched.len(), |run| drive(run.node()?.address, &requests, BATCH_CLIENTS, None))?;
            on_disk.bytes += bytes_in(&run.town.folder)? - before;
            on_disk.payments += batched.len();
            batched.len() as f64 / answered.seconds
        },
        {
            let requests = Requests::batches(&hot_batched, batch);
            let answered = run.counted(batched.len(), |run| drive(run.node()?.address, &requests, BATCH_CLIENTS, None))?;
            batched.len() as f64 / answered.seconds
        },
        {
            let requests = Requests::single(&single, Expected::Id);
            let answered = run.counted(0, |_| drive(verifier.address, &requests, CLIENTS, None))?;
            single.len() as f64 / answered.seconds
        },
        run.singles(&single, CLIENTS, None)?.0,
        run.singles(&hot, CLIENTS, None)?.0,
        run.timed(process.len(), |run| run.town.decode_and_submit(&process))?,
        run.unsigned(&unsigned)?,
    ])
}

/// What lies in the folder of the data, without the till's records and the secrets.
fn bytes_in(folder: &Path) -> Outcome<u64> {
    let failed = |error: std::io::Error| Failure::file("measure", folder, &error);
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let counts = !["pos", "secrets", "appended"].iter().any(|name| entry.file_name() == *name);
        if counts && entry.path().is_dir() {
            bytes += bytes_in(&entry.path())?;
        } else if counts {
            bytes += entry.metadata().map_err(failed)?.len();
        }
    }
    Ok(bytes)
}
