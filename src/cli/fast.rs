//! `deploy --fast`: code, configuration and state machines, changed directly.

use std::time::Instant;

use serde_json::Value;

use super::prepared::{Prepared, manner, remember, share, who};
use super::session::Session;
use super::{Context, interrupt, swaps};
use crate::apply::{self, Swap};
use crate::aws::{AwsError, Clients};
use crate::failure::Usage;
use crate::plan::{Condition, Deployed, Memory, Plan, Record, StackResource, Swaps, Verdict, Way};
use crate::report::Swapped;
use crate::{Failure, Outcome};

/// Changes what can be changed directly, when all of it can.
///
/// # Errors
/// [`Failure::NotSwappable`] with the reason of each change; a protected stage.
pub async fn run(context: &Context, asks: bool) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let session = Session::open(context).await?;
    if session.is_protected() {
        let message = format!("the stage `{}` is protected: it takes only whole deployments", session.stack.stage);
        return Err(Usage::new(message).hint("run `deploy` without `--fast`").into());
    }
    let prepared = Prepared::of(context, &session)?;
    let clients = session.clients().await?;
    let tell = |event| context.report.applying(&event);
    let manner = manner(&clients, &tell, interrupt::listen(), true);
    let (plan, stack) = ready(context, &session, &prepared, &clients, &manner).await?;
    let resources = swaps::resources(&clients, &plan, &stack).await?;
    let earlier = plan.memory.swaps.as_ref();
    let uncertain = earlier.is_some_and(|swaps| !swaps.finished);
    let found = swaps::classify(&plan, &stack, earlier, uncertain, &resources);
    context.report.classified(&found);
    if found.iter().any(|one| matches!(one.verdict, Verdict::Not(_))) {
        return Err(Failure::NotSwappable { found });
    }
    let all = swaps::swappable(&found);
    if asks && !all.is_empty() && !context.report.asks("Change this?")? {
        context.report.note("nothing was changed");
        return Ok(Outcome::Done);
    }
    if !all.is_empty() {
        let record = recorded(&plan, &stack, resources, &all, manner.now);
        swap(&session, &clients, &plan, record, &all, &manner).await?;
    }
    let ids: Vec<&str> = all.iter().map(Swap::logical_id).collect();
    context.report.swapped(&Swapped {
        service: &session.stack.service,
        place: &session.place(),
        ids: &ids,
        took: begun.elapsed(),
    });
    Ok(Outcome::Done)
}

/// The plan of a stack that stands and in which nothing goes on.
async fn ready(
    context: &Context,
    session: &Session,
    prepared: &Prepared,
    clients: &Clients,
    manner: &apply::Manner<'_>,
) -> Result<(Plan, Deployed), Failure> {
    let mut plan = prepared.plan(session, clients, Way::Direct).await?;
    if let Some(stack) = &plan.deployed {
        session.check_account(context, clients, Some(stack)).await?;
        if apply::join(clients, stack, &plan.places, manner).await?.is_some() {
            plan = prepared.plan(session, clients, Way::Direct).await?;
        }
    }
    let stack = plan.deployed.clone().filter(|stack| stack.status.condition() == Condition::Ready);
    let missing = || Failure::NotDeployed { stack: plan.stack_name.clone(), place: session.place() };
    let stack = stack.ok_or_else(missing)?;
    Ok((plan, stack))
}

/// Changes everything directly. What is to be changed is told everybody before, so that it is known whatever happens then, and
/// that it is done, after.
///
/// # Errors
/// Somebody else has swapped since the record was read; what the cloud answers.
async fn swap(
    session: &Session,
    clients: &Clients,
    plan: &Plan,
    mut record: Record,
    all: &[Swap],
    manner: &apply::Manner<'_>,
) -> Result<(), Failure> {
    // A stack without a bucket of its own keeps no record, and its template names no code in it.
    let missing = || Failure::NotDeployed { stack: plan.stack_name.clone(), place: session.place() };
    let bucket = plan.memory.bucket.clone().ok_or_else(missing)?;
    let begun = share(clients, &plan.prefix, &plan.memory, &record).await;
    let tag = match begun {
        Err(error) if is_overtaken(&error) => {
            // What this machine remembers is older than that, and must be looked up the next time.
            remember(session, &Record { swaps: plan.memory.swaps.clone(), ..record })?;
            return Err(Failure::SwappedMeanwhile);
        }
        begun => begun?,
    };
    // Until all is done, only the record in the bucket is to be believed.
    remember(session, &record)?;
    manner.race(&plan.stack_name, apply::swap(clients, &bucket, all, manner)).await?;
    record.swaps = record.swaps.and_then(|swaps| swaps.finished(&record.template));
    let memory = Memory { tag, ..plan.memory.clone() };
    record.tag = share(clients, &plan.prefix, &memory, &record).await.unwrap_or_else(|error| {
        // All is done and told; the next time it is only not known to be finished.
        tracing::debug!(%error, "the record of the stack is not written");
        None
    });
    Ok(remember(session, &record)?)
}

/// Source: Amazon S3 User Guide, "Conditional writes".
fn is_overtaken(error: &AwsError) -> bool {
    matches!(error.code.as_str(), "PreconditionFailed" | "HTTP 412" | "ConditionalRequestConflict")
}

/// The record of the stack with everything that is swapped by then.
fn recorded(
    plan: &Plan,
    stack: &Deployed,
    resources: Vec<StackResource>,
    all: &[Swap],
    now: jiff::Timestamp,
) -> Record {
    let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
    let mut swapped = plan.memory.swaps.as_ref().map(|swaps| swaps.resources.clone()).unwrap_or_default();
    for swap in all {
        let id = swap.logical_id();
        let wanted = template.pointer(&format!("/Resources/{id}/Properties")).cloned().unwrap_or_default();
        swapped.insert(id.to_owned(), wanted);
    }
    let swaps = Swaps { by: who(), at: now.to_string(), finished: false, resources: swapped };
    Record {
        stack_id: stack.id.clone(),
        changed_at: stack.changed_at.clone(),
        change_set_id: stack.change_set_id.clone(),
        template: plan.before.clone().unwrap_or_default(),
        resources,
        places: plan.places.clone(),
        swaps: Some(swaps),
        stage_settings: plan.former_stage().cloned(),
        tag: None,
    }
}
