//! Copies a ledger, while it is in use or not, and proves the copy by replaying it.
//!
//! ```text
//! records ──▶ the newest signed head is read ──▶ journal ──▶ replay of the copy against that head ──▶ head, `ledger-id`, `backup.txt`
//! ```
//! The head is read before the journal, so that the journal that is copied contains it, and written after the replay: until then a copy
//! that is continued has the head that it had, and a journal that extends it. Only whole frames are copied; an append that is under way
//! stays out. Segments only grow, so that what is there already is not copied again.
//!
//! What lies in a copy beyond its own head may be replaced: the source may have lost it in a crash before it was durable. What lies below
//! has to be in the source, byte for byte: else the two are different histories, and nothing is touched.

use crate::fault::Fault;
use crate::journal::{Note, decoded, judge, log_settings};
use crate::key::{DecodedKeys, LedgerId, PublicKey};
use crate::ledger::{BACKUP_FILE, LEDGER_ID_FILE, id_in};
use crate::log::{Log, LogKind, LogSettings, copyable, first_of, segments, whole_length};
use crate::merkle::Hash;
use crate::records;
use crate::state::State;
use crate::storage::{Folder, ReadOnly, Storage, TEMPORARY};
use std::fmt;
use std::sync::Arc;

/// The last file of a backup: it says what the backup holds, and that it is whole.
pub const COMPLETE: &str = BACKUP_FILE;
/// This file is there as long as a backup is being written, and names its ledger.
pub const UNFINISHED: &str = "backup-unfinished.txt";
/// The first line of both, with the version of what stands in them.
const TITLE: &str = "liard backup 1";
/// So often a log that is compacted meanwhile is begun again: compactions are nights apart.
const ATTEMPTS: usize = 5;
/// So often the head is read until it is twice the same: a node writes it within microseconds, some hundred times a second.
const HEAD_READINGS: usize = 100;
/// So many bytes are written at once: what is shown as progress moves, and a write stays short.
const PIECE: usize = 4 << 20;

/// Why a copy was not made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotCopied {
    /// It would be wrong to make it; the sentence says why, and what to do. Nothing was changed.
    Refused(String),
    /// The machine failed, or the data are damaged.
    Fault(Fault),
}

impl fmt::Display for NotCopied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotCopied::Refused(why) => f.write_str(why),
            NotCopied::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for NotCopied {}

impl From<Fault> for NotCopied {
    fn from(fault: Fault) -> NotCopied {
        NotCopied::Fault(fault)
    }
}

pub(crate) fn refused<T>(why: impl Into<String>) -> Result<T, NotCopied> {
    Err(NotCopied::Refused(why.into()))
}

/// What a program keeps beside the money and wants to be copied with it. Secrets are not among it.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// Logs of records: the directory, and the id in their headers.
    pub records: &'a [(&'a str, [u8; 32])],
    /// Small files in the folder itself.
    pub files: &'a [&'a str],
}

/// How far a copy has come, for whoever waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// So many bytes were copied.
    Bytes(u64),
    /// So many entries of the copy were judged, of so many.
    Entries(u64, u64),
}

/// A copy that was proved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copied {
    /// The ledger id.
    pub ledger: LedgerId,
    /// How many entries.
    pub entries: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// The size of the signed head among them.
    pub head: u64,
    /// When the last entry was accepted.
    pub time: u64,
    /// The bytes that were copied.
    pub bytes: u64,
    /// The bytes that were there already.
    pub already: u64,
}

/// The directories of a ledger's folder.
pub(crate) struct Parts {
    pub(crate) folder: Arc<dyn Storage>,
    pub(crate) journal: Arc<dyn Storage>,
    pub(crate) head: Arc<dyn Storage>,
    /// Each log of records with its settings.
    pub(crate) records: Vec<(String, LogSettings, Arc<dyn Storage>)>,
}

