//! Events of event buses: `AWS::Events::Rule` and `AWS::Events::EventBus`.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::event::EventBridgeEvent;
use crate::stack::{Any, Function, Helper, Named, normalized};
use crate::template::draft::{Draft, depend, extend, present};
use crate::template::helper;
use crate::template::intrinsic::{account, partition, region};
use crate::template::naming::{alphanumeric_upper, md5_hex};

use super::{id, permit, transformer};

/// The longest name of a rule that EventBridge takes.
const LONGEST_NAME: usize = 64;

/// Adds the rule, the bus when it is a new one, and the rule's right to call the function. `place` counts the function's events.
pub fn render(draft: &mut Draft, function: &Named<Function>, event: &EventBridgeEvent, place: usize) {
    if draft.stack.has_rules_elsewhere() {
        return render_elsewhere(draft, function, event, place);
    }
    let stub = format!("{}-rule-{place}", draft.stack.function_name(function));
    let name = rule_name(&stub, event, place);
    let bus = event.event_bus.as_ref().map(|bus| match bus.as_str() {
        Some(arn) if arn.starts_with("arn:") => json!(arn.split_once('/').map_or(arn, |(_, name)| name)),
        _ => bus.value.clone(),
    });
    let is_new = event
        .event_bus
        .as_ref()
        .and_then(|bus| bus.as_str())
        .filter(|bus| !bus.starts_with("arn") && *bus != "default");
    let new_bus = is_new.map(|bus| {
        let id = format!("{}EventBridgeEventBus", normalized(bus));
        draft.add(&id, event.span, "AWS::Events::EventBus", json!({"Name": bus}));
        id
    });
    let mut target = Map::new();
    target.insert("Arn".into(), draft.function_arn(&function.name));
    target.insert("Id".into(), json!(target_id(&name)));
    let retry = event.retry_policy.as_ref().map(|retry| {
        present([
            ("MaximumEventAgeInSeconds", retry.maximum_event_age_s.map(|age| json!(age.value))),
            ("MaximumRetryAttempts", retry.maximum_retry_attempts.map(|most| json!(most.value))),
        ])
    });
    extend(
        &mut target,
        [
            ("Input", event.input.as_ref().map(|input| json!(input.to_json().to_string()))),
            ("InputPath", event.input_path.as_ref().map(|path| json!(path.text))),
            ("InputTransformer", transformer(event.input_transformer.as_ref())),
            ("RetryPolicy", retry),
            ("DeadLetterConfig", event.dead_letter_queue_arn.as_ref().map(|arn| json!({"Arn": arn.value}))),
        ],
    );
    let enabled = event.enabled.is_none_or(|flag| flag.value);
    let rule = present([
        ("Name", Some(json!(name))),
        ("Description", event.description.as_ref().map(|text| json!(text.text))),
        ("EventBusName", bus.clone().filter(|bus| bus.as_str() != Some("default"))),
        ("EventPattern", event.pattern.as_ref().map(Any::to_json)),
        ("ScheduleExpression", event.schedule.as_ref().map(|rate| json!(rate.text))),
        ("State", Some(json!(if enabled { "ENABLED" } else { "DISABLED" }))),
        ("Targets", Some(json!([target]))),
    ]);
    let alias = draft.aliases.get(&function.name).cloned();
    let rule_id = format!("{}EventBridgeRule", alphanumeric_upper(&stub));
    depend(draft.add(rule_id, event.span, "AWS::Events::Rule", rule), new_bus.into_iter().chain(alias));
    let named_bus = bus.filter(|bus| bus.as_str() != Some("default"));
    let path: Vec<Value> = [Some(json!("rule")), named_bus, Some(json!(name))].into_iter().flatten().collect();
    let source = json!({"Fn::Join": [":", [
        "arn", partition(), "events", region(), account(), {"Fn::Join": ["/", path]},
    ]]});
    let permission = id(function, format_args!("EventBridgeLambdaPermission{place}"));
    permit(draft, function, permission, event.span, json!("events.amazonaws.com"), Some(source));
}

fn rule_name(stub: &str, event: &EventBridgeEvent, place: usize) -> String {
    event.name.as_ref().map_or_else(|| fitted(stub, &format!("-rule-{place}")), |name| name.text.clone())
}

