//! What was changed past CloudFormation: told apart, undone by a whole deployment.

use serde_json::Value;

use super::Context;
use crate::Failure;
use crate::apply::{self, Manner, Operations, Swap};
use crate::aws::Clients;
use crate::plan::{self, Classified, Deployed, Known, Plan, StackResource, SwapQuestion, Swaps, Verdict};

/// Every change between what runs and the wanted template. What was swapped is `uncertain` when it is not known that all of
/// it was made.
pub fn classify(
    plan: &Plan,
    stack: &Deployed,
    swaps: Option<&Swaps>,
    uncertain: bool,
    resources: &[StackResource],
) -> Vec<Classified> {
    let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
    let deployed = plan.before.clone().unwrap_or_default();
    let before = plan::running(&deployed, swaps, uncertain);
    let known = Known::of(&template, stack, &plan.region, &plan.settings.parameters, resources);
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

/// The resources of the stack that a plan is for: as they are remembered, else as the cloud says.
///
/// # Errors
/// What the cloud answers.
pub async fn resources(clients: &Clients, plan: &Plan, stack: &Deployed) -> Result<Vec<StackResource>, Failure> {
    match plan.memory.record.as_ref().filter(|record| record.tells_of(stack)) {
        Some(record) => Ok(record.resources.clone()),
        None => Ok(clients.resources(&stack.id).await?),
    }
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
    manner: &Manner<'_>,
) -> Result<(), Failure> {
    let (Some(swaps), Some(before)) = (&plan.memory.swaps, &plan.before) else { return Ok(()) };
    // The code of the stack's own template is in the bucket.
    let deployed = Plan { template: before.to_string(), uploads: Vec::new(), ..plan.clone() };
    let resources = resources(clients, plan, stack).await?;
    let mut found = classify(&deployed, stack, Some(swaps), true, &resources);
    found.retain(|one| swaps.resources.contains_key(&one.what));
    let back = swappable(&found);
    context.report.swapping(&back);
    Ok(apply::swap(clients, plan.memory.bucket.as_deref().unwrap_or_default(), &back, manner).await?)
}

/// What sets functions and state machines of a stack to what its own template says, whatever they are now.
pub fn settled(known: &Known<'_>, ids: &[&String]) -> Vec<Swap> {
    let properties = |id: &String| known.template.pointer(&format!("/Resources/{id}/Properties")).cloned();
    let resources = ids.iter().filter_map(|id| Some(((*id).clone(), properties(id)?)));
    let swaps = Swaps { resources: resources.collect(), ..Swaps::default() };
    let before = plan::running(known.template, Some(&swaps), true);
    let question = SwapQuestion { before: &before, known, uploads: &[], places: &Default::default() };
    swappable(&plan::classify(&question))
}
