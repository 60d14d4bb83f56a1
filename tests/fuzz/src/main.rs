//! Every fuzzing binary: the target has the binary's name.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| liard_fuzz::target(env!("CARGO_BIN_NAME"))(data));
