//! A disk in memory that is as bad as a real one is allowed to be.
//!
//! Of every file it keeps what was written (what any process reads) apart from what has reached the disk (what is there after a power
//! cut), page by page; of every directory the names apart from the names that were synced. Every change is a step with a number, and
//! each step can fail in each way that a step of its kind fails in. What POSIX does not promise is not kept:
//!
//! - unsynced pages reach the disk or not, in any order, or torn at a sector; a file's length likewise;
//! - unsynced names likewise, a rename as a whole;
//! - **after a sync that failed, the pages that it gave up count as clean**: reads still see them, a second sync does not write them,
//!   a power cut takes them (Linux does so);
//! - a kill loses nothing of what was written, and makes nothing of it durable either.

#![allow(dead_code)]

use crate::dice::Dice;
use ledger::fault::Fault;
use ledger::storage::{AppendFile, Folder, Storage};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// What the kernel writes at once.
const PAGE: usize = 4_096;
/// What the disk writes at once.
const SECTOR: usize = 512;

/// How one step fails.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Failure {
    /// It is not done.
    NotDone,
    /// A half of it is done: of the bytes, or of the names.
    HalfDone,
    /// It is done, and answered with an error.
    Unanswered,
    /// There is no room, now and later.
    Full,
    /// Some first bytes are written.
    Short,
    /// EIO at a sync: some pages have reached the disk, the others are given up and count as clean.
    GivenUp,
    /// The process dies in the midst of it, and does nothing more.
    Death,
}

impl Failure {
    /// Every way to fail and to go on.
    pub const ALL: [Failure; 6] =
        [Failure::NotDone, Failure::HalfDone, Failure::Unanswered, Failure::Full, Failure::Short, Failure::GivenUp];

    /// Whether a step of this kind fails in this way.
    pub fn befalls(self, step: Step) -> bool {
        match self {
            Failure::NotDone | Failure::Unanswered | Failure::Death => true,
            Failure::HalfDone => matches!(step, Step::Write | Step::Overwrite | Step::SyncNames),
            Failure::Full => matches!(step, Step::Write | Step::Create | Step::MakeDirectory),
            Failure::Short => matches!(step, Step::Write | Step::Overwrite),
            Failure::GivenUp => step == Step::Sync,
        }
    }
}

/// A change of the disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    MakeDirectory,
    Create,
    Write,
    Overwrite,
    Resize,
    Sync,
    Rename,
    Remove,
    SyncNames,
}

/// How far a step goes.
enum Extent {
    Whole,
    /// So many bytes.
    First(usize),
    /// Some names, or some pages while the others are given up.
    Some,
}

#[derive(Clone, Default)]
struct File {
    /// What reads see.
    written: Vec<u8>,
    /// What has reached the disk.
    durable: Vec<u8>,
    /// The pages that the next sync writes.
    dirty: BTreeSet<usize>,
}

/// A page of a file, as long as a page whatever the file's length.
fn page(bytes: &[u8], number: usize) -> [u8; PAGE] {
    let mut page = [0; PAGE];
    let rest = bytes.get(number * PAGE..).unwrap_or_default();
    let length = rest.len().min(PAGE);
    page[..length].copy_from_slice(&rest[..length]);
    page
}

