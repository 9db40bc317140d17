//! The `deploy` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    deploy::run()
}
