//! `CreateChangeSet`

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use serde_json::{Value, json};
use uuid::Uuid;

use super::change_set::{self, ChangeSet};
use super::create_stack::{born, new_id, stack_name};
use super::input::{invalid, list, required, text};
use super::submission::{self, For, Submission};
use super::update_stack::updatable;
use crate::Cloud;
use crate::engine::changes::{self, Invalid, Plan, Question};
use crate::engine::journal::{OnFailure, Spec};
use crate::engine::run::Engine;
use crate::engine::stack::Stack;
use crate::engine::stacks::Cell;
use crate::engine::status::{ChangeSetStatus, ExecutionStatus, StackStatus};
use crate::wire::{Call, Fault, Output};

const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

/// Works out what would change. The change set is finished when this answers.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let set_name = required(&call, "ChangeSetName")?.to_owned();
    let kind = text(&call, "ChangeSetType").unwrap_or("UPDATE").to_owned();
    let Target { cell, stack } = target(&cloud, &engine, &call, &kind, &set_name)?;
    let token = text(&call, "ClientToken").map(str::to_owned);
    if let Some(other) = taken_name(&engine, &stack, &set_name)? {
        return match token.is_some() && other.token == token {
            true => Ok(Output::json(json!({ "Id": other.id, "StackId": other.stack_id }))),
            false => Err(Fault::sender("AlreadyExistsException", format!("ChangeSet {set_name} already exists"))),
        };
    }
    let present = (stack.status() != StackStatus::ReviewInProgress).then_some(&stack);
    let for_stack = For { id: &stack.id, name: &stack.name, stack: present };
    let submission = submission::read(&cloud, &engine, &call, for_stack).await?;
    let imports = imports(&call, &kind, &submission)?;
    let plan = changes::plan(Question {
        world: &engine.world,
        stack: &stack,
        blueprint: &submission.blueprint,
        around: &submission.around,
        spec: &submission.spec,
        imports: &imports,
        before: OnceLock::new(),
    })
    .await?;
    refuse_import(&kind, &plan)?;
    let (status, reason) = verdict(&plan, &submission, &stack);
    if cell.is_none() {
        born(&engine, &call.region, &stack.id, &stack.name, None, None)?;
    }
    let (region, account) = (&call.region, &cloud.config.account);
    let id = format!("arn:aws:cloudformation:{region}:{account}:changeSet/{set_name}/{}", Uuid::new_v4());
    let set = ChangeSet {
        id: id.clone(),
        name: set_name,
        stack_id: stack.id.clone(),
        stack_name: stack.name.clone(),
        kind,
        description: text(&call, "Description").map(str::to_owned),
        created_ms: engine.world.clock().now_ms(),
        status,
        reason,
        execution: match status {
            ChangeSetStatus::Failed => ExecutionStatus::Unavailable,
            ChangeSetStatus::CreateComplete => ExecutionStatus::Available,
        },
        changes: plan.changes,
        invalid: plan.invalid,
        spec: Spec { change_set_id: Some(id), ..submission.spec },
        imports,
        on_failure: on_stack_failure(&call)?,
        operation: None,
        creation: Uuid::new_v4().to_string(),
        token,
    };
    change_set::put(engine.world.store(), &set)?;
    Ok(Output::json(json!({ "Id": set.id, "StackId": set.stack_id })))
}

/// The change set of that name that waits. One that has run gives its name free.
fn taken_name(engine: &Engine, stack: &Stack, name: &str) -> Result<Option<ChangeSet>, Fault> {
    let store = engine.world.store();
    let other = change_set::of_stack(store, &stack.id)?.into_iter().find(|set| set.name == name);
    if let Some(run) = other.as_ref().filter(|other| other.operation.is_some()) {
        change_set::delete(store, run)?;
        return Ok(None);
    }
    Ok(other)
}

/// The stack that a change set is for, and whether it is there already.
struct Target {
    cell: Option<Arc<Cell>>,
    stack: Stack,
}

