//! Salvage: what verifies comes over, what is missing is named, and nothing starts that lost acknowledged entries unless somebody signs.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::{Node, balance, first_of, flip, frames_in, in_segments, rewritten, snapshot};
use common::{START, key};
use ledger::SigningKey;
use ledger::audit::audit;
use ledger::backup::{Beside, NotCopied, backup};
use ledger::directory::Profile;
use ledger::ledger::Ledger;
use ledger::repair::{Missing, Repaired, Source, repair};
use ledger::storage::{DiskFolder, LookedAt};
use std::fs;
use std::path::{Path, PathBuf};

const BESIDE: Beside = Beside { records: &[], files: &["liard.toml"] };
const MINUTE: u64 = 60_000;

fn repaired(sources: &[&Path], to: &Path, accept: Option<&[SigningKey]>) -> Result<Repaired, NotCopied> {
    let before: Vec<_> = sources.iter().map(|path| snapshot(path)).collect();
    let folders: Vec<_> = sources.iter().map(|path| LookedAt::new(path)).collect();
    let sources_of = sources.iter().zip(&folders);
    let named: Vec<Source> = sources_of.map(|(path, folder)| Source { name: path.display().to_string(), folder }).collect();
    let done = repair(&named, &DiskFolder::new(to), &BESIDE, accept, &mut |_| ());
    let after: Vec<_> = sources.iter().map(|path| snapshot(path)).collect();
    assert!(before == after, "a source was changed");
    done
}

fn refusal(result: Result<Repaired, NotCopied>) -> String {
    result.map(|done| format!("{done:?}")).unwrap_err().to_string()
}

fn there(node: &Node, name: &str) -> PathBuf {
    node.folder.path().join(name)
}

/// The segment that holds an entry, and where its frame starts.
fn place(data: &Path, entry: u64) -> (PathBuf, usize) {
    let mut segments: Vec<_> = fs::read_dir(data.join("journal")).unwrap().map(|e| e.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some());
    segments.sort();
    let segment = segments.into_iter().rfind(|segment| first_of(segment) <= entry).unwrap();
    let at = frames_in(&segment)[(entry - first_of(&segment)) as usize];
    (segment, at)
}

/// Damages the leaf of an entry.
fn damage(data: &Path, entry: u64) {
    let (segment, at) = place(data, entry);
    flip(&segment, at + 60);
}

fn root(data: &Path) -> [u8; 32] {
    audit(data, 1, |_| ()).unwrap().root
}

#[test]
fn a_backup_fills_the_gap_and_the_result_is_the_same_ledger() {
    let node = in_segments(8);
    let copy = there(&node, "copy");
    backup(&LookedAt::new(&node.data()), &DiskFolder::new(&copy), &BESIDE, &mut |_| ()).unwrap();
    let ledger = node.reopened();
    let (anna, shop) = node.members(&ledger);
    node.pay(&ledger, anna, shop, 100);
    let profile = Profile { name: Some("Anna".into()), ..Profile::default() };
    ledger.directory().set_profile(&anna, profile.clone()).unwrap();
    drop(ledger);
    let sound = root(&node.data());
    for entry in [0, 2, 7, 9] {
        damage(&node.data(), entry);
    }
    node.refusal();
    let new = there(&node, "new");
    let done = repaired(&[&node.data(), &copy], &new, None).unwrap();
    assert!(done.startable && done.missing.is_empty() && done.signed.is_none());
    assert_eq!((done.entries, done.root), (13, sound));
    assert_eq!(done.taken.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [9, 4]);
    assert_eq!(audit(&new, 1, |_| ()).unwrap().head, 13);
    let ledger = node.opened(&new).unwrap();
    assert_eq!((balance(&ledger, &shop), ledger.directory().profile(&anna)), (136, profile));
}

#[test]
fn two_damaged_copies_make_a_whole_one() {
    let node = in_segments(8);
    let (data, other, new) = (node.data(), node.copy("other"), there(&node, "new"));
    for entry in 0..12 {
        damage(if entry % 2 == 0 { &other } else { &data }, entry);
    }
    fs::remove_file(other.join("ledger-id")).unwrap();
    let done = repaired(&[&other, &node.data()], &new, None).unwrap();
    assert!(done.startable, "{done:?}");
    assert_eq!((done.entries, done.taken[0].1, done.taken[1].1), (12, 6, 6));
    drop(node.opened(&new).unwrap());
}

