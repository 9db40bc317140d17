//! Reads an operation's input, and refuses what is malformed or not supported, by name.

use serde_json::{Map, Value};

use crate::wire::{Call, Fault};

/// A request that API Gateway refuses.
pub fn bad(message: impl Into<String>) -> Fault {
    Fault::sender("BadRequestException", message)
}

/// Something that is not there.
pub fn not_found(message: impl Into<String>) -> Fault {
    Fault::sender("NotFoundException", message).with_status(404)
}

/// Something that is there already.
pub fn conflict(message: impl Into<String>) -> Fault {
    Fault::sender("ConflictException", message).with_status(409)
}

/// What only the local AWS lacks.
pub fn unsupported(what: &str) -> Fault {
    bad(format!("the local AWS does not support {what}; see docs/local-aws.md"))
}

/// The text member `name`, which must be there.
pub fn required<'a>(call: &'a Call, name: &str) -> Result<&'a str, Fault> {
    text(call, name)?.ok_or_else(|| bad(format!("Invalid request input: {name} is missing")))
}

/// The text member `name`, if it is there.
pub fn text<'a>(call: &'a Call, name: &str) -> Result<Option<&'a str>, Fault> {
    match &call.input[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(bad(format!("Invalid request input: {name} must be a string"))),
    }
}

/// The members of the input named in `known`, in that order; those of the address are in `address` and left out.
///
/// # Errors
/// For any further member, by name.
pub fn take(call: &Call, address: &[&str], known: &[&str]) -> Result<Map<String, Value>, Fault> {
    let members = call.input.as_object().cloned().unwrap_or_default();
    let strange = members
        .iter()
        .find(|(name, value)| !value.is_null() && !known.contains(&name.as_str()) && !address.contains(&name.as_str()));
    if let Some((name, _)) = strange {
        return Err(unsupported(&format!("{name} of {}", call.operation)));
    }
    let present = known.iter().filter(|name| members.get(**name).is_some_and(|value| !value.is_null()));
    Ok(present.map(|name| ((*name).to_owned(), members[*name].clone())).collect())
}

/// A fresh id as API Gateway makes them: lower-case letters and digits, the first a letter.
pub fn fresh_id(length: usize) -> String {
    let first = fastrand::lowercase();
    let rest = std::iter::repeat_with(|| fastrand::digit(36)).take(length.saturating_sub(1));
    std::iter::once(first).chain(rest).collect()
}

/// `{"item": […]}`, from `position` on, at most `limit` of them.
pub fn page(call: &Call, items: Vec<Value>) -> Result<Value, Fault> {
    let number = |name: &str| match &call.input[name] {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let start = usize::try_from(number("position").unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = usize::try_from(number("limit").unwrap_or(500)).unwrap_or(500).clamp(1, 500);
    let end = items.len().min(start.saturating_add(limit));
    let mut body = serde_json::json!({"item": items.get(start..end).unwrap_or_default()});
    if end < items.len() {
        body["position"] = Value::from(end.to_string());
    }
    Ok(body)
}
