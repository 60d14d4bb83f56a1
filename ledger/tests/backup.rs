//! Backups: of a ledger in use, again and again, cut off at any step, to wrong places, and back.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::{Node, balance, copy_folder, first_of, flip, frames_in, in_segments, small, snapshot};
use common::{HOUR, START, key};
use ledger::backup::{Beside, COMPLETE, Copied, NotCopied, UNFINISHED, backup, restore};
use ledger::directory::Profile;
use ledger::fault::Fault;
use ledger::ledger::{Ledger, Settings};
use ledger::records::{Change, Records, Table};
use ledger::storage::{AppendFile, DiskFolder, DiskStorage, Folder, LookedAt, Storage};
use ledger::transaction::{Body, NO_LEDGER, Transaction};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

const POS: [u8; 32] = [5; 32];
const BESIDE: Beside = Beside { records: &[("pos/records", POS)], files: &["liard.toml"] };

fn backed_up(from: &Path, to: &Path) -> Result<Copied, NotCopied> {
    backup(&LookedAt::new(from), &DiskFolder::new(to), &BESIDE, &mut |_| ())
}

fn restored(from: &Path, to: &Path) -> Result<Copied, NotCopied> {
    restore(&LookedAt::new(from), &DiskFolder::new(to), &BESIDE, &mut |_| ())
}

