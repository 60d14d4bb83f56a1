//! The only door to files.
//!
//! Everything durable goes through [`Storage`], one directory at a time, in steps small enough that a test can fail,
//! tear or lose each of them: that is how the claim "acknowledged means on disk" is checked rather than believed.
//! [`DiskStorage`] is the real one; the tests have one in memory that forgets, like a disk, whatever was not synced.
//!
//! What POSIX promises, and all that is relied on: bytes are durable after `fdatasync` of their file; a name (created,
//! renamed or removed) is durable after `fsync` of its directory; a rename is atomic. Nothing is promised about the
//! order in which unsynced bytes reach the disk, nor that a failed sync can be repeated: Linux takes the pages that it
//! could not write for clean, so that they are read, and gone after a power cut. What a process before this one wrote is
//! therefore durable for certain only once it has been written and synced again.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::fault::Fault;

/// The most files kept open for reading per directory: far below the usual limit of 1,024 per process.
const MAX_OPEN_FILES: usize = 64;

/// The suffix of a file that is not complete yet; whoever finds one after a restart may remove it.
pub const TEMPORARY: &str = ".tmp";

/// The name of the file that is locked while a directory is open.
const LOCK: &str = "lock";

/// One directory of files. Names have no separators.
///
/// Every method answers [`Fault::Io`] when the operating system refuses.
pub trait Storage: Send + Sync {
    /// The names of the files, sorted.
    fn list(&self) -> Result<Vec<String>, Fault>;

    /// A whole file; `None` if there is none of this name.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault>;

    /// `length` bytes from `offset`, fewer only where the file ends.
    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, Fault>;

    /// The length of a file in bytes; 0 if there is none of this name.
    fn length(&self, name: &str) -> Result<u64, Fault> {
        Ok(self.read(name)?.map_or(0, |bytes| bytes.len() as u64))
    }

    /// A new empty file, in place of any of this name. Its name is durable after [`Storage::sync_dir`].
    fn create(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault>;

    /// An existing file, to be continued at its end.
    fn append(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault>;

    /// Cuts a file to `length` bytes, durably.
    fn truncate(&self, name: &str, length: u64) -> Result<(), Fault>;

    /// Writes over what is at `offset` of an existing file, durably. Neither atomic nor growing: for small files of fixed
    /// size with a checksum, of which there are two in turn, and to write what is there once more.
    fn overwrite(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), Fault>;

    /// Gives a file another name, atomically, in place of any of that name; durable after [`Storage::sync_dir`].
    fn rename(&self, from: &str, to: &str) -> Result<(), Fault>;

    /// Removes a file; durable after [`Storage::sync_dir`].
    fn remove(&self, name: &str) -> Result<(), Fault>;

    /// Makes every creation, rename and removal so far durable.
    fn sync_dir(&self) -> Result<(), Fault>;

    /// Removes files that were never finished: what a crash or a full disk left.
    fn remove_unfinished(&self) -> Result<(), Fault> {
        self.list()?.iter().filter(|name| name.ends_with(TEMPORARY)).try_for_each(|name| self.remove(name))
    }

    /// Writes a whole file, atomically and durably: after a crash at any point there is the old one or the new one.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let temporary = format!("{name}{TEMPORARY}");
        let mut file = self.create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        // The new bytes are durable under a name that nobody reads: a crash here changes nothing.
        self.rename(&temporary, name)?;
        // A crash here leaves the old file or the new one, whole.
        self.sync_dir()
    }
}

/// Where the directories of a ledger are opened.
pub trait Folder: Send + Sync {
    /// The files in one directory of the folder, made durably if it is not there; "" is the folder itself.
    fn open(&self, name: &str) -> Result<Arc<dyn Storage>, Fault>;
}

/// A folder of the file system.
pub struct DiskFolder(PathBuf);

impl DiskFolder {
    /// The folder at a path, which need not be there yet.
    pub fn new(path: &Path) -> DiskFolder {
        DiskFolder(path.to_owned())
    }
}

impl Folder for DiskFolder {
    fn open(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        let storage = DiskStorage::open(&self.0.join(name))?;
        // Also if it was there: who made it may have been killed before its name was durable.
        let synced = File::open(&self.0).and_then(|folder| folder.sync_all());
        synced.map_err(|error| Fault::io(format!("sync {}", self.0.display()), &error))?;
        Ok(Arc::new(storage))
    }
}

/// A folder of the file system that is only looked at: nothing in it is made, locked or changed, so that it may be in use meanwhile, or
/// lie on storage that cannot be written to. A directory that is not there is an empty one.
pub struct LookedAt(PathBuf);

impl LookedAt {
    /// The folder at a path.
    pub fn new(path: &Path) -> LookedAt {
        LookedAt(path.to_owned())
    }
}

impl Folder for LookedAt {
    fn open(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        let (readers, writers) = Default::default();
        Ok(ReadOnly::tolerant(Arc::new(DiskStorage { directory: self.0.join(name), readers, writers, lock: None })))
    }
}

/// Files that stay as they are, for whoever only looks: an audit, or a start that does not know yet whether it may repair.
pub struct ReadOnly {
    storage: Arc<dyn Storage>,
    tail_is_finding: bool,
}

impl ReadOnly {
    /// A file that would have to be cut is a fault.
    pub fn strict(storage: Arc<dyn Storage>) -> Arc<dyn Storage> {
        Arc::new(ReadOnly { storage, tail_is_finding: true })
    }

