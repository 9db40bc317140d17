//! SendTaskHeartbeat

use std::sync::Arc;

use asl::Reply;

use super::constraint::Members;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Tells that the work on a task goes on.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let token = members.required("taskToken", 1, 2048);
    members.finish()?;
    cloud.states.executions.answer_token(&cloud, token, Reply::Heartbeat)?;
    Ok(Output::empty())
}
