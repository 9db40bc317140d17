//! An event on its way to the targets of a rule.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::rule::Rule;
use crate::Cloud;
use crate::wire::{Call, Fault};

/// The members of a target that are heard. A role is kept without effect: permissions are not evaluated here. What a target
/// refuses it refuses for good here, so that there is nothing to try again.
pub const MEMBERS: &[&str] =
    &["Arn", "DeadLetterConfig", "Id", "Input", "InputPath", "InputTransformer", "RetryPolicy", "RoleArn"];

/// Whether there is something that an event can be sent to.
pub fn reaches(arn: &str) -> bool {
    matches!(service(arn), "lambda" | "sqs" | "sns") || (service(arn) == "states" && arn.contains(":stateMachine:"))
}

fn service(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap_or_default()
}

/// Sends an event to every target of a rule; one that cannot take it does not keep it from the others.
pub async fn deliver(cloud: &Arc<Cloud>, rule: &Rule, event: &Value) {
    for target in &rule.targets {
        let input = input(cloud, rule, target, event);
        let arn = target["Arn"].as_str().unwrap_or_default();
        let Err(fault) = send(cloud, &rule.region, arn, &input).await else { continue };
        tracing::warn!(rule = rule.name, arn, %fault, "an event could not be delivered");
        if let Some(queue) = target["DeadLetterConfig"]["Arn"].as_str()
            && let Err(fault) = send(cloud, &rule.region, queue, &event.to_string()).await
        {
            tracing::warn!(rule = rule.name, queue, %fault, "an event is lost");
        }
    }
}

/// Sends an event to one target.
///
/// # Errors
/// What the target's service answers.
pub async fn send(cloud: &Arc<Cloud>, region: &str, arn: &str, input: &str) -> Result<(), Fault> {
    let name = arn.rsplit(':').next().unwrap_or_default();
    let (service, operation, members, payload) = match service(arn) {
        "sqs" => ("sqs", "SendMessage", json!({ "QueueUrl": name, "MessageBody": input }), Bytes::new()),
        "sns" => ("sns", "Publish", json!({ "TopicArn": arn, "Message": input }), Bytes::new()),
        "states" => ("states", "StartExecution", json!({ "stateMachineArn": arn, "input": input }), Bytes::new()),
        _ => {
            let members = json!({ "FunctionName": arn, "InvocationType": "Event" });
            ("lambda", "Invoke", members, Bytes::from(input.to_owned()))
        }
    };
    Box::pin(cloud.answer(Call::internal(service, operation, region, members, payload))).await.map(|_| ())
}

/// What a target gets of an event, as JSON text.
fn input(cloud: &Cloud, rule: &Rule, target: &Value, event: &Value) -> String {
    if let Some(constant) = target["Input"].as_str() {
        return constant.to_owned();
    }
    if let Some(path) = target["InputPath"].as_str() {
        return at(event, path).unwrap_or_default().to_string();
    }
    let Some(template) = target["InputTransformer"]["InputTemplate"].as_str() else { return event.to_string() };
    let paths = &target["InputTransformer"]["InputPathsMap"];
    fill(template, |name| match name {
        "aws.events.event" | "aws.events.event.json" => Some(event.clone()),
        "aws.events.rule-name" => Some(json!(rule.name)),
        "aws.events.rule-arn" => Some(json!(rule.arn(cloud))),
        "aws.events.event.ingestion-time" => Some(event["time"].clone()),
        name => paths[name].as_str().map(|path| at(event, path).unwrap_or_default()),
    })
}

/// The value at `$.detail.items[0]`; none when there is nothing.
fn at(event: &Value, path: &str) -> Option<Value> {
    let mut value = event;
    let path = path.trim().strip_prefix('$')?.replace("['", ".").replace("']", "").replace('[', ".").replace(']', "");
    for step in path.split('.').filter(|step| !step.is_empty()) {
        value = match value {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            other => other.get(step)?,
        };
    }
    Some(value.clone())
}

/// A template with its `<name>`s filled in: as they are inside of quotes, as JSON outside. A name that nobody knows stays.
///
/// Source: Amazon EventBridge User Guide, "Input transformation", "Common issues with transforming input".
fn fill(template: &str, known: impl Fn(&str) -> Option<Value>) -> String {
    let (mut filled, mut rest, mut quoted) = (String::new(), template, false);
    while let Some(letter) = rest.chars().next() {
        let name = rest.strip_prefix('<').and_then(|after| after.split_once('>')).map(|(name, _)| name);
        if let Some((name, value)) = name.and_then(|name| Some((name, known(name)?))) {
            filled.push_str(&match (&value, quoted) {
                (Value::String(text), true) => inside_quotes(text),
                (other, true) => inside_quotes(&other.to_string()),
                (other, false) => other.to_string(),
            });
            rest = &rest[name.len() + 2..];
            continue;
        }
        let escaped = filled.ends_with('\\') && quoted;
        quoted ^= letter == '"' && !escaped;
        filled.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    filled
}

/// A text as it stands between the quotes of a JSON string.
fn inside_quotes(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_template_is_filled_in_and_out_of_quotes() {
        let known = |name: &str| match name {
            "who" => Some(json!("ann \"a\"")),
            "list" => Some(json!([1, 2])),
            _ => None,
        };
        assert_eq!(
            fill(r#"{"text": "<who> has <list>", "who": <who>, "list": <list>, "x": "<nobody>"}"#, known),
            r#"{"text": "ann \"a\" has [1,2]", "who": "ann \"a\"", "list": [1,2], "x": "<nobody>"}"#
        );
    }

    #[test]
    fn a_path_leads_into_objects_and_lists() {
        let event = json!({"detail": {"items": [{"a.b": 1}, 7]}});
        assert_eq!(at(&event, "$.detail.items[1]"), Some(json!(7)));
        assert_eq!(at(&event, "$"), Some(event.clone()));
        assert_eq!(at(&event, "$.detail.nothing"), None);
        assert_eq!(at(&event, "detail"), None);
    }

    proptest! {
        #[test]
        fn any_template_is_filled(template in "\\PC*") {
            let _ = fill(&template, |name| (name.len() == 1).then(|| json!("x")));
        }
    }
}
