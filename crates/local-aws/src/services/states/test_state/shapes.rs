//! The shapes of services' answers, against which TestState checks mocked results.
//!
//! Source: the services' API models; `shapes.json` holds those members whose type, range or values are checked. A member
//! is a type, a structure with `members` (and `required`), or the name of a shape that begins with `$`. An action that
//! is not in the file is not checked.

use std::sync::LazyLock;

use serde_json::Value;

use super::super::constraint::validation;
use crate::wire::Fault;

static SHAPES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("shapes.json")).unwrap_or_default());

/// How much of a mocked result is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Required members have to be there, and those that are there have to fit.
    Strict,
    /// Members that are there have to fit.
    Present,
    None,
}

/// Checks the mocked result of `service:action`.
///
/// # Errors
/// `ValidationException` with the first member that does not fit.
pub fn check(integration: &str, result: &Value, mode: Mode) -> Result<(), Fault> {
    match SHAPES.get(integration) {
        Some(shape) if mode != Mode::None => fits(shape, "", result, mode),
        _ => Ok(()),
    }
}

fn fits(shape: &Value, name: &str, value: &Value, mode: Mode) -> Result<(), Fault> {
    if let Some(word) = shape.as_str() {
        return match word.starts_with('$') {
            true => fits(SHAPES.get(word).unwrap_or(&Value::Null), name, value, mode),
            false => is_of(word, name, value),
        };
    }
    match shape.get("members") {
        Some(members) => structure(shape, members, name, value, mode),
        None => scalar(shape, name, value),
    }
}

fn structure(shape: &Value, members: &Value, name: &str, value: &Value, mode: Mode) -> Result<(), Fault> {
    is_of("structure", name, value)?;
    let required = shape["required"].as_array().map_or(&[][..], Vec::as_slice);
    for member in required.iter().filter_map(Value::as_str).filter(|_| mode == Mode::Strict) {
        if value.get(member).is_none() {
            return Err(refuse(&format!("Required field '{member}' is missing")));
        }
    }
    for (member, value) in value.as_object().into_iter().flatten() {
        if let Some(shape) = members.get(member) {
            fits(shape, member, value, mode)?;
        }
    }
    Ok(())
}

fn scalar(shape: &Value, name: &str, value: &Value) -> Result<(), Fault> {
    is_of(shape["type"].as_str().unwrap_or_default(), name, value)?;
    let (min, max) = (shape["min"].as_f64(), shape["max"].as_f64());
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as f64;
        if min.is_some_and(|min| length < min) {
            return Err(refuse(&format!("Field '{name}' is smaller than the minimum length")));
        }
        if max.is_some_and(|max| length > max) {
            return Err(refuse(&format!("Field '{name}' exceeds the maximum length")));
        }
        let words = shape["enum"].as_array();
        if words.is_some_and(|words| !words.contains(value)) {
            return Err(refuse(&format!("Field '{name}' is not an expected value")));
        }
    }
    if let Some(number) = value.as_f64() {
        if min.is_some_and(|min| number < min) {
            return Err(refuse(&format!("Field '{name}' is less than the minimum value")));
        }
        if max.is_some_and(|max| number > max) {
            return Err(refuse(&format!("Field '{name}' exceeds the maximum value")));
        }
    }
    Ok(())
}

fn is_of(word: &str, name: &str, value: &Value) -> Result<(), Fault> {
    let (fits, article) = match word {
        "string" => (value.is_string(), "a string"),
        "number" => (value.is_number(), "a number"),
        "boolean" => (value.is_boolean(), "a boolean"),
        "list" => (value.is_array(), "an array"),
        "structure" | "map" => (value.is_object(), "an object"),
        _ => (true, ""),
    };
    match fits {
        true => Ok(()),
        false => Err(refuse(&format!("Field '{name}' must be {article}"))),
    }
}

fn refuse(why: &str) -> Fault {
    validation(format!("Mock result schema validation error: {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(integration: &str, result: Value, mode: Mode) -> String {
        check(integration, &result, mode).map_or_else(|fault| fault.message, |()| String::new())
    }

    #[test]
    fn every_named_shape_is_there() {
        fn names(value: &Value) {
            match value {
                Value::String(name) if name.starts_with('$') => assert!(SHAPES.get(name).is_some(), "{name}"),
                Value::Object(members) => members.values().for_each(names),
                Value::Array(items) => items.iter().for_each(names),
                _ => {}
            }
        }
        assert!(SHAPES.as_object().is_some_and(|shapes| shapes.len() > 10));
        names(&SHAPES);
    }

    #[test]
    fn a_member_of_another_type_is_named() {
        let number = "Mock result schema validation error: Field 'CapacityUnits' must be a number";
        let result = json!({"ConsumedCapacity": {"CapacityUnits": "1"}});
        assert_eq!(words("dynamodb:putItem", result.clone(), Mode::Strict), number);
        assert_eq!(words("dynamodb:putItem", result, Mode::None), "");
    }

    #[test]
    fn required_members_matter_only_when_checks_are_strict() {
        let missing = "Mock result schema validation error: Required field 'ExecutionArn' is missing";
        assert_eq!(words("states:startExecution", json!({}), Mode::Strict), missing);
        assert_eq!(words("states:startExecution", json!({}), Mode::Present), "");
    }

    #[test]
    fn unknown_actions_and_members_are_not_checked() {
        assert_eq!(words("events:putEvents", json!({"random": 1}), Mode::Strict), "");
        assert_eq!(words("sqs:sendMessage", json!({"random": 1}), Mode::Strict), "");
    }
}
