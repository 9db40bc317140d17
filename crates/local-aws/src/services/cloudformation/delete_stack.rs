//! `DeleteStack`

use std::sync::Arc;

use super::create_stack::operation;
use super::input::{invalid, required, text, texts};
use crate::Cloud;
use crate::engine::journal::{Action, Operation};
use crate::engine::stack::Stack;
use crate::engine::status::StackStatus;
use crate::wire::{Call, Fault, Output};

/// Begins to delete a stack. A stack that is not there is no mistake.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let name = required(&call, "StackName")?;
    let Some(cell) = engine.stacks.find(&call.region, name) else { return Ok(Output::empty()) };
    let stack = cell.lock().clone();
    match stack.status() {
        StackStatus::DeleteComplete | StackStatus::DeleteInProgress => return Ok(Output::empty()),
        StackStatus::ReviewInProgress if stack.resources.is_empty() => {
            super::change_set::delete_all(engine.world.store(), &stack.id)?;
            engine.stacks.remove(engine.world.store(), &cell)?;
            return Ok(Output::empty());
        }
        _ => {}
    }
    for output in &stack.outputs {
        let Some(export) = &output.export else { continue };
        let importers = engine.stacks.importers(&call.region, export);
        if !importers.is_empty() {
            return Err(invalid(format!(
                "Export {export} cannot be deleted as it is in use by {}",
                importers.join(" and ")
            )));
        }
    }
    let skip = texts(&call, "RetainResources");
    let force = text(&call, "DeletionMode") == Some("FORCE_DELETE_STACK");
    let allowed = |stack: &Stack| {
        if stack.termination_protection {
            return Err(invalid(format!(
                "Stack [{}] cannot be deleted while TerminationProtection is enabled",
                stack.name
            )));
        }
        if (!skip.is_empty() || force) && stack.status() != StackStatus::DeleteFailed {
            return Err(invalid(format!(
                "Invalid operation on stack [{}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.",
                stack.id
            )));
        }
        if stack.status().in_progress() {
            return Err(invalid(format!(
                "Stack [{}] cannot be deleted while in status {}",
                stack.name,
                stack.status().name()
            )));
        }
        Ok(())
    };
    let failed = stack.resources.iter().filter(|(_, slot)| force && slot.live.is_some()).map(|(id, _)| id.clone());
    let kept = skip.iter().cloned().chain(failed).collect();
    let operation = Operation { skip: kept, ..operation(&call, Action::Delete) };
    engine.begin(&cell, operation, StackStatus::DeleteInProgress, allowed)?;
    super::change_set::delete_all(engine.world.store(), &stack.id)?;
    Ok(Output::empty())
}
