//! Whether every state can be reached and some state is an end.

use super::{Parser, pointer};
use crate::problem::Problem;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Checks the transitions among `states`.
pub(super) fn check(parser: &mut Parser, states: &Map<String, Value>, start: &str, location: &str) {
    if parser.lone && location.is_empty() {
        return;
    }
    if !states.values().any(is_end) {
        parser.problems.push(Problem {
            location: None,
            ..Problem::error("MISSING_END_STATE", "", "Workflow has no terminal state")
        });
        return;
    }
    let mut reached = HashSet::from([start]);
    let mut todo = vec![start];
    while let Some(name) = todo.pop() {
        let Some(state) = states.get(name) else { continue };
        for target in targets(state) {
            if reached.insert(target) {
                todo.push(target);
            }
        }
    }
    for name in states.keys().filter(|name| !reached.contains(name.as_str())) {
        parser.problems.push(Problem::error(
            "MISSING_TRANSITION_TARGET",
            format!("{location}/States/{}", pointer(name)),
            format!("State \"{name}\" is not reachable."),
        ));
    }
}

/// A state of an unknown type counts as an end: its own problem has been told.
fn is_end(state: &Value) -> bool {
    let kind = state.get("Type").and_then(Value::as_str);
    match kind {
        Some("Succeed" | "Fail") => true,
        Some("Choice") => false,
        Some("Pass" | "Task" | "Wait" | "Parallel" | "Map") => {
            state.get("End") == Some(&Value::Bool(true)) || !state.get("Next").is_some_and(Value::is_string)
        }
        _ => true,
    }
}

fn targets(state: &Value) -> Vec<&str> {
    let mut found: Vec<&str> = ["Next", "Default"].iter().filter_map(|name| state.get(*name)?.as_str()).collect();
    for list in ["Choices", "Catch"] {
        let entries = state.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        found.extend(entries.iter().filter_map(|entry| entry.get("Next")?.as_str()));
    }
    found
}
