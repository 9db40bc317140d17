//! One file a command: its arguments, and `run`, which reads as the pipeline.

mod completions;
mod context;
mod global;

pub use context::Context;
pub use global::{Global, TargetName};

use clap::{Parser, Subcommand};

use crate::{Failure, Outcome};

/// From a stack.yaml to a running serverless application, on AWS or on this machine.
#[derive(Debug, Parser)]
#[command(name = "deploy", version, propagate_version = false, max_term_width = 100, subcommand_required = true)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Completions(completions::Completions),
}

impl Args {
    /// Runs the command; none is `deploy`.
    ///
    /// # Errors
    /// What the command ends with when it does not do what was asked.
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match &self.command {
            Some(Command::Completions(command)) => command.run(context),
            None => Ok(Outcome::Done),
        }
    }
}
