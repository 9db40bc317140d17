//! Members of an operation's input.

use indexmap::IndexMap;
use serde_json::Value;

use crate::engine::run::Engine;
use crate::engine::stacks::Cell;
use crate::wire::{Call, Fault};
use std::sync::Arc;

/// A mistake of the caller, as CloudFormation answers nearly all of them.
pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationError", message)
}

/// A string member; an empty one counts as missing.
pub fn text<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A string member that must be there.
///
/// # Errors
/// `ValidationError` when it is missing.
pub fn required<'a>(call: &'a Call, name: &str) -> Result<&'a str, Fault> {
    text(call, name).ok_or_else(|| {
        let mut letters = name.chars();
        let lower: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
        invalid(format!(
            "1 validation error detected: Value null at '{lower}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// A flag; the query protocol writes it as text.
pub fn flag(call: &Call, name: &str) -> Option<bool> {
    match call.input.get(name) {
        Some(Value::Bool(flag)) => Some(*flag),
        Some(Value::String(text)) => Some(text.eq_ignore_ascii_case("true")),
        _ => None,
    }
}

/// A list member, empty when missing.
pub fn list<'a>(call: &'a Call, name: &str) -> &'a [Value] {
    call.input.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A list of strings.
pub fn texts(call: &Call, name: &str) -> Vec<String> {
    list(call, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A list of `{key, value}` objects as a map.
pub fn pairs(call: &Call, name: &str, key: &str, value: &str) -> IndexMap<String, String> {
    list(call, name)
        .iter()
        .filter_map(|item| Some((item.get(key)?.as_str()?.to_owned(), item.get(value)?.as_str()?.to_owned())))
        .collect()
}

/// The stack that `StackName` names.
///
/// # Errors
/// `ValidationError` when there is none.
pub fn stack(engine: &Engine, call: &Call) -> Result<Arc<Cell>, Fault> {
    let name = required(call, "StackName")?;
    engine.stacks.find(&call.region, name).ok_or_else(|| no_stack(name))
}

/// The answer for a stack that is not there.
pub fn no_stack(name: &str) -> Fault {
    invalid(format!("Stack with id {name} does not exist"))
}

/// One page of `items`, and the token of the next.
///
/// # Errors
/// `ValidationError` for a token that no earlier answer gave.
pub fn page<'a, T>(call: &Call, items: &'a [T], size: usize) -> Result<(&'a [T], Option<String>), Fault> {
    let start = match text(call, "NextToken") {
        None => 0,
        Some(token) => token.parse::<usize>().map_err(|_| invalid("Invalid NextToken"))?,
    };
    let rest = items.get(start..).unwrap_or_default();
    let (page, more) = rest.split_at(rest.len().min(size));
    Ok((page, (!more.is_empty()).then(|| (start + page.len()).to_string())))
}