impl Parts {
    /// Opens them; `root` is the folder itself, open already.
    pub(crate) fn open(folder: &dyn Folder, root: Arc<dyn Storage>, ledger: &LedgerId, beside: &Beside) -> Result<Parts, Fault> {
        let own = [("records", ledger.0)];
        let logs = own.iter().chain(beside.records);
        let records = logs.map(|(name, id)| Ok(((*name).to_owned(), records::log_settings(*id), folder.open(name)?)));
        Ok(Parts {
            folder: root,
            journal: folder.open("journal")?,
            head: folder.open("head")?,
            records: records.collect::<Result<_, Fault>>()?,
        })
    }
}

/// Copies the ledger in one folder, which may be in use and is only looked at, to a backup that is made or continued in another.
pub fn backup(
    from: &dyn Folder,
    to: &dyn Folder,
    beside: &Beside,
    progress: &mut dyn FnMut(Progress),
) -> Result<Copied, NotCopied> {
    let source = from.open("")?;
    let Some(ledger) = id_in(&*source)? else { return refused("there is no ledger to back up: name its folder with --data") };
    let folder = to.open("")?;
    may_hold(&*folder, &ledger)?;
    let begin = || folder.replace(UNFINISHED, format!("{TITLE}\nledger {ledger}\n").as_bytes());
    if complete(&*folder)?.is_none() {
        // Before anything else is made there: else nobody could tell afterwards what it was to become.
        begin()?;
    }
    let to = Parts::open(to, folder.clone(), &ledger, beside)?;
    let source = Parts::open(from, source, &ledger, beside)?;
    let copy = Copy { folder: from, from: source, ledger, files: beside.files, tally: Tally::new(progress) };
    let agreed = copy.meeting(&to)?;
    begin()?;
    remove(&*folder, COMPLETE)?;
    // On disk now: a backup that calls itself unfinished, and is as good as it was.
    let copied = copy.run(&to, &agreed)?;
    let root = hex::encode(copied.root);
    let told = format!("{TITLE}\nledger {ledger}\nentries {}\nroot {root}\nhead {}\n", copied.entries, copied.head);
    folder.replace(COMPLETE, told.as_bytes())?;
    remove(&*folder, UNFINISHED)?;
    Ok(copied)
}

/// Copies a finished backup to a folder that holds nothing.
pub fn restore(
    from: &dyn Folder,
    to: &dyn Folder,
    beside: &Beside,
    progress: &mut dyn FnMut(Progress),
) -> Result<Copied, NotCopied> {
    let backup = from.open("")?;
    let Some(told) = complete(&*backup)? else {
        return match backup.read(UNFINISHED)? {
            Some(_) => refused(
                "this backup was interrupted: give `liard backup` once more to finish it or, if the original is lost, take what is there \
                 with `liard repair`",
            ),
            None => refused(format!("there is no backup here: the file {COMPLETE} that `liard backup` writes is missing")),
        };
    };
    let folder = to.open("")?;
    if !folder.list()?.is_empty() {
        return refused("the folder to restore to is not empty: name one that is not there yet");
    }
    let ledger = told.ledger;
    let source = Parts::open(from, backup, &ledger, beside)?;
    let copy = Copy { folder: from, from: source, ledger, files: beside.files, tally: Tally::new(progress) };
    let copied = copy.run(&Parts::open(to, folder.clone(), &ledger, beside)?, &Meeting::default())?;
    if (copied.entries, copied.root) != (told.entries, told.root) {
        // Nobody starts on it.
        folder.remove(LEDGER_ID_FILE)?;
        folder.sync_dir()?;
        let (entries, says) = (copied.entries, told.entries);
        return Err(Fault::Damage(format!("{COMPLETE} speaks of {says} entries, and {entries} are there, or others")).into());
    }
    Ok(copied)
}

/// What the last file of a backup says.
struct Told {
    ledger: LedgerId,
    entries: u64,
    root: Hash,
}

fn complete(backup: &dyn Storage) -> Result<Option<Told>, NotCopied> {
    let Some(bytes) = backup.read(COMPLETE)? else { return Ok(None) };
    let told = String::from_utf8(bytes).ok().and_then(|text| {
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let root = hex::decode(value("root")?).ok()?.try_into().ok()?;
        let told = Told { ledger: LedgerId::from_hex(value("ledger")?)?, entries: value("entries")?.parse().ok()?, root };
        (text.lines().next() == Some(TITLE)).then_some(told)
    });
    match told {
        Some(told) => Ok(Some(told)),
        None => refused(format!("{COMPLETE} is not what this program writes: a newer one may have made this backup")),
    }
}

