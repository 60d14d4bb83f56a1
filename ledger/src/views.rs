//! The index over the records, in sled: the only file that names it.
//!
//! sled 0.34 does not keep what it promises: `flush` never calls `fsync`, a cut tail or a flipped byte is often not
//! noticed, and opening can panic. So it holds nothing but a view, which can be deleted at any time:
//!
//! - each value carries a checksum over itself and its key;
//! - one value says how far in the log the view has come (size and Merkle root), and how many entries there are, with
//!   the sum of their checksums; all entries are counted again when it is opened, so that a lost one is noticed;
//! - every call runs under `catch_unwind`;
//! - values are small ([`MAX_VALUE`]): sled puts larger ones in files of their own. A larger value stays in the log, and
//!   the view says where.
//!
//! Whatever is wrong is [`Broken`], and there is one cure: [`Views::reset`], then the log again from its start.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use crate::fault::Fault;
use crate::merkle::{Frontier, Hash};

/// The most bytes of one value in sled, its checksum included (measured: beyond a few kB it writes unsynced files).
pub const MAX_VALUE: usize = 4_000;

/// The memory that sled is told to use, in bytes. It takes more; all views together are small.
const CACHE_BYTES: u64 = 32 << 20;

/// Bytes before the content of a value: its checksum, and where the content is.
const VALUE_HEADER: usize = 4 + 1;

const INLINE: u8 = 0;
const IN_LOG: u8 = 1;

/// The key under which the view says how far it has come.
const TOTALS: &[u8] = &[0];

/// The first byte of every other key.
const ENTRY: u8 = 1;

/// The view cannot be believed any more; the words say why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

impl From<sled::Error> for Broken {
    fn from(error: sled::Error) -> Broken {
        Broken(error.to_string())
    }
}

/// How much of the log a view covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The number of entries.
    pub size: u64,
    /// The Merkle root over them: the same size of another history is not the same position.
    pub root: Hash,
}

/// A value, or where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The value itself.
    Inline(Vec<u8>),
    /// A value too large for sled.
    InLog {
        /// The entry of the log.
        sequence: u64,
        /// Which of its changes, from 0.
        index: u32,
        /// The value's length in bytes.
        length: u32,
    },
}

impl Stored {
    /// A value that is change `index` of the entry `sequence`.
    pub fn new(value: &[u8], sequence: u64, index: u32) -> Stored {
        match value.len() {
            length if length + VALUE_HEADER <= MAX_VALUE => Stored::Inline(value.to_vec()),
            length => Stored::InLog { sequence, index, length: length as u32 },
        }
    }

    fn length(&self) -> u64 {
        match self {
            Stored::Inline(value) => value.len() as u64,
            Stored::InLog { length, .. } => u64::from(*length),
        }
    }

    fn encode(&self, key: &[u8]) -> Vec<u8> {
        let content = match self {
            Stored::Inline(value) => [&[INLINE], value.as_slice()].concat(),
            Stored::InLog { sequence, index, length } => {
                let (index, length) = (index.to_le_bytes(), length.to_le_bytes());
                [&[IN_LOG], sequence.to_le_bytes().as_slice(), &index, &length].concat()
            }
        };
        [checksum(key, &content).to_le_bytes().as_slice(), &content].concat()
    }

    /// The value under `key`, and its checksum.
    fn decode(key: &[u8], bytes: &[u8]) -> Result<(Stored, u32), Broken> {
        Stored::decode_intact(key, bytes).ok_or_else(|| Broken("a value does not match its checksum".into()))
    }

    fn decode_intact(key: &[u8], bytes: &[u8]) -> Option<(Stored, u32)> {
        let (stored, content) = bytes.split_first_chunk()?;
        let stored = u32::from_le_bytes(*stored);
        let (tag, value) = content.split_first().filter(|_| stored == checksum(key, content))?;
        if *tag == INLINE {
            return Some((Stored::Inline(value.to_vec()), stored));
        }
        let (sequence, rest) = value.split_first_chunk()?;
        let (index, length) = rest.split_first_chunk()?;
        let (index, length) = (u32::from_le_bytes(*index), u32::from_le_bytes(length.try_into().ok()?));
        Some((Stored::InLog { sequence: u64::from_le_bytes(*sequence), index, length }, stored))
    }
}

fn checksum(key: &[u8], content: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(key), content)
}

