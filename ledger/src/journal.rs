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
use crate::encoding::DecodeError;
use crate::entry::{Entry, Links, RawEntry};
use crate::fault::Fault;
use crate::key::{DecodedKeys, LedgerId, PublicKey};
use crate::log::{Known, Log, LogKind, LogReader, LogSettings, SEGMENT_BYTES};
use crate::merkle::{Tree, leaf_hash};
use crate::receipt::origin;
use crate::snapshot::Snapshot;
use crate::state::{Effects, State};
use crate::storage::{ReadOnly, Storage};
use std::sync::Arc;
use std::time::Duration;

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
    /// The newest note of an earlier process, whose sync may never have succeeded.
    doubtful: Option<Vec<u8>>,
}

impl Head {
    /// Reads the head's directory, and gives the newest note that one of these keys signed.
    pub fn open(storage: Arc<dyn Storage>, ledger: &LedgerId, keys: &[PublicKey]) -> Result<(Head, Option<Checkpoint>), Fault> {
        let keys: Vec<_> = keys.iter().map(PublicKey::verifying_key).collect();
        let mut found = [storage.read(HEAD_FILES[0])?, storage.read(HEAD_FILES[1])?];
        let mut notes = found.clone().map(|bytes| {
            let text = String::from_utf8(bytes?).ok()?;
            SignedCheckpoint::open(text.trim_end_matches('\0'), &origin(ledger), &keys).ok()
        });
        let sizes = notes.each_ref().map(|note| note.as_ref().map(|checkpoint| checkpoint.size));
        let newest = if sizes[1] > sizes[0] { 1 } else { 0 };
        let made = found.each_ref().map(Option::is_some);
        let note = notes[newest].take();
        let doubtful = note.is_some().then(|| found[newest].take()).flatten();
        Ok((Head { storage, next: 1 - newest, made, doubtful }, note))
    }

    /// Writes a newer head. A crash during it leaves the older one.
    pub fn write(&mut self, note: &SignedCheckpoint) -> Result<(), Fault> {
        let bytes = padded(note.as_str());
        if let Some(newest) = &self.doubtful {
            // One head is durable at any time: the newest one becomes so before the other file is written over.
            self.storage.overwrite(HEAD_FILES[1 - self.next], 0, newest)?;
            self.storage.sync_dir()?;
            self.doubtful = None;
        }
        let name = HEAD_FILES[self.next];
        if !self.made[self.next] {
            self.storage.replace(name, &bytes)?;
            self.made[self.next] = true;
        }
        self.storage.overwrite(name, 0, &bytes)?;
        self.next = 1 - self.next;
        Ok(())
    }
}

fn padded(note: &str) -> Vec<u8> {
    let mut bytes = note.as_bytes().to_vec();
    bytes.resize(HEAD_BYTES.max(bytes.len()), 0);
    bytes
}

/// A head file as it is read, before any signature is believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Note {
    text: String,
    /// What it says.
    pub(crate) says: Checkpoint,
}

impl Note {
    /// The readable notes of this ledger in a head's directory, newest first.
    pub(crate) fn read_all(storage: &dyn Storage, ledger: &LedgerId) -> Result<Vec<Note>, Fault> {
        let mut notes = Vec::new();
        for name in HEAD_FILES {
            let text = String::from_utf8(storage.read(name)?.unwrap_or_default()).unwrap_or_default();
            let text = text.trim_end_matches('\0');
            let says = text.rfind("\n\n").and_then(|end| Checkpoint::parse(&text[..=end]).ok());
            let says = says.filter(|says| says.origin == origin(ledger));
            notes.extend(says.map(|says| Note { text: text.to_owned(), says }));
        }
        notes.sort_by_key(|note| std::cmp::Reverse(note.says.size));
        Ok(notes)
    }

