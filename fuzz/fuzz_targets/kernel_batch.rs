//! The fuzz target `kernel_batch`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::kernel_batch(input));
