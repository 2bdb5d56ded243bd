//! The fuzz target `kernel_request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| synod_fuzz::kernel_request(input));
