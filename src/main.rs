//! The `deploy` command.

use std::process::ExitCode;

/// Configuration, templates and histories are many small values, which this allocator makes and forgets faster than the
/// C library's (docs/design/dependencies.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    deploy::run()
}
