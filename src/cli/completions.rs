//! `deploy completions`: a shell's completion script.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Args, Context};
use crate::{Failure, Outcome};

/// Print a completion script for a shell
///
/// For bash: `source <(deploy completions bash)`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Args::command(), "deploy", &mut script);
        context.report.out(&String::from_utf8_lossy(&script));
        Ok(Outcome::Done)
    }
}
