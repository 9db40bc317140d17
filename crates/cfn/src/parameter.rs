//! The `Parameters` section: which value each parameter has, and whether it may.

use indexmap::IndexMap;
use regex::Regex;
use serde_json::Value;

use crate::evaluate::scalar;
use crate::{Parameter, TemplateError};

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    String,
    Number,
    NumberList,
    TextList,
    /// `AWS::SSM::Parameter::Value<…>`: the given value is a name, the parameter's value lives in the parameter store.
    Stored {
        list: bool,
    },
}

impl Kind {
    /// The kind of a declared type.
    ///
    /// # Errors
    /// [`TemplateError`] when there is no such type.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
    pub fn of(name: &str, declared: &str) -> Result<Kind, TemplateError> {
        let element = |text: &str| text == "String" || text.starts_with("AWS::");
        Ok(match declared {
            "String" | "AWS::SSM::Parameter::Name" => Kind::String,
            "Number" => Kind::Number,
            "CommaDelimitedList" => Kind::TextList,
            "List<Number>" => Kind::NumberList,
            _ => {
                let inner = |prefix: &str| declared.strip_prefix(prefix)?.strip_suffix('>');
                match (inner("AWS::SSM::Parameter::Value<"), inner("List<")) {
                    (Some(stored), _) if stored == "CommaDelimitedList" || stored.starts_with("List<") => {
                        Kind::Stored { list: true }
                    }
                    (Some(stored), _) if element(stored) => Kind::Stored { list: false },
                    (None, Some(item)) if element(item) => Kind::TextList,
                    (None, None) if declared.starts_with("AWS::") && declared.split("::").count() >= 3 => Kind::String,
                    _ => {
                        return Err(TemplateError::format(format!(
                            "Unrecognized parameter type: {declared} for {name}"
                        )));
                    }
                }
            }
        })
    }
}

/// Whether the parameter's value is hidden wherever it is described.
pub fn hidden(parameter: &Parameter) -> bool {
    parameter.no_echo.as_ref().and_then(scalar).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The text of every declared parameter: the given one, else the default.
///
/// # Errors
/// [`TemplateError::UnknownParameters`], [`TemplateError::MissingParameters`], or a broken constraint.
pub fn texts(
    declared: &IndexMap<String, Parameter>,
    given: &IndexMap<String, String>,
) -> Result<IndexMap<String, String>, TemplateError> {
    let unknown: Vec<String> = given.keys().filter(|name| !declared.contains_key(*name)).cloned().collect();
    if !unknown.is_empty() {
        return Err(TemplateError::UnknownParameters(unknown));
    }
    let mut result = IndexMap::new();
    let mut missing = Vec::new();
    for (name, parameter) in declared {
        Kind::of(name, &parameter.kind)?;
        match given.get(name).cloned().or_else(|| parameter.default.as_ref().and_then(default_text)) {
            Some(text) => {
                check(name, parameter, &text)?;
                result.insert(name.clone(), text);
            }
            None => missing.push(name.clone()),
        }
    }
    if missing.is_empty() { Ok(result) } else { Err(TemplateError::MissingParameters(missing)) }
}

/// The value that `Ref` gives for a parameter whose text is `text` (for a stored one: the text found in the store).
pub fn value(name: &str, parameter: &Parameter, text: &str) -> Result<Value, TemplateError> {
    Ok(match Kind::of(name, &parameter.kind)? {
        Kind::String | Kind::Number | Kind::Stored { list: false } => Value::String(text.to_owned()),
        Kind::TextList | Kind::NumberList | Kind::Stored { list: true } => {
            if text.is_empty() {
                Value::Array(Vec::new())
            } else {
                Value::Array(text.split(',').map(|item| Value::from(item.trim())).collect())
            }
        }
    })
}

fn default_text(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => items.iter().map(scalar).collect::<Option<Vec<_>>>().map(|items| items.join(",")),
        other => scalar(other),
    }
}

fn check(name: &str, parameter: &Parameter, text: &str) -> Result<(), TemplateError> {
    let kind = Kind::of(name, &parameter.kind)?;
    let items: Vec<&str> = match kind {
        Kind::TextList | Kind::NumberList => text.split(',').map(str::trim).collect(),
        _ => vec![text],
    };
    for item in items {
        check_item(name, parameter, kind, item)?;
    }
    Ok(())
}

