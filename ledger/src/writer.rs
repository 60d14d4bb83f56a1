//! The one writer: a bounded queue, and three steps that never wait for a later one to be finished.
//!
//! ```text
//! submit ──bounded queue──▶ apply (state ahead of the disk) ──one batch──▶ commit (fdatasync, durable state, answers) ──▶ head
//! ```
//! While one batch is being made durable the next one is applied. What everybody else reads is the durable state: the same fold, one
//! batch behind. After the first failed write nothing more is written until a restart; reads go on.
//!
//! A node runs each step on a thread of its own. [`Steps`] are the same steps in somebody's hand: a simulation decides what happens
//! when, and nothing depends on the machine.

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::entry::{Links, encode_entry};
use crate::fault::{Fault, Stop};
use crate::journal::Head;
use crate::key::{AccountId, PublicKey, TransactionId};
use crate::log::{AppendError, Log, NewFrame};
use crate::merkle::{Hash, Tree, leaf_hash};
use crate::receipt::{Receipt, origin};
use crate::rejection::Rejection;
use crate::state::{Effects, State};
use crate::transaction::{Act, Body, SignedTransaction};
use crossbeam_channel::{Receiver, Sender, TrySendError, after, bounded, never, select};
use ed25519_dalek::SigningKey;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::Duration;

/// So many submissions may wait at the most, whatever the speed: some 30 MB of them.
pub const QUEUE_LENGTH: usize = 16_384;
/// So many entries become durable together at most.
pub const MAX_BATCH: usize = 4_096;
/// What would wait longer than this is refused at once, with "try again": people stand at a till.
pub const MAX_WAIT_MS: u64 = 200;
/// So many submissions may always wait, so that a moment's stall of the disk refuses nobody.
pub const MIN_QUEUE: usize = 128;
/// While submissions wait, the speed of the writer is taken anew this often.
const MEASURE_MS: u64 = 50;
/// A batch waits so long for those who are about to join it: a sync and a signature serve many then. One who is alone does not wait.
const GATHER: Duration = Duration::from_micros(400);
/// Between two heads that are written the disk is for payments: a till waits for one sync, not for the head's as well.
const HEAD_PAUSE: Duration = Duration::from_millis(20);
/// A writer with a bound on its speed takes its orders in shares, this often.
const SHARE_MS: u64 = 10;

/// How fast the writer may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pace {
    /// Entries per second at the most; 0 for as fast as it can. To see how a node behaves under too much without a faster machine.
    pub per_second: u32,
}

impl Pace {
    /// The entries of one share.
    fn share(self) -> usize {
        match self.per_second {
            0 => MAX_BATCH,
            bound => (bound as usize * SHARE_MS as usize / 1_000).max(1),
        }
    }

    /// How many may wait before anything is known of the machine's speed.
    fn most_waiting(self) -> usize {
        match self.per_second {
            0 => QUEUE_LENGTH,
            bound => waiting_at(u64::from(bound)),
        }
    }
}

/// How many may wait at so many entries per second.
fn waiting_at(per_second: u64) -> usize {
    usize::try_from(per_second * MAX_WAIT_MS / 1_000).unwrap_or(QUEUE_LENGTH).clamp(MIN_QUEUE, QUEUE_LENGTH)
}

/// Where an order's entry is.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Its number.
    pub sequence: u64,
    /// Its receipt, when the entry has just been made; [`crate::ledger::Ledger::receipt`] has those of older ones.
    pub receipt: Option<Box<Receipt>>,
}

/// An order that the rules refuse.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Why.
    pub rejection: Rejection,
    /// The order, for who wants to look further.
    pub order: Box<SignedTransaction>,
}

/// The answer to a submission: where its entry is, or why the rules refuse it, or why the machine cannot.
pub type Answer = Result<Result<Accepted, Refused>, Fault>;

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
    stop: Arc<Stop>,
    watchers: RwLock<Vec<Watcher>>,
}

impl Shared {
    /// The durable state, for reading.
    pub fn durable(&self) -> RwLockReadGuard<'_, Durable> {
        self.durable.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing more is written, if so.
    pub fn failure(&self) -> Option<Fault> {
        self.stop.why()
    }

