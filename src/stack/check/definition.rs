//! State machines as Step Functions would check them, with places in the author's own file.

use std::borrow::Cow;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Severity, listed, nearest};
use crate::source::{Kind, Node};
use crate::stack::{Named, Stack, StateMachine};

/// What stands for a function of CloudFormation while the definition is checked.
const PLACEHOLDER: &str = "arn:aws:lambda:us-east-1:000000000000:function:placeholder";

/// Checks every definition, written as a mapping or as JSON text.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    for machine in stack.machines.iter() {
        let written = &machine.value.definition.0;
        match definition(&machine.value) {
            Ok(definition) if matches!(definition.kind, Kind::Mapping(_)) => one(machine, &definition, found),
            // A text that CloudFormation fills in.
            Ok(other) if is_function(&other) => {}
            Ok(other) => {
                let message =
                    format!("the definition of `{}` has to be a mapping, and it is {}", machine.name, other.noun());
                let diagnostic = Diagnostic::error(Code::StateMachine, written.span, message);
                found.push(diagnostic.came_through(&written.origin).hint("begin with `StartAt:` and `States:`"));
            }
            Err(error) => {
                let message = format!("the definition of `{}` is text that is not JSON: {error}", machine.name);
                let diagnostic = Diagnostic::error(Code::StateMachine, written.span, message);
                let hint = "write it as YAML, without the quotes or the `|`, or correct the JSON";
                found.push(diagnostic.came_through(&written.origin).hint(hint));
            }
        }
    }
}

/// A machine's definition as a tree; of one that is JSON text all stands where the text stands.
///
/// # Errors
/// It is text that is not JSON.
pub(super) fn definition(machine: &StateMachine) -> Result<Cow<'_, Node>, serde_json::Error> {
    let node = &machine.definition.0;
    match node.as_str() {
        Some(text) if !is_function(node) || text.trim_start().starts_with('{') => {
            let tree = Node::from_json(&serde_json::from_str(text)?, node.span);
            Ok(Cow::Owned(Node { origin: node.origin.clone(), secret: node.secret, ..tree }))
        }
        _ => Ok(Cow::Borrowed(node)),
    }
}

fn one(machine: &Named<StateMachine>, definition: &Node, found: &mut Vec<Diagnostic>) {
    let express = machine.value.kind.as_ref().is_some_and(|kind| kind.text == "EXPRESS");
    let kind = if express { asl::Kind::Express } else { asl::Kind::Standard };
    let problems = asl::validate(&plain(definition).to_string(), kind);
    let lost = problems.iter().any(|problem| problem.message.starts_with(LOST_TARGET));
    for problem in problems {
        // Where a target is lost, that nothing ends is the same mistake.
        if lost && problem.message.contains("no terminal state") {
            continue;
        }
        let location = problem.location.as_deref().unwrap_or("/");
        let (node, known) = place(definition, location);
        if !known {
            continue;
        }
        let message = format!("the state machine `{}`: {}", machine.name, problem.message);
        let diagnostic = Diagnostic::error(Code::StateMachine, node.span, message).came_through(&node.origin);
        let diagnostic = with_hint(diagnostic, &problem.message, node, definition);
        let severity = if problem.is_error() { Severity::Error } else { Severity::Warning };
        found.push(Diagnostic { severity, ..diagnostic }.label(state_of(location)));
    }
}

/// How the sentence about a state that does not exist begins.
const LOST_TARGET: &str = "Missing '";

/// What to do about a problem, where its words tell.
fn with_hint(diagnostic: Diagnostic, message: &str, node: &Node, definition: &Node) -> Diagnostic {
    if let Some(meant) = node.as_str().filter(|_| !node.secret).and_then(missing_dot) {
        return diagnostic.hint(format!("did you mean `{meant}`?"));
    }
    if message.starts_with(LOST_TARGET) {
        let mut names = Vec::new();
        state_names(definition, &mut names);
        let wanted = message.rsplit(": ").next().unwrap_or_default();
        return match nearest(wanted, names.iter().copied()) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None => diagnostic.hint(format!("the states are {}", listed(names))),
        };
    }
    let hint = if message.contains("no terminal state") {
        "give its last state `End: true`, or a state of the type Succeed or Fail"
    } else if message.contains("is not reachable") {
        "let another state lead to it with `Next`, or take it out"
    } else if message.contains("[End, Next]") {
        "add `Next: STATE`, or `End: true` if it is the last one"
    } else {
        return diagnostic;
    };
    diagnostic.hint(hint)
}

/// The names of all states, those inside Parallel and Map included. Definitions nest as deep as files do at most.
fn state_names<'a>(node: &'a Node, names: &mut Vec<&'a str>) {
    for entry in node.entries() {
        if entry.key.text == "States" {
            names.extend(entry.value.entries().iter().map(|state| state.key.as_str()));
        }
        state_names(&entry.value, names);
    }
    node.items().iter().for_each(|item| state_names(item, names));
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
