//! Messages put into a queue.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::message::Message;
use super::queue::{Queue, with};
use super::{attributes, digest, fault};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// Puts one message into a queue.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>.
pub async fn send_message(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let answer = with(&cloud, &call, |queue, _| put(&cloud, queue, &call.input))?;
    cloud.sqs.arrived.notify_waiters();
    Ok(Output::json(answer))
}

/// Puts the message that `members` describe into `queue`; answers what SendMessage answers.
///
/// # Errors
/// A body that is missing, empty or too large, an attribute without a type or value, a delay out of range.
pub fn put(cloud: &Cloud, queue: &mut Queue, members: &Value) -> Result<Value, Fault> {
    let body = members["MessageBody"].as_str().ok_or_else(|| fault::missing("MessageBody"))?;
    if body.is_empty() {
        return Err(Fault::sender(
            "InvalidParameterValueException",
            "The request must contain the parameter MessageBody.",
        ));
    }
    if members.get("MessageGroupId").or_else(|| members.get("MessageDeduplicationId")).is_some() {
        return Err(fault::unsupported("message groups and deduplication"));
    }
    let own = members["MessageAttributes"].as_object().cloned().unwrap_or_default();
    check_attributes(&own)?;
    let most = attributes::number(queue, "MaximumMessageSize");
    if i64::try_from(body.len() + size(&own)).unwrap_or(i64::MAX) > most {
        let reason = format!("Message must be shorter than {most} bytes.");
        return Err(Fault::sender(
            "InvalidParameterValueException",
            format!("One or more parameters are invalid. Reason: {reason}"),
        ));
    }
    let delay = match members.get("DelaySeconds").filter(|value| !value.is_null()) {
        None => attributes::number(queue, "DelaySeconds"),
        Some(value) => value.as_i64().filter(|seconds| (0..=900).contains(seconds)).ok_or_else(|| {
            fault::invalid_value(&value.to_string(), "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
        })?,
    };
    let now = cloud.clock.now_ms();
    let message = Message {
        id: uuid::Uuid::new_v4().to_string(),
        sequence: 0,
        body: body.to_owned(),
        attributes: own,
        trace: members["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"].as_str().map(str::to_owned),
        sent_ms: now,
        visible_ms: now + delay * 1000,
        received: 0,
        first_received_ms: None,
        receipt: None,
    };
    let mut answer = json!({"MD5OfMessageBody": digest::of_body(body), "MessageId": message.id});
    if !message.attributes.is_empty() {
        answer["MD5OfMessageAttributes"] = digest::of_attributes(&message.attributes).into();
    }
    queue.push(&cloud.store, message)?;
    Ok(answer)
}

fn check_attributes(own: &Map<String, Value>) -> Result<(), Fault> {
    if own.len() > 10 {
        let message =
            "Number of message attributes [11] exceeds the allowed maximum [10].".replace("11", &own.len().to_string());
        return Err(Fault::sender("InvalidParameterValueException", message));
    }
    for (name, value) in own {
        let kind = value["DataType"].as_str().unwrap_or_default();
        let root = kind.split('.').next().unwrap_or_default();
        let has_value = match root {
            "Binary" => value["BinaryValue"].is_string(),
            "String" | "Number" => value["StringValue"].as_str().is_some_and(|text| !text.is_empty()),
            _ => {
                let message = format!(
                    "The message attribute '{name}' must contain a non-empty message attribute type with the prefix String, Number or Binary."
                );
                return Err(Fault::sender("InvalidParameterValueException", message));
            }
        };
        if !has_value {
            let message = format!(
                "The message attribute '{name}' must contain a non-empty message attribute value for message attribute type '{kind}'."
            );
            return Err(Fault::sender("InvalidParameterValueException", message));
        }
    }
    Ok(())
}

fn size(own: &Map<String, Value>) -> usize {
    let text = |value: &Value| value.as_str().map_or(0, str::len);
    let of =
        |value: &Value| text(&value["DataType"]) + text(&value["StringValue"]) + text(&value["BinaryValue"]) * 3 / 4;
    own.iter().map(|(name, value)| name.len() + of(value)).sum()
}

/// The members of one entry of a batch.
pub fn entry_id(entry: &Value) -> &str {
    entry["Id"].as_str().unwrap_or_default()
}

/// The entries of a batch.
///
/// # Errors
/// None, more than ten, an id twice or out of form.
pub fn entries(call: &Call) -> Result<&[Value], Fault> {
    let entries = input::list(call, "Entries");
    if entries.is_empty() {
        return Err(Fault::sender("EmptyBatchRequest", "There should be at least one entry in the request."));
    }
    if entries.len() > 10 {
        let message = format!("Maximum number of entries per request are 10. You have sent {}.", entries.len());
        return Err(Fault::sender("TooManyEntriesInBatchRequest", message));
    }
    let mut seen = std::collections::HashSet::new();
    for id in entries.iter().map(entry_id) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > 80 || !id.chars().all(allowed) {
            let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
            return Err(Fault::sender("InvalidBatchEntryId", message));
        }
        if !seen.insert(id) {
            return Err(Fault::sender("BatchEntryIdsNotDistinct", format!("Id {id} repeated.")));
        }
    }
    Ok(entries)
}
