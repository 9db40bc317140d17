//! Notifications: what happens to objects is told to functions, queues and topics.

use std::sync::Arc;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::bucket::Bucket;
use crate::Cloud;
use crate::wire::{Call, Fault};

/// The bucket's configuration of them, as it is stored.
pub const CONFIGURATION: &str = "NotificationConfiguration";

/// The lists of a configuration, and the member that names the destination in each.
const LISTS: &[(&str, &str)] = &[
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "TopicArn"),
];

/// The events that happen here.
///
/// Diverges: AWS has more, of restored, tagged, replicated and expired objects; they are refused.
const EVENTS: &[&str] = &[
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Put",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
];

/// What stays as it is in the key of an event; a space becomes `+`.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

/// Something that happened to an object.
pub struct Happened {
    /// `ObjectCreated:Put`
    pub what: &'static str,
    pub key: String,
    pub version: Option<String>,
    /// Size and ETag of what was written.
    pub written: Option<(u64, String)>,
}

fn refused(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidArgument", message)
}

/// Whether a configuration makes sense: its events are there, and its destinations too.
///
/// # Errors
/// `InvalidArgument`, as S3 answers it, also where a function does not let S3 call it.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html>.
pub async fn check(cloud: &Arc<Cloud>, configuration: &Value) -> Result<(), Fault> {
    if configuration.get("EventBridgeConfiguration").is_some() {
        return Err(refused("the local AWS does not support EventBridgeConfiguration; see docs/local-aws.md"));
    }
    for (list, destination) in LISTS {
        for entry in entries(configuration, list) {
            let events = entry.get("Events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let unknown = events.iter().filter_map(Value::as_str).find(|event| !EVENTS.contains(event));
            if let Some(event) = unknown {
                return Err(refused(format!(
                    "the local AWS does not support the event {event}; see docs/local-aws.md"
                )));
            }
            let arn = entry.get(*destination).and_then(Value::as_str).unwrap_or_default();
            if events.is_empty() || !is_there(cloud, list, arn).await {
                let mut fault = refused("Unable to validate the following destination configurations");
                fault.members.insert("ArgumentName1".to_owned(), json!(arn));
                return Err(fault);
            }
        }
    }
    Ok(())
}

fn entries<'a>(configuration: &'a Value, list: &str) -> &'a [Value] {
    configuration.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn region(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}

/// Whether S3 can reach a destination.
async fn is_there(cloud: &Arc<Cloud>, list: &str, arn: &str) -> bool {
    let name = arn.rsplit(':').next().unwrap_or_default();
    let (service, operation, input) = match list {
        "LambdaFunctionConfigurations" => ("lambda", "GetPolicy", json!({ "FunctionName": arn })),
        "QueueConfigurations" => ("sqs", "GetQueueUrl", json!({ "QueueName": name })),
        _ => ("sns", "GetTopicAttributes", json!({ "TopicArn": arn })),
    };
    match cloud.invoke(service, operation, region(arn), input).await {
        Ok(answer) if service == "lambda" => {
            answer.body.get("Policy").and_then(Value::as_str).is_some_and(|policy| policy.contains("s3.amazonaws.com"))
        }
        answer => answer.is_ok(),
    }
}

/// Tells what happened to whom the bucket's configuration names. Nobody waits for it.
pub fn tell(cloud: &Arc<Cloud>, bucket: &Bucket, happened: Happened) {
    let Some(configuration) = bucket.configurations.get(CONFIGURATION) else { return };
    for (list, destination) in LISTS {
        for entry in entries(configuration, list).iter().filter(|entry| wants(entry, &happened)) {
            let Some(arn) = entry.get(*destination).and_then(Value::as_str).map(str::to_owned) else { continue };
            let id = entry.get("Id").and_then(Value::as_str).unwrap_or_default();
            let event = event(cloud, bucket, id, &happened).to_string();
            let (cloud, list) = (Arc::clone(cloud), *list);
            tokio::spawn(async move {
                if let Err(fault) = send(&cloud, list, &arn, event).await {
                    tracing::warn!(destination = arn, %fault, "a notification could not be delivered");
                }
            });
        }
    }
}

