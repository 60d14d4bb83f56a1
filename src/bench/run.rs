//! The measurements, in their order.

use crate::bench::figures::{Figures, Latencies, Reach, Rounds};
use crate::bench::limits::{Appended, Signatures};
use crate::bench::load::{Expected, Requests, drive};
use crate::bench::reopen::{self, Reopened};
use crate::bench::server::Server;
use crate::bench::till;
use crate::bench::town::{BANK, Order, Payees, Town};
use crate::clock;
use crate::failure::{Failure, Outcome};
use indicatif::ProgressBar;
use ledger::account::Campaign;
use ledger::amount::{Amount, Rate};
use ledger::audit::audit;
use ledger::key::Hash32;
use ledger::rules::DAY_MS;
use ledger::transaction::Act;
use std::path::Path;
use std::time::Instant;

/// How many steps the bar has.
pub const STEPS: u64 = 11;
/// So many payments in one batch: the most that the API takes.
const BATCH: usize = 1_000;
/// So many clients send one payment per request: enough to keep every core at work while others wait for the disk.
const CLIENTS: usize = 128;
/// So many clients send batches.
const BATCH_CLIENTS: usize = 4;
/// Shares of the capacity at which single requests come in an open loop, in percent.
const LOADS: [u32; 3] = [25, 50, 75];
/// Which share of the machine's verifications a round of single requests is expected to reach, to make rounds of like length.
const EXPECTED_SHARE: f64 = 0.4;
/// So many payments at most are decoded in memory, to be submitted without looking at signatures.
const MOST_UNSIGNED: usize = 50_000;
/// Bytes of a payment's entry in the journal before it is known better; only the first rounds of appending use it.
const ENTRY_BYTES: usize = 320;

/// How much is measured.
pub struct Size {
    /// Repetitions of each side of a ratio.
    rounds: usize,
    /// How long a round lasts, in seconds, unless it has a fixed number of payments.
    seconds: f64,
    /// The number of payments in a round, when it was given.
    entries: Option<usize>,
    /// Members at first, and after the ledger has grown.
    members: (usize, Vec<usize>),
    /// Lengths of the journal.
    journal: Vec<usize>,
    /// How many payments go through the till.
    charges: usize,
    /// How many payments one client makes, one at a time.
    alone: usize,
}

impl Size {
    /// For a look, or in full; with so many payments in a round, small enough for a test.
    pub fn of(quick: bool, entries: Option<u64>) -> Size {
        let entries = entries.map(|entries| usize::try_from(entries).unwrap_or(usize::MAX));
        let (most_members, most_entries) =
            if quick { (vec![100_000], vec![100_000]) } else { (vec![100_000, 1_000_000], vec![1_000_000]) };
        let size = Size {
            rounds: 3,
            seconds: 0.5,
            entries,
            members: (1_000, most_members),
            journal: most_entries,
            charges: 60,
            alone: 300,
        };
        match (entries, quick) {
            (Some(entries), _) => {
                let members = (1_000.min(entries.max(2)), vec![entries.max(2) * 2]);
                Size { members, journal: vec![entries * 100], charges: 5, alone: entries.min(300), ..size }
            }
            (None, true) => size,
            (None, false) => Size { rounds: 5, seconds: 2.0, charges: 200, alone: 1_000, ..size },
        }
    }
}

/// A run under way.
pub struct Run {
    size: Size,
    cores: usize,
    bar: ProgressBar,
    figures: Figures,
    town: Town,
    node: Option<Server>,
    signatures: Signatures,
    /// Payments in a round.
    round: usize,
    /// Bytes of a signed payment, and of its entry on disk.
    signed_bytes: usize,
    entry_bytes: usize,
}

impl Run {
    /// Makes the town.
    pub fn begin(folder: &Path, size: Size, cores: usize, bar: ProgressBar) -> Outcome<Run> {
        bar.set_message("a currency is made");
        let mut town = Town::found(&folder.join("ledger"), cores)?;
        town.grow(size.members.0)?;
        let signed_bytes = town.payments(1, Payees::Spread).first().map_or(0, Vec::len);
        let mut figures = Figures::default();
        figures.figure("cores", cores as f64, "");
        figures.figure("signed_payment_bytes", signed_bytes as f64, "B");
        let signatures = Signatures::make(size.entries.unwrap_or(20_000), signed_bytes, cores)?;
        let expected = signatures.per_second()? * EXPECTED_SHARE * size.seconds;
        let round = size.entries.unwrap_or(expected as usize).max(1);
        let entry_bytes = ENTRY_BYTES;
        Ok(Run { size, cores, bar, figures, town, node: None, signatures, round, signed_bytes, entry_bytes })
    }

