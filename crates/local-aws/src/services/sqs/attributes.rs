//! The attributes of queues.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fault;
use super::queue::{Queue, with};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// The attributes that are numbers: name, what it is when nobody sets it, least, most.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>.
const NUMBERS: &[(&str, i64, i64, i64)] = &[
    ("DelaySeconds", 0, 0, 900),
    ("MaximumMessageSize", 1_048_576, 1024, 1_048_576),
    ("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    ("VisibilityTimeout", 30, 0, 43_200),
];

/// Attributes that are texts; all but RedrivePolicy are kept and given back without effect.
const TEXTS: &[&str] = &[
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
];

/// Attributes that the service counts itself.
const COUNTED: &[&str] = &[
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// The attributes in a request, checked.
///
/// # Errors
/// `InvalidAttributeName`, `InvalidAttributeValue`, and `UnsupportedOperation` for those of FIFO queues.
pub fn read(members: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let mut read = BTreeMap::new();
    for (name, value) in members.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        check(name, &value)?;
        read.insert(name.clone(), value);
    }
    Ok(read)
}

fn check(name: &str, value: &str) -> Result<(), Fault> {
    if let Some((_, _, least, most)) = NUMBERS.iter().find(|(known, ..)| *known == name) {
        let fits = value.parse::<i64>().is_ok_and(|number| (*least..=*most).contains(&number));
        return if fits { Ok(()) } else { Err(fault::attribute_value(name)) };
    }
    match name {
        "FifoQueue" | "ContentBasedDeduplication" | "DeduplicationScope" | "FifoThroughputLimit" => {
            Err(fault::unsupported("FIFO queues"))
        }
        "RedrivePolicy" if !value.is_empty() && redrive(value).is_none() => Err(fault::attribute_value(name)),
        _ if TEXTS.contains(&name) => Ok(()),
        _ => Err(fault::attribute_name(name)),
    }
}

/// The dead-letter queue's ARN and how often a message is received before it goes there.
pub fn redrive(policy: &str) -> Option<(String, u64)> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let count = &policy["maxReceiveCount"];
    let count = count.as_u64().or_else(|| count.as_str()?.parse().ok())?;
    Some((policy["deadLetterTargetArn"].as_str()?.to_owned(), count))
}

/// The value of an attribute that can be set.
pub fn value(queue: &Queue, name: &str) -> Option<String> {
    let set = queue.attributes.get(name).filter(|value| !value.is_empty()).cloned();
    set.or_else(|| match name {
        "SqsManagedSseEnabled" => Some("true".to_owned()),
        _ => NUMBERS.iter().find(|(known, ..)| *known == name).map(|(_, value, ..)| value.to_string()),
    })
}

/// An attribute that is a number.
pub fn number(queue: &Queue, name: &str) -> i64 {
    value(queue, name).and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn counted(cloud: &Cloud, queue: &Queue, name: &str) -> Option<String> {
    let now = cloud.clock.now_ms();
    let hidden = |received: bool| {
        queue.messages.iter().filter(|message| message.visible_ms > now && (message.received > 0) == received).count()
    };
    Some(match name {
        "ApproximateNumberOfMessages" => {
            queue.messages.iter().filter(|message| message.visible_ms <= now).count().to_string()
        }
        "ApproximateNumberOfMessagesDelayed" => hidden(false).to_string(),
        "ApproximateNumberOfMessagesNotVisible" => hidden(true).to_string(),
        "CreatedTimestamp" => (queue.created_ms / 1000).to_string(),
        "LastModifiedTimestamp" => (queue.changed_ms / 1000).to_string(),
        "QueueArn" => queue.arn(cloud),
        _ => return None,
    })
}

/// The attributes that a request names.
pub async fn get_queue_attributes(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let asked: Vec<&str> = input::list(&call, "AttributeNames").iter().filter_map(Value::as_str).collect();
    let known: Vec<&str> = NUMBERS.iter().map(|(name, ..)| *name).chain(TEXTS.iter().chain(COUNTED).copied()).collect();
    if let Some(unknown) = asked.iter().find(|name| **name != "All" && !known.contains(name)) {
        return Err(fault::attribute_name(unknown));
    }
    let found = with(&cloud, &call, |queue, _| {
        let wanted = known.iter().filter(|name| asked.contains(&"All") || asked.contains(name));
        let values = wanted.filter_map(|name| {
            let value = counted(&cloud, queue, name).or_else(|| value(queue, name))?;
            Some(((*name).to_owned(), value.into()))
        });
        Ok(values.collect::<Map<String, Value>>())
    })?;
    Ok(Output::json(if found.is_empty() { json!({}) } else { json!({"Attributes": found}) }))
}

/// Changes attributes.
pub async fn set_queue_attributes(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let wanted = read(&call.input["Attributes"])?;
    with(&cloud, &call, |queue, _| {
        queue.attributes.extend(wanted);
        queue.changed_ms = cloud.clock.now_ms();
        queue.save(&cloud.store)
    })?;
    cloud.sqs.arrived.notify_waiters();
    Ok(Output::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_checked_by_name_and_range() {
        assert!(read(&json!({"VisibilityTimeout": "30", "Policy": "{}"})).is_ok());
        assert_eq!(read(&json!({"VisibilityTimeout": "43201"})).unwrap_err().code, "InvalidAttributeValue");
        assert_eq!(read(&json!({"Colour": "red"})).unwrap_err().message, "Unknown Attribute Colour.");
        assert_eq!(read(&json!({"FifoQueue": "true"})).unwrap_err().code, "UnsupportedOperation");
        assert_eq!(
            redrive(r#"{"deadLetterTargetArn":"arn:aws:sqs:r:1:dead","maxReceiveCount":"2"}"#),
            Some(("arn:aws:sqs:r:1:dead".to_owned(), 2))
        );
    }
}
