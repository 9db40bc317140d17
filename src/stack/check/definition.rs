//! State machines as Step Functions would check them, with places in the author's own file.

use std::borrow::Cow;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Severity, listed, nearest};
use crate::source::{Kind, Node, Span};
use crate::stack::{Named, Stack, StateMachine};

/// What stands for a function of CloudFormation while the definition is checked.
const PLACEHOLDER: &str = "arn:aws:lambda:us-east-1:000000000000:function:placeholder";

/// Checks every definition, written as a mapping or as JSON text.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    let functions: Vec<&str> = stack.functions.names().collect();
    for machine in stack.machines.iter() {
        let written = &machine.value.definition.0;
        match definition(&machine.value) {
            Ok(definition) if matches!(definition.kind, Kind::Mapping(_)) => {
                one(machine, &definition, &functions, found);
            }
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

fn one(machine: &Named<StateMachine>, definition: &Node, functions: &[&str], found: &mut Vec<Diagnostic>) {
    let express = machine.value.kind.as_ref().is_some_and(|kind| kind.text == "EXPRESS");
    let kind = if express { asl::Kind::Express } else { asl::Kind::Standard };
    let problems = asl::validate(&plain(definition).to_string(), kind);
    for problem in problems.iter().filter(|problem| !is_consequence(problem, &problems)) {
        let location = problem.location.as_deref().unwrap_or("/");
        let (node, known) = place(definition, location);
        if !known {
            continue;
        }
        let message = format!("the state machine `{}`: {}", machine.name, problem.message);
        let span = exact(node, &problem.message);
        let diagnostic = Diagnostic::error(Code::StateMachine, span, message).came_through(&node.origin);
        let severity = if problem.is_error() { Severity::Error } else { Severity::Warning };
        let hint = hint(&problem.message, node, definition, functions);
        found.push(Diagnostic { severity, ..diagnostic }.label(state_of(location)).hint(hint));
    }
}

/// Whether another problem is the cause of this one: a lost target of that nothing ends and that states are not reached, a misspelt
/// field of that it is missing.
fn is_consequence(problem: &asl::Problem, problems: &[asl::Problem]) -> bool {
    let message = &problem.message;
    let missing = message.contains("fields are required") || message.starts_with("There should be one ");
    let stranded = message.contains("no terminal state") || message.contains("is not reachable");
    problems.iter().any(|other| {
        (stranded && other.message.starts_with(LOST_TARGET))
            || (missing && other.location == problem.location && misspelt(&other.message).is_some())
    })
}

/// The field that was meant, if the message is about one that is not known and like another.
fn misspelt(message: &str) -> Option<String> {
    let field = quoted(message).filter(|_| message.ends_with(NOT_SUPPORTED))?;
    let fields: Vec<String> = asl::vocabulary::fields().collect();
    if fields.iter().any(|known| known == field) {
        return None;
    }
    nearest(field, fields.iter().map(String::as_str)).map(str::to_owned)
}

/// How the sentence about a field that is not known ends.
const NOT_SUPPORTED: &str = "' is not supported";

/// How the sentence about a state that does not exist begins.
const LOST_TARGET: &str = "Missing '";

/// Where in `node`, the place that the check names, the mistake is written: a field that is not known, a target that is lost.
fn exact(node: &Node, message: &str) -> Span {
    let found = match quoted(message) {
        Some(field) if message.ends_with(NOT_SUPPORTED) => node.entry(field).map(|entry| entry.key.span),
        Some(field) if message.starts_with(LOST_TARGET) => {
            let wanted = message.rsplit(": ").next().unwrap_or_default();
            transition(node, field, wanted).map(|value| value.span)
        }
        _ => None,
    };
    found.unwrap_or(node.span)
}

/// The value of `field` that names the state `wanted`, in a state and its catchers, not in states inside it.
fn transition<'a>(node: &'a Node, field: &str, wanted: &str) -> Option<&'a Node> {
    let own = node.get(field).filter(|value| value.as_str() == Some(wanted));
    let inner = || node.entries().iter().filter(|entry| entry.key.text != "States").map(|entry| &entry.value);
    own.or_else(|| inner().chain(node.items()).find_map(|value| transition(value, field, wanted)))
}

/// The first word of a message that stands between apostrophes.
fn quoted(message: &str) -> Option<&str> {
    message.split('\'').nth(1)
}

