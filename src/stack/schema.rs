//! The tables of keys as a JSON Schema.
//!
//! Source: <https://json-schema.org/draft/2020-12/json-schema-core>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::shape::{Shape, Standing, Table};

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
            let mut property = match self.shape(&key.shape) {
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
        if table.one_of {
            schema.insert("minProperties".into(), json!(1));
            schema.insert("maxProperties".into(), json!(1));
        }
        schema
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
            Shape::Words(words) => json!({"anyOf": [{"enum": words}, variable()]}),
            Shape::List(item) => {
                let item = self.shape(item);
                json!({"anyOf": [{"type": "array", "items": item}, item, variable()]})
            }
            Shape::Map(value) => {
                let value = self.shape(value);
                json!({"anyOf": [{"type": "object", "additionalProperties": value}, {"type": "null"}, variable()]})
            }
            Shape::Section(title, table) => {
                let name = slug(title);
                if !self.definitions.contains_key(&name) {
                    // Known before it is written, so that a section may hold itself.
                    self.definitions.insert(name.clone(), Value::Null);
                    let section = self.section(&table());
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
        let schema = json_schema(&crate::stack::table());
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
