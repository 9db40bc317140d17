//! What a resource type's properties are: names, types, which are required, which replace the resource.

use serde_json::{Map, Number, Value};

use cfn::diff::{self, Difference};
use cfn::evaluate::unknown;

/// The properties of a resource type.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// `AWS::Lambda::Function`
    pub kind: &'static str,
    pub properties: &'static [Property],
    /// The attributes that `Fn::GetAtt` knows. A trailing `*` stands for any ending.
    pub attributes: &'static [&'static str],
    /// Attributes that an update in place may change.
    pub volatile: &'static [&'static str],
    /// The property that names the physical resource.
    pub identifier: Option<&'static str>,
    /// Whether the stack's tags reach the resource.
    pub taggable: bool,
}

/// One property.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    /// A change needs a new physical resource.
    pub replaces: bool,
    /// AWS has it, this local AWS does not.
    pub refused: bool,
}

/// The type of a property.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Text,
    Integer {
        least: i64,
        most: i64,
    },
    Number,
    Flag,
    /// Any JSON, an object or a text with one.
    Json,
    /// Anything; numbers and flags become text at every depth, as custom resources get them.
    Any,
    Choice(&'static [&'static str]),
    List(&'static Shape),
    Map(&'static Shape),
    Object(&'static [Property]),
}

impl Property {
    const fn new(name: &'static str, shape: Shape) -> Property {
        Property { name, shape, required: false, replaces: false, refused: false }
    }
    /// A string.
    pub const fn text(name: &'static str) -> Property {
        Property::new(name, Shape::Text)
    }
    /// A whole number between two limits, both allowed.
    pub const fn integer(name: &'static str, least: i64, most: i64) -> Property {
        Property::new(name, Shape::Integer { least, most })
    }
    /// Any number.
    pub const fn number(name: &'static str) -> Property {
        Property::new(name, Shape::Number)
    }
    /// True or false.
    pub const fn flag(name: &'static str) -> Property {
        Property::new(name, Shape::Flag)
    }
    /// Any JSON.
    pub const fn json(name: &'static str) -> Property {
        Property::new(name, Shape::Json)
    }
    /// Stands for every property that the schema does not name.
    pub const fn any_other() -> Property {
        Property::new(ANY_OTHER, Shape::Any)
    }
    /// One of some strings.
    pub const fn choice(name: &'static str, allowed: &'static [&'static str]) -> Property {
        Property::new(name, Shape::Choice(allowed))
    }
    /// A list.
    pub const fn list(name: &'static str, item: &'static Shape) -> Property {
        Property::new(name, Shape::List(item))
    }
    /// A list of strings.
    pub const fn texts(name: &'static str) -> Property {
        Property::new(name, Shape::List(&Shape::Text))
    }
    /// An object with keys of the author's choice.
    pub const fn map(name: &'static str, item: &'static Shape) -> Property {
        Property::new(name, Shape::Map(item))
    }
    /// An object with known keys.
    pub const fn object(name: &'static str, properties: &'static [Property]) -> Property {
        Property::new(name, Shape::Object(properties))
    }
    /// A list of objects with known keys.
    pub const fn objects(name: &'static str, item: &'static Shape) -> Property {
        Property::new(name, Shape::List(item))
    }
    /// A property that AWS has and this local AWS does not.
    pub const fn refused(name: &'static str) -> Property {
        Property { refused: true, ..Property::new(name, Shape::Json) }
    }
    /// The same property, required.
    pub const fn required(self) -> Property {
        Property { required: true, ..self }
    }
    /// The same property; a change replaces the resource.
    pub const fn replaces(self) -> Property {
        Property { replaces: true, ..self }
    }
}

/// The name of the property that stands for all others.
const ANY_OTHER: &str = "*";

/// The property of a key, by its name, else the one that stands for all others.
fn named<'a>(properties: &'a [Property], key: &str) -> Option<&'a Property> {
    let find = |name: &str| properties.iter().find(|property| property.name == name);
    find(key).or_else(|| find(ANY_OTHER))
}

/// `[{Key, Value}]`
pub const TAG: Shape = Shape::Object(&[Property::text("Key").required(), Property::text("Value").required()]);

/// The usual `Tags` property.
pub const TAGS: Property = Property::list("Tags", &TAG);

impl Schema {
    /// The differences that need a new physical resource.
    pub fn replaced_by(&self, before: &Value, after: &Value) -> impl Iterator<Item = Difference> {
        diff::values(before, after).into_iter().filter(|place| {
            place
                .path
                .first()
                .and_then(|name| self.property(name))
                .is_some_and(|property| property.replaces || nested_replaces(property.shape, &place.path[1..]))
        })
    }

    /// The property of this name.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// Whether `Fn::GetAtt` knows the attribute.
    pub fn has_attribute(&self, name: &str) -> bool {
        self.attributes.iter().any(|known| match known.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => *known == name,
        })
    }

    /// The properties in the types that the schema names: `"512"` as a number where a number is wanted, numbers and
    /// flags as text where text is wanted. Whatever does not fit is left for [`Schema::check`].
    pub fn coerce(&self, properties: &Value) -> Value {
        coerce_object(self.properties, properties)
    }

    /// Every way in which the properties do not fit, in CloudFormation's words: `#/Timeout: expected type: Integer,
    /// found: String`.
    pub fn check(&self, properties: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        check_object(self.properties, properties, "#", &mut problems);
        problems
    }

    /// Properties that AWS has and this local AWS does not, of those given.
    pub fn refused(&self, properties: &Value) -> Vec<String> {
        let mut found = Vec::new();
        refused_in(self.properties, properties, "", &mut found);
        found
    }
}

