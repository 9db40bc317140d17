//! Members of a call's input, with the faults that a missing one answers.

use serde_json::Value;

use crate::wire::{Call, Fault};

/// The text member `name`.
///
/// # Errors
/// `ValidationError` when it is missing, empty or no text.
pub fn required_text<'a>(call: &'a Call, name: &str) -> Result<&'a str, Fault> {
    text(call, name).filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
}

/// The text member `name`, if it is there.
pub fn text<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.input.get(name).and_then(Value::as_str)
}

/// The number member `name`, if it is there; text that is a number counts too.
pub fn integer(call: &Call, name: &str) -> Option<i64> {
    let value = call.input.get(name)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The boolean member `name`; false when it is not there.
pub fn flag(call: &Call, name: &str) -> bool {
    match call.input.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

/// The items of the list member `name`; none when it is not there.
pub fn list<'a>(call: &'a Call, name: &str) -> &'a [Value] {
    call.input.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn missing(name: &str) -> Fault {
    let mut member = name.to_owned();
    if let Some(first) = member.get_mut(0..1) {
        first.make_ascii_lowercase();
    }
    Fault::sender(
        "ValidationError",
        format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ),
    )
}