impl File {
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        self.written.resize(self.written.len().max(end), 0);
        self.written[offset..end].copy_from_slice(bytes);
        if end > offset {
            self.dirty.extend(offset / PAGE..=(end - 1) / PAGE);
        }
    }

    fn resize(&mut self, length: usize) {
        self.written.resize(length, 0);
        self.dirty.insert(length / PAGE);
    }

    fn reach(&mut self, number: usize, content: &[u8; PAGE]) {
        let start = number * PAGE;
        if start >= self.durable.len() {
            return;
        }
        let end = self.durable.len().min(start + PAGE);
        self.durable[start..end].copy_from_slice(&content[..end - start]);
    }

    fn sync(&mut self) {
        self.durable.resize(self.written.len(), 0);
        for number in std::mem::take(&mut self.dirty) {
            let content = page(&self.written, number);
            self.reach(number, &content);
        }
    }

    fn give_up(&mut self, dice: &mut Dice) {
        if dice.chance(50) {
            self.durable.resize(self.written.len(), 0);
        }
        for number in std::mem::take(&mut self.dirty) {
            if dice.chance(50) {
                let content = page(&self.written, number);
                self.reach(number, &content);
            }
        }
    }

    /// What is there after a power cut.
    fn cut(&self, dice: &mut Dice) -> File {
        let mut found = self.clone();
        let (old, new) = (self.durable.len(), self.written.len());
        let length = match dice.below(3) {
            0 => old,
            1 => new,
            _ => old.min(new) + dice.below(old.abs_diff(new) as u64 + 1) as usize,
        };
        found.durable.resize(length, 0);
        for number in &self.dirty {
            let (before, after) = (page(&self.durable, *number), page(&self.written, *number));
            let mut content = before;
            let whole = dice.below(3);
            for sector in (0..PAGE).step_by(SECTOR) {
                if whole == 1 || (whole == 2 && dice.chance(50)) {
                    content[sector..sector + SECTOR].copy_from_slice(&after[sector..sector + SECTOR]);
                }
            }
            found.reach(*number, &content);
        }
        File { written: found.durable.clone(), durable: found.durable, dirty: BTreeSet::new() }
    }
}

type Inode = usize;

#[derive(Clone, Debug)]
enum NameChange {
    Link(String, Inode),
    Unlink(String),
    Rename(String, String, Inode),
}

#[derive(Clone, Default)]
struct Names {
    written: BTreeMap<String, Inode>,
    durable: BTreeMap<String, Inode>,
    pending: Vec<NameChange>,
}

impl Names {
    fn change(&mut self, change: NameChange) {
        apply(&mut self.written, &change);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        self.durable = self.written.clone();
        self.pending.clear();
    }

    /// Some of the changes reach the disk.
    fn sync_some(&mut self, dice: &mut Dice) {
        let Names { durable, pending, .. } = self;
        pending.retain(|change| {
            let reaches = dice.chance(50);
            if reaches {
                apply(durable, change);
            }
            !reaches
        });
    }

    fn cut(&self, dice: &mut Dice) -> Names {
        let mut found = self.clone();
        match dice.below(3) {
            0 => {}
            1 => found.sync(),
            _ => found.sync_some(dice),
        }
        Names { written: found.durable.clone(), durable: found.durable, pending: Vec::new() }
    }
}

fn apply(names: &mut BTreeMap<String, Inode>, change: &NameChange) {
    match change {
        NameChange::Link(name, inode) => drop(names.insert(name.clone(), *inode)),
        NameChange::Unlink(name) => drop(names.remove(name)),
        NameChange::Rename(from, to, inode) => {
            if names.get(from) == Some(inode) {
                names.remove(from);
            }
            names.insert(to.clone(), *inode);
        }
    }
}

#[derive(Clone)]
struct Disk {
    directories: BTreeMap<String, Names>,
    files: Vec<File>,
    trace: Vec<(Step, String)>,
    planned: Option<(usize, Failure)>,
    full: bool,
    dead: bool,
    dice: Dice,
}

/// A handle to a disk; clones share it.
#[derive(Clone)]
pub struct SimDisk(Arc<Mutex<Disk>>);

impl SimDisk {
    /// An empty disk, whose accidents follow from the seed.
    pub fn new(seed: u64) -> SimDisk {
        let (directories, files, trace) = (BTreeMap::new(), Vec::new(), Vec::new());
        SimDisk::of(Disk { directories, files, trace, planned: None, full: false, dead: false, dice: Dice(seed) })
    }

    fn of(disk: Disk) -> SimDisk {
        SimDisk(Arc::new(Mutex::new(disk)))
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }

    /// How many steps there were.
    pub fn steps(&self) -> usize {
        self.lock().trace.len()
    }

    /// Every step so far, with the file that it changed.
    pub fn trace(&self) -> Vec<(Step, String)> {
        self.lock().trace.clone()
    }

    /// Lets the step of this number fail, if its kind can.
    pub fn fail_at(&self, step: usize, failure: Failure) {
        self.lock().planned = Some((step, failure));
    }

