//! The one writer: a bounded queue, one thread that applies, one that makes durable, and answers only after that.
//!
//! ```text
//! submit ──bounded queue──▶ apply (state ahead of the disk) ──one batch──▶ commit (fdatasync, durable state, answers, head)
//! ```
//! While one batch is being made durable the next one is applied. What everybody else reads is the durable state: the same fold, one
//! batch behind. After the first failed write nothing more is written until a restart; reads go on.

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::entry::{Links, encode_entry};
use crate::fault::Fault;
use crate::journal::Head;
use crate::key::{AccountId, PublicKey, TransactionId};
use crate::log::{AppendError, Log};
use crate::merkle::{self, Tree};
use crate::receipt::origin;
use crate::rejection::Rejection;
use crate::state::State;
use crate::transaction::{Act, Body, SignedTransaction};
use ed25519_dalek::SigningKey;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;

/// So many submissions may wait; one more is refused with "try again". At a few thousand a second, a wait of some seconds.
pub const QUEUE_LENGTH: usize = 16_384;
/// So many entries become durable together at most.
pub const MAX_BATCH: usize = 4_096;

/// The answer to a submission: where its entry is, or why the rules refuse it, or why the machine cannot.
pub type Answer = Result<Result<u64, Rejection>, Fault>;

/// Takes the answer, on the writer's thread: it has to be quick.
pub type Reply = Box<dyn FnOnce(Answer) + Send>;

/// Tells the time in milliseconds. Handed in, because the ledger has no clock.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// An entry that has become durable, for those who show live changes.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The entry.
    pub sequence: u64,
    /// The accounts that it touched.
    pub accounts: Vec<AccountId>,
    /// Whether an operator signed it.
    pub act: bool,
}

/// Is told of each batch after it became durable.
pub type Watcher = Box<dyn Fn(&[Committed]) + Send + Sync>;

/// What is on disk, in memory.
pub struct Durable {
    /// The state after the last durable entry.
    pub state: State,
    /// The tree over all durable entries.
    pub tree: Tree,
    /// The signed checkpoint over them; none before the genesis.
    pub checkpoint: Option<SignedCheckpoint>,
}

/// What the writer's threads and the readers share.
pub struct Shared {
    durable: RwLock<Durable>,
    failure: Mutex<Option<Fault>>,
    watchers: RwLock<Vec<Watcher>>,
}

impl Shared {
    /// The durable state, for reading.
    pub fn durable(&self) -> RwLockReadGuard<'_, Durable> {
        self.durable.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing more is written, if so.
    pub fn failure(&self) -> Option<Fault> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, fault: &Fault) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| fault.clone());
    }

    /// Adds a watcher for the life of the ledger.
    pub fn watch(&self, watcher: Watcher) {
        self.watchers.write().unwrap_or_else(PoisonError::into_inner).push(watcher);
    }
}

struct Submission {
    order: SignedTransaction,
    reply: Reply,
}

/// An accepted transaction on its way to the disk.
struct Ahead {
    order: SignedTransaction,
    time: u64,
    leaf: Vec<u8>,
    links: Vec<u8>,
}

#[derive(Default)]
struct Batch {
    entries: Vec<Ahead>,
    answers: Vec<(Reply, Result<u64, Rejection>)>,
}

/// The writer's two threads.
pub struct Writer {
    queue: Option<SyncSender<Submission>>,
    threads: Vec<JoinHandle<()>>,
}

/// What the writer needs.
pub struct WriterParts {
    /// The log after replay.
    pub log: Log,
    /// The head's files.
    pub head: Head,
    /// The state after replay.
    pub state: State,
    /// The tree after replay.
    pub tree: Tree,
    /// Every checkpoint key that this node holds.
    pub signers: Vec<SigningKey>,
    /// The time.
    pub clock: Clock,
}

/// The signing key of the checkpoint key in force.
fn signer_of<'k>(state: &State, signers: &'k [SigningKey]) -> Option<&'k SigningKey> {
    let present = state.checkpoint_keys().last()?;
    signers.iter().find(|signer| PublicKey::from(signer.verifying_key()) == *present)
}

/// Signs the tree as it is.
fn sign_checkpoint(state: &State, tree: &Tree, signers: &[SigningKey]) -> Option<SignedCheckpoint> {
    let signer = signer_of(state, signers)?;
    let checkpoint = Checkpoint { origin: origin(&state.ledger()), size: tree.size(), root: tree.root() };
    Some(SignedCheckpoint::sign(&checkpoint, signer))
}