#[test]
fn without_a_copy_the_missing_entries_are_named_with_their_times_and_the_new_folder_does_not_start() {
    let node = in_segments(8);
    damage(&node.data(), 6);
    damage(&node.data(), 10);
    let new = there(&node, "new");
    let done = repaired(&[&node.data()], &new, None).unwrap();
    assert!(!done.startable && done.end_is_known && done.signed.is_none());
    assert_eq!(done.entries, 6);
    // Entry 4 is the first payment, a minute after the start.
    let at = |entry: u64| START + (entry - 3) * MINUTE;
    let missing =
        |from, to, not_before, not_after, readable| Missing { from, to, not_before, not_after: Some(not_after), readable };
    let expected = [
        missing(6, 6, at(5), at(7), false),
        missing(7, 9, at(7), at(9), true),
        missing(10, 10, at(9), at(11), false),
        missing(11, 11, at(11), at(11), true),
    ];
    assert_eq!(done.missing, expected);
    let why = node.opened(&new).err().unwrap().to_string();
    assert!(why.contains("entries 6 to 11 that were acknowledged are missing"), "{why}");
}

#[test]
fn a_lost_end_is_named_by_the_head_alone() {
    let node = in_segments(8);
    for segment in node.segments().into_iter().filter(|segment| first_of(segment) > 7) {
        fs::remove_file(segment).unwrap();
    }
    let done = repaired(&[&node.data()], &there(&node, "new"), None).unwrap();
    let [missing] = &done.missing[..] else { panic!("{done:?}") };
    assert_eq!((missing.from, missing.to, missing.not_after, missing.readable), (done.entries, 11, None, false));
    assert!(!done.startable && node.opened(&there(&node, "new")).is_err());
}

#[test]
fn a_loss_is_accepted_only_with_the_checkpoint_key_in_force_and_then_the_ledger_goes_on() {
    let node = in_segments(8);
    damage(&node.data(), 6);
    let why = refusal(repaired(&[&node.data()], &there(&node, "x"), Some(&[key("thief")])));
    assert!(why.contains("checkpoint key in force"), "{why}");
    assert!(node.opened(&there(&node, "x")).is_err());
    let new = there(&node, "new");
    let done = repaired(&[&node.data()], &new, Some(&[key("thief"), key("checkpoint")])).unwrap();
    assert_eq!((done.startable, done.signed, done.missing.len()), (true, Some(6), 2));
    let ledger = node.opened(&new).unwrap();
    let (anna, shop) = node.members(&ledger);
    assert_eq!(balance(&ledger, &shop), 3);
    assert_eq!(node.pay(&ledger, anna, shop, 1), 6);
    drop(ledger);
    audit(&new, 1, |_| ()).unwrap();
}

#[test]
fn a_head_that_is_lost_leaves_the_end_open() {
    let node = in_segments(3);
    fs::remove_dir_all(node.data().join("head")).unwrap();
    let done = repaired(&[&node.data()], &there(&node, "new"), None).unwrap();
    assert!(!done.startable && !done.end_is_known && done.missing.is_empty());
    assert!(node.opened(&there(&node, "new")).is_err());
    let done = repaired(&[&node.data()], &there(&node, "newer"), Some(&[key("checkpoint")])).unwrap();
    assert_eq!((done.startable, done.signed), (true, Some(7)));
    drop(node.opened(&there(&node, "newer")).unwrap());
}

#[test]
fn a_torn_append_that_nobody_was_told_of_is_no_loss() {
    let node = in_segments(8);
    let last = node.segments().pop().unwrap();
    let sound = fs::read(&last).unwrap();
    let torn = &sound[*frames_in(&last).last().unwrap()..sound.len() - 2];
    fs::write(&last, [&sound[..], torn].concat()).unwrap();
    let done = repaired(&[&node.data()], &there(&node, "new"), None).unwrap();
    assert!(done.startable && done.missing.is_empty() && done.entries == 12);
    assert!(done.remarks.iter().any(|remark| remark.contains("bytes are no whole entry")), "{:?}", done.remarks);
}

#[test]
fn copied_moved_and_exchanged_pieces_are_put_in_their_places() {
    let node = in_segments(8);
    let sound = root(&node.data());
    let segments = node.segments();
    let (one, two) = (fs::read(&segments[1]).unwrap(), fs::read(&segments[2]).unwrap());
    fs::write(&segments[1], two).unwrap();
    fs::write(&segments[2], one).unwrap();
    let last = segments.last().unwrap();
    let (bytes, at) = (fs::read(last).unwrap(), *frames_in(last).last().unwrap());
    fs::write(last, [&bytes[..], &bytes[at..]].concat()).unwrap();
    // A header that cannot be read.
    flip(&segments[3], 20);
    let done = repaired(&[&node.data()], &there(&node, "new"), None).unwrap();
    assert!(done.startable, "{done:?}");
    assert_eq!((done.entries, done.root), (12, sound));
}

