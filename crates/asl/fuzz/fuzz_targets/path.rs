#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| asl_fuzz::inputs::path(data));
