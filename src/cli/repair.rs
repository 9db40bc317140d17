//! `deploy repair`: mends what no deployment gets past.

use super::deploy::Deploy;
use super::prepared::{Prepared, manner};
use super::session::Session;
use super::{Context, interrupt, settings};
use crate::apply::{self, Manner, Remedy};
use crate::aws::Clients;
use crate::observe::{self, StaleStage};
use crate::plan::{self, Condition, Deployed, Stacks};
use crate::{Failure, Outcome};

/// Mend a stack that takes no deployment: say what helps, ask, do it, deploy
///
/// It deletes what is left of a failed creation, continues a way back that failed, takes tables, buckets and log groups
/// that stand in the way into the stack, and puts an API's stage on its newest deployment.
#[derive(Debug, clap::Args)]
pub struct Repair {
    /// Only say what would be done
    #[arg(long)]
    plan: bool,
    /// Answer every question with yes
    #[arg(long, short)]
    yes: bool,
    /// Leave this resource out of the way back, beside those that are gone; may be given several times
    #[arg(long, value_name = "LOGICAL-ID")]
    skip: Vec<String>,
}

impl Repair {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(self.repair(context))
    }

    async fn repair(&self, context: &Context) -> Result<Outcome, Failure> {
        let session = Session::open(context).await?;
        let clients = session.clients().await?;
        let name = session.stack.stack_name();
        let found = clients.stack(&name).await?.filter(|stack| stack.status.condition() != Condition::Gone);
        session.check_account(context, &clients, found.as_ref()).await?;
        let tell = |event| context.report.applying(&event);
        let manner = manner(&clients, &tell, interrupt::listen(), true);
        let mut mended = false;
        if let Some(stack) = &found {
            apply::join(&clients, stack, &Default::default(), &manner).await?;
            if let Some(remedy) = apply::remedy(&clients, stack, &self.skip).await? {
                if !self.agreed(context, &remedy.words())? {
                    return Ok(Outcome::Done);
                }
                let role = settings::role(&session)?;
                apply::mend(&clients, stack, &remedy, role.as_deref(), &manner).await?;
                mended = true;
            }
        }
        let mended = self.unblock(context, &session, &clients, &manner).await? || mended;
        if mended {
            return Deploy::default().deploy(context).await;
        }
        let mended = self.refresh(context, &session, &clients).await?;
        context.report.repaired(&name, &session.place(), mended);
        Ok(Outcome::Done)
    }

    /// Says what would be done; false when that is all, or the answer is no.
    fn agreed(&self, context: &Context, words: &[String]) -> Result<bool, Failure> {
        context.report.remedy(words);
        if self.plan {
            return Ok(false);
        }
        if self.yes || context.report.asks("Do this?")? {
            return Ok(true);
        }
        context.report.note("nothing was changed");
        Ok(false)
    }

    /// Takes into the stack what has the name of a new resource.
    async fn unblock(
        &self,
        context: &Context,
        session: &Session,
        clients: &Clients,
        manner: &Manner<'_>,
    ) -> Result<bool, Failure> {
        let prepared = Prepared::of(context, session)?;
        let plan = prepared.plan(session, clients).await?;
        let deployed = plan.before.as_ref().and_then(|before| cfn::Template::from_value(before.clone()).ok());
        let review = plan::compare(&plan.stack_name, deployed.as_ref(), &prepared.rendered.template, &plan.places);
        let taken = super::plan::taken(session, clients, &plan, &review).await?;
        let (importable, others) = apply::by_importability(taken);
        if !others.is_empty() {
            context.report.remedy(&Remedy::InTheWay(others).words());
        }
        if importable.is_empty() || !self.agreed(context, &Remedy::Import(importable.clone()).words())? {
            return Ok(false);
        }
        apply::import(clients, &plan, &importable, manner).await?;
        Ok(true)
    }

    /// Puts the stages of REST APIs on the deployments that the stack made last.
    async fn refresh(&self, context: &Context, session: &Session, clients: &Clients) -> Result<bool, Failure> {
        let Some(stack) = clients.stack(&session.stack.stack_name()).await? else { return Ok(false) };
        let stale = stale(session, clients, &stack).await?;
        if stale.is_empty() || !self.agreed(context, &stale.iter().map(StaleStage::words).collect::<Vec<_>>())? {
            return Ok(false);
        }
        for stage in &stale {
            observe::refresh(clients, stage).await?;
        }
        Ok(true)
    }
}

async fn stale(session: &Session, clients: &Clients, stack: &Deployed) -> Result<Vec<StaleStage>, Failure> {
    if stack.status.condition() != Condition::Ready {
        return Ok(Vec::new());
    }
    let overview = super::info::look(session, clients, stack).await?;
    let resources = apply::Operations::resources(clients, &stack.id).await?;
    Ok(observe::stale_stages(clients, &overview, &resources).await?)
}
