//! One client, one payment at a time; beside what it waits for at the least: one append and one verification.

use crate::bench::figures::{Reach, Rounds};
use crate::bench::limits::Appended;
use crate::bench::run::Run;
use crate::bench::town::Payees;
use crate::failure::Outcome;

/// Measures.
pub fn measure(run: &mut Run) -> Outcome {
    let mut appended = Appended::open(&run.town.folder)?;
    let (mut http, mut append, mut verify) = (Rounds::default(), Rounds::default(), Rounds::default());
    for _ in 0..run.size.rounds {
        let orders = run.town.payments(run.size.alone, Payees::Spread);
        append.push(appended.batches(run.entry_bytes, run.size.alone)?.micros(500));
        verify.push(run.signatures.micros_each());
        http.push(run.singles(&orders, 1, None)?.1.micros(500));
    }
    let client = run.figures.figure("single_client_p50", http, "µs");
    let floor = run.figures.figure("append_p50", append, "µs") + run.figures.figure("verify_p50", verify, "µs");
    run.figures.ratio("single_client_p50_to_floor", Some(client / floor), Reach::Most(2.0));
    Ok(())
}