    /// Everything.
    pub fn all(mut self, with_postgres: bool) -> Outcome<Figures> {
        self.start_node()?;
        self.step("signatures, appends, batches and single requests", Run::throughput)?;
        self.step("single requests at a given pace", Run::open_loop)?;
        self.step("one client, one payment at a time", Run::alone)?;
        self.step("a till", Run::till)?;
        self.step("a campaign that everybody draws on", Run::campaign)?;
        self.step("a longer journal", Run::longer)?;
        self.step("more accounts", Run::larger)?;
        self.step("an audit", Run::audit)?;
        self.step("PostgreSQL", |run| run.postgres(with_postgres))?;
        Ok(self.figures)
    }

    fn step(&mut self, what: &'static str, measure: impl FnOnce(&mut Run) -> Outcome) -> Outcome {
        self.bar.inc(1);
        self.bar.set_message(what);
        measure(self)
    }

    fn start_node(&mut self) -> Outcome {
        self.node = Some(Server::node(&self.town)?);
        Ok(())
    }

    fn node(&self) -> Outcome<&Server> {
        self.node.as_ref().ok_or_else(|| Failure::new("the node of the measurement is stopped"))
    }

    /// Measures what makes so many entries, and holds that it made them.
    fn counted<T>(&self, entries: usize, measure: impl FnOnce(&Run) -> Outcome<T>) -> Outcome<T> {
        let before = self.town.entries()?;
        let measured = measure(self)?;
        let made = self.town.entries()? - before;
        if made == entries as u64 {
            return Ok(measured);
        }
        Err(Failure::new(format!("a measurement of {entries} payments made {made} entries")))
    }

    /// Payments a second of one per request.
    fn singles(&self, orders: &[Order], clients: usize, pace: Option<f64>) -> Outcome<(f64, Latencies)> {
        let requests = Requests::single(orders, Expected::Receipt);
        let answered = self.counted(orders.len(), |run| drive(run.node()?.address, &requests, clients, pace))?;
        Ok((orders.len() as f64 / answered.seconds, answered.latencies))
    }

    /// The limits, batches, single requests, and what stands between them: each in turn, again and again.
    fn throughput(&mut self) -> Outcome {
        let verifier = Server::verify_only(&self.town)?;
        let mut appended = Appended::open(&self.town.folder)?;
        let rows =
            ["verify", "append", "batch_http", "verify_only_http", "single_http", "hot_single_http", "in_process", "unsigned"];
        let mut rounds = rows.map(|_| Rounds::default());
        let (mut grown, mut payments) = (0, 0);
        for _ in 0..self.size.rounds {
            let batch = BATCH.min(self.round);
            let batched = self.town.payments(self.round.next_multiple_of(batch) * 2, Payees::Spread);
            let [single, process, unsigned] = [(); 3].map(|()| self.town.payments(self.round, Payees::Spread));
            let hot = self.town.payments(self.round, Payees::Shop);
            rounds[0].push(self.signatures.per_second()?);
            rounds[1].push(appended.per_second(self.entry_bytes, self.round, batch)?);
            let requests = Requests::batches(&batched, batch);
            let before = journal_bytes(&self.town.folder)?;
            let answered = self.counted(batched.len(), |run| drive(run.node()?.address, &requests, BATCH_CLIENTS, None))?;
            grown += journal_bytes(&self.town.folder)? - before;
            payments += batched.len();
            rounds[2].push(batched.len() as f64 / answered.seconds);
            let requests = Requests::single(&single, Expected::Id);
            let answered = self.counted(0, |_| drive(verifier.address, &requests, CLIENTS, None))?;
            rounds[3].push(single.len() as f64 / answered.seconds);
            rounds[4].push(self.singles(&single, CLIENTS, None)?.0);
            rounds[5].push(self.singles(&hot, CLIENTS, None)?.0);
            rounds[6].push(self.timed(process.len(), |run| run.town.decode_and_submit(&process))?);
            rounds[7].push(self.unsigned(&unsigned)?);
            self.entry_bytes = grown as usize / payments;
        }
        let figures = &mut self.figures;
        for (row, rounds) in rows.iter().zip(rounds) {
            figures.figure(format!("{row}_per_s"), rounds, "1/s");
        }
        figures.figure("entry_bytes", self.entry_bytes as f64, "B");
        let on_disk = grown as f64 / payments as f64 / self.signed_bytes as f64;
        figures.ratio_of("batch_http_to_verify", "batch_http_per_s", "verify_per_s", Reach::Least(0.75, 0.85));
        figures.ratio_of("single_http_to_verify_only", "single_http_per_s", "verify_only_http_per_s", Reach::Least(0.65, 0.80));
        figures.ratio_of("in_process_to_verify", "in_process_per_s", "verify_per_s", Reach::Told);
        figures.ratio_of("hot_to_spread", "hot_single_http_per_s", "single_http_per_s", Reach::Least(0.9, 0.9));
        figures.ratio("disk_bytes_to_signed_bytes", Some(on_disk), Reach::Most(1.6));
        Ok(())
    }

