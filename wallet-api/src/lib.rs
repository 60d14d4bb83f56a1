//! HTTP for members and the public, and the Rust client that others use.
//!
//! [`Service`] is what the program mounts; [`client::Client`] is what a shop's machine and the command line use. The API is described
//! in `openapi.json`, which the server gives at `/openapi.json`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod allowance;
mod backups;
mod cards;
pub mod client;
mod conversions;
mod erasure;
mod error;
mod export;
mod extract;
mod figures;
mod funding;
mod gate;
mod keys;
mod lines;
mod live;
pub mod notices;
mod offline;
mod places;
mod redemptions;
mod refund_requests;
mod routes;
mod session;
mod statements;
pub mod verifiers;
pub mod wire;

use error::Refusal;
use ledger::cards::Cards;
use ledger::checkpoint::Checkpoint;
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix, PublicKey};
use ledger::ledger::Ledger;
use ledger::note::Note;
use ledger::receipt::Receipt;
use ledger::transaction::SignedTransaction;
use ledger::writer::{Accepted, Clock, Refused, Reply};
use std::sync::Arc;
use tokio::sync::oneshot;

use axum::body::Bytes;
pub use gate::{Caller, Limits, MAX_NETWORKS};
pub use session::Sessions;
use verifiers::Verifiers;

/// What the service is told from outside.
pub struct Settings {
    /// Who holds the fund's bank account.
    pub holder: String,
    /// Where conversions are paid to.
    pub iban: String,
    /// Its bank.
    pub bic: Option<String>,
    /// The SEPA creditor identifier of who collects; without one there are no direct debits.
    pub creditor_id: Option<String>,
    /// True when nothing here is worth anything.
    pub demo: bool,
    /// Public figures are taken this often.
    pub public_every_ms: u64,
    /// The verifier keys of those who cosign the public log.
    pub witnesses: Vec<String>,
    /// How many of them make a payment final for everyone.
    pub witnesses_needed: usize,
    /// The public log is published this often.
    pub publish_every_ms: u64,
    /// What shops may take while there is no network.
    pub offline: Offline,
    /// After so many days at the latest the euros of a redemption arrive; 0: nothing is promised.
    pub redemption_days: u32,
    /// The payment cards.
    pub cards: Arc<Cards>,
    /// How much is allowed to those who come from outside.
    pub limits: Limits,
    /// The time.
    pub clock: Clock,
    /// What the association holds about a member besides the ledger and its directory.
    pub association_holds: Held,
    /// Signatures are verified on so many threads: one per core.
    pub threads: usize,
    /// How members are told when their wallet is closed.
    pub notices: notices::NoticeSettings,
}

/// Tells what is held about a member, by its kind, as JSON.
pub type Held = Arc<dyn Fn(&AccountId) -> Result<serde_json::Value, Fault> + Send + Sync>;

/// What shops may take while there is no network, in cents. Theirs is the loss when an order turns out not to be covered, up to these sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offline {
    /// Of one wallet, until its orders have arrived; 0: nothing, and no wallet pays without network.
    pub per_wallet: u64,
    /// By one till in one day.
    pub per_till_day: u64,
}

struct Inner {
    ledger: Arc<Ledger>,
    prefix: Prefix,
    settings: Settings,
    sessions: Sessions,
    gate: gate::Gate,
    hub: live::Hub,
    figures: figures::Figures,
    places: places::Known,
    verifiers: Verifiers,
    notices: notices::Notices,
    desk: Arc<statements::Desk>,
}

/// The wallet API. Clones are the same service.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

/// So many signatures of a batch are verified in one go on one core.
const VERIFY_SHARE: usize = 32;

impl Service {
    /// A service over an open ledger.
    pub fn new(ledger: Arc<Ledger>, mut settings: Settings) -> Service {
        let (prefix, currency) = {
            let durable = ledger.durable();
            let genesis = durable.state.genesis().map(|genesis| genesis.name.clone());
            durable.state.prefix().zip(genesis).expect("an open ledger has a genesis")
        };
        let hub = live::Hub::of(&ledger);
        let sessions = Sessions::new(settings.clock.clone()).expect("the machine gives random bytes");
        let gate = gate::Gate::new(settings.limits);
        let figures = figures::Figures::default();
        let places = places::Known::default();
        let verifiers = Verifiers::start(settings.threads).expect("the machine gives threads");
        let notices = notices::Notices::new(&ledger, &currency, std::mem::take(&mut settings.notices));
        let desk = Arc::default();
        Service(Arc::new(Inner { ledger, prefix, settings, sessions, gate, hub, figures, places, verifiers, notices, desk }))
    }

    /// Its routes.
    pub fn router(&self) -> axum::Router {
        routes::router(self.clone())
    }

    /// Who is signed in.
    pub fn sessions(&self) -> Sessions {
        self.0.sessions.clone()
    }

    fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn prefix(&self) -> Prefix {
        self.0.prefix
    }

    fn hub(&self) -> &live::Hub {
        &self.0.hub
    }

    fn notices(&self) -> &notices::Notices {
        &self.0.notices
    }

    fn desk(&self) -> &Arc<statements::Desk> {
        &self.0.desk
    }

    fn places(&self) -> &places::Known {
        &self.0.places
    }

    fn gate(&self) -> &gate::Gate {
        &self.0.gate
    }

