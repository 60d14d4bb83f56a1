//! The audit of everything that the run made: a measurement, and the proof that the others measured payments.

use crate::bench::figures::{Reach, Rounds};
use crate::bench::run::Run;
use crate::cores;
use crate::failure::{Failure, Outcome};
use ledger::audit::audit;
use std::time::Instant;

/// The audit verifies every signature, and besides judges, hashes and adds up on the same cores.
const LEAST: f64 = 0.7;
const AIM: f64 = 0.9;

/// Measures.
pub fn measure(run: &mut Run) -> Outcome {
    let entries = run.town.entries()?;
    // The machine's own speed changes: what it can verify is measured just before and just after.
    let mut verified = Rounds::from(run.signatures.per_second()?);
    let (report, seconds) = run.stopped(|run| {
        let began = Instant::now();
        let report = audit(&run.town.folder, cores::count(), |_| {})?;
        Ok((report, began.elapsed().as_secs_f64()))
    })?;
    verified.push(run.signatures.per_second()?);
    if report.entries != entries || report.media.iter().any(|(_, circulation, cover)| cover < circulation) {
        return Err(Failure::new("the audit does not agree with the measurement"));
    }
    run.figures.figure("audited_entries", entries as f64, "");
    let audited = run.figures.figure("audit_per_s", entries as f64 / seconds, "1/s");
    let possible = run.figures.figure("verified_beside_the_audit_per_s", verified, "1/s");
    run.figures.ratio("audit_to_verification", Some(audited / possible), Reach::Least(LEAST, AIM));
    Ok(())
}
