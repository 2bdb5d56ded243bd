//! The fuzz target `state_reply_body`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::state_reply_body(input));
