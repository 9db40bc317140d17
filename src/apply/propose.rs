//! What a plan would change, as the cloud says it, with nothing changed.

use serde_json::Value;

use super::deploy::{Manner, change_set_request, deployment_key, made};
use super::failure::ApplyFailure;
use super::{Objects, Operations};
use crate::plan::{ChangeSetKind, Deployed, INLINE_TEMPLATE_LIMIT, Plan, Review, TemplateSource, Work};
use crate::template::Bucket;

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
    let stack = &plan.stack_name;
    match (&plan.work, &plan.deployed) {
        (Work::Nothing, _) => Ok(Review { stack: stack.clone(), entries: Vec::new() }),
        (Work::Update, Some(deployed)) => {
            let template = source(plan, deployed, cloud, manner).await?;
            let request = change_set_request(plan, ChangeSetKind::Update, template, manner);
            let made = made(cloud, &request, manner).await?;
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

/// A template that is too long for a call has to be where CloudFormation can read it.
async fn source<C: Objects>(
    plan: &Plan,
    deployed: &Deployed,
    cloud: &C,
    manner: &Manner<'_>,
) -> Result<TemplateSource, ApplyFailure> {
    if plan.template.len() <= INLINE_TEMPLATE_LIMIT {
        return Ok(TemplateSource::Inline(plan.template.clone()));
    }
    let bucket = match &plan.bucket {
        Bucket::Named(name) => Some(name.as_str()),
        Bucket::OfStack => deployed.output("ServerlessDeploymentBucketName"),
    };
    let bucket = bucket.ok_or_else(|| ApplyFailure::NoBucket { stack: plan.stack_name.clone() })?;
    let key = deployment_key(&format!("{}/proposed", plan.prefix), manner.now);
    cloud.put_text(bucket, &key, &plan.template).await?;
    Ok(TemplateSource::Url(cloud.object_url(bucket, &key)))
}
