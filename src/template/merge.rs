//! Merges the user's `resources` into the template.

use cfn::decode::{OUTPUT_ATTRIBUTES, PARAMETER_ATTRIBUTES, RESOURCE_ATTRIBUTES};
use cfn::{Output, Parameter, Resource};
use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Entry, Kind, Node};

use super::draft::{Draft, change, depend};

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
        let required = if draft.template.resources.contains_key(id) { None } else { Some("Type") };
        if !attributes(draft, &format!("the resource `{id}`"), entry, RESOURCE_ATTRIBUTES, required) {
            continue;
        }
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

/// Whether an entry of a section has the attributes that it must have and no others.
fn attributes(draft: &mut Draft, what: &str, entry: &Entry, known: &[&'static str], required: Option<&str>) -> bool {
    let before = draft.diagnostics.len();
    if !matches!(entry.value.kind, Kind::Mapping(_)) {
        let message = format!("{what} has to be a mapping, and it is {}", entry.value.noun());
        let hint = format!("write `{}:` and its attributes indented below it: {}", entry.key.text, known.join(", "));
        draft.diagnostics.push(Diagnostic::error(Code::WrongType, entry.value.span, message).hint(hint));
        return false;
    }
    for attribute in entry.value.entries() {
        let name = attribute.key.text.as_str();
        if !known.contains(&name) {
            let message = format!("`{name}` is not an attribute of {what}");
            let diagnostic = Diagnostic::error(Code::UnknownKey, attribute.key.span, message);
            let inside = known.contains(&"Properties").then(|| "properties stand under `Properties`".to_owned());
            let diagnostic = match crate::diagnostic::nearest(name, known.iter().copied()) {
                Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
                None => diagnostic.hint(inside.unwrap_or_else(|| format!("there are {}", known.join(", ")))),
            };
            draft.diagnostics.push(diagnostic);
        }
    }
    let given = || entry.value.entries().iter().map(|attribute| attribute.key.text.as_str());
    let misspelt = |required: &str| given().any(|name| crate::diagnostic::nearest(name, [required]).is_some());
    if let Some(required) = required.filter(|required| !misspelt(required)) {
        let message = format!("`{required}` is missing in {what}");
        let hint = format!("add `{required}: …` below `{}:`", entry.key.text);
        draft.diagnostics.push(Diagnostic::error(Code::MissingKey, entry.key.span, message).hint(hint));
    }
    draft.diagnostics.len() == before
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
        let required = if draft.template.outputs.contains_key(name) { None } else { Some("Value") };
        if !attributes(draft, &format!("the output `{name}`"), entry, OUTPUT_ATTRIBUTES, required) {
            continue;
        }
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
        if !attributes(draft, &format!("the parameter `{}`", entry.key.text), entry, PARAMETER_ATTRIBUTES, Some("Type"))
        {
            continue;
        }
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
        draft.diagnostics.push(diagnostic.choose(id, draft.template.resources.keys().map(String::as_str), ""));
        return;
    };
    for entry in extension.entries() {
        let value = entry.value.to_json();
        match entry.key.text.as_str() {
            "Properties" => change(resource, |properties| properties.extend(object(value))),
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