fn check_item(name: &str, parameter: &Parameter, kind: Kind, text: &str) -> Result<(), TemplateError> {
    let described = parameter.constraints.get("ConstraintDescription").and_then(Value::as_str);
    let refuse = |words: String| {
        Err(TemplateError::Parameter(match described {
            Some(description) => format!("Parameter {name} failed to satisfy constraint: {description}"),
            None => words,
        }))
    };
    let limit = |key: &str| parameter.constraints.get(key).and_then(scalar).and_then(|text| text.parse::<f64>().ok());
    if matches!(kind, Kind::Number | Kind::NumberList) {
        let Ok(number) = text.parse::<f64>() else {
            return Err(TemplateError::Parameter(format!("Parameter '{name}' must be a number.")));
        };
        if limit("MinValue").is_some_and(|least| number < least) {
            return refuse(format!(
                "Parameter '{name}' must be a number not less than {}",
                shown(parameter, "MinValue")
            ));
        }
        if limit("MaxValue").is_some_and(|most| number > most) {
            return refuse(format!(
                "Parameter '{name}' must be a number not greater than {}",
                shown(parameter, "MaxValue")
            ));
        }
    }
    let length = text.chars().count() as f64;
    if limit("MinLength").is_some_and(|least| length < least) {
        return refuse(format!(
            "Parameter '{name}' must contain at least {} characters",
            shown(parameter, "MinLength")
        ));
    }
    if limit("MaxLength").is_some_and(|most| length > most) {
        return refuse(format!("Parameter '{name}' must contain at most {} characters", shown(parameter, "MaxLength")));
    }
    if let Some(allowed) = parameter.constraints.get("AllowedValues").and_then(Value::as_array)
        && !allowed.iter().filter_map(scalar).any(|value| value == text)
    {
        return refuse(format!("Parameter '{name}' must be one of AllowedValues"));
    }
    match parameter.constraints.get("AllowedPattern").and_then(Value::as_str) {
        Some(pattern) if !whole_match(name, pattern, text)? => {
            refuse(format!("Parameter '{name}' must match pattern {pattern}"))
        }
        _ => Ok(()),
    }
}

fn shown(parameter: &Parameter, key: &str) -> String {
    parameter.constraints.get(key).and_then(scalar).unwrap_or_default()
}

fn whole_match(name: &str, pattern: &str, text: &str) -> Result<bool, TemplateError> {
    let regex = Regex::new(&format!("^(?:{pattern})$")).map_err(|_| {
        TemplateError::format(format!("Parameter {name} AllowedPattern is not a supported regular expression"))
    })?;
    Ok(regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts_of(declared: Value, given: &[(&str, &str)]) -> Result<IndexMap<String, String>, TemplateError> {
        let declared: IndexMap<String, Parameter> = serde_json::from_value(declared).unwrap();
        texts(&declared, &given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn a_default_stands_in_and_a_missing_value_is_named() {
        let declared = json!({"A": {"Type": "String", "Default": 5}, "B": {"Type": "String"}});
        assert_eq!(texts_of(declared.clone(), &[]).unwrap_err().to_string(), "Parameters: [B] must have values");
        assert_eq!(texts_of(declared.clone(), &[("B", "b")]).unwrap()["A"], "5");
        assert_eq!(
            texts_of(declared, &[("B", "b"), ("C", "c")]).unwrap_err().to_string(),
            "Parameters: [C] do not exist in the template"
        );
    }

    #[test]
    fn constraints_are_kept() {
        let case = |constraints: Value, text: &str| {
            let mut declared = json!({"Type": "String"});
            declared.as_object_mut().unwrap().extend(constraints.as_object().unwrap().clone());
            texts_of(json!({"P": declared}), &[("P", text)]).map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(case(json!({"AllowedValues": ["a", 1]}), "1"), Ok(()));
        assert_eq!(
            case(json!({"AllowedValues": ["a"]}), "b"),
            Err("Parameter 'P' must be one of AllowedValues".into())
        );
        assert_eq!(
            case(json!({"AllowedPattern": "[a-z]+"}), "a1"),
            Err("Parameter 'P' must match pattern [a-z]+".into())
        );
        assert_eq!(case(json!({"MinLength": 3}), "ab"), Err("Parameter 'P' must contain at least 3 characters".into()));
        assert_eq!(
            case(json!({"MaxLength": "1", "ConstraintDescription": "one letter"}), "ab"),
            Err("Parameter P failed to satisfy constraint: one letter".into())
        );
        assert_eq!(
            case(json!({"Type": "Number", "MaxValue": 3}), "4"),
            Err("Parameter 'P' must be a number not greater than 3".into())
        );
        assert_eq!(case(json!({"Type": "Number"}), "x"), Err("Parameter 'P' must be a number.".into()));
        assert!(case(json!({"Type": "Text"}), "x").is_err());
    }

    #[test]
    fn a_list_parameter_is_a_list() {
        let parameter = Parameter { kind: "List<AWS::EC2::Subnet::Id>".into(), ..Parameter::default() };
        assert_eq!(value("P", &parameter, "a, b").unwrap(), json!(["a", "b"]));
    }
}
