//! The journal: the log of entries, and the signed head outside of it.
//!
//! ```text
//! DIR/journal/      segment files of entries; the one truth
//! DIR/head/         the newest signed checkpoint, in two files that are written in turn
//! ```
//! The head notices what the log alone cannot: a journal that was cut at a clean place. It is written after the entries that it
//! covers are durable, so that it never speaks of what a crash could take away.
//!
//! Recovery is one walk over the log. Below the head, whose root vouches for every byte, signatures are not verified again; every
//! entry goes through the rules again, and has to give the same outcome.

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::entry::{Entry, Links, RawEntry};
use crate::fault::Fault;
use crate::key::{LedgerId, PublicKey};
use crate::log::{Log, LogKind, LogSettings, SEGMENT_BYTES};
use crate::merkle::{self, Tree};
use crate::receipt::origin;
use crate::state::State;
use crate::storage::{ReadOnly, Storage};
use std::sync::Arc;

/// The size of a head file: a note, padded with zero bytes.
const HEAD_BYTES: usize = 1_024;
/// The two head files, written in turn, so that a torn write spares one.
const HEAD_FILES: [&str; 2] = ["head-0", "head-1"];

/// The signed head on disk.
pub struct Head {
    storage: Arc<dyn Storage>,
    next: usize,
    /// Which of the two files are there.
    made: [bool; 2],
}

impl Head {
    /// Reads the head's directory, and gives the newest note that one of these keys signed.
    pub fn open(storage: Arc<dyn Storage>, ledger: &LedgerId, keys: &[PublicKey]) -> Result<(Head, Option<Checkpoint>), Fault> {
        let keys: Vec<_> = keys.iter().map(PublicKey::verifying_key).collect();
        let mut notes = Vec::new();
        for name in HEAD_FILES {
            let bytes = storage.read(name)?.unwrap_or_default();
            let text = String::from_utf8(bytes).unwrap_or_default();
            notes.push(SignedCheckpoint::open(text.trim_end_matches('\0'), &origin(ledger), &keys).ok());
        }
        let sizes: Vec<_> = notes.iter().map(|note| note.as_ref().map(|checkpoint| checkpoint.size)).collect();
        let newest = if sizes[1] > sizes[0] { 1 } else { 0 };
        let names = storage.list()?;
        let made = HEAD_FILES.map(|name| names.iter().any(|found| found == name));
        let head = Head { storage, next: 1 - newest, made };
        Ok((head, notes.swap_remove(newest)))
    }

    /// Writes a newer head. A crash during it leaves the older one.
    pub fn write(&mut self, note: &SignedCheckpoint) -> Result<(), Fault> {
        let mut bytes = note.as_str().as_bytes().to_vec();
        bytes.resize(HEAD_BYTES.max(bytes.len()), 0);
        let name = HEAD_FILES[self.next];
        if !self.made[self.next] {
            self.storage.replace(name, &bytes)?;
            self.made[self.next] = true;
        }
        self.storage.overwrite(name, &bytes)?;
        self.next = 1 - self.next;
        Ok(())
    }
}

/// The settings of the journal's log.
pub fn log_settings(ledger: &LedgerId) -> LogSettings {
    LogSettings { kind: LogKind::Journal, ledger_id: ledger.0, segment_bytes: SEGMENT_BYTES }
}

/// A journal that was read and judged from its first entry to its last.
pub struct Replayed {
    /// The log, ready for more.
    pub log: Log,
    /// The state after its last entry.
    pub state: State,
    /// The tree over all entries.
    pub tree: Tree,
}

/// Reads the journal. `head` is the newest signed head; it may be missing only before there is more than a genesis.
pub fn replay(
    storage: Arc<dyn Storage>,
    ledger: &LedgerId,
    head: Option<&Checkpoint>,
    _threads: usize,
) -> Result<Replayed, Fault> {
    if head.is_none() {
        // Without a head a lost end looks like a torn one. So this is found out before anything is cut.
        let looked = Log::open::<Fault>(ReadOnly::tolerant(storage.clone()), log_settings(ledger), None, |_, _, _| Ok(()))?;
        if looked.size() > 1 {
            return Err(Fault::Damage("the signed head is missing or signed by another key".into()));
        }
    }
    let mut state = State::new(*ledger);
    let mut tree = Tree::new();
    let vouched = head.map_or(0, |head| head.size);
    let bounds = head.map(|head| (head.size, head.root));
    let log = Log::open(storage, log_settings(ledger), bounds, |sequence, leaf, links| -> Result<(), Fault> {
        let damage = |why: &str| Fault::Damage(format!("entry {sequence} of the journal is wrong: {why}"));
        let raw = RawEntry::decode(leaf).map_err(|error| damage(&error.to_string()))?;
        let entry = if sequence < vouched { raw.recorded(ledger) } else { raw.verified(ledger) };
        let entry = entry.map_err(|error| damage(&error.to_string()))?;
        judge(&mut state, sequence, &entry, links).map_err(|why| damage(&why))?;
        tree.push(merkle::leaf_hash(leaf));
        Ok(())
    })?;
    Ok(Replayed { log, state, tree })
}

/// Puts a recorded entry through the rules again: they have to accept it, and to compute what stands in it and beside it.
pub fn judge(state: &mut State, sequence: u64, entry: &Entry, links: &[u8]) -> Result<crate::state::Effects, String> {
    if entry.sequence != sequence {
        return Err(format!("it calls itself entry {}", entry.sequence));
    }
    if sequence == 0 && entry.order.id() != state.ledger() {
        return Err("it is the genesis of another ledger".into());
    }
    match state.apply(&entry.order, entry.time) {
        Err(rejection) => Err(format!("the rules refuse it ({}): {rejection}", rejection.code())),
        Ok(effects) if effects.outcome != entry.outcome => {
            Err(format!("its outcome is {:?}, and the rules compute {:?}", entry.outcome, effects.outcome))
        }
        Ok(effects) if Links::of(&effects).encode() != links => {
            Err("the links beside it are not those of the accounts that it touches".into())
        }
        Ok(effects) => Ok(effects),
    }
}
