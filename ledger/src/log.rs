//! Our own append-only log: the one mechanism under the journal and the records.
//!
//! # Bytes
//!
//! A log is a directory of segment files, each named by the sequence of its first frame: `%020d.seg`.
//!
//! ```text
//! segment  = header frame*
//! header   = "LIARDLOG" version:u8 kind:u8 ledger_id:32 epoch:u64 base:u8 frontier crc:u32
//! frontier = size:u64 peak:32*                 the Merkle state before the first frame; size is its sequence
//! frame    = length:u32 check:u32 content      length: bytes of content; top bit: first frame of an append
//! content  = sidecar_length:varint sidecar leaf
//! check    = CRC-32C(length content) xor the low 32 bits of the frame's sequence
//! ```
//!
//! Integers are little-endian. The overhead is 9 bytes per frame (10 with a sidecar of 128 bytes or more). The leaf is
//! hashed into the tree; the sidecar, links that can be recomputed, is not. Because the check covers the sequence, a
//! frame that was copied or moved is as bad as a flipped bit.
//!
//! # Durability
//!
//! [`Log::append`] is one write and one `fdatasync`, and the caller answers for the entries only after it returned. So a
//! crash can tear one append, the last one, and nothing else: that is the only thing that opening repairs.
//!
//! A bad frame is a torn tail if it is in the last segment, at or beyond the signed head, and no frame after it starts
//! another append (an append starts only after the one before was durable, while the frames of one append may reach the
//! disk in any order). A torn tail is cut off and reported. Everything else is damage: opening refuses, and names the
//! segment, the entry and the byte.
//!
//! # Bases
//!
//! A log of records is compacted into a *base*: a segment that says everything before it again, as far as it still
//! matters. Opening starts at the last base and removes what is before. A journal never has one.

use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::{fmt, mem};

use crate::fault::Fault;
use crate::merkle::{Frontier, Hash, Tree, leaf_hash};
use crate::storage::{AppendFile, Storage, TEMPORARY};

const MAGIC: &[u8; 8] = b"LIARDLOG";

/// The only version of the format so far.
const VERSION: u8 = 1;

/// Bytes of a header around its frontier.
const HEADER_BYTES: usize = 8 + 1 + 1 + 32 + 8 + 1 + 4;

/// The longest header: its frontier has at most one hash per bit of the size.
const MAX_HEADER: usize = HEADER_BYTES + 8 + 64 * 32;

/// Bytes of a frame before its content.
const FRAME_HEADER: usize = 8;

/// The most bytes in the content of one frame: bounds the memory for one entry, and how far a recovery that looks for a
/// frame must hash at each byte.
pub const MAX_FRAME: usize = 1 << 20;

/// The most bytes of one append: more would make those who wait for it wait for long.
pub const MAX_APPEND: usize = 64 << 20;

/// The usual size at which a segment is followed by another, in bytes: read at once when opening.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// The largest size that can be set, in bytes: offsets within a segment are `u32`, and one append may go beyond.
pub const MAX_SEGMENT_BYTES: u64 = 1 << 30;

/// The first frame of an append has this bit in its length.
const STARTS_APPEND: u32 = 1 << 31;

/// What a scan reads at once, in bytes, unless one frame is larger.
const SCAN_BYTES: u64 = 1 << 18;

/// Which of the two logs: a segment of one is never taken for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LogKind {
    /// The money.
    Journal = 1,
    /// What is not money and cannot be derived.
    Records = 2,
}

/// What a log is, given from outside.
#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// Which log.
    pub kind: LogKind,
    /// The hash of the ledger's genesis: a segment of another ledger is refused.
    pub ledger_id: [u8; 32],
    /// The size after which the next append starts a segment, usually [`SEGMENT_BYTES`]; at most
    /// [`MAX_SEGMENT_BYTES`].
    pub segment_bytes: u64,
}

/// What opening cut off the end of the log: an append that nobody was told had succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The file.
    pub segment: String,
    /// The sequence of the first frame that was cut, now the size of the log.
    pub sequence: u64,
    /// The length of the file now, in bytes.
    pub offset: u64,
    /// How many bytes were cut.
    pub bytes: u64,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cut { segment, sequence, offset, bytes } = self;
        write!(f, "cut an unfinished append off {segment}: {bytes} bytes at byte {offset}, entry {sequence}")
    }
}

/// Why an append was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// The log has grown since, or a node with a newer epoch has written: nothing was written now. Reload, and try
    /// again.
    Conflict {
        /// The size of the log.
        size: u64,
        /// The epoch of its last segment.
        epoch: u64,
    },
    /// A frame beyond [`MAX_FRAME`], or all of them beyond [`MAX_APPEND`]: nothing was written.
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// The machine failed: it is unknown what is on disk, and the log takes no more.
    Fault(Fault),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppendError::Conflict { size, epoch } => write!(f, "the log is at entry {size} of epoch {epoch}"),
            AppendError::TooLarge { bytes } => write!(f, "{bytes} bytes are too large for the log"),
            AppendError::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for AppendError {}

impl From<Fault> for AppendError {
    fn from(fault: Fault) -> AppendError {
        AppendError::Fault(fault)
    }
}

/// A leaf and its sidecar, as they are read.
pub type Frame = (Vec<u8>, Vec<u8>);

/// A frame to be appended.
#[derive(Clone, Copy, Debug)]
pub struct NewFrame<'a> {
    leaf: &'a [u8],
    sidecar: &'a [u8],
    hash: Hash,
}

impl<'a> NewFrame<'a> {
    fn of(leaf: &'a [u8], sidecar: &'a [u8]) -> NewFrame<'a> {
        NewFrame::hashed(leaf, sidecar, leaf_hash(leaf))
    }

    /// A frame whose leaf has this [`leaf_hash`].
    pub fn hashed(leaf: &'a [u8], sidecar: &'a [u8], hash: Hash) -> NewFrame<'a> {
        NewFrame { leaf, sidecar, hash }
    }
}

/// The one writer of a log.
pub struct Log {
    settings: LogSettings,
    reader: LogReader,
    frontier: Frontier,
    epoch: u64,
    /// The last segment, once it has been opened for appending.
    tail: Option<Box<dyn AppendFile>>,
    poisoned: bool,
    cut: Option<Cut>,
}

/// Reads durable frames, on any thread, while appends go on. Clones are cheap and see the same log.
#[derive(Clone)]
pub struct LogReader {
    storage: Arc<dyn Storage>,
    segments: Arc<RwLock<Vec<Segment>>>,
    /// The sequence after the last entry that was taken over unread when the log was opened.
    unread: u64,
    /// Held while a segment is read again: one at a time, because each takes its whole size in memory.
    rereading: Arc<Mutex<()>>,
}

/// Where the durable frames of a segment are.
#[derive(Clone, Debug)]
struct Segment {
    name: String,
    /// The sequence of the first frame.
    first: u64,
    /// The sequence after the last frame.
    end: u64,
    /// The durable length in bytes.
    length: u64,
    /// The byte at which each frame starts, and last the one at which the next will: 4 bytes per entry, little beside
    /// the 64 of the tree. Of a segment that was not read when the log was opened, they are found when it is read first.
    offsets: OnceLock<Vec<u32>>,
}

impl Segment {
    fn new(first: u64, header: usize) -> Segment {
        let offsets = OnceLock::from(vec![header as u32]);
        Segment { name: segment_name(first), first, end: first, length: header as u64, offsets }
    }

    /// A segment whose frames are not looked at now.
    fn unread(first: u64, end: u64, length: u64) -> Segment {
        Segment { name: segment_name(first), first, end, length, offsets: OnceLock::new() }
    }

    /// Adds a frame of this length in bytes.
    fn push(&mut self, length: u32) {
        self.end += 1;
        self.length += u64::from(length);
        self.offsets.get_mut().expect("a segment that grows was read").push(self.length as u32);
    }

    /// The bytes of the frames `from..to`, both sequences of this segment; `None` before it was read.
    fn span(&self, from: u64, to: u64) -> Option<(u64, usize)> {
        let offsets = self.offsets.get()?;
        let (start, end) = (offsets[(from - self.first) as usize], offsets[(to - self.first) as usize]);
        Some((u64::from(start), (end - start) as usize))
    }
}

fn segment_name(first: u64) -> String {
    format!("{first:020}.seg")
}

/// The first sequence in a segment's name; `None` for the name of another file.
pub(crate) fn first_of(name: &str) -> Option<u64> {
    name.strip_suffix(".seg")?.parse().ok().filter(|first| segment_name(*first) == name)
}

