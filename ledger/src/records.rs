//! A key-value store for what is not money and cannot be derived: directory, charges, bank lines, cards, sessions.
//!
//! Every write is one frame of a log of its own, durable before [`Records::write`] returns, all its changes or none.
//! Reads come from the view over the log ([`crate::views`]), which is behind by nothing and is worth nothing: when it is
//! wrong in any way it is deleted and made again from the log, here, while the caller waits.
//!
//! ```text
//! leaf   = change*
//! change = 1 table:u8 key_length:u16 key value_length:u32 value      put
//!        | 2 table:u8 key_length:u16 key                             delete
//! ```
//!
//! Deleted and overwritten values stay in the log until it is compacted: what is still alive is written into a base
//! segment, and the rest is removed (see [`crate::log`]). What must be forgotten for certain is encrypted, and its key
//! is destroyed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::fault::{Fault, Stop};
use crate::log::{AppendError, Cut, Log, LogKind, LogReader, LogSettings, SEGMENT_BYTES};
use crate::storage::Storage;
use crate::views::{Broken, Position, Stored, Views};

/// The settings of a log of records.
pub(crate) fn log_settings(ledger_id: [u8; 32]) -> LogSettings {
    LogSettings { kind: LogKind::Records, ledger_id, segment_bytes: SEGMENT_BYTES }
}

/// The longest key, in bytes: keys are ids and times.
pub const MAX_KEY: usize = 512;

/// So many are read in one go where all are wanted: a bound on what is held beside the result.
const PAGE: usize = 1_000;
/// The most entries that one scan returns; who wants more goes on after the last key.
pub const MAX_SCAN: usize = 10_000;

/// A log smaller than this part of a segment is not worth compacting: 8 MB of the usual 64.
const COMPACT_FROM: u64 = 8;

/// The changes that are put into sled at once while a view is made.
const REBUILD_BATCH: usize = 1_000;

/// The size after which a frame of a base takes no further value, in bytes.
const BASE_FRAME: usize = 64 << 10;

/// How often a read makes the view again before it gives up.
const ATTEMPTS: usize = 2;

const PUT: u8 = 1;
const DELETE: u8 = 2;

/// A set of keys of its own; each use in the program has one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table(pub u8);

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// One change to one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets the value of a key, new or not.
    Put {
        /// Where.
        table: Table,
        /// At most [`MAX_KEY`] bytes.
        key: Vec<u8>,
        /// All changes of a write together stay within [`crate::log::MAX_FRAME`].
        value: Vec<u8>,
    },
    /// Removes a key, there or not.
    Delete {
        /// Where.
        table: Table,
        /// At most [`MAX_KEY`] bytes.
        key: Vec<u8>,
    },
}

/// A range of keys within a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRange {
    start: Vec<u8>,
    end: Option<Vec<u8>>,
}

impl KeyRange {
    /// Every key.
    pub fn all() -> KeyRange {
        KeyRange::default()
    }

    /// Keys from `start` up to but not `end`.
    pub fn between(start: &[u8], end: &[u8]) -> KeyRange {
        KeyRange { start: start.to_vec(), end: Some(end.to_vec()) }
    }

    /// Keys from `start` on.
    pub fn from(start: &[u8]) -> KeyRange {
        KeyRange { start: start.to_vec(), end: None }
    }

    /// Keys that start with `prefix`.
    pub fn prefix(prefix: &[u8]) -> KeyRange {
        KeyRange { start: prefix.to_vec(), end: successor(prefix) }
    }
}

/// The first key after all those that start with `prefix`; `None` if that is beyond every key.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}

/// From which end a scan starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The lowest key first.
    Ascending,
    /// The highest key first.
    Descending,
}

/// The store. One value serves all threads.
pub struct Records {
    /// Held by one writer at a time, and always taken before the index.
    log: Mutex<Log>,
    index: RwLock<Index>,
    /// The size from which compacting is considered, in bytes.
    compact_from: u64,
    stop: Arc<Stop>,
}

/// What reads use.
struct Index {
    reader: LogReader,
    views: Views,
    /// Why the view was last made again.
    cured: Option<Broken>,
}

