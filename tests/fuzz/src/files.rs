//! Files in memory, and the bytes of segments and records as `FORMATS.md` and `log.rs` describe them, read here a second time.

use ledger::fault::Fault;
use ledger::key::LedgerId;
use ledger::log::{LogKind, MAX_FRAME};
use ledger::storage::{AppendFile, Storage};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Reads an input as a list of choices; at its end every choice is zero.
pub struct Take<'a>(pub &'a [u8]);

impl<'a> Take<'a> {
    pub fn byte(&mut self) -> u8 {
        let [byte, rest @ ..] = self.0 else { return 0 };
        self.0 = rest;
        *byte
    }

    pub fn short(&mut self) -> usize {
        usize::from(self.byte()) | usize::from(self.byte()) << 8
    }

    pub fn long(&mut self) -> u64 {
        (0..8).fold(0, |number, place| number | u64::from(self.byte()) << (8 * place))
    }

    /// As many bytes as there are, up to a number.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Entries of a log: sequence, leaf, sidecar.
pub type Visited = Vec<(u64, Vec<u8>, Vec<u8>)>;

/// Values by table and key.
pub type Contents = BTreeMap<(u8, Vec<u8>), Vec<u8>>;

type Content = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A directory in memory, in which everything is durable at once.
pub struct Files(Content);

impl Files {
    pub fn with(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Arc<Files> {
        Arc::new(Files(Arc::new(Mutex::new(files.into_iter().collect()))))
    }

    pub fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }

    pub fn last(&self) -> Option<(String, Vec<u8>)> {
        self.0.lock().unwrap().last_key_value().map(|(name, bytes)| (name.clone(), bytes.clone()))
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Result<(), Fault> {
        self.0.lock().unwrap().get_mut(name).map(change).ok_or_else(|| missing(name))
    }

    /// Does damage as the input says; true when nothing before this byte of the last file was touched and nothing was added.
    pub fn damage(&self, take: &mut Take, last_append: usize) -> bool {
        let mut only_last = true;
        for _ in 0..take.byte() % 4 {
            let (what, names) = (take.byte(), self.names());
            let Some(name) = names.get(usize::from(take.byte()) % names.len().max(1)) else { return only_last };
            let length = self.0.lock().unwrap()[name].len();
            let at = take.short() % (length + 1);
            only_last &= what % 5 < 2 && Some(name) == names.last() && at >= last_append;
            match what % 5 {
                0 => self.change(name, |bytes| bytes.truncate(at)).unwrap(),
                1 => {
                    let mask = take.byte();
                    self.change(name, |bytes| bytes.get_mut(at).map_or((), |byte| *byte ^= mask)).unwrap();
                }
                2 => drop(self.remove(name)),
                3 => self.change(name, |bytes| bytes.extend(take.bytes(at))).unwrap(),
                _ => {
                    // A piece of one file over a place of another, or of the same.
                    let piece = self.0.lock().unwrap()[&names[usize::from(take.byte()) % names.len()]].clone();
                    let from = take.short() % (piece.len() + 1);
                    self.change(name, |bytes| drop(bytes.splice(at.., piece[from..].iter().copied()))).unwrap();
                }
            }
        }
        only_last
    }
}

fn missing(name: &str) -> Fault {
    Fault::Io { what: format!("find {name}"), message: "there is no such file".into() }
}

impl Storage for Files {
    fn list(&self) -> Result<Vec<String>, Fault> {
        Ok(self.names())
    }
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }
    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, Fault> {
        let bytes = self.read(name)?.ok_or_else(|| missing(name))?;
        Ok(bytes.get(offset as usize..).unwrap_or_default().iter().take(length).copied().collect())
    }
    fn create(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        self.0.lock().unwrap().insert(name.to_owned(), Vec::new());
        self.append(name)
    }
    fn append(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        self.change(name, |_| ())?;
        Ok(Box::new(Tail(self.0.clone(), name.to_owned())))
    }
    fn truncate(&self, name: &str, length: u64) -> Result<(), Fault> {
        self.change(name, |bytes| bytes.truncate(length as usize))
    }
    fn overwrite(&self, name: &str, offset: u64, new: &[u8]) -> Result<(), Fault> {
        self.change(name, |bytes| {
            let start = bytes.len().min(offset as usize);
            let end = bytes.len().min(start + new.len());
            drop(bytes.splice(start..end, new.iter().copied()));
        })
    }
    fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        let mut files = self.0.lock().unwrap();
        let bytes = files.remove(from).ok_or_else(|| missing(from))?;
        files.insert(to.to_owned(), bytes);
        Ok(())
    }
    fn remove(&self, name: &str) -> Result<(), Fault> {
        self.0.lock().unwrap().remove(name).map(drop).ok_or_else(|| missing(name))
    }
    fn sync_dir(&self) -> Result<(), Fault> {
        Ok(())
    }
}

struct Tail(Content, String);

