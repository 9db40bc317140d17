//! `CreateStack`

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::input::{flag, invalid, required, text};
use super::submission::{self, For};
use crate::Cloud;
use crate::engine::journal::{Action, Entry, OnFailure, Operation, Record, Setting};
use crate::engine::run::Engine;
use crate::engine::stack::Stack;
use crate::engine::stacks::Cell;
use crate::engine::status::StackStatus;
use crate::wire::{Call, Fault, Output};

/// Creates a stack and begins to create its resources.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let name = stack_name(&call)?.to_owned();
    if let Some(cell) = engine.stacks.find(&call.region, &name) {
        let stack = cell.lock();
        if is_repeated(&call, &stack, |begun| begun.action == Action::Create) {
            return Ok(Output::json(json!({ "StackId": stack.id })));
        }
        return Err(Fault::sender("AlreadyExistsException", format!("Stack [{name}] already exists")));
    }
    let on_failure = on_failure(&call)?;
    let id = new_id(&cloud, &call.region, &name);
    let submission = submission::read(&cloud, &engine, &call, For { id: &id, name: &name, stack: None }).await?;
    let (parent, root) = (text(&call, "ParentId").map(str::to_owned), text(&call, "RootId").map(str::to_owned));
    let cell = born(&engine, &call.region, &id, &name, parent, root)?;
    if flag(&call, "EnableTerminationProtection") == Some(true) {
        engine.record(&cell, Record::Setting(Setting::TerminationProtection(true)))?;
    }
    if let Some(policy) = text(&call, "StackPolicyBody") {
        super::protection::check_policy(policy)?;
        engine.record(&cell, Record::Setting(Setting::Policy(Some(policy.to_owned()))))?;
    }
    let operation = Operation { spec: Some(submission.spec), on_failure, ..operation(&call, Action::Create) };
    engine.begin(&cell, operation, StackStatus::CreateInProgress, |_| Ok(()))?;
    Ok(Output::json(json!({ "StackId": id })))
}

/// An operation with what every call may say about it.
pub fn operation(call: &Call, action: Action) -> Operation {
    Operation {
        action,
        id: Uuid::new_v4().to_string(),
        token: text(call, "ClientRequestToken").map(str::to_owned),
        spec: None,
        on_failure: OnFailure::Rollback,
        skip: Default::default(),
        retain_except_on_create: flag(call, "RetainExceptOnCreate").unwrap_or(false),
        imports: Default::default(),
    }
}

/// Whether a call was sent before with the same token, and the operation that it began is the stack's latest.
pub fn is_repeated(call: &Call, stack: &Stack, is_same: impl Fn(&Operation) -> bool) -> bool {
    let token = text(call, "ClientRequestToken");
    let begun = stack.operation.as_ref().filter(|begun| begun.token.as_deref() == token && is_same(begun));
    token.is_some() && begun.is_some()
}

/// The name of a stack to create.
///
/// # Errors
/// `ValidationError` when it is not a name.
pub fn stack_name(call: &Call) -> Result<&str, Fault> {
    let name = required(call, "StackName")?;
    let good = name.len() <= 128
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if good {
        return Ok(name);
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    )))
}

/// A new stack's id.
pub fn new_id(cloud: &Cloud, region: &str, name: &str) -> String {
    format!("arn:aws:cloudformation:{region}:{}:stack/{name}/{}", cloud.config.account, Uuid::new_v4())
}

/// Brings a stack into being, under review.
///
/// # Errors
/// A fault when the store cannot be written.
pub fn born(
    engine: &Engine,
    region: &str,
    id: &str,
    name: &str,
    parent: Option<String>,
    root: Option<String>,
) -> Result<Arc<Cell>, Fault> {
    let record = Record::Born {
        id: id.to_owned(),
        name: name.to_owned(),
        region: region.to_owned(),
        description: None,
        parent,
        root,
    };
    Ok(engine.stacks.add(engine.world.store(), &Entry { at_ms: engine.world.clock().now_ms(), record })?)
}

fn on_failure(call: &Call) -> Result<OnFailure, Fault> {
    match (text(call, "OnFailure"), flag(call, "DisableRollback")) {
        (Some(_), Some(_)) => Err(invalid("You cannot specify both DisableRollback and OnFailure.")),
        (Some("DO_NOTHING"), None) | (None, Some(true)) => Ok(OnFailure::DoNothing),
        (Some("DELETE"), None) => Ok(OnFailure::Delete),
        (Some("ROLLBACK"), None) | (None, _) => Ok(OnFailure::Rollback),
        (Some(other), None) => Err(invalid(format!(
            "1 validation error detected: Value '{other}' at 'onFailure' failed to satisfy constraint: Member must satisfy enum value set: [DO_NOTHING, ROLLBACK, DELETE]"
        ))),
    }
}
