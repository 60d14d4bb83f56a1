//! What a witness remembers: of each log the newest checkpoint that it cosigned, and evidence against logs that signed two histories.
//!
//! ```text
//! DIR/logs/<SHA-256 of the origin>.checkpoint       the note with the witness's own line, replaced as a whole
//! DIR/evidence/<…>.fork                             two notes of one log that contradict each other, with their proof
//! DIR/evidence/<…>.notes.txt                        a note that was refused beside the cosigned one, and no proof of either kind
//! ```
//!
//! The one promise: what was cosigned is on disk before the line leaves, so that no crash makes the witness cosign a history that
//! contradicts an earlier one. A write that failed stops the store until it is opened again; a record that cannot be read stops the
//! start, because a witness that has forgotten what it saw would sign anything.

use crate::add_checkpoint::AddCheckpoint;
use crate::lines::{good_line, lines_of};
use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::fault::{Fault, Stop};
use ledger::fork::Fork;
use ledger::key::{Hash32, PublicKey};
use ledger::merkle::{Hash, empty_root, verify_consistency};
use ledger::note::{Note, VerifierKey, cosign};
use ledger::storage::{Folder, Storage};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A witness serves so many logs at most: each has a file and a lock, and is listed on one page.
pub const MAX_LOGS: usize = 1_000;
/// So many pieces of evidence, and so many refused notes, are kept per log: one convinces, the rest shows that it was no accident. More
/// would let a log fill the disk: a file has two notes at most, of 16 kB each.
const MAX_EVIDENCE: usize = 16;
const CHECKPOINT: &str = ".checkpoint";
const FORK: &str = ".fork";
const NOTES: &str = ".notes.txt";

/// Why a checkpoint is not cosigned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The request is not in the format, or speaks of a checkpoint before the one that it starts from.
    Malformed,
    /// No log of this name is witnessed here.
    UnknownLog,
    /// None of the log's keys signed the note.
    Unsigned,
    /// The witness has seen this size of the log last, and it is not where the request starts, or there is another root at it.
    Conflict(u64),
    /// The proof does not lead from the tree that the witness has seen to this one.
    Inconsistent,
    /// A write failed: nothing is cosigned until the witness has been started again.
    Stopped,
}

/// The newest checkpoint that was cosigned.
struct Seen {
    note: Arc<str>,
    size: u64,
    root: Hash,
}

struct Log {
    /// The keys that are trusted for it.
    keys: Vec<VerifierKey>,
    file: String,
    seen: Mutex<Option<Seen>>,
}