impl Records {
    /// Opens the store over the log in `storage` with the view in `views`, a directory of the file system that holds
    /// nothing else and may be deleted whenever the program does not run. Compacts if most of the log is dead.
    ///
    /// # Errors
    ///
    /// As [`Log::open`].
    pub fn open(storage: Arc<dyn Storage>, ledger_id: [u8; 32], views: &Path) -> Result<Records, Fault> {
        Records::open_with(storage, log_settings(ledger_id), views)
    }

    /// As [`Records::open`], with segments of another size.
    pub fn open_with(storage: Arc<dyn Storage>, settings: LogSettings, views: &Path) -> Result<Records, Fault> {
        let log = Log::open::<Fault>(storage, settings, None, |_, leaf, _| decode(leaf).map(drop))?;
        let views = Views::open(views)?;
        let mut index = Index { reader: log.reader(), cured: views.broken(), views };
        index.catch_up()?;
        let compact_from = settings.segment_bytes / COMPACT_FROM;
        let records = Records { log: Mutex::new(log), index: RwLock::new(index), compact_from, stop: Arc::default() };
        records.compact()?;
        Ok(records)
    }

    /// Why nothing more is written, if so; what shares it stops with the records, and they with it.
    pub fn stop(&self) -> &Arc<Stop> {
        &self.stop
    }

    /// What opening had to cut off the log, to be told to the operator.
    pub fn cut(&self) -> Option<Cut> {
        self.lock().cut().cloned()
    }

    /// Why the view was last made again, if it was, to be told to the operator.
    pub fn cured(&self) -> Option<String> {
        self.index().cured.as_ref().map(|Broken(why)| why.clone())
    }

    /// Makes changes, in order, all or none; they are durable, and seen by every read, when this returns.
    ///
    /// # Errors
    ///
    /// [`AppendError::TooLarge`] changes nothing. After [`AppendError::Fault`] the changes may or may not be there; if the
    /// log failed, that fault is the answer to every write until a restart.
    pub fn write(&self, changes: &[Change]) -> Result<(), AppendError> {
        let leaf = encode(changes)?;
        if changes.is_empty() {
            return Ok(());
        }
        let mut log = self.lock();
        self.stop.check()?;
        let (epoch, sequence) = (log.epoch(), log.size());
        log.append(epoch, sequence, &[(&leaf, &[])]).inspect_err(|error| self.failed(error))?;
        // On disk now: the changes. A crash here loses nothing: the view catches up when it is opened.
        let reached = Position { size: log.size(), root: log.root() };
        let mut index = self.index_mut();
        let batch = changes.iter().enumerate().map(|(at, change)| view_of(change, sequence, at)).collect();
        if index.views.apply(&batch, Some(reached)).is_err() {
            index.cure()?;
        }
        Ok(())
    }

    /// As [`Records::write`], for those who never keep too much at once.
    ///
    /// # Errors
    ///
    /// Those of the log; [`Fault::Setup`] for what is too large, which changes nothing.
    pub fn keep(&self, changes: &[Change]) -> Result<(), Fault> {
        self.write(changes).map_err(|error| match error {
            AppendError::Fault(fault) => fault,
            other => Fault::Setup(format!("the records refused a change: {other}")),
        })
    }

