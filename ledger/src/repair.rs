//! Salvages a ledger from damaged folders: what verifies is copied to a new place, and nothing else is. No source is changed.
//!
//! For each number from 0 on an entry is taken from any source that has it whole: its frame, its encoding, its signature and the rules
//! have to hold; the links beside it are computed again. It ends at the first number that no source has. Whether that is the end is not
//! for this program to guess: a signed head, or frames of later appends, tell that acknowledged entries are missing, and then the new
//! folder does not start unless somebody with the checkpoint key signs for the loss.

use crate::backup::{Beside, NotCopied, Parts, Progress, Proved, present_key, prove, refused, replayed};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::entry::{Entry, Links, RawEntry};
use crate::fault::Fault;
use crate::journal::{Note, log_settings};
use crate::key::{LedgerId, PublicKey};
use crate::ledger::{LEDGER_ID_FILE, id_in};
use crate::log::{AppendError, Found, Frame, Log, LogSettings, first_of, found_frame, salvage};
use crate::merkle::{Frontier, Hash, leaf_hash};
use crate::receipt::origin;
use crate::records;
use crate::state::State;
use crate::storage::{Folder, Storage};
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many frames are appended together: one sync for all of them.
const BATCH: usize = 1_000;
/// And so many bytes at most, far below what one append may have.
const BATCH_BYTES: usize = 8 << 20;

/// A folder to take from, and what it is called in the report.
pub struct Source<'a> {
    /// Its name.
    pub name: String,
    /// The folder, which is only looked at.
    pub folder: &'a dyn Folder,
}

/// What was salvaged, and what was not.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// The ledger id.
    pub ledger: LedgerId,
    /// How many entries the new folder holds, each verified.
    pub entries: u64,
    /// The root over them.
    pub root: Hash,
    /// When the last of them was accepted.
    pub time: u64,
    /// How many were taken from each source.
    pub taken: Vec<(String, u64)>,
    /// What was acknowledged and is not in the new folder, in order. Empty when nothing is missing.
    pub missing: Vec<Missing>,
    /// Whether a signed head tells where the journal ended. Without one nobody knows.
    pub end_is_known: bool,
    /// The head that was signed now, when the loss was accepted.
    pub signed: Option<u64>,
    /// Whether a node starts on the new folder.
    pub startable: bool,
    /// Each log of records.
    pub records: Vec<RecordsSalvaged>,
    /// Files that were left out, with the reason, and bytes that are no frame.
    pub remarks: Vec<String>,
}

/// Entries in a row that are missing, with what is known of their times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// They were accepted at this time or later.
    pub not_before: u64,
    /// They were accepted at this time or earlier; `None` when nothing tells.
    pub not_after: Option<u64>,
    /// Whether they can still be read, with good signatures. They cannot stand without those before them.
    pub readable: bool,
}

/// What could be read of a log of records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordsSalvaged {
    /// Its directory.
    pub name: String,
    /// How many writes were kept.
    pub kept: u64,
    /// The numbers of those that could not be read, first and last of each run.
    pub skipped: Vec<(u64, u64)>,
}

