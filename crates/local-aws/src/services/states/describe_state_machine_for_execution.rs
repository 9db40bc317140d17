//! DescribeStateMachineForExecution

use std::sync::Arc;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::{StateMachine, seconds};
use crate::Cloud;
use crate::executions::map_run;
use crate::wire::{Call, Fault, Output};

/// The state machine as it was when the execution started.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("executionArn", 1, 256);
    let included = members.choice("includedData", &["ALL_DATA", "METADATA_ONLY"]);
    members.finish()?;
    Arn::of(text, &[Resource::Execution])?;
    let mut body = match cloud.states.executions.get(text) {
        Ok(entry) => {
            let program = &entry.program;
            let mut body = StateMachine::described(&program.revision, &program.machine_arn, &program.machine_name);
            body.insert("updateDate".to_owned(), seconds(program.updated_ms));
            body
        }
        Err(_) => map_run::child(&cloud, text, map_run::child_machine)?,
    };
    if included == Some("METADATA_ONLY") {
        body.remove("definition");
        body.remove("variableReferences");
    }
    Ok(Output::json(body.into()))
}
