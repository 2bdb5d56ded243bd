//! The fuzz target `kv_operation`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::kv_operation(input));
