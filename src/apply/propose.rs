//! What a plan would change, as the cloud says it, with nothing changed.

use serde_json::Value;

use super::deploy::{Manner, change_set_request, deployment_bucket, made};
use super::failure::ApplyFailure;
use super::history::deployment_key;
use super::{ObjectVersion, Objects, Operations};
use crate::plan::{ChangeSetKind, Deployed, INLINE_TEMPLATE_LIMIT, Plan, Review, TemplateSource, Work};

/// What a plan would change. Of a stack that stands a change set tells, which is deleted again; a stack that is not there
/// gets everything that its template has.
///
/// # Errors
/// CloudFormation refuses the change set: its reasons.
pub async fn propose<C: Operations + Objects>(
    plan: &Plan,
    cloud: &C,
    manner: &Manner<'_>,
) -> Result<Review, ApplyFailure> {
    let mut review = changes(plan, cloud, manner).await?;
    if plan.work != Work::Nothing {
        let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
        review.explain(plan.before.as_ref(), &template);
    }
    Ok(review)
}

async fn changes<C: Operations + Objects>(plan: &Plan, cloud: &C, manner: &Manner<'_>) -> Result<Review, ApplyFailure> {
    let stack = &plan.stack_name;
    match (&plan.work, &plan.deployed) {
        (Work::Nothing, _) => Ok(Review { stack: stack.clone(), ..Review::default() }),
        (Work::Update, Some(deployed)) => {
            let (template, stored) = source(plan, deployed, cloud, manner).await?;
            let request = change_set_request(plan, ChangeSetKind::Update, template, manner);
            let made = made(cloud, &request, manner).await;
            if let Some((bucket, key)) = stored {
                // CloudFormation has its own copy by now.
                cloud.delete_objects(&bucket, &[ObjectVersion { key, ..ObjectVersion::default() }]).await?;
            }
            let made = made?;
            if let Some(id) = &made.id {
                cloud.delete_change_set(id).await?;
            }
            Ok(Review::of_changes(stack, &made.changes, &plan.places))
        }
        _ => {
            let template: Value = serde_json::from_str(&plan.template).unwrap_or_default();
            Ok(Review::of_new(stack, &template, &plan.places))
        }
    }
}

/// A template that is too long for a call has to be where CloudFormation can read it: in the bucket, under the key that is
/// told with it.
async fn source<C: Operations + Objects>(
    plan: &Plan,
    deployed: &Deployed,
    cloud: &C,
    manner: &Manner<'_>,
) -> Result<(TemplateSource, Option<(String, String)>), ApplyFailure> {
    if plan.template.len() <= INLINE_TEMPLATE_LIMIT {
        return Ok((TemplateSource::Inline(plan.template.clone()), None));
    }
    let bucket = deployment_bucket(cloud, &plan.bucket, Some(deployed), &plan.stack_name).await?;
    let key = deployment_key(&format!("{}/proposed", plan.prefix), manner.now);
    cloud.put_text(&bucket, &key, &plan.template).await?;
    Ok((TemplateSource::Url(cloud.object_url(&bucket, &key)), Some((bucket, key))))
}