    /// A file that would have to be cut is read up to there, and left as it is: who looks so looks again.
    pub fn tolerant(storage: Arc<dyn Storage>) -> Arc<dyn Storage> {
        Arc::new(ReadOnly { storage, tail_is_finding: false })
    }

    fn refuse<T>(name: &str) -> Result<T, Fault> {
        Err(Fault::Damage(format!("{name} was to be written to, and was opened to be read only")))
    }
}

impl Storage for ReadOnly {
    fn list(&self) -> Result<Vec<String>, Fault> {
        self.storage.list()
    }
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.storage.read(name)
    }
    fn length(&self, name: &str) -> Result<u64, Fault> {
        self.storage.length(name)
    }
    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, Fault> {
        self.storage.read_at(name, offset, length)
    }
    fn create(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        ReadOnly::refuse(name)
    }
    fn append(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        ReadOnly::refuse(name)
    }
    fn truncate(&self, name: &str, length: u64) -> Result<(), Fault> {
        if self.tail_is_finding {
            let what =
                format!("{name} ends at byte {length} in an unfinished append, which only a start of the node may cut off");
            return Err(Fault::Damage(what));
        }
        Ok(())
    }
    /// The same bytes once more change nothing, and are not written.
    fn overwrite(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), Fault> {
        if self.storage.read_at(name, offset, bytes.len())? == bytes { Ok(()) } else { ReadOnly::refuse(name) }
    }
    fn rename(&self, from: &str, _: &str) -> Result<(), Fault> {
        ReadOnly::refuse(from)
    }
    /// What was never finished may stay, and for the tolerant what another file has replaced: the next start of the node removes it.
    fn remove(&self, name: &str) -> Result<(), Fault> {
        if !self.tail_is_finding || name.ends_with(TEMPORARY) { Ok(()) } else { ReadOnly::refuse(name) }
    }
    fn sync_dir(&self) -> Result<(), Fault> {
        Ok(())
    }
}

/// A file that only grows.
pub trait AppendFile: Send {
    /// Adds bytes at the end. After a failure, or without a sync, any part of them may be on disk.
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Fault>;

    /// `fdatasync`: what was written before is durable. After a failure it is unknown what is.
    fn sync_data(&mut self) -> Result<(), Fault>;
}

