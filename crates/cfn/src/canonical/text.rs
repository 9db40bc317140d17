//! Text in all its spellings: plain, `Fn::Sub`, `Fn::Join`, references, JSON.

use serde_json::{Map, Value, json};

use super::{Place, form};
use crate::substitution::{Piece, pieces};

/// A function whose result is text, in its one form; none for another object.
pub fn function(object: &Map<String, Value>, place: &Place) -> Option<Value> {
    let (name, argument) = object.iter().next().filter(|_| object.len() == 1)?;
    match (name.as_str(), argument) {
        ("Ref", Value::String(id)) => Some(json!({"Ref": super::renamed(id, place.names)})),
        ("Fn::GetAtt", _) => attribute(argument, place),
        ("Fn::Sub", Value::String(text)) => Some(joined(substituted(text, None, place), place)),
        ("Fn::Sub", Value::Array(items)) => match items.as_slice() {
            [Value::String(text)] => Some(joined(substituted(text, None, place), place)),
            [Value::String(text), Value::Object(values)] => Some(joined(substituted(text, Some(values), place), place)),
            _ => None,
        },
        ("Fn::Join", Value::Array(items)) => match items.as_slice() {
            [Value::String(between), Value::Array(parts)] => Some(joined(between_parts(between, parts, place)?, place)),
            _ => None,
        },
        // Its argument is its own one form, so that a second time changes nothing.
        ("Fn::ToJsonString", _) => {
            Some(json!({"Fn::ToJsonString": form(argument, &Place { in_json: true, ..place.below("") })}))
        }
        _ => None,
    }
}

/// Plain text, perhaps JSON.
pub fn plain(text: &str, place: &Place) -> Value {
    json_in(text, place).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn attribute(argument: &Value, place: &Place) -> Option<Value> {
    let (id, name) = crate::reference::attribute(argument)?;
    Some(json!({"Fn::GetAtt": [super::renamed(id, place.names), name?]}))
}

/// The parts of a text with placeholders.
fn substituted(text: &str, values: Option<&Map<String, Value>>, place: &Place) -> Vec<Value> {
    let part = |piece| match piece {
        Piece::Literal(text) => Value::String(text),
        Piece::Variable(name) => match values.and_then(|values| values.get(name)) {
            Some(value) => form(value, &place.below("")),
            None => reference(name, place),
        },
    };
    pieces(text).into_iter().map(part).collect()
}

fn reference(name: &str, place: &Place) -> Value {
    match name.split_once('.').filter(|_| !name.starts_with("AWS::")) {
        Some((id, attribute)) => json!({"Fn::GetAtt": [super::renamed(id, place.names), attribute]}),
        None => json!({"Ref": super::renamed(name, place.names)}),
    }
}

fn between_parts(between: &str, parts: &[Value], place: &Place) -> Option<Vec<Value>> {
    let mut all = Vec::with_capacity(2 * parts.len());
    for (at, part) in parts.iter().enumerate() {
        if at > 0 && !between.is_empty() {
            all.push(Value::String(between.to_owned()));
        }
        // JSON inside a part is text of the whole.
        all.push(if part.is_string() { part.clone() } else { form(part, &place.below("")) });
    }
    all.iter().all(|part| part.is_string() || part.is_object()).then_some(all)
}

/// Parts one after the other: text where that is all, else `Fn::Sub`, else (with functions that no placeholder names)
/// `Fn::Join`.
fn joined(parts: Vec<Value>, place: &Place) -> Value {
    let mut flat: Vec<Value> = Vec::new();
    for part in parts.into_iter().flat_map(opened) {
        match (flat.last_mut(), part) {
            (_, Value::String(text)) if text.is_empty() => {}
            (Some(Value::String(before)), Value::String(text)) => before.push_str(&text),
            (_, part) => flat.push(part),
        }
    }
    match flat.as_slice() {
        [] => return Value::String(String::new()),
        [Value::String(text)] => return plain(text, place),
        [one] => return one.clone(),
        _ => {}
    }
    let placeholders: Option<Vec<String>> = flat.iter().map(placeholder).collect();
    match placeholders.map(|all| all.concat()) {
        Some(text) => json_in(&text, place).unwrap_or_else(|| json!({"Fn::Sub": text})),
        None => json!({"Fn::Join": ["", flat]}),
    }
}

/// The parts of a part that is joined itself, in its one form.
fn opened(part: Value) -> Vec<Value> {
    let function = part.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    match function.map(|(name, argument)| (name.as_str(), argument)) {
        Some(("Fn::Sub", Value::String(text))) => pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Value::String(text),
                Piece::Variable(name) => match name.split_once('.').filter(|_| !name.starts_with("AWS::")) {
                    Some((id, attribute)) => json!({"Fn::GetAtt": [id, attribute]}),
                    None => json!({"Ref": name}),
                },
            })
            .collect(),
        Some(("Fn::Join", Value::Array(items))) => match items.as_slice() {
            [Value::String(between), Value::Array(parts)] if between.is_empty() => parts.clone(),
            _ => vec![part],
        },
        _ => vec![part],
    }
}

/// A part as `Fn::Sub` writes it; none for a function that has no placeholder, and for text that looks like one.
fn placeholder(part: &Value) -> Option<String> {
    if let Value::String(text) = part {
        return (!text.contains("${")).then(|| text.clone());
    }
    if let Some(id) = part.get("Ref").and_then(Value::as_str) {
        return Some(format!("${{{id}}}"));
    }
    let attribute = part.get("Fn::GetAtt").and_then(Value::as_array)?;
    match attribute.as_slice() {
        [Value::String(id), Value::String(name)] => Some(format!("${{{id}.{name}}}")),
        _ => None,
    }
}

/// The JSON that a text holds, if it is an object or a list.
fn json_in(text: &str, place: &Place) -> Option<Value> {
    let trimmed = text.trim();
    let bracketed = (trimmed.starts_with('{') && trimmed.ends_with('}') && !trimmed.starts_with("{{"))
        || (trimmed.starts_with('[') && trimmed.ends_with(']'));
    let value: Value = if bracketed { serde_json::from_str(trimmed).ok()? } else { return None };
    let inside = Place { in_json: true, ..place.below("") };
    Some(json!({"Fn::ToJsonString": form(&value, &inside)}))
}
