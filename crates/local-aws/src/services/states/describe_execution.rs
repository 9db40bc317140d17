//! DescribeExecution

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::start_sync_execution::outcome;
use crate::Cloud;
use crate::executions::{Entry, map_run};
use crate::wire::{Call, Fault, Output};

/// A Standard execution: its input, where it stands, what it came to.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("executionArn", 1, 256);
    let included = members.choice("includedData", &["ALL_DATA", "METADATA_ONLY"]);
    members.finish()?;
    Arn::of(text, &[Resource::Execution])?;
    let Ok(entry) = cloud.states.executions.get(text) else {
        let body = map_run::child(&cloud, text, map_run::child_described)?;
        return Ok(Output::json(body.into()));
    };
    Ok(Output::json(described(&entry, included != Some("METADATA_ONLY")).into()))
}

/// The members of DescribeExecution's output.
pub fn described(entry: &Entry, include_data: bool) -> Map<String, Value> {
    let live = entry.live();
    let mut body = entry.summary(&live);
    if include_data {
        body.insert("input".to_owned(), entry.record.input.as_ref().into());
        body.insert("inputDetails".to_owned(), json!({"included": true}));
    }
    if let Some(ended) = &live.ended {
        outcome(&mut body, &ended.outcome, include_data);
    }
    if let Some(header) = &entry.record.trace_header {
        body.insert("traceHeader".to_owned(), header.as_ref().into());
    }
    let status = live.ended.as_ref().map_or("RUNNING", |ended| ended.outcome.status());
    match status {
        "RUNNING" | "SUCCEEDED" => {
            body.insert("redriveStatus".to_owned(), "NOT_REDRIVABLE".into());
            let reason = format!("Execution is {status} and cannot be redriven");
            body.insert("redriveStatusReason".to_owned(), reason.into());
        }
        _ => {
            body.insert("redriveStatus".to_owned(), "REDRIVABLE".into());
        }
    }
    body
}
