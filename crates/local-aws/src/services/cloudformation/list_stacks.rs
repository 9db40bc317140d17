//! `ListStacks`

use std::sync::Arc;

use serde_json::{Value, json};

use super::input::{page, texts};
use super::shape::{compact, time};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Lists all stacks, also those deleted, by status.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStacks.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let wanted = texts(&call, "StackStatusFilter");
    let mut cells = engine.stacks.all(&call.region);
    cells.retain(|cell| wanted.is_empty() || wanted.iter().any(|status| status == cell.lock().status().name()));
    cells.reverse();
    let (cells, next) = page(&call, &cells, 100)?;
    let summaries: Vec<Value> = cells
        .iter()
        .map(|cell| {
            let stack = cell.lock();
            compact(json!({
                "StackId": stack.id,
                "StackName": stack.name,
                "CreationTime": time(stack.created_ms),
                "LastUpdatedTime": stack.updated_ms.map(time),
                "DeletionTime": stack.deleted_ms.map(time),
                "StackStatus": stack.status().name(),
                "StackStatusReason": stack.reason,
                "ParentId": stack.parent,
                "RootId": stack.root,
                "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
            }))
        })
        .collect();
    Ok(Output::json(compact(json!({ "StackSummaries": summaries, "NextToken": next }))))
}