/// A directory of the file system, locked against other processes until dropped, unless it is only looked at.
#[derive(Debug)]
pub struct DiskStorage {
    directory: PathBuf,
    /// Files opened for reading, by name: reads at random positions are frequent, and opening costs more than reading.
    readers: Mutex<HashMap<String, Arc<File>>>,
    /// Files that are written over again and again: a flood of connections cannot take their descriptors away.
    writers: Mutex<HashMap<String, Arc<File>>>,
    /// Held for its lock; a directory that is only looked at has none.
    lock: Option<File>,
}

impl DiskStorage {
    /// Opens a directory, creating it if need be, and locks it.
    ///
    /// # Errors
    ///
    /// [`Fault::Locked`] if it is open already, in this process or another; [`Fault::Io`].
    pub fn open(directory: &Path) -> Result<DiskStorage, Fault> {
        let fault = |what: &str, error| Fault::io(format!("{what} {}", directory.display()), &error);
        create_durably(directory).map_err(|e| fault("create", e))?;
        let path = directory.join(LOCK);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let lock = lock.map_err(|e| fault("open the lock of", e))?;
        match lock.try_lock() {
            Ok(()) => Ok(DiskStorage {
                directory: directory.to_owned(),
                readers: Mutex::default(),
                writers: Mutex::default(),
                lock: Some(lock),
            }),
            Err(TryLockError::WouldBlock) => Err(Fault::Locked { directory: directory.display().to_string() }),
            Err(TryLockError::Error(error)) => Err(fault("lock", error)),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn fault(&self, what: &str, name: &str, error: &io::Error) -> Fault {
        Fault::io(format!("{what} {}", self.path(name).display()), error)
    }

    /// The file, opened for writing over it once.
    fn writer(&self, name: &str) -> io::Result<Arc<File>> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = writers.get(name) {
            return Ok(file.clone());
        }
        let file = Arc::new(OpenOptions::new().write(true).open(self.path(name))?);
        writers.insert(name.to_owned(), file.clone());
        Ok(file)
    }

    /// The file, opened for reading once.
    fn reader(&self, name: &str) -> io::Result<Arc<File>> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = readers.get(name) {
            return Ok(file.clone());
        }
        let file = Arc::new(File::open(self.path(name))?);
        if readers.len() >= MAX_OPEN_FILES {
            readers.clear();
        }
        readers.insert(name.to_owned(), file.clone());
        Ok(file)
    }

    /// Forgets an open file whose name is about to mean another one.
    fn forget(&self, name: &str) {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    fn open_to_append(&self, name: &str, what: &str, options: &OpenOptions) -> Result<Box<dyn AppendFile>, Fault> {
        let path = self.path(name);
        let file = options.open(&path).map_err(|e| self.fault(what, name, &e))?;
        Ok(Box::new(DiskFile { file, path }))
    }
}

/// Creates a directory and what is missing above it, for its owner alone: who pays whom is nobody else's business. Each name is durable before the next one hangs from it.
fn create_durably(directory: &Path) -> io::Result<()> {
    if directory.as_os_str().is_empty() || directory.exists() {
        return Ok(());
    }
    let parent = directory.parent().unwrap_or(Path::new(""));
    create_durably(parent)?;
    fs::DirBuilder::new().mode(0o700).create(directory)?;
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    File::open(parent)?.sync_all()
}

impl Storage for DiskStorage {
    fn list(&self) -> Result<Vec<String>, Fault> {
        let names = fs::read_dir(&self.directory).and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<io::Result<Vec<_>>>()
        });
        let mut names = match names {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.lock.is_none() => Vec::new(),
            names => names.map_err(|e| self.fault("list", "", &e))?,
        };
        names.retain(|name| name != LOCK);
        names.sort_unstable();
        Ok(names)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        match fs::read(self.path(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.fault("read", name, &error)),
        }
    }

    fn length(&self, name: &str) -> Result<u64, Fault> {
        match fs::metadata(self.path(name)) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(self.fault("measure", name, &error)),
        }
    }

    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, Fault> {
        let read = || -> io::Result<Vec<u8>> {
            let file = self.reader(name)?;
            let mut bytes = vec![0; length];
            let mut filled = 0;
            while filled < length {
                match file.read_at(&mut bytes[filled..], offset + filled as u64)? {
                    0 => break,
                    count => filled += count,
                }
            }
            bytes.truncate(filled);
            Ok(bytes)
        };
        read().map_err(|e| self.fault("read", name, &e))
    }

    fn create(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        self.forget(name);
        self.open_to_append(name, "create", OpenOptions::new().create(true).write(true).truncate(true))
    }

    fn append(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        self.open_to_append(name, "open", OpenOptions::new().append(true))
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), Fault> {
        let file = OpenOptions::new().write(true).open(self.path(name));
        let cut = file.and_then(|file| file.set_len(length).and_then(|()| file.sync_all()));
        cut.map_err(|e| self.fault("truncate", name, &e))
    }

    fn overwrite(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), Fault> {
        let written = self.writer(name).and_then(|file| file.write_all_at(bytes, offset).and_then(|()| file.sync_data()));
        written.map_err(|e| self.fault("overwrite", name, &e))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        self.forget(from);
        self.forget(to);
        fs::rename(self.path(from), self.path(to)).map_err(|e| self.fault("rename", from, &e))?;
        self.forget(to);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        self.forget(name);
        fs::remove_file(self.path(name)).map_err(|e| self.fault("remove", name, &e))
    }

    fn sync_dir(&self) -> Result<(), Fault> {
        let synced = File::open(&self.directory).and_then(|directory| directory.sync_all());
        synced.map_err(|e| self.fault("sync", "", &e))
    }
}

