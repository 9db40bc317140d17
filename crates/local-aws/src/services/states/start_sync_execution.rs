//! StartSyncExecution

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::constraint::Members;
use super::machine::{Kind, seconds};
use super::{refusal, start_execution};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Starts an Express execution and answers when it has ended.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let included = members.choice("includedData", &["ALL_DATA", "METADATA_ONLY"]);
    members.finish()?;
    let start = start_execution::read(&cloud, &call.input)?;
    if start.target.machine.kind != Kind::Express {
        return Err(refusal::machine_type());
    }
    let entry = cloud.states.executions.launch(&cloud, start)?;
    let Some(ended) = entry.ended().await else {
        return Err(Fault::receiver("InternalFailure", "the execution was lost"));
    };
    let mut body = entry.summary(&entry.live());
    if included != Some("METADATA_ONLY") {
        body.insert("input".to_owned(), entry.record.input.as_ref().into());
        body.insert("inputDetails".to_owned(), json!({"included": true}));
    }
    outcome(&mut body, &ended.outcome, included != Some("METADATA_ONLY"));
    if let Some(header) = &entry.record.trace_header {
        body.insert("traceHeader".to_owned(), header.as_ref().into());
    }
    body.insert("stopDate".to_owned(), seconds(ended.at_ms));
    body.insert("billingDetails".to_owned(), billing(ended.at_ms - entry.record.started_ms));
    Ok(Output::json(body.into()))
}

/// Adds what an execution came to.
pub fn outcome(body: &mut Map<String, Value>, outcome: &asl::Outcome, include_data: bool) {
    match outcome {
        asl::Outcome::Succeeded(output) if include_data => {
            body.insert("output".to_owned(), output.to_string().into());
            body.insert("outputDetails".to_owned(), json!({"included": true}));
        }
        asl::Outcome::Succeeded(_) => {}
        _ => {
            let failure = outcome.failure().cloned().unwrap_or_default();
            for (name, value) in [("error", failure.error), ("cause", failure.cause)] {
                if let Some(value) = value {
                    body.insert(name.to_owned(), value.into());
                }
            }
        }
    }
}

/// What AWS would charge for: time in steps of 100 ms, memory in steps of 64 MB.
fn billing(took_ms: i64) -> Value {
    let billed = took_ms.max(1).div_euclid(100) * 100 + if took_ms.max(1).rem_euclid(100) == 0 { 0 } else { 100 };
    json!({"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": billed})
}
