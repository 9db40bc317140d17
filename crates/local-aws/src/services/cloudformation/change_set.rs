//! A change set, and where change sets are kept.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::input::{invalid, required, text};
use crate::Store;
use crate::engine::changes::{Change, Invalid};
use crate::engine::journal::{OnFailure, Spec};
use crate::engine::run::Engine;
use crate::engine::stack::Stack;
use crate::engine::status::{ChangeSetStatus, ExecutionStatus, StackStatus};
use crate::store::StoreError;
use crate::wire::{Call, Fault};

const TABLE: &str = "cloudformation-change-sets";

/// A change set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeSet {
    pub id: String,
    pub name: String,
    pub stack_id: String,
    pub stack_name: String,
    /// `CREATE`, `UPDATE` or `IMPORT`
    pub kind: String,
    pub description: Option<String>,
    pub created_ms: i64,
    pub status: ChangeSetStatus,
    pub reason: Option<String>,
    pub execution: ExecutionStatus,
    pub changes: Vec<Change>,
    pub invalid: Vec<Invalid>,
    pub spec: Spec,
    #[serde(default)]
    pub imports: IndexMap<String, String>,
    pub on_failure: Option<OnFailure>,
    /// The operation that executes it.
    pub operation: Option<String>,
    /// Identifies its creation in `DescribeEvents`.
    pub creation: String,
    /// The client's token: the same call sent again makes nothing new.
    #[serde(default)]
    pub token: Option<String>,
}

impl ChangeSet {
    /// Whether it can run, is running or has run, by the state of its stack.
    pub fn execution(&self, stack: &Stack) -> ExecutionStatus {
        let ours = stack.operation.as_ref().map(|operation| &operation.id) == self.operation.as_ref();
        if self.operation.is_none() || !ours {
            return self.execution;
        }
        use StackStatus::*;
        match stack.status() {
            CreateComplete | UpdateComplete | UpdateCompleteCleanupInProgress | ImportComplete => {
                ExecutionStatus::ExecuteComplete
            }
            CreateInProgress | UpdateInProgress | ImportInProgress => ExecutionStatus::ExecuteInProgress,
            _ => ExecutionStatus::ExecuteFailed,
        }
    }
}

fn key(set: &ChangeSet) -> String {
    format!("{}/{}", set.stack_id, set.id)
}

/// Keeps a change set.
///
/// # Errors
/// [`StoreError`] when it cannot be written.
pub fn put(store: &Store, set: &ChangeSet) -> Result<(), StoreError> {
    store.put(TABLE, &key(set), set)
}

/// The change sets of a stack, newest first.
///
/// # Errors
/// [`StoreError`] when they cannot be read.
pub fn of_stack(store: &Store, stack_id: &str) -> Result<Vec<ChangeSet>, StoreError> {
    let mut sets: Vec<ChangeSet> =
        store.scan(TABLE, &format!("{stack_id}/"))?.into_iter().map(|(_, set)| set).collect();
    sets.sort_by_key(|set| std::cmp::Reverse(set.created_ms));
    Ok(sets)
}

/// Forgets a change set.
///
/// # Errors
/// [`StoreError`] when it cannot be removed.
pub fn delete(store: &Store, set: &ChangeSet) -> Result<(), StoreError> {
    store.delete(TABLE, &key(set)).map(|_| ())
}

/// Forgets all change sets of a stack.
///
/// # Errors
/// [`StoreError`] when they cannot be removed.
pub fn delete_all(store: &Store, stack_id: &str) -> Result<(), StoreError> {
    of_stack(store, stack_id)?.iter().try_for_each(|set| delete(store, set))
}

/// The change set that `ChangeSetName`, with `StackName` unless it is an id, names.
///
/// # Errors
/// `ChangeSetNotFound`, or `ValidationError` when the stack is not there.
pub fn find(engine: &Engine, call: &Call) -> Result<ChangeSet, Fault> {
    let name = required(call, "ChangeSetName")?;
    let store = engine.world.store();
    let not_found =
        || Fault::sender("ChangeSetNotFound", format!("ChangeSet [{name}] does not exist")).with_status(404);
    if name.starts_with("arn:") {
        let all: Vec<(String, ChangeSet)> = store.scan(TABLE, "")?;
        return all.into_iter().map(|(_, set)| set).find(|set| set.id == name).ok_or_else(not_found);
    }
    let stack = text(call, "StackName")
        .ok_or_else(|| invalid("StackName must be specified if ChangeSetName is not specified as an ARN."))?;
    let cell =
        engine.stacks.find(&call.region, stack).ok_or_else(|| invalid(format!("Stack [{stack}] does not exist")))?;
    let id = cell.lock().id.clone();
    of_stack(store, &id)?.into_iter().find(|set| set.name == name).ok_or_else(not_found)
}
