//! `UpdateStack`

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use serde_json::json;

use super::create_stack::{is_repeated, operation};
use super::input::{flag, invalid, no_stack, required, text};
use super::submission::{self, For};
use crate::Cloud;
use crate::engine::changes::{self, Question};
use crate::engine::journal::{Action, OnFailure, Operation, Record, Setting};
use crate::engine::stack::Stack;
use crate::engine::status::StackStatus;
use crate::wire::{Call, Fault, Output};

/// Begins to change a stack.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    for member in ["StackPolicyDuringUpdateBody", "StackPolicyDuringUpdateURL", "StackPolicyURL"] {
        if text(&call, member).is_some() {
            return Err(invalid(format!("the local AWS does not support {member}; see docs/local-aws.md")));
        }
    }
    let name = required(&call, "StackName")?;
    let cell = engine.stacks.find(&call.region, name).ok_or_else(|| match name.starts_with("arn:") {
        true => no_stack(name),
        false => invalid(format!("Stack [{name}] does not exist")),
    })?;
    let stack = cell.lock().clone();
    if is_repeated(&call, &stack, |begun| begun.action == Action::Update) {
        return Ok(Output::json(json!({ "StackId": stack.id })));
    }
    updatable(&stack)?;
    let target = For { id: &stack.id, name: &stack.name, stack: Some(&stack) };
    let submission = submission::read(&cloud, &engine, &call, target).await?;
    let plan = changes::plan(Question {
        world: &engine.world,
        stack: &stack,
        blueprint: &submission.blueprint,
        around: &submission.around,
        spec: &submission.spec,
        imports: &IndexMap::new(),
        before: OnceLock::new(),
    })
    .await?;
    let retry = matches!(stack.status(), StackStatus::CreateFailed | StackStatus::UpdateFailed);
    if plan.is_empty() && submission.spec.tags == stack.spec().tags && !retry {
        return Err(invalid("No updates are to be performed."));
    }
    if let Some(policy) = text(&call, "StackPolicyBody") {
        super::protection::check_policy(policy)?;
        engine.record(&cell, Record::Setting(Setting::Policy(Some(policy.to_owned()))))?;
    }
    let on_failure = match flag(&call, "DisableRollback") {
        Some(true) => OnFailure::DoNothing,
        _ => OnFailure::Rollback,
    };
    let operation = Operation { spec: Some(submission.spec), on_failure, ..operation(&call, Action::Update) };
    engine.begin(&cell, operation, StackStatus::UpdateInProgress, updatable)?;
    Ok(Output::json(json!({ "StackId": stack.id })))
}

/// Whether a stack may be updated now.
///
/// # Errors
/// `ValidationError` with its status.
pub fn updatable(stack: &Stack) -> Result<(), Fault> {
    let status = stack.status();
    if status.updatable() {
        return Ok(());
    }
    Err(invalid(format!("Stack:{} is in {} state and can not be updated.", stack.id, status.name())))
}
