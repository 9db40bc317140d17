//! Messages published to topics.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::delivery::{self, Notification};
use super::topic::{Topic, invalid, required};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// The longest message, in bytes of UTF-8.
const LONGEST: usize = 262_144;

/// Publishes a message to a topic.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
pub async fn publish(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    if input::text(&call, "PhoneNumber").is_some() {
        return Err(invalid("the local AWS does not support text messages; see docs/local-aws.md"));
    }
    let target = input::text(&call, "TopicArn").or_else(|| input::text(&call, "TargetArn"));
    let topic = Topic::load(
        &cloud,
        target
            .filter(|arn| !arn.is_empty())
            .ok_or_else(|| invalid("TopicArn or TargetArn Reason: no value for required parameter"))?,
    )?;
    let message = required(&call, "Message").map_err(|_| invalid("Empty message"))?;
    if message.len() > LONGEST {
        return Err(invalid("Message too long"));
    }
    let by_protocol = match input::text(&call, "MessageStructure") {
        None => None,
        Some("json") => Some(structured(message)?),
        Some(_) => return Err(invalid("MessageStructure")),
    };
    let notification = Notification {
        id: uuid::Uuid::new_v4().to_string(),
        topic: topic.arn.clone(),
        subject: input::text(&call, "Subject").map(str::to_owned),
        message: message.to_owned(),
        by_protocol,
        attributes: call.input["MessageAttributes"].as_object().cloned().unwrap_or_default(),
        at_ms: cloud.clock.now_ms(),
    };
    let answer = json!({"MessageId": notification.id});
    let subscriptions = Topic::subscriptions(&cloud, &topic.arn)?;
    delivery::deliver(&cloud, &call.region, subscriptions, notification).await;
    Ok(Output::json(answer))
}

/// The messages by protocol of a message whose structure is `json`.
fn structured(message: &str) -> Result<Map<String, Value>, Fault> {
    let parsed: Option<Map<String, Value>> = serde_json::from_str(message).ok();
    let parsed = parsed.ok_or_else(|| invalid("Message Structure - JSON message body failed to parse"))?;
    match parsed.get("default").is_some_and(Value::is_string) {
        true => Ok(parsed),
        false => Err(invalid("Message Structure - No default entry in JSON message body")),
    }
}
