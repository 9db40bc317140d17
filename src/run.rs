//! Parses the command line, runs the command, prints a failure once.

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Args, Context};
use crate::report;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    report::tell_of_bugs();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return report::usage(&error),
    };
    let context = Context::new(args.global.clone());
    match args.run(&context) {
        Ok(outcome) => {
            context.report.close();
            ExitCode::from(outcome.exit_code())
        }
        Err(failure) => {
            context.report.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
