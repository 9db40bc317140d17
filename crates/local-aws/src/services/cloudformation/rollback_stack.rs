//! `RollbackStack`

use std::sync::Arc;

use serde_json::json;

use super::create_stack::operation;
use super::input::{invalid, stack};
use crate::Cloud;
use crate::engine::journal::Action;
use crate::engine::status::StackStatus;
use crate::wire::{Call, Fault, Output};

/// Rolls a stack back that failed with its rollback disabled.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let cell = stack(&engine, &call)?;
    let (id, status) = {
        let stack = cell.lock();
        (stack.id.clone(), stack.status())
    };
    let next = match status {
        StackStatus::CreateFailed => StackStatus::RollbackInProgress,
        StackStatus::UpdateFailed => StackStatus::UpdateRollbackInProgress,
        _ => {
            return Err(invalid(format!("Stack:{id} is in {} state and can not be rolled back.", status.name())));
        }
    };
    engine.begin(&cell, operation(&call, Action::Rollback), next, |stack| match stack.status() == status {
        true => Ok(()),
        false => Err(invalid(format!("Stack:{id} is in {} state and can not be rolled back.", stack.status().name()))),
    })?;
    Ok(Output::json(json!({ "StackId": id })))
}