/// The start of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Header {
    kind: u8,
    ledger_id: [u8; 32],
    epoch: u64,
    /// Whether the segment stands for all before it.
    base: bool,
    frontier: Frontier,
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([VERSION, self.kind]);
        bytes.extend(self.ledger_id);
        bytes.extend(self.epoch.to_le_bytes());
        bytes.push(u8::from(self.base));
        bytes.extend(self.frontier.encode());
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// The header at the start of `segment`, and its length.
    fn decode(segment: &[u8]) -> Option<(Header, usize)> {
        let rest = segment.strip_prefix(MAGIC)?;
        let ([version, kind], rest) = rest.split_first_chunk()?;
        let (ledger_id, rest) = rest.split_first_chunk()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let ([base], rest) = rest.split_first_chunk()?;
        let (frontier, rest) = Frontier::decode(rest)?;
        let (crc, rest) = rest.split_first_chunk()?;
        let length = segment.len() - rest.len();
        let intact = crc32c::crc32c(&segment[..length - 4]) == u32::from_le_bytes(*crc);
        let epoch = u64::from_le_bytes(*epoch);
        let header = Header { kind: *kind, ledger_id: *ledger_id, epoch, base: *base == 1, frontier };
        (intact && *version == VERSION).then_some((header, length))
    }
}

/// One frame in memory that borrows from the bytes that were read.
struct FrameRef<'a> {
    leaf: &'a [u8],
    sidecar: &'a [u8],
    starts_append: bool,
    /// The frame's length on disk, in bytes.
    length: usize,
}

impl FrameRef<'_> {
    fn to_owned(&self) -> Frame {
        (self.leaf.to_vec(), self.sidecar.to_vec())
    }
}

/// Appends one frame to `bytes`.
fn encode_frame(bytes: &mut Vec<u8>, sequence: u64, starts_append: bool, leaf: &[u8], sidecar: &[u8]) {
    let start = bytes.len();
    bytes.extend([0; FRAME_HEADER]);
    let mut rest = sidecar.len();
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes.extend(sidecar);
    bytes.extend(leaf);
    let length = (bytes.len() - start - FRAME_HEADER) as u32 | if starts_append { STARTS_APPEND } else { 0 };
    bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
    let check = check(&length.to_le_bytes(), &bytes[start + FRAME_HEADER..]) ^ sequence as u32;
    bytes[start + 4..start + 8].copy_from_slice(&check.to_le_bytes());
}

fn check(length: &[u8; 4], content: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(length), content)
}

/// The frame at the start of `bytes` if it is whole and `sequence` is its place; `None` also at their end.
fn decode_frame(bytes: &[u8], sequence: u64) -> Option<FrameRef<'_>> {
    let (frame, place) = decode_any_frame(bytes)?;
    (place == sequence as u32).then_some(frame)
}

/// The frame at the start of `bytes`, and the low 32 bits of the sequence that its check would be right for.
fn decode_any_frame(bytes: &[u8]) -> Option<(FrameRef<'_>, u32)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (stored, rest) = rest.split_first_chunk::<4>()?;
    let word = u32::from_le_bytes(*length);
    let size = (word & !STARTS_APPEND) as usize;
    let content = rest.get(..size).filter(|_| size <= MAX_FRAME)?;
    let place = u32::from_le_bytes(*stored) ^ check(length, content);
    let (sidecar_length, content) = decode_varint(content)?;
    let (sidecar, leaf) = content.split_at_checked(sidecar_length)?;
    let length = FRAME_HEADER + size;
    Some((FrameRef { leaf, sidecar, starts_append: word & STARTS_APPEND != 0, length }, place))
}

/// A length of at most 21 bits (LEB128), as [`MAX_FRAME`] allows.
fn decode_varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(3).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

/// Whether some frame in `bytes`, which start with a bad frame of this sequence, starts another append. It may be at
/// any byte, because the length of a bad frame means nothing; its place must be possible at that distance.
fn holds_later_append(bytes: &[u8], sequence: u64) -> bool {
    (1..bytes.len()).any(|offset| {
        let most = (offset / (FRAME_HEADER + 1)) as u32 + 1;
        decode_any_frame(&bytes[offset..]).is_some_and(|(frame, place)| {
            let distance = place.wrapping_sub(sequence as u32);
            frame.starts_append && (1..=most).contains(&distance)
        })
    })
}

/// Makes something of one frame (sequence, leaf, sidecar), on any thread.
pub type Prepare<'p, T> = dyn Fn(u64, &[u8], &[u8]) -> T + Sync + 'p;

/// Who reads the frames while a log is opened.
struct Reading<'r, T, E> {
    /// On so many threads frames are prepared.
    threads: usize,
    /// What is done with each frame first.
    prepare: &'r Prepare<'r, T>,
    /// Is given what was made, with the leaf's hash, in order.
    visit: &'r mut dyn FnMut(u64, Hash, &T) -> Result<(), E>,
}

/// The whole frames of a segment from `start` on, and where they end.
fn whole_frames(bytes: &[u8], start: usize, first: u64) -> (Vec<FrameRef<'_>>, usize) {
    let (mut frames, mut offset) = (Vec::new(), start);
    while let Some(frame) = decode_frame(&bytes[offset..], first + frames.len() as u64) {
        offset += frame.length;
        frames.push(frame);
    }
    (frames, offset)
}

/// So many frames are prepared together: enough that handing them over costs nothing.
const CHUNK: usize = 2_048;

/// Prepares frames and hashes their leaves on several threads, and gives the results to `each` in order.
fn in_order<'f, T: Send, E>(
    frames: &'f [FrameRef<'f>],
    first: u64,
    threads: usize,
    prepare: &Prepare<'_, T>,
    mut each: impl FnMut(u64, &FrameRef<'f>, Hash, &T) -> Result<(), E>,
) -> Result<(), E> {
    let one = |sequence: u64, frame: &FrameRef<'_>| (leaf_hash(frame.leaf), prepare(sequence, frame.leaf, frame.sidecar));
    let number = |chunk: usize, place: usize| first + (chunk * CHUNK + place) as u64;
    if threads < 2 || frames.len() <= CHUNK {
        return (first..).zip(frames).try_for_each(|(sequence, frame)| {
            let (hash, prepared) = one(sequence, frame);
            each(sequence, frame, hash, &prepared)
        });
    }
    std::thread::scope(|scope| {
        let start = |worker: usize| {
            let (sender, prepared) = sync_channel(1);
            let (used, old) = channel();
            scope.spawn(move || {
                for (chunk, part) in frames.chunks(CHUNK).enumerate().skip(worker).step_by(threads) {
                    // What was made here is freed here too: whoever visits has enough to do.
                    drop(old.try_iter().collect::<Vec<_>>());
                    let made: Vec<_> = part.iter().enumerate().map(|(place, frame)| one(number(chunk, place), frame)).collect();
                    if sender.send(made).is_err() {
                        return;
                    }
                }
            });
            (prepared, used)
        };
        let workers: Vec<_> = (0..threads).map(start).collect();
        for (chunk, part) in frames.chunks(CHUNK).enumerate() {
            let (prepared, used) = &workers[chunk % threads];
            let made = prepared.recv().expect("a thread that prepares frames does not panic");
            for (place, (frame, (hash, prepared))) in part.iter().zip(&made).enumerate() {
                each(number(chunk, place), frame, *hash, prepared)?;
            }
            // The thread may have ended.
            drop(used.send(made));
        }
        Ok(())
    })
}

/// What is known of a log from before it is opened: the entries of this tree need not be read again.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    /// The tree over them.
    pub tree: &'k Tree,
    /// The first entry and the length in bytes of each segment that holds them.
    pub segments: &'k [(u64, u64)],
}

/// The segments of a log in order, from the last base on, and those before it.
pub(crate) fn segments(storage: &dyn Storage, kind: LogKind) -> Result<(Vec<String>, Vec<String>), Fault> {
    let mut old = storage.list()?;
    old.retain(|name| first_of(name).is_some());
    if kind == LogKind::Journal {
        return Ok((old, Vec::new()));
    }
    for (index, name) in old.iter().enumerate().rev() {
        let start = storage.read_at(name, 0, MAX_HEADER)?;
        if Header::decode(&start).is_some_and(|(header, _)| header.base) {
            let current = old.split_off(index);
            return Ok((current, old));
        }
    }
    Ok((old, Vec::new()))
}

/// The first entry and the length in bytes of each segment of a log to which nobody writes.
pub(crate) fn segment_lengths(storage: &dyn Storage, kind: LogKind) -> Result<Vec<(u64, u64)>, Fault> {
    let (names, _) = segments(storage, kind)?;
    let firsts = names.iter().filter_map(|name| Some((first_of(name)?, name)));
    firsts.map(|(first, name)| Ok((first, storage.length(name)?))).collect()
}

