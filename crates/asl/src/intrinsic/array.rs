//! The functions over arrays.

use crate::data::text::{same, whole};
use serde_json::Value;

/// Longest array that `States.ArrayRange` makes. Source: developer guide.
const MAX_RANGE: i64 = 1000;

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| "The first argument must be an array".to_owned())
}

fn integer(value: &Value, place: &str) -> Result<i64, String> {
    let given = if value.is_number() { value.as_f64().map(|n| n.round()).and_then(to_integer) } else { None };
    whole(value).or(given).ok_or_else(|| format!("The {place} argument must be an integer"))
}

fn to_integer(number: f64) -> Option<i64> {
    (number.abs() < 9.0e18).then_some(number as i64)
}

pub(super) fn partition(values: &[Value]) -> Result<Value, String> {
    let size = integer(&values[1], "second")?;
    let size = usize::try_from(size).ok().filter(|size| *size > 0);
    let size = size.ok_or("The second argument must be a positive integer")?;
    Ok(list(&values[0])?.chunks(size).map(|part| Value::Array(part.to_vec())).collect())
}

pub(super) fn contains(values: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(list(&values[0])?.iter().any(|item| same(item, &values[1]))))
}

pub(super) fn range(values: &[Value]) -> Result<Value, String> {
    let (from, to) = (integer(&values[0], "first")?, integer(&values[1], "second")?);
    let step = integer(&values[2], "third")?;
    if step == 0 {
        return Err("The third argument must not be zero".into());
    }
    let count = match to.checked_sub(from).and_then(|span| span.checked_div(step)) {
        Some(count) if count < 0 => 0,
        Some(count) if count < MAX_RANGE => count + 1,
        _ => return Err(format!("The array must not have more than {MAX_RANGE} items")),
    };
    let empty = (step > 0 && from > to) || (step < 0 && from < to);
    Ok((0..if empty { 0 } else { count }).map(|n| Value::from(from + n * step)).collect())
}

pub(super) fn get_item(values: &[Value]) -> Result<Value, String> {
    let index = integer(&values[1], "second")?;
    let items = list(&values[0])?;
    usize::try_from(index)
        .ok()
        .and_then(|index| items.get(index))
        .cloned()
        .ok_or_else(|| format!("The index {index} is out of bounds for an array of length {}", items.len()))
}

pub(super) fn length(values: &[Value]) -> Result<Value, String> {
    Ok(Value::from(list(&values[0])?.len()))
}

pub(super) fn unique(values: &[Value]) -> Result<Value, String> {
    let mut kept: Vec<Value> = Vec::new();
    for item in list(&values[0])? {
        if !kept.iter().any(|other| same(other, item)) {
            kept.push(item.clone());
        }
    }
    Ok(Value::Array(kept))
}