    /// The value of a key.
    ///
    /// # Errors
    ///
    /// Those of the log; a wrong view is made again first.
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let key = view_key(table, key);
        self.read(|index| match index.views.read(&key)? {
            Some(stored) => index.value(&key, stored).map(Some),
            None => Ok(None),
        })
    }

    /// At most `limit` (and [`MAX_SCAN`]) keys of a range with their values.
    ///
    /// # Errors
    ///
    /// As [`Records::get`].
    pub fn scan(&self, table: Table, range: &KeyRange, limit: usize, order: Order) -> Result<Vec<Entry>, Fault> {
        let start = view_key(table, &range.start);
        let end = range.end.as_ref().map(|end| view_key(table, end)).or_else(|| successor(&[table.0]));
        let (limit, reverse) = (limit.min(MAX_SCAN), order == Order::Descending);
        self.read(|index| {
            let entries = index.views.scan(&start, end.as_deref(), limit, reverse)?;
            let with_value = |(key, stored): (Vec<u8>, Stored)| Ok((key[1..].to_vec(), index.value(&key, stored)?));
            entries.into_iter().map(with_value).collect()
        })
    }

    /// Reads every key of a range with its value, ascending. What is written meanwhile is seen where it comes later in the order.
    ///
    /// # Errors
    ///
    /// As [`Records::get`], and the reader's own, which end the reading.
    pub fn each<E: From<Fault>>(
        &self,
        table: Table,
        range: KeyRange,
        mut read: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.pages(table, range, |page| page.iter().try_for_each(|(key, value)| read(key, value)))
    }

    /// The same, for those who write as they read: a page at a time.
    pub(crate) fn pages<E: From<Fault>>(
        &self,
        table: Table,
        range: KeyRange,
        mut read: impl FnMut(&[Entry]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = range;
        loop {
            let page = self.scan(table, &rest, PAGE, Order::Ascending)?;
            read(&page)?;
            match page.last() {
                Some((last, _)) if page.len() == PAGE => rest.start = [&last[..], &[0]].concat(),
                _ => return Ok(()),
            }
        }
    }

    /// Compacts the log if most of it is dead, and says whether it did. Reads and writes wait meanwhile, for about a
    /// second per 100 MB that are alive: call it when the program starts (opening does) and at night.
    ///
    /// # Errors
    ///
    /// As [`Records::write`].
    pub fn compact(&self) -> Result<bool, Fault> {
        let index = self.index();
        let (bytes, live) = (index.reader.bytes(), index.views.live_bytes());
        drop(index);
        if bytes < self.compact_from || live > bytes / 2 {
            return Ok(false);
        }
        self.compact_now().map(|()| true)
    }

    fn compact_now(&self) -> Result<(), Fault> {
        let mut log = self.lock();
        self.stop.check()?;
        let mut index = self.index_mut();
        if index.views.broken().is_some() {
            index.cure()?;
        }
        let replaced = log.replace_all(&mut Living { index: &index, next: Some(Vec::new()) });
        match replaced.inspect_err(|error| self.failed(error)) {
            Ok(()) => index.catch_up(),
            Err(AppendError::Fault(fault)) => Err(fault),
            // Too much is alive for one segment. The log stays as it is.
            Err(_) => Ok(()),
        }
    }

    fn failed(&self, error: &AppendError) {
        if let AppendError::Fault(fault) = error {
            self.stop.stop(fault);
        }
    }

    /// Reads from the view; when it turns out to be wrong, makes it again and reads once more.
    fn read<T>(&self, read: impl Fn(&Index) -> Result<T, Wrong>) -> Result<T, Fault> {
        for _ in 0..ATTEMPTS {
            let answer = read(&self.index());
            match answer {
                Ok(value) => return Ok(value),
                Err(Wrong::Fault(fault)) => return Err(fault),
                Err(Wrong::View) => self.index_mut().cure()?,
            }
        }
        Err(Fault::Damage("the view of the records is wrong again after it was made anew from the log".into()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a read did not succeed.
enum Wrong {
    /// The view; there is a cure.
    View,
    /// The log; there is none.
    Fault(Fault),
}

impl From<Broken> for Wrong {
    fn from(_: Broken) -> Wrong {
        Wrong::View
    }
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Wrong {
        Wrong::Fault(fault)
    }
}

impl Index {
    /// Brings the view to the end of the log, from where it is if that is a place in this log, else from the start.
    fn catch_up(&mut self) -> Result<(), Fault> {
        let Position { size, root } = self.views.reached();
        if self.views.broken().is_some() || self.reader.root_at(size)? != Some(root) {
            return self.rebuild();
        }
        match self.replay(size) {
            Err(Wrong::View) => self.cure(),
            Err(Wrong::Fault(fault)) => Err(fault),
            Ok(()) => Ok(()),
        }
    }

    /// Makes the view again if it is broken; another thread may have done so already.
    fn cure(&mut self) -> Result<(), Fault> {
        match self.views.broken() {
            None => Ok(()),
            Some(broken) => {
                self.cured = Some(broken);
                self.rebuild()
            }
        }
    }

    /// Deletes the view and makes it from the log.
    fn rebuild(&mut self) -> Result<(), Fault> {
        self.views.reset()?;
        match self.replay(self.reader.first()) {
            Ok(()) => Ok(()),
            Err(Wrong::Fault(fault)) => Err(fault),
            Err(Wrong::View) => Err(Fault::Damage("a new view of the records broke while it was made".into())),
        }
    }

    /// Applies the log from an entry on to the view.
    fn replay(&mut self, from: u64) -> Result<(), Wrong> {
        let size = self.reader.size();
        let (reader, views) = (self.reader.clone(), &mut self.views);
        let mut batch = BTreeMap::new();
        reader.scan::<Wrong>(from, size, |sequence, leaf, _| {
            let changes = decode(leaf)?;
            batch.extend(changes.iter().enumerate().map(|(at, change)| view_of(change, sequence, at)));
            if batch.len() >= REBUILD_BATCH {
                views.apply(&batch, None)?;
                batch.clear();
            }
            Ok(())
        })?;
        let root = reader.root_at(size)?.ok_or(Wrong::View)?;
        Ok(views.apply(&batch, Some(Position { size, root }))?)
    }

    /// The value that the view has, or that it points at.
    fn value(&self, key: &[u8], stored: Stored) -> Result<Vec<u8>, Wrong> {
        let (sequence, index) = match stored {
            Stored::Inline(value) => return Ok(value),
            Stored::InLog { sequence, index, .. } => (sequence, index),
        };
        let changes = self.reader.read(sequence)?.map(|(leaf, _)| decode(&leaf)).transpose()?.unwrap_or_default();
        match changes.into_iter().nth(index as usize) {
            Some(Change::Put { table, key: found, value }) if view_key(table, &found) == key => Ok(value),
            _ => {
                self.views.disbelieve("an entry points at another place of the log");
                Err(Wrong::View)
            }
        }
    }
}

/// The frames of a base: everything in the view, in the order of its keys.
struct Living<'a> {
    index: &'a Index,
    /// The key of the view to go on from.
    next: Option<Vec<u8>>,
}

impl Living<'_> {
    fn frame(&mut self) -> Result<Option<Vec<u8>>, Wrong> {
        let mut changes = Vec::new();
        let mut bytes = 0;
        while let Some(from) = self.next.take().filter(|_| bytes < BASE_FRAME) {
            let Some((key, stored)) = self.index.views.scan(&from, None, 1, false)?.pop() else { break };
            let value = self.index.value(&key, stored)?;
            if !changes.is_empty() && bytes + value.len() > BASE_FRAME {
                self.next = Some(key);
                break;
            }
            bytes += key.len() + value.len();
            changes.push(Change::Put { table: Table(key[0]), key: key[1..].to_vec(), value });
            self.next = Some([key.as_slice(), &[0]].concat());
        }
        let frame = encode(&changes).map_err(|_| Wrong::View)?;
        Ok((!changes.is_empty()).then_some(frame))
    }
}

impl Iterator for Living<'_> {
    type Item = Result<Vec<u8>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.frame() {
            Ok(frame) => frame.map(Ok),
            Err(Wrong::Fault(fault)) => Some(Err(fault)),
            Err(Wrong::View) => Some(Err(Fault::Damage("the view broke during a compaction".into()))),
        }
    }
}