    /// From now on nothing more is written.
    pub(crate) fn fail(&self, fault: &Fault) {
        self.stop.stop(fault);
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
    hash: Hash,
    links: Vec<u8>,
}

/// What the rules said of a submission.
enum Verdict {
    /// It became the entry at this place of its batch.
    New(usize),
    /// It has been this entry before.
    Known(u64),
    /// It is refused.
    Refused(Refused),
}

#[derive(Default)]
struct Batch {
    entries: Vec<Ahead>,
    answers: Vec<(Reply, Verdict)>,
}

/// How many submissions wait, and how many may.
struct Gate {
    waiting: AtomicUsize,
    most: AtomicUsize,
    /// How many are on their way here: their signatures are being verified.
    coming: AtomicUsize,
}

/// Somebody who is about to submit, as long as it lives: a batch may wait a moment for company.
pub struct Coming(Arc<Gate>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.coming.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    fn enter(&self) -> bool {
        let admitted = self.waiting.fetch_add(1, Ordering::Relaxed) < self.most.load(Ordering::Relaxed);
        if !admitted {
            self.leave(1);
        }
        admitted
    }

    /// Gives back how many still wait.
    fn leave(&self, count: usize) -> usize {
        self.waiting.fetch_sub(count, Ordering::Relaxed) - count
    }
}

/// The newest head that is not on disk yet.
#[derive(Default)]
struct Newest {
    note: Option<SignedCheckpoint>,
    closed: bool,
}

/// Where the committer leaves heads for the thread that writes them: only the newest one matters.
#[derive(Default)]
struct HeadSlot {
    newest: Mutex<Newest>,
    changed: Condvar,
}

impl HeadSlot {
    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, note: SignedCheckpoint) {
        self.lock().note = Some(note);
        self.changed.notify_one();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Waits for a head; none when there will be no more.
    fn wait(&self) -> Option<SignedCheckpoint> {
        let idle = |newest: &mut Newest| newest.note.is_none() && !newest.closed;
        self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner).note.take()
    }
}

/// The entrance to the writer.
pub struct Writer {
    queue: Option<Sender<Submission>>,
    gate: Arc<Gate>,
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
    /// How fast it may go.
    pub pace: Pace,
    /// Why nothing more is written, if so.
    pub stop: Arc<Stop>,
}

