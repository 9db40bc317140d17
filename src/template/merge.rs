//! Merges the user's `resources` into the template.

use cfn::{Output, Parameter, Resource};
use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Kind, Node};

use super::draft::{Draft, depend, properties};

/// Merges every part of `resources`, in order, and applies `resources.extensions`.
pub fn render(draft: &mut Draft) {
    let stack = draft.stack;
    for part in &stack.resources {
        for entry in part.0.entries() {
            section(draft, &entry.key.text, &entry.value, entry.key.span);
        }
    }
    for part in &stack.resources {
        for entry in part.0.get("extensions").map(Node::entries).unwrap_or_default() {
            extend_resource(draft, &entry.key.text, &entry.value, entry.key.span);
        }
    }
    drop_nulls(draft);
}

fn section(draft: &mut Draft, name: &str, node: &Node, span: crate::source::Span) {
    match name {
        "Resources" => resources(draft, node),
        "Outputs" => outputs(draft, node),
        "Conditions" => assign(&mut draft.template.conditions, node),
        "Mappings" => assign(&mut draft.template.mappings, node),
        "Rules" => assign(&mut draft.template.rules, node),
        "Parameters" => parameters(draft, node),
        "Transform" => {
            let given = match node.to_json() {
                // As the framework writes one alone.
                Value::String(name) if !draft.stack.is_safe() => Value::Array(vec![Value::String(name)]),
                given => given,
            };
            draft.template.transform = Some(merged(draft.template.transform.take(), given));
        }
        "Metadata" => draft.template.metadata = Some(merged(draft.template.metadata.take(), node.to_json())),
        "Description" => draft.template.description = node.as_str().map(str::to_owned),
        "AWSTemplateFormatVersion" | "extensions" => {}
        other => {
            let message = format!("`{other}` is not a section of a CloudFormation template");
            let known = [
                "Resources",
                "Outputs",
                "Conditions",
                "Mappings",
                "Rules",
                "Parameters",
                "Transform",
                "Metadata",
                "extensions",
            ];
            let mut diagnostic = Diagnostic::warning(Code::UnknownKey, span, message).did_you_mean(other, known);
            if draft.stack.dialect == crate::project::Dialect::Stack {
                diagnostic.severity = crate::diagnostic::Severity::Error;
            }
            draft.diagnostics.push(diagnostic);
        }
    }
}

fn assign(target: &mut indexmap::IndexMap<String, Value>, node: &Node) {
    for entry in node.entries() {
        let former = target.shift_remove(&entry.key.text);
        target.insert(entry.key.text.clone(), merged(former, entry.value.to_json()));
    }
}

fn resources(draft: &mut Draft, node: &Node) {
    for entry in node.entries() {
        let id = entry.key.text.as_str();
        if matches!(entry.value.kind, Kind::Null) {
            continue;
        }
        draft.origin(id, entry.key.span);
        let former = draft.template.resources.get(id).and_then(|resource| serde_json::to_value(resource).ok());
        let whole = merged(former, entry.value.to_json());
        match serde_json::from_value::<Resource>(without_unknown(whole)) {
            Ok(resource) => {
                draft.template.resources.insert(id.to_owned(), resource);
            }
            Err(cause) => {
                let message = format!("the resource `{id}` cannot be read: {cause}");
                draft.diagnostics.push(Diagnostic::error(Code::WrongType, entry.value.span, message));
            }
        }
    }
}

/// The attributes of a resource that CloudFormation knows; `null` ones mean that they are not there.
fn without_unknown(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

fn outputs(draft: &mut Draft, node: &Node) {
    for entry in node.entries() {
        let name = entry.key.text.as_str();
        let former = draft.template.outputs.get(name).and_then(|output| serde_json::to_value(output).ok());
        match serde_json::from_value::<Output>(without_unknown(merged(former, entry.value.to_json()))) {
            Ok(output) => {
                draft.template.outputs.insert(name.to_owned(), output);
            }
            Err(cause) => {
                let message = format!("the output `{name}` cannot be read: {cause}");
                draft.diagnostics.push(Diagnostic::error(Code::WrongType, entry.value.span, message));
            }
        }
    }
}

fn parameters(draft: &mut Draft, node: &Node) {
    for entry in node.entries() {
        match serde_json::from_value::<Parameter>(entry.value.to_json()) {
            Ok(parameter) => {
                draft.template.parameters.insert(entry.key.text.clone(), parameter);
            }
            Err(cause) => {
                let message = format!("the parameter `{}` cannot be read: {cause}", entry.key.text);
                draft.diagnostics.push(Diagnostic::error(Code::WrongType, entry.value.span, message));
            }
        }
    }
}

/// `extra` laid over `base`: mappings key by key, lists place by place, everything else replaced.
fn merged(base: Option<Value>, extra: Value) -> Value {
    match (base, extra) {
        (Some(Value::Object(mut base)), Value::Object(extra)) => {
            for (key, value) in extra {
                let former = base.get_mut(&key).map(Value::take);
                base.insert(key, merged(former, value));
            }
            Value::Object(base)
        }
        (Some(Value::Array(mut base)), Value::Array(extra)) => {
            for (index, value) in extra.into_iter().enumerate() {
                match base.get_mut(index) {
                    Some(place) => *place = merged(Some(place.take()), value),
                    None => base.push(value),
                }
            }
            Value::Array(base)
        }
        (_, extra) => extra,
    }
}

fn extend_resource(draft: &mut Draft, id: &str, extension: &Node, span: crate::source::Span) {
    let Some(resource) = draft.template.resources.get_mut(id) else {
        let message = format!("`resources.extensions.{id}` names no resource of the template");
        let diagnostic = Diagnostic::error(Code::UnknownReference, span, message);
        draft.diagnostics.push(diagnostic.did_you_mean(id, draft.template.resources.keys().map(String::as_str)));
        return;
    };
    for entry in extension.entries() {
        let value = entry.value.to_json();
        match entry.key.text.as_str() {
            "Properties" => properties(resource).extend(object(value)),
            "Metadata" => {
                let mut metadata = object(resource.metadata.take().unwrap_or_default());
                metadata.extend(object(value));
                resource.metadata = Some(Value::Object(metadata));
            }
            "DependsOn" => depend(resource, strings(value)),
            "Condition" => resource.condition = value.as_str().map(str::to_owned),
            "CreationPolicy" => resource.creation_policy = Some(value),
            "DeletionPolicy" => resource.deletion_policy = Some(value),
            "UpdatePolicy" => resource.update_policy = Some(value),
            "UpdateReplacePolicy" => resource.update_replace_policy = Some(value),
            other => {
                let message = format!("`{other}` of a resource cannot be extended");
                draft.diagnostics.push(Diagnostic::error(Code::UnknownKey, entry.key.span, message));
            }
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn strings(value: Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

/// CloudFormation refuses `null`: such properties are left out, at any depth.
fn drop_nulls(draft: &mut Draft) {
    for resource in draft.template.resources.values_mut() {
        resource.properties.iter_mut().for_each(prune);
    }
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(prune);
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}
