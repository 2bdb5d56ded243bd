//! The fuzz target `pbft_message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::pbft_message(input));
