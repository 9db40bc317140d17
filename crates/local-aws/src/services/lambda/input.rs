//! Reads an operation's input, and refuses what is malformed or not supported, by name.

use serde_json::{Map, Value};

use crate::wire::{Call, Fault};

/// The text member `name`, if it is there and not null.
pub fn text<'a>(input: &'a Value, name: &str) -> Result<Option<&'a str>, Fault> {
    match &input[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(malformed(name, "a string")),
    }
}

/// The text member `name`, which must be there.
pub fn required<'a>(input: &'a Value, name: &str) -> Result<&'a str, Fault> {
    text(input, name)?.ok_or_else(|| missing(name))
}

/// The whole number `name`; one that travelled as text (in a path or a query) is read as well.
pub fn integer(input: &Value, name: &str) -> Result<Option<i64>, Fault> {
    match &input[name] {
        Value::Null => Ok(None),
        Value::Number(number) => number.as_i64().map(Some).ok_or_else(|| malformed(name, "a whole number")),
        Value::String(text) => text.parse().map(Some).map_err(|_| malformed(name, "a whole number")),
        _ => Err(malformed(name, "a whole number")),
    }
}

/// The yes or no `name`; one that travelled as text is read as well.
pub fn flag(input: &Value, name: &str) -> Result<Option<bool>, Fault> {
    match &input[name] {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        Value::String(text) if text == "true" => Ok(Some(true)),
        Value::String(text) if text == "false" => Ok(Some(false)),
        _ => Err(malformed(name, "a boolean")),
    }
}

/// The list of texts `name`.
pub fn texts(input: &Value, name: &str) -> Result<Option<Vec<String>>, Fault> {
    let items = match &input[name] {
        Value::Null => return Ok(None),
        // A single value of a query parameter that may come several times.
        Value::String(one) => return Ok(Some(vec![one.clone()])),
        Value::Array(items) => items,
        _ => return Err(malformed(name, "a list of strings")),
    };
    let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
    texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(|| malformed(name, "a list of strings"))
}

/// The structure `name`.
pub fn object<'a>(input: &'a Value, name: &str) -> Result<Option<&'a Map<String, Value>>, Fault> {
    match &input[name] {
        Value::Null => Ok(None),
        Value::Object(members) => Ok(Some(members)),
        _ => Err(malformed(name, "a structure")),
    }
}

/// The map of texts `name`.
pub fn text_map(input: &Value, name: &str) -> Result<Option<std::collections::BTreeMap<String, String>>, Fault> {
    let Some(members) = object(input, name)? else { return Ok(None) };
    let pairs = members.iter().map(|(key, value)| value.as_str().map(|value| (key.clone(), value.to_owned())));
    pairs.collect::<Option<_>>().map(Some).ok_or_else(|| malformed(name, "a map of strings"))
}

/// Refuses members of `input` that are not in `known`, so that no setting is ignored.
pub fn only(call: &Call, known: &[&str]) -> Result<(), Fault> {
    let members = call.input.as_object().into_iter().flatten();
    match members.filter(|(_, value)| !value.is_null()).find(|(name, _)| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(Fault::sender(
            "InvalidParameterValueException",
            format!("the local AWS does not support {name} of {}; see docs/local-aws.md", call.operation),
        )),
    }
}

/// Refuses a value by AWS's constraint sentence; `member` is in AWS's lower camel case.
pub fn constraint(value: impl std::fmt::Display, member: &str, rule: &str) -> Fault {
    Fault::sender(
        "ValidationException",
        format!("1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"),
    )
}

/// A value that Lambda refuses for what it means.
pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterValueException", message).typed("User")
}

fn malformed(name: &str, expected: &str) -> Fault {
    Fault::sender("SerializationException", format!("the member {name} must be {expected}"))
}

fn missing(name: &str) -> Fault {
    let member: String = name.chars().take(1).flat_map(char::to_lowercase).chain(name.chars().skip(1)).collect();
    Fault::sender(
        "ValidationException",
        format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ),
    )
}

/// Adds Lambda's own members to a fault.
pub trait LambdaFault {
    /// The `Type` member, `User` or `Service`, that Lambda's error shapes carry.
    fn typed(self, kind: &str) -> Fault;
}

impl LambdaFault for Fault {
    fn typed(mut self, kind: &str) -> Fault {
        self.members.insert("Type".to_owned(), Value::from(kind));
        self
    }
}
