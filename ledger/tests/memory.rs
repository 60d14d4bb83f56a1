//! An auditor with a memory: an audit that was interrupted or comes again goes on where it was, and says the same as one that reads
//! everything; whatever changed since is noticed.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::{FIRST_SEGMENT, Node, copy_folder, flip, frames_in};
use common::{START, key, public};
use ledger::audit::{Audit, AuditReport, audit};
use ledger::fault::Fault;
use ledger::ledger::Ledger;
use ledger::liability::Seed;
use ledger::memory::Memory;
use ledger::storage::DiskStorage;
use ledger::transaction::Act;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The memory is added to after so many entries.
const EVERY: u64 = 7;

/// Lets so many payments happen, with a statement after every fourth.
fn goes_on(node: &Node, ledger: &Ledger, payments: u64) {
    let (anna, shop) = node.members(ledger);
    for number in 0..payments {
        node.clock.fetch_add(60_000, Ordering::SeqCst);
        node.pay(ledger, anna, shop, 1 + number);
        if number % 4 == 3 {
            states(node, ledger);
        }
    }
}

fn states(node: &Node, ledger: &Ledger) {
    ledger.state_coverage(node.clock.load(Ordering::SeqCst), Seed([7; 32])).unwrap();
}

/// A journal in many small segments, with statements and another checkpoint key in the middle.
fn lived() -> Node {
    let node = Node::new();
    let ledger = node.create();
    node.anna_and_shop(&ledger);
    goes_on(&node, &ledger, 18);
    node.act(&ledger, Act::RotateCheckpointKey { key: public("next checkpoint") });
    goes_on(&node, &ledger, 18);
    drop(ledger);
    node.resegment(500);
    node
}

/// The same ledger opened again, and grown.
fn grown(node: &Node, payments: u64) {
    let ledger = node.reopened();
    goes_on(node, &ledger, payments);
    drop(ledger);
    node.resegment(500);
}

fn folder(node: &Node) -> PathBuf {
    node.folder.path().join("memory")
}

fn with(node: &Node, signer: &str, progress: impl FnMut(u64)) -> Result<AuditReport, Fault> {
    let storage = Arc::new(DiskStorage::open(&folder(node)).unwrap());
    let memory = Memory::new(storage, key(signer), START + 5).kept_every(EVERY);
    Audit { directory: &node.data(), threads: 2, complaints: &[], memory: Some(&memory) }.run(progress)
}

fn remembering(node: &Node) -> AuditReport {
    with(node, "auditor", |_| ()).unwrap()
}

/// What an audit found wrong, in words.
fn wrong(node: &Node) -> String {
    with(node, "auditor", |_| ()).unwrap_err().to_string()
}

/// What an audit says of the ledger, wherever it began.
fn said(report: &AuditReport) -> String {
    let mut report = report.clone();
    (report.resumed_from, report.earlier, report.statements.before) = (0, None, 0);
    report.unused_memory.clear();
    format!("{report:?}")
}

fn plain(node: &Node) -> String {
    said(&audit(&node.data(), 2, |_| ()).unwrap())
}

#[test]
fn an_audit_that_was_interrupted_anywhere_goes_on_close_to_there_and_says_the_same() {
    let node = lived();
    let whole = plain(&node);
    let size = audit(&node.data(), 1, |_| ()).unwrap().entries;
    for stop in (EVERY..=size).step_by(5) {
        drop(fs::remove_dir_all(folder(&node)));
        let mut reached = 0;
        let stops = |at: u64| {
            reached = at;
            assert!(at < stop, "it is interrupted");
        };
        assert!(catch_unwind(AssertUnwindSafe(|| with(&node, "auditor", stops))).is_err());
        let report = remembering(&node);
        assert!(reached - report.resumed_from <= EVERY, "{} after {reached}", report.resumed_from);
        assert_eq!(report.earlier.unwrap().entries, report.resumed_from);
        assert_eq!(said(&report), whole, "interrupted at {stop}");
    }
}

#[test]
fn the_next_audit_reads_what_is_new_and_says_since_when() {
    let node = lived();
    let first = remembering(&node);
    assert_eq!((first.resumed_from, first.earlier), (0, None));
    let again = remembering(&node);
    assert_eq!((again.resumed_from, again.statements.before), (first.entries, first.statements.checked));
    assert_eq!(again.earlier.unwrap().time, START + 5);
    assert_eq!(said(&again), said(&first));
    grown(&node, 9);
    let later = remembering(&node);
    assert_eq!((later.resumed_from, later.entries > first.entries + 9), (first.entries, false));
    assert_eq!(said(&later), plain(&node));
}

#[test]
fn a_statement_that_came_without_an_entry_is_held_to_what_is_remembered() {
    let node = lived();
    let first = remembering(&node);
    let ledger = node.reopened();
    states(&node, &ledger);
    drop(ledger);
    let report = remembering(&node);
    assert_eq!((report.resumed_from, report.statements.checked), (first.entries, first.statements.checked + 1));
    assert_eq!(said(&report), plain(&node));
}

#[test]
fn what_is_not_read_again_is_found_by_an_audit_that_believes_nothing() {
    let node = lived();
    remembering(&node);
    let old = node.data().join(FIRST_SEGMENT);
    flip(&old, frames_in(&old)[0] + 20);
    assert!(remembering(&node).resumed_from > 0, "the report says how many entries were not read again");
    assert!(audit(&node.data(), 2, |_| ()).unwrap_err().to_string().contains("damaged"));
}

