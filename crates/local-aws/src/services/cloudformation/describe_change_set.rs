//! `DescribeChangeSet`

use std::sync::Arc;

use cfn::Template;
use serde_json::{Value, json};

use super::change_set;
use super::input::{flag, page};
use super::shape::{compact, parameters, rollback, time};
use crate::Cloud;
use crate::engine::changes::{Change, Detail};
use crate::engine::journal::OnFailure;
use crate::wire::{Call, Fault, Output};

/// How many changes an answer holds.
const PAGE: usize = 100;

/// Tells what a change set would change.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let set = change_set::find(&engine, &call)?;
    let values = flag(&call, "IncludePropertyValues").unwrap_or(false);
    let cell = engine.stacks.find(&call.region, &set.stack_id);
    let execution = cell.map_or(set.execution, |cell| set.execution(&cell.lock()));
    let (changes, next) = page(&call, &set.changes, PAGE)?;
    let on_failure = set.on_failure.map(|on_failure| match on_failure {
        OnFailure::Rollback => "ROLLBACK",
        OnFailure::DoNothing => "DO_NOTHING",
        OnFailure::Delete => "DELETE",
    });
    let template = Template::parse(&set.spec.body).ok();
    Ok(Output::json(compact(json!({
        "ChangeSetName": set.name,
        "ChangeSetId": set.id,
        "StackId": set.stack_id,
        "StackName": set.stack_name,
        "Description": set.description,
        "Parameters": parameters(&set.spec, template.as_ref()),
        "CreationTime": time(set.created_ms),
        "ExecutionStatus": execution.name(),
        "Status": set.status.name(),
        "StatusReason": set.reason,
        "NotificationARNs": set.spec.notification_arns,
        "RollbackConfiguration": rollback(&set.spec),
        "Capabilities": set.spec.capabilities,
        "Tags": set.spec.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>(),
        "Changes": changes.iter().map(|change| shape(change, values)).collect::<Vec<_>>(),
        "NextToken": next,
        "IncludeNestedStacks": false,
        "OnStackFailure": on_failure,
    }))))
}

fn shape(change: &Change, values: bool) -> Value {
    let mut details: Vec<Value> = change.details.iter().map(|item| detail(item, values)).collect();
    // Without values there is one entry for each property, not one for each place.
    details.dedup();
    let context = |value: &Option<Value>| value.as_ref().filter(|_| values).map(Value::to_string);
    json!({
        "Type": "Resource",
        "ResourceChange": compact(json!({
            "PolicyAction": change.policy_action,
            "Action": change.action,
            "LogicalResourceId": change.logical,
            "PhysicalResourceId": change.physical,
            "ResourceType": change.kind,
            "Replacement": change.replacement,
            "Scope": change.scope,
            "Details": details,
            "BeforeContext": context(&change.before),
            "AfterContext": context(&change.after),
        })),
    })
}

fn detail(detail: &Detail, values: bool) -> Value {
    let text = |value: &Option<Value>| {
        value.as_ref().filter(|_| values).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    compact(json!({
        "Target": compact(json!({
            "Attribute": detail.attribute,
            "Name": detail.name,
            "RequiresRecreation": detail.recreation,
            "Path": detail.path.as_ref().filter(|_| values),
            "BeforeValue": text(&detail.before),
            "AfterValue": text(&detail.after),
            "AttributeChangeType": detail.change.as_ref().filter(|_| values),
        })),
        "Evaluation": detail.evaluation,
        "ChangeSource": detail.source,
        "CausingEntity": detail.cause,
    }))
}
