//! References to what the template does not have.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::stack::reference::{Reference, Referent};

use super::draft::Draft;

/// Reports every reference of the configuration that CloudFormation could not resolve. A template with macros may get
/// resources that are not seen here, and is left to CloudFormation.
pub fn check(draft: &mut Draft) {
    if draft.template.transform.is_some() {
        return;
    }
    let stack = draft.stack;
    let mut seen = HashSet::new();
    for reference in &stack.references {
        if is_there(draft, reference) || !seen.insert((reference.name.as_str(), reference.span)) {
            continue;
        }
        let mut diagnostic = dangling(draft, reference);
        if !stack.strict {
            diagnostic.severity = Severity::Warning;
        }
        draft.diagnostics.push(diagnostic);
    }
}

fn is_there(draft: &Draft, reference: &Reference) -> bool {
    let name = reference.name.as_str();
    let template = &draft.template;
    let named_by_key = reference.in_machines && is_key(draft, name);
    match reference.to {
        Referent::Value => {
            name.starts_with("AWS::")
                || template.parameters.contains_key(name)
                || template.resources.contains_key(name)
                || draft.retained_layers.contains_key(name)
                || named_by_key
        }
        Referent::Resource => template.resources.contains_key(name) || named_by_key,
        Referent::Condition => template.conditions.contains_key(name),
        Referent::Mapping => template.mappings.contains_key(name),
    }
}

/// Whether a definition may name a function or an activity so.
fn is_key(draft: &Draft, name: &str) -> bool {
    let stack = draft.stack;
    stack.functions.get(name).is_some()
        || stack.machines.get(name).is_some()
        || stack.activities.iter().any(|activity| activity.as_str() == name)
}

fn dangling(draft: &Draft, reference: &Reference) -> Diagnostic {
    let name = reference.name.as_str();
    let template = &draft.template;
    let (what, known): (&str, Vec<&str>) = match reference.to {
        Referent::Value | Referent::Resource => ("resource", template.resources.keys().map(String::as_str).collect()),
        Referent::Condition => ("condition", template.conditions.keys().map(String::as_str).collect()),
        Referent::Mapping => ("mapping", template.mappings.keys().map(String::as_str).collect()),
    };
    let diagnostic =
        Diagnostic::error(Code::UnknownReference, reference.span, format!("the template has no {what} `{name}`"));
    if draft.stack.functions.get(name).is_some() {
        return diagnostic.hint(format!("the function `{name}` is the resource `{}`", draft.stack.function_id(name)));
    }
    let keys = draft.stack.functions.names().filter(|_| reference.in_machines);
    match crate::diagnostic::nearest(name, known.into_iter().chain(keys)) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None if what == "resource" => diagnostic.hint(format!("add `{name}` under `resources.Resources`")),
        None => diagnostic.hint(format!("add `{name}` to the {what}s under `resources`")),
    }
}
