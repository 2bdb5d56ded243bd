//! The fuzz target `node_status`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::node_status(input));
