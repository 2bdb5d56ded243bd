//! The fuzz target `state_chunk`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::state_chunk(input));
