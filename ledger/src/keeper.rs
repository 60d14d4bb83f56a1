//! What a node does beside its work, on a thread that only reads the journal: it makes the tree of the newest coverage statement again,
//! checks what a start took over from a snapshot, and makes the next snapshot when a start would take too long without.

use crate::fault::Fault;
use crate::journal;
use crate::key::{LedgerId, PublicKey};
use crate::log::LogReader;
use crate::publication::{Moment, Publication};
use crate::snapshot;
use crate::storage::Storage;
use crate::writer::{Shared, signer_of};
use ed25519_dalek::SigningKey;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A snapshot is made after so many entries: half a second of reading at the next start.
pub const SNAPSHOT_EVERY: u64 = 500_000;
/// Between two segments that are checked there is a pause: the disk is for payments.
const PAUSE: Duration = Duration::from_millis(200);

/// Makes snapshots.
pub struct Snapshots {
    /// The ledger.
    pub id: LedgerId,
    /// Where they lie.
    pub storage: Arc<dyn Storage>,
    /// The journal.
    pub reader: LogReader,
    /// What is durable.
    pub shared: Arc<Shared>,
    /// Every checkpoint key that this node holds.
    pub signers: Vec<SigningKey>,
    /// What was published: the newest statement's tree is made again after a start.
    pub publication: Arc<Publication>,
    /// Held while one is made: two at once would take each other's unfinished file away.
    pub making: Mutex<()>,
}

impl Snapshots {
    /// Makes the snapshot of everything that is durable now; gives the number of entries in the newest one.
    pub fn make(&self, stop: &dyn Fn() -> bool) -> Result<u64, Fault> {
        let _alone = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.failure().map_or(Ok(()), Err)?;
        let (newest, _) = snapshot::newest(&*self.storage, &self.id, &self.keys())?;
        let begun = newest.as_ref().map_or(0, |snapshot| snapshot.state.size());
        let size = self.shared.durable().state.size();
        let Some(made) = journal::snapshot(&self.reader, &self.id, newest, size, stop)? else { return Ok(begun) };
        if self.shared.durable().tree.root_at(size) != Some(made.tree.root()) {
            return Err(Fault::Damage("what is read from the journal is not what was written to it".into()));
        }
        let absent = || Fault::Setup("the node does not hold the key that signs checkpoints".into());
        let signer = signer_of(&made.state, &self.signers).ok_or_else(absent)?;
        snapshot::write(&*self.storage, &made, signer)?;
        Ok(size)
    }

    fn keys(&self) -> Vec<PublicKey> {
        self.signers.iter().map(|signer| signer.verifying_key().into()).collect()
    }

    /// Makes the tree of the newest coverage statement, if it is not in memory. Why it cannot be made is told to who asks for it.
    pub fn count_again(&self, stop: &dyn Fn() -> bool) {
        let Some(latest) = self.publication.uncounted() else { return };
        let statement = latest.statement();
        let counted = match self.moment_at(statement.size, stop) {
            Ok(Some(moment)) => self.publication.count_again(statement, &moment.balances),
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = counted {
            self.publication.cannot_count(statement.number, fault);
        }
    }

    /// The moment after so many entries, out of memory if it is the present one, else from the journal; `None` when `stop` says so.
    fn moment_at(&self, size: u64, stop: &dyn Fn() -> bool) -> Result<Option<Moment>, Fault> {
        let durable = self.shared.durable();
        if durable.state.size() == size {
            return Ok(Some(Moment::of(&durable.state, durable.tree.root())));
        }
        if durable.state.size() < size {
            return Err(Fault::Damage("the newest coverage statement speaks of more entries than the journal has".into()));
        }
        drop(durable);
        let (start, _) = snapshot::newest_within(&*self.storage, &self.id, &self.keys(), size)?;
        let made = journal::snapshot(&self.reader, &self.id, start, size, stop)?;
        Ok(made.map(|made| Moment::of(&made.state, made.tree.root())))
    }

    /// Checks every entry that the start took over without reading it.
    fn check(&self, stop: &dyn Fn() -> bool) -> Result<(), Fault> {
        let (mut at, end) = (0, self.reader.unread());
        while at < end && !stop() {
            let known = |sequence: u64, hash| self.shared.durable().tree.leaf(sequence) == Some(&hash);
            at = self.reader.check_segment(at, &known)?.unwrap_or(end);
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

#[derive(Default)]
struct Signal {
    stop: AtomicBool,
    wanted: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    fn wake(&self) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    fn wait(&self) {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let woken = self.changed.wait_while(wanted, |wanted| !*wanted);
        *woken.unwrap_or_else(PoisonError::into_inner) = false;
    }
}

/// The thread beside the work.
pub struct Keeper {
    /// What it makes.
    pub snapshots: Arc<Snapshots>,
    /// The entries of the newest snapshot.
    begun: u64,
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// A keeper that does nothing yet; `begun` is the number of entries in the newest snapshot.
    pub fn new(snapshots: Snapshots, begun: u64) -> Keeper {
        Keeper { snapshots: Arc::new(snapshots), begun, signal: Arc::default(), thread: None }
    }

    /// Starts the thread.
    pub fn run(&mut self) -> Result<(), Fault> {
        let (snapshots, signal, mut newest) = (self.snapshots.clone(), self.signal.clone(), self.begun);
        let told = signal.clone();
        self.snapshots.shared.watch(Box::new(move |batch| {
            let before = batch.first().map(|entry| entry.sequence / SNAPSHOT_EVERY);
            let after = batch.last().map(|entry| (entry.sequence + 1) / SNAPSHOT_EVERY);
            if before != after {
                told.wake();
            }
        }));
        let run = move || {
            let stop = || signal.stop.load(Ordering::Relaxed);
            snapshots.count_again(&stop);
            // What cannot be read now may be read later; only what is wrong stops the writing.
            if let Err(fault @ Fault::Damage(_)) = snapshots.check(&stop) {
                snapshots.shared.fail(&fault);
            }
            while !stop() {
                if snapshots.shared.durable().state.size() >= newest + SNAPSHOT_EVERY {
                    newest = match snapshots.make(&stop) {
                        Ok(made) => made,
                        // What was written to the journal is not what is read from it.
                        Err(fault @ Fault::Damage(_)) => return snapshots.shared.fail(&fault),
                        // A snapshot is a cache, and no payment waits for it: the next one is tried when it is due.
                        Err(_) => newest + SNAPSHOT_EVERY,
                    };
                }
                signal.wait();
            }
        };
        let spawned = std::thread::Builder::new().name("keeper".into()).spawn(run);
        self.thread = Some(spawned.map_err(|error| Fault::io("start the keeper", &error))?);
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.signal.stop.store(true, Ordering::Relaxed);
        self.signal.wake();
        if let Some(thread) = self.thread.take() {
            // A panic has been printed by the thread itself; nothing here is needed for the money.
            drop(thread.join());
        }
    }
}
