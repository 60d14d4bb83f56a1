//! The power goes at every step of the disk while a story is told, and each time the disk keeps another part of what was not synced.
//! Then it goes again while the node starts. What was acknowledged is there; the views may be damaged in any way and cost a rebuild.

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

use dice::Dice;
use disk::{Failure, SimDisk};
use ledger::storage::Folder;
use std::fs;
use std::path::{Path, PathBuf};
use story::Story;
use witness::{MOST_FAILURES, Node, attempt, conclude, tried};

/// How many ways a disk loses pages at each step.
const WAYS: u64 = 4;

fn undisturbed(story: &Story) -> Node {
    let mut node = Node::new(SimDisk::new(0));
    node.start().unwrap();
    story.tell(&mut node).unwrap();
    node
}

fn root(node: &Node) -> [u8; 32] {
    node.ledger().durable().tree.root()
}

/// The story until the process dies at a step.
fn until(story: &Story, step: usize) -> Node {
    let disk = SimDisk::new(step as u64);
    disk.fail_at(step, Failure::Death);
    let mut node = Node::new(disk);
    let told = node.start().and_then(|()| story.tell(&mut node));
    // A snapshot that cannot be written stops nothing; at the latest the next write does.
    drop(told);
    node
}

/// The next process, which has to start.
fn started(node: &Node, disk: SimDisk, when: &str) -> Node {
    let mut next = node.next(disk);
    next.start().unwrap_or_else(|fault| panic!("{when}: the node does not start: {fault}"));
    next.prove();
    next.ask_again();
    next
}

/// One way to lose pages, and everything after it.
fn one(story: &Story, dead: &Node, way: u64, expected: [u8; 32]) {
    let mut dice = Dice(way);
    // The first way is a kill: nothing is lost now, and what was not synced may be lost at the next power cut.
    let disk = dead.disk.copy(way);
    let mut next = started(dead, if way == 0 { disk.killed(way) } else { disk.cut(way) }, "the first time");
    if dice.chance(50) {
        next = started(&next, next.disk.copy(way).cut(dice.roll()), "right after the start");
    }
    // Once more, in the midst of a start.
    let disk = next.disk.copy(way).cut(dice.roll());
    disk.fail_at(dice.below(12) as usize, Failure::Death);
    let mut starting = next.next(disk);
    drop(starting.start());
    let next_disk = starting.disk.copy(way).cut(dice.roll());
    let mut last = started(&starting, next_disk, "in the midst of a start");
    story.tell(&mut last).unwrap();
    last.prove();
    assert_eq!(root(&last), expected, "another ledger came out");
}

#[test]
fn a_power_cut_at_any_step_with_any_pages_lost_loses_nothing_that_was_acknowledged() {
    let story = Story::new();
    let whole = undisturbed(&story);
    let (steps, expected) = (whole.disk.steps(), root(&whole));
    let only = std::env::var("STEP").ok().map(|step| step.parse::<usize>().unwrap());
    let ways = if std::env::var("LONG").is_ok() { 20 * WAYS } else { WAYS };
    let (mut count, mut failures) = (0, Vec::new());
    for step in (0..steps).filter(|step| only.is_none_or(|only| only == *step)) {
        let dead = until(&story, step);
        for way in 0..ways {
            if let Err(why) = attempt(|| one(&story, &dead, way, expected)) {
                failures.push(format!("STEP={step}, way {way}: {why}"));
            }
            count += 1;
        }
        if failures.len() >= MOST_FAILURES {
            break;
        }
    }
    tried(&format!("power cuts {count} ({steps} steps × {ways} ways to lose pages), each cut again at the next start"));
    conclude(&failures);
}

