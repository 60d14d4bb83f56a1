//! Every step of the disk fails in every way that it can, once each, while a story is told. After each failure the node says why and
//! writes nothing more; the next one, started from what was written or from what a power cut left, has every acknowledged entry,
//! and the story told to its end gives the ledger that it gives without a failure.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/dice.rs"]
mod dice;
#[path = "common/disk.rs"]
mod disk;
#[path = "common/naive.rs"]
mod naive;
#[path = "common/story.rs"]
mod story;
#[path = "common/witness.rs"]
mod witness;

use disk::{Failure, SimDisk, Step};
use std::collections::BTreeMap;
use story::Story;
use witness::{MOST_FAILURES, Node, attempt, conclude, tried};

/// What the next process may find.
#[derive(Clone, Copy, Debug)]
enum View {
    /// Everything that was written.
    Killed,
    /// What a power cut left, each seed another.
    Cut(u64),
}

const VIEWS: [View; 3] = [View::Killed, View::Cut(1), View::Cut(2)];

impl View {
    fn of(self, disk: &SimDisk) -> SimDisk {
        match self {
            View::Killed => disk.killed(0),
            View::Cut(seed) => disk.cut(seed),
        }
    }
}

/// After a failure: it is said, nothing is written, reads go on.
fn stopped(node: &mut Node, story: &Story) {
    let why = node.ledger().failure().expect("the node says that it is well").to_string();
    assert!(why.contains("injected") || why.contains("os error") || why.contains("no storage space"), "{why}");
    let steps = node.disk.steps();
    node.submit(&story.one_more);
    let answers = node.settle();
    let last = answers.iter().find(|(id, _)| *id == story.one_more.id());
    assert!(matches!(last, Some((_, Err(text))) if *text == why), "a write does not say why: {last:?}, {why}");
    assert!(node.ledger().records().write(&[put()]).is_err(), "the records are written to after a failure");
    assert!(node.ledger().snapshot().is_err(), "a snapshot is made after a failure");
    assert_eq!(node.disk.steps(), steps, "something was written after a failure");
    node.prove();
}

fn put() -> ledger::records::Change {
    ledger::records::Change::Put { table: ledger::records::Table(201), key: vec![1], value: vec![1] }
}

/// The story without a failure.
fn undisturbed(story: &Story) -> Node {
    let mut node = Node::new(SimDisk::new(0));
    node.start().unwrap();
    story.tell(&mut node).unwrap();
    assert_eq!(node.ledger().durable().state.size(), story.entries);
    node.prove();
    node.prove_receipts();
    node
}

fn root(node: &Node) -> [u8; 32] {
    node.ledger().durable().tree.root()
}

/// One failure, and everything after it.
fn one(story: &Story, step: usize, failure: Failure, expected: [u8; 32]) {
    let disk = SimDisk::new(step as u64);
    disk.fail_at(step, failure);
    let mut node = Node::new(disk);
    let told = node.start().and_then(|()| story.tell(&mut node));
    // A snapshot is a cache, and no payment waits for it.
    let cache = node.disk.trace()[step].1.starts_with("snapshots/");
    assert!(told.is_err() || cache, "the failure was not noticed");
    if node.running.is_some() && told.is_err() {
        stopped(&mut node, story);
    }
    for view in VIEWS {
        let mut next = node.next(view.of(&node.disk));
        if next.disk.is_full() {
            // Without room the node starts, or says why not; what was acknowledged is there in both cases.
            match next.start() {
                Ok(()) => next.prove(),
                Err(fault) => assert!(fault.to_string().contains("no storage space"), "{fault}"),
            }
            let disk = view.of(&next.disk);
            disk.make_room();
            next = next.next(disk);
        }
        next.start().unwrap_or_else(|fault| panic!("{view:?}: the node does not start: {fault}"));
        next.prove();
        next.ask_again();
        // What was acknowledged now is as durable as ever, although the process before may not have synced it.
        let mut soon = next.next(next.disk.copy(0).cut(step as u64));
        soon.start().unwrap_or_else(|fault| panic!("{view:?}, asked again, a power cut: the node does not start: {fault}"));
        soon.prove();
        drop(soon);
        story.tell(&mut next).unwrap();
        next.prove();
        assert_eq!(root(&next), expected, "{view:?}: another ledger came out");
    }
}