async fn send(cloud: &Arc<Cloud>, list: &str, arn: &str, event: String) -> Result<(), Fault> {
    let (region, name) = (region(arn), arn.rsplit(':').next().unwrap_or_default());
    let sent = match list {
        "LambdaFunctionConfigurations" => {
            let input = json!({ "FunctionName": arn, "InvocationType": "Event" });
            cloud.answer(Call::internal("lambda", "Invoke", region, input, Bytes::from(event))).await
        }
        "QueueConfigurations" => {
            cloud.invoke("sqs", "SendMessage", region, json!({ "QueueUrl": name, "MessageBody": event })).await
        }
        _ => {
            let input = json!({ "TopicArn": arn, "Subject": "Amazon S3 Notification", "Message": event });
            cloud.invoke("sns", "Publish", region, input).await
        }
    };
    sent.map(|_| ())
}

/// Whether an entry of a configuration is about what happened.
fn wants(entry: &Value, happened: &Happened) -> bool {
    let events = entry.get("Events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = events.iter().filter_map(Value::as_str).filter_map(|event| event.strip_prefix("s3:"));
    let of_kind = named.into_iter().any(|event| match event.strip_suffix('*') {
        Some(begin) => happened.what.starts_with(begin),
        None => happened.what == event,
    });
    let rules =
        entry.pointer("/Filter/Key/FilterRules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let fits = |rule: &Value| {
        let member = |name: &str| rule.get(name).and_then(Value::as_str).unwrap_or_default();
        match member("Name").to_ascii_lowercase().as_str() {
            "prefix" => happened.key.starts_with(member("Value")),
            _ => happened.key.ends_with(member("Value")),
        }
    };
    of_kind && rules.iter().all(fits)
}

/// Source: Amazon S3 User Guide, "Event message structure".
fn event(cloud: &Cloud, bucket: &Bucket, id: &str, happened: &Happened) -> Value {
    let now = cloud.clock.now();
    let key = utf8_percent_encode(&happened.key, PLAIN).to_string().replace(' ', "+");
    let mut object = json!({ "key": key, "sequencer": format!("{:016X}", now.as_nanosecond()) });
    if let Some((size, etag)) = &happened.written {
        object["size"] = json!(size);
        object["eTag"] = json!(etag.trim_matches('"'));
    }
    if let Some(version) = &happened.version {
        object["versionId"] = json!(version);
    }
    let owner = json!({ "principalId": cloud.config.account });
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "eventName": happened.what,
        "userIdentity": owner,
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": {
            "x-amz-request-id": uuid::Uuid::new_v4().simple().to_string(),
            "x-amz-id-2": uuid::Uuid::new_v4().simple().to_string(),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": id,
            "bucket": { "name": bucket.name, "ownerIdentity": owner, "arn": format!("arn:aws:s3:::{}", bucket.name) },
            "object": object,
        },
    }]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_about_its_events_and_the_keys_that_its_filter_lets_through() {
        let entry = json!({
            "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "Suffix", "Value": ".jpg"}]}},
        });
        let wants =
            |what, key: &str| wants(&entry, &Happened { what, key: key.to_owned(), version: None, written: None });
        assert!(wants("ObjectCreated:Copy", "in/a.jpg") && wants("ObjectRemoved:Delete", "in/b.jpg"));
        assert!(!wants("ObjectRemoved:DeleteMarkerCreated", "in/a.jpg"));
        assert!(!wants("ObjectCreated:Put", "out/a.jpg") && !wants("ObjectCreated:Put", "in/a.png"));
    }

    #[test]
    fn a_key_is_encoded_as_in_a_form() {
        let key = utf8_percent_encode("in/a b+ü.jpg", PLAIN).to_string().replace(' ', "+");
        assert_eq!(key, "in/a+b%2B%C3%BC.jpg");
    }
}