#[test]
fn the_disk_of_these_tests_loses_what_was_not_synced_in_every_way_and_nothing_else() {
    let disk = SimDisk::new(0);
    let storage = disk.open("d").unwrap();
    let mut file = storage.create("a").unwrap();
    file.write_all(&[1; 6_000]).unwrap();
    file.sync_data().unwrap();
    storage.sync_dir().unwrap();
    file.write_all(&[2; 6_000]).unwrap();
    storage.create("b").unwrap();
    assert_eq!(disk.copy(0).killed(0).files("d")["a"].len(), 12_000, "a kill loses nothing");
    let mut found = [0; 4];
    for seed in 0..200 {
        let files = disk.copy(0).cut(seed).files("d");
        let (synced, rest) = files["a"].split_at(6_000);
        assert!(synced.iter().all(|byte| *byte == 1), "what was synced is lost");
        let written = rest.iter().filter(|byte| **byte == 2).count();
        found[0] += usize::from(written == 6_000);
        found[1] += usize::from(written == 0);
        found[2] += usize::from(rest.iter().position(|byte| *byte != 2).is_some_and(|hole| rest[hole..].contains(&2)));
        found[3] += usize::from(files.contains_key("b"));
    }
    assert!(found.iter().all(|count| (5..195).contains(count)), "all, nothing, a hole, a name: {found:?}");
    // What a failed sync gave up is read, and not there after a power cut, whatever is synced later.
    let lost = (0..20).filter(|seed| {
        let disk = disk.copy(*seed);
        let storage = disk.open("d").unwrap();
        let mut file = storage.append("a").unwrap();
        disk.fail_at(disk.steps(), Failure::GivenUp);
        file.sync_data().unwrap_err();
        file.sync_data().unwrap();
        assert_eq!(disk.files("d")["a"].len(), 12_000);
        disk.cut(*seed).files("d")["a"].iter().filter(|byte| **byte == 2).count() < 6_000
    });
    assert!((5..20).contains(&lost.count()));
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

/// Damages the views in one way, which the seed decides.
fn damage(views: &Path, other: &Path, seed: u64) {
    let mut dice = Dice(seed);
    match seed % 5 {
        0 => fs::remove_dir_all(views).unwrap(),
        1 => {
            let file = dice.pick(&files(views)).unwrap();
            let length = fs::metadata(&file).unwrap().len();
            fs::OpenOptions::new().write(true).open(file).unwrap().set_len(dice.below(length + 1)).unwrap();
        }
        2 => {
            let all = files(views);
            for _ in 0..1 + dice.below(8) {
                let file = dice.pick(&all).unwrap();
                let mut bytes = fs::read(&file).unwrap();
                if let Some(last) = bytes.iter().rposition(|byte| *byte != 0) {
                    bytes[dice.below(last as u64 + 1) as usize] ^= 1 << dice.below(8);
                }
                fs::write(file, bytes).unwrap();
            }
        }
        3 => fs::remove_file(dice.pick(&files(views)).unwrap()).unwrap(),
        _ => {
            // Files of another run in place of some of these.
            for file in files(views) {
                let theirs = other.join(file.strip_prefix(views).unwrap());
                if theirs.exists() && (dice.chance(50) || seed.is_multiple_of(2)) {
                    fs::copy(theirs, file).unwrap();
                }
            }
        }
    }
}

#[test]
fn views_that_are_damaged_in_any_way_cost_a_rebuild_and_nothing_else() {
    const WAYS: u64 = 100;
    let story = Story::new();
    let whole = undisturbed(&story);
    let mut other = Node::new(SimDisk::new(1));
    other.start().unwrap();
    for round in 0..4u8 {
        other.keep([(vec![b'k', round], vec![round; 300])].into()).unwrap();
    }
    // sled writes its files when it is closed.
    let (other_views, disk) = (other.views(), whole.disk.copy(0));
    drop(other.running.take());
    let mut closed = whole.next(disk.killed(0));
    closed.start().unwrap();
    drop(closed.running.take());
    let mut failures = Vec::new();
    for seed in 0..WAYS {
        let mut next = closed.next(closed.disk.copy(seed).killed(seed));
        let tried = attempt(|| {
            damage(&next.views(), &other_views, seed);
            next.start().unwrap();
            next.prove();
            next.keep([(vec![b'k', 9], vec![9; 9])].into()).unwrap();
            next.prove();
        });
        failures.extend(tried.err().map(|why| format!("seed {seed}: {why}")));
    }
    tried(&format!("views {WAYS} ways to damage them"));
    conclude(&failures);
}