/// The signing key of the checkpoint key in force.
pub(crate) fn signer_of<'k>(state: &State, signers: &'k [SigningKey]) -> Option<&'k SigningKey> {
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
    /// Makes the writer and its steps, and what readers share with it.
    pub fn new(parts: WriterParts) -> Result<(Writer, Steps, Arc<Shared>), Fault> {
        let WriterParts { log, mut head, state, tree, signers, clock, pace, stop } = parts;
        let checkpoint = sign_checkpoint(&state, &tree, &signers);
        if let Some(note) = &checkpoint {
            // On disk: every entry of the journal. A crash here leaves an older head, which they extend.
            head.write(note)?;
        } else if state.size() > 0 {
            return Err(Fault::Setup("the node does not hold the key that signs checkpoints: put it into the key folder".into()));
        }
        let durable = Durable { state: state.clone(), tree, checkpoint };
        let shared = Arc::new(Shared { durable: RwLock::new(durable), stop, watchers: RwLock::default() });
        let (queue, submissions) = bounded(QUEUE_LENGTH);
        let gate = Arc::new(Gate {
            waiting: AtomicUsize::new(0),
            most: AtomicUsize::new(pace.most_waiting()),
            coming: AtomicUsize::new(0),
        });
        let signers = Arc::new(signers);
        let (refusals, gate_left) = (Refusals::default(), gate.clone());
        let applier = Applier { state, clock, latest: 0, refusals, signers: signers.clone(), gate: gate_left, pace, busy: None };
        let slot = Arc::new(HeadSlot::default());
        let committer = Committer { log, slot: slot.clone(), signers, shared: shared.clone() };
        let header = Header { head, slot, shared: shared.clone() };
        let steps = Steps { submissions, applier, applied: VecDeque::new(), committer, header };
        Ok((Writer { queue: Some(queue), gate, threads: Vec::new() }, steps, shared))
    }

    /// Runs the steps, each on a thread of its own.
    pub fn run(&mut self, steps: Steps) -> Result<(), Fault> {
        let Steps { submissions, mut applier, mut committer, mut header, .. } = steps;
        let (batches, applied) = bounded(1);
        let (free, ready) = bounded(1);
        let shared = committer.shared.clone();
        let mut spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let (builder, shared) = (std::thread::Builder::new().name(name.into()), shared.clone());
            let watched = move || {
                // A panic is a bug. It was printed by its thread; what is on disk is whole, and nothing more is written.
                if catch_unwind(AssertUnwindSafe(run)).is_err() {
                    shared.fail(&Fault::Setup(
                        "the writer stopped over a bug of the program: restart, and report what the log says".into(),
                    ));
                }
            };
            self.threads.push(builder.spawn(watched).map_err(|error| Fault::io("start the writer", &error))?);
            Ok(())
        };
        spawn("apply", Box::new(move || applier.run(&submissions, &batches, &ready)))?;
        spawn("commit", Box::new(move || committer.run(&applied, &free)))?;
        spawn("head", Box::new(move || header.run()))
    }

    /// Says that somebody is about to submit.
    pub fn coming(&self) -> Coming {
        self.gate.coming.fetch_add(1, Ordering::Relaxed);
        Coming(self.gate.clone())
    }

    /// Puts a transaction into the queue. When too many wait the answer is [`Fault::Busy`], at once.
    pub fn submit(&self, order: SignedTransaction, reply: Reply) {
        if !self.gate.enter() {
            return reply(Err(Fault::Busy));
        }
        let Some(queue) = &self.queue else { return reply(Err(Fault::Poisoned)) };
        if let Err(error) = queue.try_send(Submission { order, reply }) {
            self.gate.leave(1);
            match error {
                TrySendError::Full(submission) => (submission.reply)(Err(Fault::Busy)),
                TrySendError::Disconnected(submission) => (submission.reply)(Err(Fault::Poisoned)),
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

/// So many applied batches wait for the disk at most, as between the threads.
const MAX_APPLIED: usize = 2;

/// The writer's steps in somebody's hand.
pub struct Steps {
    submissions: Receiver<Submission>,
    applier: Applier,
    applied: VecDeque<Batch>,
    committer: Committer,
    header: Header,
}

impl Steps {
    /// Applies up to `most` of the waiting submissions as one batch; false when none waits, or when applied ones wait for the disk.
    pub fn apply(&mut self, most: usize) -> bool {
        if self.applied.len() >= MAX_APPLIED {
            return false;
        }
        let Ok(first) = self.submissions.try_recv() else { return false };
        let batch = self.applier.batch(first, &self.submissions, most);
        self.applied.push_back(batch);
        true
    }

    /// Makes the oldest applied batch durable and answers it; false when there is none.
    pub fn commit(&mut self) -> bool {
        let batch = self.applied.pop_front();
        batch.map(|batch| self.committer.commit(batch)).is_some()
    }

    /// Writes the newest head; false when it is written.
    pub fn write_head(&mut self) -> bool {
        let note = self.header.slot.lock().note.take();
        note.map(|note| self.header.write(&note)).is_some()
    }
}

struct Applier {
    state: State,
    clock: Clock,
    /// The latest time that was seen, whatever the clock says now.
    latest: u64,
    refusals: Refusals,
    signers: Arc<Vec<SigningKey>>,
    gate: Arc<Gate>,
    pace: Pace,
    /// Since when submissions have been waiting all the time, and how many were applied since.
    busy: Option<(u64, u64)>,
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
    /// Applies what comes, and hands it over when the committer is free: until then the batch grows.
    fn run(&mut self, submissions: &Receiver<Submission>, batches: &Sender<Batch>, ready: &Receiver<()>) {
        while let Ok(first) = submissions.recv() {
            let Some(batch) = self.gather(first, submissions, ready) else { return };
            self.measure(batch.answers.len());
            if batches.send(batch).is_err() {
                return;
            }
            if self.pace.per_second > 0 {
                std::thread::sleep(Duration::from_millis(SHARE_MS));
            }
        }
    }

    /// A batch that may go: the committer is free, and nobody is about to join it, or it has waited long enough, or it is full.
    /// `None` when the committer has ended.
    fn gather(&mut self, first: Submission, submissions: &Receiver<Submission>, ready: &Receiver<()>) -> Option<Batch> {
        let (most, patience, nobody, silence) = (self.pace.share(), after(GATHER), never(), never());
        let (mut batch, mut free, mut waited) = (Batch::default(), ready.try_recv().is_ok(), false);
        self.take(first, &mut batch);
        loop {
            self.fill(&mut batch, submissions, most);
            let full = batch.answers.len() >= most;
            if free && (full || waited || self.gate.coming.load(Ordering::Relaxed) == 0) {
                return Some(batch);
            }
            select! {
                recv(if full { &nobody } else { submissions }) -> next => match next {
                    Ok(next) => self.take(next, &mut batch),
                    // There will be no more: what is there goes as soon as it can.
                    Err(_) => return if free { Some(batch) } else { ready.recv().ok().map(|()| batch) },
                },
                recv(if free { &silence } else { ready }) -> told => {
                    told.ok()?;
                    free = true;
                }
                recv(patience) -> _ => waited = true,
            }
        }
    }

    /// The batch of a step.
    fn batch(&mut self, first: Submission, submissions: &Receiver<Submission>, most: usize) -> Batch {
        let most = most.min(MAX_BATCH).min(self.pace.share());
        let mut batch = Batch::default();
        self.take(first, &mut batch);
        self.fill(&mut batch, submissions, most);
        self.measure(batch.answers.len());
        batch
    }

    /// Takes what waits already, until the batch has so many.
    fn fill(&mut self, batch: &mut Batch, submissions: &Receiver<Submission>, most: usize) {
        while batch.answers.len() < most
            && let Ok(next) = submissions.try_recv()
        {
            self.take(next, batch);
        }
    }

    /// Decides how many may wait, from how fast those who waited were taken.
    fn measure(&mut self, taken: usize) {
        let now = self.latest;
        if self.gate.leave(taken) == 0 {
            self.busy = None;
            self.gate.most.store(self.pace.most_waiting(), Ordering::Relaxed);
            return;
        }
        let (since, count) = self.busy.map_or((now, 0), |(since, count)| (since, count + taken as u64));
        self.busy = Some((since, count));
        let passed = now.saturating_sub(since);
        if passed >= MEASURE_MS {
            self.gate.most.store(waiting_at(count * 1_000 / passed), Ordering::Relaxed);
            self.busy = Some((now, 0));
        }
    }

    fn take(&mut self, submission: Submission, batch: &mut Batch) {
        let Submission { order, reply } = submission;
        let (id, signer) = (order.id(), order.signer());
        let verdict = match (self.state.recorded(&id), self.refusals.answers.get(&id)) {
            (Some(sequence), _) => Verdict::Known(sequence),
            (None, Some(rejection)) => Verdict::Refused(Refused { rejection: *rejection, order: Box::new(order) }),
            (None, None) => self.accept(order, batch),
        };
        if let Verdict::Refused(refused) = &verdict
            && self.state.knows(&signer)
        {
            self.refusals.keep(id, refused.rejection);
        }
        batch.answers.push((reply, verdict));
    }

    fn accept(&mut self, order: SignedTransaction, batch: &mut Batch) -> Verdict {
        match self.judge(&order) {
            Err(rejection) => Verdict::Refused(Refused { rejection, order: Box::new(order) }),
            Ok((sequence, time, effects)) => {
                let leaf = encode_entry(sequence, time, order.bytes(), &effects.outcome);
                let links = Links::of(&effects).encode();
                let hash = leaf_hash(&leaf);
                batch.entries.push(Ahead { order, time, leaf, hash, links });
                Verdict::New(batch.entries.len() - 1)
            }
        }
    }

    fn judge(&mut self, order: &SignedTransaction) -> Result<(u64, u64, Effects), Rejection> {
        self.latest = self.latest.max((self.clock)()).max(self.state.time());
        let time = self.latest;
        self.check_rotation(order.body())?;
        let effects = self.state.apply(order, time)?;
        Ok((self.state.size() - 1, time, effects))
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
    slot: Arc<HeadSlot>,
    signers: Arc<Vec<SigningKey>>,
    shared: Arc<Shared>,
}

impl Committer {
    /// Commits what the applier hands over, until it ends.
    fn run(&mut self, batches: &Receiver<Batch>, free: &Sender<()>) {
        // Nobody listens any more when the applier has ended.
        while free.send(()).is_ok()
            && let Ok(batch) = batches.recv()
        {
            self.commit(batch);
        }
    }

    fn commit(&mut self, batch: Batch) {
        if let Some(fault) = self.shared.failure() {
            return refuse(batch, &fault);
        }
        match self.make_durable(&batch.entries) {
            Ok(()) => self.publish(batch),
            Err(fault) => {
                self.shared.fail(&fault);
                refuse(batch, &fault);
            }
        }
    }

    fn make_durable(&mut self, entries: &[Ahead]) -> Result<(), Fault> {
        let frames: Vec<_> = entries.iter().map(|entry| NewFrame::hashed(&entry.leaf, &entry.links, entry.hash)).collect();
        let (epoch, expected) = (self.log.epoch(), self.log.size());
        // A crash before this returns leaves a part of the batch that nobody was told of; after it, the whole batch is on disk.
        self.log.append_hashed(epoch, expected, &frames).map_err(|error| match error {
            AppendError::Fault(fault) => fault,
            other => Fault::Damage(format!("the journal refused a batch: {other}")),
        })
    }

    /// The batch is on disk: readers may see it, and those who submitted it are told.
    fn publish(&mut self, batch: Batch) {
        let Batch { entries, answers } = batch;
        let committed = self.advance(&entries);
        self.answer(entries, answers);
        if committed.is_empty() {
            return;
        }
        for watcher in self.shared.watchers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            watcher(&committed);
        }
        // On disk: the batch. A crash before the head is written leaves the head before it, which the batch extends.
        if let Some(note) = self.shared.durable().checkpoint.clone() {
            self.slot.put(note);
        }
    }

    /// Brings the durable state up to the batch, and signs it.
    fn advance(&self, entries: &[Ahead]) -> Vec<Committed> {
        let mut durable = self.shared.durable.write().unwrap_or_else(PoisonError::into_inner);
        let mut committed = Vec::with_capacity(entries.len());
        for entry in entries {
            let sequence = durable.state.size();
            let effects = durable.state.apply(&entry.order, entry.time).expect("what was applied once applies again");
            durable.tree.push(entry.hash);
            let accounts = effects.touched.iter().map(|touch| durable.state.accounts()[touch.account as usize].id).collect();
            let act = matches!(entry.order.body(), Body::Propose(_) | Body::Approve { .. } | Body::Refuse { .. });
            committed.push(Committed { sequence, accounts, act });
        }
        if !entries.is_empty() {
            durable.checkpoint = sign_checkpoint(&durable.state, &durable.tree, &self.signers);
        }
        committed
    }

    /// Tells those who submitted the batch, with the receipts of new entries.
    fn answer(&self, entries: Vec<Ahead>, answers: Vec<(Reply, Verdict)>) {
        let durable = self.shared.durable();
        let first = durable.tree.size() - entries.len() as u64;
        let prover = durable.tree.prover(durable.tree.size());
        let checkpoint: Arc<str> = durable.checkpoint.as_ref().map_or("", SignedCheckpoint::as_str).into();
        let mut leaves: Vec<Vec<u8>> = entries.into_iter().map(|entry| entry.leaf).collect();
        for (reply, verdict) in answers {
            reply(Ok(match verdict {
                Verdict::Refused(refused) => Err(refused),
                Verdict::Known(sequence) => Ok(Accepted { sequence, receipt: None }),
                Verdict::New(place) => {
                    let (sequence, leaf) = (first + place as u64, std::mem::take(&mut leaves[place]));
                    let receipt = Receipt::new(leaf, prover.inclusion_proof(sequence), checkpoint.clone());
                    Ok(Accepted { sequence, receipt: Some(Box::new(receipt)) })
                }
            }));
        }
    }
}

impl Drop for Committer {
    /// Ends the thread that writes heads, however the one that makes them ends.
    fn drop(&mut self) {
        self.slot.close();
    }
}

fn refuse(batch: Batch, fault: &Fault) {
    for (reply, _) in batch.answers {
        reply(Err(fault.clone()));
    }
}

/// Writes heads. It has a thread of its own, so that no batch waits for it.
struct Header {
    head: Head,
    slot: Arc<HeadSlot>,
    shared: Arc<Shared>,
}

impl Header {
    fn run(&mut self) {
        while let Some(note) = self.slot.wait() {
            self.write(&note);
            // The next head that is written stands for all until then.
            std::thread::sleep(HEAD_PAUSE);
        }
    }

    fn write(&mut self, note: &SignedCheckpoint) {
        if self.shared.failure().is_some() {
            return;
        }
        if let Err(fault) = self.head.write(note) {
            self.shared.fail(&fault);
        }
    }
}
