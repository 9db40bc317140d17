//! Subscriptions of queues and functions to topics.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::SUBSCRIPTIONS;
use super::topic::{Topic, invalid, not_found, required};
use crate::Cloud;
use crate::event_pattern::Pattern;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// A subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscription {
    /// The topic's ARN, a colon, an id.
    pub arn: String,
    pub topic: String,
    /// `sqs` or `lambda`.
    pub protocol: String,
    /// The ARN of the queue or function.
    pub endpoint: String,
    pub attributes: BTreeMap<String, String>,
}

impl Subscription {
    fn load(cloud: &Cloud, arn: &str) -> Result<Subscription, Fault> {
        cloud.store.get(SUBSCRIPTIONS, arn)?.ok_or_else(|| not_found("Subscription"))
    }

    /// Whether the message goes without the envelope.
    pub fn is_raw(&self) -> bool {
        self.attributes.get("RawMessageDelivery").is_some_and(|value| value == "true")
    }

    /// Whether its filter policy, if it has one, wants a message.
    ///
    /// Source: Amazon SNS Developer Guide, "Amazon SNS subscription filter policy scope".
    pub fn wants(&self, message: &str, attributes: &Map<String, Value>) -> bool {
        let policy = self.attributes.get("FilterPolicy").filter(|policy| !policy.is_empty());
        let Some(policy) = policy.and_then(|policy| Pattern::parse(policy).ok()) else { return true };
        let of_body = self.attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody");
        match of_body {
            true => serde_json::from_str::<Value>(message).is_ok_and(|body| body.is_object() && policy.matches(&body)),
            false => {
                let seen = attributes.iter().map(|(name, value)| (name.clone(), seen(value))).collect();
                policy.matches(&Value::Object(seen))
            }
        }
    }

    fn shown(&self, cloud: &Cloud) -> Value {
        json!({
            "SubscriptionArn": self.arn,
            "Owner": cloud.config.account,
            "Protocol": self.protocol,
            "Endpoint": self.endpoint,
            "TopicArn": self.topic,
        })
    }
}

/// A message attribute as a filter policy sees it: numbers as numbers, `String.Array` as a list.
fn seen(attribute: &Value) -> Value {
    let text = attribute["StringValue"].as_str().unwrap_or_default();
    let kind = attribute["DataType"].as_str().unwrap_or_default();
    let parsed = (kind.starts_with("Number") || kind == "String.Array").then(|| serde_json::from_str(text).ok());
    parsed.flatten().unwrap_or_else(|| Value::from(text))
}

fn check(name: &str, value: &str) -> Result<(), Fault> {
    match name {
        "RawMessageDelivery" if matches!(value, "true" | "false") => Ok(()),
        "RawMessageDelivery" => Err(invalid("RawMessageDelivery Reason: must be true or false")),
        "FilterPolicy" if value.is_empty() || value == "{}" => Ok(()),
        "FilterPolicy" => match Pattern::parse(value) {
            Ok(_) => Ok(()),
            Err(error) => Err(invalid(&format!("FilterPolicy: {error}"))),
        },
        "FilterPolicyScope" if matches!(value, "MessageAttributes" | "MessageBody") => Ok(()),
        "FilterPolicyScope" => {
            Err(invalid("FilterPolicyScope: Invalid value. Please use either MessageBody or MessageAttributes"))
        }
        "RedrivePolicy" | "DeliveryPolicy" | "ReplayPolicy" | "SubscriptionRoleArn" => {
            Err(invalid(&format!("the local AWS does not support {name}; see docs/local-aws.md")))
        }
        _ => Err(invalid("AttributeName")),
    }
}

