//! Values of a template as a person reads them: `Users.Arn` instead of `{"Fn::GetAtt": ["Users", "Arn"]}`.

use cfn::reference::{attribute, function};
use serde_json::Value;

/// A value in words, its CloudFormation functions in their shortest form.
pub fn phrase(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(phrase).collect::<Vec<_>>().join(", ")),
        other => match function(other) {
            Some((name, argument)) => call(name, argument),
            None => other.to_string(),
        },
    }
}

fn call(name: &str, argument: &Value) -> String {
    match (name, argument) {
        ("Ref", Value::String(name)) => name.clone(),
        ("Fn::GetAtt", argument) => match attribute(argument) {
            Some((id, Some(attribute))) => format!("{id}.{attribute}"),
            _ => argument.to_string(),
        },
        ("Fn::Sub", Value::String(text)) => text.clone(),
        ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(text), Value::Object(variables)] => substituted(text, variables),
            _ => argument.to_string(),
        },
        ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(between), Value::Array(items)] => items.iter().map(inner).collect::<Vec<_>>().join(between),
            _ => argument.to_string(),
        },
        _ => format!("{name} {argument}"),
    }
}

/// A part of a longer text: a reference keeps its braces, so that it is not taken for text.
fn inner(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => format!("${{{}}}", phrase(other)),
    }
}

/// A text of `Fn::Sub` with its own variables written out.
pub fn substituted(text: &str, variables: &serde_json::Map<String, Value>) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), &inner(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn functions_read_as_what_they_stand_for() {
        for (value, words) in [
            (json!({"Fn::GetAtt": ["Users", "Arn"]}), "Users.Arn"),
            (json!({"Fn::GetAtt": "Users.Arn"}), "Users.Arn"),
            (json!({"Ref": "Users"}), "Users"),
            (json!({"Fn::Join": [":", ["arn", {"Ref": "AWS::Partition"}, "s3"]]}), "arn:${AWS::Partition}:s3"),
            (json!({"Fn::Sub": ["a ${x}", {"x": {"Ref": "Y"}}]}), "a ${Y}"),
            (json!({"Fn::ImportValue": "x"}), "Fn::ImportValue \"x\""),
            (json!(["a", {"Ref": "B"}]), "[a, B]"),
        ] {
            assert_eq!(phrase(&value), words);
        }
    }
}
