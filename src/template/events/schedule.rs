//! Times: `AWS::Events::Rule` or `AWS::Scheduler::Schedule`.

use serde_json::{Map, Value, json};

use crate::source::Span;
use crate::stack::event::{ScheduleChoice, ScheduleEvent};
use crate::stack::{Any, Function, Named};
use crate::template::draft::{Draft, depend, extend, present};
use crate::template::intrinsic::{attribute, sub};

use super::{id, is_enabled, next, permit, transformer};

/// Adds one rule or schedule a rate.
pub fn render(draft: &mut Draft, function: &Named<Function>, choice: &ScheduleChoice, count: &mut usize) {
    let (rates, details, span): (Vec<Value>, Option<&ScheduleEvent>, Span) = match choice {
        ScheduleChoice::Rate(rate) => (vec![json!(rate.text)], None, rate.span),
        ScheduleChoice::Detailed(event) => {
            (event.rate.iter().map(|rate| rate.value.clone()).collect(), Some(event), event.span)
        }
    };
    let by_scheduler = details.and_then(|event| event.method.as_ref()).is_some_and(|method| method.text == "scheduler");
    for rate in rates {
        let number = next(count);
        if by_scheduler {
            schedule(draft, function, details, rate, number, span);
        } else {
            rule(draft, function, details, rate, number, span);
        }
    }
    if by_scheduler {
        let name = draft.stack.function_name(function);
        let arn = format!("arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{name}");
        let statement = json!({
            "Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": [sub(&*arn), sub(format!("{arn}:*"))],
        });
        draft.grant(&function.name, statement);
        draft.assume("scheduler.amazonaws.com");
    }
}

fn state(details: Option<&ScheduleEvent>) -> Value {
    json!(if is_enabled(details.and_then(|event| event.enabled.as_ref())) { "ENABLED" } else { "DISABLED" })
}

/// The event as text; a body that is text itself is read as JSON, so that the function gets a mapping.
fn input(details: Option<&ScheduleEvent>) -> Option<Value> {
    match details?.input.as_ref()?.to_json() {
        Value::String(text) => Some(json!(text)),
        Value::Object(mut map) => {
            if let Some(body) = map.get("body").and_then(Value::as_str).and_then(|body| serde_json::from_str(body).ok())
            {
                map.insert("body".to_owned(), body);
            }
            Some(json!(Value::Object(map).to_string()))
        }
        other => Some(json!(other.to_string())),
    }
}

fn rule(
    draft: &mut Draft,
    function: &Named<Function>,
    details: Option<&ScheduleEvent>,
    rate: Value,
    number: usize,
    span: Span,
) {
    let mut target = Map::new();
    target.insert("Arn".into(), draft.function_arn(&function.name));
    target.insert("Id".into(), json!(format!("{}Schedule", function.name)));
    extend(
        &mut target,
        [
            ("Input", input(details)),
            ("InputPath", details.and_then(|event| event.input_path.as_ref()).map(Any::to_json)),
            ("InputTransformer", transformer(details.and_then(|event| event.input_transformer.as_ref()))),
        ],
    );
    let rule = present([
        ("ScheduleExpression", Some(rate)),
        ("State", Some(state(details))),
        ("Name", details.and_then(|event| event.name.as_ref()).map(|name| name.value.clone())),
        ("Description", details.and_then(|event| event.description.as_ref()).map(|text| text.value.clone())),
        ("Targets", Some(json!([target]))),
    ]);
    let rule_id = id(function, format_args!("EventsRuleSchedule{number}"));
    let alias = draft.aliases.get(&function.name).cloned();
    depend(draft.add(&rule_id, span, "AWS::Events::Rule", rule), alias);
    let permission = id(function, format_args!("LambdaPermissionEventsRuleSchedule{number}"));
    permit(draft, function, permission, span, json!("events.amazonaws.com"), Some(attribute(&rule_id, "Arn")));
}

fn schedule(
    draft: &mut Draft,
    function: &Named<Function>,
    details: Option<&ScheduleEvent>,
    rate: Value,
    number: usize,
    span: Span,
) {
    let own_role = details.and_then(|event| event.role.as_ref()).map(|role| role.value.clone());
    let rendered = crate::template::function::rendered(draft, &function.name)
        .and_then(|properties| properties.get("Role").cloned());
    let target = present([
        ("Arn", Some(draft.function_arn(&function.name))),
        ("RoleArn", own_role.or(rendered)),
        ("Input", input(details)),
    ]);
    let schedule = present([
        ("ScheduleExpression", Some(rate)),
        ("State", Some(state(details))),
        ("Target", Some(target)),
        ("FlexibleTimeWindow", Some(json!({"Mode": "OFF"}))),
        ("Name", details.and_then(|event| event.name.as_ref()).map(|name| name.value.clone())),
        ("Description", details.and_then(|event| event.description.as_ref()).map(|text| text.value.clone())),
        ("GroupName", details.and_then(|event| event.group_name.as_ref()).map(|name| name.value.clone())),
        ("ScheduleExpressionTimezone", details.and_then(|event| event.timezone.as_ref()).map(|zone| json!(zone.text))),
    ]);
    let alias = draft.aliases.get(&function.name).cloned();
    let schedule_id = id(function, format_args!("SchedulerSchedule{number}"));
    depend(draft.add(schedule_id, span, "AWS::Scheduler::Schedule", schedule), alias);
}
