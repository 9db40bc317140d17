//! `deploy`: from the project to a running stack.

use std::time::Instant;

use serde_json::Value;

use super::prepared::{Prepared, manner, remember, share};
use super::session::Session;
use super::{Context, fast, interrupt, swaps};
use crate::apply::{self, Applied};
use crate::artifact::{self, Artifact};
use crate::aws::Clients;
use crate::observe::{self, Overview};
use crate::plan::{Deployed, Memory, Plan, Record, Way, Work, record_bucket};
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
    /// Show what would change, and ask before anything does
    #[arg(long)]
    plan: bool,
    /// Answer every question with yes
    #[arg(long, short)]
    yes: bool,
    /// Give up when somebody else deploys the stack, instead of waiting
    #[arg(long)]
    no_wait: bool,
    /// Change code, configuration and state machines directly, past CloudFormation, when that is all there is to change
    #[arg(long, conflicts_with_all = ["force", "no_wait"])]
    fast: bool,
}

impl Deploy {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            match self.fast {
                true => fast::run(context, self.plan && !self.yes).await,
                false => self.deploy(context).await,
            }
        })
    }

    /// The whole of it.
    ///
    /// # Errors
    /// Whatever a deployment can end with.
    pub async fn deploy(&self, context: &Context) -> Result<Outcome, Failure> {
        let begun = Instant::now();
        let report = &context.report;
        let session = Session::open(context).await?;
        let prepared = Prepared::of(context, &session)?;
        let clients = session.clients().await?;
        let mut plan = prepared.plan(&session, &clients, Way::Whole).await?;
        session.check_account(context, &clients, plan.deployed.as_ref()).await?;
        let tell = |event| report.applying(&event);
        let manner = manner(&clients, &tell, interrupt::listen(), !self.no_wait);
        if let Some(stack) = &plan.deployed
            && apply::join(&clients, stack, &plan.places, &manner).await?.is_some()
        {
            // What was planned before that operation has ended tells of another stack.
            plan = prepared.plan(&session, &clients, Way::Whole).await?;
        }
        if self.force && plan.work == Work::Nothing {
            plan.work = Work::Update;
        }
        let taken = super::plan::taken(&session, &clients, &plan).await?;
        if !taken.is_empty() && !self.plan {
            return Err(Failure::NamesTaken { stack: plan.stack_name.clone(), taken });
        }
        if self.plan && !self.agreed(context, &session, &clients, &plan).await? {
            return Ok(Outcome::Done);
        }
        if let Some(stack) = &plan.deployed {
            swaps::undo(context, &clients, &plan, stack, &manner).await?;
        }
        let (applied, changed) = match (&plan.work, &plan.deployed) {
            (Work::Nothing, Some(stack)) if plan.settings_to_set().is_empty() => (
                Applied { stack: stack.clone(), changes: Vec::new(), is_as_planned: true },
                plan.memory.swaps.is_some(),
            ),
            _ => (apply::apply(&plan, &clients, &manner).await?, true),
        };
        let overview = overview(&session, &clients, &plan, &applied).await?;
        report.deployed(&Deployment {
            stage: &session.stack.stage,
            service: &session.stack.service,
            place: &session.place(),
            overview: &overview,
            artifacts: &prepared.artifacts,
            changed,
            took: begun.elapsed(),
        });
        Ok(Outcome::Done)
    }

    /// Shows the plan and asks; without changes there is nothing to ask.
    async fn agreed(
        &self,
        context: &Context,
        session: &Session,
        clients: &Clients,
        plan: &Plan,
    ) -> Result<bool, Failure> {
        let review = super::plan::review(session, clients, plan).await?;
        context.report.review(&review, &session.place(), false, &session.secrets);
        if self.yes || review.is_empty() {
            return Ok(true);
        }
        let agreed = context.report.asks("Deploy this?")?;
        if !agreed {
            context.report.note("nothing was changed");
        }
        Ok(agreed)
    }
}

/// What stands now; it is remembered for the next time, here and for everybody, unless it changes again already.
pub async fn overview(
    session: &Session,
    clients: &Clients,
    plan: &Plan,
    applied: &Applied,
) -> Result<Overview, Failure> {
    let stack = &applied.stack;
    let resources = swaps::resources(clients, plan, stack).await?;
    if let Some(wanted) = &plan.stage_to_set {
        apply::set_stage(clients, stack, &resources, wanted, plan.former_stage()).await?;
    }
    let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
    let region = &session.stack.region;
    let endpoint = clients.local_endpoint();
    let overview = observe::overview_of(stack, &resources, &template, region, endpoint, &session.keys());
    if applied.is_as_planned {
        let record = Record {
            stack_id: stack.id.clone(),
            changed_at: stack.changed_at.clone(),
            change_set_id: stack.change_set_id.clone(),
            template,
            resources,
            places: plan.places.clone(),
            swaps: None,
            stage_settings: plan.stage_to_set.as_ref().or_else(|| plan.former_stage()).cloned(),
            tag: None,
        };
        keep(session, clients, plan, stack, record).await?;
    }
    Ok(overview)
}

/// Remembers a stack after a whole deployment. That nobody else is told is no failure of the deployment: the next one asks more.
async fn keep(
    session: &Session,
    clients: &Clients,
    plan: &Plan,
    stack: &Deployed,
    mut record: Record,
) -> Result<(), Failure> {
    let memory = Memory { bucket: record_bucket(&plan.bucket, stack), ..plan.memory.clone() };
    let is_told = memory.swaps.is_none()
        && memory.tag.is_some()
        && memory.record.as_ref().is_some_and(|known| known.tells_of(stack) && known.says_as(&record));
    record.tag = match is_told {
        true => memory.tag.clone(),
        false => share(clients, &plan.prefix, &memory, &record).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the record of the stack is not written");
            None
        }),
    };
    Ok(remember(session, &record)?)
}

/// Builds the artifacts and renders the template. When it is `tolerant`, what cannot be built is zipped as it is.
pub fn render(context: &Context, session: &Session, tolerant: bool) -> Result<(Vec<Artifact>, Rendered), Failure> {
    context.report.diagnostics(&session.stack.warnings, &session.sources);
    let mut stack = session.stack.clone();
    if !tolerant {
        context.report.diagnostics(&stack.revive_runtimes(), &session.sources);
    }
    let units = artifact::units(&stack).map_err(|diagnostics| session.invalid(diagnostics))?;
    let workshop = artifact::Workshop {
        root: stack.root.clone(),
        state_dir: session.deploy_dir(),
        runs_on_host: stack.target == Target::Local,
        tolerant,
    };
    let artifacts = artifact::build(&units, &workshop, &|event| context.report.building(&event));
    let artifacts = artifacts.map_err(|failure| session.unbuilt(failure))?;
    let rendered = template::render(&stack, &artifacts);
    let rendered = rendered.map_err(|diagnostics| session.invalid(diagnostics))?;
    context.report.diagnostics(&rendered.warnings, &session.sources);
    Ok((artifacts, rendered))
}
