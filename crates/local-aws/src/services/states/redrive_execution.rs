//! RedriveExecution

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::describe_execution::not_redrivable;
use super::machine::seconds;
use crate::wire::{Call, Fault, Output};
use crate::{Cloud, executions};

/// Runs a Standard execution that did not succeed again from where it failed, under its own ARN.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("executionArn", 1, 256);
    let token = members.text("clientToken", 1, 64).map(str::to_owned);
    members.finish()?;
    Arn::of(text, &[Resource::Execution])?;
    let entry = cloud.states.executions.get(text)?;
    if let Some(at_ms) = token.as_deref().and_then(|token| entry.live().redriven_with(token)) {
        return Ok(Output::json(json!({"redriveDate": seconds(at_ms)})));
    }
    let refuse = |why: String| Fault::sender("ExecutionNotRedrivable", why);
    if let Some(why) = not_redrivable(&cloud, &entry)? {
        return Err(refuse(why));
    }
    match executions::redrive(&cloud, &entry, token)? {
        Some(at) => Ok(Output::json(json!({"redriveDate": seconds(at.0)}))),
        None => Err(refuse(format!("Execution is {} and cannot be redriven", entry.status()))),
    }
}