#[test]
fn every_step_of_the_disk_that_fails_in_any_way_loses_nothing_and_stops_the_writing() {
    let story = Story::new();
    let whole = undisturbed(&story);
    let (trace, expected) = (whole.disk.trace(), root(&whole));
    let mut kinds: BTreeMap<Step, usize> = BTreeMap::new();
    trace.iter().for_each(|(step, _)| *kinds.entry(*step).or_default() += 1);
    println!("{} steps: {kinds:?}", trace.len());
    assert_eq!(kinds.len(), 8, "the story reaches every kind of step but a resize, which is a start's");
    let only = std::env::var("STEP").ok().map(|step| step.parse::<usize>().unwrap());
    let (mut count, mut failures) = (0, Vec::new());
    for (number, (step, name)) in trace.iter().enumerate().filter(|(number, _)| only.is_none_or(|only| only == *number)) {
        for failure in Failure::ALL.into_iter().filter(|failure| failure.befalls(*step)) {
            if let Err(why) = attempt(|| one(&story, number, failure, expected)) {
                failures.push(format!("STEP={number} ({step:?} {name}) fails as {failure:?}: {why}"));
            }
            count += 1;
        }
        if failures.len() >= MOST_FAILURES {
            break;
        }
    }
    tried(&format!("faults {count} (step × kind), each restarted in {} ways", VIEWS.len()));
    conclude(&failures);
}

/// A start on what a dead process left, which fails at each of its steps in each way, and then starts that do not fail.
fn every_start(dead: &Node, disk: &SimDisk, count: &mut usize) {
    let mut whole = dead.next(disk.copy(0));
    whole.start().unwrap();
    for (number, (step, name)) in whole.disk.trace().iter().enumerate() {
        for failure in Failure::ALL.into_iter().filter(|failure| failure.befalls(*step)) {
            let failing = disk.copy(number as u64);
            failing.fail_at(number, failure);
            let mut starting = dead.next(failing);
            assert!(starting.start().is_err(), "{step:?} {name} fails as {failure:?} in a start, and is not noticed");
            *count += 1;
            for view in [View::Killed, View::Cut(number as u64)] {
                let disk = view.of(&starting.disk);
                disk.make_room();
                let mut next = starting.next(disk);
                let refused = |fault| panic!("{step:?} {name} failed as {failure:?} in a start, {view:?}: no start: {fault}");
                next.start().unwrap_or_else(refused);
                next.prove();
            }
        }
    }
}

#[test]
fn every_step_of_a_start_that_fails_in_any_way_leaves_a_ledger_that_starts() {
    const EVERY: usize = 4;
    let story = Story::new();
    let steps = undisturbed(&story).disk.steps();
    let (mut count, mut failures) = (0, Vec::new());
    for death in (20..steps).step_by(EVERY) {
        let disk = SimDisk::new(death as u64);
        disk.fail_at(death, Failure::Death);
        let mut dead = Node::new(disk);
        let _ = dead.start().and_then(|()| story.tell(&mut dead));
        for view in [View::Killed, View::Cut(death as u64)] {
            if let Err(why) = attempt(|| every_start(&dead, &view.of(&dead.disk), &mut count)) {
                failures.push(format!("death at step {death}, {view:?}: {why}"));
            }
        }
        if failures.len() >= MOST_FAILURES {
            break;
        }
    }
    tried(&format!("faults {count} during starts (step × kind)"));
    conclude(&failures);
}

