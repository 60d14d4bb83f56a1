//! The fuzzing targets of `tests/fuzz` without a fuzzer: every input of the checked-in corpus, and mutations of them.
//!
//! `SEED=7` plays other mutations, `LONG=1` a hundred times as many. `tests/fuzz/README.md` says how to look for new inputs.

#![allow(clippy::unwrap_used)]

#[path = "../../tests/fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use targets::{TARGETS, Target};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fuzz/corpus");

/// So many mutations per target, and fewer where each makes a database.
const MUTATIONS: u64 = 1_000;
const MUTATIONS_OF_RECORDS: u64 = 50;

/// Inputs grow no longer than this under mutation, in bytes.
const MAX_INPUT: usize = 1 << 15;

fn inputs(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(CORPUS).join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Runs a target; an input on which it fails is printed, to be kept.
fn run(name: &str, target: Target, input: &[u8], origin: &str) {
    if catch_unwind(AssertUnwindSafe(|| target(input))).is_err() {
        panic!("{name} fails on {origin}: {}", input.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % bound.max(1) as u64) as usize
    }

    /// One to four changes of the kinds that a fuzzer makes.
    fn mutated(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = at + self.below((bytes.len() - at).min(64) + 1);
            match (self.below(7), bytes.get_mut(at)) {
                (0, Some(byte)) => *byte ^= 1 << self.below(8),
                (1, Some(byte)) => *byte = [0x00, 0x01, 0x17, 0x18, 0x1b, 0x7f, 0x80, 0xa0, 0xf5, 0xff][self.below(10)],
                (2, Some(byte)) => *byte = byte.wrapping_add(self.below(3) as u8).wrapping_sub(1),
                (3, _) => drop(bytes.drain(at..end)),
                (4, _) => bytes.truncate(at),
                (5, _) => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => {
                    let from = self.below(other.len() + 1);
                    let to = from + self.below((other.len() - from).min(64) + 1);
                    bytes.splice(at..end, other[from..to].iter().copied());
                }
            }
        }
        bytes.truncate(MAX_INPUT);
        bytes
    }
}

#[test]
fn every_input_of_the_corpus_holds() {
    let mut folders: Vec<_> = fs::read_dir(CORPUS).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    folders.sort();
    let mut names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
    names.sort();
    assert_eq!(folders, names, "a corpus for every target, and no other");
    for (name, target) in TARGETS {
        let inputs = inputs(name);
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for (path, input) in inputs {
            run(name, *target, &input, &path.display().to_string());
        }
    }
}

#[test]
fn mutations_of_the_corpus_hold() {
    let seed = std::env::var("SEED").map_or(1, |seed| seed.parse().expect("SEED is a number"));
    let times = if std::env::var("LONG").is_ok() { 100 } else { 1 };
    println!("SEED={seed}");
    let mut dice = Dice(seed);
    let mut tried = 0;
    for (name, target) in TARGETS {
        let inputs = inputs(name);
        for number in 0..times * if *name == "records" { MUTATIONS_OF_RECORDS } else { MUTATIONS } {
            let [input, other] = [(); 2].map(|()| &inputs[dice.below(inputs.len())].1);
            let mutated = dice.mutated(input, other);
            run(name, *target, &mutated, &format!("mutation {number} of SEED={seed}"));
            tried += 1;
        }
    }
    println!("tried: {tried} mutations of {} targets", TARGETS.len());
}

#[test]
fn the_manifest_of_the_fuzzer_has_a_binary_for_every_target() {
    let manifest = fs::read_to_string(Path::new(CORPUS).join("../Cargo.toml")).unwrap();
    // Those of other crates have a file of their own.
    let ours = manifest.split("[[bin]]\nname = \"").skip(1).filter(|part| part.contains("path = \"src/main.rs\""));
    let binaries: Vec<_> = ours.map(|part| part.split('"').next().unwrap()).collect();
    assert_eq!(binaries, TARGETS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}