/// A backup is written to an empty folder, or to one of the same ledger.
fn may_hold(folder: &dyn Storage, ledger: &LedgerId) -> Result<(), NotCopied> {
    let unfinished = folder.read(UNFINISHED)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let named = unfinished.and_then(|text| LedgerId::from_hex(text.lines().nth(1)?.strip_prefix("ledger ")?));
    let found = match (complete(folder)?, named) {
        (Some(told), _) => Some(told.ledger),
        (None, named) => named,
    };
    match found {
        Some(found) if found == *ledger => Ok(()),
        Some(found) => refused(format!("the backup there is of another ledger ({found}): choose another folder")),
        None if folder.list()?.iter().all(|name| name.ends_with(TEMPORARY)) => Ok(()),
        None => refused("the folder holds something that is no backup: choose an empty one, or one that is not there yet"),
    }
}

fn remove(folder: &dyn Storage, name: &str) -> Result<(), Fault> {
    if folder.read(name)?.is_some() {
        folder.remove(name)?;
        folder.sync_dir()?;
    }
    Ok(())
}

/// Counts, and tells whoever waits.
struct Tally<'a> {
    progress: &'a mut dyn FnMut(Progress),
    bytes: u64,
    already: u64,
}

impl<'a> Tally<'a> {
    fn new(progress: &'a mut dyn FnMut(Progress)) -> Tally<'a> {
        Tally { progress, bytes: 0, already: 0 }
    }

    fn copied(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        (self.progress)(Progress::Bytes(self.bytes));
    }
}

/// Up to where the journals of a source and of its copy are the same.
#[derive(Default)]
struct Meeting {
    /// The copy's segments from this one on are compared; those before it stand below its head.
    from: u64,
    /// A segment of the copy that is cut to so many bytes, and those after it that are removed.
    cut: Option<(String, usize)>,
    gone: Vec<String>,
}

/// A copy under way.
struct Copy<'a> {
    folder: &'a dyn Folder,
    from: Parts,
    ledger: LedgerId,
    files: &'a [&'a str],
    tally: Tally<'a>,
}

