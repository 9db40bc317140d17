//! `DescribeStackEvents`

use std::sync::Arc;

use serde_json::{Value, json};

use super::input::{page, required};
use super::shape::{compact, event};
use crate::Cloud;
use crate::engine::stack::Event;
use crate::wire::{Call, Fault, Output};

/// How many events an answer holds.
const PAGE: usize = 100;

/// Tells the events of a stack, newest first.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let name = required(&call, "StackName")?;
    let missing = || super::input::invalid(format!("Stack [{name}] does not exist"));
    let cell = engine.stacks.find(&call.region, name).ok_or_else(missing)?;
    let stack = cell.lock();
    let newest: Vec<&Event> = stack.events.iter().rev().collect();
    let (events, next) = page(&call, &newest, PAGE)?;
    let events: Vec<Value> = events.iter().map(|item| event(&stack, item)).collect();
    Ok(Output::json(compact(json!({ "StackEvents": events, "NextToken": next }))))
}
