//! What was changed past CloudFormation: found, undone by a whole deployment, remembered.

use serde_json::Value;

use super::Context;
use super::prepared::record;
use super::session::Session;
use crate::Failure;
use crate::apply::{self, ApplyFailure, Manner, ObjectVersion, Objects, Swap, Unless};
use crate::aws::Clients;
use crate::plan::{self, Classified, Deployed, Known, Plan, SwapQuestion, Swaps, Verdict, swaps_key};

/// The record of swaps of a stack, as far as it holds.
#[derive(Debug, Default)]
pub struct Standing {
    pub bucket: String,
    pub swaps: Option<Swaps>,
    /// The tag of the record in the bucket, also of one that no longer holds; none when there is no record.
    pub tag: Option<String>,
    /// This machine wrote it last, and finished.
    pub is_certain: bool,
}

/// What was changed past CloudFormation since the stack's last whole deployment. When it is `trusting`, what this machine
/// remembers is taken for it; a change by somebody else is then noticed when the record is written.
///
/// # Errors
/// What the cloud answers.
pub async fn standing(
    session: &Session,
    clients: &Clients,
    plan: &Plan,
    stack: &Deployed,
    trusting: bool,
) -> Result<Standing, Failure> {
    let bucket = match apply::deployment_bucket(clients, &plan.bucket, Some(stack), &stack.name).await {
        Ok(bucket) => bucket,
        // Without a bucket nothing can have been recorded.
        Err(ApplyFailure::NoBucket { .. }) => return Ok(Standing::default()),
        Err(failure) => return Err(failure.into()),
    };
    let remembered = record(session).filter(|record| trusting && record.tells_of(stack));
    let known = remembered.and_then(|record| Some((record.swaps_tag.clone()?, record.swaps)));
    if let Some((tag, swaps)) = known {
        return Ok(Standing { bucket, swaps, tag, is_certain: true });
    }
    let stored = clients.text(&bucket, &swaps_key(&plan.prefix)).await?;
    let tag = stored.as_ref().and_then(|stored| stored.tag.clone());
    // A record that cannot be read tells nothing; the next whole deployment replaces it.
    let swaps = stored.and_then(|stored| serde_json::from_str::<Swaps>(&stored.text).ok());
    Ok(Standing { bucket, swaps: swaps.filter(|swaps| swaps.hold_for(stack)), tag, is_certain: false })
}

/// Every change between what runs and the wanted template.
pub fn classify(
    plan: &Plan,
    stack: &Deployed,
    standing: &Standing,
    resources: &[plan::StackResource],
) -> Vec<Classified> {
    let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
    let deployed = plan.before.clone().unwrap_or_default();
    let before = plan::running(&deployed, standing.swaps.as_ref(), !standing.is_certain);
    let known = Known {
        template: &template,
        region: &plan.region,
        account: Some(stack.account()),
        partition: stack.partition(),
        stack_name: &stack.name,
        stack_id: Some(&stack.id),
        parameters: &plan.settings.parameters,
        resources,
    };
    plan::classify(&SwapQuestion { before: &before, known: &known, uploads: &plan.uploads, places: &plan.places })
}

/// The swaps among classified changes.
pub fn swappable(found: &[Classified]) -> Vec<Swap> {
    let swaps = found.iter().filter_map(|one| match &one.verdict {
        Verdict::Function(swap) => Some(Swap::Function(swap.clone())),
        Verdict::Machine(swap) => Some(Swap::Machine(swap.clone())),
        Verdict::Waits(_) | Verdict::Not(_) => None,
    });
    swaps.collect()
}

/// Writes the record before anything is swapped, so that it is known whatever happens then; its new tag.
///
/// # Errors
/// Somebody else has swapped since it was read.
pub async fn write(
    clients: &Clients,
    plan: &Plan,
    standing: &Standing,
    swaps: &Swaps,
) -> Result<Option<String>, Failure> {
    let unless = match &standing.tag {
        Some(tag) => Unless::Changed(tag.clone()),
        None => Unless::There,
    };
    let text = serde_json::to_string(swaps).unwrap_or_default();
    let written = clients.put_text_unless(&standing.bucket, &swaps_key(&plan.prefix), &text, &unless).await;
    written.map_err(|error| match error.code.as_str() {
        "PreconditionFailed" | "HTTP 412" | "ConditionalRequestConflict" => Failure::SwappedMeanwhile,
        _ => error.into(),
    })
}

/// Before a whole deployment: what was swapped goes back directly to what CloudFormation has, so that it sees every change.
///
/// # Errors
/// What the cloud answers.
pub async fn undo(
    context: &Context,
    clients: &Clients,
    plan: &Plan,
    stack: &Deployed,
    standing: &Standing,
    manner: &Manner<'_>,
) -> Result<(), Failure> {
    let (Some(swaps), Some(before)) = (&standing.swaps, &plan.before) else { return Ok(()) };
    // The code of the stack's own template is in the bucket.
    let deployed = Plan { template: before.to_string(), uploads: Vec::new(), ..plan.clone() };
    let uncertain = Standing { swaps: Some(swaps.clone()), bucket: standing.bucket.clone(), ..Standing::default() };
    let resources = apply::Operations::resources(clients, &stack.id).await?;
    let mut found = classify(&deployed, stack, &uncertain, &resources);
    found.retain(|one| swaps.resources.contains_key(&one.what));
    let back = swappable(&found);
    context.report.swapping(&back);
    Ok(apply::swap(clients, &standing.bucket, &back, manner).await?)
}

/// After a whole deployment nothing is left of what was swapped.
///
/// # Errors
/// What the cloud answers.
pub async fn forget(clients: &Clients, plan: &Plan, standing: &Standing) -> Result<(), Failure> {
    if standing.tag.is_some() {
        let object = ObjectVersion { key: swaps_key(&plan.prefix), ..ObjectVersion::default() };
        clients.delete_objects(&standing.bucket, &[object]).await?;
    }
    Ok(())
}
