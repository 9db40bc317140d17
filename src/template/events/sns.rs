//! Messages of topics: `AWS::SNS::Topic` and `AWS::SNS::Subscription`.

use serde_json::{Map, Value, json};

use crate::stack::event::{RedrivePolicy, SnsChoice, SnsEvent};
use crate::stack::{Function, Named, normalized};
use crate::template::draft::{Draft, change, depend, extend};
use crate::template::intrinsic::{account, arn, attribute, region};
use crate::template::naming::alphanumeric_upper;

use super::{id, missing, permit};

/// Adds the topic unless it exists, the subscription, and the topic's right to call the function.
pub fn render(draft: &mut Draft, function: &Named<Function>, choice: &SnsChoice) {
    let (topic_arn, name, details, span) = match choice {
        SnsChoice::Name(name) if name.text.starts_with("arn:") => {
            (Some(json!(name.text)), last_part(&name.text), None, name.span)
        }
        SnsChoice::Name(name) => (None, Some(name.text.clone()), None, name.span),
        SnsChoice::Detailed(event) => {
            let arn = event.arn.as_ref().map(|arn| arn.value.clone());
            let given = event.topic_name.as_ref().and_then(|name| name.as_str()).map(str::to_owned);
            let name = given.or_else(|| arn.as_ref().and_then(Value::as_str).and_then(last_part));
            (arn, name, Some(&**event), event.span)
        }
    };
    let Some(name) = name else { return missing(draft, span, "`topicName`, which an `arn` that is no text needs") };
    let endpoint = draft.function_arn(&function.name);
    let alias = draft.aliases.get(&function.name).cloned();
    let made_arn = arn(vec![json!(":sns:"), region(), json!(":"), account(), json!(":"), json!(name)]);
    let source = topic_arn.clone().unwrap_or(made_arn);
    let redrive = details.and_then(|event| event.redrive_policy.as_ref());
    let redrive = redrive.and_then(|policy| redrive_policy(draft, function, &name, policy, topic_arn.as_ref()));
    let topic_id = format!("SNSTopic{}", alphanumeric_upper(&name));
    if topic_arn.is_none() {
        add_topic(draft, &topic_id, &name, details, span, alias.clone());
    }
    let is_filtered = details.is_some_and(|event| event.filter_policy.is_some()) || redrive.is_some();
    if topic_arn.is_some() || is_filtered {
        let mut all = Map::new();
        all.insert("TopicArn".into(), topic_arn.clone().unwrap_or_else(|| json!({"Ref": topic_id})));
        all.insert("Protocol".into(), json!("lambda"));
        all.insert("Endpoint".into(), endpoint);
        extend(
            &mut all,
            [
                ("FilterPolicy", details.and_then(|event| event.filter_policy.as_ref()).map(|policy| policy.to_json())),
                (
                    "FilterPolicyScope",
                    details.and_then(|event| event.filter_policy_scope.as_ref()).map(|text| json!(text.text)),
                ),
                ("RedrivePolicy", redrive),
                ("Region", topic_arn.as_ref().filter(|_| details.is_some()).and_then(|arn| other_region(draft, arn))),
            ],
        );
        let subscription = id(function, format_args!("SnsSubscription{}", alphanumeric_upper(&name)));
        depend(draft.add(subscription, span, "AWS::SNS::Subscription", Value::Object(all)), alias);
    } else if let Some(topic) = draft.template.resources.get_mut(&topic_id) {
        change(topic, |properties| {
            let subscriptions = properties.entry("Subscription").or_insert_with(|| json!([]));
            if let Some(list) = subscriptions.as_array_mut() {
                list.push(json!({"Endpoint": endpoint, "Protocol": "lambda"}));
            }
        });
    }
    let permission = id(function, format_args!("LambdaPermission{}SNS", alphanumeric_upper(&name)));
    permit(draft, function, permission, span, json!("sns.amazonaws.com"), Some(source));
}

fn last_part(arn: &str) -> Option<String> {
    arn.rsplit(':').next().map(str::to_owned)
}

/// The region of a topic elsewhere.
fn other_region(draft: &Draft, arn: &Value) -> Option<Value> {
    let region =
        arn.as_str()?.split(':').nth(3).filter(|region| !region.is_empty() && *region != draft.stack.region)?;
    Some(json!(region))
}

fn add_topic(
    draft: &mut Draft,
    id: &str,
    name: &str,
    details: Option<&SnsEvent>,
    span: crate::source::Span,
    alias: Option<String>,
) {
    if !draft.template.resources.contains_key(id) {
        let mut topic = Map::new();
        topic.insert("TopicName".into(), json!(name));
        extend(
            &mut topic,
            [
                ("DisplayName", details.and_then(|event| event.display_name.as_ref()).map(|text| json!(text.text))),
                (
                    "KmsMasterKeyId",
                    details.and_then(|event| event.kms_master_key_id.as_ref()).map(|key| key.value.clone()),
                ),
            ],
        );
        draft.add(id, span, "AWS::SNS::Topic", Value::Object(topic));
    }
    if let Some(topic) = draft.template.resources.get_mut(id) {
        depend(topic, alias);
    }
}

/// The queue for messages that cannot be delivered, and the topic's right to write to it.
fn redrive_policy(
    draft: &mut Draft,
    function: &Named<Function>,
    topic: &str,
    policy: &RedrivePolicy,
    topic_arn: Option<&Value>,
) -> Option<Value> {
    let (arn, url) = match (&policy.arn, &policy.reference, &policy.import) {
        (Some(arn), _, _) => {
            let parts: Vec<&str> = arn.as_str().unwrap_or("").rsplit(':').collect();
            let of = |index: usize| parts.get(index).copied().unwrap_or("");
            let url = json!({"Fn::Join": ["", [
                format!("https://sqs.{}.", of(2)), {"Ref": "AWS::URLSuffix"}, format!("/{}/{}", of(1), of(0)),
            ]]});
            (arn.value.clone(), url)
        }
        (None, Some(id), _) => (attribute(&id.text, "Arn"), json!({"Ref": id.text})),
        (None, None, Some(import)) => {
            let (arn, url) = (import.arn.as_ref()?, import.url.as_ref()?);
            (json!({"Fn::ImportValue": arn.value}), json!({"Fn::ImportValue": url.value}))
        }
        (None, None, None) => {
            missing(draft, policy.span, "dead letter queue in `redrivePolicy`");
            return None;
        }
    };
    let id = format!("{}To{}DLQPolicy", alphanumeric_upper(topic), normalized(&function.name));
    let made = json!({"Ref": format!("SNSTopic{}", alphanumeric_upper(topic))});
    let condition = match topic_arn {
        Some(arn) => json!({"ArnEquals": {"aws:SourceArn": arn}}),
        // The framework leaves the topic out when it makes it itself, and with it the condition.
        None if draft.stack.is_safe() => json!({"ArnEquals": {"aws:SourceArn": made}}),
        None => json!({"ArnEquals": {}}),
    };
    let document = json!({
        "Version": "2012-10-17",
        "Id": id,
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": condition,
        }],
    });
    draft.add(&id, policy.span, "AWS::SQS::QueuePolicy", json!({"PolicyDocument": document, "Queues": [url]}));
    Some(json!({"deadLetterTargetArn": arn}))
}
