//! Makes a stack keep its data when it is deleted.

use serde_json::{Value, json};

use super::amend::amend;
use super::failure::ApplyFailure;
use super::{Kept, Manner, Objects, Operations};
use crate::plan::{Deployed, holds_data};
use crate::template::Bucket;

/// What holds data but is not worth keeping without the functions that wrote it.
const NOT_KEPT: &[&str] = &["AWS::Logs::LogGroup"];

/// The bucket that the stack makes for its own artifacts.
pub(super) const DEPLOYMENT_BUCKET: &str = "ServerlessDeploymentBucket";

/// The template in which every resource with data outlives the stack, and their logical ids; none when each does already.
pub fn keeping(template: &Value) -> Option<(Value, Vec<String>)> {
    let mut template = template.clone();
    let mut changed = Vec::new();
    for (id, resource) in template.get_mut("Resources")?.as_object_mut()? {
        let Some(resource) = resource.as_object_mut() else { continue };
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let stays = resource.get("DeletionPolicy").and_then(Value::as_str).is_some_and(|policy| policy != "Delete");
        if id == DEPLOYMENT_BUCKET || stays || !holds_data(kind) || NOT_KEPT.contains(&kind) {
            continue;
        }
        resource.insert("DeletionPolicy".to_owned(), json!("Retain"));
        resource.insert("UpdateReplacePolicy".to_owned(), json!("Retain"));
        // CloudFormation takes a new policy only together with another change of the resource.
        let metadata = resource.entry("Metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("Kept".to_owned(), json!("true"));
        }
        changed.push(id.clone());
    }
    (!changed.is_empty()).then_some((template, changed))
}

/// Changes a stack so that everything with data outlives it.
///
/// # Errors
/// Those of every update of a stack; nothing is deleted then.
///
/// Source: AWS CloudFormation Template Reference, "DeletionPolicy attribute".
pub async fn keep_data<C: Operations + Objects>(
    cloud: &C,
    stack: &Deployed,
    bucket: &Bucket,
    prefix: &str,
    role_arn: Option<&str>,
    manner: &Manner<'_>,
) -> Result<Vec<Kept>, ApplyFailure> {
    let template: Value = serde_json::from_str(&cloud.template(&stack.id).await?).unwrap_or_default();
    let Some((template, ids)) = keeping(&template) else { return Ok(Vec::new()) };
    amend(cloud, stack, &template, "keep", (bucket, prefix), role_arn, manner).await?;
    let resources = cloud.resources(&stack.id).await?;
    let kept = resources.into_iter().filter(|resource| ids.contains(&resource.logical_id)).map(|resource| Kept {
        logical_id: resource.logical_id,
        physical_id: resource.physical_id.unwrap_or_default(),
        kind: resource.kind,
    });
    Ok(kept.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_buckets_are_kept_and_the_deployment_bucket_and_logs_are_not() {
        let template = json!({"Resources": {
            "ServerlessDeploymentBucket": {"Type": "AWS::S3::Bucket"},
            "Users": {"Type": "AWS::DynamoDB::Table"},
            "Files": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
            "FLogGroup": {"Type": "AWS::Logs::LogGroup"},
            "F": {"Type": "AWS::Lambda::Function"},
        }});
        let (kept, ids) = keeping(&template).unwrap();
        assert_eq!(ids, ["Users"]);
        assert_eq!(kept.pointer("/Resources/Users/DeletionPolicy"), Some(&json!("Retain")));
        assert_eq!(kept.pointer("/Resources/ServerlessDeploymentBucket/DeletionPolicy"), None);
        assert_eq!(keeping(&kept), None);
    }
}