    /// There is room again.
    pub fn make_room(&self) {
        self.lock().full = false;
    }

    /// Whether there is no room.
    pub fn is_full(&self) -> bool {
        self.lock().full
    }

    /// The same content on a disk of its own, with other accidents.
    pub fn copy(&self, seed: u64) -> SimDisk {
        let mut disk = self.lock().clone();
        disk.dice = Dice(seed);
        SimDisk::of(disk)
    }

    /// What the next process finds after this one was killed: all that was written, durable or not. Whoever still holds the old disk
    /// changes nothing more.
    pub fn killed(&self, seed: u64) -> SimDisk {
        let next = self.copy(seed);
        let mut disk = next.lock();
        (disk.planned, disk.dead) = (None, false);
        disk.trace.clear();
        drop(disk);
        self.lock().dead = true;
        next
    }

    /// What the next process finds after a power cut.
    pub fn cut(&self, seed: u64) -> SimDisk {
        let next = self.killed(seed);
        let mut disk = next.lock();
        let Disk { directories, files, dice, .. } = &mut *disk;
        directories.values_mut().for_each(|names| *names = names.cut(dice));
        files.iter_mut().for_each(|file| *file = file.cut(dice));
        drop(disk);
        next
    }

    /// The files of a directory as they read.
    pub fn files(&self, directory: &str) -> BTreeMap<String, Vec<u8>> {
        let disk = self.lock();
        let names = disk.directories.get(directory).cloned().unwrap_or_default().written;
        names.into_iter().map(|(name, inode)| (name, disk.files[inode].written.clone())).collect()
    }

    /// Does a step, or fails as was planned. `size` is what it has of bytes.
    fn step(&self, step: Step, name: &str, size: usize, effect: impl FnOnce(&mut Disk, Extent)) -> Result<(), Fault> {
        let mut disk = self.lock();
        let what = format!("{step:?} {name}");
        let fault = |message: &str| Err(Fault::Io { what: what.clone(), message: message.to_owned() });
        if disk.dead {
            return fault("the process is dead");
        }
        let number = disk.trace.len();
        disk.trace.push((step, name.to_owned()));
        let planned = disk.planned.filter(|(at, failure)| *at == number && failure.befalls(step)).map(|(_, failure)| failure);
        let room = !(disk.full && Failure::Full.befalls(step));
        let some = disk.dice.below(size as u64 + 1) as usize;
        match planned.or((!room).then_some(Failure::Full)) {
            None => effect(&mut disk, Extent::Whole),
            Some(Failure::NotDone) => return fault("injected: not done"),
            Some(Failure::HalfDone) => {
                effect(&mut disk, if step == Step::SyncNames { Extent::Some } else { Extent::First(size / 2) });
                return fault("injected: half done");
            }
            Some(Failure::Unanswered) => {
                effect(&mut disk, Extent::Whole);
                return fault("injected: done, and not answered");
            }
            Some(Failure::Full) => {
                disk.full = true;
                if step == Step::Write {
                    effect(&mut disk, Extent::First(some));
                }
                return Err(Fault::io(what, &io::ErrorKind::StorageFull.into()));
            }
            Some(Failure::Short) => {
                effect(&mut disk, Extent::First(some));
                return fault("injected: short write");
            }
            Some(Failure::GivenUp) => {
                effect(&mut disk, Extent::Some);
                return Err(Fault::io(what, &io::Error::from_raw_os_error(5)));
            }
            Some(Failure::Death) => {
                disk.dead = true;
                if matches!(step, Step::Write | Step::Overwrite) {
                    effect(&mut disk, Extent::First(some));
                } else if step == Step::SyncNames || (step == Step::Sync && disk.dice.chance(50)) {
                    effect(&mut disk, Extent::Some);
                }
                return fault("the process died");
            }
        }
        Ok(())
    }
}

impl Folder for SimDisk {
    fn open(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        let storage = SimStorage { disk: self.clone(), directory: name.to_owned() };
        if !self.lock().directories.contains_key(name) {
            self.step(Step::MakeDirectory, name, 0, |disk, _| drop(disk.directories.insert(name.to_owned(), Names::default())))?;
        }
        Ok(Arc::new(storage))
    }
}

