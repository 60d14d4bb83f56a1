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
mod alarms;
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

use alarms::Alarms;
use ledger::fault::Fault;
use ledger::ledger::Ledger;
use ledger::merkle::Hash;
use ledger::note::VerifierKey;
use ledger::receipt::origin;
use ledger::writer::Clock;
use standing::Standings;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

pub use standing::Problem;

/// A log has at most so many witnesses. Their lines, of up to 180 bytes, fit into what is kept of a published checkpoint (4,000 bytes)
/// beside the lines of the log's own keys, and a phone verifies them all at each receipt.
pub const MAX_WITNESSES: usize = 16;
/// The longest name of a witness, in bytes, for the same room.
pub const MAX_WITNESS_NAME_BYTES: usize = 64;

/// What the names of logs begin with (`ledger::receipt::origin`): no witness is named so.
pub const LOG_NAMES: &str = "liard/";

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
    alarms: Alarms,
    /// So many rounds in a row have published nothing of what was there to publish.
    without: AtomicU32,
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
    /// [`Fault::Setup`] when a witness has a key of the log itself, or no HTTP client can be made; as
    /// [`ledger::publication::Publication::publish`].
    pub fn new(settings: Settings) -> Result<Service, Fault> {
        settings.witnesses.iter().try_for_each(|witness| check_is_other(witness, &settings.ledger))?;
        let http = ask::http().map_err(|error| Fault::Setup(format!("no HTTP client can be made: {error}")))?;
        let keys: Vec<VerifierKey> = settings.witnesses.iter().map(|witness| witness.key.clone()).collect();
        let published = settings.ledger.publication().checkpoint();
        let standings = Standings::of(&keys, published.as_deref());
        let (alarms, stating, sooner) = (Alarms::default(), Mutex::default(), Notify::new());
        let service = Service(Arc::new(Inner { settings, http, standings, alarms, without: AtomicU32::new(0), stating, sooner }));
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

    /// Each alarm: a witness that says it has seen another history than this node tells, a journal that is not what was published from
    /// it, a statement that is due and could not be made, a log that grows and is not published.
    pub fn alarms(&self) -> Vec<String> {
        let standings = self.0.settings.witnesses.iter().zip(self.0.standings.all());
        let alarming = standings.filter_map(|(witness, standing)| {
            let problem = standing.problem.filter(|problem| problem.is_alarm())?;
            Some(format!("{}: {}", witness.key.name, problem.sentence()))
        });
        let contradicted = self.ledger().publication().contradicted(self.root_at()).map(|size| {
            format!("the journal does not begin with the {size} entries that were published: find out which history is right")
        });
        alarming.chain(contradicted).chain(self.0.alarms.words()).collect()
    }

    /// The root of the journal over so many entries.
    fn root_at(&self) -> impl Fn(u64) -> Option<Hash> {
        |size| self.ledger().durable().tree.root_at(size)
    }

    fn ledger(&self) -> &Arc<Ledger> {
        &self.0.settings.ledger
    }

    fn now(&self) -> u64 {
        (self.0.settings.clock)()
    }
}

