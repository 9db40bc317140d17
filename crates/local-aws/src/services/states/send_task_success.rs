//! SendTaskSuccess

use std::sync::Arc;

use asl::Reply;

use super::constraint::Members;
use super::json_text;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Ends a task that waits for its token with a result.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let token = members.required("taskToken", 1, 2048);
    let output = members.required("output", 0, json_text::LARGEST);
    members.finish()?;
    let output = json_text::output(output)?;
    cloud.states.executions.answer_token(&cloud, token, Reply::Succeeded(output))?;
    Ok(Output::empty())
}
