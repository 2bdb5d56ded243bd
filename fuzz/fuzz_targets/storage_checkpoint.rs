//! The fuzz target `storage_checkpoint`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::storage_checkpoint(input));
