//! Every kind of damage to a journal: the start refuses, names the segment and the entry, and changes nothing on disk.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::{Node, first_of, flip, frames_in, in_segments, rewritten, snapshot};
use common::{HOUR, START, key};
use ledger::audit::audit;
use ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use ledger::entry::{RawEntry, encode_entry};
use ledger::fault::Fault;
use ledger::ledger::Ledger;
use ledger::log::{Log, LogKind, LogSettings};
use ledger::receipt::origin;
use ledger::storage::DiskStorage;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Damages a journal of twelve entries, and expects each of these words in what a start says, and the disk as it was.
fn refused(damage: impl Fn(&Node), words: &dyn Fn(&Node) -> Vec<String>) {
    let node = in_segments(8);
    let words = words(&node);
    damage(&node);
    let before = snapshot(&node.data());
    let why = node.refusal();
    for word in &words {
        assert!(why.contains(word.as_str()), "no '{word}' in: {why}");
    }
    assert!(snapshot(&node.data()) == before, "a refused start changes nothing: {why}");
    let Err(Fault::Damage(found)) = audit(&node.data(), 1, |_| ()) else { panic!("an audit finds it too: {why}") };
    assert!(found.contains(words[0].as_str()), "no '{}' in: {found}", words[0]);
    assert!(snapshot(&node.data()) == before, "nor does an audit");
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The middle segment, and the entry that starts with its second frame.
fn middle(node: &Node) -> (std::path::PathBuf, u64) {
    let segments = node.segments();
    let segment = segments[segments.len() / 2].clone();
    let entry = first_of(&segment) + 1;
    (segment, entry)
}

#[test]
fn a_journal_in_many_segments_is_sound_before_it_is_damaged() {
    let node = in_segments(8);
    assert!(node.segments().len() >= 5, "{:?}", node.segments());
    assert!(node.segments().iter().any(|segment| frames_in(segment).len() >= 2));
    drop(node.reopened());
    assert_eq!(audit(&node.data(), 1, |_| ()).unwrap().entries, 12);
}

#[test]
fn a_flipped_byte_anywhere_names_segment_and_entry() {
    for segment in [0, 2, 99] {
        let place = move |node: &Node| {
            let segments = node.segments();
            segments[segment.min(segments.len() - 1)].clone()
        };
        for at in [0, 9, 20, 45, 57] {
            refused(|node| flip(&place(node), at), &|node| {
                let segment = place(node);
                vec![format!("entry {} at byte 0", first_of(&segment)), name(&segment), "header is damaged".into()]
            });
        }
        // In the length, the check, the sidecar and the leaf of its last frame.
        for at in [0, 5, 9, 40] {
            let frame = move |node: &Node| *frames_in(&place(node)).last().unwrap();
            refused(|node| flip(&place(node), frame(node) + at), &|node| {
                let segment = place(node);
                let entry = first_of(&segment) + frames_in(&segment).len() as u64 - 1;
                vec![format!("entry {entry} at byte {}", frame(node)), name(&segment), "the frame is damaged".into()]
            });
        }
    }
}

#[test]
fn a_tail_cut_at_a_clean_place_or_within_a_frame_is_told_by_the_signed_head() {
    let cut = |node: &Node, more: usize| {
        let last = node.segments().pop().unwrap();
        let start = *frames_in(&last).last().unwrap();
        let bytes = fs::read(&last).unwrap();
        fs::write(&last, &bytes[..start + more]).unwrap();
    };
    refused(|node| cut(node, 0), &|_| vec!["entries 11 to 11 that were acknowledged are missing at the end".into()]);
    for more in [1, 8, 30] {
        refused(|node| cut(node, more), &|_| vec!["entry 11 at byte".into(), "entries 11 to 11 were acknowledged".into()]);
    }
}

#[test]
fn a_missing_segment_names_the_entries_that_are_missing() {
    let second = |node: &Node| first_of(&node.segments()[1]);
    refused(|node| fs::remove_file(&node.segments()[0]).unwrap(), &|node| {
        vec![format!("entries 0 to {} are missing", second(node) - 1)]
    });
    refused(|node| fs::remove_file(middle(node).0).unwrap(), &|node| {
        let (gone, _) = middle(node);
        let next = node.segments().into_iter().map(|path| first_of(&path)).find(|first| *first > first_of(&gone)).unwrap();
        vec![format!("entries {} to {} are missing", first_of(&gone), next - 1)]
    });
    refused(|node| fs::remove_file(node.segments().last().unwrap()).unwrap(), &|node| {
        vec![format!("entries {} to 11 that were acknowledged are missing at the end", first_of(node.segments().last().unwrap()))]
    });
}

#[test]
fn a_frame_that_was_copied_or_moved_is_no_entry() {
    let two_frames = |node: &Node| node.segments().into_iter().find(|segment| frames_in(segment).len() >= 2).unwrap();
    let rewrite = |node: &Node, order: &[usize]| {
        let segment = two_frames(node);
        let (bytes, mut starts) = (fs::read(&segment).unwrap(), frames_in(&segment));
        starts.push(bytes.len());
        let mut new = bytes[..starts[0]].to_vec();
        for frame in order {
            new.extend(&bytes[starts[*frame]..starts[frame + 1]]);
        }
        new.extend(&bytes[starts[2]..]);
        fs::write(segment, new).unwrap();
    };
    let at = |further: u64| {
        move |node: &Node| {
            let segment = two_frames(node);
            vec![format!("entry {} at byte", first_of(&segment) + further), name(&segment)]
        }
    };
    refused(|node| rewrite(node, &[0, 0, 1]), &at(1));
    refused(|node| rewrite(node, &[1, 0]), &at(0));
    refused(|node| rewrite(node, &[1]), &at(0));
}

/// A segment with this name and one frame, of a log with other settings.
fn foreign(node: &Node, kind: LogKind, ledger_id: [u8; 32]) -> Vec<u8> {
    let folder = node.folder.path().join("foreign");
    let settings = LogSettings { kind, ledger_id, segment_bytes: 1 };
    let mut log = Log::open::<Fault>(Arc::new(DiskStorage::open(&folder).unwrap()), settings, None, |_, _, _| Ok(())).unwrap();
    let first = first_of(&middle(node).0);
    for sequence in 0..=first {
        log.append(0, sequence, &[(b"leaf", b"")]).unwrap();
    }
    fs::read(folder.join(name(&middle(node).0))).unwrap()
}

#[test]
fn a_segment_of_another_ledger_or_of_another_log_is_refused() {
    let place = |node: &Node| vec![format!("entry {} at byte 0", first_of(&middle(node).0)), name(&middle(node).0)];
    let with = |node: &Node, why: &str| [place(node), vec![why.to_owned()]].concat();
    let put = |node: &Node, bytes: Vec<u8>| fs::write(middle(node).0, bytes).unwrap();
    refused(|node| put(node, foreign(node, LogKind::Journal, [7; 32])), &|node| with(node, "belongs to another ledger"));
    let own = |node: &Node| Ledger::id_in(&node.data()).unwrap().0;
    refused(|node| put(node, foreign(node, LogKind::Records, own(node))), &|node| with(node, "belongs to another log"));
    // Of this ledger and this log, and of another history.
    refused(|node| put(node, foreign(node, LogKind::Journal, own(node))), &|node| with(node, "not those that were written"));
}

#[test]
fn two_segments_that_were_exchanged_are_refused() {
    refused(
        |node| {
            let segments = node.segments();
            let (one, two) = (fs::read(&segments[1]).unwrap(), fs::read(&segments[2]).unwrap());
            fs::write(&segments[1], two).unwrap();
            fs::write(&segments[2], one).unwrap();
        },
        &|node| {
            let (one, two) = (&node.segments()[1], &node.segments()[2]);
            vec![
                format!("entry {} at byte 0", first_of(one)),
                format!("a copy of the segment that starts with entry {}", first_of(two)),
            ]
        },
    );
}

#[test]
fn an_entry_before_the_one_before_it_is_refused_though_every_signature_is_good() {
    refused(
        |node| {
            let backwards = |sequence: u64, leaf: &mut Vec<u8>, _: &mut Vec<u8>| {
                let entry = RawEntry::decode(leaf).unwrap();
                let time = if sequence == 10 { entry.time - HOUR } else { entry.time };
                *leaf = encode_entry(sequence, time, entry.transaction, &entry.outcome);
            };
            let root = rewritten(node, backwards, 12);
            let says = Checkpoint { origin: origin(&Ledger::id_in(&node.data()).unwrap()), size: 12, root };
            let note = SignedCheckpoint::sign(&says, &key("checkpoint"));
            for file in ["head/head-0", "head/head-1"] {
                fs::write(node.data().join(file), note.as_str()).unwrap();
            }
        },
        &|_| vec!["entry 10 of the journal is wrong".into(), "time_reversed".into()],
    );
}

#[test]
fn a_clock_that_went_back_makes_no_entry_before_the_last() {
    let node = in_segments(8);
    let ledger = node.reopened();
    let last = ledger.durable().state.time();
    node.clock.store(START, Ordering::SeqCst);
    let (anna, shop) = node.members(&ledger);
    let entry = node.pay(&ledger, anna, shop, 1);
    assert_eq!(ledger.entry_and_links(entry).unwrap().unwrap().0.time, last);
    drop(ledger);
    audit(&node.data(), 1, |_| ()).unwrap();
}

#[test]
fn only_a_torn_append_beyond_the_head_is_cut_and_it_is_told() {
    let node = in_segments(8);
    let last = node.segments().pop().unwrap();
    let sound = fs::read(&last).unwrap();
    let torn = *frames_in(&last).last().unwrap();
    for length in [1, 8, 9, sound.len() - torn - 1] {
        fs::write(&last, [&sound[..], &sound[torn..torn + length]].concat()).unwrap();
        let ledger = node.reopened();
        let notices = ledger.notices().join("\n");
        assert!(notices.contains("unfinished append") && notices.contains("entry 12"), "{notices}");
        drop(ledger);
        assert_eq!(fs::read(&last).unwrap(), sound);
    }
}
