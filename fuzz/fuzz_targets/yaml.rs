//! Any bytes as a YAML file: `cargo +nightly fuzz run yaml`.
#![no_main]

use deploy::source::{FileId, yaml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (tree, problems) = yaml::read(FileId(0), text);
    assert!(tree.is_some() || !problems.is_empty());
    for problem in problems {
        assert!(problem.span.start <= problem.span.end && problem.span.end as usize <= text.len());
    }
});
