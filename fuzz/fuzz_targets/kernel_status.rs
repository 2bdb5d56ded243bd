//! The fuzz target `kernel_status`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::kernel_status(input));
