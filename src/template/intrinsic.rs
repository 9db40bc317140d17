//! CloudFormation functions as values.

use serde_json::{Map, Value, json};

/// A map of one pair. (`json!` would copy the value.)
pub fn only(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}

/// `{Ref: name}`.
pub fn reference(name: &str) -> Value {
    only("Ref", Value::from(name))
}

/// `{Fn::GetAtt: [id, attribute]}`.
pub fn attribute(id: &str, attribute: &str) -> Value {
    only("Fn::GetAtt", Value::Array(vec![Value::from(id), Value::from(attribute)]))
}

/// The parts, joined without a separator.
pub fn concat(parts: Vec<Value>) -> Value {
    only("Fn::Join", Value::Array(vec![Value::from(""), Value::Array(parts)]))
}

/// `{Fn::Sub: text}`.
pub fn sub(text: impl Into<String>) -> Value {
    only("Fn::Sub", Value::String(text.into()))
}

/// The stack's region.
pub fn region() -> Value {
    reference("AWS::Region")
}

/// The stack's account.
pub fn account() -> Value {
    reference("AWS::AccountId")
}

/// `aws`, or the partition of another group of regions.
pub fn partition() -> Value {
    reference("AWS::Partition")
}

/// An ARN that begins with the partition: `arn:PARTITION` and the parts.
pub fn arn(parts: Vec<Value>) -> Value {
    let mut all = vec![json!("arn:"), partition()];
    all.extend(parts);
    concat(all)
}

/// Whether a value is text that begins as an ARN.
pub fn is_arn(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("arn:"))
}
