//! DeleteStateMachine

use std::sync::Arc;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Forgets a state machine with its versions, aliases and tags, and ends its executions.
///
/// Diverges: AWS deletes once the last execution has ended at its next transition; here executions are aborted and
/// forgotten at once.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineArn", 1, 256);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    if arn.qualifier.is_none() && cloud.states.remove(&cloud.store, text)? {
        cloud.states.executions.forget_machine(&cloud, text)?;
    }
    Ok(Output::empty())
}