/// The number of the last step of a kind on files whose path starts so.
fn last_step(story: &Story, kind: Step, path: &str) -> usize {
    let trace = undisturbed(story).disk.trace();
    trace.iter().rposition(|(step, name)| *step == kind && name.starts_with(path)).unwrap()
}

/// The node after a failure at a step, killed and started again; whoever had no answer has one now.
fn killed_after(story: &Story, step: usize, failure: Failure) -> Node {
    let disk = SimDisk::new(7);
    disk.fail_at(step, failure);
    let mut node = Node::new(disk);
    node.start().and_then(|()| story.tell(&mut node)).unwrap_err();
    let mut next = node.next(node.disk.killed(0));
    next.start().unwrap();
    next.ask_again();
    next
}

/// Whatever the next power cut takes, what was acknowledged is there.
fn survives_power_cuts(node: &Node) {
    for seed in 0..40 {
        let mut next = node.next(node.disk.copy(seed).cut(seed));
        next.start().unwrap();
        next.prove();
    }
}

#[test]
fn an_append_that_a_killed_process_did_not_sync_is_durable_before_anybody_is_told_of_it() {
    // The bug: the next process read it, answered "recorded" and signed a head over it, without a sync.
    let story = Story::new();
    let node = killed_after(&story, last_step(&story, Step::Sync, "journal/"), Failure::NotDone);
    assert_eq!(node.ledger().durable().state.size(), story.entries, "the append is there");
    survives_power_cuts(&node);
}

#[test]
fn pages_that_a_failed_sync_gave_up_are_written_again_by_the_next_start() {
    let story = Story::new();
    for path in ["journal/", "records/", "head/"] {
        survives_power_cuts(&killed_after(&story, last_step(&story, Step::Sync, path), Failure::GivenUp));
    }
}

#[test]
fn names_that_a_killed_process_did_not_sync_are_durable_before_anything_is_removed_or_answered() {
    // The bug: a base whose name was not durable yet let a start remove the segments that it replaces.
    let story = Story::new();
    for path in ["journal/", "records/", "head/", "/"] {
        survives_power_cuts(&killed_after(&story, last_step(&story, Step::SyncNames, path), Failure::NotDone));
    }
}

#[test]
fn a_failed_write_of_the_records_stops_the_money_and_says_why() {
    // The bug: the money went on, and nobody was told.
    let story = Story::new();
    let disk = SimDisk::new(7);
    disk.fail_at(last_step(&story, Step::Write, "records/"), Failure::Full);
    let mut node = Node::new(disk);
    node.start().and_then(|()| story.tell(&mut node)).unwrap_err();
    assert!(node.ledger().failure().unwrap().to_string().contains("records/"));
    stopped(&mut node, &story);
}

#[test]
fn a_node_that_is_killed_before_its_second_head_starts_again() {
    // The bug: without any head a journal of more than a genesis counts as robbed, and the first one was written late.
    let story = Story::new();
    let mut node = Node::new(SimDisk::new(7));
    node.start().unwrap();
    story.tell_without_heads(&mut node);
    let mut next = node.next(node.disk.killed(0));
    next.start().unwrap();
    next.prove();
}

#[test]
fn one_head_is_durable_at_any_time_although_the_process_that_wrote_it_was_killed_before_its_sync() {
    let story = Story::new();
    let disk = SimDisk::new(7);
    disk.fail_at(last_step(&story, Step::Sync, "head/"), Failure::NotDone);
    let mut node = Node::new(disk);
    node.start().and_then(|()| story.tell(&mut node)).unwrap_err();
    let killed = node.disk.killed(0);
    let mut whole = node.next(killed.copy(0));
    whole.start().unwrap();
    for death in 0..whole.disk.steps() {
        for seed in 0..40 {
            let dying = killed.copy(seed);
            dying.fail_at(death, Failure::Death);
            let mut starting = node.next(dying);
            assert!(starting.start().is_err());
            let mut next = starting.next(starting.disk.cut(seed));
            next.start().unwrap();
            next.prove();
        }
    }
}
