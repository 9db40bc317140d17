//! Patch operations, with which API Gateway is updated.

use serde_json::{Map, Value, json};

use super::member::document;
use crate::engine::provider::Context;
use crate::wire::Fault;

/// A list of patch operations.
#[derive(Debug, Default)]
pub struct Patch(Vec<Value>);

impl Patch {
    /// Replaces a setting that differs; a missing one by `absent`.
    pub fn setting(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>, absent: &str) {
        if before != after {
            let value = after.map_or_else(|| absent.to_owned(), document);
            self.0.push(json!({ "op": "replace", "path": path, "value": value }));
        }
    }

    /// Sets a value.
    pub fn replace(&mut self, path: &str, value: &str) {
        self.0.push(json!({ "op": "replace", "path": path, "value": value }));
    }

    /// Adds and removes the items of a list of strings.
    pub fn list(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        let texts = |value: Option<&Value>| -> Vec<String> {
            value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (before, after) = (texts(before), texts(after));
        for item in before.iter().filter(|item| !after.contains(item)) {
            self.0.push(json!({ "op": "remove", "path": format!("{path}/{}", escaped(item)) }));
        }
        for item in after.iter().filter(|item| !before.contains(item)) {
            self.0.push(json!({ "op": "add", "path": format!("{path}/{}", escaped(item)) }));
        }
    }

    /// Adds and removes the members of a set that are values, not places.
    pub fn members(&mut self, path: &str, before: &[String], after: &[String]) {
        for item in before.iter().filter(|item| !after.contains(item)) {
            self.0.push(json!({ "op": "remove", "path": path, "value": item }));
        }
        for item in after.iter().filter(|item| !before.contains(item)) {
            self.0.push(json!({ "op": "add", "path": path, "value": item }));
        }
    }

    /// Adds, replaces and removes the entries of a map of strings.
    pub fn map(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        let empty = Map::new();
        let entries =
            |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
        let (before, after) = (entries(before), entries(after));
        for key in before.keys().filter(|key| !after.contains_key(*key)) {
            self.0.push(json!({ "op": "remove", "path": format!("{path}/{}", escaped(key)) }));
        }
        for (key, value) in after.iter().filter(|(key, value)| before.get(*key) != Some(value)) {
            self.0
                .push(json!({ "op": "replace", "path": format!("{path}/{}", escaped(key)), "value": document(value) }));
        }
    }

    /// Sends the operations, if there are any.
    ///
    /// # Errors
    /// The service's fault.
    pub async fn send(self, context: &Context, operation: &str, mut target: Value) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        target["patchOperations"] = Value::Array(self.0);
        context.invoke("apigateway", operation, target).await.map(|_| ())
    }
}

fn escaped(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}
