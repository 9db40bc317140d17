//! Any text as one with variables: `cargo +nightly fuzz run variables`.
#![no_main]

use deploy::variables::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for own in [false, true] {
        if let Err(fault) = parse(text, own) {
            assert!(text.get(fault.at).is_some());
        }
    }
});
