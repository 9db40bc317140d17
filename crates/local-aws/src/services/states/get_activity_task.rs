//! GetActivityTask

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::refusal;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The next task of an activity; an answer without a token when none came for a minute.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("activityArn", 1, 256);
    let worker = members.text("workerName", 1, 80);
    members.finish()?;
    Arn::of(text, &[Resource::Activity])?;
    if !cloud.states.activities().contains_key(text) {
        return Err(refusal::no_activity(text));
    }
    match cloud.states.executions.poll_activity(&cloud, text, worker).await {
        Some(task) => Ok(Output::json(json!({"taskToken": task.token, "input": task.input}))),
        None => Ok(Output::empty()),
    }
}
