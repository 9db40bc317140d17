//! Events of the account: `AWS::Events::Rule`.

use serde_json::{Map, Value, json};

use crate::stack::event::CloudwatchEvent;
use crate::stack::{Any, Function, Named};
use crate::template::draft::{Draft, depend, extend, present};
use crate::template::intrinsic::attribute;

use super::{id, permit, transformer};

/// Adds the rule, and its right to call the function.
pub fn render(draft: &mut Draft, function: &Named<Function>, event: &CloudwatchEvent, number: usize) {
    let mut target = Map::new();
    target.insert("Arn".into(), draft.function_arn(&function.name));
    target.insert("Id".into(), json!(format!("{}CloudWatchEvent", function.name)));
    let input = event.input.as_ref().map(|input| match input.to_json() {
        Value::String(text) => json!(text),
        other => json!(other.to_string()),
    });
    extend(
        &mut target,
        [
            ("Input", input),
            ("InputPath", event.input_path.as_ref().map(|path| json!(path.text))),
            ("InputTransformer", transformer(event.input_transformer.as_ref())),
        ],
    );
    let enabled = event.enabled.is_none_or(|flag| flag.value);
    let rule = present([
        ("EventPattern", event.event.as_ref().map(Any::to_json)),
        ("State", Some(json!(if enabled { "ENABLED" } else { "DISABLED" }))),
        ("Name", event.name.as_ref().map(|name| json!(name.text))),
        ("Description", event.description.as_ref().map(|text| json!(text.text))),
        ("Targets", Some(json!([target]))),
    ]);
    let rule_id = id(function, format_args!("EventsRuleCloudWatchEvent{number}"));
    let alias = draft.aliases.get(&function.name).cloned();
    depend(draft.add(&rule_id, event.span, "AWS::Events::Rule", rule), alias);
    let permission = id(function, format_args!("LambdaPermissionEventsRuleCloudWatchEvent{number}"));
    permit(draft, function, permission, event.span, json!("events.amazonaws.com"), Some(attribute(&rule_id, "Arn")));
}
