//! The fuzzing binary of banks' files. Its corpus is `tests/fixtures/bank`.

#![no_main]

mod bank_file;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bank_file::bank_file(data));
