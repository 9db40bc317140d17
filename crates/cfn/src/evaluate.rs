//! Values with their intrinsic functions worked out.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::TemplateError;
use crate::cidr;
use crate::reference::{attribute, function};
use crate::substitution::{Piece, pieces};

/// Stands for a value that only exists once the change set has run. A text that holds it is it.
pub const UNKNOWN: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What the names in a template stand for.
pub trait Scope {
    /// The value of a `Ref`: a parameter, a pseudo parameter or a resource; `None` for `AWS::NoValue`.
    ///
    /// # Errors
    /// [`TemplateError`] when the name stands for nothing.
    fn reference(&self, name: &str) -> Result<Option<Value>, TemplateError>;

    /// The value of an `Fn::GetAtt`.
    ///
    /// # Errors
    /// [`TemplateError`] when the resource or its attribute is not there.
    fn attribute(&self, resource: &str, attribute: &str) -> Result<Value, TemplateError>;

    /// Whether the condition holds.
    ///
    /// # Errors
    /// [`TemplateError`] when there is no such condition.
    fn condition(&self, name: &str) -> Result<bool, TemplateError>;

    /// The second-level entry of a mapping, if it is there.
    fn mapping(&self, map: &str, top: &str, second: &str) -> Mapped;

    /// The value that another stack exports.
    ///
    /// # Errors
    /// [`TemplateError::NoExport`] when nobody exports it.
    fn import(&self, name: &str) -> Result<Value, TemplateError>;

    /// The availability zones of a region.
    fn zones(&self, region: &str) -> Vec<String>;

    /// A text with its `{{resolve:…}}` references replaced.
    ///
    /// # Errors
    /// [`TemplateError`] when a reference cannot be resolved.
    fn dynamic(&self, text: &str) -> Result<String, TemplateError>;
}

/// What a mapping has under two keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Mapped {
    Value(Value),
    NoMap,
    NoEntry,
}

/// Works out every function in `value`. `None` when the value is `AWS::NoValue`; such entries of objects and lists
/// are left out.
///
/// # Errors
/// [`TemplateError`] in CloudFormation's words for a function that is misused or names something that is not there.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
pub fn evaluate(value: &Value, scope: &dyn Scope) -> Result<Option<Value>, TemplateError> {
    if let Some((name, argument)) = function(value) {
        // A `Condition` key is a function among conditions only; elsewhere (an IAM statement) it is a plain key.
        if name != "Condition" {
            return call(name, argument, scope);
        }
    }
    match value {
        Value::Object(object) => {
            let mut result = Map::with_capacity(object.len());
            for (key, item) in object {
                if let Some(item) = evaluate(item, scope)? {
                    result.insert(key.clone(), item);
                }
            }
            Ok(Some(Value::Object(result)))
        }
        Value::Array(items) => {
            let mut result = Vec::with_capacity(items.len());
            for item in items {
                result.extend(evaluate(item, scope)?);
            }
            Ok(Some(Value::Array(result)))
        }
        Value::String(text) if text.contains("{{resolve:") => Ok(Some(Value::String(scope.dynamic(text)?))),
        plain => Ok(Some(plain.clone())),
    }
}

fn call(name: &str, argument: &Value, scope: &dyn Scope) -> Result<Option<Value>, TemplateError> {
    match name {
        "Ref" => match argument {
            Value::String(name) => scope.reference(name),
            _ => Err(TemplateError::content("All Ref objects must have a single String value.")),
        },
        "Fn::If" => choose(argument, scope),
        "Fn::GetAtt" => get_attribute(argument, scope).map(Some),
        "Fn::Sub" => substitute(argument, scope).map(Some),
        "Fn::Join" => join(argument, scope).map(Some),
        "Fn::Select" => select(argument, scope),
        "Fn::Split" => split(argument, scope).map(Some),
        "Fn::FindInMap" => find_in_map(argument, scope).map(Some),
        "Fn::Base64" => encode(argument, scope).map(Some),
        "Fn::ImportValue" => import(argument, scope).map(Some),
        "Fn::GetAZs" => zones(argument, scope).map(Some),
        "Fn::Cidr" => subnets(argument, scope).map(Some),
        "Fn::Length" => length(argument, scope).map(Some),
        "Fn::ToJsonString" => to_json(argument, scope).map(Some),
        "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
            Err(TemplateError::content(format!("{name} can only be used in the Conditions block and in Rules")))
        }
        other => Err(TemplateError::content(format!("Unrecognized function: {other}"))),
    }
}

