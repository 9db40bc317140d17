//! `DefinitionString`: the definition as JSON text, CloudFormation functions drawn out of it.

use serde_json::{Map, Value, json};

use crate::stack::{Named, Stack, StateMachine};
use crate::template::draft::Draft;
use crate::template::intrinsic::reference;
use crate::template::naming::md5_hex;

/// The definition of a machine as the template holds it.
pub fn render(draft: &Draft, machine: &Named<StateMachine>) -> Value {
    let mut definition = machine.value.definition.to_json();
    if let Value::String(text) = &definition {
        return written_as_text(draft.stack, text);
    }
    if machine.value.configure_task_timeouts.is_some_and(|flag| flag.value) {
        add_timeouts(draft.stack, &mut definition);
    }
    if draft.stack.validates_machines && !draft.stack.is_safe() {
        name_query_language(&mut definition);
    }
    let mut drawn = Vec::new();
    draw(&mut definition, &mut drawn);
    let mut text = serde_json::to_string_pretty(&definition).unwrap_or_default();
    let is_pseudo = text.contains("#{");
    if is_pseudo {
        text = pseudo_parameters(&text);
    }
    for (name, ..) in drawn.iter().filter(|(_, _, is_number)| *is_number) {
        text = text.replace(&format!("\"${{{name}}}\""), &format!("${{{name}}}"));
    }
    if drawn.is_empty() {
        let has_parameters = is_pseudo || draft.stack.is_safe() && text.contains("${AWS::");
        return if has_parameters { json!({"Fn::Sub": text}) } else { json!(text) };
    }
    let exact = machine.value.use_exact_version.is_some_and(|flag| flag.value);
    let variables = drawn.into_iter().map(|(name, value, _)| {
        let value = local(draft.stack, &value);
        (name, if exact { versioned(draft, value) } else { value })
    });
    json!({"Fn::Sub": [text, variables.collect::<Map<_, _>>()]})
}

/// Writes the query language into every state: the plugin's validator leaves it there when `stepFunctions.validate` is on.
fn name_query_language(definition: &mut Value) {
    let language = definition.get("QueryLanguage").cloned().unwrap_or_else(|| json!("JSONPath"));
    each_state(definition, &mut |state| {
        state.entry("QueryLanguage").or_insert_with(|| language.clone());
    });
}

fn each_state(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            let states = map.get_mut("States").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
            states.filter_map(Value::as_object_mut).for_each(&mut *change);
            map.values_mut().for_each(|member| each_state(member, change));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_state(item, change)),
        _ => {}
    }
}

/// A definition that the author wrote as JSON text.
fn written_as_text(stack: &Stack, text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(_) if stack.is_safe() => json!(text),
        // The plugin passes such text on as a string within a string, without line breaks.
        _ => json!(Value::String(text.to_owned()).to_string().replace("\\n", "").replace("\\r", "")),
    }
}

/// Takes CloudFormation functions out of a definition, leaving a variable for each. Each comes with its name and whether it stands for
/// a number: the seconds of a wait.
fn draw(value: &mut Value, drawn: &mut Vec<(String, Value, bool)>) {
    let replace = |place: &mut Value, is_number: bool, drawn: &mut Vec<(String, Value, bool)>| {
        let name = md5_hex(&place.to_string());
        let taken = std::mem::replace(place, json!(format!("${{{name}}}")));
        if !drawn.iter().any(|(known, _, number)| *known == name && *number == is_number) {
            drawn.push((name, taken, is_number));
        }
    };
    match value {
        Value::Object(map) => {
            let waits = map.get("Type").and_then(Value::as_str) == Some("Wait");
            for (key, member) in map.iter_mut() {
                if is_intrinsic(member) {
                    replace(member, waits && key == "Seconds", drawn);
                } else {
                    draw(member, drawn);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if is_intrinsic(item) {
                    replace(item, false, drawn);
                } else {
                    draw(item, drawn);
                }
            }
        }
        _ => {}
    }
}

/// Whether a mapping holds a CloudFormation function.
pub fn is_intrinsic(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.keys().any(|key| key == "Ref" || key.starts_with("Fn::")))
}

