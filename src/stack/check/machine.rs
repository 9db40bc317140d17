//! State machines against the functions that they call.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Kind, Node};
use crate::stack::{Function, Named, Stack};

use super::definition::definition;
use super::task::{Task, arn, tasks};

/// Checks every Task that calls a function of this service.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    let names: HashMap<String, &Named<Function>> =
        stack.functions.iter().map(|function| (stack.function_name(function), function)).collect();
    for machine in stack.machines.iter() {
        let Ok(definition) = definition(&machine.value) else { continue };
        for task in tasks(&definition) {
            let Some(arn) = task.resource.as_str().and_then(arn) else { continue };
            match names.get(arn.function) {
                Some(function) => {
                    fixed_stage(stack, &task, found);
                    timeouts(stack, function, &task, found);
                }
                None => unknown(stack, arn.function, &task, found),
            }
        }
    }
}

/// Warns of Tasks whose ARN is of another account than the one that is deployed to.
pub fn other_accounts(stack: &Stack, account: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for machine in stack.machines.iter() {
        let Ok(definition) = definition(&machine.value) else { continue };
        for task in tasks(&definition) {
            let Some(arn) = task.resource.as_str().and_then(arn) else { continue };
            let own = stack.functions.iter().any(|function| stack.function_name(function) == arn.function);
            if own && !arn.account.is_empty() && arn.account != account {
                let given = if task.resource.secret { "another account" } else { arn.account };
                let message =
                    format!("the state `{}` calls a function of {given}, and this deploys to {account}", task.state);
                let diagnostic = Diagnostic::warning(Code::OtherAccount, task.resource.span, message);
                found.push(
                    diagnostic.came_through(&task.resource.origin).hint("write `$<aws:accountId>` for the account"),
                );
            }
        }
    }
    found
}

/// A name that belongs to this service, and to none of its functions at this stage.
fn unknown(stack: &Stack, name: &str, task: &Task<'_>, found: &mut Vec<Diagnostic>) {
    let Some(rest) = name.strip_prefix(&format!("{}-", stack.service)) else { return };
    let keys: Vec<&str> = stack.functions.names().collect();
    if let Some((stage, key)) = keys.iter().find_map(|key| Some((rest.strip_suffix(&format!("-{key}"))?, *key))) {
        let message = format!(
            "the state `{}` calls `{key}` of this service at the stage `{stage}`, and this is the stage `{}`",
            task.state, stack.stage
        );
        let diagnostic = Diagnostic::error(Code::OtherStage, task.resource.span, message);
        found.push(diagnostic.came_through(&task.resource.origin).hint(stage_hint(key)));
        return;
    }
    let Some(wanted) = rest.strip_prefix(&format!("{}-", stack.stage)) else { return };
    let message = format!("the state `{}` calls the function `{wanted}`, which this service does not have", task.state);
    let diagnostic = Diagnostic::error(Code::UnknownReference, task.resource.span, message);
    let diagnostic = diagnostic.came_through(&task.resource.origin).did_you_mean(wanted, keys.iter().copied());
    let known = crate::diagnostic::listed(keys.iter().copied());
    let hint = if keys.is_empty() { "it has no functions".to_owned() } else { format!("its functions are {known}") };
    found.push(diagnostic.hint(hint));
}

/// An ARN that fits this stage only because the stage is written into it.
fn fixed_stage(stack: &Stack, task: &Task<'_>, found: &mut Vec<Diagnostic>) {
    let written = match &task.resource.origin {
        Some(origin) => origin.variable.as_str(),
        None => task.resource.as_str().unwrap_or_default(),
    };
    let Some(key) = stack.functions.names().find(|key| written.ends_with(&format!("-{}-{key}", stack.stage))) else {
        return;
    };
    let message = format!(
        "the state `{}` names the stage `{}` itself, so another stage would call the same function",
        task.state, stack.stage
    );
    found.push(Diagnostic::warning(Code::OtherStage, task.resource.span, message).hint(stage_hint(key)));
}

fn stage_hint(key: &str) -> String {
    format!("write `…:function:$<self:service>-$<sls:stage>-{key}`")
}

fn timeouts(stack: &Stack, function: &Named<Function>, task: &Task<'_>, found: &mut Vec<Diagnostic>) {
    let Some(node) = task.timeout else { return };
    let Kind::Number(number) = &node.kind else { return };
    let (Some(task_s), function_s) = (number.as_i64(), stack.timeout_s(&function.value)) else { return };
    let (state, name) = (task.state, &function.name);
    let message = match task_s.cmp(&function_s) {
        std::cmp::Ordering::Equal => return,
        std::cmp::Ordering::Less => {
            format!("the state `{state}` gives up after {task_s} seconds, and `{name}` may go on for {function_s}")
        }
        std::cmp::Ordering::Greater => {
            format!("the state `{state}` waits {task_s} seconds, and Lambda ends `{name}` after {function_s}")
        }
    };
    let place: &Node = node;
    let diagnostic = Diagnostic::warning(Code::TimeoutMismatch, place.span, message);
    let own = function.value.timeout_s.map_or(function.span, |whole| whole.span);
    found.push(
        diagnostic
            .note(own, format!("`{name}` is here"))
            .hint("give both the same time, or leave `TimeoutSeconds` out"),
    );
}
