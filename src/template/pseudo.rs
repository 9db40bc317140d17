//! `#{AWS::Region}`: the spelling of serverless-pseudo-parameters.

use serde_json::{Value, json};

use super::draft::Draft;

/// Makes `Fn::Sub` of every text with `#{…}`, when the plugin is listed.
pub fn render(draft: &mut Draft) {
    if !draft.stack.has_plugin("serverless-pseudo-parameters") {
        return;
    }
    for resource in draft.template.resources.values_mut() {
        resource.properties.iter_mut().for_each(|value| substitute(value, false));
    }
    for output in draft.template.outputs.values_mut() {
        substitute(&mut output.value, false);
        output.export.iter_mut().for_each(|value| substitute(value, false));
    }
}

/// Inside `Fn::Sub` the text only changes its spelling.
fn substitute(value: &mut Value, in_sub: bool) {
    match value {
        Value::String(text) if text.contains("#{") => {
            let changed = spelled(text);
            *value = if in_sub { json!(changed) } else { json!({"Fn::Sub": changed}) };
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                substitute(item, in_sub && index == 0);
            }
        }
        Value::Object(map) => map.iter_mut().for_each(|(key, member)| substitute(member, key == "Fn::Sub")),
        _ => {}
    }
}

/// `#{X}` as `${X}`, `#{X.Arn}` likewise.
fn spelled(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("#{") {
        let Some(end) = rest[at..].find('}') else { break };
        result.push_str(&rest[..at]);
        result.push_str("${");
        result.push_str(&rest[at + 2..=at + end]);
        rest = &rest[at + end + 1..];
    }
    result + rest
}