    /// Entries a second of what makes so many.
    fn timed(&self, entries: usize, make: impl FnOnce(&Run) -> Outcome) -> Outcome<f64> {
        let seconds = self.counted(entries, |run| {
            let began = Instant::now();
            make(run)?;
            Ok(began.elapsed().as_secs_f64())
        })?;
        Ok(entries as f64 / seconds)
    }

    /// Entries a second when their signatures were verified before.
    fn unsigned(&self, orders: &[Order]) -> Outcome<f64> {
        let decoded = self.town.decoded(orders)?;
        self.timed(orders.len(), |run| run.town.submit(decoded))
    }

    /// Requests at a pace, and appends of the same bytes at the same pace.
    fn open_loop(&mut self) -> Outcome {
        let capacity = self.figures.value("single_http_per_s").unwrap_or_default();
        let mut appended = Appended::open(&self.town.folder)?;
        for percent in LOADS {
            let pace = capacity * f64::from(percent) / 100.0;
            let count = self.size.entries.unwrap_or((pace * self.size.seconds * 2.0) as usize).max(1);
            let shares = [("p50", 500), ("p99", 990), ("p99_9", 999)];
            let (mut http, mut append) = (shares.map(|_| Rounds::default()), Rounds::default());
            for _ in 0..self.size.rounds {
                let orders = self.town.payments(count, Payees::Spread);
                let (_, latencies) = self.singles(&orders, CLIENTS, Some(pace))?;
                for ((_, share), rounds) in shares.iter().zip(&mut http) {
                    rounds.push(latencies.micros(*share));
                }
                append.push(appended.under_load(self.entry_bytes, count, pace)?.micros(990));
            }
            for ((name, _), rounds) in shares.iter().zip(http) {
                self.figures.figure(format!("single_http_{name}_at_{percent}_percent"), rounds, "µs");
            }
            self.figures.figure(format!("append_p99_at_{percent}_percent"), append, "µs");
        }
        let (http, append) = ("single_http_p99_at_50_percent", "append_p99_at_50_percent");
        self.figures.ratio_of("p99_half_load_to_append", http, append, Reach::Most(4.0));
        Ok(())
    }

    /// One client, and what it waits for at the least: one append and one verification.
    fn alone(&mut self) -> Outcome {
        let mut appended = Appended::open(&self.town.folder)?;
        let (mut http, mut append, mut verify) = (Rounds::default(), Rounds::default(), Rounds::default());
        for _ in 0..self.size.rounds {
            let orders = self.town.payments(self.size.alone, Payees::Spread);
            append.push(appended.one_at_a_time(self.entry_bytes, self.size.alone)?.micros(500));
            verify.push(self.signatures.micros_each());
            http.push(self.singles(&orders, 1, None)?.1.micros(500));
        }
        let figures = &mut self.figures;
        let client = figures.figure("single_client_p50", http, "µs");
        let floor = figures.figure("append_p50", append, "µs") + figures.figure("verify_one", verify, "µs");
        figures.ratio("single_client_p50_to_floor", Some(client / floor), Reach::Most(2.0));
        Ok(())
    }