/// The text of a scalar as `Ref` and `Fn::Sub` write it.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Whether `value` is not known before the change set has run.
pub fn unknown(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(UNKNOWN))
}

fn unknown_value() -> Value {
    Value::String(UNKNOWN.to_owned())
}

fn present(value: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    Ok(evaluate(value, scope)?.unwrap_or(Value::Null))
}

fn text_of(value: &Value, scope: &dyn Scope, otherwise: &str) -> Result<String, TemplateError> {
    scalar(&present(value, scope)?).ok_or_else(|| TemplateError::content(otherwise))
}

fn choose(argument: &Value, scope: &dyn Scope) -> Result<Option<Value>, TemplateError> {
    const SHAPE: &str = "Fn::If requires a list argument with the first element being a condition and two values";
    let Some([condition, then, otherwise]) = argument.as_array().map(Vec::as_slice) else {
        return Err(TemplateError::content(SHAPE));
    };
    let name = condition
        .as_str()
        .or_else(|| condition.get("Condition").and_then(Value::as_str))
        .ok_or_else(|| TemplateError::content(SHAPE))?;
    evaluate(if scope.condition(name)? { then } else { otherwise }, scope)
}

fn get_attribute(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    const SHAPE: &str =
        "Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";
    match attribute(argument).ok_or_else(|| TemplateError::content(SHAPE))? {
        (resource, Some(name)) => scope.attribute(resource, &name),
        (resource, None) => {
            let name = argument.get(1).ok_or_else(|| TemplateError::content(SHAPE))?;
            scope.attribute(resource, &text_of(name, scope, SHAPE)?)
        }
    }
}

fn substitute(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    const SHAPE: &str = "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string";
    let (text, variables) = match argument {
        Value::String(text) => (text.as_str(), None),
        Value::Array(items) => match items.as_slice() {
            [Value::String(text), Value::Object(variables)] => (text.as_str(), Some(variables)),
            [Value::String(text)] => (text.as_str(), None),
            _ => return Err(TemplateError::content(SHAPE)),
        },
        _ => return Err(TemplateError::content(SHAPE)),
    };
    let mut result = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Literal(text) => result.push_str(&text),
            Piece::Variable(name) => {
                let value = match (variables.and_then(|variables| variables.get(name)), name.split_once('.')) {
                    (Some(variable), _) => present(variable, scope)?,
                    (None, Some((resource, attribute))) => scope.attribute(resource, attribute)?,
                    (None, None) => scope.reference(name)?.unwrap_or(Value::Null),
                };
                if unknown(&value) {
                    return Ok(unknown_value());
                }
                let text = scalar(&value).ok_or_else(|| {
                    TemplateError::content(format!("Fn::Sub expression does not resolve to a string: {name}"))
                })?;
                result.push_str(&text);
            }
        }
    }
    if result.contains("{{resolve:") {
        result = scope.dynamic(&result)?;
    }
    Ok(Value::String(result))
}

fn join(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    const SHAPE: &str = "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
    let Some([Value::String(delimiter), list]) = argument.as_array().map(Vec::as_slice) else {
        return Err(TemplateError::content(SHAPE));
    };
    let list = present(list, scope)?;
    if unknown(&list) {
        return Ok(unknown_value());
    }
    let items = list.as_array().ok_or_else(|| TemplateError::content(SHAPE))?;
    if items.iter().any(unknown) {
        return Ok(unknown_value());
    }
    let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
    let joined = texts.ok_or_else(|| TemplateError::content(SHAPE))?.join(delimiter);
    if joined.contains("{{resolve:") { scope.dynamic(&joined).map(Value::String) } else { Ok(Value::String(joined)) }
}

fn select(argument: &Value, scope: &dyn Scope) -> Result<Option<Value>, TemplateError> {
    const SHAPE: &str = "Fn::Select requires a list argument with two elements: an integer index and a list";
    let Some([index, list]) = argument.as_array().map(Vec::as_slice) else {
        return Err(TemplateError::content(SHAPE));
    };
    let index: usize = text_of(index, scope, SHAPE)?.parse().map_err(|_| TemplateError::content(SHAPE))?;
    let list = present(list, scope)?;
    if unknown(&list) {
        return Ok(Some(unknown_value()));
    }
    let items = list.as_array().ok_or_else(|| TemplateError::content(SHAPE))?;
    match items.get(index) {
        Some(Value::Null) => Err(TemplateError::content("Fn::Select cannot select a null value")),
        Some(item) => Ok(Some(item.clone())),
        None => Err(TemplateError::content(format!("Fn::Select cannot select nonexistent value at index {index}"))),
    }
}

