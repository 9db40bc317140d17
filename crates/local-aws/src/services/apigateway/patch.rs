//! JSON patches as API Gateway's updates carry them: `[{op, path, value}]`, every value a string.

use serde_json::{Map, Value, json};

use super::member::bad;
use crate::wire::{Call, Fault};

/// What may be patched under a name.
#[derive(Clone, Copy, Debug)]
pub enum Setting {
    Text,
    Flag,
    Integer,
    /// `/name/key`: entries of a map of strings.
    Map,
    /// `/name/key`: entries of a map of booleans.
    FlagMap,
    /// `/name/item` with `add` and `remove`: a list of strings.
    List,
    /// `/name/…`: a structure of its own.
    Structure(&'static [(&'static str, Setting)]),
}

/// Applies the operations of `call` to `target`.
///
/// # Errors
/// In AWS's words for paths that may not be patched and operations that are unknown.
pub fn apply(call: &Call, target: &mut Value, settings: &[(&str, Setting)]) -> Result<(), Fault> {
    let operations = call.input["patchOperations"].as_array().cloned().unwrap_or_default();
    for operation in &operations {
        let op = operation["op"].as_str().unwrap_or_default();
        let path = operation["path"].as_str().unwrap_or_default();
        if !["add", "replace", "remove"].contains(&op) {
            return Err(bad(format!(
                "Invalid patch operation specified. Must be one of: [add, replace, remove], not {op}"
            )));
        }
        let parts: Vec<String> = path.trim_start_matches('/').split('/').map(unescaped).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let value = if op == "remove" { Value::Null } else { operation["value"].clone() };
        one(target, &parts, op, &value, settings).map_err(|problem| match problem {
            Problem::Path => refused(op, path, settings),
            Problem::Value(message) => bad(message),
        })?;
    }
    Ok(())
}

enum Problem {
    Path,
    Value(String),
}

fn refused(op: &str, path: &str, settings: &[(&str, Setting)]) -> Fault {
    let names: Vec<String> = settings.iter().map(|(name, _)| format!("/{name}")).collect();
    let names = names.join(", ");
    bad(format!("Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [{names}]"))
}

fn one(
    target: &mut Value,
    parts: &[&str],
    op: &str,
    value: &Value,
    settings: &[(&str, Setting)],
) -> Result<(), Problem> {
    let (name, rest) = parts.split_first().ok_or(Problem::Path)?;
    let (_, setting) = settings.iter().find(|(known, _)| known == name).ok_or(Problem::Path)?;
    if !target.is_object() {
        *target = json!({});
    }
    let Some(members) = target.as_object_mut() else { return Err(Problem::Path) };
    match (setting, rest) {
        (Setting::Text | Setting::Flag | Setting::Integer, []) => set(members, name, typed(*setting, name, value)?),
        (Setting::Map, [key]) => set(entries(members, name)?, key, typed(Setting::Text, key, value)?),
        (Setting::FlagMap, [key]) => set(entries(members, name)?, key, typed(Setting::Flag, key, value)?),
        (Setting::Map | Setting::FlagMap | Setting::Structure(_), []) if op == "remove" => {
            set(members, name, Value::Null)
        }
        (Setting::List, items) => list(members, name, items, op, value)?,
        (Setting::Structure(inner), rest) => {
            let entry = members.entry((*name).to_owned()).or_insert_with(|| json!({}));
            return one(entry, rest, op, value, inner);
        }
        _ => return Err(Problem::Path),
    }
    Ok(())
}

fn list(members: &mut Map<String, Value>, name: &str, items: &[&str], op: &str, value: &Value) -> Result<(), Problem> {
    let given = value.as_str().map(str::to_owned);
    let item = items.first().map(|item| (*item).to_owned()).or(given).ok_or(Problem::Path)?;
    let list = members.entry(name.to_owned()).or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return Err(Problem::Path) };
    match op {
        "remove" => list.retain(|old| *old != json!(item)),
        // `/endpointConfiguration/types/EDGE` is replaced by another type.
        "replace" => {
            let new = value.as_str().unwrap_or(&item).to_owned();
            match list.iter_mut().find(|old| **old == json!(item)) {
                Some(old) => *old = json!(new),
                None => *list = vec![json!(new)],
            }
        }
        _ if list.contains(&json!(item)) => {}
        _ => list.push(json!(item)),
    }
    Ok(())
}

fn entries<'a>(members: &'a mut Map<String, Value>, name: &str) -> Result<&'a mut Map<String, Value>, Problem> {
    let entry = members.entry(name.to_owned()).or_insert_with(|| json!({}));
    if entry.is_null() {
        *entry = json!({});
    }
    entry.as_object_mut().ok_or(Problem::Path)
}

fn set(members: &mut Map<String, Value>, name: &str, value: Value) {
    match value {
        Value::Null => drop(members.shift_remove(name)),
        value => drop(members.insert(name.to_owned(), value)),
    }
}

fn typed(setting: Setting, name: &str, value: &Value) -> Result<Value, Problem> {
    let text = match value {
        Value::Null => return Ok(Value::Null),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match setting {
        Setting::Flag => match text.as_str() {
            "true" => Ok(json!(true)),
            "false" => Ok(json!(false)),
            _ => Err(Problem::Value(format!("Invalid value specified for {name}: {text} is neither true nor false"))),
        },
        Setting::Integer => {
            let number: Result<i64, _> = text.parse();
            number
                .map(|number| json!(number))
                .map_err(|_| Problem::Value(format!("Invalid value specified for {name}: {text} is no whole number")))
        }
        _ => Ok(json!(text)),
    }
}

/// `~1` is a slash in a path, `~0` a tilde.
fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