impl AppendFile for Tail {
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.0.lock().unwrap().get_mut(&self.1).map(|file| file.extend(bytes)).ok_or_else(|| missing(&self.1))
    }
    fn sync_data(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

/// Where the frontier stands in a segment: after magic, version, kind, ledger, epoch and base.
const FRONTIER: usize = 8 + 1 + 1 + 32 + 8 + 1;
const STARTS_APPEND: u32 = 1 << 31;
/// No log can have so many entries: such a header is damaged.
const MAX_FIRST: u64 = 1 << 63;

/// The sequence of the first entry, as the header has it.
pub fn first_of(segment: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*segment.get(FRONTIER..)?.first_chunk()?))
}

/// The length of a segment's header, whether it is all there or not.
pub fn header_bytes(segment: &[u8]) -> usize {
    FRONTIER + 8 + 32 * first_of(segment).unwrap_or(0).count_ones() as usize + 4
}

/// Makes the header's fixed parts and every check right, as far as the lengths lead.
pub fn make_checks_right(segment: &mut [u8], kind: LogKind, ledger: &LedgerId) {
    let (header, first) = (header_bytes(segment), first_of(segment).unwrap_or(0));
    if segment.len() < header {
        return;
    }
    segment[..10].copy_from_slice(&[b"LIARDLOG".as_slice(), &[1, kind as u8]].concat());
    segment[10..42].copy_from_slice(&ledger.0);
    let check = crc32c::crc32c(&segment[..header - 4]).to_le_bytes();
    segment[header - 4..header].copy_from_slice(&check);
    let (mut at, mut sequence) = (header, first);
    while let Some(length) = segment.get(at..).and_then(|rest| rest.first_chunk::<4>()).copied() {
        let end = at + 8 + (u32::from_le_bytes(length) & !STARTS_APPEND) as usize;
        let Some(content) = segment.get(at + 8..end) else { return };
        let check = crc32c::crc32c_append(crc32c::crc32c(&length), content) ^ sequence as u32;
        segment[at + 4..at + 8].copy_from_slice(&check.to_le_bytes());
        (at, sequence) = (end, sequence.wrapping_add(1));
    }
}

/// The entries of a segment up to the first without a right check: sequence, leaf, sidecar. `None` when the header is wrong.
pub fn read_segment(segment: &[u8], ledger: &LedgerId) -> Option<Visited> {
    let header = header_bytes(segment);
    let (head, mut rest) = segment.split_at_checked(header)?;
    let (head, check) = head.split_at(header - 4);
    let sound = head.starts_with(b"LIARDLOG\x01") && head[10..42] == ledger.0 && check == crc32c::crc32c(head).to_le_bytes();
    let mut sequence = first_of(segment).filter(|first| sound && *first <= MAX_FIRST)?;
    let mut entries = Vec::new();
    while let Some((leaf, sidecar, length)) = read_frame(rest, sequence as u32) {
        entries.push((sequence, leaf, sidecar));
        (rest, sequence) = (&rest[length..], sequence.wrapping_add(1));
    }
    Some(entries)
}

fn read_frame(bytes: &[u8], place: u32) -> Option<(Vec<u8>, Vec<u8>, usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (check, rest) = rest.split_first_chunk::<4>()?;
    let size = (u32::from_le_bytes(*length) & !STARTS_APPEND) as usize;
    let content = rest.get(..size).filter(|_| size <= MAX_FRAME)?;
    if crc32c::crc32c_append(crc32c::crc32c(length), content) ^ place != u32::from_le_bytes(*check) {
        return None;
    }
    let varint = content.iter().take(3).position(|byte| byte & 0x80 == 0)?;
    let sidecar = content[..=varint].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    let (sidecar, leaf) = content[varint + 1..].split_at_checked(sidecar)?;
    Some((leaf.to_vec(), sidecar.to_vec(), 8 + size))
}

/// The entries and links of an input for a journal.
pub fn frames(data: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut take = Take(data);
    let mut frames = Vec::new();
    while !take.0.is_empty() {
        let length = take.short();
        let leaf = take.bytes(length);
        let length = take.byte();
        frames.push((leaf, take.bytes(usize::from(length))));
    }
    frames
}

/// What is left of an entry of the records, by table and key; `None` when it makes no sense.
pub fn read_records(mut leaf: &[u8]) -> Option<Contents> {
    let mut left = BTreeMap::new();
    while let [kind, table, low, high, rest @ ..] = leaf {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (key, rest) = rest.split_at_checked(length).filter(|_| length <= ledger::records::MAX_KEY)?;
        let place = (*table, key.to_vec());
        leaf = match kind {
            1 => {
                let (length, rest) = rest.split_first_chunk()?;
                let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
                left.insert(place, value.to_vec());
                rest
            }
            2 => {
                left.remove(&place);
                rest
            }
            _ => return None,
        };
    }
    leaf.is_empty().then_some(left)
}
