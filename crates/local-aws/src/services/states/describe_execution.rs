//! DescribeExecution

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::start_sync_execution::outcome;
use crate::Cloud;
use crate::executions::{Entry, map_run};
use crate::wire::{Call, Fault, Output};

/// An execution with that many events cannot be redriven.
const MOST_EVENTS: usize = 24_999;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// How long after its end an execution can be redriven.
const REDRIVABLE_MS: i64 = 14 * DAY_MS;

/// How long a Standard execution can take from its start.
const LONGEST_MS: i64 = 365 * DAY_MS;

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
    let mut body = described(&entry, included != Some("METADATA_ONLY"));
    body.extend(redrive_members(&cloud, &entry)?);
    Ok(Output::json(body.into()))
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
    body
}

/// `redriveStatus`, and the reason where it cannot be redriven.
fn redrive_members(cloud: &Cloud, entry: &Entry) -> Result<Map<String, Value>, Fault> {
    let mut members = Map::new();
    let (status, reason) = match not_redrivable(cloud, entry)? {
        None => ("REDRIVABLE", None),
        Some(reason) => ("NOT_REDRIVABLE", Some(reason)),
    };
    members.insert("redriveStatus".to_owned(), status.into());
    members.extend(reason.map(|reason| ("redriveStatusReason".to_owned(), reason.into())));
    Ok(members)
}

/// Why RedriveExecution would refuse `entry`; `None` when it would not.
///
/// Source: DescribeExecution, `redriveStatusReason`; developer guide, "Redrive eligibility for unsuccessful executions".
///
/// # Errors
/// What the store cannot read.
pub fn not_redrivable(cloud: &Cloud, entry: &Entry) -> Result<Option<String>, Fault> {
    let now = cloud.clock.now_ms();
    let (status, ended_ms) = {
        let live = entry.live();
        live.ended.as_ref().map_or(("RUNNING", now), |ended| (ended.outcome.status(), ended.at_ms))
    };
    if matches!(status, "RUNNING" | "SUCCEEDED") {
        return Ok(Some(format!("Execution is {status} and cannot be redriven")));
    }
    if now - ended_ms > REDRIVABLE_MS {
        return Ok(Some("Execution redrivable period exceeded".to_owned()));
    }
    if now - entry.record.started_ms > LONGEST_MS {
        return Ok(Some("Execution has exceeded the max execution time".to_owned()));
    }
    let events = entry.inspect(&cloud.store, |execution| execution.history().len())?;
    Ok((events >= MOST_EVENTS).then(|| "Execution history event limit exceeded".to_owned()))
}