fn nested_replaces(shape: Shape, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match shape {
        Shape::Object(properties) => properties
            .iter()
            .find(|property| property.name == first)
            .is_some_and(|property| property.replaces || nested_replaces(property.shape, rest)),
        Shape::List(item) | Shape::Map(item) => nested_replaces(*item, rest),
        _ => false,
    }
}

fn coerce(shape: Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::Text | Shape::Choice(_), Value::Number(number)) => Value::String(number.to_string()),
        (Shape::Text | Shape::Choice(_), Value::Bool(flag)) => Value::String(flag.to_string()),
        (Shape::Integer { .. }, Value::String(text)) => {
            text.trim().parse::<i64>().map_or_else(|_| value.clone(), Value::from)
        }
        (Shape::Integer { .. }, Value::Number(number)) => match number.as_f64() {
            Some(float) if number.as_i64().is_none() && float.fract() == 0.0 && float.abs() < 9e15 => {
                Value::from(float as i64)
            }
            _ => value.clone(),
        },
        (Shape::Number, Value::String(text)) => match (text.trim().parse::<i64>(), text.trim().parse::<f64>()) {
            (Ok(whole), _) => Value::from(whole),
            (_, Ok(float)) => Number::from_f64(float).map_or_else(|| value.clone(), Value::Number),
            _ => value.clone(),
        },
        (Shape::Flag, Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => value.clone(),
        },
        (Shape::List(item), Value::Array(items)) => {
            Value::Array(items.iter().map(|value| coerce(*item, value)).collect())
        }
        (Shape::Map(item), Value::Object(entries)) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), coerce(*item, value))).collect())
        }
        (Shape::Object(properties), value) => coerce_object(properties, value),
        (Shape::Any, Value::Number(_) | Value::Bool(_)) => coerce(Shape::Text, value),
        (Shape::Any, Value::Array(_)) => coerce(Shape::List(&Shape::Any), value),
        (Shape::Any, Value::Object(_)) => coerce(Shape::Map(&Shape::Any), value),
        _ => value.clone(),
    }
}

fn coerce_object(properties: &[Property], value: &Value) -> Value {
    let Value::Object(entries) = value else { return value.clone() };
    let coerced: Map<String, Value> = entries
        .iter()
        .map(|(key, value)| {
            let property = named(properties, key);
            (key.clone(), property.map_or_else(|| value.clone(), |property| coerce(property.shape, value)))
        })
        .collect();
    Value::Object(coerced)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Number",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}

fn check(shape: Shape, value: &Value, at: &str, problems: &mut Vec<String>) {
    if unknown(value) {
        return;
    }
    let mut expected = |name: &str| problems.push(format!("{at}: expected type: {name}, found: {}", type_name(value)));
    match (shape, value) {
        (Shape::Text, Value::String(_)) | (Shape::Number, Value::Number(_)) | (Shape::Flag, Value::Bool(_)) => {}
        (Shape::Text, _) => expected("String"),
        (Shape::Number, _) => expected("Number"),
        (Shape::Flag, _) => expected("Boolean"),
        (Shape::Any, _) => {}
        (Shape::Json, Value::Object(_) | Value::Array(_) | Value::String(_)) => {}
        (Shape::Json, _) => expected("JSONObject"),
        (Shape::Choice(allowed), Value::String(text)) => {
            if !allowed.contains(&text.as_str()) {
                problems.push(format!("{at}: {text} is not a valid enum value"));
            }
        }
        (Shape::Choice(_), _) => expected("String"),
        (Shape::Integer { least, most }, Value::Number(number)) => match number.as_i64() {
            None => expected("Integer"),
            Some(number) if number < least => {
                problems.push(format!("{at}: {number} is not greater or equal to {least}"))
            }
            Some(number) if number > most => problems.push(format!("{at}: {number} is not less or equal to {most}")),
            Some(_) => {}
        },
        (Shape::Integer { .. }, _) => expected("Integer"),
        (Shape::List(item), Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                check(*item, value, &format!("{at}/{index}"), problems);
            }
        }
        (Shape::List(_), _) => expected("JSONArray"),
        (Shape::Map(item), Value::Object(entries)) => {
            for (key, value) in entries {
                check(*item, value, &format!("{at}/{key}"), problems);
            }
        }
        (Shape::Object(properties), Value::Object(_)) => check_object(properties, value, at, problems),
        (Shape::Map(_) | Shape::Object(_), _) => expected("JSONObject"),
    }
}

