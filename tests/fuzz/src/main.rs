//! Every fuzzing binary: the target has the binary's name.

#![no_main]

use liard_fuzz::TARGETS;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (_, target) = TARGETS.iter().find(|(name, _)| *name == env!("CARGO_BIN_NAME")).expect("every binary has its target");
    target(data);
});
