//! The audit of everything that the run made: a measurement, and the proof that the others measured payments.

use crate::bench::run::Run;
use crate::cores;
use crate::failure::{Failure, Outcome};
use ledger::audit::audit;
use std::time::Instant;

/// Measures.
pub fn measure(run: &mut Run) -> Outcome {
    let entries = run.town.entries()?;
    let (report, seconds) = run.stopped(|run| {
        let began = Instant::now();
        let report = audit(&run.town.folder, cores::count(), |_| {})?;
        Ok((report, began.elapsed().as_secs_f64()))
    })?;
    if report.entries != entries || report.media.iter().any(|(_, circulation, cover)| cover < circulation) {
        return Err(Failure::new("the audit does not agree with the measurement"));
    }
    run.figures.figure("audited_entries", entries as f64, "");
    run.figures.figure("audit_per_s", entries as f64 / seconds, "1/s");
    Ok(())
}
