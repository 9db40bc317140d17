//! `deploy`: from the project to a running stack.

use std::time::Instant;

use jiff::Timestamp;

use super::session::Session;
use super::{Context, interrupt, settings};
use crate::apply::{self, Manner};
use crate::artifact::{self, Artifact};
use crate::observe;
use crate::plan::{self, Work};
use crate::project::Target;
use crate::report::Deployment;
use crate::template::{self, Rendered};
use crate::{Failure, Outcome};

/// Deploy the stack: build, upload, change what changed
///
/// The same as `deploy` without a command.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Deploy {
    /// Deploy even when nothing has changed
    #[arg(long)]
    force: bool,
}

impl Deploy {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(self.deploy(context))
    }

    async fn deploy(&self, context: &Context) -> Result<Outcome, Failure> {
        let begun = Instant::now();
        let report = &context.report;
        let session = Session::open(context).await?;
        let (artifacts, rendered) = render(context, &session, false)?;
        let clients = session.clients().await?;
        let settings = settings::settings(&session, &rendered.template)?;
        let region = &session.stack.region;
        let mut plan = plan::prepare(&clients, region, &rendered, &artifacts, &session.sources, settings).await?;
        if self.force && plan.work == Work::Nothing {
            plan.work = Work::Update;
        }
        let stack = match (&plan.work, &plan.deployed) {
            (Work::Nothing, Some(stack)) => stack.clone(),
            _ => {
                let manner = Manner {
                    pace: clients.pace(),
                    tell: &|event| report.applying(&event),
                    interrupt: interrupt::listen(),
                    now: Timestamp::now(),
                };
                apply::apply(&plan, &clients, &manner).await?.stack
            }
        };
        let overview = observe::overview(&clients, &stack, region, clients.local_endpoint(), &session.keys()).await?;
        report.deployed(&Deployment {
            stage: &session.stack.stage,
            service: &session.stack.service,
            place: &session.place(),
            overview: &overview,
            artifacts: &artifacts,
            changed: plan.work != Work::Nothing,
            took: begun.elapsed(),
        });
        Ok(Outcome::Done)
    }
}

/// Builds the artifacts and renders the template. When it is `tolerant`, what cannot be built is zipped as it is.
pub fn render(context: &Context, session: &Session, tolerant: bool) -> Result<(Vec<Artifact>, Rendered), Failure> {
    context.report.diagnostics(&session.stack.warnings, &session.sources);
    let units = artifact::units(&session.stack).map_err(|diagnostics| session.invalid(diagnostics))?;
    let workshop = artifact::Workshop {
        root: session.stack.root.clone(),
        state_dir: session.deploy_dir(),
        runs_on_host: session.stack.target == Target::Local,
        tolerant,
    };
    let artifacts = artifact::build(&units, &workshop, &|event| context.report.building(&event));
    let artifacts = artifacts.map_err(|failure| session.unbuilt(failure))?;
    let rendered = template::render(&session.stack, &artifacts);
    let rendered = rendered.map_err(|diagnostics| session.invalid(diagnostics))?;
    context.report.diagnostics(&rendered.warnings, &session.sources);
    Ok((artifacts, rendered))
}
