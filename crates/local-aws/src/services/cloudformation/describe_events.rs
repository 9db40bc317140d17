//! `DescribeEvents`

use std::sync::Arc;

use serde_json::{Value, json};

use super::change_set::{self, ChangeSet};
use super::input::{invalid, page, text};
use super::shape::{compact, event_id, time};
use crate::Cloud;
use crate::engine::journal::Operation;
use crate::engine::stack::{Event, Stack};
use crate::wire::{Call, Fault, Output};

/// Tells the events of operations, newest first, with the particulars of a change set that failed validation.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let failed_only = call
        .input
        .pointer("/Filters/FailedEvents")
        .is_some_and(|value| *value == json!(true) || *value == json!("true"));
    let mut events = Vec::new();
    if text(&call, "ChangeSetName").is_some() {
        let set = change_set::find(&engine, &call)?;
        events.extend(validation_events(&set));
    } else {
        let operation = text(&call, "OperationId");
        let name = text(&call, "StackName");
        if name.is_none() && operation.is_none() {
            return Err(invalid("Either StackName, ChangeSetName or OperationId must be specified"));
        }
        for cell in engine.stacks.all(&call.region) {
            let stack = cell.lock();
            if name.is_some_and(|name| stack.name != name && stack.id != name) {
                continue;
            }
            let shown = stack
                .events
                .iter()
                .rev()
                .filter(|event| operation.is_none() || event.operation.as_deref() == operation);
            events.extend(shown.map(|event| stack_event(&stack, event)));
            for set in change_set::of_stack(engine.world.store(), &stack.id)? {
                if operation.is_none_or(|operation| set.creation == operation) {
                    events.extend(validation_events(&set));
                }
            }
        }
    }
    if failed_only {
        events.retain(|event| {
            let failed =
                |name: &str| event.get(name).and_then(Value::as_str).is_some_and(|text| text.ends_with("FAILED"));
            failed("ResourceStatus") || failed("ValidationStatus") || failed("OperationStatus")
        });
    }
    let (events, next) = page(&call, &events, 100)?;
    Ok(Output::json(compact(json!({ "OperationEvents": events, "NextToken": next }))))
}

fn validation_events(set: &ChangeSet) -> Vec<Value> {
    set.invalid
        .iter()
        .enumerate()
        .map(|(at, invalid)| {
            compact(json!({
                "EventId": format!("{}-{at:04}", set.creation),
                "StackId": set.stack_id,
                "OperationId": set.creation,
                "OperationType": "CREATE_CHANGESET",
                "OperationStatus": "FAILED",
                "EventType": "VALIDATION_ERROR",
                "LogicalResourceId": invalid.logical,
                "PhysicalResourceId": invalid.physical.clone().unwrap_or_default(),
                "ResourceType": invalid.kind,
                "Timestamp": time(set.created_ms),
                "ValidationFailureMode": "FAIL",
                "ValidationName": invalid.validation,
                "ValidationStatus": "FAILED",
                "ValidationStatusReason": invalid.reason,
                "ValidationPath": invalid.path,
            }))
        })
        .collect()
}

fn stack_event(stack: &Stack, event: &Event) -> Value {
    let own = event.physical.as_deref() == Some(&stack.id);
    let kind = match (own, event.status.ends_with("_FAILED")) {
        (true, _) => "STACK_EVENT",
        (false, true) => "PROVISIONING_ERROR",
        (false, false) => "PROGRESS_EVENT",
    };
    let action = stack
        .operation
        .as_ref()
        .filter(|operation| Some(&operation.id) == event.operation.as_ref())
        .map(operation_type);
    compact(json!({
        "EventId": event_id(stack, event),
        "StackId": stack.id,
        "OperationId": event.operation,
        "OperationType": action,
        "EventType": kind,
        "LogicalResourceId": event.logical,
        "PhysicalResourceId": event.physical.clone().unwrap_or_default(),
        "ResourceType": event.kind,
        "Timestamp": time(event.at_ms),
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.token,
    }))
}

fn operation_type(operation: &Operation) -> &'static str {
    use crate::engine::journal::Action;
    match operation.action {
        Action::Create | Action::Import => "CREATE_STACK",
        Action::Update => "UPDATE_STACK",
        Action::Delete => "DELETE_STACK",
        Action::Rollback => "ROLLBACK",
        Action::ContinueRollback => "CONTINUE_ROLLBACK",
    }
}