/// What the view says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Totals {
    reached: Position,
    entries: u64,
    /// The sum of the entries' checksums, wrapping.
    sum: u64,
    live_bytes: u64,
}

impl Totals {
    fn empty() -> Totals {
        let reached = Position { size: 0, root: Frontier::new().root() };
        Totals { reached, entries: 0, sum: 0, live_bytes: 0 }
    }

    fn add(&mut self, key: &[u8], stored: &Stored, checksum: u32) {
        self.entries += 1;
        self.sum = self.sum.wrapping_add(u64::from(checksum));
        self.live_bytes += key.len() as u64 + stored.length();
    }

    fn subtract(&mut self, key: &[u8], stored: &Stored, checksum: u32) {
        self.entries = self.entries.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(u64::from(checksum));
        self.live_bytes = self.live_bytes.wrapping_sub(key.len() as u64 + stored.length());
    }

    fn encode(&self) -> Vec<u8> {
        let numbers = [self.reached.size, self.entries, self.sum, self.live_bytes].map(u64::to_le_bytes);
        let content = [numbers.as_flattened(), &self.reached.root].concat();
        [checksum(TOTALS, &content).to_le_bytes().as_slice(), &content].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Totals> {
        let (stored, content) = bytes.split_first_chunk()?;
        let (numbers, root) = content.split_at_checked(32)?;
        let intact = u32::from_le_bytes(*stored) == checksum(TOTALS, content);
        let numbers = numbers.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let [size, entries, sum, live_bytes] = numbers.collect::<Vec<_>>().try_into().ok().filter(|_| intact)?;
        let reached = Position { size, root: root.try_into().ok()? };
        Some(Totals { reached, entries, sum, live_bytes })
    }
}

/// The view. Reads share it; changes have it alone.
pub struct Views {
    directory: PathBuf,
    /// sled's own directory is a new one after each reset: what is left of a broken one cannot reach it.
    generation: u64,
    /// `None` between a reset that failed and the next one.
    db: Option<sled::Db>,
    totals: Totals,
    broken: Mutex<Option<Broken>>,
}

impl Views {
    /// Opens the view in a directory, or starts an empty one if there is none that can be believed.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] if the directory cannot be written.
    pub fn open(directory: &Path) -> Result<Views, Fault> {
        fs::create_dir_all(directory).map_err(|e| Fault::io(format!("create {}", directory.display()), &e))?;
        let generation = newest(directory).map_err(|e| Fault::io(format!("list {}", directory.display()), &e))?;
        let (directory, broken) = (directory.to_owned(), Mutex::default());
        let mut views = Views { directory, generation: 0, db: None, totals: Totals::empty(), broken };
        let Some(generation) = generation else {
            views.reset()?;
            return Ok(views);
        };
        views.generation = generation;
        match open_db(&views.path()).and_then(|db| Ok((count(&db)?, db))) {
            Ok((totals, db)) => (views.totals, views.db) = (totals, Some(db)),
            Err(broken) => {
                views.reset()?;
                *views.broken_mut() = Some(broken);
            }
        }
        Ok(views)
    }

    /// Deletes the view and starts an empty one.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`]; the view then stays broken.
    pub fn reset(&mut self) -> Result<(), Fault> {
        *self.broken_mut() = Some(Broken("a reset did not finish".into()));
        let old = self.db.take();
        // sled writes when it is dropped, and may panic over what it then finds. What it leaves is deleted next.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(old)));
        let fault = |e: io::Error| Fault::io(format!("delete the views in {}", self.directory.display()), &e);
        remove_all(&self.directory).map_err(fault)?;
        self.generation += 1;
        let path = self.path();
        let db = open_db(&path).map_err(|Broken(message)| Fault::Io { what: format!("create {}", path.display()), message })?;
        (self.db, self.totals) = (Some(db), Totals::empty());
        *self.broken_mut() = None;
        Ok(())
    }

    /// How much of the log the view covers.
    pub fn reached(&self) -> Position {
        self.totals.reached
    }

    /// The bytes of all keys and values, those in the log included.
    pub fn live_bytes(&self) -> u64 {
        self.totals.live_bytes
    }

    /// Why the view cannot be believed, if so.
    pub fn broken(&self) -> Option<Broken> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Declares the view broken, because what it says cannot be.
    pub fn disbelieve(&self, why: &str) -> Broken {
        let broken = Broken(why.to_owned());
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(broken.clone());
        broken
    }