/// The whole frames at the start of a segment's bytes, with its header: how many bytes, and the sequence after the last of them. Zero
/// bytes when the header is damaged.
pub(crate) fn whole_length(bytes: &[u8]) -> (usize, u64) {
    let Some((header, start)) = Header::decode(bytes) else { return (0, 0) };
    let (frames, end) = whole_frames(bytes, start, header.frontier.size());
    (end, header.frontier.size() + frames.len() as u64)
}

/// How many bytes of a segment may be copied: all of them, or, of the last one, all before an append that is under way. Entries below
/// `vouched` were acknowledged.
///
/// # Errors
///
/// [`Fault::Damage`] that names the segment, the entry, the byte and the reason.
pub(crate) fn copyable(settings: &LogSettings, name: &str, bytes: &[u8], last: bool, vouched: u64) -> Result<usize, Fault> {
    let kind = settings.kind;
    let damage = |sequence: u64, offset: usize, why: String| {
        Err(Fault::Damage(format!("{kind:?} segment {name}, entry {sequence} at byte {offset}: {why}")))
    };
    let first = first_of(name).unwrap_or(0);
    match Header::decode(bytes) {
        None => return damage(first, 0, "the header is damaged".into()),
        Some((header, _)) => {
            if let Some(why) = foreign(&header, settings, name) {
                return damage(first, 0, why);
            }
        }
    }
    let (length, sequence) = whole_length(bytes);
    if length < bytes.len()
        && let Some(why) = not_torn(&bytes[length..], sequence, last, vouched)
    {
        return damage(sequence, length, why);
    }
    Ok(length)
}

/// Why a segment with this header is none of this log, or not this one.
fn foreign(header: &Header, settings: &LogSettings, name: &str) -> Option<String> {
    let first = header.frontier.size();
    if header.ledger_id != settings.ledger_id {
        return Some("the segment belongs to another ledger".into());
    }
    if header.kind != settings.kind as u8 {
        return Some("the segment belongs to another log".into());
    }
    (first_of(name) != Some(first)).then(|| format!("the file is a copy of the segment that starts with entry {first}"))
}

/// Why bytes that start with a bad frame of this sequence are not the rest of an append that was never acknowledged.
fn not_torn(bytes: &[u8], sequence: u64, last: bool, vouched: u64) -> Option<String> {
    if !last {
        return Some("the frame is damaged, and a later segment follows".into());
    }
    if sequence < vouched {
        return Some(format!("the frame is damaged; entries {sequence} to {} were acknowledged", vouched - 1));
    }
    holds_later_append(bytes, sequence).then(|| "the frame is damaged, and later entries follow".into())
}

/// A frame that was found in a segment, wherever it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its sequence, by its check.
    pub(crate) sequence: u64,
    /// Where it starts in the file.
    pub(crate) offset: u32,
    /// Its bytes.
    pub(crate) length: u32,
    /// Whether an append starts with it: all before it was durable then.
    pub(crate) starts_append: bool,
}

/// What a damaged segment still holds.
pub(crate) struct Salvage {
    /// Its epoch, when the header can be read.
    pub(crate) epoch: u64,
    /// Whether it is a base.
    pub(crate) base: bool,
    /// Every frame, in the order of the file.
    pub(crate) found: Vec<Found>,
    /// How many bytes are no frame.
    pub(crate) lost: u64,
}

/// Finds every frame in a segment's bytes, damaged or not; `Err` with the reason when the segment is none of this log. A header that
/// cannot be read is believed to be what the name says.
pub(crate) fn salvage(settings: &LogSettings, name: &str, bytes: &[u8]) -> Result<Salvage, String> {
    let named = first_of(name).ok_or("it is no segment")?;
    let (mut salvage, first, mut at) = match Header::decode(bytes) {
        Some((header, length)) => {
            if let Some(why) = foreign(&header, settings, &segment_name(header.frontier.size())) {
                return Err(why);
            }
            let salvage = Salvage { epoch: header.epoch, base: header.base, found: Vec::new(), lost: 0 };
            (salvage, header.frontier.size(), length)
        }
        None => {
            let length = HEADER_BYTES + 8 + 32 * named.count_ones() as usize;
            let lost = length.min(bytes.len()) as u64;
            (Salvage { epoch: 0, base: false, found: Vec::new(), lost }, named, length)
        }
    };
    // A frame has at least so many bytes, so that no sequence is further away than the file is long.
    let most = bytes.len() / (FRAME_HEADER + 1);
    while at < bytes.len() {
        let frame = decode_any_frame(&bytes[at..]).map(|(frame, place)| (frame, place.wrapping_sub(first as u32)));
        match frame.filter(|(_, distance)| *distance as usize <= most) {
            Some((frame, distance)) => {
                let sequence = first + u64::from(distance);
                let (offset, length) = (at as u32, frame.length as u32);
                salvage.found.push(Found { sequence, offset, length, starts_append: frame.starts_append });
                at += frame.length;
            }
            None => {
                salvage.lost += 1;
                at += 1;
            }
        }
    }
    Ok(salvage)
}

/// Reads a frame that [`salvage`] found; `None` if it is there no more.
pub(crate) fn found_frame(storage: &dyn Storage, name: &str, found: &Found) -> Result<Option<Frame>, Fault> {
    let bytes = storage.read_at(name, u64::from(found.offset), found.length as usize)?;
    Ok(decode_frame(&bytes, found.sequence).map(|frame| frame.to_owned()))
}

const OTHER_ENTRY: &str = "the entry is not the one that a snapshot has seen";

/// The walk over all segments while a log is opened.
struct Opening<'a> {
    storage: &'a Arc<dyn Storage>,
    settings: &'a LogSettings,
    known: Option<Known<'a>>,
    head: Option<(u64, Hash)>,
    frontier: Frontier,
    epoch: u64,
    segments: Vec<Segment>,
    /// Where the last append starts: segment and byte.
    last_append: Option<(String, u64)>,
    cut: Option<Cut>,
}

