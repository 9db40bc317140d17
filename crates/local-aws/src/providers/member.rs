//! Properties as members of an API's input, and back.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::engine::journal::Live;
use crate::engine::names::{self, Letters};
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

/// A string property.
pub fn text<'a>(properties: &'a Value, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(Value::as_str)
}

/// A string property that the schema requires; empty when it is not there after all.
pub fn required<'a>(properties: &'a Value, name: &str) -> &'a str {
    text(properties, name).unwrap_or_default()
}

/// A string member of an answer.
///
/// # Errors
/// `InternalFailure` when the service did not answer it.
pub fn answered(output: &Value, pointer: &str) -> Result<String, Fault> {
    output
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Fault::receiver("InternalFailure", format!("the answer has no {pointer}")))
}

/// Those of `names` that are there, under the same names.
pub fn pick(properties: &Value, names: &[&str]) -> Map<String, Value> {
    names.iter().filter_map(|name| properties.get(*name).map(|value| ((*name).to_owned(), value.clone()))).collect()
}

/// The properties with the first letter of every key that the schema names in lower case, as some APIs spell them.
pub fn lowered(schema: &Schema, properties: &Value) -> Map<String, Value> {
    match lower_object(schema.properties, properties) {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// `Name` as `name`.
pub fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

fn lower_object(known: &[Property], value: &Value) -> Value {
    let Value::Object(entries) = value else { return value.clone() };
    let lowered = entries.iter().map(|(key, value)| {
        let shape = known.iter().find(|property| property.name == key).map(|property| property.shape);
        (lower_first(key), shape.map_or_else(|| value.clone(), |shape| lower(shape, value)))
    });
    Value::Object(lowered.collect())
}

fn lower(shape: Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::Object(known), value) => lower_object(known, value),
        (Shape::List(item), Value::Array(items)) => {
            Value::Array(items.iter().map(|value| lower(*item, value)).collect())
        }
        (Shape::Map(item), Value::Object(entries)) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), lower(*item, value))).collect())
        }
        _ => value.clone(),
    }
}

/// A document that the author may write as an object or as text, as text.
pub fn document(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The stack's tags and the resource's own, which win.
pub fn tags(context: &Context, properties: &Value) -> IndexMap<String, String> {
    let mut tags = context.tags.clone();
    match properties.get("Tags") {
        Some(Value::Array(items)) => {
            for item in items {
                if let (Some(key), Some(value)) = (text(item, "Key"), text(item, "Value")) {
                    tags.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        Some(Value::Object(entries)) => {
            tags.extend(entries.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))));
        }
        _ => {}
    }
    tags
}

/// `[{Key, Value}]`
pub fn tag_list(tags: &IndexMap<String, String>) -> Value {
    Value::Array(tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect())
}

/// `[{key, value}]`
pub fn small_tag_list(tags: &IndexMap<String, String>) -> Value {
    Value::Array(tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect())
}

/// The keys of tags that the resource had and is to have no longer.
pub fn tags_gone(context: &Context, live: &Live, properties: &Value) -> Vec<String> {
    let before = Context { tags: live.tags.clone(), ..context.clone() };
    let (before, after) = (tags(&before, &live.properties), tags(context, properties));
    before.into_keys().filter(|key| !after.contains_key(key)).collect()
}

/// The physical name that the author chose under `property`, else an invented one of at most `most` letters.
pub fn name_or(context: &Context, properties: &Value, property: &str, most: usize, letters: Letters) -> String {
    match text(properties, property) {
        Some(name) => name.to_owned(),
        None => invented(context, most, letters),
    }
}

/// An invented physical name.
pub fn invented(context: &Context, most: usize, letters: Letters) -> String {
    names::physical(&context.stack_name, &context.logical, &seed(context), most, letters)
}

/// What invented names depend on.
pub fn seed(context: &Context) -> String {
    format!("{}/{}/{}", context.stack_id, context.logical, context.generation)
}

/// `None` instead of the fault that says that something is not there.
///
/// # Errors
/// All other faults.
pub fn there<T>(result: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(fault) if missing(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Success also when what is to be deleted is not there.
///
/// # Errors
/// All other faults.
pub fn gone<T>(result: Result<T, Fault>) -> Result<(), Fault> {
    there(result).map(|_| ())
}

fn missing(fault: &Fault) -> bool {
    fault.status == 404
        || fault.code.contains("NotFound")
        || fault.code.contains("DoesNotExist")
        || fault.code.starts_with("NoSuch")
}

/// A resource that is there, of which no property can be read back.
pub fn found(made: Made) -> Option<Found> {
    Some(Found { made, properties: Map::new() })
}

/// A resource that is there, with the properties of `names` as the answer spells them.
pub fn found_with(made: Made, answer: &Value, names: &[&str]) -> Option<Found> {
    Some(Found { made, properties: pick(answer, names) })
}

/// The same physical resource, after an update that gives it no new attributes.
pub fn unchanged(live: Live) -> Made {
    Made { physical: live.physical, reference: Some(live.reference), attributes: live.attributes }
}

/// Whether a property differs between what the resource has and what it is to have.
pub fn differs(live: &Live, properties: &Value, name: &str) -> bool {
    live.properties.get(name) != properties.get(name)
}