/// Salvages the journal and the records of the sources, the first of which is the one to be repaired, to a folder that holds nothing.
///
/// `accept_loss`: the checkpoint keys of somebody who accepts that acknowledged entries are missing. A head is signed with the one in
/// force, and from then on receipts and checkpoints of the missing entries contradict the ledger.
pub fn repair(
    sources: &[Source],
    to: &dyn Folder,
    beside: &Beside,
    accept_loss: Option<&[SigningKey]>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Repaired, NotCopied> {
    let ledger = one_ledger(sources)?;
    let folder = to.open("")?;
    if !folder.list()?.is_empty() {
        return refused("the new folder is not empty: name one that is not there yet");
    }
    let mut remarks = Vec::new();
    let journals = sources.iter().map(|source| Pile::read(source, "journal", log_settings(&ledger), &mut remarks));
    let journals = journals.collect::<Result<Vec<_>, _>>()?;
    let notes = notes_of(sources, &ledger)?;
    let parts = Parts::open(to, folder.clone(), &ledger, beside)?;
    let salvaged = Salvaged::write(&journals, &ledger, &notes, parts.journal.clone(), &mut remarks, progress)?;
    if salvaged.size == 0 {
        return refused("no entry could be read: not even the first one, which holds the currency, is whole in any source");
    }
    let mut salvaged_records = Vec::new();
    for (name, settings, storage) in &parts.records {
        let piles = sources.iter().map(|source| Pile::read(source, name, *settings, &mut remarks));
        let piles = piles.collect::<Result<Vec<_>, _>>()?;
        salvaged_records.push(salvage_records(name, *settings, &piles, storage.clone(), &mut remarks)?);
    }
    for name in beside.files {
        if let Some(bytes) = first_file(sources, name)? {
            folder.replace(name, &bytes)?;
        }
    }
    let (state, log) = replayed(parts.journal.clone(), &ledger, None, &mut |_| ())?;
    drop(log);
    let heads = Heads::sort(&notes, &salvaged, &ledger, state.checkpoint_keys())?;
    let missing = missing(&journals, &salvaged, &ledger, &state, heads.beyond.map_or(0, |note| note.says.size))?;
    // Where the journal ended is told by its own head only: that of an older backup tells where the backup ended.
    let own = |(source, note): &(String, Note)| *source == sources[0].name && note.is_signed_by(&ledger, state.checkpoint_keys());
    let end_is_known = notes.iter().any(own);
    let whole = missing.is_empty() && heads.contained.is_some() && end_is_known;
    let signed = match accept_loss {
        Some(signers) if !whole => Some(sign(&ledger, &salvaged, &state, signers)?),
        _ => None,
    };
    let head = signed.as_ref().or(if whole { heads.contained } else { heads.beyond });
    if let Some(note) = head {
        note.keep(&*parts.head)?;
    }
    let startable = whole || signed.is_some();
    if let (true, Some(note)) = (startable, head) {
        let Proved { entries, root, .. } = prove(&parts, &ledger, note, progress)?;
        assert_eq!((entries, root), (salvaged.size, salvaged.frontier.root()), "what was written is what was judged");
    }
    if head.is_some() {
        // Last, so that a repair that was cut off leaves nothing that starts.
        folder.replace(LEDGER_ID_FILE, format!("{ledger}\n").as_bytes())?;
    }
    Ok(Repaired {
        ledger,
        entries: salvaged.size,
        root: salvaged.frontier.root(),
        time: state.time(),
        taken: sources.iter().zip(&salvaged.taken).map(|(source, count)| (source.name.clone(), *count)).collect(),
        missing,
        end_is_known,
        signed: signed.map(|note| note.says.size),
        startable,
        records: salvaged_records,
        remarks,
    })
}

/// The ledger that all sources are of, as far as they say.
fn one_ledger(sources: &[Source]) -> Result<LedgerId, NotCopied> {
    let mut found: Option<(LedgerId, &str)> = None;
    for source in sources {
        match (id_in(&*source.folder.open("")?)?, found) {
            (Some(id), None) => found = Some((id, &source.name)),
            (Some(id), Some((first, name))) if id != first => {
                return refused(format!(
                    "{} is of the ledger {id}, and {name} of {first}: name copies of one ledger",
                    source.name
                ));
            }
            _ => {}
        }
    }
    match found {
        Some((id, _)) => Ok(id),
        None => refused(format!(
            "no source has a readable file {LEDGER_ID_FILE}: write the printed ledger id into one, then try again"
        )),
    }
}

fn first_file(sources: &[Source], name: &str) -> Result<Option<Vec<u8>>, Fault> {
    for source in sources {
        if let Some(bytes) = source.folder.open("")?.read(name)? {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

fn notes_of(sources: &[Source], ledger: &LedgerId) -> Result<Vec<(String, Note)>, Fault> {
    let mut notes = Vec::new();
    for source in sources {
        let read = Note::read_all(&*source.folder.open("head")?, ledger)?;
        notes.extend(read.into_iter().map(|note| (source.name.clone(), note)));
    }
    Ok(notes)
}

/// Every frame of one log in one source, by sequence.
struct Pile {
    storage: Arc<dyn Storage>,
    names: Vec<String>,
    /// Each frame with its place in `names`, by sequence.
    found: Vec<(usize, Found)>,
    epoch: u64,
    /// The first sequence of the newest base.
    base: u64,
}

impl Pile {
    fn read(source: &Source, directory: &str, settings: LogSettings, remarks: &mut Vec<String>) -> Result<Pile, Fault> {
        let storage = source.folder.open(directory)?;
        let mut pile = Pile { storage, names: Vec::new(), found: Vec::new(), epoch: 0, base: 0 };
        for name in pile.storage.list()?.into_iter().filter(|name| first_of(name).is_some()) {
            let bytes = pile.storage.read(&name)?.unwrap_or_default();
            let place = format!("{}/{directory}/{name}", source.name);
            match salvage(&settings, &name, &bytes) {
                Err(why) => remarks.push(format!("{place} was left out: {why}")),
                Ok(segment) => {
                    if segment.lost > 0 {
                        remarks.push(format!("{place}: {} bytes are no whole entry", segment.lost));
                    }
                    pile.epoch = pile.epoch.max(segment.epoch);
                    if let (true, Some(first)) = (segment.base, first_of(&name)) {
                        pile.base = pile.base.max(first);
                    }
                    pile.found.extend(segment.found.into_iter().map(|found| (pile.names.len(), found)));
                    pile.names.push(name);
                }
            }
        }
        pile.found.sort_by_key(|(_, found)| found.sequence);
        Ok(pile)
    }

    /// Every whole frame with this number.
    fn frames(&self, sequence: u64) -> Result<Vec<Frame>, Fault> {
        let first = self.found.partition_point(|(_, found)| found.sequence < sequence);
        let places = self.found[first..].iter().take_while(|(_, found)| found.sequence == sequence);
        let read = places.map(|(name, found)| found_frame(&*self.storage, &self.names[*name], found));
        Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// The number after the last frame.
    fn end(&self) -> u64 {
        self.found.last().map_or(0, |(_, found)| found.sequence + 1)
    }

    /// So many entries were durable for certain: an append starts only after all before it was.
    fn durable(&self) -> u64 {
        self.found.iter().rev().find(|(_, found)| found.starts_append).map_or(0, |(_, found)| found.sequence)
    }
}

/// Writes frames to a new log, many at a time.
struct NewLog {
    log: Log,
    epoch: u64,
    waiting: Vec<Frame>,
    bytes: usize,
}

impl NewLog {
    fn open(storage: Arc<dyn Storage>, settings: LogSettings, epoch: u64) -> Result<NewLog, Fault> {
        let log = Log::open::<Fault>(storage, settings, None, |_, _, _| Ok(()))?;
        Ok(NewLog { log, epoch, waiting: Vec::new(), bytes: 0 })
    }

    fn push(&mut self, frame: Frame) -> Result<(), Fault> {
        self.bytes += frame.0.len() + frame.1.len();
        self.waiting.push(frame);
        if self.waiting.len() >= BATCH || self.bytes >= BATCH_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Fault> {
        let frames: Vec<_> = self.waiting.iter().map(|(leaf, sidecar)| (leaf.as_slice(), sidecar.as_slice())).collect();
        self.log.append(self.epoch, self.log.size(), &frames).map_err(|error| match error {
            AppendError::Fault(fault) => fault,
            other => Fault::Damage(format!("the new log refuses what was read from an old one: {other}")),
        })?;
        self.waiting.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// The journal that was put together.
struct Salvaged {
    size: u64,
    frontier: Frontier,
    /// The root at each size of which a head speaks.
    roots: BTreeMap<u64, Hash>,
    /// From each source.
    taken: Vec<u64>,
}

impl Salvaged {
    fn write(
        piles: &[Pile],
        ledger: &LedgerId,
        notes: &[(String, Note)],
        storage: Arc<dyn Storage>,
        remarks: &mut Vec<String>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Salvaged, NotCopied> {
        let epoch = piles.iter().map(|pile| pile.epoch).max().unwrap_or(0);
        let mut new = NewLog::open(storage, log_settings(ledger), epoch)?;
        let mut state = State::new(*ledger);
        let expected = piles.iter().map(Pile::end).max().unwrap_or(0);
        let (frontier, roots, taken) = (Frontier::new(), BTreeMap::new(), vec![0; piles.len()]);
        let mut salvaged = Salvaged { size: 0, frontier, roots, taken };
        while let Some((source, entry, leaf)) = one_entry(piles, salvaged.size, ledger)? {
            // Its outcome is part of what is hashed: one that the rules do not compute was never accepted.
            let judged = match state.apply(&entry.order, entry.time) {
                Err(rejection) => Err(format!("the rules refuse it: {rejection}")),
                Ok(effects) if effects.outcome != entry.outcome => Err("its outcome is not what the rules compute".into()),
                Ok(_) if salvaged.size == 0 && entry.order.id() != *ledger => Err("it is the genesis of another ledger".into()),
                Ok(effects) => Ok(effects),
            };
            let effects = match judged {
                Ok(effects) => effects,
                Err(why) => {
                    remarks.push(format!("entry {} was found and left out: {why}", salvaged.size));
                    break;
                }
            };
            salvaged.frontier.push(leaf_hash(&leaf));
            salvaged.size += 1;
            salvaged.taken[source] += 1;
            if notes.iter().any(|(_, note)| note.says.size == salvaged.size) {
                salvaged.roots.insert(salvaged.size, salvaged.frontier.root());
            }
            new.push((leaf, Links::of(&effects).encode()))?;
            progress(Progress::Entries(salvaged.size, expected));
        }
        new.write()?;
        Ok(salvaged)
    }
}

/// The entry with this number, from the first source that has it whole and signed.
fn one_entry(piles: &[Pile], sequence: u64, ledger: &LedgerId) -> Result<Option<(usize, Entry, Vec<u8>)>, NotCopied> {
    let mut one: Option<(usize, Entry, Vec<u8>)> = None;
    for (source, pile) in piles.iter().enumerate() {
        for (leaf, _) in pile.frames(sequence)? {
            if one.as_ref().is_some_and(|(_, _, known)| *known == leaf) {
                continue;
            }
            let entry = RawEntry::decode(&leaf).ok().and_then(|raw| raw.verified(ledger).ok());
            let Some(entry) = entry.filter(|entry| entry.sequence == sequence) else { continue };
            if one.is_some() {
                return refused(format!(
                    "the sources hold two entries {sequence} with good signatures: they are of two histories. Name only copies of the one \
                     that your members' receipts and your published checkpoints belong to"
                ));
            }
            one = Some((source, entry, leaf));
        }
    }
    Ok(one)
}

/// What the signed heads of the sources say of what was put together.
struct Heads<'n> {
    /// The newest that the result contains.
    contained: Option<&'n Note>,
    /// The newest that speaks of more. One whose key is not known up to here is believed too: it may have come into force later.
    beyond: Option<&'n Note>,
}

impl Heads<'_> {
    fn sort<'n>(
        notes: &'n [(String, Note)],
        salvaged: &Salvaged,
        ledger: &LedgerId,
        keys: &[PublicKey],
    ) -> Result<Heads<'n>, NotCopied> {
        let mut heads = Heads { contained: None, beyond: None };
        let newer = |note: &Note, than: Option<&Note>| than.is_none_or(|than| note.says.size > than.says.size);
        for (source, note) in notes {
            if note.says.size > salvaged.size {
                if newer(note, heads.beyond) {
                    heads.beyond = Some(note);
                }
            } else if note.is_signed_by(ledger, keys) {
                if salvaged.roots.get(&note.says.size) != Some(&note.says.root) {
                    return refused(format!(
                        "the head in {source} was signed over other entries 0 to {} than those that were found: the sources are of two \
                         histories. Leave out the ones that went on from an older state",
                        note.says.size.saturating_sub(1)
                    ));
                }
                if newer(note, heads.contained) {
                    heads.contained = Some(note);
                }
            }
        }
        Ok(heads)
    }
}

/// The runs of entries that were acknowledged and could not be kept.
fn missing(piles: &[Pile], salvaged: &Salvaged, ledger: &LedgerId, state: &State, head: u64) -> Result<Vec<Missing>, NotCopied> {
    let acknowledged = piles.iter().map(Pile::durable).max().unwrap_or(0).max(head);
    if acknowledged <= salvaged.size {
        return Ok(Vec::new());
    }
    let end = piles.iter().map(Pile::end).max().unwrap_or(0);
    let mut runs: Vec<Missing> = Vec::new();
    let mut time = state.time();
    for sequence in salvaged.size..end {
        let found = one_entry(piles, sequence, ledger)?.map(|(_, entry, _)| entry.time);
        if let (Some(found), Some(run)) = (found, runs.last_mut().filter(|run| !run.readable)) {
            run.not_after = Some(found);
        }
        match runs.last_mut().filter(|run| run.readable == found.is_some()) {
            Some(run) => (run.to, run.not_after) = (sequence, found),
            None => {
                let not_before = found.unwrap_or(time);
                runs.push(Missing { from: sequence, to: sequence, not_before, not_after: found, readable: found.is_some() });
            }
        }
        time = found.unwrap_or(time);
    }
    let rest = end.max(salvaged.size);
    if rest < acknowledged {
        match runs.last_mut().filter(|run| !run.readable) {
            Some(run) => run.to = acknowledged - 1,
            None => runs.push(Missing { from: rest, to: acknowledged - 1, not_before: time, not_after: None, readable: false }),
        }
    }
    Ok(runs)
}

/// A head over what there is, by the checkpoint key in force.
fn sign(ledger: &LedgerId, salvaged: &Salvaged, state: &State, signers: &[SigningKey]) -> Result<Note, NotCopied> {
    let present = present_key(state);
    let Some(signer) = signers.iter().find(|signer| Some(PublicKey::from(signer.verifying_key())) == present) else {
        return refused("the checkpoint key in force is not in the folder of secrets: without it nobody can sign for the loss");
    };
    let says = Checkpoint { origin: origin(ledger), size: salvaged.size, root: salvaged.frontier.root() };
    Ok(Note::from((&SignedCheckpoint::sign(&says, signer), says)))
}

/// Copies the writes of a log of records that can be read, from its newest base on, each from the first source that has it.
fn salvage_records(
    name: &str,
    settings: LogSettings,
    piles: &[Pile],
    storage: Arc<dyn Storage>,
    remarks: &mut Vec<String>,
) -> Result<RecordsSalvaged, Fault> {
    let from = piles.iter().map(|pile| pile.base).max().unwrap_or(0);
    let to = piles.iter().map(Pile::end).max().unwrap_or(0);
    let mut new = NewLog::open(storage, settings, 0)?;
    let mut salvaged = RecordsSalvaged { name: name.to_owned(), kept: 0, skipped: Vec::new() };
    for sequence in from..to {
        let mut whole = None;
        for pile in piles {
            let frames = pile.frames(sequence)?;
            whole = whole.or_else(|| frames.into_iter().find(|(leaf, _)| records::decode(leaf).is_ok()));
        }
        match whole {
            Some((leaf, _)) => {
                new.push((leaf, Vec::new()))?;
                salvaged.kept += 1;
            }
            None => match salvaged.skipped.last_mut().filter(|(_, last)| last + 1 == sequence) {
                Some((_, last)) => *last = sequence,
                None => salvaged.skipped.push((sequence, sequence)),
            },
        }
    }
    new.write()?;
    if !salvaged.skipped.is_empty() {
        remarks.push(format!("{name}: values that were changed in the skipped writes are as they were before, or missing"));
    }
    Ok(salvaged)
}