#[test]
fn an_entry_whose_signature_was_forged_is_never_written() {
    let node = in_segments(8);
    rewritten(
        &node,
        |sequence, leaf, _| {
            let within_the_signature = leaf.len() - 10;
            if sequence == 8 {
                leaf[within_the_signature] ^= 1;
            }
        },
        12,
    );
    let done = repaired(&[&node.data()], &there(&node, "new"), None).unwrap();
    assert_eq!((done.entries, done.startable), (8, false));
    assert_eq!((done.missing[0].from, done.missing[0].to), (8, 8));
}

#[test]
fn links_that_were_forged_are_computed_again() {
    let node = in_segments(8);
    let sound = root(&node.data());
    rewritten(
        &node,
        |sequence, _, links| {
            if sequence == 8 {
                links[1] = 0
            }
        },
        12,
    );
    assert!(node.refusal().contains("links"));
    let done = repaired(&[&node.data()], &there(&node, "new"), None).unwrap();
    assert_eq!((done.startable, done.root), (true, sound));
    drop(node.opened(&there(&node, "new")).unwrap());
}

#[test]
fn two_histories_are_not_mixed() {
    let node = in_segments(8);
    let other = node.copy("other");
    for (data, amount) in [(node.data(), 1), (other.clone(), 2)] {
        let ledger = node.opened(&data).unwrap();
        let (anna, shop) = node.members(&ledger);
        node.pay(&ledger, anna, shop, amount);
    }
    let why = refusal(repaired(&[&node.data(), &other], &there(&node, "new"), None));
    assert!(why.contains("two entries 12") && why.contains("two histories"), "{why}");
    // The entry of the other history cannot be read any more, and its head still speaks of it.
    damage(&other, 12);
    let why = refusal(repaired(&[&node.data(), &other], &there(&node, "newer"), None));
    assert!(why.contains("two histories"), "{why}");
    assert!(Ledger::id_in(&there(&node, "newer")).is_err(), "nothing starts there");
}

#[test]
fn records_come_over_write_by_write_and_what_is_skipped_is_told() {
    let node = in_segments(3);
    let ledger = node.reopened();
    let (anna, shop) = node.members(&ledger);
    let profile = |name: &str| Profile { name: Some(name.into()), ..Profile::default() };
    for (account, name) in [(anna, "Anna"), (shop, "Shop")] {
        ledger.directory().set_profile(&account, profile(name)).unwrap();
    }
    drop(ledger);
    // A key and a profile each: the third write is the shop's key.
    let segment = node.data().join("records/00000000000000000000.seg");
    flip(&segment, frames_in(&segment)[2] + 30);
    let done = repaired(&[&node.data()], &there(&node, "new"), None).unwrap();
    assert_eq!((done.records[0].kept, &done.records[0].skipped[..]), (3, &[(2, 2)][..]));
    let ledger = node.opened(&there(&node, "new")).unwrap();
    assert_eq!((ledger.directory().profile(&anna), ledger.directory().profile(&shop)), (profile("Anna"), Profile::default()));
}

#[test]
fn sources_of_two_ledgers_or_a_full_new_folder_are_refused() {
    let (node, other) = (in_segments(1), in_segments(1));
    fs::write(other.data().join("ledger-id"), common::hash("other").to_string()).unwrap();
    assert!(refusal(repaired(&[&node.data(), &other.data()], &there(&node, "new"), None)).contains("copies of one ledger"));
    assert!(refusal(repaired(&[&node.data()], &other.data(), None)).contains("not empty"));
    fs::remove_file(other.data().join("ledger-id")).unwrap();
    assert!(refusal(repaired(&[&other.data()], &there(&node, "newer"), None)).contains("ledger-id"));
    damage(&node.data(), 0);
    assert!(refusal(repaired(&[&node.data()], &there(&node, "newest"), None)).contains("not even the first one"));
}

#[test]
fn the_head_of_an_older_backup_does_not_tell_where_a_journal_ended() {
    let node = in_segments(8);
    let copy = there(&node, "copy");
    backup(&LookedAt::new(&node.data()), &DiskFolder::new(&copy), &BESIDE, &mut |_| ()).unwrap();
    let ledger = node.reopened();
    let (anna, shop) = node.members(&ledger);
    for _ in 0..6 {
        node.pay(&ledger, anna, shop, 100);
    }
    drop(ledger);
    // The disk loses the head's folder, and acknowledged entries at the end.
    fs::remove_dir_all(node.data().join("head")).unwrap();
    let (segment, at) = place(&node.data(), 14);
    fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(at as u64).unwrap();
    let done = repaired(&[&node.data(), &copy], &there(&node, "new"), None).unwrap();
    assert!(!done.end_is_known && !done.startable, "{done:?}");
}