/// `#{AWS::Region}` in CloudFormation's own spelling.
fn pseudo_parameters(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("#{") {
        result.push_str(&rest[..at]);
        match rest[at..].find('}') {
            Some(end) if end > 2 => {
                result.push_str("${");
                result.push_str(&rest[at + 2..at + end + 1]);
                rest = &rest[at + end + 1..];
            }
            _ => {
                result.push_str("#{");
                rest = &rest[at + 2..];
            }
        }
    }
    result + rest
}

/// A reference to a function by its key, translated to its logical id. A `Ref`, which would mean the name, becomes the ARN's text: by
/// name the machine does not wait for the function, so that the function may refer to the machine.
pub fn local(stack: &Stack, value: &Value) -> Value {
    let function = |key: &str| stack.functions.entry(key).filter(|_| !is_resource(stack, key));
    let by_id = |id: &str| stack.functions.iter().find(|function| stack.function_id(&function.name) == id);
    if let Some(entry) = value.get("Ref").and_then(Value::as_str).and_then(|key| function(key).or_else(|| by_id(key))) {
        let name = stack.function_name(entry);
        let text = format!("arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{name}");
        return json!({"Fn::Sub": text});
    }
    if let Some(parts) = value.get("Fn::GetAtt").and_then(Value::as_array) {
        let entry = parts.first().and_then(Value::as_str).and_then(function);
        if let (Some(entry), Some(attribute)) = (entry, parts.get(1)) {
            return json!({"Fn::GetAtt": [stack.function_id(&entry.name), attribute]});
        }
    }
    value.clone()
}

/// Whether the user's own resources have this id.
pub fn is_resource(stack: &Stack, id: &str) -> bool {
    stack.resources.iter().any(|part| part.0.get("Resources").is_some_and(|resources| resources.get(id).is_some()))
}

/// A reference to a function as a reference to its newest version.
fn versioned(draft: &Draft, value: Value) -> Value {
    let target = value.get("Ref").or_else(|| value.get("Fn::GetAtt").and_then(|parts| parts.get(0)));
    let Some(target) = target.and_then(Value::as_str) else { return value };
    let version = draft.template.resources.iter().find(|(_, resource)| {
        let function = resource.properties.as_ref().map(|properties| &properties["FunctionName"]["Ref"]);
        resource.kind == "AWS::Lambda::Version" && function.and_then(|name| name.as_str()) == Some(target)
    });
    version.map_or_else(|| value.clone(), |(id, _)| reference(id))
}

/// Gives each task that calls a function of the stack the function's timeout, unless it has one of its own.
fn add_timeouts(stack: &Stack, value: &mut Value) {
    if let Value::Object(map) = value {
        let called = map.get("Resource").and_then(|resource| called_function(stack, resource, map.get("Parameters")));
        let has_own = map.contains_key("TimeoutSeconds") || map.contains_key("TimeoutSecondsPath");
        if let Some(timeout) = called.filter(|_| !has_own && map.get("Type").and_then(Value::as_str) == Some("Task")) {
            map.insert("TimeoutSeconds".to_owned(), json!(timeout));
        }
        map.values_mut().for_each(|member| add_timeouts(stack, member));
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(|item| add_timeouts(stack, item));
    }
}

fn called_function(stack: &Stack, resource: &Value, parameters: Option<&Value>) -> Option<i64> {
    let by_invoke = resource.as_str().is_some_and(|text| text.contains(":::lambda:invoke"));
    let target = if by_invoke { parameters?.get("FunctionName")? } else { resource };
    let key =
        target.get("Ref").or_else(|| target.get("Fn::GetAtt").and_then(|parts| parts.get(0))).and_then(Value::as_str);
    let entry = stack.functions.iter().find(|function| {
        let name = stack.function_name(function);
        let by_name = target.as_str().is_some_and(|text| text == name || text.ends_with(&format!(":function:{name}")));
        by_name || key == Some(&function.name) || key == Some(&stack.function_id(&function.name))
    });
    entry.map(|function| stack.timeout_s(&function.value))
}
