//! The tables of keys as a JSON Schema.
//!
//! Source: <https://json-schema.org/draft/2020-12/json-schema-core>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::shape::{Bounds, Shape, Standing, Table};

/// The schema of a whole configuration whose top level is `root`. Every section is a definition of its own.
pub fn json_schema(root: &Table) -> Value {
    let mut writer = Writer::default();
    let mut schema = writer.section(root);
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!("stack.yaml"));
    let mut definitions: Map<String, Value> = writer.definitions.into_iter().collect();
    definitions.insert(VARIABLE.into(), json!({"type": "string", "pattern": "[$][<{]", "description": "A variable."}));
    definitions.insert(
        FUNCTION.into(),
        json!({
            "type": "object", "minProperties": 1, "maxProperties": 1,
            "propertyNames": {"pattern": "^(Ref|Condition|Fn::.+)$"},
            "description": "A function of CloudFormation.",
        }),
    );
    schema.insert("$defs".into(), Value::Object(definitions));
    Value::Object(schema)
}

const VARIABLE: &str = "variable";
const FUNCTION: &str = "cloudformation-function";

#[derive(Default)]
struct Writer {
    definitions: BTreeMap<String, Value>,
}

impl Writer {
    fn section(&mut self, table: &Table) -> Map<String, Value> {
        let mut properties = Map::new();
        for key in table.keys.iter().filter(|key| key.standing != Standing::Refused) {
            let mut property = match self.value(&key.shape, key.bounds) {
                Value::Object(property) => property,
                _ => Map::new(),
            };
            property.insert("description".into(), json!(key.doc.trim()));
            if let Standing::Deprecated(instead) = key.standing {
                property.insert("deprecated".into(), json!(true));
                property.insert(
                    "description".into(),
                    json!(format!("Write `{instead}` instead. {}", key.doc.trim()).trim()),
                );
            }
            properties.insert(key.name.to_owned(), Value::Object(property));
        }
        let mut schema = Map::new();
        schema.insert("type".into(), json!("object"));
        schema.insert("description".into(), json!(table.doc.trim()));
        schema.insert("properties".into(), Value::Object(properties));
        schema.insert("additionalProperties".into(), json!(false));
        let required: Vec<&str> = table.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
        if !required.is_empty() {
            schema.insert("required".into(), json!(required));
        }
        if table.one_of {
            schema.insert("minProperties".into(), json!(1));
            schema.insert("maxProperties".into(), json!(1));
        }
        schema
    }

    /// What a key takes: its shape, or what its bounds leave of it.
    fn value(&mut self, shape: &Shape, bounds: Bounds) -> Value {
        let bounded = match bounds {
            Bounds::None => return self.shape(shape),
            Bounds::Range(least, most) => {
                let mut number = json!({"type": "integer", "minimum": least});
                if let (Some(number), true) = (number.as_object_mut(), most < i64::MAX) {
                    number.insert("maximum".into(), json!(most));
                }
                json!({"anyOf": [number, {"type": "string", "pattern": "^-?[0-9]+$"}, {"type": "null"}, variable()]})
            }
            Bounds::Words(words) => one_of(words),
        };
        match shape {
            Shape::List(_) => json!({"anyOf": [{"type": "array", "items": bounded}, bounded]}),
            Shape::OneOf(shapes) => {
                let others =
                    shapes.iter().filter(|shape| !matches!(shape, Shape::Text | Shape::Expression | Shape::Whole));
                let mut all: Vec<Value> = others.map(|shape| self.shape(shape)).collect();
                all.push(bounded);
                json!({"anyOf": all})
            }
            _ => bounded,
        }
    }

    fn shape(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Any => json!({}),
            Shape::Text => json!({"type": ["string", "number", "boolean"]}),
            Shape::Whole => {
                json!({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+$"}, variable()]})
            }
            Shape::Number => json!({"anyOf": [{"type": "number"}, variable()]}),
            Shape::Flag => json!({"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}, variable()]}),
            Shape::Expression => json!({"anyOf": [{"type": ["string", "number", "boolean"]}, reference(FUNCTION)]}),
            Shape::Words(words) => one_of(words),
            Shape::List(item) if item.is_choice() => {
                let item = self.shape(item);
                json!({"anyOf": [{"type": "array", "items": item}, variable()]})
            }
            Shape::List(item) => {
                let item = self.shape(item);
                json!({"anyOf": [{"type": "array", "items": item}, item, variable()]})
            }
            Shape::Map(value) => {
                let value = self.shape(value);
                let value = json!({"anyOf": [value, {"type": "null"}]});
                json!({"anyOf": [{"type": "object", "additionalProperties": value}, {"type": "null"}, variable()]})
            }
            Shape::Section(title, table) => {
                let name = slug(title);
                if !self.definitions.contains_key(&name) {
                    // Known before it is written, so that a section may hold itself.
                    self.definitions.insert(name.clone(), Value::Null);
                    let section = self.section(table());
                    self.definitions.insert(name.clone(), Value::Object(section));
                }
                json!({"anyOf": [reference(&name), {"type": "null"}, variable()]})
            }
            Shape::OneOf(shapes) => {
                let shapes: Vec<Value> = shapes.iter().map(|shape| self.shape(shape)).collect();
                json!({"anyOf": shapes})
            }
        }
    }
}

/// One of some words, in any case; the list is what editors offer.
fn one_of(words: &[&str]) -> Value {
    let any_case: Vec<String> = words.iter().map(|word| in_any_case(word)).collect();
    let pattern = format!("^({})$", any_case.join("|"));
    let written = [json!({"enum": words}), json!({"type": "string", "pattern": pattern})];
    json!({"anyOf": written.into_iter().chain([json!({"type": "null"}), reference(FUNCTION), variable()]).collect::<Vec<_>>()})
}

/// A word as a pattern that no case escapes: `Any` is `[Aa][Nn][Yy]`.
fn in_any_case(word: &str) -> String {
    let each = word.chars().map(|next| match next {
        _ if next.is_ascii_alphabetic() => format!("[{}{}]", next.to_ascii_uppercase(), next.to_ascii_lowercase()),
        _ if next.is_ascii_alphanumeric() || matches!(next, '-' | '_') => next.to_string(),
        _ => format!("[{next}]"),
    });
    each.collect()
}

fn variable() -> Value {
    reference(VARIABLE)
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// The title of a section as the name of its definition.
fn slug(title: &str) -> String {
    let words =
        title.split(|next: char| !next.is_ascii_alphanumeric()).filter(|word| !matches!(*word, "" | "a" | "an"));
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_schema_leads_to_a_definition() {
        let schema = json_schema(crate::stack::table());
        let text = schema.to_string();
        let definitions = schema["$defs"].as_object().expect("definitions");
        assert!(definitions.values().all(|definition| definition.is_object()));
        for reference in text.split("\"#/$defs/").skip(1) {
            let name = reference.split('"').next().expect("a name");
            assert!(definitions.contains_key(name), "{name}");
        }
        assert!(schema["properties"]["functions"]["description"].as_str().is_some_and(|doc| !doc.is_empty()));
        assert_eq!(definitions["function"]["additionalProperties"], false);
        assert!(definitions["function"]["properties"].get("durableConfig").is_none());
    }
}