    /// True when the key has a right somewhere.
    fn knows(&self, key: &PublicKey) -> bool {
        self.ledger().durable().state.knows(key)
    }

    fn now(&self) -> u64 {
        (self.0.settings.clock)()
    }

    fn figures(&self) -> wire::PublicFigures {
        self.0.figures.at(&self.0.ledger, self.now(), self.0.settings.public_every_ms)
    }

    /// Submits one transaction; gives its receipt's bytes. A caller who goes away changes nothing about what was submitted.
    async fn submit(&self, caller: Option<Caller>, bytes: Bytes) -> Result<Vec<u8>, Refusal> {
        let (told, answer) = oneshot::channel();
        let (service, coming) = (self.clone(), self.ledger().coming());
        // The signature is verified on one of the threads for it, which puts the order into the writer's queue itself.
        self.0.verifiers.run(move || {
            match service.admit(caller, &bytes) {
                Ok(order) => service.enqueue(order, told),
                Err(refusal) => drop(told.send(Err(refusal))),
            }
            drop(coming);
        })?;
        self.receipt(answer).await
    }

    /// Submits transactions in order; each has an answer of its own.
    async fn submit_all(&self, caller: Option<Caller>, parts: Vec<Bytes>) -> Result<Vec<Result<Vec<u8>, Refusal>>, Refusal> {
        let mut answers = Vec::with_capacity(parts.len());
        let coming = self.ledger().coming();
        for order in self.verify(caller, parts).await? {
            let (told, answer) = oneshot::channel();
            match order {
                Ok(order) => self.enqueue(order, told),
                Err(refusal) => drop(told.send(Err(refusal))),
            }
            answers.push(answer);
        }
        drop(coming);
        let mut receipts = Vec::with_capacity(answers.len());
        for answer in answers {
            receipts.push(self.receipt(answer).await);
        }
        Ok(receipts)
    }

    /// Verifies signatures in shares that keep every core busy.
    async fn verify(
        &self,
        caller: Option<Caller>,
        parts: Vec<Bytes>,
    ) -> Result<Vec<Result<SignedTransaction, Refusal>>, Refusal> {
        let mut running = Vec::new();
        let count = parts.len();
        for share in parts.chunks(VERIFY_SHARE) {
            let (service, share) = (self.clone(), share.to_vec());
            let (told, verified) = oneshot::channel();
            let decode = move |bytes: &Bytes| service.admit(caller, bytes);
            self.0.verifiers.run(move || drop(told.send(share.iter().map(decode).collect::<Vec<_>>())))?;
            running.push(verified);
        }
        let mut orders = Vec::with_capacity(count);
        for share in running {
            orders.extend(share.await.map_err(|_| Refusal::Unavailable)?);
        }
        Ok(orders)
    }

    /// Verifies one order, within the limits of who sent it and of who signed it.
    fn admit(&self, caller: Option<Caller>, bytes: &[u8]) -> Result<SignedTransaction, Refusal> {
        let (gate, now) = (&self.0.gate, self.now());
        gate.before(caller, bytes, now)?;
        let order = self.ledger().decode(bytes).inspect_err(|error| gate.failed(caller, *error, now))?;
        gate.after(caller, &order, &self.ledger().durable().state, now)?;
        Ok(order)
    }

    /// Puts an order into the writer's queue.
    fn enqueue(&self, order: SignedTransaction, told: oneshot::Sender<Submitted>) {
        let reply: Reply = Box::new(move |answer| drop(told.send(answer.map_err(Refusal::from))));
        self.ledger().submit(order, reply);
    }

    /// The receipt of an entry under the published checkpoint, with its witnesses' lines; `None` as long as that does not cover it.
    fn published_receipt(&self, sequence: u64) -> Result<Option<Receipt>, Refusal> {
        let Some(note) = self.ledger().publication().checkpoint() else { return Ok(None) };
        let checkpoint = Note::open(&note).ok().and_then(|note| Checkpoint::parse(note.body()).ok());
        let size = checkpoint.map_or(0, |checkpoint| checkpoint.size);
        Ok(self.ledger().receipt_under(sequence, size, note)?)
    }

    /// The receipt's bytes, once there is an answer.
    async fn receipt(&self, answer: oneshot::Receiver<Submitted>) -> Result<Vec<u8>, Refusal> {
        let sequence = match answer.await.map_err(|_| Refusal::Unavailable)?? {
            Ok(Accepted { receipt: Some(receipt), .. }) => return Ok(receipt.encode()),
            Ok(Accepted { sequence, .. }) => Ok(sequence),
            Err(refused) => Err(refused),
        };
        // An entry from before, or an order that may be one: on disk.
        let service = self.clone();
        let found = tokio::task::spawn_blocking(move || -> Result<Vec<u8>, Refusal> {
            let sequence = match sequence {
                Ok(sequence) => sequence,
                Err(refused) => service.ledger().or_late(&refused)??,
            };
            Ok(service.ledger().receipt(sequence)?.ok_or(Refusal::Unavailable)?.encode())
        });
        found.await.map_err(|_| Refusal::Unavailable)?
    }
}

/// What becomes of a submission: the writer's answer, or why it did not reach the writer.
type Submitted = Result<Result<Accepted, Refused>, Refusal>;