fn view_key(table: Table, key: &[u8]) -> Vec<u8> {
    [&[table.0], key].concat()
}

/// What the change `index` of the entry `sequence` does to the view.
fn view_of(change: &Change, sequence: u64, index: usize) -> (Vec<u8>, Option<Stored>) {
    match change {
        Change::Put { table, key, value } => (view_key(*table, key), Some(Stored::new(value, sequence, index as u32))),
        Change::Delete { table, key } => (view_key(*table, key), None),
    }
}

fn encode(changes: &[Change]) -> Result<Vec<u8>, AppendError> {
    let mut leaf = Vec::new();
    for change in changes {
        let (kind, table, key) = match change {
            Change::Put { table, key, .. } => (PUT, table, key),
            Change::Delete { table, key } => (DELETE, table, key),
        };
        if key.len() > MAX_KEY {
            return Err(AppendError::TooLarge { bytes: key.len() });
        }
        leaf.extend([kind, table.0]);
        leaf.extend((key.len() as u16).to_le_bytes());
        leaf.extend(key);
        if let Change::Put { value, .. } = change {
            let length = u32::try_from(value.len()).map_err(|_| AppendError::TooLarge { bytes: value.len() })?;
            leaf.extend(length.to_le_bytes());
            leaf.extend(value);
        }
    }
    Ok(leaf)
}