fn target(cloud: &Cloud, engine: &Engine, call: &Call, kind: &str, set_name: &str) -> Result<Target, Fault> {
    let name = required(call, "StackName")?;
    let cell = engine.stacks.find(&call.region, name);
    let fresh = |name: &str| Stack {
        id: new_id(cloud, &call.region, name),
        name: name.to_owned(),
        region: call.region.clone(),
        ..Stack::default()
    };
    match (kind, cell) {
        ("CREATE" | "IMPORT", None) => Ok(Target { cell: None, stack: fresh(stack_name(call)?) }),
        ("CREATE", Some(cell)) => {
            let stack = cell.lock().clone();
            if stack.status() != StackStatus::ReviewInProgress {
                return Err(invalid(format!(
                    "Stack [{}] already exists and cannot be created again with the changeSet [{set_name}].",
                    stack.name
                )));
            }
            Ok(Target { cell: Some(cell), stack })
        }
        ("UPDATE" | "IMPORT", Some(cell)) => {
            let stack = cell.lock().clone();
            if !(kind == "IMPORT" && stack.status() == StackStatus::ReviewInProgress) {
                updatable(&stack)?;
            }
            Ok(Target { cell: Some(cell), stack })
        }
        ("UPDATE", None) => Err(invalid(format!("Stack [{name}] does not exist"))),
        (other, _) => Err(invalid(format!(
            "1 validation error detected: Value '{other}' at 'changeSetType' failed to satisfy constraint: Member must satisfy enum value set: [IMPORT, UPDATE, CREATE]"
        ))),
    }
}

fn verdict(plan: &Plan, submission: &Submission, stack: &Stack) -> (ChangeSetStatus, Option<String>) {
    if !plan.invalid.is_empty() {
        return (ChangeSetStatus::Failed, Some(early_validation(&plan.invalid)));
    }
    let retry = matches!(stack.status(), StackStatus::CreateFailed | StackStatus::UpdateFailed);
    if plan.is_empty() && submission.spec.tags == stack.spec().tags && !retry {
        return (ChangeSetStatus::Failed, Some(NO_CHANGES.to_owned()));
    }
    (ChangeSetStatus::CreateComplete, None)
}

/// What a change set says that failed before it could run; the particulars are in `DescribeEvents`.
fn early_validation(invalid: &[Invalid]) -> String {
    let name = |validation: &str| match validation {
        "NAME_CONFLICT_VALIDATION" => "AWS::EarlyValidation::ResourceExistenceCheck",
        _ => "AWS::EarlyValidation::PropertyValidation",
    };
    let mut names: Vec<&str> = invalid.iter().map(|invalid| name(&invalid.validation)).collect();
    names.sort_unstable();
    names.dedup();
    format!(
        "The following hook(s)/validation failed: [{}]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.",
        names.join(", ")
    )
}

fn on_stack_failure(call: &Call) -> Result<Option<OnFailure>, Fault> {
    match text(call, "OnStackFailure") {
        None => Ok(None),
        Some("DO_NOTHING") => Ok(Some(OnFailure::DoNothing)),
        Some("ROLLBACK") => Ok(Some(OnFailure::Rollback)),
        Some("DELETE") => Ok(Some(OnFailure::Delete)),
        Some(other) => Err(invalid(format!(
            "1 validation error detected: Value '{other}' at 'onStackFailure' failed to satisfy constraint: Member must satisfy enum value set: [DO_NOTHING, ROLLBACK, DELETE]"
        ))),
    }
}

/// The physical id of each resource to import.
fn imports(call: &Call, kind: &str, submission: &Submission) -> Result<IndexMap<String, String>, Fault> {
    let mut imports = IndexMap::new();
    for item in list(call, "ResourcesToImport") {
        let logical = item.get("LogicalResourceId").and_then(Value::as_str).unwrap_or_default();
        let identifier = item.get("ResourceIdentifier").and_then(Value::as_object);
        let physical = identifier.and_then(|identifier| identifier.values().next()).and_then(Value::as_str);
        let (Some(physical), Some(resource)) = (physical, submission.blueprint.resource(logical)) else {
            return Err(invalid(format!(
                "The resource [{logical}] to import is not in the template or has no identifier"
            )));
        };
        if resource.deletion_policy.is_none() {
            return Err(invalid(format!(
                "Resources [{logical}] is missing DeletionPolicy attribute. Resources to import must have DeletionPolicy specified in the template."
            )));
        }
        imports.insert(logical.to_owned(), physical.to_owned());
    }
    match (kind == "IMPORT", imports.is_empty()) {
        (true, true) => Err(invalid("ResourcesToImport must be specified for a change set of type IMPORT")),
        (false, false) => Err(invalid("ResourcesToImport can only be specified for a change set of type IMPORT")),
        _ => Ok(imports),
    }
}

fn refuse_import(kind: &str, plan: &Plan) -> Result<(), Fault> {
    let other: Vec<&str> =
        plan.changes.iter().filter(|change| change.action != "Import").map(|change| change.logical.as_str()).collect();
    if kind == "IMPORT" && !other.is_empty() {
        return Err(invalid(format!(
            "As part of the import operation, you cannot modify or add resources [{}]",
            other.join(", ")
        )));
    }
    Ok(())
}