/// One directory of the disk.
struct SimStorage {
    disk: SimDisk,
    directory: String,
}

impl SimStorage {
    fn inode(&self, name: &str) -> Result<Inode, Fault> {
        let missing = || Fault::io(format!("open {name}"), &io::ErrorKind::NotFound.into());
        self.disk.lock().directories[&self.directory].written.get(name).copied().ok_or_else(missing)
    }

    fn names<'d>(&self, disk: &'d mut Disk) -> &'d mut Names {
        disk.directories.get_mut(&self.directory).unwrap()
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.directory)
    }

    fn file(&self, name: &str, inode: Inode) -> Box<SimFile> {
        Box::new(SimFile { disk: self.disk.clone(), path: self.path(name), inode })
    }
}

impl Storage for SimStorage {
    fn list(&self) -> Result<Vec<String>, Fault> {
        Ok(self.disk.lock().directories[&self.directory].written.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.inode(name).ok().map(|inode| self.disk.lock().files[inode].written.clone()))
    }

    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, Fault> {
        let inode = self.inode(name)?;
        let disk = self.disk.lock();
        let rest = disk.files[inode].written.get(offset as usize..).unwrap_or_default();
        Ok(rest[..length.min(rest.len())].to_vec())
    }

    fn create(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        self.disk.step(Step::Create, &self.path(name), 0, |disk, _| match self.names(disk).written.get(name).copied() {
            // As `open` with O_TRUNC: the same file, without its bytes.
            Some(inode) => disk.files[inode].resize(0),
            None => {
                disk.files.push(File::default());
                let inode = disk.files.len() - 1;
                self.names(disk).change(NameChange::Link(name.to_owned(), inode));
            }
        })?;
        Ok(self.file(name, self.inode(name)?))
    }

    fn append(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        Ok(self.file(name, self.inode(name)?))
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), Fault> {
        let mut file = self.file(name, self.inode(name)?);
        self.disk.step(Step::Resize, &file.path, 0, |disk, _| disk.files[file.inode].resize(length as usize))?;
        file.sync_data()
    }

    fn overwrite(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), Fault> {
        let mut file = self.file(name, self.inode(name)?);
        self.disk.step(Step::Overwrite, &file.path, bytes.len(), |disk, extent| {
            disk.files[file.inode].write(offset as usize, first(bytes, &extent));
        })?;
        file.sync_data()
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        let inode = self.inode(from)?;
        self.disk.step(Step::Rename, &self.path(from), 0, |disk, _| {
            self.names(disk).change(NameChange::Rename(from.to_owned(), to.to_owned(), inode));
        })
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        self.inode(name)?;
        self.disk.step(Step::Remove, &self.path(name), 0, |disk, _| {
            self.names(disk).change(NameChange::Unlink(name.to_owned()));
        })
    }

    fn sync_dir(&self) -> Result<(), Fault> {
        self.disk.step(Step::SyncNames, &self.path(""), 0, |disk, extent| {
            let Disk { directories, dice, .. } = disk;
            let names = directories.get_mut(&self.directory).unwrap();
            match extent {
                Extent::Some => names.sync_some(dice),
                _ => names.sync(),
            }
        })
    }
}

fn first<'b>(bytes: &'b [u8], extent: &Extent) -> &'b [u8] {
    match extent {
        Extent::First(count) => &bytes[..*count],
        _ => bytes,
    }
}

struct SimFile {
    disk: SimDisk,
    path: String,
    inode: Inode,
}

impl AppendFile for SimFile {
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.disk.step(Step::Write, &self.path, bytes.len(), |disk, extent| {
            let file = &mut disk.files[self.inode];
            file.write(file.written.len(), first(bytes, &extent));
        })
    }

    fn sync_data(&mut self) -> Result<(), Fault> {
        self.disk.step(Step::Sync, &self.path, 0, |disk, extent| {
            let Disk { files, dice, .. } = disk;
            match extent {
                Extent::Some => files[self.inode].give_up(dice),
                _ => files[self.inode].sync(),
            }
        })
    }
}