fn check_object(properties: &[Property], value: &Value, at: &str, problems: &mut Vec<String>) {
    let Value::Object(entries) = value else {
        problems.push(format!("{at}: expected type: JSONObject, found: {}", type_name(value)));
        return;
    };
    for property in properties.iter().filter(|property| property.required && !entries.contains_key(property.name)) {
        problems.push(format!("{at}: required key [{}] not found", property.name));
    }
    for (key, value) in entries {
        match named(properties, key) {
            None => problems.push(format!("{at}: extraneous key [{key}] is not permitted")),
            Some(property) if property.refused => {}
            Some(property) => check(property.shape, value, &format!("{at}/{key}"), problems),
        }
    }
}

fn refused_in(properties: &[Property], value: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(entries) = value else { return };
    for (key, value) in entries {
        let Some(property) = properties.iter().find(|property| property.name == key) else { continue };
        let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        match (property.refused, property.shape, value) {
            (true, _, _) => found.push(at),
            (_, Shape::Object(inner), _) => refused_in(inner, value, &at, found),
            (_, Shape::List(Shape::Object(inner)), Value::Array(items)) => {
                items.iter().for_each(|item| refused_in(inner, item, &at, found));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCHEMA: Schema = Schema {
        kind: "Test::A::B",
        properties: &[
            Property::text("Name").replaces(),
            Property::integer("Timeout", 1, 900),
            Property::flag("On"),
            Property::choice("Mode", &["A", "B"]),
            Property::object("Code", &[Property::text("Key").required(), Property::refused("Image")]).required(),
            TAGS,
        ],
        attributes: &["Arn", "Outputs.*"],
        volatile: &[],
        identifier: Some("Name"),
        taggable: true,
    };

    #[test]
    fn what_does_not_fit_is_said_in_cloudformations_words() {
        let given =
            json!({"Timeout": 901, "On": "maybe", "Mode": "C", "Code": {"Kee": 1}, "Tags": {"a": "b"}, "Foo": 1});
        assert_eq!(
            SCHEMA.check(&SCHEMA.coerce(&given)),
            [
                "#/Timeout: 901 is not less or equal to 900",
                "#/On: expected type: Boolean, found: String",
                "#/Mode: C is not a valid enum value",
                "#/Code: required key [Key] not found",
                "#/Code: extraneous key [Kee] is not permitted",
                "#/Tags: expected type: JSONArray, found: JSONObject",
                "#: extraneous key [Foo] is not permitted",
            ]
        );
        assert_eq!(SCHEMA.check(&json!({})), ["#: required key [Code] not found"]);
    }

    #[test]
    fn scalars_take_the_type_that_is_wanted() {
        let given = json!({"Name": 5, "Timeout": "30", "On": "true", "Code": {"Key": false}});
        let coerced = SCHEMA.coerce(&given);
        assert_eq!(coerced, json!({"Name": "5", "Timeout": 30, "On": true, "Code": {"Key": "false"}}));
        assert!(SCHEMA.check(&coerced).is_empty());
    }

    #[test]
    fn a_property_that_is_not_supported_is_named() {
        assert_eq!(SCHEMA.refused(&json!({"Code": {"Key": "a", "Image": "b"}})), ["Code.Image"]);
    }

    #[test]
    fn replacement_follows_the_property() {
        let places: Vec<String> = SCHEMA
            .replaced_by(&json!({"Name": "a", "Timeout": 1}), &json!({"Name": "b", "Timeout": 2}))
            .map(|place| place.pointer())
            .collect();
        assert_eq!(places, ["/Name"]);
    }
}
