# The tasks of the house. `just` lists them.

default:
    @just --list

# All that must hold before a change lands.
ci:
    .ci/run

# Format, lint, test: what to run while working.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace

# The States Language cases recorded from AWS, against the local Step Functions: `just conformance FOLDER`.
conformance folder:
    ASL_CONFORMANCE={{folder}} cargo test --workspace --test it -- conformance --nocapture

# The template cases of the Serverless Framework: `just parity FOLDER`.
parity folder:
    cargo build --release
    {{folder}}/check.py target/release/deploy

# Every benchmark of docs/performance.md.
bench:
    benches/run
