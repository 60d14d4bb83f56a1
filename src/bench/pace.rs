//! Single requests that come at a pace, whatever became of those before; beside appends of the same bytes at the same pace.

use crate::bench::figures::{Reach, Rounds};
use crate::bench::limits::Appended;
use crate::bench::run::{CLIENTS, Run};
use crate::bench::town::Payees;
use crate::failure::Outcome;

/// Shares of the capacity, in percent.
const LOADS: [u32; 3] = [25, 50, 75];
/// What is told of how long answers took: the name, and how many in a thousand did not take longer.
const QUANTILES: [(&str, usize); 3] = [("p50", 500), ("p99", 990), ("p99_9", 999)];

/// Measures.
pub fn measure(run: &mut Run) -> Outcome {
    let capacity = run.figures.value("single_http_per_s").unwrap_or_default();
    let mut appended = Appended::open(&run.town.folder)?;
    for percent in LOADS {
        let pace = capacity * f64::from(percent) / 100.0;
        let count = run.size.entries.unwrap_or((pace * run.size.seconds * 2.0) as usize).max(1);
        let (mut http, mut append) = (QUANTILES.map(|_| Rounds::default()), Rounds::default());
        for _ in 0..run.size.rounds {
            let orders = run.town.payments(count, Payees::Spread);
            let (_, latencies) = run.singles(&orders, CLIENTS, Some(pace))?;
            for ((_, share), rounds) in QUANTILES.iter().zip(&mut http) {
                rounds.push(latencies.micros(*share));
            }
            append.push(appended.under_load(run.entry_bytes, count, pace)?.micros(990));
        }
        for ((name, _), rounds) in QUANTILES.iter().zip(http) {
            run.figures.figure(format!("single_http_{name}_at_{percent}_percent"), rounds, "µs");
        }
        run.figures.figure(format!("append_p99_at_{percent}_percent"), append, "µs");
    }
    let (http, append) = ("single_http_p99_at_50_percent", "append_p99_at_50_percent");
    run.figures.ratio_of("p99_half_load_to_append", http, append, Reach::Most(4.0));
    Ok(())
}
