//! `ExecuteChangeSet`

use std::sync::Arc;

use super::change_set;
use super::create_stack::{is_repeated, operation};
use super::input::{flag, invalid};
use super::update_stack::updatable;
use crate::Cloud;
use crate::engine::journal::{Action, OnFailure, Operation};
use crate::engine::stack::Stack;
use crate::engine::status::{ExecutionStatus, StackStatus};
use crate::wire::{Call, Fault, Output};

/// Begins to do what a change set says. All other change sets of the stack go.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let mut set = change_set::find(&engine, &call)?;
    let cell = engine
        .stacks
        .find(&call.region, &set.stack_id)
        .ok_or_else(|| invalid(format!("Stack [{}] does not exist", set.stack_name)))?;
    if is_repeated(&call, &cell.lock(), |begun| set.operation.as_ref() == Some(&begun.id)) {
        return Ok(Output::empty());
    }
    if set.execution(&cell.lock()) != ExecutionStatus::Available {
        return Err(Fault::sender(
            "InvalidChangeSetStatus",
            format!(
                "ChangeSet [{}] cannot be executed in its current status of [{}]",
                set.id,
                if set.execution == ExecutionStatus::Unavailable { set.status.name() } else { set.execution.name() }
            ),
        ));
    }
    let on_failure = match (set.on_failure, flag(&call, "DisableRollback")) {
        (Some(on_failure), None) => on_failure,
        (Some(_), Some(_)) => return Err(invalid("You cannot specify both DisableRollback and OnStackFailure.")),
        (None, Some(true)) => OnFailure::DoNothing,
        (None, _) => OnFailure::Rollback,
    };
    let review = cell.lock().status() == StackStatus::ReviewInProgress;
    let (action, status) = match (set.kind.as_str(), review) {
        ("IMPORT", _) => (Action::Import, StackStatus::ImportInProgress),
        (_, true) => (Action::Create, StackStatus::CreateInProgress),
        (_, false) => (Action::Update, StackStatus::UpdateInProgress),
    };
    let operation = Operation {
        spec: Some(set.spec.clone()),
        on_failure,
        imports: set.imports.clone(),
        ..operation(&call, action)
    };
    set.operation = Some(operation.id.clone());
    set.execution = ExecutionStatus::ExecuteInProgress;
    let store = engine.world.store();
    for other in change_set::of_stack(store, &set.stack_id)? {
        if other.id != set.id {
            change_set::delete(store, &other)?;
        }
    }
    change_set::put(store, &set)?;
    let allowed = |stack: &Stack| if review { reviewed(stack) } else { updatable(stack) };
    engine.begin(&cell, operation, status, allowed)?;
    Ok(Output::empty())
}

fn reviewed(stack: &Stack) -> Result<(), Fault> {
    match stack.status() {
        StackStatus::ReviewInProgress => Ok(()),
        other => Err(invalid(format!("Stack:{} is in {} state and can not be updated.", stack.id, other.name()))),
    }
}