/// Subscribes a queue or a function to a topic; the same subscription again answers the first one.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>.
pub async fn subscribe(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let topic = Topic::load(&cloud, required(&call, "TopicArn")?)?;
    let protocol = required(&call, "Protocol")?;
    let endpoint = input::text(&call, "Endpoint").unwrap_or_default();
    match protocol {
        "sqs" | "lambda" if endpoint.starts_with(&format!("arn:aws:{protocol}:")) => {}
        "sqs" | "lambda" => return Err(invalid(&format!("{} endpoint ARN", protocol.to_uppercase()))),
        "application" | "email" | "email-json" | "firehose" | "http" | "https" | "sms" => {
            let why = format!("the local AWS does not support subscriptions by {protocol}; see docs/local-aws.md");
            return Err(invalid(&why));
        }
        _ => return Err(invalid("Does not support this protocol string")),
    }
    let mut attributes = BTreeMap::new();
    for (name, value) in call.input["Attributes"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        check(name, value)?;
        attributes.insert(name.clone(), value.to_owned());
    }
    let _changing = cloud.sns.change();
    let same = |old: &Subscription| old.protocol == protocol && old.endpoint == endpoint;
    if let Some(old) = Topic::subscriptions(&cloud, &topic.arn)?.into_iter().find(same) {
        return Ok(Output::json(json!({"SubscriptionArn": old.arn})));
    }
    let subscription = Subscription {
        arn: format!("{}:{}", topic.arn, uuid::Uuid::new_v4()),
        topic: topic.arn,
        protocol: protocol.to_owned(),
        endpoint: endpoint.to_owned(),
        attributes,
    };
    cloud.store.put(SUBSCRIPTIONS, &subscription.arn, &subscription)?;
    Ok(Output::json(json!({"SubscriptionArn": subscription.arn})))
}

/// Removes a subscription; one that is not there is no mistake.
pub async fn unsubscribe(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    cloud.store.delete(SUBSCRIPTIONS, required(&call, "SubscriptionArn")?)?;
    Ok(Output::empty())
}

/// The subscriptions of a region.
pub async fn list_subscriptions(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    listed(&cloud, &call, &format!("arn:aws:sns:{}:", call.region))
}

/// The subscriptions of a topic.
pub async fn list_subscriptions_by_topic(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let topic = Topic::load(&cloud, required(&call, "TopicArn")?)?;
    listed(&cloud, &call, &format!("{}:", topic.arn))
}

fn listed(cloud: &Cloud, call: &Call, prefix: &str) -> Result<Output, Fault> {
    let after = input::text(call, "NextToken");
    let rows: Vec<(String, Subscription)> = cloud.store.page(SUBSCRIPTIONS, prefix, after, 101)?;
    let shown: Vec<Value> = rows.iter().take(100).map(|(_, subscription)| subscription.shown(cloud)).collect();
    let mut body = json!({"Subscriptions": shown});
    if let Some((last, _)) = rows.get(99).filter(|_| rows.len() > 100) {
        body["NextToken"] = last.clone().into();
    }
    Ok(Output::json(body))
}

/// The attributes of a subscription.
pub async fn get_subscription_attributes(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let subscription = Subscription::load(&cloud, required(&call, "SubscriptionArn")?)?;
    let mut attributes: Map<String, Value> = match subscription.shown(&cloud) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in subscription.attributes.iter().filter(|(_, value)| !value.is_empty()) {
        attributes.insert(name.clone(), value.clone().into());
    }
    attributes.insert("PendingConfirmation".to_owned(), "false".into());
    attributes.insert("RawMessageDelivery".to_owned(), subscription.is_raw().to_string().into());
    Ok(Output::json(json!({"Attributes": attributes})))
}

/// Sets an attribute of a subscription.
pub async fn set_subscription_attributes(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = required(&call, "AttributeName")?;
    let value = input::text(&call, "AttributeValue").unwrap_or_default();
    check(name, value)?;
    let _changing = cloud.sns.change();
    let mut subscription = Subscription::load(&cloud, required(&call, "SubscriptionArn")?)?;
    subscription.attributes.insert(name.to_owned(), value.to_owned());
    cloud.store.put(SUBSCRIPTIONS, &subscription.arn, &subscription)?;
    Ok(Output::empty())
}