    fn till(&mut self) -> Outcome {
        let charges = self.size.charges;
        let latencies = self.counted(charges, |run| till::paid(run.node()?.address, &run.town, charges))?;
        self.figures.figure("till_paid_p50", latencies.micros(500), "µs");
        self.figures.figure("till_paid_p99", latencies.micros(990), "µs");
        Ok(())
    }

    /// Conversions that all draw on one sponsor's euros, beside single payments.
    fn campaign(&mut self) -> Outcome {
        let now = clock::now_ms();
        let cents = |cents| Amount::from_cents(cents).ok_or_else(|| Failure::new("an amount of the campaign is out of bounds"));
        let (most, evidence) = (cents(100_000_000)?, Hash32::of(b"the sponsor's transfer"));
        let rate = Rate::new(1, 10).ok_or_else(|| Failure::new("a tenth is a rate"))?;
        let (start, end, least) = (now - DAY_MS, now + DAY_MS, cents(1)?);
        let campaign = Campaign {
            number: 1,
            version: 1,
            bank: BANK,
            rate,
            start,
            end,
            budget: most,
            cap: most,
            periods: vec![],
            groups: vec![],
            order: 0,
            least,
            most,
        };
        let publish = self.town.act(Act::PublishCampaign(Box::new(campaign)));
        let deposit = self.town.act(Act::SponsorDeposit { bank: BANK, campaign: 1, amount: most, evidence });
        self.town.submit(vec![publish, deposit])?;
        let (mut hot, mut spread) = (Rounds::default(), Rounds::default());
        for _ in 0..self.size.rounds {
            let (conversions, payments) = (self.town.conversions(self.round), self.town.payments(self.round, Payees::Spread));
            hot.push(self.singles(&conversions, CLIENTS, None)?.0);
            spread.push(self.singles(&payments, CLIENTS, None)?.0);
        }
        let hot = self.figures.figure("hot_campaign_http_per_s", hot, "1/s");
        self.figures.ratio("hot_campaign_to_spread", Some(hot / spread.median()), Reach::Told);
        Ok(())
    }

    /// Rates and times at the size that the ledger has now.
    fn at_size(&mut self, name: &str) -> Outcome<[f64; 3]> {
        let pace = self.figures.value("single_http_per_s").unwrap_or_default() / 2.0;
        let mut rounds = [(); 3].map(|()| Rounds::default());
        for _ in 0..self.size.rounds {
            let [process, closed, open] = [(); 3].map(|()| self.town.payments(self.round, Payees::Spread));
            rounds[0].push(self.unsigned(&process)?);
            rounds[1].push(self.singles(&closed, CLIENTS, None)?.0);
            rounds[2].push(self.singles(&open, CLIENTS, Some(pace))?.1.micros(990));
        }
        let [process, single, p99] = rounds;
        Ok([
            self.figures.figure(format!("unsigned_per_s_with_{name}"), process, "1/s"),
            self.figures.figure(format!("single_http_per_s_with_{name}"), single, "1/s"),
            self.figures.figure(format!("single_http_p99_with_{name}"), p99, "µs"),
        ])
    }

    fn longer(&mut self) -> Outcome {
        let short = self.town.entries()?;
        let before = self.at_size(&format!("{short}_entries"))?;
        let small = self.reopened()?;
        let (mut after, mut rates) = (before, Rounds::default());
        for entries in self.size.journal.clone() {
            let missing = entries.saturating_sub(usize::try_from(self.town.entries()?).unwrap_or(entries));
            let share = missing.div_ceil(self.size.rounds).min(MOST_UNSIGNED);
            for _ in 0..missing.div_ceil(share.max(1)) {
                let orders = self.town.payments(share, Payees::Spread);
                rates.push(self.unsigned(&orders)?);
            }
            let reached = self.town.entries()?;
            after = self.at_size(&format!("{reached}_entries"))?;
        }
        let unsigned = self.figures.figure("unsigned_entries_per_s", rates, "1/s");
        self.figures.ratio("unsigned_entries_per_s", Some(unsigned), Reach::Least(300_000.0, 300_000.0));
        self.slopes(["unsigned_slope_entries", "single_http_slope_entries", "p99_slope_entries"], before, after);
        let large = self.reopened()?;
        let replay = large.entries / large.seconds;
        self.figures.figure("reopen_entries", large.entries, "");
        self.figures.figure("reopen_without_snapshot", large.seconds, "s");
        self.figures.figure("replay_per_s", replay, "1/s");
        self.figures.ratio("replay_entries_per_s", Some(replay), Reach::Least(1e6, 1e6));
        self.figures.ratio("reopen_with_snapshot_s", with_snapshot(), Reach::Most(2.0));
        if let Some(each) = per_one(&small, &large, large.entries - small.entries, 0.0) {
            self.figures.figure("memory_per_million_entries", each * 1e6 / f64::from(1 << 20), "MiB");
        }
        Ok(())
    }

