//! StopExecution

use std::sync::Arc;

use asl::Failure;
use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::seconds;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Aborts a running execution; one that has ended stays as it is.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("executionArn", 1, 256);
    let error = members.text("error", 0, 256).map(str::to_owned);
    let cause = members.text("cause", 0, 32_768).map(str::to_owned);
    members.finish()?;
    Arn::of(text, &[Resource::Execution])?;
    let entry = cloud.states.executions.get(text)?;
    crate::executions::stop(&cloud, &entry, Failure { error, cause });
    let stopped = entry.live().ended.as_ref().map_or_else(|| cloud.clock.now_ms(), |ended| ended.at_ms);
    Ok(Output::json(json!({"stopDate": seconds(stopped)})))
}