impl Opening<'_> {
    /// Damage, with its place.
    fn damage(&self, name: &str, offset: usize, why: impl fmt::Display) -> Fault {
        let (kind, sequence) = (self.settings.kind, self.frontier.size());
        Fault::Damage(format!("{kind:?} segment {name}, entry {sequence} at byte {offset}: {why}"))
    }

    /// Checks a segment's header against its name and against the segments before, and returns its length.
    fn enter(&mut self, name: &str, segment: &[u8]) -> Result<usize, Fault> {
        let Some((header, length)) = Header::decode(segment) else {
            return Err(self.damage(name, 0, "the header is damaged"));
        };
        if let Some(why) = self.objection(name, &header) {
            return Err(self.damage(name, 0, why));
        }
        (self.frontier, self.epoch) = (header.frontier, header.epoch);
        Ok(length)
    }

    /// Why a segment with this header cannot stand here.
    fn objection(&self, name: &str, header: &Header) -> Option<String> {
        let (first, size) = (header.frontier.size(), self.frontier.size());
        if let Some(why) = foreign(header, self.settings, name) {
            return Some(why);
        }
        if header.base {
            let misplaced = self.settings.kind == LogKind::Journal || !self.segments.is_empty();
            return misplaced.then(|| "a base stands where none can be".into());
        }
        if first > size {
            return Some(format!("entries {size} to {} are missing", first - 1));
        }
        if first < size {
            return Some(format!("the segment repeats entries from {first} on"));
        }
        if header.frontier != self.frontier {
            return Some("the entries before are not those that were written".into());
        }
        (header.epoch < self.epoch).then(|| format!("epoch {} follows epoch {}", header.epoch, self.epoch))
    }

    /// Reads every frame of one segment; a torn tail of the last one is cut.
    fn walk<T: Send, E: From<Fault>>(
        &mut self,
        (name, bytes): (&str, &[u8]),
        last: bool,
        reader: &mut Reading<'_, T, E>,
    ) -> Result<(), E> {
        let start = self.enter(name, bytes)?;
        let mut segment = Segment::new(self.frontier.size(), start);
        self.compare_with_head(name, start)?;
        let (frames, whole) = whole_frames(bytes, start, self.frontier.size());
        let known = self.known;
        let prepare = |sequence: u64, leaf: &[u8], sidecar: &[u8]| {
            let unknown = known.is_none_or(|known| sequence >= known.tree.size());
            unknown.then(|| (reader.prepare)(sequence, leaf, sidecar))
        };
        in_order(&frames, self.frontier.size(), reader.threads, &prepare, |sequence, frame, hash, prepared| -> Result<(), E> {
            match prepared {
                Some(prepared) => (reader.visit)(sequence, hash, prepared)?,
                None if known.is_some_and(|known| known.tree.leaf(sequence) == Some(&hash)) => {}
                None => return Err(self.damage(name, segment.length as usize, OTHER_ENTRY).into()),
            }
            self.frontier.push(hash);
            if frame.starts_append {
                self.last_append = Some((name.to_owned(), segment.length));
            }
            segment.push(frame.length as u32);
            Ok(self.compare_with_head(name, segment.length as usize)?)
        })?;
        if whole < bytes.len() {
            self.cut_torn_tail(name, bytes, whole, last)?;
        }
        self.segments.push(segment);
        Ok(())
    }

    /// Takes over the next segment of known entries, which ends before `end`, without a look at its frames.
    fn adopt(&mut self, name: Option<&String>, end: u64) -> Result<(), Fault> {
        let first = self.frontier.size();
        let expected = segment_name(first);
        let Some(known) = self.known.filter(|_| name == Some(&expected)) else {
            return Err(self.damage(
                &expected,
                0,
                format!("entries {first} to {}, which a snapshot has seen, are missing", end - 1),
            ));
        };
        self.enter(&expected, &self.storage.read_at(&expected, 0, MAX_HEADER)?)?;
        let length = known.segments.iter().find(|(number, _)| *number == first).map_or(0, |(_, length)| *length);
        let found = self.storage.length(&expected)?;
        if found != length {
            let place = found.min(length) as usize;
            return Err(self.damage(&expected, place, format!("the file has {found} bytes and had {length}")));
        }
        self.frontier = known.tree.frontier_at(end);
        self.segments.push(Segment::unread(first, end, length));
        Ok(())
    }

    /// The head must be that of the known entries, if it is among them.
    fn compare_known_with_head(&self) -> Result<(), Fault> {
        let (Some(known), Some((size, root))) = (self.known, self.head) else { return Ok(()) };
        match known.tree.root_at(size) {
            Some(found) if found != root => {
                Err(self.damage("", 0, "a snapshot holds other entries than those of the signed head"))
            }
            _ => Ok(()),
        }
    }

    /// At the size of the signed head the root must be the signed one.
    fn compare_with_head(&self, name: &str, offset: usize) -> Result<(), Fault> {
        match self.head {
            Some((size, root)) if size == self.frontier.size() && root != self.frontier.root() => {
                Err(self.damage(name, offset, "the entries up to here are not those of the signed head"))
            }
            _ => Ok(()),
        }
    }

    /// Cuts the bad frame at `offset` and what follows, if that can only be an append that was never acknowledged.
    fn cut_torn_tail(&mut self, name: &str, bytes: &[u8], offset: usize, last: bool) -> Result<(), Fault> {
        let sequence = self.frontier.size();
        let seen = self.known.map_or(0, |known| known.tree.size());
        let vouched = self.head.map_or(0, |(size, _)| size).max(seen);
        if let Some(why) = not_torn(&bytes[offset..], sequence, last, vouched) {
            return Err(self.damage(name, offset, why));
        }
        self.storage.truncate(name, offset as u64)?;
        // On disk now: whole frames only. A crash before would have found the same torn tail again.
        let bytes = (bytes.len() - offset) as u64;
        self.cut = Some(Cut { segment: name.to_owned(), sequence, offset: offset as u64, bytes });
        Ok(())
    }

    /// Whatever was acknowledged is here.
    fn compare_end_with_head(&self) -> Result<(), Fault> {
        let (size, kind) = (self.frontier.size(), self.settings.kind);
        if let Some(known) = self.known.filter(|known| size < known.tree.size()) {
            let last = known.tree.size() - 1;
            return Err(Fault::Damage(format!(
                "{kind:?}: entries {size} to {last} that a snapshot has seen are missing at the end"
            )));
        }
        match self.head {
            Some((head, _)) if size < head => Err(Fault::Damage(format!(
                "{kind:?}: entries {size} to {} that were acknowledged are missing at the end",
                head - 1
            ))),
            Some((0, root)) if root != Frontier::new().root() => {
                Err(Fault::Damage(format!("{kind:?}: the signed head of the empty log has another root")))
            }
            _ => Ok(()),
        }
    }

    /// Makes durable what was read. An earlier process may have been killed, or have failed, between writing and syncing: what it
    /// wrote is seen now, and would be gone after a power cut, when others have been told of it. Every append before the last
    /// one was durable before that one was written.
    fn confirm(&self) -> Result<(), Fault> {
        self.storage.sync_dir()?;
        let Some((name, start)) = &self.last_append else { return Ok(()) };
        let length = self.segments.iter().find(|segment| segment.name == *name).map_or(0, |segment| segment.length) - start;
        let bytes = self.storage.read_at(name, *start, length as usize)?;
        // The same bytes: a crash in the midst of it leaves what was there.
        self.storage.overwrite(name, *start, &bytes)
    }

    /// Removes segments that a base has replaced, and files that were never finished.
    fn clean(&self, replaced: &[String]) -> Result<(), Fault> {
        replaced.iter().try_for_each(|name| self.storage.remove(name))?;
        // A crash here may bring some of the files back; the next opening removes them again.
        self.storage.remove_unfinished()
    }
}

impl Log {
    /// Opens the log in a directory: reads every segment once, one at a time in memory, and hands every frame to
    /// `visit` (sequence, leaf, sidecar) in order. An empty directory is an empty log.
    ///
    /// `head` is the size and root of the newest signed checkpoint, if there is one: the log must contain it. A torn
    /// tail beyond it is cut off, see [`Log::cut`]; frames of an append that is torn further on are visited and kept.
    ///
    /// # Errors
    ///
    /// [`Fault::Damage`] that names the segment, the entry, the byte and the reason; [`Fault::Io`]; the visitor's own.
    pub fn open<E: From<Fault>>(
        storage: Arc<dyn Storage>,
        settings: LogSettings,
        head: Option<(u64, Hash)>,
        mut visit: impl FnMut(u64, &[u8], &[u8]) -> Result<(), E>,
    ) -> Result<Log, E> {
        let owned = |_: u64, leaf: &[u8], sidecar: &[u8]| (leaf.to_vec(), sidecar.to_vec());
        Log::open_prepared(storage, settings, (head, None), 1, &owned, |sequence, _, (leaf, sidecar)| {
            visit(sequence, leaf, sidecar)
        })
    }

    /// The same on several threads, and without those entries that are known: `prepare` makes something of a frame (sequence, leaf,
    /// sidecar) on any of them, and `visit` is given it with the leaf's hash in order.
    ///
    /// # Errors
    ///
    /// As [`Log::open`].
    pub fn open_prepared<T: Send, E: From<Fault>>(
        storage: Arc<dyn Storage>,
        settings: LogSettings,
        (head, known): (Option<(u64, Hash)>, Option<Known<'_>>),
        threads: usize,
        prepare: &Prepare<'_, T>,
        mut visit: impl FnMut(u64, Hash, &T) -> Result<(), E>,
    ) -> Result<Log, E> {
        let (names, replaced) = segments(&*storage, settings.kind)?;
        let (frontier, segments) = (Frontier::new(), Vec::new());
        let (last_append, cut) = (None, None);
        let mut opening =
            Opening { storage: &storage, settings: &settings, known, head, frontier, epoch: 0, segments, last_append, cut };
        opening.compare_known_with_head()?;
        let mut reading = Reading { threads, prepare, visit: &mut visit };
        let read = |name: Option<&String>| -> Result<Vec<u8>, Fault> {
            Ok(name.map(|name| storage.read(name)).transpose()?.flatten().unwrap_or_default())
        };
        let adopted = known.map_or(&[][..], |known| known.segments.get(1..).unwrap_or_default());
        for (index, (end, _)) in adopted.iter().enumerate() {
            opening.adopt(names.get(index), *end)?;
        }
        let names = &names[adopted.len()..];
        let mut bytes = read(names.first())?;
        for (index, name) in names.iter().enumerate() {
            // While one segment is judged the next one is read.
            let next = std::thread::scope(|scope| -> Result<Vec<u8>, E> {
                let next = scope.spawn(|| read(names.get(index + 1)));
                opening.walk((name, &bytes), index + 1 == names.len(), &mut reading)?;
                Ok(next.join().expect("reading a file does not panic")?)
            });
            bytes = next?;
        }
        opening.compare_end_with_head()?;
        opening.confirm()?;
        opening.clean(&replaced)?;
        let Opening { frontier, epoch, segments, cut, .. } = opening;
        let unread = adopted.last().map_or(0, |(end, _)| *end);
        let reader = LogReader { storage, segments: Arc::new(RwLock::new(segments)), unread, rereading: Arc::default() };
        Ok(Log { settings, reader, frontier, epoch, tail: None, poisoned: false, cut })
    }

    /// The same log, with segments of another size from now on, as in [`LogSettings`].
    pub fn with_segment_bytes(mut self, segment_bytes: u64) -> Log {
        self.settings.segment_bytes = segment_bytes;
        self
    }

    /// What opening had to cut off, to be told to the operator.
    pub fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref()
    }