    fn larger(&mut self) -> Outcome {
        let members = self.town.members();
        let before = self.at_size(&format!("{members}_accounts"))?;
        let small = self.reopened()?;
        let mut after = before;
        for members in self.size.members.1.clone() {
            self.town.grow(members)?;
            after = self.at_size(&format!("{members}_accounts"))?;
        }
        self.slopes(["unsigned_slope_accounts", "single_http_slope_accounts", "p99_slope_accounts"], before, after);
        let large = self.reopened()?;
        let per_entry = self.figures.value("memory_per_million_entries").map(|mib| mib * f64::from(1 << 20) / 1e6);
        let of_entries = per_entry.unwrap_or_default() * (large.entries - small.entries);
        if let Some(each) = per_one(&small, &large, (self.town.members() - members) as f64, of_entries) {
            self.figures.figure("memory_per_account", each, "B");
        }
        Ok(())
    }

    /// How each figure changed from the smallest size to the largest: 1 is flat.
    fn slopes(&mut self, names: [&'static str; 3], before: [f64; 3], after: [f64; 3]) {
        for (place, name) in names.into_iter().enumerate() {
            self.figures.ratio(name, Some(after[place] / before[place]), Reach::Told);
        }
    }

    /// Stops the node, opens the ledger in a new process, and starts the node again.
    fn reopened(&mut self) -> Outcome<Reopened> {
        self.stop()?;
        let reopened = reopen::in_a_new_process(&self.town.folder)?;
        self.town.open_again()?;
        self.start_node()?;
        Ok(reopened)
    }

    fn stop(&mut self) -> Outcome {
        self.node = None;
        self.town.close()
    }

    fn audit(&mut self) -> Outcome {
        let entries = self.town.entries()?;
        self.stop()?;
        let began = Instant::now();
        let report = audit(&self.town.folder, self.cores, |_| {})?;
        let seconds = began.elapsed().as_secs_f64();
        if report.entries != entries || report.media.iter().any(|(_, circulation, cover)| cover < circulation) {
            return Err(Failure::new("the audit does not agree with the measurement"));
        }
        self.figures.figure("audited_entries", entries as f64, "");
        self.figures.figure("audit_per_s", entries as f64 / seconds, "1/s");
        Ok(())
    }

    fn postgres(&mut self, with_postgres: bool) -> Outcome {
        let _ = with_postgres;
        for (name, reach) in [("to_postgres", Reach::Least(1.3, 1.3)), ("to_postgres_hot", Reach::Least(8.0, 8.0))] {
            self.figures.ratio(name, None, reach);
        }
        Ok(())
    }
}

/// Nothing writes snapshots yet.
fn with_snapshot() -> Option<f64> {
    None
}

/// Bytes of memory that each of so many took, after those that others took; nothing where the system does not tell.
fn per_one(before: &Reopened, after: &Reopened, count: f64, others: f64) -> Option<f64> {
    Some((after.memory? - before.memory? - others) / count)
}

/// What lies in the folder of the data, without the till's records and the secrets.
fn journal_bytes(folder: &Path) -> Outcome<u64> {
    let failed = |error: std::io::Error| Failure::file("measure", folder, &error);
    let mut bytes = 0;
    for name in ["journal", "head", "records"] {
        for file in std::fs::read_dir(folder.join(name)).map_err(failed)? {
            bytes += file.and_then(|file| file.metadata()).map_err(failed)?.len();
        }
    }
    Ok(bytes)
}