    /// Puts and deletes (`None`) entries. Without `reached`, more changes are to come before the view covers a position:
    /// a crash meanwhile makes it broken.
    ///
    /// # Errors
    ///
    /// [`Broken`].
    pub fn apply(&mut self, changes: &BTreeMap<Vec<u8>, Option<Stored>>, reached: Option<Position>) -> Result<(), Broken> {
        let mut totals = self.totals;
        totals.reached = reached.unwrap_or(totals.reached);
        self.guard(|db| {
            let mut batch = sled::Batch::default();
            for (key, change) in changes {
                let key = entry_key(key);
                if let Some(old) = db.get(&key)? {
                    let (stored, checksum) = Stored::decode(&key, &old)?;
                    totals.subtract(&key, &stored, checksum);
                }
                let Some(stored) = change else {
                    batch.remove(key);
                    continue;
                };
                let value = stored.encode(&key);
                let (_, checksum) = Stored::decode(&key, &value)?;
                totals.add(&key, stored, checksum);
                batch.insert(key, value);
            }
            if reached.is_some() {
                batch.insert(TOTALS, totals.encode());
            }
            Ok(db.apply_batch(batch)?)
        })?;
        self.totals = totals;
        Ok(())
    }

    /// The value under a key.
    ///
    /// # Errors
    ///
    /// [`Broken`].
    pub fn read(&self, key: &[u8]) -> Result<Option<Stored>, Broken> {
        let key = entry_key(key);
        self.guard(|db| match db.get(&key)? {
            Some(value) => Ok(Some(Stored::decode(&key, &value)?.0)),
            None => Ok(None),
        })
    }

    /// At most `limit` entries with keys from `start` up to but not `end`, from the lowest or from the highest.
    ///
    /// # Errors
    ///
    /// [`Broken`].
    pub fn scan(&self, start: &[u8], end: Option<&[u8]>, limit: usize, reverse: bool) -> Result<Vec<(Vec<u8>, Stored)>, Broken> {
        let start = entry_key(start);
        let end = end.map_or(vec![ENTRY + 1], entry_key);
        if start >= end {
            return Ok(Vec::new());
        }
        self.guard(|db| {
            let range = db.range(start..end);
            let decode = |entry: sled::Result<(sled::IVec, sled::IVec)>| {
                let (key, value) = entry?;
                Ok((key[1..].to_vec(), Stored::decode(&key, &value)?.0))
            };
            match reverse {
                false => range.take(limit).map(decode).collect(),
                true => range.rev().take(limit).map(decode).collect(),
            }
        })
    }

    /// Runs `work` on sled; a panic or an error in it breaks the view.
    fn guard<T>(&self, work: impl FnOnce(&sled::Db) -> Result<T, Broken>) -> Result<T, Broken> {
        if let Some(broken) = self.broken() {
            return Err(broken);
        }
        let done = match &self.db {
            Some(db) => caught(|| work(db)),
            None => Err(Broken("there is no view".into())),
        };
        done.inspect_err(|Broken(why)| drop(self.disbelieve(why)))
    }

    fn path(&self) -> PathBuf {
        self.directory.join(self.generation.to_string())
    }

    fn broken_mut(&mut self) -> &mut Option<Broken> {
        self.broken.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry_key(key: &[u8]) -> Vec<u8> {
    [&[ENTRY], key].concat()
}

/// Runs `work`, and takes a panic for an error. sled is believed no more afterwards, so that whatever it left
/// half-changed is never read.
fn caught<T>(work: impl FnOnce() -> Result<T, Broken>) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Broken("sled panicked".into())))
}

/// Opens sled without its flusher thread: a panic there could not be caught.
fn open_db(path: &Path) -> Result<sled::Db, Broken> {
    let config = sled::Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    caught(|| Ok(config.open()?))
}

/// Reads every entry, and compares with what the view says about itself.
fn count(db: &sled::Db) -> Result<Totals, Broken> {
    caught(|| {
        let said = match db.get(TOTALS)? {
            Some(bytes) => Totals::decode(&bytes).ok_or_else(|| Broken("the totals are damaged".into()))?,
            None => Totals::empty(),
        };
        let mut found = Totals { reached: said.reached, ..Totals::empty() };
        for entry in db.range([ENTRY]..) {
            let (key, value) = entry?;
            let (stored, checksum) = Stored::decode(&key, &value)?;
            found.add(&key, &stored, checksum);
        }
        if found == said { Ok(said) } else { Err(Broken("entries are missing or too many".into())) }
    })
}