impl Copy<'_> {
    /// Compares the journal of a copy, as far as it goes, with that of the source. Changes nothing.
    fn meeting(&self, to: &Parts) -> Result<Meeting, NotCopied> {
        let journal = &to.journal;
        let vouched = Note::read_all(&*to.head, &self.ledger)?.first().map_or(0, |note| note.says.size);
        for ((name, _, from), (_, _, copy)) in self.from.records.iter().zip(&to.records) {
            let gone = segments(&**from, LogKind::Records)?.0.is_empty();
            if gone && !segments(&**copy, LogKind::Records)?.0.is_empty() {
                return refused(format!(
                    "{name} is gone from the ledger's folder, and the backup there has it: put it back first"
                ));
            }
        }
        let (names, _) = segments(&**journal, LogKind::Journal)?;
        let begin = names.iter().rposition(|name| first_of(name).is_some_and(|first| first <= vouched)).unwrap_or(0);
        let mut names = names[begin.min(names.len())..].iter();
        let mut meeting =
            Meeting { from: names.as_slice().first().and_then(|name| first_of(name)).unwrap_or(0), ..Meeting::default() };
        let mut same_until = meeting.from;
        for name in names.by_ref() {
            let (here, there) = (journal.read(name)?.unwrap_or_default(), self.from.journal.read(name)?.unwrap_or_default());
            let common = here.iter().zip(&there).take_while(|(one, other)| one == other).count();
            let (length, end) = whole_length(&here[..common]);
            if length > 0 {
                same_until = end;
            }
            if length < here.len() {
                meeting.cut = (length > 0).then(|| (name.clone(), length));
                meeting.gone.extend((length == 0).then(|| name.clone()));
                break;
            }
        }
        meeting.gone.extend(names.cloned());
        if same_until < vouched {
            return refused(format!(
                "the backup there has {vouched} entries, and from entry {same_until} on they are not those of this ledger: one of the two \
                 is damaged, or went on from an older state. Nothing was changed; choose another folder, and keep this one"
            ));
        }
        Ok(meeting)
    }

    fn run(mut self, to: &Parts, meeting: &Meeting) -> Result<Copied, NotCopied> {
        for (log, copy) in to.records.iter().enumerate() {
            self.copy_records(log, &*copy.2)?;
        }
        let Some(note) = self.newest_head()? else {
            return Err(Fault::Damage("the signed head of the source is missing, or cannot be read".into()).into());
        };
        self.copy_journal(to, meeting, note.says.size)?;
        let proved = prove(to, &self.ledger, &note, self.tally.progress)?;
        note.keep(&*to.head)?;
        for name in self.files {
            if let Some(bytes) = self.from.folder.read(name)? {
                self.copy_small(&*to.folder, name, &bytes)?;
            }
        }
        self.copy_small(&*to.folder, LEDGER_ID_FILE, format!("{}\n", self.ledger).as_bytes())?;
        let Tally { bytes, already, .. } = self.tally;
        let Proved { entries, root, time } = proved;
        Ok(Copied { ledger: self.ledger, entries, root, head: note.says.size, time, bytes, already })
    }

    fn copy_small(&mut self, to: &dyn Storage, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        if to.read(name)?.as_deref() == Some(bytes) {
            self.tally.already += bytes.len() as u64;
            return Ok(());
        }
        to.replace(name, bytes)?;
        self.tally.copied(bytes.len());
        Ok(())
    }

    /// The newest note of the source. A node writes over them while they are read: two readings that are the same are none of half a note.
    fn newest_head(&self) -> Result<Option<Note>, Fault> {
        let read = || Note::read_all(&*self.from.head, &self.ledger);
        let mut notes = read()?;
        for _ in 0..HEAD_READINGS {
            let again = read()?;
            if again.first() == notes.first() {
                break;
            }
            notes = again;
        }
        Ok(notes.into_iter().next())
    }

    fn copy_journal(&mut self, to: &Parts, meeting: &Meeting, vouched: u64) -> Result<(), NotCopied> {
        for name in &meeting.gone {
            to.journal.remove(name)?;
        }
        if let Some((name, length)) = &meeting.cut {
            to.journal.truncate(name, *length as u64)?;
        }
        to.journal.sync_dir()?;
        let (names, _) = segments(&*self.from.journal, LogKind::Journal)?;
        let (held, _) = segments(&*to.journal, LogKind::Journal)?;
        for (index, name) in names.iter().enumerate() {
            if first_of(name).is_some_and(|first| first < meeting.from) && held.contains(name) {
                self.tally.already += to.journal.length(name)?;
                continue;
            }
            let bytes = self.from.journal.read(name)?.unwrap_or_default();
            let length = copyable(&log_settings(&self.ledger), name, &bytes, index + 1 == names.len(), vouched)?;
            self.bring_up(&*to.journal, name, &bytes[..length])?;
        }
        Ok(())
    }

    /// Copies a log of records. A compaction meanwhile removes files under the reader: then it is begun again.
    fn copy_records(&mut self, log: usize, to: &dyn Storage) -> Result<(), NotCopied> {
        let (name, settings, _) = &self.from.records[log];
        let (name, settings) = (name.clone(), *settings);
        let mut attempts = 1..=ATTEMPTS;
        loop {
            let from = self.folder.open(&name)?;
            let before = from.list()?;
            let tried = self.try_records(&settings, &*from, to);
            if tried.is_ok() || attempts.next().is_none() || from.list()? == before {
                return tried;
            }
        }
    }

    fn try_records(&mut self, settings: &LogSettings, from: &dyn Storage, to: &dyn Storage) -> Result<(), NotCopied> {
        let (names, _) = segments(from, LogKind::Records)?;
        for (index, name) in names.iter().enumerate() {
            let Some(bytes) = from.read(name)? else {
                return Err(Fault::Damage(format!("segment {name} of the records is gone")).into());
            };
            let length = copyable(settings, name, &bytes, index + 1 == names.len(), 0)?;
            self.bring_up(to, name, &bytes[..length])?;
        }
        // On disk now: every segment of the source, and those that its newest base replaces. A crash here leaves a log that opens.
        for name in to.list()?.iter().filter(|name| !names.contains(name)) {
            to.remove(name)?;
        }
        to.sync_dir()?;
        Ok(())
    }

    /// Makes a segment of the copy the bytes of the source, by adding what is missing where what is there is their beginning.
    fn bring_up(&mut self, to: &dyn Storage, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let held = to.read(name)?;
        let held = held.filter(|held| bytes.starts_with(held)).map(|held| held.len());
        let temporary = format!("{name}{TEMPORARY}");
        let mut file = match held {
            Some(length) => {
                self.tally.already += length as u64;
                if length == bytes.len() {
                    return Ok(());
                }
                to.append(name)?
            }
            None => to.create(&temporary)?,
        };
        for piece in bytes[held.unwrap_or(0)..].chunks(PIECE) {
            file.write_all(piece)?;
            self.tally.copied(piece.len());
        }
        file.sync_data()?;
        if held.is_none() {
            // On disk now: the whole segment, under a name that nobody reads.
            to.rename(&temporary, name)?;
            to.sync_dir()?;
        }
        Ok(())
    }
}

