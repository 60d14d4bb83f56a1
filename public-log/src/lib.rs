//! What anyone can check, over HTTP: the public log under `/log/`, the rounds that publish it, its witnesses, and clients of both.
//!
//! ```text
//! publisher ─▶ witnesses (add-checkpoint) ─▶ cosignatures ─▶ published checkpoint ─▶ /log/ ─▶ anyone: client
//! ```
//!
//! [`Service`] is what a node mounts and runs; [`store`] and [`witness`] are the witness that a partner town runs; [`client`] reads
//! somebody's log. No amount and no account is public here but the totals of the coverage statements.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod add_checkpoint;
mod ask;
mod bounded;
pub mod client;
mod error;
mod lines;
mod publisher;
mod routes;
mod standing;
mod statements;
pub mod store;
pub mod wire;
pub mod witness;

use ledger::fault::Fault;
use ledger::ledger::Ledger;
use ledger::note::VerifierKey;
use ledger::writer::Clock;
use standing::Standings;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

pub use standing::Problem;

/// A log has at most so many witnesses. Their lines, of up to 180 bytes, fit into what is kept of a published checkpoint (4,000 bytes)
/// beside the lines of the log's own keys, and a phone verifies them all at each receipt.
pub const MAX_WITNESSES: usize = 16;
/// The longest name of a witness, in bytes, for the same room.
pub const MAX_WITNESS_NAME_BYTES: usize = 64;

/// Someone who cosigns this log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// The name and the key.
    pub key: VerifierKey,
    /// Where it answers, without a slash at the end.
    pub url: String,
}

/// Tells, for a time, the newest instant up to it at which a coverage statement was due; both in milliseconds since 1970.
pub type Due = Arc<dyn Fn(u64) -> u64 + Send + Sync>;

/// What the service is told from outside.
pub struct Settings {
    /// The ledger whose log is published.
    pub ledger: Arc<Ledger>,
    /// Who cosigns it.
    pub witnesses: Vec<Witness>,
    /// How many of them make a checkpoint final for everyone.
    pub needed: usize,
    /// It is published anew this often, when it grew.
    pub every: Duration,
    /// When coverage statements are due; `None`: never by themselves.
    pub due: Option<Due>,
    /// The time.
    pub clock: Clock,
}

struct Inner {
    settings: Settings,
    http: reqwest::Client,
    standings: Standings,
    /// Statements are made one after the other.
    stating: Mutex<()>,
    /// Something is to be published sooner than usual.
    sooner: Notify,
}

/// The public log of a node. Clones are the same service.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

impl Service {
    /// The public log of an open ledger. What was not published before is published at once, without waiting for witnesses.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] when no HTTP client can be made; as [`ledger::publication::Publication::publish`].
    pub fn new(settings: Settings) -> Result<Service, Fault> {
        let http = ask::http().map_err(|error| Fault::Setup(format!("no HTTP client can be made: {error}")))?;
        let keys: Vec<VerifierKey> = settings.witnesses.iter().map(|witness| witness.key.clone()).collect();
        let published = settings.ledger.publication().checkpoint();
        let standings = Standings::of(&keys, published.as_deref());
        let (stating, sooner) = (Mutex::default(), Notify::new());
        let service = Service(Arc::new(Inner { settings, http, standings, stating, sooner }));
        if published.is_none() {
            service.publish_alone()?;
        }
        Ok(service)
    }

    /// The routes under `/log/`.
    pub fn router(&self) -> axum::Router {
        routes::router(self.clone())
    }

    /// Publishes and makes the daily statements for as long as what is given back lives.
    pub fn run(&self) -> Running {
        let (publishing, stating) = (self.clone(), self.clone());
        Running(vec![
            tokio::spawn(async move { publishing.publish_for_ever().await }),
            tokio::spawn(async move { stating.state_for_ever().await }),
        ])
    }

    /// How it stands with the witnesses, for whoever watches the node.
    pub fn witnesses(&self) -> wire::Witnesses {
        let settings = &self.0.settings;
        let lines = settings.witnesses.iter().zip(self.0.standings.all()).map(|(witness, standing)| wire::WitnessLine {
            name: witness.key.name.clone(),
            key: witness.key.to_string(),
            url: witness.url.clone(),
            size: standing.size,
            time: standing.time,
            problem: standing.problem.map(|problem| problem.code().to_owned()),
            detail: standing.problem.map(|problem| problem.sentence().to_owned()),
        });
        wire::Witnesses { needed: settings.needed, witnesses: lines.collect() }
    }

    /// Names the witnesses that say they have seen another history than this node tells: each is an alarm.
    pub fn alarms(&self) -> Vec<String> {
        let standings = self.0.settings.witnesses.iter().zip(self.0.standings.all());
        let alarming = standings.filter_map(|(witness, standing)| {
            let problem = standing.problem.filter(|problem| problem.is_alarm())?;
            Some(format!("{}: {}", witness.key.name, problem.sentence()))
        });
        alarming.collect()
    }

    fn ledger(&self) -> &Arc<Ledger> {
        &self.0.settings.ledger
    }

    fn now(&self) -> u64 {
        (self.0.settings.clock)()
    }
}

/// What publishes in the background, until it is dropped.
pub struct Running(Vec<tokio::task::JoinHandle<()>>);

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}
