//! SendTaskFailure

use std::sync::Arc;

use asl::{Failure, Reply};

use super::constraint::Members;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Ends a task that waits for its token with an error.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let token = members.required("taskToken", 1, 2048);
    let error = members.text("error", 0, 256).map(str::to_owned);
    let cause = members.text("cause", 0, 32_768).map(str::to_owned);
    members.finish()?;
    cloud.states.executions.answer_token(&cloud, token, Reply::Failed(Failure { error, cause }))?;
    Ok(Output::empty())
}
