//! StartExecution

use std::sync::Arc;

use serde_json::{Value, json};

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::{Kind, seconds};
use super::{json_text, refusal};
use crate::Cloud;
use crate::executions::Start;
use crate::wire::{Call, Fault, Output};

/// Starts an execution and does not wait for its end.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let start = read(&cloud, &call.input)?;
    let entry = cloud.states.executions.launch(&cloud, start)?;
    Ok(Output::json(json!({
        "executionArn": entry.record.arn.as_ref(),
        "startDate": seconds(entry.record.started_ms),
    })))
}

/// What StartExecution and StartSyncExecution are given.
///
/// # Errors
/// The violated constraints, an invalid ARN, name or input, a machine that is not there.
pub fn read(cloud: &Cloud, input: &Value) -> Result<Start, Fault> {
    let mut members = Members::of(input);
    let text = members.required("stateMachineArn", 1, 256);
    let name = members.text("name", 1, 80);
    let input_text = members.text("input", 0, json_text::LARGEST).unwrap_or("{}");
    let trace_header = members.text("traceHeader", 0, 256).map(str::to_owned);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    name.map_or(Ok(()), refusal::check_name)?;
    let target = cloud.states.target(&arn)?;
    let input = json_text::input(input_text)?;
    let name = name.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned);
    let express_id = (target.machine.kind == Kind::Express).then(|| uuid::Uuid::new_v4().to_string());
    Ok(Start { target, name, express_id, input_text: input_text.to_owned(), input, trace_header })
}
