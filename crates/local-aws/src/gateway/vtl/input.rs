//! `$input`: the body and the parameters of the request.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::evaluate::Variables;
use super::value::Value;
use super::{TemplateError, path};

/// The body, parsed once, and the parameters.
pub struct Input<'a> {
    variables: &'a Variables,
    document: Result<Json, String>,
}

impl<'a> Input<'a> {
    /// Reads the body. One that does not even begin like JSON is a text (a form), none at all an empty object.
    pub fn new(variables: &'a Variables) -> Input<'a> {
        let document = match variables.body.trim() {
            "" => Ok(Json::Object(serde_json::Map::new())),
            body => match serde_json::from_str(body) {
                Err(error) if body.starts_with(['{', '[']) => Err(error.to_string()),
                Err(_) => Ok(Json::String(variables.body.clone())),
                Ok(document) => Ok(document),
            },
        };
        Input { variables, document }
    }

    fn document(&self) -> Result<&Json, TemplateError> {
        self.document.as_ref().map_err(|error| TemplateError::Body(error.clone()))
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
                let found = path::select(self.document()?, &path.text())?;
                Ok(Some(Value::Text(found.unwrap_or_else(|| Json::from("")).to_string())))
            }
            ("path", [path]) => {
                let found = path::select(self.document()?, &path.text())?.unwrap_or(Json::Null);
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