/// What the replay of a copy gave.
pub(crate) struct Proved {
    pub(crate) entries: u64,
    pub(crate) root: Hash,
    pub(crate) time: u64,
}

/// Replays a journal against a head that is not written yet, and reads the records: rules, outcomes, links and root are those of the
/// source, every frame is whole, and a checkpoint key that the journal put into force signed the head. Changes nothing.
pub(crate) fn prove(
    parts: &Parts,
    ledger: &LedgerId,
    note: &Note,
    progress: &mut dyn FnMut(Progress),
) -> Result<Proved, NotCopied> {
    let in_copy = |fault: Fault| match fault {
        Fault::Damage(what) => Fault::Damage(format!("the copy does not replay: {what}")),
        fault => fault,
    };
    let (state, log) = replayed(parts.journal.clone(), ledger, Some(note), progress).map_err(in_copy)?;
    if !note.is_signed_by(ledger, state.checkpoint_keys()) {
        return Err(in_copy(Fault::Damage("the head is not signed by a checkpoint key that is or was in force".into())).into());
    }
    for (_, settings, storage) in &parts.records {
        let read = |_: u64, leaf: &[u8], _: &[u8]| records::decode(leaf).map(drop);
        Log::open::<Fault>(ReadOnly::strict(storage.clone()), *settings, None, read).map_err(in_copy)?;
    }
    Ok(Proved { entries: log.size(), root: log.root(), time: state.time() })
}

/// Puts every entry of a journal through the rules again; signatures are verified beyond what the note vouches for.
pub(crate) fn replayed(
    journal: Arc<dyn Storage>,
    ledger: &LedgerId,
    note: Option<&Note>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(State, Log), Fault> {
    let mut state = State::new(*ledger);
    let bounds = note.map(|note| (note.says.size, note.says.root));
    let vouched = bounds.map_or(0, |(size, _)| size);
    let keys = DecodedKeys::default();
    let decode = |sequence, leaf: &[u8], links: &[u8]| decoded(leaf, links, ledger, (sequence >= vouched).then_some(&keys));
    let (journal, bounds) = (ReadOnly::strict(journal), (bounds, None));
    let log =
        Log::open_prepared(journal, log_settings(ledger), bounds, 1, &decode, |sequence, _, decoded| -> Result<(), Fault> {
            judge(&mut state, sequence, decoded)?;
            progress(Progress::Entries(sequence + 1, vouched));
            Ok(())
        })?;
    Ok((state, log))
}

/// The keys that are in force in a state.
pub(crate) fn present_key(state: &State) -> Option<PublicKey> {
    state.checkpoint_keys().last().copied()
}
