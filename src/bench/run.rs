//! A run under way: what its measurements share, and their order.

use crate::bench::figures::{Figures, Latencies};
use crate::bench::limits::Signatures;
use crate::bench::load::{Expected, Requests, drive};
use crate::bench::server::Server;
use crate::bench::town::{Order, Payees, Town};
use crate::bench::{alone, audited, hot, pace, postgres, sizes, throughput, till};
use crate::cores;
use crate::failure::{Failure, Outcome};
use indicatif::ProgressBar;
use std::path::Path;
use std::time::Instant;

/// How many steps the bar has.
pub const STEPS: u64 = 10;
/// So many clients send one payment per request: enough to keep every core at work while others wait for the disk.
pub const CLIENTS: usize = 128;
/// Which share of the machine's verifications a round of single requests is expected to reach, to make rounds of like length.
const EXPECTED_SHARE: f64 = 0.5;
/// So many signatures are verified in a round.
const SIGNATURES: usize = 10_000;
/// Bytes of a payment's entry in the journal before it is known better; only the first round of appending uses it.
const ENTRY_BYTES: usize = 210;

/// How much is measured.
#[derive(Clone)]
pub struct Size {
    /// Repetitions of each side of a ratio.
    pub rounds: usize,
    /// How long a round is to last, in seconds, unless it has a given number of payments.
    pub seconds: f64,
    /// The number of payments in a round, when it was given.
    pub entries: Option<usize>,
    /// Members at first.
    pub members: usize,
    /// Members after the ledger has grown, step by step.
    pub more_members: Vec<usize>,
    /// By so many entries the journal becomes longer.
    pub longer: usize,
    /// Payments through the till.
    pub charges: usize,
    /// Payments of one client, one at a time.
    pub alone: usize,
}

impl Size {
    /// For a look, or in full; with so many payments in a round, small enough for a test.
    pub fn of(quick: bool, entries: Option<usize>) -> Size {
        let brief = Size {
            rounds: 3,
            seconds: 0.4,
            entries,
            members: 1_000,
            more_members: vec![20_000],
            longer: 60_000,
            charges: 50,
            alone: 300,
        };
        match (entries, quick) {
            (Some(entries), _) => {
                let members = entries.clamp(2, 1_000);
                Size {
                    members,
                    more_members: vec![members * 2],
                    longer: entries * 10,
                    charges: 5,
                    alone: entries.min(300),
                    ..brief
                }
            }
            (None, true) => brief,
            (None, false) => {
                let (more_members, longer) = (vec![100_000, 1_000_000], 1_000_000);
                Size { rounds: 5, seconds: 1.0, more_members, longer, charges: 200, alone: 2_000, ..brief }
            }
        }
    }
}

/// A run under way.
pub struct Run {
    /// How much is measured.
    pub size: Size,
    /// What was measured so far.
    pub figures: Figures,
    /// Whose payments they are.
    pub town: Town,
    /// What the machine can verify at most.
    pub signatures: Signatures,
    /// Payments in a round.
    pub round: usize,
    /// Bytes of a signed payment.
    pub signed_bytes: usize,
    /// Bytes of its entry on disk.
    pub entry_bytes: usize,
    node: Option<Server>,
    bar: ProgressBar,
}

impl Run {
    /// Makes the town, and starts its node.
    pub fn begin(folder: &Path, size: Size, bar: ProgressBar) -> Outcome<Run> {
        bar.set_message("a currency is made");
        let mut town = Town::found(&folder.join("ledger"))?;
        town.grow(size.members)?;
        let signed_bytes = town.payments(1, Payees::Spread).first().map_or(0, Vec::len);
        let mut figures = Figures::default();
        figures.figure("cores", cores::count() as f64, "");
        if let Some(load) = load_average() {
            figures.figure("load_average_before", load, "");
        }
        figures.figure("signed_payment_bytes", signed_bytes as f64, "B");
        let signatures = Signatures::make(size.entries.unwrap_or(SIGNATURES), signed_bytes)?;
        let expected = signatures.per_second()? * EXPECTED_SHARE * size.seconds;
        let round = size.entries.unwrap_or(expected as usize).max(1);
        let node = Some(Server::node(&town)?);
        Ok(Run { size, figures, town, signatures, round, signed_bytes, entry_bytes: ENTRY_BYTES, node, bar })
    }

    /// Everything.
    pub fn all(mut self, with_postgres: bool) -> Outcome<Figures> {
        let small = self.step("a short journal", sizes::short)?;
        self.step("signatures, appends, batches and single requests", throughput::measure)?;
        self.step("single requests at a given pace", pace::measure)?;
        self.step("one client, one payment at a time", alone::measure)?;
        self.step("a till", till::measure)?;
        self.step("a campaign that everybody draws on", hot::campaign)?;
        self.step("PostgreSQL", |run| postgres::measure(run, with_postgres))?;
        let long = self.step("a long journal", |run| sizes::longer(run, small))?;
        self.step("many accounts", |run| sizes::larger(run, long))?;
        self.step("an audit", audited::measure)?;
        Ok(self.figures)
    }

    fn step<T>(&mut self, what: &'static str, measure: impl FnOnce(&mut Run) -> Outcome<T>) -> Outcome<T> {
        self.bar.inc(1);
        self.bar.set_message(what);
        measure(self)
    }

    /// The node.
    pub fn node(&self) -> Outcome<&Server> {
        self.node.as_ref().ok_or_else(|| Failure::new("the node of the measurement is stopped"))
    }

    /// Does something while the node and its ledger are closed.
    pub fn stopped<T>(&mut self, work: impl FnOnce(&Run) -> Outcome<T>) -> Outcome<T> {
        self.node = None;
        self.town.close()?;
        let done = work(self)?;
        self.town.open_again()?;
        self.node = Some(Server::node(&self.town)?);
        Ok(done)
    }

    /// Measures what makes so many entries, and holds that it made them.
    pub fn counted<T>(&self, entries: usize, measure: impl FnOnce(&Run) -> Outcome<T>) -> Outcome<T> {
        let before = self.town.entries()?;
        let measured = measure(self)?;
        let made = self.town.entries()? - before;
        if made == entries as u64 {
            return Ok(measured);
        }
        Err(Failure::new(format!("a measurement of {entries} payments made {made} entries")))
    }

    /// Entries a second of what makes so many.
    pub fn timed(&self, entries: usize, make: impl FnOnce(&Run) -> Outcome) -> Outcome<f64> {
        let seconds = self.counted(entries, |run| {
            let began = Instant::now();
            make(run)?;
            Ok(began.elapsed().as_secs_f64())
        })?;
        Ok(entries as f64 / seconds)
    }

    /// Payments a second of one per request, and how long each took.
    pub fn singles(&self, orders: &[Order], clients: usize, pace: Option<f64>) -> Outcome<(f64, Latencies)> {
        let requests = Requests::single(orders, Expected::Receipt);
        let answered = self.counted(orders.len(), |run| drive(run.node()?.address, &requests, clients, pace))?;
        Ok((orders.len() as f64 / answered.seconds, answered.latencies))
    }

    /// Entries a second in process, with the writer and the disk, when their signatures were verified before.
    pub fn unsigned(&self, orders: &[Order]) -> Outcome<f64> {
        let decoded = self.town.decoded(orders)?;
        self.timed(orders.len(), |run| run.town.submit(&decoded))
    }
}

/// How many others want a core, on average of the last minute: a machine that is busy gives other figures. Linux tells.
fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}