pub(crate) fn decode(mut leaf: &[u8]) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    while !leaf.is_empty() {
        let damage = || Fault::Damage("an entry of the records has an intact checksum and makes no sense".into());
        let (change, rest) = decode_change(leaf).ok_or_else(damage)?;
        changes.push(change);
        leaf = rest;
    }
    Ok(changes)
}

fn decode_change(bytes: &[u8]) -> Option<(Change, &[u8])> {
    let ([kind, table], rest) = bytes.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::from(u16::from_le_bytes(*length));
    let (key, rest) = rest.split_at_checked(length).filter(|_| length <= MAX_KEY)?;
    let (table, key) = (Table(*table), key.to_vec());
    match *kind {
        DELETE => Some((Change::Delete { table, key }, rest)),
        PUT => {
            let (length, rest) = rest.split_first_chunk()?;
            let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            Some((Change::Put { table, key, value: value.to_vec() }, rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::DiskStorage;
    use crate::storage::memory::{Failure, MemoryStorage};
    use std::fs;
    use std::path::PathBuf;

    type Model = BTreeMap<(u8, Vec<u8>), Vec<u8>>;

    const SETTINGS: LogSettings = LogSettings { kind: LogKind::Records, ledger_id: [9; 32], segment_bytes: 30_000 };

    fn open(disk: &MemoryStorage, views: &Path) -> Records {
        Records::open_with(Arc::new(disk.clone()), SETTINGS, views).unwrap()
    }

    /// Every answer of the store, forwards and backwards.
    fn contents(records: &Records) -> Model {
        let mut all = Model::new();
        for table in [0, 1, 2, 255] {
            let up = records.scan(Table(table), &KeyRange::all(), MAX_SCAN, Order::Ascending).unwrap();
            let mut down = records.scan(Table(table), &KeyRange::all(), MAX_SCAN, Order::Descending).unwrap();
            down.reverse();
            assert_eq!(up, down);
            for (key, value) in up {
                assert_eq!(records.get(Table(table), &key).unwrap().as_ref(), Some(&value));
                all.insert((table, key), value);
            }
        }
        all
    }

    fn put(table: u8, key: &[u8], value: Vec<u8>) -> Change {
        Change::Put { table: Table(table), key: key.to_vec(), value }
    }

    fn delete(table: u8, key: &[u8]) -> Change {
        Change::Delete { table: Table(table), key: key.to_vec() }
    }

    /// Writes that overwrite and delete, with a value too large for sled now and then.
    fn fill(records: &Records, model: &mut Model, rounds: std::ops::Range<usize>) {
        for n in rounds {
            let key = [b"key", (n * 7 % 40).to_string().as_bytes()].concat();
            let table = [0, 1, 255][n % 3];
            let value = vec![n as u8; if n % 10 == 0 { 6_000 } else { n % 90 }];
            let gone = [b"key", (n * 3 % 40).to_string().as_bytes()].concat();
            records.write(&[put(table, &key, value.clone()), delete(1, &gone), put(2, b"last", vec![n as u8])]).unwrap();
            model.insert((table, key), value);
            model.remove(&(1, gone));
            model.insert((2, b"last".to_vec()), vec![n as u8]);
        }
    }

    /// A filled store, closed: its files, its views, and what it must answer.
    fn filled() -> (MemoryStorage, tempfile::TempDir, Model) {
        let (disk, views, mut model) = (MemoryStorage::default(), tempfile::tempdir().unwrap(), Model::new());
        fill(&open(&disk, views.path()), &mut model, 0..200);
        (disk, views, model)
    }

    fn sled_files(views: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for entry in fs::read_dir(views).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files.extend(sled_files(&path)) } else { files.push(path) }
        }
        files
    }

    #[test]
    fn what_was_written_is_read_now_and_after_reopening() {
        let (disk, views, mut model) = filled();
        let records = open(&disk, views.path());
        assert_eq!((contents(&records), records.cured(), records.cut()), (model.clone(), None, None));
        fill(&records, &mut model, 200..230);
        assert_eq!(contents(&records), model);
    }

    #[test]
    fn a_key_that_no_write_takes_is_damage_when_it_stands_in_the_log() {
        for (length, good) in [(MAX_KEY, true), (MAX_KEY + 1, false)] {
            let (disk, views) = (MemoryStorage::default(), tempfile::tempdir().unwrap());
            let leaf = [&[DELETE, 1][..], &(length as u16).to_le_bytes(), &vec![7; length]].concat();
            let mut log = Log::open::<Fault>(Arc::new(disk.clone()), SETTINGS, None, |_, _, _| Ok(())).unwrap();
            log.append(0, 0, &[(&leaf, &[])]).unwrap();
            drop(log);
            let opened = Records::open_with(Arc::new(disk), SETTINGS, views.path());
            assert_eq!(opened.is_ok(), good, "{length}");
            assert_eq!(encode(&[delete(1, &vec![7; length])]).is_ok(), good, "{length}");
        }
    }

    #[test]
    fn it_works_on_a_real_disk() {
        let (directory, mut model) = (tempfile::tempdir().unwrap(), Model::new());
        for round in 0..3 {
            let storage = Arc::new(DiskStorage::open(&directory.path().join("records")).unwrap());
            let records = Records::open(storage, [1; 32], &directory.path().join("views")).unwrap();
            assert_eq!((contents(&records), records.cured()), (model.clone(), None));
            fill(&records, &mut model, round * 50..round * 50 + 50);
            records.compact_now().unwrap();
            assert_eq!(contents(&records), model);
        }
    }

    #[test]
    fn ranges_prefixes_limits_and_order_are_kept_within_the_table() {
        let (disk, views) = (MemoryStorage::default(), tempfile::tempdir().unwrap());
        let records = open(&disk, views.path());
        let keys: [&[u8]; 6] = [b"", b"a", b"ab", b"b", b"\xff", b"\xff\xff"];
        for table in [0, 254, 255] {
            records.write(&keys.map(|key| put(table, key, vec![table]))).unwrap();
        }
        for table in [0, 254, 255] {
            let scan = |range: KeyRange, limit, order| {
                let found = records.scan(Table(table), &range, limit, order).unwrap();
                found.into_iter().map(|(key, value)| (assert_eq!(value, [table]), key).1).collect::<Vec<_>>()
            };
            assert_eq!(scan(KeyRange::all(), 99, Order::Ascending), keys);
            assert_eq!(scan(KeyRange::all(), 2, Order::Descending), [b"\xff\xff".as_slice(), b"\xff"]);
            assert_eq!(scan(KeyRange::prefix(b"a"), 99, Order::Ascending), [b"a".as_slice(), b"ab"]);
            assert_eq!(scan(KeyRange::prefix(b"\xff"), 99, Order::Descending), [b"\xff\xff".as_slice(), b"\xff"]);
            assert_eq!(scan(KeyRange::between(b"a", b"b"), 99, Order::Ascending), [b"a".as_slice(), b"ab"]);
            assert_eq!(scan(KeyRange::from(b"b"), 1, Order::Ascending), [b"b".as_slice()]);
            assert!(scan(KeyRange::between(b"b", b"a"), 99, Order::Ascending).is_empty());
        }
    }

    #[test]
    fn too_large_a_write_changes_nothing() {
        let (disk, views) = (MemoryStorage::default(), tempfile::tempdir().unwrap());
        let records = open(&disk, views.path());
        assert!(matches!(records.write(&[put(0, &[0; MAX_KEY + 1], vec![])]), Err(AppendError::TooLarge { .. })));
        let large = put(0, b"k", vec![0; crate::log::MAX_FRAME]);
        assert!(matches!(records.keep(std::slice::from_ref(&large)), Err(Fault::Setup(_))));
        assert!(matches!(records.write(&[large]), Err(AppendError::TooLarge { .. })));
        records.write(&[]).unwrap();
        records.write(&[put(0, &[0; MAX_KEY], vec![7; crate::log::MAX_FRAME - 600])]).unwrap();
        assert_eq!(contents(&records).len(), 1);
        records.compact_now().unwrap();
        assert_eq!(contents(&records).len(), 1);
    }

    #[test]
    fn deleting_the_views_loses_nothing() {
        let (disk, views, model) = filled();
        fs::remove_dir_all(views.path()).unwrap();
        assert_eq!(contents(&open(&disk, views.path())), model);
    }

    #[test]
    fn views_of_an_older_newer_or_other_log_are_made_again_or_caught_up() {
        let (disk, views, mut model) = filled();
        let older = disk.files();
        let records = open(&disk, views.path());
        let old_model = model.clone();
        fill(&records, &mut model, 200..260);
        drop(records);
        let newer = disk.files();
        // The view is ahead of the log, as after a backup of the log alone was restored.
        assert_eq!(contents(&open(&MemoryStorage::with(older.clone()), views.path())), old_model);
        // The view is behind, as after a crash.
        assert_eq!(contents(&open(&MemoryStorage::with(newer), views.path())), model);
        // The log is as long, and another one.
        let (other, other_views, mut other_model) = (MemoryStorage::default(), tempfile::tempdir().unwrap(), Model::new());
        fill(&open(&other, other_views.path()), &mut other_model, 30..290);
        assert_eq!(contents(&open(&other, views.path())), other_model);
        assert_eq!(contents(&open(&MemoryStorage::with(older), views.path())), old_model);
    }

    #[test]
    fn a_flipped_byte_in_any_file_of_sled_changes_no_answer() {
        let (disk, views, model) = filled();
        let mut cures = 0;
        for round in 0..120usize {
            drop(open(&disk, views.path()));
            let files = sled_files(views.path());
            let path = &files[round % files.len()];
            let mut bytes = fs::read(path).unwrap();
            let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            if written > 0 {
                bytes[round * 7_919 % written] ^= 1 << (round % 8);
                fs::write(path, bytes).unwrap();
            }
            let records = open(&disk, views.path());
            assert_eq!(contents(&records), model, "round {round}");
            cures += usize::from(records.cured().is_some());
        }
        assert!(cures > 30, "{cures} cures");
    }

    #[test]
    fn a_cut_or_unfinished_file_of_sled_changes_no_answer() {
        let (disk, views, model) = filled();
        for part in 0..8u64 {
            drop(open(&disk, views.path()));
            for path in sled_files(views.path()) {
                let length = fs::metadata(&path).unwrap().len();
                fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length * part / 8).unwrap();
            }
            assert_eq!(contents(&open(&disk, views.path())), model, "cut to {part} of 8");
        }
        drop(open(&disk, views.path()));
        let inner = sled_files(views.path())[0].parent().unwrap().to_owned();
        fs::write(inner.join("snap.0000000000000123.generating"), b"half").unwrap();
        assert_eq!(contents(&open(&disk, views.path())), model);
    }

    #[test]
    fn a_view_that_breaks_while_it_is_used_is_made_again_under_the_caller() {
        let (disk, views, mut model) = filled();
        let records = open(&disk, views.path());
        records.index().views.disbelieve("a test");
        assert_eq!(contents(&records), model);
        assert_eq!(records.cured().as_deref(), Some("a test"));
        records.index().views.disbelieve("another");
        fill(&records, &mut model, 200..210);
        assert_eq!(contents(&records), model);
    }

    #[test]
    fn after_a_failed_write_nothing_is_written_and_what_was_acknowledged_is_kept() {
        for failure in [Failure::Before, Failure::Torn, Failure::After] {
            for step in 0..12 {
                let (disk, views, model) = filled();
                let records = open(&disk, views.path());
                disk.fail_after(step, failure);
                let written = (0..50u8).take_while(|n| records.write(&[put(7, &[*n], vec![*n])]).is_ok()).count();
                assert!(written < 12);
                assert!(records.write(&[put(7, b"x", vec![])]).is_err());
                assert_eq!(contents(&records), model);
                drop(records);
                for files in [disk.files(), disk.synced_files()] {
                    let records = open(&MemoryStorage::with(files), views.path());
                    assert_eq!(contents(&records), model);
                    let kept = records.scan(Table(7), &KeyRange::all(), 99, Order::Ascending).unwrap();
                    assert!((written..=written + 1).contains(&kept.len()), "{failure:?} at {step}");
                }
            }
        }
    }

    #[test]
    fn a_compaction_that_stops_at_any_step_keeps_all_that_is_alive() {
        for failure in [Failure::Before, Failure::Torn, Failure::After] {
            for step in 0.. {
                let (disk, views, mut model) = filled();
                let before = disk.files().values().map(|bytes| bytes.len() as u64).sum::<u64>();
                let records = open(&disk, views.path());
                disk.fail_after(step, failure);
                let compacted = records.compact_now();
                assert_eq!(contents(&records), model);
                drop(records);
                for files in [disk.files(), disk.synced_files()] {
                    let fresh = tempfile::tempdir().unwrap();
                    assert_eq!(contents(&open(&MemoryStorage::with(files.clone()), fresh.path())), model);
                    assert_eq!(contents(&open(&MemoryStorage::with(files), views.path())), model);
                }
                if compacted.is_ok() {
                    let records = open(&MemoryStorage::with(disk.files()), views.path());
                    assert!(records.index().reader.bytes() < before / 2);
                    fill(&records, &mut model, 200..230);
                    assert_eq!(contents(&records), model);
                    break;
                }
            }
        }
    }

    #[test]
    fn a_log_is_compacted_when_it_is_opened_and_most_of_it_is_dead() {
        let (disk, views) = (MemoryStorage::default(), tempfile::tempdir().unwrap());
        let settings = LogSettings { segment_bytes: SEGMENT_BYTES, ..SETTINGS };
        let open = || Records::open_with(Arc::new(disk.clone()), settings, views.path()).unwrap();
        let records = open();
        assert!(!records.compact().unwrap());
        for n in 0..20 {
            records.write(&[put(0, b"k", vec![n; 500_000])]).unwrap();
        }
        drop(records);
        let records = open();
        assert!(records.index().reader.bytes() < 600_000);
        assert_eq!(records.get(Table(0), b"k").unwrap(), Some(vec![19; 500_000]));
    }

    #[test]
    fn many_threads_write_and_read_what_they_wrote() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Arc::new(DiskStorage::open(&directory.path().join("records")).unwrap());
        let records = Records::open(storage, [1; 32], &directory.path().join("views")).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                let records = &records;
                scope.spawn(move || {
                    for n in 0..25u8 {
                        records.write(&[put(thread, &[n], vec![n; 100])]).unwrap();
                        assert_eq!(records.get(Table(thread), &[n]).unwrap(), Some(vec![n; 100]));
                    }
                });
            }
        });
        assert_eq!(records.lock().size(), 100);
    }

    #[test]
    fn the_bytes_of_an_entry_are_those_of_the_first_screen() {
        let leaf = encode(&[put(3, b"k", b"va".to_vec()), delete(4, b"")]).unwrap();
        assert_eq!(leaf, b"\x01\x03\x01\0k\x02\0\0\0va\x02\x04\0\0");
        assert_eq!(decode(&leaf).unwrap(), [put(3, b"k", b"va".to_vec()), delete(4, b"")]);
        for length in 1..leaf.len() {
            assert!(length == 11 || decode(&leaf[..length]).is_err());
        }
    }
}
