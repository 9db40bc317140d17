//! RedriveExecution

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::seconds;
use crate::wire::{Call, Fault, Output};
use crate::{Cloud, executions};

/// How many events an execution can have before its redrive.
///
/// Source: Step Functions developer guide, "Redriving executions", eligibility: fewer than 24,999 events.
const MOST_EVENTS: usize = 24_999;

/// How long after its end an execution can be redriven.
const REDRIVABLE_MS: i64 = 14 * 24 * 3600 * 1000;

/// Runs an execution that did not succeed again from where it failed.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("executionArn", 1, 256);
    let _token = members.text("clientToken", 1, 64);
    members.finish()?;
    Arn::of(text, &[Resource::Execution])?;
    let entry = cloud.states.executions.get(text)?;
    let status = entry.status();
    let refuse = |why: String| Fault::sender("ExecutionNotRedrivable", why);
    if matches!(status, "RUNNING" | "SUCCEEDED") {
        return Err(refuse(format!("Execution is {status} and cannot be redriven")));
    }
    let ended = entry.live().ended.as_ref().map_or(0, |ended| ended.at_ms);
    if cloud.clock.now_ms() - ended > REDRIVABLE_MS {
        return Err(refuse("Execution ended more than 14 days ago and cannot be redriven".to_owned()));
    }
    if entry.inspect(&cloud.store, |execution| execution.history().len())? >= MOST_EVENTS {
        return Err(refuse("Execution history has reached its limit and cannot be redriven".to_owned()));
    }
    let at = executions::redrive(&cloud, &entry).ok_or_else(|| refuse("Execution cannot be redriven".to_owned()))?;
    Ok(Output::json(json!({"redriveDate": seconds(at)})))
}