impl Log {
    fn seen(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One log, for whoever looks.
pub struct Witnessed {
    /// Its origin.
    pub origin: String,
    /// The newest size that was cosigned; `None` before the first.
    pub size: Option<u64>,
    /// When, in seconds since 1970.
    pub time_s: Option<u64>,
}

/// A witness's memory and its key.
pub struct Store {
    key: SigningKey,
    own: VerifierKey,
    logs: BTreeMap<String, Log>,
    files: Arc<dyn Storage>,
    evidence: Arc<dyn Storage>,
    stop: Stop,
}

impl Store {
    /// Opens the memory of the witness with this name and key, in a folder that no other process has open. `logs` are the keys of the
    /// logs that it cosigns; several of one name belong to one log.
    ///
    /// # Errors
    ///
    /// [`Fault::Locked`], [`Fault::Io`]; [`Fault::Setup`] when what is on disk was not written by this witness, or is damaged.
    pub fn open(folder: &dyn Folder, name: &str, key: SigningKey, logs: Vec<VerifierKey>) -> Result<Store, Fault> {
        let (files, evidence) = (folder.open("logs")?, folder.open("evidence")?);
        files.remove_unfinished()?;
        evidence.remove_unfinished()?;
        let own = VerifierKey::witness(name, PublicKey::from(key.verifying_key()));
        let mut keys: BTreeMap<String, Vec<VerifierKey>> = BTreeMap::new();
        for log in logs {
            keys.entry(log.name.clone()).or_default().push(log);
        }
        if keys.len() > MAX_LOGS {
            return Err(Fault::Setup(format!("a witness serves {MAX_LOGS} logs at most")));
        }
        let read = |(origin, keys): (String, Vec<VerifierKey>)| {
            let file = format!("{}{CHECKPOINT}", id_of(&origin));
            let seen = Mutex::new(read(&*files, &file, &origin, &own)?);
            Ok((origin, Log { keys, file, seen }))
        };
        let logs = keys.into_iter().map(read).collect::<Result<_, Fault>>()?;
        Ok(Store { key, own, logs, files, evidence, stop: Stop::default() })
    }

    /// The witness's own verifier key.
    pub fn key(&self) -> &VerifierKey {
        &self.own
    }

    /// Every log that it cosigns.
    pub fn logs(&self) -> Vec<Witnessed> {
        let row = |(origin, log): (&String, &Log)| {
            let seen = log.seen();
            let time = |seen: &Seen| Note::open(&seen.note).ok()?.signed_by(&self.own).ok()??.time_s;
            Witnessed { origin: origin.clone(), size: seen.as_ref().map(|seen| seen.size), time_s: seen.as_ref().and_then(time) }
        };
        self.logs.iter().map(row).collect()
    }

    /// The newest cosigned checkpoint of the log whose origin has this SHA-256, in hexadecimal.
    pub fn newest(&self, id: &str) -> Option<Arc<str>> {
        let (_, log) = self.logs.iter().find(|(origin, _)| id_of(origin) == id)?;
        log.seen().as_ref().map(|seen| seen.note.clone())
    }

    /// Cosigns a checkpoint that continues what was seen of its log; gives the signature line, once it is on disk that it was made.
    /// `now_s` is the time, in seconds since 1970.
    pub fn add(&self, request: &AddCheckpoint<'_>, now_s: u64) -> Result<String, Refused> {
        let (log, offered) = self.known(request)?;
        let mut seen = log.seen();
        self.stop.check().map_err(|_| Refused::Stopped)?;
        let (size, root) = seen.as_ref().map_or_else(|| (0, empty_root()), |seen| (seen.size, seen.root));
        if offered.size == size && offered.root != root {
            self.accuse(log, &seen, request, true);
            return Err(Refused::Conflict(size));
        }
        if request.old != size {
            return Err(Refused::Conflict(size));
        }
        if !continues((size, &root), &offered, &request.proof) {
            self.accuse(log, &seen, request, false);
            return Err(Refused::Inconsistent);
        }
        let (note, line) = self.cosigned(log, request.note, now_s).ok_or(Refused::Malformed)?;
        // The same tree once more changes nothing that has to be remembered.
        if seen.is_none() || offered.size > size {
            self.write(&*self.files, &log.file, note.as_bytes())?;
        }
        *seen = Some(Seen { note: note.into(), size: offered.size, root: offered.root });
        Ok(line)
    }

    /// The log of a request and the checkpoint that it signed.
    fn known(&self, request: &AddCheckpoint<'_>) -> Result<(&Log, Checkpoint), Refused> {
        let note = Note::open(request.note).map_err(|_| Refused::Malformed)?;
        let offered = Checkpoint::parse(note.body()).map_err(|_| Refused::Malformed)?;
        let log = self.logs.get(&offered.origin).ok_or(Refused::UnknownLog)?;
        if !log.keys.iter().any(|key| matches!(note.signed_by(key), Ok(Some(_)))) {
            return Err(Refused::Unsigned);
        }
        if request.old > offered.size { Err(Refused::Malformed) } else { Ok((log, offered)) }
    }

    /// The checkpoint with the lines of the log's keys and the witness's own, and that own line.
    fn cosigned(&self, log: &Log, text: &str, now_s: u64) -> Option<(String, String)> {
        let (body, lines) = signed_by_log(log, text)?;
        let line = cosign(&body, &self.own.name, &self.key, now_s);
        Some((format!("{body}\n{lines}{line}"), line))
    }

    /// Keeps what proves that the log signed two histories, if the request does; else the two notes, from which it may be proved.
    fn accuse(&self, log: &Log, seen: &Option<Seen>, request: &AddCheckpoint<'_>, same_size: bool) {
        let Some(seen) = seen.as_ref().filter(|seen| seen.size > 0) else { return };
        let forks = log.keys.iter().filter_map(|key| match same_size {
            true => Fork::same_size(key, &seen.note, request.note),
            false => Fork::from_proof(key, &seen.note, request.note, &request.proof),
        });
        match forks.into_iter().find(|fork| fork.verify().is_ok()) {
            Some(fork) => self.keep(log, request.note, FORK, &fork.encode()),
            None => self.keep_notes(log, seen, request.note),
        }
    }

    /// Keeps a refused note, with the lines of the log's keys alone, beside the one that was cosigned.
    fn keep_notes(&self, log: &Log, seen: &Seen, refused: &str) {
        let Some((body, lines)) = signed_by_log(log, refused) else { return };
        let (origin, refused) = (&log.keys[0].name, format!("{body}\n{lines}"));
        let words = format!(
            "The log {origin} signed both of these checkpoints. The second one came with a proof that does not lead to it from the first.\n\
             That alone convicts nobody: also somebody else may send a log's checkpoint with a wrong proof. Whether the log signed two\n\
             histories is shown from its tiles while it serves the second one: `liard audit URL`, or Fork::from_tiles.\n\n\
             Cosigned here:\n\n{}\nRefused here:\n\n{refused}",
            seen.note
        );
        self.keep(log, &refused, NOTES, words.as_bytes());
    }

    /// Keeps a file about a note, unless it is there already or there are enough of its kind.
    fn keep(&self, log: &Log, note: &str, kind: &str, bytes: &[u8]) {
        let file = format!("{}-{}{kind}", short(log), &Hash32::of(note.as_bytes()).to_string()[..16]);
        let kept = self.evidence().into_iter().filter(|kept| kept.starts_with(short(log)) && kept.ends_with(kind));
        let kept: Vec<String> = kept.collect();
        if kept.contains(&file) {
            return;
        }
        let log = &log.keys[0].name;
        match kind {
            FORK => tracing::error!(log, file, "this log signed two histories"),
            _ => tracing::error!(
                log,
                file,
                "this log signed a checkpoint that no proof leads to: audit it, it may tell two histories"
            ),
        }
        if kept.len() < MAX_EVIDENCE {
            drop(self.write(&*self.evidence, &file, bytes));
        }
    }

    /// The names of the files of evidence, and of those with refused notes.
    pub fn evidence(&self) -> Vec<String> {
        let names = self.evidence.list().unwrap_or_default();
        names.into_iter().filter(|name| name.ends_with(FORK) || name.ends_with(NOTES)).collect()
    }

    /// A file of evidence.
    pub fn evidence_file(&self, name: &str) -> Option<Vec<u8>> {
        // Only names of the list are opened: whatever else is asked for is not there.
        self.evidence().iter().find(|kept| *kept == name).and_then(|name| self.evidence.read(name).ok().flatten())
    }

    /// Why nothing more is cosigned, if so.
    pub fn failure(&self) -> Option<Fault> {
        self.stop.why()
    }

    fn write(&self, files: &dyn Storage, name: &str, bytes: &[u8]) -> Result<(), Refused> {
        files.replace(name, bytes).map_err(|fault| {
            tracing::error!(%fault, "the witness stops: what is on disk is unknown until it is started again");
            self.stop.stop(&fault);
            Refused::Stopped
        })
    }
}

/// Whether `offered` continues the tree that was seen. From nothing every tree continues, without a proof.
fn continues((size, root): (u64, &Hash), offered: &Checkpoint, proof: &[Hash]) -> bool {
    match size {
        0 => proof.is_empty() && (offered.size > 0 || offered.root == empty_root()),
        _ => verify_consistency(size, root, offered.size, &offered.root, proof),
    }
}

/// The body of a note, and those of its lines that keys of the log made.
fn signed_by_log(log: &Log, text: &str) -> Option<(String, String)> {
    let note = Note::open(text).ok()?;
    let signed = log.keys.iter().filter_map(|key| good_line(note.body(), lines_of(text, &note), key));
    let lines = signed.map(|(line, _)| line).collect();
    Some((note.body().to_owned(), lines))
}

/// Whether a file under `evidence/` is words with two notes, and no evidence that convinces by itself.
pub fn is_notes(name: &str) -> bool {
    name.ends_with(NOTES)
}

/// The name of a log in addresses and files: SHA-256 of its origin, in hexadecimal.
pub fn id_of(origin: &str) -> String {
    Hash32::of(origin.as_bytes()).to_string()
}

/// What the files of evidence against a log begin with.
fn short(log: &Log) -> &str {
    &log.file[..16]
}

/// What is on disk of a log. It has the witness's own line, or it is not its record.
fn read(files: &dyn Storage, file: &str, origin: &str, own: &VerifierKey) -> Result<Option<Seen>, Fault> {
    let Some(bytes) = files.read(file)? else { return Ok(None) };
    let seen = || {
        let text = String::from_utf8(bytes).ok()?;
        let note = Note::open(&text).ok()?;
        let checkpoint = Checkpoint::parse(note.body()).ok().filter(|checkpoint| checkpoint.origin == origin)?;
        note.signed_by(own).ok()??;
        Some(Seen { size: checkpoint.size, root: checkpoint.root, note: text.into() })
    };
    let advice = "start it with the name and the key of its first start, or put the file back from a copy";
    let name = &own.name;
    let foreign =
        || Fault::Setup(format!("the record {file} of the log {origin} was not cosigned by {name} with this key: {advice}"));
    seen().map(Some).ok_or_else(foreign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::checkpoint::SignedCheckpoint;
    use ledger::merkle::{Tree, leaf_hash};
    use ledger::storage::{AppendFile, DiskFolder};
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};

    const ORIGIN: &str = "liard/0123456789abcdef";
    const NAME: &str = "witness.example";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn log_key(seed: u8) -> VerifierKey {
        VerifierKey::signer(ORIGIN, key(seed).verifying_key().into())
    }

    fn open(folder: &Path) -> Result<Store, Fault> {
        Store::open(&DiskFolder::new(folder), NAME, key(9), vec![log_key(1)])
    }

    /// The log of these leaves.
    fn tree(leaves: &str) -> Tree {
        let mut tree = Tree::new();
        leaves.bytes().for_each(|leaf| tree.push(leaf_hash(&[leaf])));
        tree
    }

    fn note_by(tree: &Tree, seed: u8, origin: &str) -> String {
        let checkpoint = Checkpoint { origin: origin.into(), size: tree.size(), root: tree.root() };
        SignedCheckpoint::sign(&checkpoint, &key(seed)).as_str().to_owned()
    }

    fn note(tree: &Tree) -> String {
        note_by(tree, 1, ORIGIN)
    }

    /// Asks for the log of these leaves, with the proof that it would have from `old` on.
    fn ask(store: &Store, old: u64, leaves: &str) -> Result<String, Refused> {
        let tree = tree(leaves);
        let proof = if old == 0 { Vec::new() } else { tree.consistency_proof(old, tree.size()).unwrap_or_default() };
        store.add(&AddCheckpoint { old, proof, note: &note(&tree) }, 1_800)
    }

    #[test]
    fn a_log_that_grows_is_cosigned_and_the_line_verifies() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        for (old, leaves) in [(0, "abc"), (3, "abc"), (3, "abcde"), (5, "abcdefgh")] {
            let line = ask(&store, old, leaves).unwrap();
            let text = format!("{}{line}", note(&tree(leaves)));
            let signed = Note::open(&text).unwrap().signed_by(store.key()).unwrap().unwrap();
            assert_eq!(signed.time_s, Some(1_800));
            assert_eq!(&*store.newest(&id_of(ORIGIN)).unwrap(), text);
        }
        assert_eq!(store.logs()[0].size, Some(8));
        assert_eq!(store.newest("other"), None);
    }

    #[test]
    fn what_was_cosigned_is_known_after_every_start_and_never_contradicted() {
        let folder = tempfile::tempdir().unwrap();
        ask(&open(folder.path()).unwrap(), 0, "abcde").unwrap();
        for _ in 0..3 {
            let store = open(folder.path()).unwrap();
            assert_eq!(ask(&store, 0, "abcxyz"), Err(Refused::Conflict(5)));
            assert_eq!(ask(&store, 5, "abcxyz"), Err(Refused::Inconsistent));
            assert_eq!(ask(&store, 5, "abcxy"), Err(Refused::Conflict(5)));
            assert_eq!(ask(&store, 3, "abc"), Err(Refused::Conflict(5)), "an older one is not signed again");
            assert!(ask(&store, 5, "abcde").is_ok(), "the same one is");
        }
        let store = open(folder.path()).unwrap();
        assert!(ask(&store, 5, "abcdef").is_ok());
        let kept: Vec<Fork> =
            store.evidence().iter().map(|name| Fork::decode(&store.evidence_file(name).unwrap()).unwrap()).collect();
        assert_eq!(kept.len(), 2, "each lie once");
        assert!(kept.iter().all(|fork| fork.verify().is_ok() && fork.key().unwrap() == log_key(1)));
        assert_eq!(store.evidence_file("../logs/lock"), None);
    }

    #[test]
    fn each_wrong_request_has_its_answer() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        ask(&store, 0, "abc").unwrap();
        let longer = tree("abcd");
        let proof = longer.consistency_proof(3, 4).unwrap();
        let good = note(&longer);
        let say = |old, proof: &[Hash], note: &str| store.add(&AddCheckpoint { old, proof: proof.to_vec(), note }, 1).err();
        assert_eq!(say(3, &proof, "no note"), Some(Refused::Malformed));
        assert_eq!(say(3, &proof, &note_by(&longer, 1, "liard/other")), Some(Refused::UnknownLog));
        assert_eq!(say(3, &proof, &note_by(&longer, 2, ORIGIN)), Some(Refused::Unsigned));
        assert_eq!(say(5, &proof, &good), Some(Refused::Malformed));
        assert_eq!(say(2, &proof, &good), Some(Refused::Conflict(3)));
        assert_eq!(say(3, &proof[1..], &good), Some(Refused::Inconsistent));
        assert_eq!(say(3, &[proof.clone(), proof.clone()].concat(), &good), Some(Refused::Inconsistent));
        assert_eq!(say(3, &proof, &good), None);
        let fresh = tempfile::tempdir().unwrap();
        let empty = open(fresh.path()).unwrap();
        let lie = Checkpoint { origin: ORIGIN.into(), size: 0, root: [7; 32] };
        let lie = SignedCheckpoint::sign(&lie, &key(1));
        assert_eq!(empty.add(&AddCheckpoint { old: 0, proof: vec![], note: lie.as_str() }, 1), Err(Refused::Conflict(0)));
        assert_eq!(ask(&empty, 0, "").err(), None, "a log may begin with nothing");
        assert_eq!(
            empty.add(&AddCheckpoint { old: 0, proof, note: &good }, 1),
            Err(Refused::Inconsistent),
            "from nothing there is no proof"
        );
    }

