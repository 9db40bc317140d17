//! `$input`: the body and the parameters of the request.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::evaluate::Variables;
use super::value::Value;
use super::{TemplateError, path};

/// The body, parsed once, and the parameters.
pub struct Input<'a> {
    variables: &'a Variables,
    document: Json,
}

impl<'a> Input<'a> {
    /// Reads the body; one that is no JSON is a text, and none at all an empty object.
    pub fn new(variables: &'a Variables) -> Input<'a> {
        let document = match variables.body.trim() {
            "" => Json::Object(serde_json::Map::new()),
            body => serde_json::from_str(body).unwrap_or_else(|_| Json::String(variables.body.clone())),
        };
        Input { variables, document }
    }

    /// `$input.body`.
    pub fn body(&self) -> Value {
        let body = self.variables.body.as_str();
        Value::Text(if body.is_empty() { "{}" } else { body }.to_owned())
    }

    /// `$input.json(…)`, `$input.path(…)`, `$input.params(…)`.
    pub fn call(&self, name: &str, arguments: &[Value]) -> Result<Option<Value>, TemplateError> {
        match (name, arguments) {
            ("json", [path]) => {
                let found = path::select(&self.document, &path.text())?;
                Ok(Some(Value::Text(found.unwrap_or_else(|| Json::from("")).to_string())))
            }
            ("path", [path]) => {
                let found = path::select(&self.document, &path.text())?.unwrap_or(Json::Null);
                Ok(Some(if found.is_null() { Value::Text(String::new()) } else { Value::of(&found) }))
            }
            ("params", []) => Ok(Some(self.all())),
            ("params", [name]) => Ok(Some(Value::Text(self.parameter(&name.text())))),
            _ => Err(TemplateError::Evaluation(format!(
                "$input has no method {name} with {} arguments",
                arguments.len()
            ))),
        }
    }

    fn all(&self) -> Value {
        let variables = self.variables;
        let groups =
            [("path", &variables.path), ("querystring", &variables.querystring), ("header", &variables.header)];
        Value::map(groups.into_iter().map(|(name, group)| (name.to_owned(), group_value(group))).collect())
    }

    /// In the path, the query string, then the headers.
    fn parameter(&self, name: &str) -> String {
        let variables = self.variables;
        let plain = variables.path.get(name).or_else(|| variables.querystring.get(name));
        let header = || variables.header.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        plain.or_else(header).cloned().unwrap_or_default()
    }
}

fn group_value(group: &IndexMap<String, String>) -> Value {
    Value::map(group.iter().map(|(name, value)| (name.clone(), Value::Text(value.clone()))).collect())
}
