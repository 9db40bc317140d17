//! The `Conditions` section worked out: which conditions hold.

use indexmap::IndexMap;
use serde_json::Value;

use crate::evaluate::{Scope, evaluate, scalar};
use crate::reference::function;
use crate::{Template, TemplateError};

/// Works out every condition of `template`. `scope` answers for parameters and mappings; its own conditions are not
/// asked.
///
/// # Errors
/// [`TemplateError`] for conditions that name each other in a circle, that do not exist, or that are malformed.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html>
pub fn resolve(template: &Template, scope: &dyn Scope) -> Result<IndexMap<String, bool>, TemplateError> {
    let mut known = IndexMap::new();
    for name in template.conditions.keys() {
        named(name, &template.conditions, scope, &mut known, &mut Vec::new())?;
    }
    Ok(template.conditions.keys().filter_map(|name| known.get(name).map(|holds| (name.clone(), *holds))).collect())
}

fn named(
    name: &str,
    conditions: &IndexMap<String, Value>,
    scope: &dyn Scope,
    known: &mut IndexMap<String, bool>,
    path: &mut Vec<String>,
) -> Result<bool, TemplateError> {
    if let Some(holds) = known.get(name) {
        return Ok(*holds);
    }
    if path.iter().any(|seen| seen == name) {
        return Err(TemplateError::format(format!("Circular dependency between conditions: [{}]", path.join(", "))));
    }
    let Some(value) = conditions.get(name) else {
        return Err(TemplateError::format(format!(
            "Unresolved condition dependency {name} in the Conditions block of the template"
        )));
    };
    path.push(name.to_owned());
    let holds = holds(value, conditions, scope, known, path)?;
    path.pop();
    known.insert(name.to_owned(), holds);
    Ok(holds)
}

fn holds(
    value: &Value,
    conditions: &IndexMap<String, Value>,
    scope: &dyn Scope,
    known: &mut IndexMap<String, bool>,
    path: &mut Vec<String>,
) -> Result<bool, TemplateError> {
    let malformed = || {
        TemplateError::format(
            "Every Conditions member must be a function: Fn::And, Fn::Equals, Fn::Not, Fn::Or or Condition",
        )
    };
    let (name, argument) = function(value).ok_or_else(malformed)?;
    match (name, argument) {
        ("Condition", Value::String(name)) => named(name, conditions, scope, known, path),
        ("Fn::Equals", Value::Array(items)) if items.len() == 2 => equal(&items[0], &items[1], scope),
        ("Fn::Not", Value::Array(items)) if items.len() == 1 => Ok(!holds(&items[0], conditions, scope, known, path)?),
        ("Fn::And" | "Fn::Or", Value::Array(items)) if (2..=10).contains(&items.len()) => {
            let mut results = Vec::with_capacity(items.len());
            for item in items {
                results.push(holds(item, conditions, scope, known, path)?);
            }
            Ok(if name == "Fn::And" { results.iter().all(|holds| *holds) } else { results.iter().any(|holds| *holds) })
        }
        ("Fn::And" | "Fn::Or", _) => {
            Err(TemplateError::format(format!("{name} requires a list of at least 2 and at most 10 conditions")))
        }
        ("Fn::Equals", _) => Err(TemplateError::format("Fn::Equals requires a list argument with two values")),
        ("Fn::Not", _) => Err(TemplateError::format("Fn::Not requires a list argument with one condition")),
        _ => Err(malformed()),
    }
}

fn equal(left: &Value, right: &Value, scope: &dyn Scope) -> Result<bool, TemplateError> {
    let (left, right) = (evaluate(left, scope)?, evaluate(right, scope)?);
    Ok(match (left.as_ref().and_then(scalar), right.as_ref().and_then(scalar)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    })
}
