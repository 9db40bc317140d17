//! State machines as Step Functions would check them, with places in the author's own file.

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::{Kind, Node};
use crate::stack::{Named, Stack, StateMachine};

/// What stands for a function of CloudFormation while the definition is checked.
const PLACEHOLDER: &str = "arn:aws:lambda:us-east-1:000000000000:function:placeholder";

/// Checks every definition that is written as a mapping. One that is given as text is checked by Step Functions.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    for machine in stack.machines.iter() {
        let definition = &machine.value.definition.0;
        if matches!(definition.kind, Kind::Mapping(_)) {
            one(machine, definition, found);
        }
    }
}

fn one(machine: &Named<StateMachine>, definition: &Node, found: &mut Vec<Diagnostic>) {
    let express = machine.value.kind.as_ref().is_some_and(|kind| kind.text == "EXPRESS");
    let kind = if express { asl::Kind::Express } else { asl::Kind::Standard };
    for problem in asl::validate(&plain(definition).to_string(), kind) {
        let location = problem.location.as_deref().unwrap_or("/");
        let (node, known) = place(definition, location);
        if !known {
            continue;
        }
        let message = format!("the state machine `{}`: {}", machine.name, problem.message);
        let diagnostic = Diagnostic::error(Code::StateMachine, node.span, message).came_through(&node.origin);
        let diagnostic = match node.as_str().filter(|_| !node.secret).and_then(missing_dot) {
            Some(meant) => diagnostic.hint(format!("did you mean `{meant}`?")),
            None => diagnostic,
        };
        let severity = if problem.is_error() { Severity::Error } else { Severity::Warning };
        found.push(Diagnostic { severity, ..diagnostic }.label(state_of(location)));
    }
}

/// The state that a pointer leads into, for the words beside the carets.
fn state_of(location: &str) -> String {
    let mut parts = location.split('/');
    let mut state = None;
    while let Some(part) = parts.next() {
        if part == "States" {
            state = parts.next();
        }
    }
    state.map(|state| format!("in the state `{}`", unescaped(state))).unwrap_or_default()
}

/// `$results.a` is `$.results.a` with its dot forgotten.
fn missing_dot(text: &str) -> Option<String> {
    let rest = text.strip_prefix('$')?;
    rest.starts_with(|next: char| next.is_ascii_alphabetic()).then(|| format!("$.{rest}"))
}

/// The definition as JSON; a function of CloudFormation becomes a text that is good in most places.
fn plain(node: &Node) -> Value {
    match &node.kind {
        _ if is_function(node) => Value::String(PLACEHOLDER.to_owned()),
        Kind::Sequence(items) => items.iter().map(plain).collect(),
        Kind::Mapping(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.text.clone(), plain(&entry.value))).collect())
        }
        _ => node.to_json(),
    }
}

/// `Ref`, `Fn::GetAtt` and their like; and texts that CloudFormation fills in.
fn is_function(node: &Node) -> bool {
    match &node.kind {
        Kind::Mapping(entries) => {
            matches!(entries.as_slice(), [one] if one.key.text == "Ref" || one.key.text.starts_with("Fn::"))
        }
        Kind::String(text) => text.contains("${") || text.contains("#{"),
        _ => false,
    }
}

/// The value that a JSON pointer leads to, or the nearest one above it; false if CloudFormation fills it in.
fn place<'a>(definition: &'a Node, pointer: &str) -> (&'a Node, bool) {
    let mut here = definition;
    for part in pointer.split('/').skip(1).filter(|part| !part.is_empty()) {
        if is_function(here) {
            return (here, false);
        }
        let part = unescaped(part);
        let inner = here.get(&part).or_else(|| part.parse::<usize>().ok().and_then(|at| here.items().get(at)));
        let Some(inner) = inner else { break };
        here = inner;
    }
    (here, !is_function(here))
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