/// What to do about a problem.
fn hint(message: &str, node: &Node, definition: &Node, functions: &[&str]) -> String {
    let text = node.as_str().filter(|_| !node.secret).unwrap_or_default();
    if let Some(meant) = missing_dot(text) {
        return format!("did you mean `{meant}`?");
    }
    if message.starts_with(LOST_TARGET) {
        let mut names = Vec::new();
        state_names(definition, &mut names);
        let wanted = message.rsplit(": ").next().unwrap_or_default();
        return meant(wanted, &names).unwrap_or_else(|| format!("the states are {}", listed(names)));
    }
    if let Some(field) = quoted(message).filter(|_| message.ends_with(NOT_SUPPORTED)) {
        return match misspelt(message) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("take `{field}` out, or move it to where it belongs"),
        };
    }
    if message.starts_with("The field 'Type'") {
        let types: Vec<&str> = asl::vocabulary::state_types().collect();
        return meant(text, &types).unwrap_or_else(|| format!("the types are {}", types.join(", ")));
    }
    if message.contains("intrinsic function") {
        return intrinsic_hint(text);
    }
    if message.contains("not a valid resource ARN") {
        return resource_hint(text, functions);
    }
    by_words(message).to_owned()
}

fn meant(word: &str, names: &[&str]) -> Option<String> {
    nearest(word, names.iter().copied()).map(|near| format!("did you mean `{near}`?"))
}

/// What to write where a path or the call of an intrinsic function is wanted.
fn intrinsic_hint(text: &str) -> String {
    let name = text.split('(').next().unwrap_or_default();
    let names: Vec<&str> = asl::vocabulary::intrinsic_functions().collect();
    if name.starts_with("States.") && !names.contains(&name) {
        return meant(name, &names).unwrap_or_else(|| format!("the functions are {}", names.join(", ")));
    }
    if name.starts_with("States.") {
        return format!(
            "write `{name}(…)` with commas between its arguments, texts in single quotes, and paths that begin with `$`"
        );
    }
    "write a path such as `$.order.id`, a call such as `States.Format('{}', $.id)`, or take `.$` off the key for a fixed value"
        .to_owned()
}

/// What to write where a Task's Resource is no ARN.
fn resource_hint(text: &str, functions: &[&str]) -> String {
    match nearest(text, functions.iter().copied()) {
        Some(function) => format!("for the function `{function}` write `!GetAtt {function}.Arn`"),
        None => "write the ARN of a function or an activity, or `arn:aws:states:::SERVICE:ACTION`".to_owned(),
    }
}

fn by_words(message: &str) -> &'static str {
    let hints = [
        ("no terminal state", "give its last state `End: true`, or a state of the type Succeed or Fail"),
        ("is not reachable", "let another state lead to it with `Next`, or take it out"),
        ("[End, Next]", "add `Next: STATE`, or `End: true` if it is the last one"),
        ("fields are required", "add the field that is named in brackets"),
        ("only be one of", "keep one of these fields"),
        ("Reference Path", "write a path of plain steps, such as `$.order.id`: no filters, no `*`, no `..`"),
        ("comparison operator", "write one operator beside `Variable`, such as `StringEquals: yes`"),
    ];
    let hint = hints.into_iter().find(|(words, _)| message.contains(words)).map(|(_, hint)| hint);
    hint.unwrap_or("correct the value; the States Language is described at https://states-language.net/spec.html")
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

/// The keys and indices of a location, which Step Functions writes as `/States/A/Choices[0]/Variable`.
fn steps(location: &str) -> impl Iterator<Item = String> {
    location.split('/').skip(1).filter(|part| !part.is_empty()).flat_map(|part| {
        let (key, indices) = part.split_once('[').unwrap_or((part, ""));
        let indices = indices.split(['[', ']']).filter(|index| !index.is_empty()).map(str::to_owned);
        std::iter::once(unescaped(key)).chain(indices.collect::<Vec<_>>())
    })
}

/// The value that a location leads to, or the nearest one above it; false if CloudFormation fills it in.
fn place<'a>(definition: &'a Node, pointer: &str) -> (&'a Node, bool) {
    let mut here = definition;
    for part in steps(pointer) {
        if is_function(here) {
            return (here, false);
        }
        let inner = here.get(&part).or_else(|| part.parse::<usize>().ok().and_then(|at| here.items().get(at)));
        let Some(inner) = inner else { break };
        here = inner;
    }
    (here, !is_function(here))
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