fn refusal(result: Result<Copied, NotCopied>) -> String {
    match result {
        Err(NotCopied::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

/// The shops' records beside a ledger.
fn write_pos(node: &Node, key: &[u8]) {
    let records = Arc::new(DiskStorage::open(&node.data().join("pos/records")).unwrap());
    let records = Records::open(records, POS, &node.data().join("pos/views")).unwrap();
    records.write(&[Change::Put { table: Table(1), key: key.to_vec(), value: b"charge".to_vec() }]).unwrap();
}

fn there(node: &Node, name: &str) -> PathBuf {
    node.folder.path().join(name)
}

#[test]
fn a_backup_holds_everything_but_secrets_and_views_and_restores_to_the_same_ledger() {
    let node = in_segments(8);
    let ledger = node.reopened();
    let (anna, shop) = node.members(&ledger);
    let profile = Profile { name: Some("Anna".into()), ..Profile::default() };
    ledger.directory().set_profile(&anna, profile.clone()).unwrap();
    write_pos(&node, b"one");
    fs::write(node.data().join("liard.toml"), "demo = false\n").unwrap();
    fs::create_dir(node.data().join("secrets")).unwrap();
    fs::write(node.data().join("secrets/checkpoint.key"), "secret").unwrap();
    let (copy, new) = (there(&node, "copy"), there(&node, "new"));
    let copied = backed_up(&node.data(), &copy).unwrap();
    assert_eq!((copied.entries, copied.head, copied.already), (12, 12, 0));
    let root = ledger.durable().tree.root();
    assert_eq!(copied.root, root);
    let mut names: Vec<_> = fs::read_dir(&copy).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["backup.txt", "head", "journal", "ledger-id", "liard.toml", "lock", "pos", "records"]);
    assert!(!copy.join("pos/views").exists());
    drop(ledger);
    let again = restored(&copy, &new).unwrap();
    assert_eq!((again.entries, again.root), (12, root));
    assert!(!new.join(COMPLETE).exists() && new.join("liard.toml").exists());
    let ledger = node.opened(&new).unwrap();
    assert_eq!((balance(&ledger, &shop), ledger.directory().profile(&anna)), (36, profile));
    assert_eq!(node.pay(&ledger, anna, shop, 1), 12, "life goes on");
}

#[test]
fn the_second_backup_copies_only_what_is_new() {
    let node = in_segments(40);
    let copy = there(&node, "copy");
    let first = backed_up(&node.data(), &copy).unwrap();
    let nothing = backed_up(&node.data(), &copy).unwrap();
    assert_eq!((nothing.bytes, nothing.root), (0, first.root));
    let ledger = node.reopened();
    let (anna, shop) = node.members(&ledger);
    node.pay(&ledger, anna, shop, 3);
    let second = backed_up(&node.data(), &copy).unwrap();
    assert_eq!(second.entries, first.entries + 1);
    assert!(second.bytes < 1_000 && second.already > 10_000 && first.bytes > 10_000, "{first:?} {second:?}");
}

#[test]
fn backups_that_are_made_while_payments_go_on_have_all_that_was_answered_before() {
    let node = small();
    let ledger = node.reopened();
    let (anna, shop) = node.members(&ledger);
    let answered = AtomicU64::new(5);
    let copy = there(&node, "copy");
    let copies: Vec<(u64, PathBuf)> = std::thread::scope(|scope| {
        let paying = scope.spawn(|| {
            let profile = Profile { name: Some("x".repeat(50)), ..Profile::default() };
            for _ in 0..150 {
                node.pay(&ledger, anna, shop, 1);
                answered.fetch_add(1, Ordering::SeqCst);
                ledger.directory().set_profile(&anna, profile.clone()).unwrap();
            }
        });
        let mut copies = Vec::new();
        while !paying.is_finished() || copies.len() < 2 {
            let before = answered.load(Ordering::SeqCst);
            backed_up(&node.data(), &copy).unwrap();
            let kept = there(&node, &format!("kept {}", copies.len()));
            restored(&copy, &kept).unwrap();
            copies.push((before, kept));
        }
        copies
    });
    for (before, copy) in copies {
        let ledger = node.opened(&copy).unwrap();
        assert!(balance(&ledger, &shop) >= before as i64);
        assert!(ledger.notices().is_empty(), "nothing torn is in a backup: {:?}", ledger.notices());
    }
}

#[test]
fn records_that_were_compacted_meanwhile_replace_those_in_the_backup() {
    let node = small();
    let ledger = node.reopened();
    let copy = there(&node, "copy");
    let write = |n: u8| {
        let put = Change::Put { table: Table(9), key: b"k".to_vec(), value: vec![n; 900_000] };
        ledger.records().write(&[put]).unwrap();
    };
    (0..12).for_each(write);
    backed_up(&node.data(), &copy).unwrap();
    assert!(ledger.records().compact().unwrap());
    write(77);
    let copied = backed_up(&node.data(), &copy).unwrap();
    assert!(copied.bytes < 3_000_000, "{copied:?}");
    assert_eq!(fs::read_dir(copy.join("records")).unwrap().count(), 2, "the base and the lock");
    drop(ledger);
    restored(&copy, &there(&node, "new")).unwrap();
    let ledger = node.opened(&there(&node, "new")).unwrap();
    assert_eq!(ledger.records().get(Table(9), b"k").unwrap(), Some(vec![77; 900_000]));
}

#[test]
fn a_wrong_destination_is_refused_and_nothing_in_it_is_changed() {
    let node = small();
    let sound = |path: &Path| {
        let mut files = snapshot(path);
        files.retain(|path, _| !path.ends_with("lock"));
        files
    };
    let expect = |to: &Path, word: &str| {
        let before = sound(to);
        let why = refusal(backed_up(&node.data(), to));
        assert!(why.contains(word), "{why}");
        assert!(sound(to) == before, "{why}");
    };
    let full = there(&node, "full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("letter.txt"), "dear").unwrap();
    expect(&full, "no backup");
    let other = Node::new();
    let mut genesis = common::genesis();
    genesis.name = "Other town".into();
    let genesis = Transaction { nonce: [0; 8], valid_until: START + HOUR, body: Body::Genesis(Box::new(genesis)) };
    let settings = Settings::at(&other.data(), other.folder.path().join("key"), vec![key("checkpoint")], Arc::new(|| START));
    drop(Ledger::create(settings, &genesis.sign(&NO_LEDGER, &key("issuer"))).unwrap());
    backed_up(&other.data(), &there(&other, "copy")).unwrap();
    expect(&there(&other, "copy"), "of another ledger");
    expect(&node.data(), "no backup");
    assert!(refusal(restored(&node.data(), &there(&node, "x"))).contains("no backup here"));
    backed_up(&node.data(), &there(&node, "copy")).unwrap();
    assert!(refusal(restored(&there(&node, "copy"), &full)).contains("not empty"));
    assert!(refusal(backed_up(&there(&node, "nothing"), &there(&node, "y"))).contains("no ledger"));
}

#[test]
fn a_ledger_that_went_on_from_an_older_state_does_not_overwrite_the_backup() {
    let node = in_segments(8);
    let (older, copy) = (node.copy("older"), there(&node, "copy"));
    let pay = |data: &Path, amounts: &[u64]| {
        let ledger = node.opened(data).unwrap();
        let (anna, shop) = node.members(&ledger);
        for amount in amounts {
            node.pay(&ledger, anna, shop, *amount);
        }
    };
    pay(&node.data(), &[1, 2]);
    backed_up(&node.data(), &copy).unwrap();
    let before = snapshot(&copy);
    let why = refusal(backed_up(&older, &copy));
    assert!(why.contains("14 entries") && why.contains("from entry 12 on"), "{why}");
    pay(&older, &[7, 8, 9]);
    let why = refusal(backed_up(&older, &copy));
    assert!(why.contains("from entry 12 on"), "{why}");
    assert!(snapshot(&copy) == before);
}

#[test]
fn what_the_source_lost_in_a_crash_beyond_the_head_is_replaced_in_the_backup() {
    let node = in_segments(8);
    let (older, copy) = (node.copy("older"), there(&node, "copy"));
    let ledger = node.reopened();
    let (anna, shop) = node.members(&ledger);
    node.pay(&ledger, anna, shop, 50);
    drop(ledger);
    // A moment at which the entry was written, and its head was not; then a power cut that takes the entry away.
    let moment = there(&node, "moment");
    copy_folder(&older, &moment);
    fs::remove_dir_all(moment.join("journal")).unwrap();
    copy_folder(&node.data().join("journal"), &moment.join("journal"));
    let copied = backed_up(&moment, &copy).unwrap();
    assert_eq!((copied.entries, copied.head), (13, 12));
    let ledger = node.opened(&older).unwrap();
    node.pay(&ledger, anna, shop, 60);
    drop(ledger);
    let copied = backed_up(&older, &copy).unwrap();
    assert_eq!((copied.entries, copied.head), (13, 13));
    restored(&copy, &there(&node, "new")).unwrap();
    assert_eq!(balance(&node.opened(&there(&node, "new")).unwrap(), &shop), 36 + 60);
}

#[test]
fn a_torn_append_is_left_out_and_damage_in_the_source_stops_the_backup_and_is_named() {
    let node = in_segments(8);
    let copy = there(&node, "copy");
    let last = node.segments().pop().unwrap();
    let sound = fs::read(&last).unwrap();
    fs::write(&last, [&sound[..], &sound[*frames_in(&last).last().unwrap()..sound.len() - 3]].concat()).unwrap();
    assert_eq!(backed_up(&node.data(), &copy).unwrap().entries, 12);
    assert_eq!(fs::read(copy.join("journal").join(last.file_name().unwrap())).unwrap(), sound);
    fs::write(&last, &sound).unwrap();
    let middle = node.segments()[2].clone();
    flip(&middle, frames_in(&middle)[0] + 20);
    let why = backed_up(&node.data(), &there(&node, "other")).unwrap_err().to_string();
    assert!(why.contains(&format!("entry {} at byte", first_of(&middle))), "{why}");
    assert!(!there(&node, "other").join(COMPLETE).exists());
    assert!(refusal(restored(&there(&node, "other"), &there(&node, "new"))).contains("interrupted"));
}

#[test]
fn a_byte_that_flips_in_a_backup_is_found_at_the_next_backup_and_at_the_restore() {
    let node = in_segments(8);
    let copy = there(&node, "copy");
    backed_up(&node.data(), &copy).unwrap();
    let segment = copy.join("journal").join(node.segments()[1].file_name().unwrap());
    flip(&segment, frames_in(&segment)[0] + 30);
    let entry = format!("entry {}", first_of(&segment));
    assert!(restored(&copy, &there(&node, "new")).unwrap_err().to_string().contains(&entry));
    assert!(!there(&node, "new").join("ledger-id").exists(), "what failed does not start");
    let why = backed_up(&node.data(), &copy).unwrap_err().to_string();
    assert!(why.contains("the copy does not replay") && why.contains(&entry), "{why}");
    assert!(!copy.join(COMPLETE).exists());
}

#[test]
fn a_head_by_a_key_that_was_never_in_force_makes_no_backup() {
    let node = small();
    let root = node.reopened().durable().tree.root();
    let origin = ledger::receipt::origin(&Ledger::id_in(&node.data()).unwrap());
    let says = ledger::checkpoint::Checkpoint { origin, size: 5, root };
    let note = ledger::checkpoint::SignedCheckpoint::sign(&says, &key("thief"));
    for file in ["head/head-0", "head/head-1"] {
        fs::write(node.data().join(file), note.as_str()).unwrap();
    }
    let why = backed_up(&node.data(), &there(&node, "copy")).unwrap_err().to_string();
    assert!(why.contains("not signed by a checkpoint key"), "{why}");
}

/// A folder on which every step fails once so many were made, the failing write half done.
struct Failing {
    folder: DiskFolder,
    steps: Arc<AtomicI64>,
}

struct FailingFiles {
    files: Arc<dyn Storage>,
    steps: Arc<AtomicI64>,
}

struct FailingFile {
    file: Box<dyn AppendFile>,
    steps: Arc<AtomicI64>,
}

fn step(steps: &AtomicI64) -> Result<(), Fault> {
    match steps.fetch_sub(1, Ordering::SeqCst) {
        left if left > 0 => Ok(()),
        _ => Err(Fault::Io { what: "go on".into(), message: "the test cut it off".into() }),
    }
}

impl Folder for Failing {
    fn open(&self, name: &str) -> Result<Arc<dyn Storage>, Fault> {
        Ok(Arc::new(FailingFiles { files: self.folder.open(name)?, steps: self.steps.clone() }))
    }
}

impl Storage for FailingFiles {
    fn list(&self) -> Result<Vec<String>, Fault> {
        self.files.list()
    }
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.files.read(name)
    }
    fn read_at(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, Fault> {
        self.files.read_at(name, offset, length)
    }
    fn create(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        step(&self.steps)?;
        Ok(Box::new(FailingFile { file: self.files.create(name)?, steps: self.steps.clone() }))
    }
    fn append(&self, name: &str) -> Result<Box<dyn AppendFile>, Fault> {
        Ok(Box::new(FailingFile { file: self.files.append(name)?, steps: self.steps.clone() }))
    }
    fn truncate(&self, name: &str, length: u64) -> Result<(), Fault> {
        step(&self.steps)?;
        self.files.truncate(name, length)
    }
    fn length(&self, name: &str) -> Result<u64, Fault> {
        self.files.length(name)
    }
    fn overwrite(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), Fault> {
        step(&self.steps)?;
        self.files.overwrite(name, offset, bytes)
    }
    fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        step(&self.steps)?;
        self.files.rename(from, to)
    }
    fn remove(&self, name: &str) -> Result<(), Fault> {
        step(&self.steps)?;
        self.files.remove(name)
    }
    fn sync_dir(&self) -> Result<(), Fault> {
        step(&self.steps)?;
        self.files.sync_dir()
    }
}

impl AppendFile for FailingFile {
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if let Err(fault) = step(&self.steps) {
            self.file.write_all(&bytes[..bytes.len() / 2])?;
            return Err(fault);
        }
        self.file.write_all(bytes)
    }
    fn sync_data(&mut self) -> Result<(), Fault> {
        step(&self.steps)?;
        self.file.sync_data()
    }
}

#[test]
fn a_first_backup_that_is_cut_off_at_any_step_never_looks_finished_and_the_next_one_completes_it() {
    cut_off_at_any_step(false);
}

#[test]
fn a_later_backup_that_is_cut_off_at_any_step_never_looks_finished_and_the_next_one_completes_it() {
    cut_off_at_any_step(true);
}

/// `begun`: to an older backup; else to an empty folder.
fn cut_off_at_any_step(begun: bool) {
    let node = in_segments(3);
    write_pos(&node, b"one");
    let early = there(&node, "early");
    backed_up(&node.data(), &early).unwrap();
    let ledger = node.reopened();
    let (anna, shop) = node.members(&ledger);
    for amount in 0..4 {
        node.pay(&ledger, anna, shop, 1 + amount);
    }
    ledger.directory().set_profile(&anna, Profile { name: Some("Anna".into()), ..Profile::default() }).unwrap();
    drop(ledger);
    write_pos(&node, b"two");
    for steps in 0.. {
        let copy = there(&node, &format!("copy {steps}"));
        if begun {
            copy_folder(&early, &copy);
        }
        let failing = Failing { folder: DiskFolder::new(&copy), steps: Arc::new(AtomicI64::new(steps)) };
        let cut_off = backup(&LookedAt::new(&node.data()), &failing, &BESIDE, &mut |_| ());
        let (complete, unfinished) = (copy.join(COMPLETE).exists(), copy.join(UNFINISHED).exists());
        if cut_off.is_ok() {
            assert!(complete && !unfinished && steps > 20);
            break;
        }
        if complete {
            // What looks finished is: the old state, or the new one.
            let held = restored(&copy, &there(&node, &format!("held {steps}"))).unwrap();
            assert!(held.entries == 11 || (begun && held.entries == 7), "{steps}: {held:?}");
        }
        let copied = backed_up(&node.data(), &copy).unwrap_or_else(|why| panic!("after {steps} steps: {why}"));
        assert_eq!(copied.entries, 11);
        if steps % 8 == 0 {
            assert_eq!(restored(&copy, &there(&node, &format!("new {steps}"))).unwrap().root, copied.root);
        }
    }
}

#[test]
fn records_that_are_gone_from_the_source_are_not_removed_from_the_backup() {
    let node = small();
    write_pos(&node, b"one");
    let copy = there(&node, "copy");
    backed_up(&node.data(), &copy).unwrap();
    fs::remove_dir_all(node.data().join("pos")).unwrap();
    let before = snapshot(&copy);
    assert!(refusal(backed_up(&node.data(), &copy)).contains("pos/records is gone"));
    assert!(snapshot(&copy) == before);
}