/// A witness with a key of the log would vouch for the log with the log's own word.
fn check_is_other(witness: &Witness, ledger: &Ledger) -> Result<(), Fault> {
    let (name, own) = (&witness.key.name, ledger.durable().state.checkpoint_keys().contains(&witness.key.key));
    let why = match () {
        () if own => "has a key that signs this log's checkpoints",
        () if *name == origin(&ledger.id()) => "is named like this log",
        () => return Ok(()),
    };
    Err(Fault::Setup(format!(
        "the setting `witnesses`: {name} {why}: a witness is somebody else, with a name and a key of their own"
    )))
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

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::SigningKey;
    use ledger::account::{Bank, Limits, LiquidityClass, Medium, Operator, Quorum, Role, Roles};
    use ledger::key::{Hash32, PublicKey};
    use ledger::ledger::Settings as LedgerSettings;
    use ledger::transaction::{Body, Genesis, NO_LEDGER, Transaction};
    use std::path::Path;

    const START: u64 = 1_795_372_200_000;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn public(seed: u8) -> PublicKey {
        key(seed).verifying_key().into()
    }

    fn genesis(banks: u16) -> Genesis {
        let roles = Roles::of(&[Role::Treasurer, Role::Board]);
        let medium = |number| if number == 1 { Medium::Digital } else { Medium::Paper };
        let iban = |number: u16| Hash32::of(&number.to_be_bytes());
        let bank = |number| Bank { number, medium: medium(number), class: LiquidityClass::Sight, iban: iban(number) };
        Genesis {
            name: "Test town".into(),
            symbol: "L".into(),
            prefix: "liard".into(),
            checkpoint_key: public(1),
            time: START,
            operators: vec![Operator { number: 1, key: public(2), roles }],
            quorums: vec![Quorum { act: 0, persons: 1, roles: Roles::ACTING }],
            limits: vec![Limits { level: 0, per_payment: None, held: None, paid_30_days: None }],
            banks: (1..=banks).map(bank).collect(),
            self_opening: true,
            rule_set: 1,
            recovery_delay_ms: 0,
        }
    }

    /// A new ledger with so many bank accounts.
    fn ledger(folder: &Path, banks: u16) -> Arc<Ledger> {
        let body = Body::Genesis(Box::new(genesis(banks)));
        let order = Transaction { nonce: [0; 8], valid_until: START + 1_000, body }.sign(&NO_LEDGER, &key(3));
        let settings = LedgerSettings::at(&folder.join("data"), folder.join("key"), vec![key(1)], Arc::new(|| START));
        Arc::new(Ledger::create(settings, &order).unwrap())
    }

    fn service(ledger: Arc<Ledger>, witnesses: Vec<Witness>) -> Result<Service, Fault> {
        let due: Due = Arc::new(|now| now);
        let every = Duration::from_millis(1);
        Service::new(Settings { ledger, witnesses, needed: 0, every, due: Some(due), clock: Arc::new(|| START + 60_000) })
    }

    #[test]
    fn a_witness_with_a_key_or_the_name_of_the_log_is_refused_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path(), 2);
        let start = |name: &str, seed| {
            let witness = Witness { key: VerifierKey::witness(name, public(seed)), url: "http://127.0.0.1:1".into() };
            service(ledger.clone(), vec![witness]).err().map(|fault| fault.to_string()).unwrap_or_default()
        };
        assert!(start("witness.example", 1).contains("has a key that signs this log's checkpoints"));
        assert!(start(&origin(&ledger.id()), 9).contains("is named like this log"));
        assert_eq!(start("witness.example", 9), "");
        assert!(origin(&ledger.id()).starts_with(LOG_NAMES));
    }

    #[test]
    fn a_statement_that_is_due_and_cannot_be_made_is_an_alarm_until_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let service = service(ledger(folder.path(), 33), Vec::new()).unwrap();
        for _ in 0..2 {
            assert!(service.state_if_due().is_err());
            let alarms = service.alarms();
            assert!(alarms.len() == 1 && alarms[0].contains("coverage statement is due"), "{alarms:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let sound = self::service(ledger(folder.path(), 2), Vec::new()).unwrap();
        sound.0.alarms.stated.set(Some("it was wrong before".into()));
        sound.state_if_due().unwrap();
        assert_eq!(sound.alarms(), [""; 0]);
    }

    #[test]
    fn a_log_that_grows_and_is_not_published_for_some_rounds_is_an_alarm_until_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let service = service(ledger(folder.path(), 2), Vec::new()).unwrap();
        let published = service.ledger().publication().published_size();
        for _ in 0..2 {
            (0..2).for_each(|_| service.watch(published + 1));
            assert_eq!(service.alarms(), [""; 0], "one round may fail");
            service.watch(published + 1);
            let alarms = service.alarms();
            assert!(alarms.len() == 1 && alarms[0].contains("not published"), "{alarms:?}");
            service.watch(published);
            assert_eq!(service.alarms(), [""; 0]);
        }
    }
}