    #[test]
    fn a_record_that_is_damaged_or_anothers_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        ask(&open(folder.path()).unwrap(), 0, "abc").unwrap();
        let other = Store::open(&DiskFolder::new(folder.path()), NAME, key(8), vec![log_key(1)]);
        assert!(matches!(other, Err(Fault::Setup(_))));
        let file = folder.path().join("logs").join(format!("{}{CHECKPOINT}", id_of(ORIGIN)));
        let good = std::fs::read(&file).unwrap();
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            std::fs::write(&file, &bytes).unwrap();
            // Only the log's own line may change unseen: it is not what the witness vouches for.
            let unseen = open(folder.path()).is_ok_and(|store| store.logs()[0].size != Some(3));
            assert!(!unseen, "byte {at}");
        }
        std::fs::write(&file, &good).unwrap();
        let held = open(folder.path()).unwrap();
        assert!(matches!(open(folder.path()), Err(Fault::Locked { .. })));
        drop(held);
    }

    #[test]
    fn a_signed_note_whose_proof_is_junk_is_kept_beside_the_one_that_was_cosigned() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        ask(&store, 0, "abcd").unwrap();
        let (other, junk) = (tree("abcxyz"), vec![[7; 32]; 2]);
        let refused = |store: &Store| store.add(&AddCheckpoint { old: 4, proof: junk.clone(), note: &note(&other) }, 1_800);
        assert_eq!(refused(&store), Err(Refused::Inconsistent));
        // From a power of two on also the honest proof of the other history convicts nobody.
        assert_eq!(ask(&store, 4, "abczyx"), Err(Refused::Inconsistent));
        drop(store);
        let store = open(folder.path()).unwrap();
        assert_eq!(refused(&store), Err(Refused::Inconsistent), "once more, and kept once");
        let kept = store.evidence();
        assert!(kept.len() == 2 && kept.iter().all(|name| name.ends_with(NOTES)), "{kept:?}");
        let texts: Vec<String> = kept.iter().map(|name| String::from_utf8(store.evidence_file(name).unwrap()).unwrap()).collect();
        let cosigned = store.newest(&id_of(ORIGIN)).unwrap();
        assert!(texts.iter().all(|text| text.contains(&*cosigned) && text.contains("liard audit")), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains(&note(&other))));
    }

    #[test]
    fn a_note_with_lines_of_strangers_is_kept_without_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        ask(&store, 0, "abc").unwrap();
        let good = note(&tree("abxyz"));
        for stranger in 2..6 {
            let line = ledger::note::sign(good.split_once("\n\n").unwrap().0, "stranger", &key(stranger));
            let loud = format!("{good}{line}");
            assert_eq!(store.add(&AddCheckpoint { old: 3, proof: vec![], note: &loud }, 1), Err(Refused::Inconsistent));
        }
        let kept = store.evidence();
        assert_eq!(kept.len(), 1, "one checkpoint, once");
        assert!(!String::from_utf8(store.evidence_file(&kept[0]).unwrap()).unwrap().contains("stranger"));
    }

    #[test]
    fn refused_notes_of_one_log_do_not_fill_the_disk_and_leave_room_for_evidence() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        ask(&store, 0, "abc").unwrap();
        for lie in b'A'..=b'Z' {
            let note = note(&tree(&format!("abcd{}", lie as char)));
            assert_eq!(store.add(&AddCheckpoint { old: 3, proof: vec![], note: &note }, 1), Err(Refused::Inconsistent));
        }
        assert_eq!(store.evidence().len(), MAX_EVIDENCE);
        assert_eq!(ask(&store, 3, "abx"), Err(Refused::Conflict(3)));
        assert_eq!(store.evidence().len(), MAX_EVIDENCE + 1, "what convicts has its own room");
    }

    #[test]
    fn evidence_of_one_log_does_not_fill_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        ask(&store, 0, "abc").unwrap();
        for lie in b'A'..=b'Z' {
            assert_eq!(ask(&store, 3, &format!("ab{}", lie as char)), Err(Refused::Conflict(3)));
        }
        assert_eq!(store.evidence().len(), MAX_EVIDENCE);
    }

    /// A disk that works until it is told to fail.
    struct Failing {
        disk: Arc<dyn Storage>,
        fails: Arc<AtomicBool>,
    }

    impl Failing {
        fn check(&self) -> Result<(), Fault> {
            let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
            if self.fails.load(Ordering::SeqCst) { Err(Fault::io("write", &full)) } else { Ok(()) }
        }
    }

    impl Storage for Failing {
        fn list(&self) -> Result<Vec<String>, Fault> {
            self.disk.list()
        }
        fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
            self.disk.read(name)
        }
        fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, Fault> {
            self.disk.read_at(name, offset, length)
        }
        fn create(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
            self.disk.create(name)
        }
        fn append(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
            self.disk.append(name)
        }
        fn truncate(&self, name: &str, length: u64) -> Result<(), Fault> {
            self.disk.truncate(name, length)
        }
        fn overwrite(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), Fault> {
            self.disk.overwrite(name, offset, bytes)
        }
        fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
            self.disk.rename(from, to)
        }
        fn remove(&self, name: &str) -> Result<(), Fault> {
            self.disk.remove(name)
        }
        /// The last step of a replacement: the new file is there, and nobody knows whether it will be after a power cut.
        fn sync_dir(&self) -> Result<(), Fault> {
            self.check()?;
            self.disk.sync_dir()
        }
    }

    struct FailingFolder(DiskFolder, Arc<AtomicBool>);

    impl Folder for FailingFolder {
        fn open(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
            Ok(Arc::new(Failing { disk: self.0.open(name)?, fails: self.1.clone() }))
        }
    }

    #[test]
    fn after_a_failed_write_nothing_is_cosigned_until_the_next_start() {
        let (folder, fails) = (tempfile::tempdir().unwrap(), Arc::new(AtomicBool::new(false)));
        let disk = FailingFolder(DiskFolder::new(folder.path()), fails.clone());
        let store = Store::open(&disk, NAME, key(9), vec![log_key(1)]).unwrap();
        ask(&store, 0, "abc").unwrap();
        fails.store(true, Ordering::SeqCst);
        assert_eq!(ask(&store, 3, "abcd"), Err(Refused::Stopped));
        fails.store(false, Ordering::SeqCst);
        assert_eq!(ask(&store, 3, "abcd"), Err(Refused::Stopped), "what is on disk is unknown");
        assert!(store.failure().is_some());
        drop(store);
        let store = open(folder.path()).unwrap();
        assert_eq!(ask(&store, 3, "abcx"), Err(Refused::Conflict(4)), "the file had been replaced: it counts");
        assert!(ask(&store, 4, "abcde").is_ok());
    }
}
