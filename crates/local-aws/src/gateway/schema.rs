//! JSON schemas of models, draft 4, as far as request validation needs them.

use regex::Regex;
use serde_json::{Map, Value};

/// Keywords with an effect here.
const KEYWORDS: &[&str] = &[
    "type",
    "enum",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minProperties",
    "maxProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "$ref",
    "definitions",
    "const",
];
/// Keywords that say something to readers only.
const REMARKS: &[&str] =
    &["$schema", "id", "$id", "title", "description", "default", "examples", "example", "format", "$comment"];
/// References and schemas are followed this deep.
const DEPTH: usize = 64;

/// Says which keyword of a schema is not supported, if there is one.
///
/// # Errors
/// The name of the first such keyword.
pub fn check(schema: &Value) -> Result<(), String> {
    check_at(schema, 0)
}

fn check_at(schema: &Value, depth: usize) -> Result<(), String> {
    if depth > DEPTH {
        return Err("a schema that nests so deep".to_owned());
    }
    let Some(members) = schema.as_object() else { return Ok(()) };
    for (name, value) in members {
        if !KEYWORDS.contains(&name.as_str()) && !REMARKS.contains(&name.as_str()) {
            return Err(format!("the schema keyword {name}"));
        }
        match (name.as_str(), value) {
            ("$ref", Value::String(target)) if !target.starts_with('#') && !target.contains("/models/") => {
                return Err(format!("the reference {target} in a schema"));
            }
            ("properties" | "patternProperties" | "definitions", Value::Object(inner)) => {
                inner.values().try_for_each(|inner| check_at(inner, depth + 1))?;
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(inner)) => {
                inner.iter().try_for_each(|inner| check_at(inner, depth + 1))?;
            }
            ("items" | "not" | "additionalProperties", inner) => check_at(inner, depth + 1)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whether `value` is what `schema` says; `model` finds the schema of another model by its name.
pub fn accepts(schema: &Value, value: &Value, model: &dyn Fn(&str) -> Option<Value>) -> bool {
    Validator { root: schema, model }.accepts(schema, value, 0)
}

struct Validator<'a> {
    root: &'a Value,
    model: &'a dyn Fn(&str) -> Option<Value>,
}

impl Validator<'_> {
    fn accepts(&self, schema: &Value, value: &Value, depth: usize) -> bool {
        if depth > DEPTH {
            return false;
        }
        let Some(rules) = schema.as_object() else { return schema != &Value::Bool(false) };
        if let Some(target) = rules.get("$ref").and_then(Value::as_str) {
            return self.referred(target, value, depth);
        }
        self.shape(rules, value)
            && self.combined(rules, value, depth)
            && match value {
                Value::Object(members) => self.object(rules, members, depth),
                Value::Array(items) => self.array(rules, items, depth),
                Value::String(text) => string(rules, text),
                Value::Number(number) => number.as_f64().is_some_and(|number| numeric(rules, number)),
                _ => true,
            }
    }

    fn referred(&self, target: &str, value: &Value, depth: usize) -> bool {
        if let Some(pointer) = target.strip_prefix('#') {
            return self.root.pointer(pointer).is_some_and(|schema| self.accepts(schema, value, depth + 1));
        }
        // `https://apigateway.amazonaws.com/restapis/ID/models/NAME`
        let name = target.rsplit('/').next().unwrap_or_default();
        (self.model)(name)
            .is_some_and(|schema| Validator { root: &schema, model: self.model }.accepts(&schema, value, depth + 1))
    }

    fn shape(&self, rules: &Map<String, Value>, value: &Value) -> bool {
        let typed = match rules.get("type") {
            Some(Value::String(name)) => is(value, name),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(|name| is(value, name)),
            _ => true,
        };
        let among = rules.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(value));
        typed && among && rules.get("const").is_none_or(|wanted| wanted == value)
    }

    fn combined(&self, rules: &Map<String, Value>, value: &Value, depth: usize) -> bool {
        let list = |name: &str| rules.get(name).and_then(Value::as_array);
        let fits = |schema: &Value| self.accepts(schema, value, depth + 1);
        list("allOf").is_none_or(|all| all.iter().all(fits))
            && list("anyOf").is_none_or(|any| any.iter().any(fits))
            && list("oneOf").is_none_or(|one| one.iter().filter(|schema| fits(schema)).count() == 1)
            && rules.get("not").is_none_or(|not| !fits(not))
    }

    fn object(&self, rules: &Map<String, Value>, members: &Map<String, Value>, depth: usize) -> bool {
        let required = rules.get("required").and_then(Value::as_array).into_iter().flatten();
        if required.filter_map(Value::as_str).any(|name| !members.contains_key(name))
            || !counted(rules, members.len(), "Properties")
        {
            return false;
        }
        let properties = rules.get("properties").and_then(Value::as_object);
        let patterns: Vec<(Regex, &Value)> = rules
            .get("patternProperties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(pattern, schema)| Some((Regex::new(pattern).ok()?, schema)))
            .collect();
        members.iter().all(|(name, value)| {
            let own = properties.and_then(|properties| properties.get(name));
            let matching: Vec<&Value> = patterns.iter().filter(|(p, _)| p.is_match(name)).map(|(_, s)| *s).collect();
            let known = own.is_some() || !matching.is_empty();
            own.into_iter().chain(matching).all(|schema| self.accepts(schema, value, depth + 1))
                && (known || rules.get("additionalProperties").is_none_or(|rest| self.accepts(rest, value, depth + 1)))
        })
    }

    fn array(&self, rules: &Map<String, Value>, items: &[Value], depth: usize) -> bool {
        let unique = rules.get("uniqueItems") != Some(&Value::Bool(true))
            || items.iter().enumerate().all(|(index, item)| !items[..index].contains(item));
        let fits = match rules.get("items") {
            Some(Value::Array(schemas)) => {
                schemas.iter().zip(items).all(|(schema, item)| self.accepts(schema, item, depth + 1))
            }
            Some(schema) => items.iter().all(|item| self.accepts(schema, item, depth + 1)),
            None => true,
        };
        unique && fits && counted(rules, items.len(), "Items")
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    }
}

fn counted(rules: &Map<String, Value>, count: usize, what: &str) -> bool {
    let limit = |name: String| rules.get(&name).and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    limit(format!("min{what}")).is_none_or(|least| count >= least)
        && limit(format!("max{what}")).is_none_or(|most| count <= most)
}

fn string(rules: &Map<String, Value>, text: &str) -> bool {
    let pattern = rules.get("pattern").and_then(Value::as_str);
    counted(rules, text.chars().count(), "Length")
        && pattern.is_none_or(|pattern| Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text)))
}