/// The highest generation in a directory.
fn newest(directory: &Path) -> io::Result<Option<u64>> {
    let mut newest = None;
    for entry in fs::read_dir(directory)? {
        newest = newest.max(entry?.file_name().to_str().and_then(|name| name.parse().ok()));
    }
    Ok(newest)
}

/// Empties a directory.
fn remove_all(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(from: u32, to: u32) -> BTreeMap<Vec<u8>, Option<Stored>> {
        (from..to).map(|n| (n.to_be_bytes().to_vec(), Some(Stored::Inline(vec![n as u8; 50])))).collect()
    }

    fn position(size: u64) -> Option<Position> {
        Some(Position { size, root: [size as u8; 32] })
    }

    #[test]
    fn what_was_applied_is_read_and_survives_reopening() {
        let directory = tempfile::tempdir().unwrap();
        let mut views = Views::open(directory.path()).unwrap();
        views.apply(&changes(0, 100), position(1)).unwrap();
        views.apply(&BTreeMap::from([(7u32.to_be_bytes().to_vec(), None)]), position(2)).unwrap();
        for _ in 0..2 {
            assert_eq!(Some(views.reached()), position(2));
            assert_eq!(views.live_bytes(), 99 * 55);
            assert_eq!(views.read(&7u32.to_be_bytes()), Ok(None));
            assert_eq!(views.read(&8u32.to_be_bytes()), Ok(Some(Stored::Inline(vec![8; 50]))));
            let last = views.scan(&[], None, 2, true).unwrap();
            assert_eq!(last.iter().map(|(key, _)| key[3]).collect::<Vec<_>>(), [99, 98]);
            drop(views);
            views = Views::open(directory.path()).unwrap();
            assert_eq!(views.broken(), None);
        }
    }

    #[test]
    fn a_value_keeps_its_place_and_large_ones_stay_in_the_log() {
        let small = Stored::new(&[1; MAX_VALUE - VALUE_HEADER], 5, 6);
        let large = Stored::new(&[1; MAX_VALUE - VALUE_HEADER + 1], 5, 6);
        assert_eq!(small.encode(b"k").len(), MAX_VALUE);
        assert_eq!(large, Stored::InLog { sequence: 5, index: 6, length: 3_996 });
        for stored in [small, large] {
            let mut bytes = stored.encode(b"k");
            assert_eq!(Stored::decode(b"k", &bytes).map(|(stored, _)| stored), Ok(stored));
            assert!(Stored::decode(b"l", &bytes).is_err());
            bytes[9] ^= 1;
            assert!(Stored::decode(b"k", &bytes).is_err());
        }
    }

    #[test]
    fn a_missing_changed_or_unfinished_entry_empties_the_view_when_it_is_opened() {
        let breaks: [fn(&mut Views); 4] = [
            |views| drop(views.db.as_ref().unwrap().remove(entry_key(&5u32.to_be_bytes())).unwrap()),
            |views| drop(views.db.as_ref().unwrap().insert(entry_key(&5u32.to_be_bytes()), b"wrong").unwrap()),
            |views| drop(views.db.as_ref().unwrap().remove(TOTALS).unwrap()),
            |views| views.apply(&changes(10, 11), None).unwrap(),
        ];
        for change in breaks {
            let directory = tempfile::tempdir().unwrap();
            let mut views = Views::open(directory.path()).unwrap();
            views.apply(&changes(0, 10), position(1)).unwrap();
            change(&mut views);
            drop(views);
            let views = Views::open(directory.path()).unwrap();
            assert_eq!(views.totals, Totals::empty());
            assert!(views.broken().is_some());
        }
    }

    #[test]
    fn a_broken_view_answers_nothing_until_it_is_reset() {
        let directory = tempfile::tempdir().unwrap();
        let mut views = Views::open(directory.path()).unwrap();
        views.apply(&changes(0, 10), position(1)).unwrap();
        views.disbelieve("a test");
        assert_eq!(views.read(b"x"), Err(Broken("a test".into())));
        assert!(views.scan(&[], None, 1, false).is_err() && views.apply(&changes(0, 1), None).is_err());
        views.reset().unwrap();
        assert_eq!(views.scan(&[], None, 9, false), Ok(Vec::new()));
        assert_eq!(views.reached(), Totals::empty().reached);
    }
}
