//! `deploy repair`: mends what no deployment gets past.

use serde_json::Value;

use super::deploy::Deploy;
use super::prepared::{Prepared, manner};
use super::session::Session;
use super::{Context, interrupt, settings, swaps};
use crate::apply::{self, Manner, Remedy};
use crate::aws::Clients;
use crate::failure::listing;
use crate::observe::{self, Drifted, StaleStage};
use crate::plan::{self, Astray, Condition, Deployed, Known, Stacks, Strayed, Taken, Way};
use crate::template;
use crate::{Failure, Outcome};

/// How often a way back is continued that stops at one resource after the other.
const MAX_ROUNDS: usize = 50;

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
        let (mut mended, mut skipped) = (false, Vec::new());
        if let Some(stack) = found {
            apply::join(&clients, &stack, &Default::default(), &manner).await?;
            // What went on may have ended it: its status then is what counts.
            let stack = clients.stack(&name).await?.filter(|stack| stack.status.condition() != Condition::Gone);
            match stack {
                Some(stack) => match self.mend(context, &session, &clients, stack, &manner).await? {
                    Some((done, left_out)) => (mended, skipped) = (done, left_out),
                    None => return Ok(Outcome::Done),
                },
                None => mended = true,
            }
        }
        match self.renew(context, &session, &clients, &skipped, &manner).await? {
            Some(done) => mended |= done,
            None if mended => {
                context.report.repaired(&name, &session.place(), mended);
                return Ok(Outcome::Done);
            }
            None => return Ok(Outcome::Done),
        }
        let mended = self.unblock(context, &session, &clients, &manner).await? || mended;
        if mended {
            return Deploy::default().deploy(context).await;
        }
        let mended = self.refresh(context, &session, &clients).await?;
        context.report.repaired(&name, &session.place(), mended);
        Ok(Outcome::Done)
    }

    /// Does what the status of the stack calls for; whether there was something, and what was left out of a way back. None
    /// when it is not to be done.
    async fn mend(
        &self,
        context: &Context,
        session: &Session,
        clients: &Clients,
        mut stack: Deployed,
        manner: &Manner<'_>,
    ) -> Result<Option<(bool, Vec<String>)>, Failure> {
        let role = settings::role(session)?;
        let mut skipped = Vec::new();
        let mut last: Option<Remedy> = None;
        for _ in 0..MAX_ROUNDS {
            let Some(remedy) = apply::remedy(clients, &stack, &self.skip).await? else { break };
            if !self.agreed(context, &remedy.words())? {
                return Ok(None);
            }
            skipped.extend(remedy.skipped().iter().map(|one| one.logical_id.clone()));
            let done = apply::mend(clients, &stack, &remedy, role.as_deref(), manner).await;
            let now = clients.stack(&stack.id).await?;
            // A way back that stops at another resource that is gone goes on without that one too.
            if let (Err(failure), Some(next)) = (done, &now) {
                let further = apply::remedy(clients, next, &self.skip).await?;
                if !further.is_some_and(|further| further.skips_more_than(&remedy)) {
                    return Err(failure.into());
                }
            }
            last = Some(remedy);
            match now.filter(|stack| stack.status.condition() == Condition::Stuck) {
                Some(next) => stack = next,
                None => break,
            }
        }
        if !skipped.is_empty() {
            context.report.warn(&format!(
                "{} did not go back: the stack counts what the account may not have any more",
                listing(&skipped)
            ));
        }
        Ok(Some((last.is_some(), skipped)))
    }

    /// Makes again what the stack counts and the account does not have, and brings back what was left out of a way back;
    /// whether there was something. None when it is not to be done.
    async fn renew(
        &self,
        context: &Context,
        session: &Session,
        clients: &Clients,
        skipped: &[String],
        manner: &Manner<'_>,
    ) -> Result<Option<bool>, Failure> {
        let name = session.stack.stack_name();
        let ready = |stack: &Deployed| stack.status.condition() == Condition::Ready;
        let Some(stack) = clients.stack(&name).await?.filter(ready) else { return Ok(Some(false)) };
        let drift = observe::drift(clients, &stack.name, manner.pace.first).await?;
        let strayed: Vec<Strayed> = drift.drifted().filter_map(|one| strayed(one, skipped)).collect();
        let template: Value = serde_json::from_str(&clients.template(&stack.id).await?).unwrap_or_default();
        let resources = apply::Operations::resources(clients, &stack.id).await?;
        let known = Known::of(&template, &stack, &session.stack.region, &stack.parameters, &resources);
        let renewal = plan::renewal(&known, strayed);
        let is_there = |id: &&String| renewal.renewed.iter().all(|one| one.logical_id != **id);
        let direct: Vec<&String> = skipped.iter().filter(is_there).filter(|id| is_swappable(&template, id)).collect();
        let mut words = renewal.words();
        words.extend(direct.iter().map(|id| format!("set {id} directly to what its template says")));
        if words.is_empty() {
            return Ok(Some(false));
        }
        if renewal.renewed.is_empty() && direct.is_empty() {
            context.report.remedy(&words);
            return Ok(Some(false));
        }
        if !self.agreed(context, &words)? {
            return Ok(None);
        }
        let (bucket, prefix) = (template::deployment_bucket(&session.stack), template::prefix(&session.stack));
        let settled = swaps::settled(&known, &direct);
        if !settled.is_empty() {
            let code = apply::deployment_bucket(clients, &bucket, Some(&stack), &stack.name).await?;
            apply::swap(clients, &code, &settled, manner).await?;
        }
        if !renewal.renewed.is_empty() {
            let role = settings::role(session)?;
            let place = (&bucket, prefix.as_str());
            apply::amend(clients, &stack, &renewal.template, "renew", place, role.as_deref(), manner).await?;
        }
        Ok(Some(true))
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
        let plan = prepared.plan(session, clients, Way::Whole).await?;
        let taken = super::plan::taken(session, clients, &plan).await?;
        let (importable, others) = taken.into_iter().partition::<Vec<Taken>, _>(Taken::is_importable);
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

/// A resource that drift has found, when it is one to mend: one that is gone, or that was left out of a way back.
fn strayed(one: &Drifted, skipped: &[String]) -> Option<Strayed> {
    let how = match one.status.as_str() {
        "DELETED" => Astray::Gone,
        _ if skipped.contains(&one.logical_id) => {
            let values = one.properties.iter().map(|property| (property.path.clone(), property.actual.clone()));
            Astray::Differs(values.collect())
        }
        _ => return None,
    };
    Some(Strayed {
        logical_id: one.logical_id.clone(),
        kind: one.kind.clone(),
        physical_id: one.physical_id.clone(),
        how,
    })
}

/// Whether something is of a type that can be set directly.
fn is_swappable(template: &Value, id: &str) -> bool {
    let kind = template.pointer(&format!("/Resources/{id}/Type")).and_then(Value::as_str);
    matches!(kind, Some("AWS::Lambda::Function" | "AWS::StepFunctions::StateMachine"))
}

async fn stale(session: &Session, clients: &Clients, stack: &Deployed) -> Result<Vec<StaleStage>, Failure> {
    if stack.status.condition() != Condition::Ready {
        return Ok(Vec::new());
    }
    let overview = super::info::look(session, clients, stack).await?;
    let resources = apply::Operations::resources(clients, &stack.id).await?;
    Ok(observe::stale_stages(clients, &overview, &resources).await?)
}
