#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| menhu_fuzz::folding(bytes));