fn split(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    const SHAPE: &str = "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.";
    let Some([Value::String(delimiter), text]) = argument.as_array().map(Vec::as_slice) else {
        return Err(TemplateError::content(SHAPE));
    };
    if delimiter.is_empty() {
        return Err(TemplateError::content("Fn::Split delimiter cannot be empty"));
    }
    let text = text_of(text, scope, SHAPE)?;
    if text.contains(UNKNOWN) {
        return Ok(unknown_value());
    }
    Ok(Value::Array(text.split(delimiter.as_str()).map(Value::from).collect()))
}

fn find_in_map(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    const SHAPE: &str = "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
    let items = argument.as_array().map(Vec::as_slice).unwrap_or_default();
    let [map, top, second, rest @ ..] = items else { return Err(TemplateError::content(SHAPE)) };
    let default = match rest {
        [] => None,
        [options] => options.get("DefaultValue"),
        _ => return Err(TemplateError::content(SHAPE)),
    };
    let map = text_of(map, scope, SHAPE)?;
    let top = text_of(top, scope, SHAPE)?;
    let second = text_of(second, scope, SHAPE)?;
    match (scope.mapping(&map, &top, &second), default) {
        (Mapped::Value(value), _) => Ok(value),
        (_, Some(default)) => present(default, scope),
        (Mapped::NoMap, None) => Err(TemplateError::content(format!(
            "Mapping named '{map}' is not present in the 'Mappings' section of template."
        ))),
        (Mapped::NoEntry, None) => {
            Err(TemplateError::content(format!("Unable to get mapping for {map}::{top}::{second}")))
        }
    }
}

fn encode(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    let text = text_of(argument, scope, "every Fn::Base64 object must have a String-typed value.")?;
    Ok(if text.contains(UNKNOWN) { unknown_value() } else { Value::String(BASE64_STANDARD.encode(text)) })
}

fn import(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    scope.import(&text_of(
        argument,
        scope,
        "the attribute in Fn::ImportValue must be a string or a function that returns a string",
    )?)
}

fn zones(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    let region = text_of(argument, scope, "every Fn::GetAZs object must have a String-typed value.")?;
    Ok(Value::Array(scope.zones(&region).into_iter().map(Value::String).collect()))
}

fn subnets(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    const SHAPE: &str =
        "Fn::Cidr requires a list argument with an IP block, a count and optionally the number of subnet bits";
    let items = argument.as_array().ok_or_else(|| TemplateError::content(SHAPE))?;
    let texts: Vec<String> = items.iter().map(|item| text_of(item, scope, SHAPE)).collect::<Result<_, _>>()?;
    if texts.iter().any(|text| text.contains(UNKNOWN)) {
        return Ok(unknown_value());
    }
    let number = |text: &str| text.parse::<u32>().map_err(|_| TemplateError::content(SHAPE));
    let (block, count, bits) = match texts.as_slice() {
        [block, count] => (block, number(count)?, None),
        [block, count, bits] => (block, number(count)?, Some(number(bits)?)),
        _ => return Err(TemplateError::content(SHAPE)),
    };
    let blocks =
        cidr::split(block, count, bits).map_err(|error| TemplateError::content(format!("Fn::Cidr {error}")))?;
    Ok(Value::Array(blocks.into_iter().map(Value::String).collect()))
}

fn length(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    match present(argument, scope)? {
        Value::Array(items) => Ok(Value::from(items.len())),
        value if unknown(&value) => Ok(unknown_value()),
        _ => Err(TemplateError::content("Fn::Length requires a list")),
    }
}

