//! `ListChangeSets`

use std::sync::Arc;

use serde_json::{Value, json};

use super::change_set;
use super::input::{page, stack};
use super::shape::{compact, time};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Lists the change sets of a stack.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListChangeSets.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let stack = stack(&engine, &call)?.lock().clone();
    let sets = change_set::of_stack(engine.world.store(), &stack.id)?;
    let (sets, next) = page(&call, &sets, 100)?;
    let summaries: Vec<Value> = sets
        .iter()
        .map(|set| {
            compact(json!({
                "StackId": set.stack_id,
                "StackName": set.stack_name,
                "ChangeSetId": set.id,
                "ChangeSetName": set.name,
                "ExecutionStatus": set.execution(&stack).name(),
                "Status": set.status.name(),
                "StatusReason": set.reason,
                "CreationTime": time(set.created_ms),
                "Description": set.description,
                "IncludeNestedStacks": false,
            }))
        })
        .collect();
    Ok(Output::json(compact(json!({ "Summaries": summaries, "NextToken": next }))))
}