/// The files of the memory.
fn files(node: &Node) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder(node)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap() != "lock");
    files.sort();
    assert_eq!(files.len(), 3, "two snapshots and what is remembered of the statements");
    files
}

#[test]
fn a_memory_with_any_byte_changed_or_cut_off_is_not_used_and_costs_time_only() {
    let node = lived();
    remembering(&node);
    let whole = plain(&node);
    let saved = node.folder.path().join("saved");
    copy_folder(&folder(&node), &saved);
    for path in &files(&node)[1..] {
        let bytes = fs::read(path).unwrap();
        let flipped = (0..bytes.len()).step_by(bytes.len() / 12 + 1).map(|place| {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1;
            bytes
        });
        let cut = [0, 9, bytes.len() / 2, bytes.len() - 1].map(|length| bytes[..length].to_vec());
        for changed in flipped.chain(cut) {
            fs::remove_dir_all(folder(&node)).unwrap();
            copy_folder(&saved, &folder(&node));
            fs::write(path, changed).unwrap();
            let report = remembering(&node);
            assert_eq!((said(&report), report.unused_memory.len()), (whole.clone(), 1), "{:?}", report.unused_memory);
            assert!(report.resumed_from < report.entries);
        }
    }
}

#[test]
fn a_memory_that_lacks_a_part_or_is_signed_by_another_key_or_of_another_ledger_is_not_used() {
    let node = lived();
    remembering(&node);
    let whole = plain(&node);
    let report = with(&node, "another auditor", |_| ()).unwrap();
    assert_eq!((said(&report), report.resumed_from, report.unused_memory.len()), (whole.clone(), 0, 2));
    fs::remove_dir_all(folder(&node)).unwrap();
    remembering(&node);
    fs::remove_file(&files(&node)[2]).unwrap();
    let report = remembering(&node);
    assert_eq!((said(&report), report.resumed_from, report.unused_memory.len()), (whole, 0, 1));
    let other = Node::new();
    other.clock.fetch_add(1, Ordering::SeqCst);
    let genesis = ledger::transaction::Transaction {
        nonce: [1; 8],
        valid_until: START + common::HOUR,
        body: ledger::transaction::Body::Genesis(Box::new(common::genesis())),
    };
    let bytes = genesis.sign(&ledger::transaction::NO_LEDGER, &key("issuer"));
    let ledger = Ledger::create(other.settings_for(other.data(), "key"), &bytes).unwrap();
    other.anna_and_shop(&ledger);
    drop(ledger);
    copy_folder(&folder(&node), &folder(&other));
    let report = remembering(&other);
    assert_eq!((said(&report), report.resumed_from, report.unused_memory.len()), (plain(&other), 0, 1));
}

/// Puts another folder in place of the data.
fn put(node: &Node, other: &Path) {
    fs::remove_dir_all(node.data()).unwrap();
    fs::rename(other, node.data()).unwrap();
}

/// A memory of one history, and in place of it another one that the same keys signed, in segments of about so many bytes.
fn rewritten(segment_bytes: u64) -> (Node, AuditReport) {
    let node = lived();
    let other = node.copy("other");
    grown(&node, 9);
    node.resegment(segment_bytes);
    let first = remembering(&node);
    put(&node, &other);
    node.clock.fetch_add(1_000, Ordering::SeqCst);
    grown(&node, 30);
    node.resegment(segment_bytes);
    assert!(audit(&node.data(), 2, |_| ()).unwrap().entries > first.entries, "for who knows nothing it is in order");
    (node, first)
}

#[test]
fn a_journal_that_was_rewritten_with_the_keys_of_the_node_is_found_each_time() {
    for segment_bytes in [500, 4_000, ledger::log::SEGMENT_BYTES] {
        let (node, _) = rewritten(segment_bytes);
        for _ in 0..2 {
            let why = wrong(&node);
            assert!(why.contains("an earlier audit verified the first"), "{segment_bytes}: {why}");
        }
    }
}

#[test]
fn a_rewritten_journal_is_found_also_when_it_is_read_from_its_first_entry() {
    let (node, first) = rewritten(500);
    let statements = files(&node).pop().unwrap();
    fs::write(statements, b"nothing").unwrap();
    for _ in 0..2 {
        assert!(wrong(&node).contains(&format!("the first {} entries are not those", first.entries)), "{}", wrong(&node));
    }
}

#[test]
fn a_journal_that_went_back_to_an_older_one_is_found() {
    let node = lived();
    let older = node.copy("older");
    grown(&node, 9);
    let first = remembering(&node);
    put(&node, &older);
    let why = wrong(&node);
    assert!(why.contains("missing") && why.contains(&format!("the first {} entries", first.entries)), "{why}");
    fs::write(files(&node).pop().unwrap(), b"nothing").unwrap();
    assert!(wrong(&node).contains(&format!("an earlier audit verified {}", first.entries)), "{}", wrong(&node));
}

#[test]
fn what_lies_beyond_the_signed_head_is_verified_and_not_remembered() {
    let node = lived();
    let heads = node.copy("before").join("head");
    grown(&node, 9);
    let size = audit(&node.data(), 2, |_| ()).unwrap().entries;
    fs::remove_dir_all(node.data().join("head")).unwrap();
    fs::rename(heads, node.data().join("head")).unwrap();
    let first = remembering(&node);
    assert_eq!((first.entries, first.head < size), (size, true));
    assert_eq!(remembering(&node).resumed_from, first.head);
}
