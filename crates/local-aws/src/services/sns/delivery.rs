//! A published message on its way to the subscribed queues and functions.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::subscription::Subscription;
use crate::Cloud;
use crate::wire::{Call, Fault};

/// A published message.
pub struct Notification {
    pub id: String,
    pub topic: String,
    pub subject: Option<String>,
    pub message: String,
    /// What each protocol gets instead, where the publisher said so.
    pub by_protocol: Option<Map<String, Value>>,
    pub attributes: Map<String, Value>,
    pub at_ms: i64,
}

impl Notification {
    fn message_for(&self, protocol: &str) -> &str {
        let chosen = self.by_protocol.as_ref().and_then(|by| by.get(protocol).or_else(|| by.get("default")));
        chosen.and_then(Value::as_str).unwrap_or(&self.message)
    }

    fn time(&self) -> String {
        let at = jiff::Timestamp::from_millisecond(self.at_ms).unwrap_or_default();
        at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }

    /// The message attributes as an envelope shows them: `Type` and `Value`.
    fn shown_attributes(&self) -> Map<String, Value> {
        let shown = |value: &Value| {
            let content = value.get("StringValue").or_else(|| value.get("BinaryValue"));
            json!({"Type": value["DataType"], "Value": content})
        };
        self.attributes.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
    }

    /// The envelope in a queue's message.
    ///
    /// Diverges: the signature is no signature, and its certificate is nowhere.
    fn envelope(&self, subscription: &Subscription, endpoint: &str) -> Value {
        let mut envelope = json!({
            "Type": "Notification",
            "MessageId": self.id,
            "TopicArn": self.topic,
            "Message": self.message_for(&subscription.protocol),
            "Timestamp": self.time(),
            "SignatureVersion": "1",
            "Signature": "local",
            "SigningCertURL": format!("{endpoint}/SimpleNotificationService-local.pem"),
            "UnsubscribeURL": format!("{endpoint}/?Action=Unsubscribe&SubscriptionArn={}", subscription.arn),
        });
        if let Some(subject) = &self.subject {
            envelope["Subject"] = subject.clone().into();
        }
        if !self.attributes.is_empty() {
            envelope["MessageAttributes"] = self.shown_attributes().into();
        }
        envelope
    }

    /// The event of a subscribed function.
    fn event(&self, subscription: &Subscription, endpoint: &str) -> Value {
        let mut sns = self.envelope(subscription, endpoint);
        if let Some(members) = sns.as_object_mut() {
            for (from, to) in [("SigningCertURL", "SigningCertUrl"), ("UnsubscribeURL", "UnsubscribeUrl")] {
                let value = members.remove(from).unwrap_or_default();
                members.insert(to.to_owned(), value);
            }
            members.insert("Subject".to_owned(), self.subject.clone().into());
            members.insert("MessageAttributes".to_owned(), self.shown_attributes().into());
        }
        json!({"Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription.arn,
            "Sns": sns,
        }]})
    }
}

/// Hands a message to every subscriber; one that cannot take it does not keep it from the others.
pub async fn deliver(cloud: &Arc<Cloud>, region: &str, subscriptions: Vec<Subscription>, notification: Notification) {
    let wants = |one: &Subscription| one.wants(notification.message_for(&one.protocol), &notification.attributes);
    for subscription in subscriptions.iter().filter(|one| wants(one)) {
        let sent = match subscription.protocol.as_str() {
            "sqs" => to_queue(cloud, region, subscription, &notification).await,
            _ => to_function(cloud, region, subscription, &notification).await,
        };
        if let Err(fault) = sent {
            tracing::warn!(subscription = subscription.arn, %fault, "a message could not be delivered");
        }
    }
}

async fn to_queue(
    cloud: &Arc<Cloud>,
    region: &str,
    to: &Subscription,
    notification: &Notification,
) -> Result<(), Fault> {
    let name = to.endpoint.rsplit(':').next().unwrap_or_default();
    let mut input = json!({"QueueUrl": name});
    match to.is_raw() {
        true => {
            input["MessageBody"] = notification.message_for("sqs").into();
            input["MessageAttributes"] = notification.attributes.clone().into();
        }
        false => input["MessageBody"] = notification.envelope(to, &cloud.config.endpoint).to_string().into(),
    }
    cloud.invoke("sqs", "SendMessage", region, input).await.map(|_| ())
}

async fn to_function(
    cloud: &Arc<Cloud>,
    region: &str,
    to: &Subscription,
    notification: &Notification,
) -> Result<(), Fault> {
    let event = Bytes::from(notification.event(to, &cloud.config.endpoint).to_string());
    let input = json!({"FunctionName": to.endpoint, "InvocationType": "Event"});
    cloud.answer(Call::internal("lambda", "Invoke", region, input, event)).await.map(|_| ())
}
