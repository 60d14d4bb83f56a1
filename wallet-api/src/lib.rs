//! HTTP for members and the public, and the Rust client that others use.
//!
//! [`Service`] is what the program mounts; [`client::Client`] is what a shop's machine and the command line use. The API is described
//! in `openapi.json`, which the server gives at `/openapi.json`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod allowance;
pub mod client;
mod error;
mod extract;
mod figures;
mod funding;
mod gate;
mod lines;
mod live;
mod routes;
mod session;
pub mod wire;

use error::Refusal;
use ledger::key::{Prefix, PublicKey};
use ledger::ledger::Ledger;
use ledger::rejection::Rejection;
use ledger::transaction::SignedTransaction;
use ledger::writer::{Answer, Clock, Reply};
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

pub use gate::{Caller, Limits, MAX_NETWORKS};
pub use session::Sessions;

/// What the service is told from outside.
pub struct Settings {
    /// Who holds the fund's bank account.
    pub holder: String,
    /// Where conversions are paid to.
    pub iban: String,
    /// Its bank.
    pub bic: Option<String>,
    /// True when nothing here is worth anything.
    pub demo: bool,
    /// Public figures are taken this often.
    pub public_every_ms: u64,
    /// How much is allowed to those who come from outside.
    pub limits: Limits,
    /// The time.
    pub clock: Clock,
}

struct Inner {
    ledger: Arc<Ledger>,
    prefix: Prefix,
    settings: Settings,
    sessions: Sessions,
    gate: gate::Gate,
    hub: live::Hub,
    figures: figures::Figures,
    verifiers: Semaphore,
}

/// The wallet API. Clones are the same service.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

/// So many requests may wait for a core to verify their signatures; one more is refused with "try again".
const MAX_VERIFYING: usize = 4_096;
/// So many signatures of a batch are verified in one go on one core.
const VERIFY_SHARE: usize = 32;

impl Service {
    /// A service over an open ledger.
    pub fn new(ledger: Arc<Ledger>, settings: Settings) -> Service {
        let prefix = ledger.durable().state.prefix().expect("an open ledger has a genesis");
        let hub = live::Hub::of(&ledger);
        let sessions = Sessions::new(settings.clock.clone()).expect("the machine gives random bytes");
        let gate = gate::Gate::new(settings.limits);
        let figures = figures::Figures::default();
        let verifiers = Semaphore::new(MAX_VERIFYING);
        Service(Arc::new(Inner { ledger, prefix, settings, sessions, gate, hub, figures, verifiers }))
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

    /// Submits one transaction; gives its receipt's bytes.
    async fn submit(&self, caller: Option<Caller>, bytes: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let mut answers = self.submit_all(caller, vec![bytes]).await?;
        answers.pop().unwrap_or(Err(Refusal::Unavailable))
    }

    /// Submits transactions in order; each has an answer of its own. A caller who goes away changes nothing about what was
    /// submitted.
    async fn submit_all(&self, caller: Option<Caller>, parts: Vec<Vec<u8>>) -> Result<Vec<Result<Vec<u8>, Refusal>>, Refusal> {
        let mut queued = Vec::with_capacity(parts.len());
        for order in self.verify(caller, parts).await? {
            queued.push(order.and_then(|order| self.enqueue(order)));
        }
        let mut answers = Vec::with_capacity(queued.len());
        for one in queued {
            answers.push(match one {
                Ok(one) => self.answer(one).await,
                Err(refusal) => Err(refusal),
            });
        }
        Ok(answers)
    }

    /// Verifies signatures off the async workers, in shares that keep every core busy.
    async fn verify(
        &self,
        caller: Option<Caller>,
        parts: Vec<Vec<u8>>,
    ) -> Result<Vec<Result<SignedTransaction, Refusal>>, Refusal> {
        let _permit = self.0.verifiers.try_acquire().map_err(|_| Refusal::Busy)?;
        let mut running = Vec::new();
        for share in parts.chunks(VERIFY_SHARE) {
            let (service, share) = (self.clone(), share.to_vec());
            let decode = move |bytes: Vec<u8>| service.admit(caller, &bytes);
            running.push(tokio::task::spawn_blocking(move || share.into_iter().map(decode).collect::<Vec<_>>()));
        }
        let mut orders = Vec::with_capacity(parts.len());
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

    fn enqueue(&self, order: SignedTransaction) -> Result<Queued, Refusal> {
        let (told, answer) = oneshot::channel();
        let reply: Reply = Box::new(move |answer| drop(told.send(answer)));
        let late = order.clone();
        self.ledger().submit(order, reply).map_err(|_| Refusal::Busy)?;
        Ok(Queued { order: late, answer })
    }

    async fn answer(&self, queued: Queued) -> Result<Vec<u8>, Refusal> {
        let answer = queued.answer.await.map_err(|_| Refusal::Unavailable)??;
        let service = self.clone();
        let receipt = tokio::task::spawn_blocking(move || -> Result<Vec<u8>, Refusal> {
            let sequence = match answer {
                Err(Rejection::Expired) => service.ledger().or_late(&queued.order, answer)??,
                answer => answer?,
            };
            let receipt = service.ledger().receipt(sequence)?.ok_or(Refusal::Unavailable)?;
            Ok(receipt.encode())
        });
        receipt.await.map_err(|_| Refusal::Unavailable)?
    }
}

struct Queued {
    order: SignedTransaction,
    answer: oneshot::Receiver<Answer>,
}
