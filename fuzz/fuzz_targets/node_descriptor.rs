//! The fuzz target `node_descriptor`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::node_descriptor(input));
