//! `DescribeStacks`

use std::sync::Arc;

use serde_json::{Value, json};

use super::input::{no_stack, page, text};
use super::shape::{compact, stack};
use crate::Cloud;
use crate::engine::status::StackStatus;
use crate::wire::{Call, Fault, Output};

/// Tells about one stack, or all that are not deleted.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let endpoint = &cloud.config.endpoint;
    if let Some(name) = text(&call, "StackName") {
        let cell = engine.stacks.find(&call.region, name).ok_or_else(|| no_stack(name))?;
        let shown = stack(&cell.lock(), endpoint);
        return Ok(Output::json(json!({ "Stacks": [shown] })));
    }
    let mut cells = engine.stacks.all(&call.region);
    cells.retain(|cell| cell.lock().status() != StackStatus::DeleteComplete);
    cells.reverse();
    let (cells, next) = page(&call, &cells, 100)?;
    let stacks: Vec<Value> = cells.iter().map(|cell| stack(&cell.lock(), endpoint)).collect();
    Ok(Output::json(compact(json!({ "Stacks": stacks, "NextToken": next }))))
}
