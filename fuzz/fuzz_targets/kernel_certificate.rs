//! The fuzz target `kernel_certificate`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::kernel_certificate(input));
