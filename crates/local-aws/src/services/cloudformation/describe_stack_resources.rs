//! `DescribeStackResource`, `DescribeStackResources` and `ListStackResources`

use std::sync::Arc;

use cfn::Template;
use serde_json::{Value, json};

use super::input::{invalid, page, required, stack, text};
use super::shape::{compact, resource, time};
use crate::Cloud;
use crate::engine::stack::{Slot, Stack};
use crate::wire::{Call, Fault, Output};

/// `DescribeStackResource`
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html>
pub async fn one(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let name = required(&call, "StackName")?;
    let logical = required(&call, "LogicalResourceId")?;
    let cell =
        engine.stacks.find(&call.region, name).ok_or_else(|| invalid(format!("Stack '{name}' does not exist")))?;
    let stack = cell.lock();
    let slot = stack
        .resources
        .get(logical)
        .ok_or_else(|| invalid(format!("Resource {logical} does not exist for stack {name}")))?;
    let mut detail = with_time(&stack, logical, slot, "LastUpdatedTimestamp");
    let template = Template::parse(&stack.spec().body).ok();
    let metadata = template.and_then(|template| template.resources.get(logical)?.metadata.clone());
    if let Some(metadata) = metadata {
        detail["Metadata"] = Value::from(metadata.to_string());
    }
    Ok(Output::json(json!({ "StackResourceDetail": detail })))
}

/// `DescribeStackResources`
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html>
pub async fn all(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    /// The most that an answer holds; `ListStackResources` has pages.
    const MOST: usize = 100;
    let engine = super::engine(&cloud);
    let physical = text(&call, "PhysicalResourceId");
    let cell = match physical {
        Some(physical) => engine
            .stacks
            .all(&call.region)
            .into_iter()
            .find(|cell| cell.lock().living().any(|(_, live)| live.physical == physical))
            .ok_or_else(|| invalid(format!("Stack for {physical} does not exist")))?,
        None => stack(&engine, &call)?,
    };
    let stack = cell.lock();
    let logical = text(&call, "LogicalResourceId");
    let resources: Vec<Value> = stack
        .resources
        .iter()
        .filter(|(id, _)| logical.is_none_or(|logical| logical == id.as_str()))
        .take(MOST)
        .map(|(id, slot)| with_time(&stack, id, slot, "Timestamp"))
        .collect();
    Ok(Output::json(json!({ "StackResources": resources })))
}

/// `ListStackResources`
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html>
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let cell = stack(&engine, &call)?;
    let stack = cell.lock();
    let slots: Vec<(&String, &Slot)> = stack.resources.iter().collect();
    let (slots, next) = page(&call, &slots, 100)?;
    let summaries: Vec<Value> = slots
        .iter()
        .map(|(id, slot)| {
            let mut summary = with_time(&stack, id, slot, "LastUpdatedTimestamp");
            if let Some(object) = summary.as_object_mut() {
                object.shift_remove("StackName");
                object.shift_remove("StackId");
            }
            summary
        })
        .collect();
    Ok(Output::json(compact(json!({ "StackResourceSummaries": summaries, "NextToken": next }))))
}

fn with_time(stack: &Stack, logical: &str, slot: &Slot, member: &str) -> Value {
    let mut value = resource(stack, logical, slot);
    value[member] = time(slot.updated_ms);
    value
}
