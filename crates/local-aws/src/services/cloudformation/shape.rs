//! Stacks, resources and events in the shapes of the API.

use cfn::parameter;
use cfn::{Parameter, Template};
use serde_json::{Map, Value, json};

use crate::engine::journal::{OnFailure, Spec};
use crate::engine::stack::{Event, Slot, Stack};
use crate::engine::status::StackStatus;

/// Milliseconds since 1970 as the API's timestamp: seconds, with a fraction.
pub fn time(at_ms: i64) -> Value {
    json!(at_ms as f64 / 1000.0)
}

/// Drops members without a value.
pub fn compact(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            Value::Object(object.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// `Stack`. `endpoint` is where this local AWS answers.
pub fn stack(stack: &Stack, endpoint: &str) -> Value {
    let spec = stack.spec();
    let template = Template::parse(&spec.body).ok();
    let description = template.as_ref().and_then(|template| template.description.clone());
    let rollback_disabled =
        stack.operation.as_ref().is_some_and(|operation| operation.on_failure == OnFailure::DoNothing);
    let deleted = stack.status() == StackStatus::DeleteComplete;
    compact(json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": spec.change_set_id,
        "Description": description,
        "Parameters": parameters(spec, template.as_ref()),
        "CreationTime": time(stack.created_ms),
        "LastUpdatedTime": stack.updated_ms.map(time),
        "DeletionTime": stack.deleted_ms.map(time),
        "RollbackConfiguration": rollback(spec),
        "StackStatus": stack.status().name(),
        "StackStatusReason": stack.reason,
        "DisableRollback": rollback_disabled,
        "NotificationARNs": spec.notification_arns,
        "Capabilities": spec.capabilities,
        "Outputs": if deleted { Vec::new() } else { outputs(stack, endpoint) },
        "RoleARN": spec.role_arn,
        "Tags": spec.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>(),
        "EnableTerminationProtection": stack.termination_protection,
        "ParentId": stack.parent,
        "RootId": stack.root,
        "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
    }))
}

/// `RollbackConfiguration` of a stack or change set.
pub fn rollback(spec: &Spec) -> Value {
    let triggers: Vec<Value> =
        spec.rollback.alarms.iter().map(|arn| json!({ "Arn": arn, "Type": "AWS::CloudWatch::Alarm" })).collect();
    compact(json!({
        "MonitoringTimeInMinutes": spec.rollback.monitoring_minutes,
        "RollbackTriggers": (!triggers.is_empty()).then_some(triggers),
    }))
}

/// `Parameters` of a stack or change set; hidden ones masked.
pub fn parameters(spec: &Spec, template: Option<&Template>) -> Vec<Value> {
    let declared = |name: &str| template.and_then(|template| template.parameters.get(name));
    spec.parameters
        .iter()
        .map(|(name, text)| {
            let hidden = declared(name).is_some_and(|declared: &Parameter| parameter::hidden(declared));
            compact(json!({
                "ParameterKey": name,
                "ParameterValue": if hidden { "****" } else { text },
                "ResolvedValue": spec.stored.get(name),
            }))
        })
        .collect()
}

fn outputs(stack: &Stack, endpoint: &str) -> Vec<Value> {
    stack
        .outputs
        .iter()
        .map(|output| {
            compact(json!({
                "OutputKey": output.key,
                "OutputValue": reachable(&output.value, endpoint),
                "Description": output.description,
                "ExportName": output.export,
            }))
        })
        .collect()
}

/// The text with addresses of deployed APIs as they answer on this machine.
///
/// Diverges: AWS answers the public host, which here leads nowhere.
fn reachable(text: &str, endpoint: &str) -> String {
    const HOST: &str = ".execute-api.";
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("https://") {
        let after = &rest[start + "https://".len()..];
        let host_end = after.find(['/', '?', '#', ' ']).unwrap_or(after.len());
        let host = &after[..host_end];
        match host.split_once(HOST) {
            Some((id, tail)) if tail.ends_with(".amazonaws.com") && !id.contains('.') => {
                result.push_str(&rest[..start]);
                result.push_str(&format!("{endpoint}/_aws/execute-api/{id}"));
            }
            _ => result.push_str(&rest[..start + "https://".len() + host_end]),
        }
        rest = &after[host_end..];
    }
    result + rest
}

/// `StackResource`, `StackResourceDetail` and `StackResourceSummary`: the members they share.
pub fn resource(stack: &Stack, logical: &str, slot: &Slot) -> Value {
    let physical = slot.live.as_ref().map(|live| live.physical.clone());
    let last =
        || stack.events.iter().rev().find(|event| event.logical == logical).and_then(|event| event.physical.clone());
    compact(json!({
        "StackName": stack.name,
        "StackId": stack.id,
        "LogicalResourceId": logical,
        "PhysicalResourceId": physical.or_else(last),
        "ResourceType": slot.kind,
        "ResourceStatus": slot.status.name(),
        "ResourceStatusReason": slot.reason,
        "DriftInformation": { "StackResourceDriftStatus": "NOT_CHECKED" },
    }))
}

/// `StackEvent`.
pub fn event(stack: &Stack, event: &Event) -> Value {
    let id = event_id(stack, event);
    compact(json!({
        "StackId": stack.id,
        "EventId": id,
        "StackName": stack.name,
        "LogicalResourceId": event.logical,
        "PhysicalResourceId": event.physical.clone().unwrap_or_default(),
        "ResourceType": event.kind,
        "Timestamp": time(event.at_ms),
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.token,
        "OperationId": event.operation,
    }))
}

/// The event's id: a UUID for the stack itself, `LOGICALID-STATUS-number` for a resource.
pub fn event_id(stack: &Stack, event: &Event) -> String {
    if event.kind == "AWS::CloudFormation::Stack" && event.physical.as_deref() == Some(&stack.id) {
        return crate::engine::names::token(&format!("{}{}", stack.id, event.number));
    }
    format!("{}-{}-{:08}", event.logical, event.status, event.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_address_leads_to_this_machine() {
        let rewritten = |text: &str| reachable(text, "http://127.0.0.1:4566");
        assert_eq!(
            rewritten("https://abc123.execute-api.us-east-1.amazonaws.com/dev"),
            "http://127.0.0.1:4566/_aws/execute-api/abc123/dev"
        );
        assert_eq!(rewritten("see https://example.com/x and y"), "see https://example.com/x and y");
        assert_eq!(
            rewritten("https://a.execute-api.eu-west-1.amazonaws.com"),
            "http://127.0.0.1:4566/_aws/execute-api/a"
        );
    }
}
