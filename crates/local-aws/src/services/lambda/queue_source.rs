//! Messages of a queue as events of a function.

use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::event_source::Mapping;
use super::poller::{Answer, call};
use crate::Cloud;
use crate::wire::Fault;

/// How many batches are worked on at once, unless the mapping says otherwise.
///
/// Source: AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings": it begins with five.
const AT_ONCE: usize = 5;
/// The longest wait for a first message.
const LONGEST_WAIT_S: u64 = 20;
/// The pause after an answer of the queue that is none.
const AFTER_A_FAULT: Duration = Duration::from_secs(1);
/// A batch is full before it is longer than an event may be.
///
/// Source: Lambda quotas, "Invocation payload", 6 MB; a quarter is left for what stands around the messages.
const FULL_BYTES: usize = 4_500_000;
/// How many messages one call takes.
const MOST_RECEIVED: usize = 10;

/// Reads the queue as long as `cloud` lives.
pub async fn read(cloud: Weak<Cloud>, mapping: &Arc<Mapping>) {
    let most = mapping.settings.get("ScalingConfig").and_then(|config| config["MaximumConcurrency"].as_u64());
    let permits = Arc::new(Semaphore::new(most.and_then(|most| usize::try_from(most).ok()).unwrap_or(AT_ONCE)));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        let Some(strong) = cloud.upgrade() else { return };
        match gather(&strong, mapping).await {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => {
                let mapping = Arc::clone(mapping);
                tokio::spawn(async move {
                    for batch in parts(messages) {
                        work_off(&strong, &mapping, batch).await;
                    }
                    drop(permit);
                });
            }
            // The queue may come again: a stack that is deployed anew makes it so.
            Err(_) => {
                drop(strong);
                tokio::time::sleep(AFTER_A_FAULT).await;
            }
        }
    }
}

/// Waits for messages, and for more until the batch is full or its window is over.
async fn gather(cloud: &Arc<Cloud>, mapping: &Mapping) -> Result<Vec<Value>, Fault> {
    let full = usize::try_from(mapping.number("BatchSize")).unwrap_or(1);
    let window = Duration::from_secs(u64::try_from(mapping.number("MaximumBatchingWindowInSeconds")).unwrap_or(0));
    let mut messages = receive(cloud, mapping, full, LONGEST_WAIT_S).await?;
    let deadline = Instant::now() + window;
    while !messages.is_empty() && messages.len() < full && size(&messages) < FULL_BYTES && Instant::now() < deadline {
        let left = (deadline - Instant::now()).as_secs_f64().ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 300 seconds")]
        let wait = (left as u64).min(LONGEST_WAIT_S);
        messages.extend(receive(cloud, mapping, full - messages.len(), wait).await?);
    }
    Ok(messages)
}

async fn receive(cloud: &Arc<Cloud>, mapping: &Mapping, most: usize, wait_s: u64) -> Result<Vec<Value>, Fault> {
    let input = json!({
        "QueueUrl": queue(mapping),
        "MaxNumberOfMessages": most.min(MOST_RECEIVED),
        "WaitTimeSeconds": wait_s,
        "AttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    });
    let answer = cloud.invoke("sqs", "ReceiveMessage", &mapping.region, input).await?;
    Ok(answer.body["Messages"].as_array().cloned().unwrap_or_default())
}

fn queue(mapping: &Mapping) -> &str {
    mapping.source.rsplit(':').next().unwrap_or_default()
}

fn size(messages: &[Value]) -> usize {
    messages.iter().map(|message| message["Body"].as_str().map_or(0, str::len)).sum()
}

/// The messages in batches that an event can hold.
fn parts(messages: Vec<Value>) -> Vec<Vec<Value>> {
    let mut parts: Vec<Vec<Value>> = Vec::new();
    for message in messages {
        match parts.last_mut().filter(|part| size(part) + size(std::slice::from_ref(&message)) < FULL_BYTES) {
            Some(part) => part.push(message),
            None => parts.push(vec![message]),
        }
    }
    parts
}

/// Hands a batch to the function and removes what it took; the rest comes again when its time of hiding is over. What no
/// filter wants is removed without a call.
async fn work_off(cloud: &Arc<Cloud>, mapping: &Arc<Mapping>, messages: Vec<Value>) {
    let filters = mapping.filters();
    let is_wanted = |record: &Value| filters.is_empty() || filters.iter().any(|filter| filter.matches(&seen(record)));
    let records: Vec<Value> = messages.iter().map(|message| record(mapping, message)).collect();
    let wanted: Vec<Value> = records.iter().filter(|record| is_wanted(record)).cloned().collect();
    let answer = if wanted.is_empty() { Answer::Done } else { call(cloud, mapping, &wanted).await };
    let stays = |id: &str| {
        let was_sent = wanted.iter().any(|record| record["messageId"] == id);
        was_sent
            && match &answer {
                Answer::Done => false,
                Answer::Without(failed) => failed.iter().any(|known| known == id) || !all_known(failed, &wanted),
                Answer::Failed | Answer::NotTried => true,
            }
    };
    let done = messages.iter().filter(|message| !stays(message["MessageId"].as_str().unwrap_or_default()));
    let receipts: Vec<&Value> = done.map(|message| &message["ReceiptHandle"]).collect();
    for part in receipts.chunks(MOST_RECEIVED) {
        let entries: Vec<Value> = part
            .iter()
            .enumerate()
            .map(|(index, receipt)| json!({ "Id": index.to_string(), "ReceiptHandle": receipt }))
            .collect();
        let input = json!({ "QueueUrl": queue(mapping), "Entries": entries });
        if let Err(fault) = cloud.invoke("sqs", "DeleteMessageBatch", &mapping.region, input).await {
            tracing::warn!(mapping = mapping.id, %fault, "messages that a function took come again");
        }
    }
}

/// An identifier that was not sent fails the whole batch.
///
/// Source: AWS Lambda Developer Guide, "Implementing partial batch responses", success and failure conditions.
fn all_known(failed: &[String], records: &[Value]) -> bool {
    failed.iter().all(|id| records.iter().any(|record| record["messageId"] == id.as_str()))
}

/// The record as filters see it: a body that is JSON is looked into.
fn seen(record: &Value) -> Value {
    let mut seen = record.clone();
    let body = record["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
    if let Some(body) = body.filter(Value::is_object) {
        seen["body"] = body;
    }
    seen
}

/// Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", example event.
fn record(mapping: &Mapping, message: &Value) -> Value {
    let attributes: Map<String, Value> = message["MessageAttributes"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let mut shown = json!({ "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"] });
            for (from, to) in [("StringValue", "stringValue"), ("BinaryValue", "binaryValue")] {
                if let Some(content) = value.get(from) {
                    shown[to] = content.clone();
                }
            }
            (name.clone(), shown)
        })
        .collect();
    let mut record = json!({
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source,
        "awsRegion": mapping.region,
    });
    if let Some(digest) = message.get("MD5OfMessageAttributes") {
        record["md5OfMessageAttributes"] = digest.clone();
    }
    record
}