impl Writer {
    /// Starts the writer, and gives what readers share with it.
    pub fn start(parts: WriterParts) -> Result<(Writer, Arc<Shared>), Fault> {
        let WriterParts { log, mut head, state, tree, signers, clock } = parts;
        let checkpoint = sign_checkpoint(&state, &tree, &signers);
        if let Some(note) = &checkpoint {
            // On disk: every entry of the journal. A crash here leaves an older head, which they extend.
            head.write(note)?;
        } else if state.size() > 0 {
            return Err(Fault::Damage(
                "the node does not hold the key that signs checkpoints: put it into the key folder".into(),
            ));
        }
        let durable = Durable { state: state.clone(), tree, checkpoint };
        let shared = Arc::new(Shared { durable: RwLock::new(durable), failure: Mutex::new(None), watchers: RwLock::default() });
        let (queue, submissions) = sync_channel(QUEUE_LENGTH);
        let (batches, applied) = sync_channel(1);
        let signers = Arc::new(signers);
        let refusals = Refusals::default();
        let applier = Applier { state, clock, latest: 0, refusals, signers: signers.clone() };
        let committer = Committer { log, head, signers, shared: shared.clone() };
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let (builder, shared) = (std::thread::Builder::new().name(name.into()), shared.clone());
            let watched = move || {
                // A panic is a bug. It was printed by its thread; what is on disk is whole, and nothing more is written.
                if catch_unwind(AssertUnwindSafe(run)).is_err() {
                    shared.fail(&Fault::Damage("the writer stopped over a bug of the program".into()));
                }
            };
            builder.spawn(watched).map_err(|error| Fault::io("start the writer", &error))
        };
        let threads = vec![
            spawn("apply", Box::new(move || applier.run(&submissions, &batches)))?,
            spawn("commit", Box::new(move || committer.run(&applied)))?,
        ];
        Ok((Writer { queue: Some(queue), threads }, shared))
    }

    /// Puts a transaction into the queue; gives the reply back when the queue is full.
    pub fn submit(&self, order: SignedTransaction, reply: Reply) -> Result<(), Reply> {
        let Some(queue) = &self.queue else { return Err(reply) };
        match queue.try_send(Submission { order, reply }) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(submission)) => Err(submission.reply),
            Err(TrySendError::Disconnected(submission)) => {
                (submission.reply)(Err(Fault::Poisoned));
                Ok(())
            }
        }
    }
}

impl Drop for Writer {
    /// Lets what is in the queue become durable, then ends.
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A panic of the writer has been printed by its own thread; there is nothing left to save here.
            drop(thread.join());
        }
    }
}

struct Applier {
    state: State,
    clock: Clock,
    /// The latest time that was seen, whatever the clock says now.
    latest: u64,
    refusals: Refusals,
    signers: Arc<Vec<SigningKey>>,
}

/// What was refused lately: the same bytes get the same answer, so that a payment that was shown as refused does not happen later.
/// Orders by keys that the ledger does not know are not kept: anybody can make those.
#[derive(Default)]
struct Refusals {
    answers: HashMap<TransactionId, Rejection>,
    order: VecDeque<TransactionId>,
}

/// So many refusals are remembered: hours of a busy town's mistakes.
const MAX_REFUSALS: usize = 65_536;

impl Refusals {
    fn keep(&mut self, id: TransactionId, rejection: Rejection) {
        if self.answers.insert(id, rejection).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > MAX_REFUSALS
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
    }
}

impl Applier {
    fn run(mut self, submissions: &Receiver<Submission>, batches: &SyncSender<Batch>) {
        while let Ok(first) = submissions.recv() {
            let mut batch = Batch::default();
            self.take(first, &mut batch);
            while batch.answers.len() < MAX_BATCH
                && let Ok(next) = submissions.try_recv()
            {
                self.take(next, &mut batch);
            }
            if batches.send(batch).is_err() {
                return;
            }
        }
    }

    fn take(&mut self, submission: Submission, batch: &mut Batch) {
        let Submission { order, reply } = submission;
        let (id, signer) = (order.id(), order.signer());
        let answer = match (self.state.recorded(&id), self.refusals.answers.get(&id)) {
            (Some(sequence), _) => Ok(sequence),
            (None, Some(rejection)) => Err(*rejection),
            (None, None) => self.accept(order, batch),
        };
        if let Err(rejection) = answer
            && self.state.knows(&signer)
        {
            self.refusals.keep(id, rejection);
        }
        batch.answers.push((reply, answer));
    }