fn to_json(argument: &Value, scope: &dyn Scope) -> Result<Value, TemplateError> {
    match present(argument, scope)? {
        value @ (Value::Object(_) | Value::Array(_)) => {
            let text = value.to_string();
            Ok(if text.contains(UNKNOWN) { unknown_value() } else { Value::String(text) })
        }
        _ => Err(TemplateError::content("Fn::ToJsonString requires an object or a list")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    struct Names;

    impl Scope for Names {
        fn reference(&self, name: &str) -> Result<Option<Value>, TemplateError> {
            match name {
                "Stage" => Ok(Some(json!("dev"))),
                "Names" => Ok(Some(json!(["a", "b", "c"]))),
                "Later" => Ok(Some(json!(UNKNOWN))),
                "AWS::NoValue" => Ok(None),
                _ => Err(TemplateError::format(format!(
                    "Unresolved resource dependencies [{name}] in the Resources block of the template"
                ))),
            }
        }
        fn attribute(&self, resource: &str, attribute: &str) -> Result<Value, TemplateError> {
            match (resource, attribute) {
                ("Table", "Arn") => Ok(json!("arn:table")),
                _ => Err(TemplateError::content("no such attribute")),
            }
        }
        fn condition(&self, name: &str) -> Result<bool, TemplateError> {
            Ok(name != "Prod")
        }
        fn mapping(&self, map: &str, top: &str, second: &str) -> Mapped {
            match (map, top, second) {
                ("Sizes", "dev", "memory") => Mapped::Value(json!(128)),
                ("Sizes", _, _) => Mapped::NoEntry,
                _ => Mapped::NoMap,
            }
        }
        fn import(&self, name: &str) -> Result<Value, TemplateError> {
            match name {
                "dev-url" => Ok(json!("http://dev")),
                _ => Err(TemplateError::NoExport(name.to_owned())),
            }
        }
        fn zones(&self, _region: &str) -> Vec<String> {
            vec!["us-east-1a".to_owned()]
        }
        fn dynamic(&self, text: &str) -> Result<String, TemplateError> {
            Ok(text.to_owned())
        }
    }

    #[test]
    fn every_function_gives_what_its_case_says() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../suite/evaluate/functions.json")).unwrap();
        for case in cases {
            let name = case["name"].as_str().unwrap();
            match (evaluate(&case["value"], &Names), case.get("error")) {
                (Ok(value), None) => assert_eq!(value.as_ref(), case.get("expected"), "{name}"),
                (Err(error), Some(words)) => assert_eq!(error.to_string(), words.as_str().unwrap(), "{name}"),
                (outcome, _) => panic!("{name}: {outcome:?}"),
            }
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            "[-${}A-Za-z.,:/ ]{0,12}".prop_map(Value::String),
            Just(json!("Table")),
            Just(json!("10.0.0.0/8")),
        ];
        let key = prop::sample::select(vec![
            "Ref",
            "Condition",
            "Fn::If",
            "Fn::GetAtt",
            "Fn::Sub",
            "Fn::Join",
            "Fn::Select",
            "Fn::Split",
            "Fn::FindInMap",
            "Fn::Base64",
            "Fn::ImportValue",
            "Fn::GetAZs",
            "Fn::Cidr",
            "Fn::Length",
            "Fn::ToJsonString",
            "Fn::Equals",
            "x",
        ]);
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                (key.clone(), inner.clone()).prop_map(|(key, value)| json!({ key: value })),
                prop::collection::vec((key.clone(), inner), 0..3).prop_map(|entries| Value::Object(
                    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
                )),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_value_makes_evaluation_panic(value in value()) {
            let _ = evaluate(&value, &Names);
            let _ = crate::reference::all_references(&value);
        }

        #[test]
        fn no_resource_makes_a_template_panic(properties in value(), condition in value(), output in value()) {
            let text = json!({
                "Conditions": { "Prod": condition },
                "Resources": { "A": { "Type": "T", "Properties": properties, "Condition": "Prod" }, "Table": { "Type": "T" } },
                "Outputs": { "O": { "Value": output } },
            })
            .to_string();
            if let Ok(template) = crate::Template::parse(&text) {
                let _ = crate::check::check(&template);
                let _ = crate::condition::resolve(&template, &Names);
                let _ = crate::Graph::new(&template, &indexmap::IndexMap::new());
                prop_assert!(crate::diff::templates(&template, &template).is_empty());
            }
        }

        #[test]
        fn no_text_makes_reading_panic(text in "(?s).{0,200}") {
            let _ = crate::Template::parse(&text);
            let _ = crate::substitution::pieces(&text);
            let _ = crate::cidr::split(&text, 3, Some(4));
        }
    }
}
