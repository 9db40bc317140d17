//! `deploy --fast`: code, configuration and state machines, changed directly.

use std::time::Instant;

use serde_json::Value;

use super::prepared::{Prepared, manner, record, remember, who};
use super::session::Session;
use super::{Context, interrupt, swaps};
use crate::apply::{self, Operations, Swap};
use crate::aws::Clients;
use crate::failure::Usage;
use crate::plan::{Condition, Deployed, Plan, Record, Swaps, Verdict};
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
    let standing = swaps::standing(&session, &clients, &plan, &stack, true).await?;
    let resources = match record(&session).filter(|record| record.tells_of(&stack)) {
        Some(record) => record.resources,
        None => clients.resources(&stack.id).await?,
    };
    let found = swaps::classify(&plan, &stack, &standing, &resources);
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
        let swaps = recorded(&plan, &stack, standing.swaps.as_ref(), &all, manner.now);
        let tag = swaps::write(&clients, &plan, &standing, &swaps).await?;
        let mut record = Record {
            stack_id: stack.id.clone(),
            changed_at: stack.changed_at.clone(),
            template: plan.before.clone().unwrap_or_default(),
            resources,
            places: plan.places.clone(),
            // Until all is done, only the bucket's record is to be believed.
            swaps_tag: None,
            swaps: None,
        };
        remember(&session, &record)?;
        manner.race(&stack.name, apply::swap(&clients, &standing.bucket, &all, &manner)).await?;
        (record.swaps_tag, record.swaps) = (Some(tag), Some(swaps));
        remember(&session, &record)?;
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
    let mut plan = prepared.plan(session, clients).await?;
    if let Some(stack) = &plan.deployed {
        session.check_account(context, clients, Some(stack)).await?;
        if apply::join(clients, stack, &plan.places, manner).await?.is_some() {
            plan = prepared.plan(session, clients).await?;
        }
    }
    let stack = plan.deployed.clone().filter(|stack| stack.status.condition() == Condition::Ready);
    let missing = || Failure::NotDeployed { stack: plan.stack_name.clone(), place: session.place() };
    let stack = stack.ok_or_else(missing)?;
    Ok((plan, stack))
}

/// The record of everything that is swapped by then.
fn recorded(plan: &Plan, stack: &Deployed, earlier: Option<&Swaps>, all: &[Swap], now: jiff::Timestamp) -> Swaps {
    let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
    let mut resources = earlier.map(|swaps| swaps.resources.clone()).unwrap_or_default();
    for swap in all {
        let id = swap.logical_id();
        let wanted = template.pointer(&format!("/Resources/{id}/Properties")).cloned().unwrap_or_default();
        let deployed = plan.before.as_ref().and_then(|before| before.pointer(&format!("/Resources/{id}/Properties")));
        match deployed == Some(&wanted) {
            // It is again as CloudFormation has it.
            true => resources.remove(id),
            false => resources.insert(id.to_owned(), wanted),
        };
    }
    Swaps {
        stack_id: stack.id.clone(),
        changed_at: stack.changed_at.clone(),
        by: who(),
        at: now.to_string(),
        resources,
    }
}