fn numeric(rules: &Map<String, Value>, number: f64) -> bool {
    let limit = |name: &str| rules.get(name).and_then(Value::as_f64);
    // Draft 4 says `exclusiveMinimum: true` beside `minimum`; later drafts a number.
    let strict = |name: &str| rules.get(name) == Some(&Value::Bool(true));
    limit("minimum").is_none_or(|least| if strict("exclusiveMinimum") { number > least } else { number >= least })
        && limit("maximum").is_none_or(|most| if strict("exclusiveMaximum") { number < most } else { number <= most })
        && limit("exclusiveMinimum").is_none_or(|least| number > least)
        && limit("exclusiveMaximum").is_none_or(|most| number < most)
        && limit("multipleOf").is_none_or(|step| step > 0.0 && ((number / step) - (number / step).round()).abs() < 1e-9)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fits(schema: Value, value: Value) -> bool {
        accepts(&schema, &value, &|name| (name == "Other").then(|| json!({"type": "string"})))
    }

    #[test]
    fn a_sign_up_needs_its_members() {
        let schema = json!({
            "type": "object",
            "required": ["email"],
            "properties": {"email": {"type": "string", "pattern": "@", "minLength": 3}, "age": {"type": "integer", "minimum": 18}},
            "additionalProperties": false,
        });
        assert!(fits(schema.clone(), json!({"email": "a@b", "age": 18})));
        assert!(!fits(schema.clone(), json!({})));
        assert!(!fits(schema.clone(), json!({"email": "ab"})));
        assert!(!fits(schema.clone(), json!({"email": "a@b", "age": 17.5})));
        assert!(!fits(schema, json!({"email": "a@b", "other": 1})));
    }

    #[test]
    fn schemas_combine_and_refer() {
        assert!(fits(json!({"oneOf": [{"type": "string"}, {"type": "number"}]}), json!("a")));
        assert!(!fits(json!({"oneOf": [{"type": "number"}, {"type": "integer"}]}), json!(1)));
        assert!(fits(json!({"$ref": "https://apigateway.amazonaws.com/restapis/x/models/Other"}), json!("a")));
        assert!(!fits(json!({"$ref": "#/definitions/x", "definitions": {"x": {"not": {}}}}), json!("a")));
        assert!(!fits(json!({"$ref": "#"}), json!(1)));
        assert!(fits(json!({"items": {"enum": [1, 2]}, "uniqueItems": true}), json!([1, 2])));
    }

    #[test]
    fn an_unknown_keyword_is_named() {
        assert_eq!(check(&json!({"properties": {"a": {"if": {}}}})), Err("the schema keyword if".to_owned()));
        assert_eq!(check(&json!({"type": "object", "title": "x"})), Ok(()));
    }
}