    fn accept(&mut self, order: SignedTransaction, batch: &mut Batch) -> Result<u64, Rejection> {
        self.latest = self.latest.max((self.clock)()).max(self.state.time());
        let time = self.latest;
        self.check_rotation(order.body())?;
        let effects = self.state.apply(&order, time)?;
        let sequence = self.state.size() - 1;
        let leaf = encode_entry(sequence, time, order.bytes(), &effects.outcome);
        batch.entries.push(Ahead { order, time, leaf, links: Links::of(&effects).encode() });
        Ok(sequence)
    }

    /// A node does not take a checkpoint key into force that it cannot sign with, at the genesis or later.
    fn check_rotation(&self, body: &Body) -> Result<(), Rejection> {
        let act = match body {
            Body::Genesis(genesis) => return self.check_held(&genesis.checkpoint_key),
            Body::Propose(act) => Some(act),
            Body::Approve { proposal } => self.state.proposal(proposal).map(|proposal| &proposal.act),
            _ => None,
        };
        match act {
            Some(Act::RotateCheckpointKey { key }) => self.check_held(key),
            _ => Ok(()),
        }
    }

    fn check_held(&self, key: &PublicKey) -> Result<(), Rejection> {
        let held = self.signers.iter().any(|signer| PublicKey::from(signer.verifying_key()) == *key);
        if held { Ok(()) } else { Err(Rejection::CheckpointKeyAbsent) }
    }
}

struct Committer {
    log: Log,
    head: Head,
    signers: Arc<Vec<SigningKey>>,
    shared: Arc<Shared>,
}

impl Committer {
    fn run(mut self, batches: &Receiver<Batch>) {
        while let Ok(batch) = batches.recv() {
            if let Some(fault) = self.shared.failure() {
                refuse(batch, &fault);
                continue;
            }
            let (entries, answers) = (batch.entries, batch.answers);
            match self.make_durable(&entries) {
                Ok(()) => self.publish(&entries, answers),
                Err(fault) => {
                    self.shared.fail(&fault);
                    refuse(Batch { entries, answers }, &fault);
                }
            }
        }
    }

    fn make_durable(&mut self, entries: &[Ahead]) -> Result<(), Fault> {
        let frames: Vec<(&[u8], &[u8])> = entries.iter().map(|entry| (&entry.leaf[..], &entry.links[..])).collect();
        let (epoch, expected) = (self.log.epoch(), self.log.size());
        // A crash before this returns leaves a part of the batch that nobody was told of; after it, the whole batch is on disk.
        self.log.append(epoch, expected, &frames).map_err(|error| match error {
            AppendError::Fault(fault) => fault,
            other => Fault::Damage(format!("the journal refused a batch: {other}")),
        })
    }

    /// The batch is on disk: readers may see it, and those who submitted it are told.
    fn publish(&mut self, entries: &[Ahead], answers: Vec<(Reply, Result<u64, Rejection>)>) {
        let (committed, checkpoint) = self.advance(entries);
        for (reply, answer) in answers {
            reply(Ok(answer));
        }
        if entries.is_empty() {
            return;
        }
        for watcher in self.shared.watchers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            watcher(&committed);
        }
        // On disk: the batch. A crash here leaves the head before it, which the batch extends.
        if let Some(note) = checkpoint
            && let Err(fault) = self.head.write(&note)
        {
            self.shared.fail(&fault);
        }
    }

    /// Brings the durable state up to the batch, and signs it.
    fn advance(&self, entries: &[Ahead]) -> (Vec<Committed>, Option<SignedCheckpoint>) {
        let mut durable = self.shared.durable.write().unwrap_or_else(PoisonError::into_inner);
        let mut committed = Vec::with_capacity(entries.len());
        for entry in entries {
            let sequence = durable.state.size();
            let effects = durable.state.apply(&entry.order, entry.time).expect("what was applied once applies again");
            durable.tree.push(merkle::leaf_hash(&entry.leaf));
            let accounts = effects.touched.iter().map(|touch| durable.state.accounts()[touch.account as usize].id).collect();
            let act = matches!(entry.order.body(), Body::Propose(_) | Body::Approve { .. } | Body::Refuse { .. });
            committed.push(Committed { sequence, accounts, act });
        }
        if !entries.is_empty() {
            durable.checkpoint = sign_checkpoint(&durable.state, &durable.tree, &self.signers);
        }
        (committed, durable.checkpoint.clone())
    }
}

fn refuse(batch: Batch, fault: &Fault) {
    for (reply, _) in batch.answers {
        reply(Err(fault.clone()));
    }
}
