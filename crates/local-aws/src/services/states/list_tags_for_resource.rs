//! ListTagsForResource

use std::sync::Arc;

use serde_json::{Value, json};

use super::constraint::Members;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The tags of a machine or activity.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let arn = members.required("resourceArn", 1, 256);
    members.finish()?;
    let tags: Vec<Value> =
        cloud.states.tags(arn)?.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    Ok(Output::json(json!({"tags": tags})))
}
