//! The Task states of a definition that call Lambda functions.

use crate::source::{Kind, Node};

/// How deep states may nest (Parallel and Map).
const DEPTH: usize = 100;

/// A Task that calls a function by its ARN or name.
pub(super) struct Task<'a> {
    pub(super) state: &'a str,
    /// What names the function.
    pub(super) resource: &'a Node,
    pub(super) timeout: Option<&'a Node>,
}

/// A function's ARN taken apart.
pub(super) struct Arn<'a> {
    pub(super) account: &'a str,
    pub(super) function: &'a str,
}

/// The Tasks of a definition, those inside Parallel and Map included.
pub(super) fn tasks(definition: &Node) -> Vec<Task<'_>> {
    let mut found = Vec::new();
    collect(definition, DEPTH, &mut found);
    found
}

fn collect<'a>(machine: &'a Node, depth: usize, found: &mut Vec<Task<'a>>) {
    if depth == 0 {
        return;
    }
    for state in machine.get("States").map(Node::entries).unwrap_or_default() {
        let value = &state.value;
        if value.get("Type").and_then(Node::as_str) == Some("Task")
            && let Some(resource) = resource(value)
        {
            found.push(Task { state: &state.key.text, resource, timeout: value.get("TimeoutSeconds") });
        }
        for branch in value.get("Branches").map(Node::items).unwrap_or_default() {
            collect(branch, depth - 1, found);
        }
        for key in ["ItemProcessor", "Iterator"] {
            if let Some(inner) = value.get(key) {
                collect(inner, depth - 1, found);
            }
        }
    }
}

/// The text that names the function: `Resource`, or `FunctionName` for the optimised integration.
fn resource(state: &Node) -> Option<&Node> {
    let resource = state.get("Resource")?;
    let text = resource.as_str()?;
    if !text.contains(":states:::lambda:invoke") {
        return Some(resource);
    }
    let arguments = state.get("Parameters").or_else(|| state.get("Arguments"))?;
    arguments.get("FunctionName").filter(|name| matches!(name.kind, Kind::String(_)))
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:VERSION]`, or the name alone.
pub(super) fn arn(text: &str) -> Option<Arn<'_>> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, account, "function", function, ..] => Some(Arn { account, function }),
        _ => None,
    }
}