    /// Whether one of these keys signed it.
    pub(crate) fn is_signed_by(&self, ledger: &LedgerId, keys: &[PublicKey]) -> bool {
        let keys: Vec<_> = keys.iter().map(PublicKey::verifying_key).collect();
        SignedCheckpoint::open(&self.text, &origin(ledger), &keys).is_ok()
    }

    /// Makes it the only head in a directory.
    pub(crate) fn keep(&self, storage: &dyn Storage) -> Result<(), Fault> {
        storage.replace(HEAD_FILES[0], &padded(&self.text))?;
        if storage.read(HEAD_FILES[1])?.is_some() {
            storage.remove(HEAD_FILES[1])?;
            storage.sync_dir()?;
        }
        Ok(())
    }
}

impl From<(&SignedCheckpoint, Checkpoint)> for Note {
    fn from((note, says): (&SignedCheckpoint, Checkpoint)) -> Note {
        Note { text: note.as_str().to_owned(), says }
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

/// Reads the journal from its start, or from what a snapshot says of it. `head` is the newest signed head; it may be missing only
/// before there is more than a genesis.
pub fn replay(
    storage: Arc<dyn Storage>,
    ledger: &LedgerId,
    head: Option<&Checkpoint>,
    snapshot: Option<Snapshot>,
    threads: usize,
) -> Result<Replayed, Fault> {
    if head.is_none() {
        // Without a head a lost end looks like a torn one. So this is found out before anything is cut.
        let looked = Log::open::<Fault>(ReadOnly::tolerant(storage.clone()), log_settings(ledger), None, |_, _, _| Ok(()))?;
        if looked.size() > 1 {
            return Err(Fault::Damage("the signed head is missing or signed by another key".into()));
        }
    }
    let start = snapshot.unwrap_or_else(|| Snapshot::nothing(ledger));
    let (mut state, mut new_leaves) = (start.state, Vec::new());
    let vouched = head.map_or(0, |head| head.size);
    let keys = DecodedKeys::default();
    let decode = |sequence, leaf: &[u8], links: &[u8]| decoded(leaf, links, ledger, (sequence >= vouched).then_some(&keys));
    let known = (start.tree.size() > 0).then_some(Known { tree: &start.tree, segments: &start.segments });
    let bounds = (head.map(|head| (head.size, head.root)), known);
    let log = Log::open_prepared(storage, log_settings(ledger), bounds, threads, &decode, |sequence, hash, decoded| {
        judge(&mut state, sequence, decoded)?;
        new_leaves.push(hash);
        Ok::<_, Fault>(())
    })?;
    let mut tree = start.tree;
    new_leaves.into_iter().for_each(|hash| tree.push(hash));
    Ok(Replayed { log, state, tree })
}

/// So many entries are judged between two breaths while a snapshot is made: half of a core is for payments.
const BREATH: u64 = 1_024;
/// So many entries are read at a time while the journal is retraced: a walk that ends early reads few for nothing.
const STRIDE: u64 = 1_024;
/// One breath.
const BREATH_LENGTH: Duration = Duration::from_millis(1);

/// Makes the snapshot of the first `size` entries from the journal, beginning with the newest one there is. `None` when `stop` says
/// so on the way.
pub fn snapshot(
    reader: &LogReader,
    ledger: &LedgerId,
    newest: Option<Snapshot>,
    size: u64,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Snapshot>, Fault> {
    let mut made = newest.unwrap_or_else(|| Snapshot::nothing(ledger));
    let mut from = made.state.size();
    while from < size {
        if stop() {
            return Ok(None);
        }
        let to = size.min(from + BREATH);
        reader.scan(from, to, |sequence, leaf, links| -> Result<(), Fault> {
            judge(&mut made.state, sequence, &decoded(leaf, links, ledger, None))?;
            made.tree.push(leaf_hash(leaf));
            Ok(())
        })?;
        from = to;
        std::thread::sleep(BREATH_LENGTH);
    }
    // The journal goes on meanwhile: a segment that starts later is none of this snapshot's.
    made.segments = reader.segments();
    made.segments.retain(|(first, _)| *first <= made.state.size());
    Ok(Some(made))
}

/// Somebody who watches the journal happen once more.
pub trait Retrace {
    /// Sees the next entry and the state before it; `false` ends the walk.
    fn before(&mut self, entry: &Entry, state: &State) -> bool;
    /// Sees an entry, what it did, and the state after it.
    fn after(&mut self, entry: &Entry, effects: &Effects, state: &State);
    /// Sees the state at which the walk ended.
    fn end(&mut self, state: &State);
}

/// Puts the first `size` entries through the rules once more, on a state of their own, and shows each to whoever watches. Gives how
/// many were read. Signatures are not verified again: the entries were accepted.
///
/// # Errors
///
/// As reading the log; [`Fault::Damage`] when an entry cannot be read or the rules refuse it.
pub fn retrace(reader: &LogReader, ledger: &LedgerId, size: u64, watching: &mut dyn Retrace) -> Result<u64, Fault> {
    let mut state = State::new(*ledger);
    while state.size() < size {
        let (from, to) = (state.size(), size.min(state.size() + STRIDE));
        let mut goes_on = true;
        reader.scan(from, to, |sequence, leaf, _| -> Result<(), Fault> {
            let damage = |why: &str| Fault::Damage(format!("entry {sequence} of the journal is wrong: {why}"));
            let entry = RawEntry::decode(leaf).and_then(|raw| raw.recorded(ledger));
            let entry = entry.map_err(|error| damage(&error.to_string()))?;
            goes_on = goes_on && watching.before(&entry, &state);
            if goes_on {
                let effects = state.apply(&entry.order, entry.time).map_err(|rejection| damage(rejection.code()))?;
                watching.after(&entry, &effects, &state);
            }
            Ok(())
        })?;
        if !goes_on || state.size() == from {
            break;
        }
    }
    watching.end(&state);
    Ok(state.size())
}

/// An entry of a journal with the links beside it, as far as its bytes can be read.
pub type Decoded = Result<(Entry, Links), DecodeError>;

/// Reads an entry; its signature is verified when there is somebody to decode keys, and else vouched for by a signed head.
pub fn decoded(leaf: &[u8], links: &[u8], ledger: &LedgerId, verified_with: Option<&DecodedKeys>) -> Decoded {
    let raw = RawEntry::decode(leaf)?;
    let entry = match verified_with {
        Some(keys) => raw.verified_with(ledger, keys),
        None => raw.recorded(ledger),
    };
    Ok((entry?, Links::decode(links)?))
}

/// Puts a recorded entry through the rules again: they have to accept it, and to compute what stands in it and beside it.
pub fn judge(state: &mut State, sequence: u64, decoded: &Decoded) -> Result<(), Fault> {
    let damage = |why: &str| Fault::Damage(format!("entry {sequence} of the journal is wrong: {why}"));
    let (entry, links) = decoded.as_ref().map_err(|error| damage(&error.to_string()))?;
    if entry.sequence != sequence {
        return Err(damage(&format!("it calls itself entry {}", entry.sequence)));
    }
    if sequence == 0 && entry.order.id() != state.ledger() {
        return Err(damage("it is the genesis of another ledger"));
    }
    match state.apply(&entry.order, entry.time) {
        Err(rejection) => Err(damage(&format!("the rules refuse it ({}): {rejection}", rejection.code()))),
        Ok(effects) if effects.outcome != entry.outcome => {
            Err(damage(&format!("its outcome is {:?}, and the rules compute {:?}", entry.outcome, effects.outcome)))
        }
        Ok(effects) if effects.touched != links.accounts || effects.previous_act != links.act => {
            Err(damage("the links beside it are not those of the accounts that it touches"))
        }
        Ok(_) => Ok(()),
    }
}
