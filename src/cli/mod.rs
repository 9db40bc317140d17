//! One file a command: its arguments, and `run`, which reads as the pipeline.

mod completions;
mod context;
mod deploy;
mod diff_template;
mod drift;
mod explain;
mod fast;
mod global;
mod info;
mod interrupt;
mod invoke;
mod list;
mod local;
mod logs;
mod metrics;
mod package;
mod plan;
mod prepared;
mod print;
mod remove;
mod repair;
mod rollback;
mod schema;
mod session;
mod settings;
mod swaps;
mod validate;
mod watch;

pub use context::Context;
pub use global::{Global, TargetName};

use clap::{Parser, Subcommand};

use crate::{Failure, Outcome};

/// From a stack.yaml to a running serverless application, on AWS or on this machine.
#[derive(Debug, Parser)]
#[command(name = "deploy", version, propagate_version = false, max_term_width = 100)]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    deploy: deploy::Deploy,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Deploy(deploy::Deploy),
    Plan(plan::Plan),
    Watch(watch::Watch),
    Info(info::Info),
    Invoke(invoke::Invoke),
    Logs(logs::Logs),
    Metrics(metrics::Metrics),
    List(list::List),
    Rollback(rollback::Rollback),
    Repair(repair::Repair),
    Drift(drift::Drift),
    Remove(remove::Remove),
    Package(package::Package),
    DiffTemplate(diff_template::DiffTemplate),
    Validate(validate::Validate),
    Print(print::Print),
    Explain(explain::Explain),
    Schema(schema::Schema),
    Local(local::Local),
    Completions(completions::Completions),
}

impl Args {
    /// Runs the command; none is `deploy`.
    ///
    /// # Errors
    /// What the command ends with when it does not do what was asked.
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match &self.command {
            None => self.deploy.run(context),
            Some(Command::Deploy(command)) => command.run(context),
            Some(Command::Plan(command)) => command.run(context),
            Some(Command::Watch(command)) => command.run(context),
            Some(Command::Info(command)) => command.run(context),
            Some(Command::Invoke(command)) => command.run(context),
            Some(Command::Logs(command)) => command.run(context),
            Some(Command::Metrics(command)) => command.run(context),
            Some(Command::List(command)) => command.run(context),
            Some(Command::Rollback(command)) => command.run(context),
            Some(Command::Repair(command)) => command.run(context),
            Some(Command::Drift(command)) => command.run(context),
            Some(Command::Remove(command)) => command.run(context),
            Some(Command::Package(command)) => command.run(context),
            Some(Command::DiffTemplate(command)) => command.run(context),
            Some(Command::Validate(command)) => command.run(context),
            Some(Command::Print(command)) => command.run(context),
            Some(Command::Explain(command)) => command.run(context),
            Some(Command::Schema(command)) => command.run(context),
            Some(Command::Local(command)) => command.run(context),
            Some(Command::Completions(command)) => command.run(context),
        }
    }
}
