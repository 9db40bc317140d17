//! `deploy drift`: what was changed in the account since the stack was deployed.

use std::time::Duration;

use super::Context;
use super::info::deployed;
use super::session::Session;
use crate::observe;
use crate::project::Target;
use crate::{Failure, Outcome};

/// Show what was changed in the account past the stack
#[derive(Debug, clap::Args)]
pub struct Drift {
    /// End with 2 when something was changed
    #[arg(long)]
    exit_code: bool,
}

impl Drift {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let session = Session::open(context).await?;
            let (clients, stack) = deployed(&session).await?;
            let pause = match session.stack.target {
                Target::Local => Duration::from_millis(50),
                Target::Aws => Duration::from_secs(2),
            };
            let drift = observe::drift(&clients, &stack.name, pause).await?;
            context.report.drift(&stack.name, &session.place(), &drift);
            let changed = drift.drifted().next().is_some();
            Ok(if self.exit_code && changed { Outcome::Changes } else { Outcome::Done })
        })
    }
}
