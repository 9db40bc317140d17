//! The text of a template, JSON or YAML with CloudFormation's short tags, as one tree of values.

use serde_json::{Map, Number, Value};

use crate::TemplateError;

/// Functions that YAML may write as a tag; all but `Ref` and `Condition` gain `Fn::`.
const TAGS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];

/// Reads a template's text. Text that begins with `{` is JSON, all other is YAML; short tags become functions.
///
/// # Errors
/// [`TemplateError::Format`] when the text is neither, with the line and column.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>
pub fn read(text: &str) -> Result<Value, TemplateError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        match serde_json::from_str(text) {
            Ok(value) => return Ok(value),
            Err(error) => {
                // A flow mapping such as `{Resources: …}` is YAML too; the JSON position is the better one otherwise.
                return read_yaml(text).map_err(|_| {
                    let (line, column) = (error.line(), error.column());
                    TemplateError::format(format!("JSON not well-formed. (line {line}, column {column})"))
                });
            }
        }
    }
    read_yaml(text)
}

fn read_yaml(text: &str) -> Result<Value, TemplateError> {
    let value: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| match error.location() {
        Some(at) => TemplateError::format(format!(
            "YAML not well-formed. (line {}, column {}): {error}",
            at.line(),
            at.column()
        )),
        None => TemplateError::format(format!("YAML not well-formed: {error}")),
    })?;
    convert(value)
}

fn convert(value: serde_yaml::Value) -> Result<Value, TemplateError> {
    Ok(match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(flag) => Value::Bool(flag),
        serde_yaml::Value::String(text) => Value::String(text),
        serde_yaml::Value::Number(number) => convert_number(&number),
        serde_yaml::Value::Sequence(items) => Value::Array(items.into_iter().map(convert).collect::<Result<_, _>>()?),
        serde_yaml::Value::Mapping(entries) => {
            let mut object = Map::with_capacity(entries.len());
            for (key, value) in entries {
                object.insert(convert_key(key)?, convert(value)?);
            }
            Value::Object(object)
        }
        serde_yaml::Value::Tagged(tagged) => expand(&tagged.tag.to_string(), tagged.value)?,
    })
}

fn convert_number(number: &serde_yaml::Number) -> Value {
    let whole = number.as_i64().map(Number::from).or_else(|| number.as_u64().map(Number::from));
    match whole.or_else(|| number.as_f64().and_then(Number::from_f64)) {
        Some(number) => Value::Number(number),
        None => Value::String(number.to_string()),
    }
}

fn convert_key(key: serde_yaml::Value) -> Result<String, TemplateError> {
    match key {
        serde_yaml::Value::String(text) => Ok(text),
        serde_yaml::Value::Number(number) => Ok(number.to_string()),
        serde_yaml::Value::Bool(flag) => Ok(flag.to_string()),
        _ => Err(TemplateError::format("YAML not well-formed: a key must be a string")),
    }
}

fn expand(tag: &str, value: serde_yaml::Value) -> Result<Value, TemplateError> {
    let name = tag.trim_start_matches('!');
    if !TAGS.contains(&name) {
        return Err(TemplateError::format(format!("YAML not well-formed: unknown tag !{name}")));
    }
    let argument = convert(value)?;
    let argument = match argument {
        Value::String(text) if name == "GetAtt" => match text.split_once('.') {
            Some((resource, attribute)) => Value::Array(vec![resource.into(), attribute.into()]),
            None => Value::String(text),
        },
        other => other,
    };
    let key = if matches!(name, "Ref" | "Condition") { name.to_owned() } else { format!("Fn::{name}") };
    Ok(Value::Object(Map::from_iter([(key, argument)])))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_tags_become_functions() {
        let text =
            "A: !Ref X\nB: !GetAtt N.Outputs.Y\nC: !Sub [\"${a}\", {a: !Select [0, !GetAZs '']}]\nD: !Condition P\n";
        assert_eq!(
            read(text).unwrap(),
            json!({
                "A": {"Ref": "X"},
                "B": {"Fn::GetAtt": ["N", "Outputs.Y"]},
                "C": {"Fn::Sub": ["${a}", {"a": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}]},
                "D": {"Condition": "P"},
            })
        );
    }

    #[test]
    fn a_date_is_text_and_a_leading_zero_stays() {
        assert_eq!(read("A: 2010-09-09\nB: 012345678901\n").unwrap(), json!({"A": "2010-09-09", "B": "012345678901"}));
    }

    #[test]
    fn an_unknown_tag_is_refused_by_name() {
        assert_eq!(
            read("A: !Reff X").unwrap_err().to_string(),
            "Template format error: YAML not well-formed: unknown tag !Reff"
        );
    }

    #[test]
    fn broken_json_names_the_place() {
        assert_eq!(
            read("{\"Resources\": {\n  \"A\": ]\n}").unwrap_err().to_string(),
            "Template format error: JSON not well-formed. (line 2, column 8)"
        );
    }
}
