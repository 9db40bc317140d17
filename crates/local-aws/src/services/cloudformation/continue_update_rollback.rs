//! `ContinueUpdateRollback`

use std::sync::Arc;

use super::create_stack::operation;
use super::input::{invalid, stack, texts};
use crate::Cloud;
use crate::engine::journal::{Action, Operation};
use crate::engine::stack::Stack;
use crate::engine::status::{ResourceStatus, StackStatus};
use crate::wire::{Call, Fault, Output};

/// Goes on with a rollback that failed; resources named in `ResourcesToSkip` count as rolled back.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let cell = stack(&engine, &call)?;
    let skip = texts(&call, "ResourcesToSkip");
    let allowed = |stack: &Stack| {
        if stack.status() != StackStatus::UpdateRollbackFailed {
            return Err(invalid(format!(
                "Stack:{} is in {} state and can not continue update rollback.",
                stack.id,
                stack.status().name()
            )));
        }
        let failed =
            |id: &String| stack.resources.get(id).is_some_and(|slot| slot.status == ResourceStatus::UpdateFailed);
        match skip.iter().find(|id| !failed(id)) {
            Some(id) => {
                Err(invalid(format!("Resources that are not in UPDATE_FAILED state cannot be skipped: [{id}]")))
            }
            None => Ok(()),
        }
    };
    let operation = Operation { skip: skip.iter().cloned().collect(), ..operation(&call, Action::ContinueRollback) };
    engine.begin(&cell, operation, StackStatus::UpdateRollbackInProgress, allowed)?;
    Ok(Output::empty())
}
