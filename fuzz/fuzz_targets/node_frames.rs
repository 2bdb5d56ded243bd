//! The fuzz target `node_frames`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::node_frames(input));