    /// The number of entries, the sequence of the next one.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The Merkle root over all entries.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The epoch of the last append.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// A reader of this log, for any thread.
    pub fn reader(&self) -> LogReader {
        self.reader.clone()
    }

    /// Adds frames (leaf, sidecar) if the log still has `expected_sequence` entries and no newer epoch; they are
    /// durable, and visible to readers, when this returns. A newer epoch starts a new segment, so that it is durable
    /// too. Without frames, nothing happens.
    ///
    /// # Errors
    ///
    /// [`AppendError::Conflict`] and [`AppendError::TooLarge`] change nothing. After the first [`AppendError::Fault`]
    /// every later append answers [`Fault::Poisoned`].
    pub fn append(&mut self, epoch: u64, expected_sequence: u64, frames: &[(&[u8], &[u8])]) -> Result<(), AppendError> {
        let frames: Vec<_> = frames.iter().map(|(leaf, sidecar)| NewFrame::of(leaf, sidecar)).collect();
        self.append_hashed(epoch, expected_sequence, &frames)
    }

    /// The same for frames whose leaves have been hashed already.
    ///
    /// # Errors
    ///
    /// As [`Log::append`].
    pub fn append_hashed(&mut self, epoch: u64, expected_sequence: u64, frames: &[NewFrame<'_>]) -> Result<(), AppendError> {
        if self.poisoned {
            return Err(Fault::Poisoned.into());
        }
        if expected_sequence != self.size() || epoch < self.epoch {
            return Err(AppendError::Conflict { size: self.size(), epoch: self.epoch });
        }
        let (bytes, lengths) = encode_append(expected_sequence, frames)?;
        if frames.is_empty() {
            return Ok(());
        }
        // Until the last step has succeeded, the log counts as broken: an error on the way leaves it so.
        self.poisoned = true;
        self.write(epoch, &bytes)?;
        frames.iter().for_each(|frame| self.frontier.push(frame.hash));
        self.reader.publish(&lengths);
        self.poisoned = false;
        Ok(())
    }

    /// One write and one sync at the end of the last segment, or of a new one.
    fn write(&mut self, epoch: u64, bytes: &[u8]) -> Result<(), Fault> {
        let last = self.reader.last();
        let limit = self.settings.segment_bytes.min(MAX_SEGMENT_BYTES);
        let name = match last {
            Some((name, length)) if epoch == self.epoch && length < limit => name,
            _ => self.rotate(epoch)?,
        };
        let tail = match &mut self.tail {
            Some(tail) => tail,
            none => none.insert(self.reader.storage.append(&name)?),
        };
        tail.write_all(bytes)?;
        // On disk now: the old frames, and any part of the new ones. A crash here is a torn tail; nobody was answered.
        tail.sync_data()
        // On disk now: all frames. A crash here loses nothing; those who were not answered yet will ask again.
    }

    /// Starts a segment, and returns its name.
    fn rotate(&mut self, epoch: u64) -> Result<String, Fault> {
        // An empty base that a newer epoch replaces must stay one: there is nothing before it any more.
        let base = self.size() > 0 && self.reader.first() == self.size();
        let header = self.header(epoch, base).encode();
        let segment = Segment::new(self.size(), header.len());
        let name = segment.name.clone();
        self.reader.storage.replace(&name, &header)?;
        // On disk now: a whole header under its name. A crash here leaves an empty last segment, which is continued.
        self.tail = None;
        self.epoch = epoch;
        self.reader.add(segment);
        Ok(name)
    }

    fn header(&self, epoch: u64, base: bool) -> Header {
        let LogSettings { kind, ledger_id, .. } = self.settings;
        Header { kind: kind as u8, ledger_id, epoch, base, frontier: self.frontier.clone() }
    }

    /// Replaces the whole log by a base that holds `leaves`, which must say everything again that still matters. The
    /// sequence goes on; older entries can no longer be read. For records only: a journal keeps everything.
    ///
    /// # Errors
    ///
    /// As [`Log::append`], and the first failure among the `leaves`. An error before the base is whole changes nothing,
    /// [`AppendError::TooLarge`] beyond [`MAX_SEGMENT_BYTES`] in all among them. Readers must be kept out meanwhile.
    pub fn replace_all(&mut self, leaves: &mut dyn Iterator<Item = Result<Vec<u8>, Fault>>) -> Result<(), AppendError> {
        assert!(self.settings.kind != LogKind::Journal, "nothing is removed from a journal");
        if self.poisoned {
            return Err(Fault::Poisoned.into());
        }
        let mut frontier = self.frontier.clone();
        let header = self.header(self.epoch, true).encode();
        let mut segment = Segment::new(self.size(), header.len());
        let temporary = format!("{}{TEMPORARY}", segment.name);
        let mut file = self.reader.storage.create(&temporary)?;
        file.write_all(&header)?;
        for leaf in leaves {
            let leaf = leaf?;
            let frame = NewFrame::of(&leaf, &[]);
            let (bytes, lengths) = encode_append(frontier.size(), &[frame])?;
            if segment.length + bytes.len() as u64 > MAX_SEGMENT_BYTES {
                return Err(AppendError::TooLarge { bytes: segment.length as usize + bytes.len() });
            }
            file.write_all(&bytes)?;
            frontier.push(frame.hash);
            lengths.iter().for_each(|length| segment.push(*length));
        }
        file.sync_data()?;
        // On disk now: the old log, and a whole base under a name that no opening reads. A crash here changes nothing.
        self.poisoned = true;
        self.swap(&temporary, segment)?;
        self.frontier = frontier;
        self.poisoned = false;
        Ok(())
    }

    /// Makes the base the log, and removes the segments that it replaces.
    fn swap(&mut self, temporary: &str, base: Segment) -> Result<(), Fault> {
        let storage = self.reader.storage.clone();
        storage.rename(temporary, &base.name)?;
        storage.sync_dir()?;
        // On disk now: the base under its name. From here on an opening starts at it, whatever else it finds.
        self.tail = None;
        let name = base.name.clone();
        let replaced = mem::replace(&mut *self.reader.write(), vec![base]);
        for segment in replaced.iter().filter(|segment| segment.name != name) {
            storage.remove(&segment.name)?;
        }
        // A crash here may bring some of them back; the next opening removes them.
        Ok(())
    }
}

/// The bytes of one append, and the length of each frame in them.
fn encode_append(first: u64, frames: &[NewFrame<'_>]) -> Result<(Vec<u8>, Vec<u32>), AppendError> {
    let (mut bytes, mut lengths) = (Vec::new(), Vec::with_capacity(frames.len()));
    for (index, NewFrame { leaf, sidecar, .. }) in frames.iter().enumerate() {
        let start = bytes.len();
        let content = leaf.len() + sidecar.len() + 3;
        if content > MAX_FRAME || start + content > MAX_APPEND {
            return Err(AppendError::TooLarge { bytes: start + content });
        }
        encode_frame(&mut bytes, first + index as u64, index == 0, leaf, sidecar);
        lengths.push((bytes.len() - start) as u32);
    }
    Ok((bytes, lengths))
}

impl LogReader {
    /// The number of durable entries.
    pub fn size(&self) -> u64 {
        self.read_segments().last().map_or(0, |segment| segment.end)
    }

    /// The sequence of the oldest entry that can be read: 0, or where the last base starts.
    pub fn first(&self) -> u64 {
        self.read_segments().first().map_or(0, |segment| segment.first)
    }

    /// The durable bytes in all segments.
    pub fn bytes(&self) -> u64 {
        self.read_segments().iter().map(|segment| segment.length).sum()
    }

    /// One frame; `None` if the log has no such entry (yet, or any more).
    ///
    /// # Errors
    ///
    /// [`Fault::Io`], and [`Fault::Damage`] if the bytes have changed since.
    pub fn read(&self, sequence: u64) -> Result<Option<Frame>, Fault> {
        let Some((name, offset, length)) = self.locate(sequence, |segment| segment.span(sequence, sequence + 1))? else {
            return Ok(None);
        };
        let bytes = self.storage.read_at(&name, offset, length)?;
        match decode_frame(&bytes, sequence) {
            Some(frame) => Ok(Some(frame.to_owned())),
            None => Err(damaged(&name, sequence, offset)),
        }
    }

    /// Hands the frames `from..to`, as far as they exist, to `visit` (sequence, leaf, sidecar) in order, reading a part
    /// of a segment at a time.
    ///
    /// # Errors
    ///
    /// As [`LogReader::read`]; the visitor's own.
    pub fn scan<E: From<Fault>>(
        &self,
        from: u64,
        to: u64,
        mut visit: impl FnMut(u64, &[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut sequence = from.max(self.first());
        while sequence < to {
            let Some((name, offset, length)) = self.locate(sequence, |segment| chunk(segment, sequence, to))? else {
                return Ok(());
            };
            let bytes = self.storage.read_at(&name, offset, length)?;
            let mut at = 0;
            while at < length {
                let frame = decode_frame(bytes.get(at..).unwrap_or_default(), sequence);
                let frame = frame.ok_or_else(|| damaged(&name, sequence, offset + at as u64))?;
                visit(sequence, frame.leaf, frame.sidecar)?;
                at += frame.length;
                sequence += 1;
            }
        }
        Ok(())
    }

    /// The Merkle root when the log had `size` entries; `None` if that is before the last base, or if it never had as
    /// many. Reads up to one segment.
    ///
    /// # Errors
    ///
    /// As [`LogReader::read`].
    pub fn root_at(&self, size: u64) -> Result<Option<Hash>, Fault> {
        if size == 0 && self.first() == 0 {
            return Ok(Some(Frontier::new().root()));
        }
        let Some((name, first)) = self.segment_ending_with(size) else { return Ok(None) };
        let start = self.storage.read_at(&name, 0, MAX_HEADER)?;
        let (header, _) = Header::decode(&start).ok_or_else(|| damaged(&name, first, 0))?;
        let mut frontier = header.frontier;
        self.scan::<Fault>(first, size, |_, leaf, _| {
            frontier.push(leaf_hash(leaf));
            Ok(())
        })?;
        Ok((frontier.size() == size).then(|| frontier.root()))
    }

    /// Name and first sequence of the segment within which, or at the start of which, the log had this size.
    fn segment_ending_with(&self, size: u64) -> Option<(String, u64)> {
        let segments = self.read_segments();
        let segment = segments.iter().rev().find(|segment| segment.first <= size && size <= segment.end)?;
        Some((segment.name.clone(), segment.first))
    }

    /// Asks the segment that holds `sequence` for a span of bytes; reads it first if it was not read yet.
    fn locate(
        &self,
        sequence: u64,
        span: impl Fn(&Segment) -> Option<(u64, usize)>,
    ) -> Result<Option<(String, u64, usize)>, Fault> {
        let Some(segment) = self.segment_of(sequence, |segment| (segment.name.clone(), span(segment))) else { return Ok(None) };
        if let (name, Some((offset, length))) = segment {
            return Ok(Some((name, offset, length)));
        }
        let alone = self.rereading.lock().unwrap_or_else(PoisonError::into_inner);
        if self.segment_of(sequence, |segment| segment.offsets.get().is_none()) == Some(true) {
            self.reread(sequence, None)?;
        }
        drop(alone);
        let found = self.segment_of(sequence, |segment| Some((segment.name.clone(), span(segment)?)));
        Ok(found.flatten().map(|(name, (offset, length))| (name, offset, length)))
    }

    fn segment_of<T>(&self, sequence: u64, ask: impl FnOnce(&Segment) -> T) -> Option<T> {
        let segments = self.read_segments();
        let index = segments.partition_point(|segment| segment.end <= sequence);
        segments.get(index).filter(|segment| segment.first <= sequence).map(ask)
    }

    /// Reads the whole segment that holds `sequence` again, checks every frame, and that `known` has its leaf's hash; gives the
    /// sequence after its last frame, or `None` when there is no such segment.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`], and [`Fault::Damage`] that names the first frame that is not what was written.
    pub fn check_segment(&self, sequence: u64, known: &dyn Fn(u64, Hash) -> bool) -> Result<Option<u64>, Fault> {
        let _alone = self.rereading.lock().unwrap_or_else(PoisonError::into_inner);
        self.reread(sequence, Some(known))
    }

    fn reread(&self, sequence: u64, known: Option<&dyn Fn(u64, Hash) -> bool>) -> Result<Option<u64>, Fault> {
        let place = self.segment_of(sequence, |segment| (segment.name.clone(), segment.first, segment.end, segment.length));
        let Some((name, first, end, length)) = place else { return Ok(None) };
        let bytes = self.storage.read_at(&name, 0, length as usize)?;
        let start = Header::decode(&bytes).ok_or_else(|| damaged(&name, first, 0))?.1;
        let mut offsets = vec![start as u32];
        let mut at = start;
        for number in first..end {
            let frame = decode_frame(bytes.get(at..).unwrap_or_default(), number);
            let frame = frame.filter(|frame| known.is_none_or(|known| known(number, leaf_hash(frame.leaf))));
            at += frame.ok_or_else(|| damaged(&name, number, at as u64))?.length;
            offsets.push(at as u32);
        }
        // They may be there already.
        self.segment_of(sequence, |segment| segment.offsets.set(offsets).is_ok());
        Ok(Some(end))
    }

    /// The first entry and the length in bytes of each segment.
    pub fn segments(&self) -> Vec<(u64, u64)> {
        self.read_segments().iter().map(|segment| (segment.first, segment.length)).collect()
    }

    /// The sequence after the last entry that was taken over unread when the log was opened.
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// Name and length of the last segment.
    fn last(&self) -> Option<(String, u64)> {
        self.read_segments().last().map(|segment| (segment.name.clone(), segment.length))
    }

    /// Adds a new segment; one without frames is replaced by it.
    fn add(&self, segment: Segment) {
        let mut segments = self.write();
        segments.retain(|old| old.first < segment.first);
        segments.push(segment);
    }

    /// Shows frames that have become durable.
    fn publish(&self, lengths: &[u32]) {
        let mut segments = self.write();
        let segment = segments.last_mut().expect("an append has written to a segment");
        lengths.iter().for_each(|length| segment.push(*length));
    }

    fn read_segments(&self) -> std::sync::RwLockReadGuard<'_, Vec<Segment>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Segment>> {
        self.segments.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of the frames from `sequence` to `to`, the segment's end, or [`SCAN_BYTES`], whichever is first, but of
/// one frame at least.
fn chunk(segment: &Segment, sequence: u64, to: u64) -> Option<(u64, usize)> {
    let offsets = segment.offsets.get()?;
    let (start, _) = segment.span(sequence, sequence + 1)?;
    let fits = offsets.partition_point(|offset| u64::from(*offset) <= start + SCAN_BYTES) as u64 - 1;
    let end = (segment.first + fits).clamp(sequence + 1, to.min(segment.end));
    segment.span(sequence, end)
}

fn damaged(name: &str, sequence: u64, offset: u64) -> Fault {
    Fault::Damage(format!("segment {name}, entry {sequence} at byte {offset}: the bytes have changed since they were written"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::DiskStorage;
    use crate::storage::memory::{Failure, MemoryStorage};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Files = BTreeMap<String, Vec<u8>>;
    type Head = Option<(u64, Hash)>;

    const SETTINGS: LogSettings = LogSettings { kind: LogKind::Journal, ledger_id: [9; 32], segment_bytes: 400 };

    fn leaf(sequence: u64) -> Vec<u8> {
        format!("entry {sequence} {}", "x".repeat(sequence as usize % 7 * 5)).into_bytes()
    }

    fn sidecar(sequence: u64) -> Vec<u8> {
        vec![sequence as u8; sequence as usize % 3]
    }

    /// Opens and checks that what is visited, what is read and what was written are the same.
    fn open_with(disk: &MemoryStorage, settings: LogSettings, head: Head) -> Result<Log, Fault> {
        let mut expected = 0;
        let log = Log::open::<Fault>(Arc::new(disk.clone()), settings, head, |sequence, got, links| {
            assert_eq!((sequence, got, links), (expected, leaf(expected).as_slice(), sidecar(expected).as_slice()));
            expected += 1;
            Ok(())
        })?;
        assert_eq!((log.size(), log.reader().size()), (expected, expected));
        for sequence in 0..expected {
            assert_eq!(log.reader().read(sequence)?, Some((leaf(sequence), sidecar(sequence))));
        }
        assert_eq!(log.reader().read(expected)?, None);
        Ok(log)
    }

    fn open(disk: &MemoryStorage, head: Head) -> Result<Log, Fault> {
        open_with(disk, SETTINGS, head)
    }

    fn append(log: &mut Log, count: u64) -> Result<(), AppendError> {
        let frames: Vec<Frame> = (log.size()..log.size() + count).map(|s| (leaf(s), sidecar(s))).collect();
        let frames: Vec<_> = frames.iter().map(|(leaf, sidecar)| (leaf.as_slice(), sidecar.as_slice())).collect();
        log.append(log.epoch(), log.size(), &frames)
    }

    /// A log of appends with these many frames each.
    fn written(appends: &[u64]) -> (Files, Head) {
        let disk = MemoryStorage::default();
        let mut log = open(&disk, None).unwrap();
        appends.iter().for_each(|count| append(&mut log, *count).unwrap());
        (disk.files(), Some((log.size(), log.root())))
    }

    fn opened(files: &Files, head: Head) -> Result<Log, Fault> {
        open(&MemoryStorage::with(files.clone()), head)
    }

    fn damage(result: Result<Log, Fault>) -> String {
        match result {
            Err(Fault::Damage(text)) => text,
            Err(fault) => panic!("another fault: {fault}"),
            Ok(log) => panic!("opened with {} entries", log.size()),
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_first_screen() {
        let (files, _) = written(&[1]);
        let bytes = &files["00000000000000000000.seg"];
        assert_eq!(&bytes[..10], b"LIARDLOG\x01\x01");
        assert_eq!(bytes.len(), HEADER_BYTES + 8 + FRAME_HEADER + 1 + leaf(0).len());
        assert_eq!(&bytes[HEADER_BYTES + 8..][..4], (1u32 << 31 | 9).to_le_bytes());
        assert_eq!(&bytes[HEADER_BYTES + 16..], [b"\0".as_slice(), &leaf(0)].concat());
    }

    #[test]
    fn an_empty_directory_is_an_empty_log() {
        let log = open(&MemoryStorage::default(), Some((0, Frontier::new().root()))).unwrap();
        assert_eq!((log.size(), log.epoch(), log.cut()), (0, 0, None));
        assert_eq!(log.reader().root_at(0).unwrap(), Some(log.root()));
        assert_eq!(log.reader().root_at(1).unwrap(), None);
        assert!(damage(open(&MemoryStorage::default(), Some((0, [0; 32])))).contains("another root"));
    }

    #[test]
    fn what_was_appended_is_there_after_every_reopening_and_over_many_segments() {
        let disk = MemoryStorage::default();
        let mut head = None;
        for count in 1..12 {
            let mut log = open(&disk, head).unwrap();
            append(&mut log, count).unwrap();
            head = Some((log.size(), log.root()));
        }
        assert!(disk.files().len() > 4);
        let reader = open(&disk, head).unwrap().reader();
        let mut frontier = Frontier::new();
        for sequence in 0..=reader.size() {
            assert_eq!(reader.root_at(sequence).unwrap(), Some(frontier.root()));
            frontier.push(leaf_hash(&leaf(sequence)));
        }
    }

    #[test]
    fn a_scan_gives_the_entries_of_the_range_that_exist() {
        let (files, head) = written(&[5, 9, 1, 20]);
        let reader = opened(&files, head).unwrap().reader();
        for (from, to) in [(0, 35), (3, 4), (7, 29), (5, 5), (30, 99), (99, 100), (9, 2)] {
            let mut got = Vec::new();
            let visit = |sequence, bytes: &[u8], _: &[u8]| -> Result<(), Fault> {
                assert_eq!(bytes, leaf(sequence));
                got.push(sequence);
                Ok(())
            };
            reader.scan(from, to, visit).unwrap();
            assert_eq!(got, (from..to.min(35)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn frames_of_all_sizes_round_trip_and_larger_ones_are_refused() {
        let disk = MemoryStorage::default();
        let mut log = open(&disk, None).unwrap();
        let sizes = [(0, 0), (0, 1), (1, 127), (2, 128), (3, 20_000), (SCAN_BYTES as usize + 1, 0), (MAX_FRAME - 3, 0)];
        let frames: Vec<Frame> = sizes.iter().map(|(leaf, sidecar)| (vec![1; *leaf], vec![2; *sidecar])).collect();
        let borrowed: Vec<_> = frames.iter().map(|(leaf, sidecar)| (leaf.as_slice(), sidecar.as_slice())).collect();
        log.append(0, 0, &borrowed).unwrap();
        let mut got = Vec::new();
        Log::open::<Fault>(Arc::new(disk), SETTINGS, None, |_, leaf, sidecar| {
            got.push((leaf.to_vec(), sidecar.to_vec()));
            Ok(())
        })
        .unwrap();
        assert_eq!(got, frames);
        let mut scanned = Vec::new();
        let visit = |_, leaf: &[u8], sidecar: &[u8]| -> Result<(), Fault> {
            scanned.push((leaf.to_vec(), sidecar.to_vec()));
            Ok(())
        };
        log.reader().scan(0, 99, visit).unwrap();
        assert_eq!(scanned, frames);
        let large = vec![0; MAX_FRAME - 2];
        assert_eq!(log.append(0, 7, &[(&large, &[])]), Err(AppendError::TooLarge { bytes: MAX_FRAME + 1 }));
        log.append(0, 7, &[(&large[1..], &[])]).unwrap();
    }

    #[test]
    fn a_writer_that_did_not_see_the_last_append_or_has_an_old_epoch_conflicts() {
        let disk = MemoryStorage::default();
        let mut log = open(&disk, None).unwrap();
        append(&mut log, 2).unwrap();
        let frames: [(&[u8], &[u8]); 1] = [(b"entry", b"")];
        for expected in [0, 1, 3] {
            assert_eq!(log.append(0, expected, &frames), Err(AppendError::Conflict { size: 2, epoch: 0 }));
        }
        log.append(5, 2, &[(&leaf(2), &sidecar(2))]).unwrap();
        assert_eq!(log.append(4, 3, &frames), Err(AppendError::Conflict { size: 3, epoch: 5 }));
        let mut log = open(&disk, None).unwrap();
        assert_eq!(log.append(4, 3, &frames), Err(AppendError::Conflict { size: 3, epoch: 5 }));
        append(&mut log, 1).unwrap();
    }

    #[test]
    fn a_newer_epoch_replaces_a_segment_that_is_still_empty() {
        let disk = MemoryStorage::default();
        let mut log = open(&disk, None).unwrap();
        disk.fail_after(4, Failure::Before);
        append(&mut log, 1).unwrap_err();
        let disk = MemoryStorage::with(disk.files());
        assert_eq!(disk.files().len(), 1);
        let mut log = open(&disk, None).unwrap();
        log.append(1, 0, &[(&leaf(0), &sidecar(0))]).unwrap();
        append(&mut log, 1).unwrap();
        assert_eq!((open(&disk, None).unwrap().epoch(), disk.files().len()), (1, 1));
    }

    #[test]
    fn a_tail_torn_at_any_byte_beyond_the_head_is_cut_and_reported() {
        let (before, head) = written(&[3, 2]);
        let (after, _) = written(&[3, 2, 4]);
        let name = "00000000000000000000.seg";
        for length in before[name].len()..after[name].len() {
            let mut files = after.clone();
            files.get_mut(name).unwrap().truncate(length);
            let disk = MemoryStorage::with(files);
            let mut log = open(&disk, head).unwrap();
            let kept = disk.files()[name].len();
            assert_eq!(log.cut().map_or(length, |cut| cut.offset as usize), kept);
            assert_eq!(log.cut().map_or(0, |cut| cut.bytes as usize), length - kept);
            append(&mut log, 2).unwrap();
            assert_eq!(open(&disk, head).unwrap().cut(), None);
        }
    }

    #[test]
    fn a_log_cut_at_any_byte_below_the_head_does_not_open() {
        let (files, head) = written(&[3, 6, 6, 6]);
        assert!(files.len() >= 2);
        for (name, bytes) in &files {
            for length in 0..bytes.len() {
                let mut files = files.clone();
                files.get_mut(name).unwrap().truncate(length);
                damage(opened(&files, head));
            }
        }
    }

    #[test]
    fn every_flipped_bit_below_the_head_is_named() {
        let (files, head) = written(&[3, 6, 6, 6]);
        assert!((2..=3).contains(&files.len()));
        for (name, bytes) in &files {
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut files = files.clone();
                    files.get_mut(name).unwrap()[at] ^= 1 << bit;
                    let text = damage(opened(&files, head));
                    assert!(text.contains(name), "byte {at} of {name}: {text}");
                }
            }
        }
    }

    #[test]
    fn without_a_head_every_flipped_bit_is_named_or_its_append_is_cut_if_it_is_the_last() {
        let (files, _) = written(&[3, 6, 6, 6]);
        let last = files.keys().last().unwrap();
        for (name, bytes) in &files {
            for at in 0..bytes.len() {
                let mut changed = files.clone();
                changed.get_mut(name).unwrap()[at] ^= 0x10;
                match opened(&changed, None) {
                    Ok(log) => {
                        assert!(name == last && log.size() >= 15 && log.cut().is_some(), "byte {at} of {name}");
                    }
                    Err(Fault::Damage(text)) => assert!(text.contains(name), "{text}"),
                    Err(fault) => panic!("{fault}"),
                }
            }
        }
    }

    #[test]
    fn the_frames_of_one_append_may_reach_the_disk_in_any_order() {
        let (before, head) = written(&[3]);
        let (files, _) = written(&[3, 5]);
        let name = "00000000000000000000.seg";
        for hole in before[name].len()..files[name].len() - 10 {
            let mut files = files.clone();
            files.get_mut(name).unwrap()[hole..hole + 10].fill(0);
            let log = opened(&files, head).unwrap();
            assert!((3..8).contains(&log.size()) && log.cut().is_some(), "hole at {hole}");
        }
    }

    #[test]
    fn damage_beyond_the_head_is_no_torn_tail_if_a_later_append_follows() {
        let (files, _) = written(&[3, 2, 2]);
        let (_, head) = written(&[3]);
        let (start, _) = written(&[3]);
        let name = "00000000000000000000.seg";
        let mut files = files.clone();
        files.get_mut(name).unwrap()[start[name].len() + 12] ^= 1;
        let text = damage(opened(&files, head));
        assert_eq!(
            text,
            format!(
                "Journal segment {name}, entry 3 at byte {}: the frame is damaged, and later entries follow",
                start[name].len()
            )
        );
    }

    #[test]
    fn a_missing_segment_is_named() {
        let (files, head) = written(&[10, 10, 10, 10]);
        let names: Vec<_> = files.keys().cloned().collect();
        for name in &names {
            let mut files = files.clone();
            files.remove(name);
            assert!(damage(opened(&files, head)).contains("missing"));
            let is_last = Some(name) == names.last();
            assert_eq!(opened(&files, None).is_ok(), is_last, "without a head a missing end cannot be seen");
        }
    }

    #[test]
    fn a_lost_end_says_which_entries_are_missing() {
        let (files, _) = written(&[3]);
        let (_, head) = written(&[3, 4]);
        assert_eq!(damage(opened(&files, head)), "Journal: entries 3 to 6 that were acknowledged are missing at the end");
    }

    #[test]
    fn another_history_under_the_signed_head_is_found() {
        let (files, head) = written(&[3, 4]);
        let head = head.map(|(size, mut root)| {
            root[0] ^= 1;
            (size, root)
        });
        assert!(damage(opened(&files, head)).contains("not those of the signed head"));
    }

    #[test]
    fn a_copied_frame_is_not_taken_for_an_entry() {
        let (one, head) = written(&[3, 1]);
        let (two, _) = written(&[3]);
        let name = "00000000000000000000.seg";
        let copy = one[name][two[name].len()..].to_vec();
        let mut files = one.clone();
        files.get_mut(name).unwrap().extend(&copy);
        assert_eq!(opened(&files, head).unwrap().cut().unwrap().sequence, 4);
        let (_, longer) = written(&[3, 2]);
        assert!(damage(opened(&files, longer)).contains("entry 4"));
    }

    #[test]
    fn a_copied_or_foreign_segment_is_refused() {
        let (files, head) = written(&[10, 10, 10]);
        let (last, bytes) = files.last_key_value().unwrap();
        let mut copied = files.clone();
        copied.insert(segment_name(25), bytes.clone());
        assert!(damage(opened(&copied, head)).contains("is a copy"));
        let mut repeated = files.clone();
        repeated.insert(segment_name(1), bytes.clone());
        damage(opened(&repeated, head));
        let other_ledger = LogSettings { ledger_id: [8; 32], ..SETTINGS };
        let other_log = LogSettings { kind: LogKind::Records, ..SETTINGS };
        for (settings, why) in [(other_ledger, "another ledger"), (other_log, "another log")] {
            assert!(damage(open_with(&MemoryStorage::with(files.clone()), settings, None)).contains(why));
            let disk = MemoryStorage::default();
            let mut log = open_with(&disk, settings, None).unwrap();
            (0..3).for_each(|_| append(&mut log, 10).unwrap());
            let mut mixed = files.clone();
            mixed.insert(last.clone(), disk.files()[last].clone());
            assert!(damage(opened(&mixed, head)).contains(why));
        }
    }

    #[test]
    fn after_the_first_failure_the_log_takes_nothing_more_and_a_restart_keeps_what_was_acknowledged() {
        for failure in [Failure::Before, Failure::Torn, Failure::After] {
            for step in 0.. {
                let disk = MemoryStorage::default();
                let mut log = open(&disk, None).unwrap();
                disk.fail_after(step, failure);
                let mut head = (0, log.root());
                while log.size() < 40 && append(&mut log, 3).is_ok() {
                    head = (log.size(), log.root());
                }
                if log.size() >= 40 {
                    assert!(step > 20 && !disk.has_failed());
                    break;
                }
                assert_eq!(append(&mut log, 1), Err(AppendError::Fault(Fault::Poisoned)));
                assert_eq!(log.reader().size(), head.0);
                for files in [disk.files(), disk.synced_files()] {
                    let disk = MemoryStorage::with(files);
                    append(&mut open(&disk, Some(head)).unwrap(), 1).unwrap();
                    open(&disk, Some(head)).unwrap();
                }
            }
        }
    }

    #[test]
    fn a_base_that_fails_at_any_step_leaves_the_old_log_or_the_new_one() {
        let settings = LogSettings { kind: LogKind::Records, ..SETTINGS };
        let contents = |files: Files| {
            let mut got = Vec::new();
            let visit = |sequence, leaf: &[u8], _: &[u8]| -> Result<(), Fault> {
                got.push((sequence, leaf.to_vec()));
                Ok(())
            };
            let mut log = Log::open(Arc::new(MemoryStorage::with(files)), settings, None, visit).unwrap();
            log.append(log.epoch() + 1, log.size(), &[(b"next", b"")]).unwrap();
            got
        };
        for failure in [Failure::Before, Failure::Torn, Failure::After] {
            for step in 0.. {
                let disk = MemoryStorage::default();
                let mut log = open_with(&disk, settings, None).unwrap();
                (0..3).for_each(|_| append(&mut log, 10).unwrap());
                let old = contents(disk.files());
                disk.fail_after(step, failure);
                let replaced = log.replace_all(&mut [Ok(b"a".to_vec()), Ok(b"b".to_vec())].into_iter());
                let new = vec![(30, b"a".to_vec()), (31, b"b".to_vec())];
                for files in [disk.files(), disk.synced_files()] {
                    let got = contents(files);
                    assert!(got == new || (replaced.is_err() && got == old), "{failure:?} at {step}");
                }
                if replaced.is_ok() {
                    assert_eq!(disk.files().len(), 1);
                    assert_eq!((log.reader().first(), log.size()), (30, 32));
                    assert_eq!(log.reader().read(29).unwrap(), None);
                    assert_eq!(log.reader().root_at(32).unwrap(), Some(log.root()));
                    break;
                }
            }
        }
    }

    #[test]
    fn an_empty_base_stays_a_base_when_the_epoch_changes() {
        let settings = LogSettings { kind: LogKind::Records, ..SETTINGS };
        let disk = MemoryStorage::default();
        let mut log = open_with(&disk, settings, None).unwrap();
        append(&mut log, 3).unwrap();
        log.replace_all(&mut std::iter::empty()).unwrap();
        log.append(1, 3, &[(b"next", b"")]).unwrap();
        let log = Log::open::<Fault>(Arc::new(disk), settings, None, |_, _, _| Ok(())).unwrap();
        assert_eq!((log.reader().first(), log.size(), log.epoch()), (3, 4, 1));
    }

    #[test]
    fn readers_on_other_threads_see_whole_durable_frames_only() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Arc::new(DiskStorage::open(directory.path()).unwrap());
        let mut log = Log::open::<Fault>(storage, SETTINGS, None, |_, _, _| Ok(())).unwrap();
        let reader = log.reader();
        let reading = std::thread::spawn(move || {
            while reader.size() < 200 {
                if let Some(last) = reader.size().checked_sub(1) {
                    assert_eq!(reader.read(last).unwrap(), Some((leaf(last), sidecar(last))));
                }
            }
        });
        while log.size() < 200 {
            append(&mut log, 5).unwrap();
        }
        reading.join().unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_appends_and_any_cut_beyond_the_head_reopen(appends in prop::collection::vec(1u64..9, 1..9), last in 1u64..9, cut: u16) {
            let (before, head) = written(&appends);
            let (mut files, _) = written(&[appends.as_slice(), &[last]].concat());
            let (name, bytes) = files.iter_mut().next_back().unwrap();
            let least = before.get(name).map_or(bytes.len().min(HEADER_BYTES + 8 + 64 * 32), Vec::len);
            let length = least + usize::from(cut) % (bytes.len() - least + 1);
            bytes.truncate(length);
            let log = opened(&files, head).unwrap();
            prop_assert!(log.size() >= head.unwrap().0);
        }

        #[test]
        fn no_bytes_make_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Header::decode(&bytes);
            let _ = decode_any_frame(&bytes);
            let _ = opened(&Files::from([(segment_name(0), bytes)]), None);
        }
    }
}