/// A file of a [`DiskStorage`].
struct DiskFile {
    file: File,
    path: PathBuf,
}

impl AppendFile for DiskFile {
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.file.write_all(bytes).map_err(|e| Fault::io(format!("write {}", self.path.display()), &e))
    }

    fn sync_data(&mut self) -> Result<(), Fault> {
        self.file.sync_data().map_err(|e| Fault::io(format!("sync {}", self.path.display()), &e))
    }
}

#[cfg(test)]
pub(crate) mod memory {
    //! A disk in memory that breaks on demand, and forgets at a power cut what was not synced.

    use super::*;
    use std::collections::BTreeMap;

    /// How the step that fails leaves the disk; every later step fails without an effect.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Failure {
        /// The step was not done.
        Before,
        /// Half of the bytes of a write were written; other steps were not done.
        Torn,
        /// The step was done, but answered with an error.
        After,
    }

    type Node = Arc<Mutex<Content>>;

    #[derive(Debug, Default)]
    struct Content {
        bytes: Vec<u8>,
        synced: Vec<u8>,
    }

    #[derive(Debug, Default)]
    struct Disk {
        names: BTreeMap<String, Node>,
        synced_names: BTreeMap<String, Node>,
        steps: usize,
        failure: Option<(usize, Failure)>,
    }

    /// A handle to a disk; clones share it.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct MemoryStorage(Arc<Mutex<Disk>>);

    impl MemoryStorage {
        /// A disk that holds these files, all durable.
        pub(crate) fn with(files: BTreeMap<String, Vec<u8>>) -> MemoryStorage {
            let disk = MemoryStorage::default();
            let node = |bytes: Vec<u8>| Arc::new(Mutex::new(Content { synced: bytes.clone(), bytes }));
            let names: BTreeMap<_, _> = files.into_iter().map(|(name, bytes)| (name, node(bytes))).collect();
            *disk.0.lock().unwrap() = Disk { synced_names: names.clone(), names, ..Disk::default() };
            disk
        }

        /// All files as they are: what a process finds after the one before was killed.
        pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
            let disk = self.0.lock().unwrap();
            disk.names.iter().map(|(name, node)| (name.clone(), node.lock().unwrap().bytes.clone())).collect()
        }

        /// What is certain after a power cut: synced bytes under synced names.
        pub(crate) fn synced_files(&self) -> BTreeMap<String, Vec<u8>> {
            let disk = self.0.lock().unwrap();
            disk.synced_names.iter().map(|(name, node)| (name.clone(), node.lock().unwrap().synced.clone())).collect()
        }

        /// Lets the step after `steps` more ones fail, and all after it.
        pub(crate) fn fail_after(&self, steps: usize, failure: Failure) {
            let mut disk = self.0.lock().unwrap();
            disk.failure = Some((disk.steps + steps, failure));
        }

        /// Whether the failure has happened.
        pub(crate) fn has_failed(&self) -> bool {
            let disk = self.0.lock().unwrap();
            disk.failure.is_some_and(|(at, _)| disk.steps > at)
        }

        /// Counts a changing step and does it, or fails as was asked. `effect` is told whether to tear.
        fn step<T>(&self, what: &str, effect: impl FnOnce(&mut Disk, bool) -> T) -> Result<T, Fault> {
            let mut disk = self.0.lock().unwrap();
            let step = disk.steps;
            disk.steps += 1;
            let fault = Fault::Io { what: what.to_owned(), message: "injected".to_owned() };
            match disk.failure {
                None => Ok(effect(&mut disk, false)),
                Some((at, _)) if step < at => Ok(effect(&mut disk, false)),
                Some((at, failure)) => {
                    if step == at && failure != Failure::Before {
                        effect(&mut disk, failure == Failure::Torn);
                    }
                    Err(fault)
                }
            }
        }

        fn node(&self, name: &str) -> Result<Node, Fault> {
            let missing = || Fault::io(format!("open {name}"), &io::ErrorKind::NotFound.into());
            self.0.lock().unwrap().names.get(name).cloned().ok_or_else(missing)
        }
    }

    impl Storage for MemoryStorage {
        fn list(&self) -> Result<Vec<String>, Fault> {
            Ok(self.0.lock().unwrap().names.keys().cloned().collect())
        }

        fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
            Ok(self.node(name).ok().map(|node| node.lock().unwrap().bytes.clone()))
        }

        fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, Fault> {
            let node = self.node(name)?;
            let bytes = &node.lock().unwrap().bytes;
            Ok(bytes.iter().skip(offset as usize).take(length).copied().collect())
        }

        fn create(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
            let node = self.step("create", |disk, _| {
                let node = Node::default();
                disk.names.insert(name.to_owned(), node.clone());
                node
            })?;
            Ok(Box::new(MemoryFile { disk: self.clone(), node }))
        }

        fn append(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
            Ok(Box::new(MemoryFile { disk: self.clone(), node: self.node(name)? }))
        }

        fn truncate(&self, name: &str, length: u64) -> Result<(), Fault> {
            let node = self.node(name)?;
            self.step("truncate", |_, torn| {
                let mut content = node.lock().unwrap();
                if !torn {
                    content.bytes.truncate(length as usize);
                    content.synced = content.bytes.clone();
                }
            })
        }

        fn overwrite(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), Fault> {
            let (node, offset) = (self.node(name)?, offset as usize);
            self.step("overwrite", |_, torn| {
                let mut content = node.lock().unwrap();
                let length = if torn { bytes.len() / 2 } else { bytes.len() };
                content.bytes[offset..offset + length].copy_from_slice(&bytes[..length]);
                content.synced = content.bytes.clone();
            })
        }

        fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
            let node = self.node(from)?;
            self.step("rename", |disk, torn| {
                if !torn {
                    disk.names.remove(from);
                    disk.names.insert(to.to_owned(), node);
                }
            })
        }

        fn remove(&self, name: &str) -> Result<(), Fault> {
            self.node(name)?;
            self.step("remove", |disk, torn| {
                if !torn {
                    disk.names.remove(name);
                }
            })
        }

        fn sync_dir(&self) -> Result<(), Fault> {
            self.step("sync the directory", |disk, torn| {
                if !torn {
                    disk.synced_names = disk.names.clone();
                }
            })
        }
    }

    struct MemoryFile {
        disk: MemoryStorage,
        node: Node,
    }

    impl AppendFile for MemoryFile {
        fn write_all(&mut self, bytes: &[u8]) -> Result<(), Fault> {
            self.disk.step("write", |_, torn| {
                let length = if torn { bytes.len() / 2 } else { bytes.len() };
                self.node.lock().unwrap().bytes.extend_from_slice(&bytes[..length]);
            })
        }

        fn sync_data(&mut self) -> Result<(), Fault> {
            self.disk.step("sync", |_, torn| {
                let mut content = self.node.lock().unwrap();
                if !torn {
                    content.synced = content.bytes.clone();
                }
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::memory::{Failure, MemoryStorage};
    use super::*;

    /// The same story for every implementation.
    fn keeps_its_promises(storage: &dyn Storage) {
        let mut file = storage.create("a").unwrap();
        file.write_all(b"hello ").unwrap();
        file.sync_data().unwrap();
        storage.sync_dir().unwrap();
        assert_eq!(storage.read_at("a", 0, 100).unwrap(), b"hello ");
        storage.append("a").unwrap().write_all(b"world").unwrap();
        assert_eq!(storage.read("a").unwrap().unwrap(), b"hello world");
        assert_eq!(storage.read_at("a", 6, 3).unwrap(), b"wor");
        assert_eq!(storage.read_at("a", 11, 3).unwrap(), b"");
        storage.overwrite("a", 0, b"J").unwrap();
        storage.truncate("a", 5).unwrap();
        storage.overwrite("a", 3, b"p").unwrap();
        assert_eq!(storage.read("a").unwrap().unwrap(), b"Jelpo");
        storage.replace("a", b"new").unwrap();
        assert_eq!(storage.read_at("a", 0, 100).unwrap(), b"new");
        storage.rename("a", "b").unwrap();
        assert_eq!(storage.list().unwrap(), ["b"]);
        assert_eq!(storage.read("a").unwrap(), None);
        assert!(storage.append("a").is_err());
        storage.create("b").unwrap();
        assert_eq!(storage.read_at("b", 0, 100).unwrap(), b"");
        storage.remove("b").unwrap();
        assert!(storage.list().unwrap().is_empty());
        assert!(storage.remove("b").is_err());
    }

    #[test]
    fn disk_and_memory_keep_the_same_promises() {
        let directory = tempfile::tempdir().unwrap();
        keeps_its_promises(&DiskStorage::open(&directory.path().join("new/inner")).unwrap());
        keeps_its_promises(&MemoryStorage::default());
    }

    #[test]
    fn a_directory_is_open_once_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let first = DiskStorage::open(directory.path()).unwrap();
        let locked = Fault::Locked { directory: directory.path().display().to_string() };
        assert_eq!(DiskStorage::open(directory.path()).unwrap_err(), locked);
        drop(first);
        DiskStorage::open(directory.path()).unwrap();
    }

    #[test]
    fn more_files_than_the_limit_can_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let storage = DiskStorage::open(directory.path()).unwrap();
        for number in 0..MAX_OPEN_FILES + 3 {
            let name = number.to_string();
            storage.create(&name).unwrap().write_all(name.as_bytes()).unwrap();
            assert_eq!(storage.read_at(&name, 0, 9).unwrap(), name.as_bytes());
        }
        assert!(storage.readers.lock().unwrap().len() <= MAX_OPEN_FILES);
    }

    #[test]
    fn a_replacement_that_fails_at_any_step_leaves_the_old_file_or_the_new_one() {
        for failure in [Failure::Before, Failure::Torn, Failure::After] {
            for step in 0.. {
                let disk = MemoryStorage::default();
                disk.replace("a", b"old").unwrap();
                disk.fail_after(step, failure);
                let replaced = disk.replace("a", b"new");
                for files in [disk.files(), disk.synced_files()] {
                    let content = files["a"].as_slice();
                    assert!(content == b"new" || (replaced.is_err() && content == b"old"), "{failure:?} at {step}");
                }
                if replaced.is_ok() {
                    break;
                }
            }
        }
    }
}
