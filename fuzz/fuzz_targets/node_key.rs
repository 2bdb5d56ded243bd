//! The fuzz target `node_key`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::node_key(input));