/// Adds a custom resource that makes the rule: what the framework did before CloudFormation knew event buses.
fn render_elsewhere(draft: &mut Draft, function: &Named<Function>, event: &EventBridgeEvent, place: usize) {
    let later = [
        ("retryPolicy", event.retry_policy.is_some()),
        ("deadLetterQueueArn", event.dead_letter_queue_arn.is_some()),
        (
            "eventBus that is a CloudFormation function",
            event.event_bus.as_ref().is_some_and(|bus| !bus.value.is_string()),
        ),
    ];
    for (what, _) in later.into_iter().filter(|(_, is_given)| *is_given) {
        let message = format!("`{what}` needs rules that CloudFormation makes");
        let diagnostic = Diagnostic::error(Code::UnsupportedKey, event.span, message);
        draft.diagnostics.push(diagnostic.hint("take `provider.eventBridge` out, or set `useCloudFormation: true`"));
    }
    let stub = format!("{}-rule-{place}", draft.stack.function_name(function));
    let enabled = event.enabled.is_none_or(|flag| flag.value);
    let config = present([
        ("RuleName", Some(json!(rule_name(&stub, event, place)))),
        ("State", Some(json!(if enabled { "ENABLED" } else { "DISABLED" }))),
        ("EventBus", event.event_bus.as_ref().map(|bus| bus.value.clone())),
        ("Schedule", event.schedule.as_ref().map(|rate| json!(rate.text))),
        ("Pattern", event.pattern.as_ref().map(Any::to_json)),
        ("Input", event.input.as_ref().map(Any::to_json)),
        ("InputPath", event.input_path.as_ref().map(|path| json!(path.text))),
        ("InputTransformer", transformer(event.input_transformer.as_ref())),
    ]);
    let (name, function_id) = helper::called(draft, &function.name);
    let mut settings = Map::new();
    settings.insert("FunctionName".into(), name);
    settings.insert("EventBridgeConfig".into(), config);
    let resource = id(function, format_args!("CustomEventBridge{place}"));
    helper::custom(draft, Helper::Rules, &resource, event.span, "Custom::EventBridge", settings);
    if let Some(resource) = draft.template.resources.get_mut(&resource) {
        depend(resource, [function_id]);
    }
    let is_default = event.event_bus.as_ref().is_none_or(|bus| bus.as_str() == Some("default"));
    let actions = ["events:CreateEventBus", "events:DeleteEventBus"];
    let statement = json!({"Effect": "Allow", "Resource": own("events", &["event-bus/*"]), "Action": actions});
    if !is_default && !draft.helper_statements.contains(&statement) {
        helper::allow(draft, statement);
    }
}

/// What the helper that makes rules may do, when there is one.
pub fn allow_helper(draft: &mut Draft) {
    if !draft.stack.helpers().contains(&Helper::Rules) {
        return;
    }
    let rules = ["events:PutRule", "events:RemoveTargets", "events:PutTargets", "events:DeleteRule"];
    helper::allow(draft, json!({"Effect": "Allow", "Resource": own("events", &["rule/*"]), "Action": rules}));
    let rights = ["lambda:AddPermission", "lambda:RemovePermission"];
    helper::allow(draft, json!({"Effect": "Allow", "Resource": own("lambda", &["function", "*"]), "Action": rights}));
}

/// An ARN of the stack's own account and region.
fn own(service: &str, rest: &[&str]) -> Value {
    let mut parts = vec![json!("arn"), partition(), json!(service), region(), account()];
    parts.extend(rest.iter().map(|part| json!(part)));
    json!({"Fn::Join": [":", parts]})
}

/// A name that fits: what is too long is cut, and told apart by a hash of the whole before its ending.
fn fitted(name: &str, ending: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let hash = md5_hex(name);
    let head: String = name.chars().take(LONGEST_NAME.saturating_sub(hash.len() + ending.len())).collect();
    format!("{head}{hash}{ending}")
}

fn target_id(rule: &str) -> String {
    fitted(&format!("{rule}-target"), "-target")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_of_rules_fit_and_keep_their_ending() {
        let name = fitted("workshop-production-ready-serverless-dev-notify-restaurant-rule-1", "-rule-1");
        assert_eq!(name, "workshop-production-ready1e0cff43b0297937f331d17d359ad91a-rule-1");
        assert_eq!(target_id("short-rule-1"), "short-rule-1-target");
        assert_eq!(target_id(&name).len(), LONGEST_NAME);
    }
}
