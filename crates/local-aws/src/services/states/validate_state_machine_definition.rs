//! ValidateStateMachineDefinition

use std::sync::Arc;

use asl::problem::{Problem, Severity};
use serde_json::{Value, json};

use super::constraint::Members;
use super::definition;
use super::machine::Kind;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The problems of a definition, errors before warnings.
pub async fn run(_cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = definition::read(&mut members, true).unwrap_or_default();
    let kind = Kind::named(members.choice("type", &["STANDARD", "EXPRESS"]));
    let severity = members.choice("severity", &["ERROR", "WARNING"]);
    let most = members.integer("maxResults", 0, 100).unwrap_or(0);
    members.finish()?;
    let most = if most == 0 { 100 } else { usize::try_from(most).unwrap_or(100) };
    let mut problems = asl::validate(text, kind.asl());
    problems.sort_by_key(|problem| !problem.is_error());
    let failed = problems.iter().any(Problem::is_error);
    let shown = |problem: &&Problem| severity == Some("WARNING") || problem.is_error();
    let diagnostics: Vec<Value> = problems.iter().filter(shown).map(diagnostic).collect();
    Ok(Output::json(json!({
        "result": if failed { "FAIL" } else { "OK" },
        "truncated": diagnostics.len() > most,
        "diagnostics": diagnostics.into_iter().take(most).collect::<Vec<Value>>(),
    })))
}

fn diagnostic(problem: &Problem) -> Value {
    let severity = match problem.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    let mut shown = json!({"severity": severity, "code": problem.code, "message": problem.message});
    if let Some(location) = &problem.location {
        shown["location"] = location.clone().into();
    }
    shown
}
