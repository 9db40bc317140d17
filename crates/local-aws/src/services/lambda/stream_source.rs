//! Changes of a DynamoDB table as events of a function, in their order.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::{Value, json};

use super::destination;
use super::event_source::Mapping;
use super::poller::{Answer, call};
use crate::Cloud;
use crate::wire::Fault;

/// How far a mapping has read a shard: the iterator to go on with, by mapping and shard.
const POSITIONS: &str = "lambda.positions";
/// The pause between two looks at a stream.
const BETWEEN: Duration = Duration::from_millis(250);
/// The pause after an answer that is none.
const AFTER_A_FAULT: Duration = Duration::from_secs(1);
/// The first pause before a batch is tried again, and the longest.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MOST: Duration = Duration::from_secs(60);
/// How many shards of a stream are read.
const MAX_SHARDS: usize = 100;

/// Reads the stream as long as `cloud` lives.
pub async fn read(cloud: Weak<Cloud>, mapping: &Arc<Mapping>) {
    loop {
        let Some(strong) = cloud.upgrade() else { return };
        let pause = match look(&strong, mapping).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => BETWEEN,
            Err(_) => AFTER_A_FAULT,
        };
        drop(strong);
        tokio::time::sleep(pause).await;
    }
}

/// Forgets how far a mapping has read.
///
/// # Errors
/// What the store cannot write.
pub fn forget(cloud: &Cloud, id: &str) -> Result<(), Fault> {
    let rows: Vec<(String, String)> = cloud.store.scan(POSITIONS, &format!("{id}/"))?;
    for (row, _) in rows {
        cloud.store.delete(POSITIONS, &row)?;
    }
    Ok(())
}

/// Reads what is new in every shard; true when there was something.
async fn look(cloud: &Arc<Cloud>, mapping: &Arc<Mapping>) -> Result<bool, Fault> {
    let input = json!({ "StreamArn": mapping.source, "Limit": MAX_SHARDS });
    let stream = cloud.invoke("dynamodb", "DescribeStream", &mapping.region, input).await?.body;
    let mut is_busy = false;
    for shard in stream["StreamDescription"]["Shards"].as_array().into_iter().flatten() {
        if let Some(shard) = shard["ShardId"].as_str() {
            is_busy |= look_at(cloud, mapping, shard).await?;
        }
    }
    Ok(is_busy)
}

async fn look_at(cloud: &Arc<Cloud>, mapping: &Arc<Mapping>, shard: &str) -> Result<bool, Fault> {
    let row = format!("{}/{shard}", mapping.id);
    let iterator: Option<String> = cloud.store.get(POSITIONS, &row)?;
    let iterator = match iterator {
        Some(iterator) => iterator,
        None => {
            let input = json!({
                "StreamArn": mapping.source,
                "ShardId": shard,
                "ShardIteratorType": mapping.settings.get("StartingPosition"),
            });
            let answer = cloud.invoke("dynamodb", "GetShardIterator", &mapping.region, input).await?.body;
            let iterator = answer["ShardIterator"].as_str().unwrap_or_default().to_owned();
            cloud.store.put(POSITIONS, &row, &iterator)?;
            iterator
        }
    };
    let (records, next) = records(cloud, mapping, &iterator).await?;
    if records.is_empty() {
        return Ok(false);
    }
    let window = u64::try_from(mapping.number("MaximumBatchingWindowInSeconds")).unwrap_or(0);
    let (records, next) = match window > 0 && !is_full(mapping, &records) {
        true => {
            tokio::time::sleep(Duration::from_secs(window)).await;
            self::records(cloud, mapping, &iterator).await?
        }
        false => (records, next),
    };
    deliver(cloud, mapping, records).await;
    if let Some(next) = next {
        cloud.store.put(POSITIONS, &row, &next)?;
    }
    Ok(true)
}

fn is_full(mapping: &Mapping, records: &[Value]) -> bool {
    i64::try_from(records.len()).is_ok_and(|count| count >= mapping.number("BatchSize"))
}

/// The next batch of a shard, with the iterator after it.
async fn records(cloud: &Arc<Cloud>, mapping: &Mapping, iterator: &str) -> Result<(Vec<Value>, Option<String>), Fault> {
    let input = json!({ "ShardIterator": iterator, "Limit": mapping.number("BatchSize").min(1000) });
    let answer = cloud.invoke("dynamodb", "GetRecords", &mapping.region, input).await?.body;
    let mut records = answer["Records"].as_array().cloned().unwrap_or_default();
    for record in &mut records {
        record["awsRegion"] = json!(mapping.region);
        record["eventSourceARN"] = json!(mapping.source);
    }
    Ok((records, answer["NextShardIterator"].as_str().map(str::to_owned)))
}

/// Hands records to the function until it has taken them, or they are given up.
///
/// Source: AWS Lambda Developer Guide, "Retain discarded batches for a DynamoDB event source", and "Configuring partial
/// batch response": the lowest number of those that failed is where the next attempt begins.
async fn deliver(cloud: &Arc<Cloud>, mapping: &Arc<Mapping>, records: Vec<Value>) {
    let filters = mapping.filters();
    let wanted: Vec<Value> = records
        .into_iter()
        .filter(|record| filters.is_empty() || filters.iter().any(|filter| filter.matches(record)))
        .collect();
    let retries = u64::try_from(mapping.number("MaximumRetryAttempts")).ok();
    let bisects = mapping.settings.get("BisectBatchOnFunctionError").and_then(Value::as_bool).unwrap_or(false);
    let mut waiting = VecDeque::from([(wanted, 0_u64, RETRY_FIRST)]);
    // Ends when all are taken or given up; without a limit of attempts or age, AWS tries for as long.
    while let Some((mut batch, attempts, pause)) = waiting.pop_front() {
        let aged = take_aged(cloud, mapping, &mut batch);
        give_up(cloud, mapping, &aged, "RecordAgeExceeded", attempts).await;
        if batch.is_empty() {
            continue;
        }
        let answer = call(cloud, mapping, &batch).await;
        let left = match &answer {
            Answer::Done => continue,
            Answer::NotTried => {
                tokio::time::sleep(pause).await;
                waiting.push_front((batch, attempts, (pause * 2).min(RETRY_MOST)));
                continue;
            }
            Answer::Without(failed) => from_first(batch, failed),
            Answer::Failed => batch,
        };
        if retries.is_some_and(|most| attempts >= most) {
            give_up(cloud, mapping, &left, "RetryAttemptsExhausted", attempts + 1).await;
            continue;
        }
        if bisects && left.len() > 1 && answer == Answer::Failed {
            let mut first = left;
            let second = first.split_off(first.len() / 2);
            waiting.push_front((second, attempts, RETRY_FIRST));
            waiting.push_front((first, attempts, RETRY_FIRST));
            continue;
        }
        tokio::time::sleep(pause).await;
        waiting.push_front((left, attempts + 1, (pause * 2).min(RETRY_MOST)));
    }
}

fn sequence(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
}

/// What is left from the first failed record on; all of it when none of those was in the batch.
fn from_first(mut batch: Vec<Value>, failed: &[String]) -> Vec<Value> {
    let first = batch.iter().position(|record| failed.iter().any(|id| id == sequence(record)));
    batch.split_off(first.unwrap_or(0))
}

/// Takes the records out that are older than the mapping allows.
fn take_aged(cloud: &Cloud, mapping: &Mapping, batch: &mut Vec<Value>) -> Vec<Value> {
    let most = mapping.number("MaximumRecordAgeInSeconds");
    if most < 0 {
        return Vec::new();
    }
    let now = cloud.clock.now().as_second();
    let is_old = |record: &Value| {
        record["dynamodb"]["ApproximateCreationDateTime"].as_f64().is_some_and(|at| {
            #[expect(clippy::cast_possible_truncation, reason = "whole seconds are enough")]
            let at = at as i64;
            now - at > most
        })
    };
    batch.extract_if(.., |record| is_old(record)).collect()
}

/// Tells the mapping's destination which records were given up.
async fn give_up(cloud: &Arc<Cloud>, mapping: &Mapping, records: &[Value], why: &str, attempts: u64) {
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return };
    let destination =
        mapping.settings.get("DestinationConfig").and_then(|config| config["OnFailure"]["Destination"].as_str());
    let Some(destination) = destination else { return };
    let time = |record: &Value| {
        let at = record["dynamodb"]["ApproximateCreationDateTime"].as_f64().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds are enough")]
        let at = jiff::Timestamp::from_second(at as i64).unwrap_or_default();
        at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let record = json!({
        "version": "1.0",
        "timestamp": cloud.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "requestContext": {
            "requestId": uuid::Uuid::new_v4().to_string(),
            "functionArn": mapping.function,
            "condition": why,
            "approximateInvokeCount": attempts,
        },
        "DDBStreamBatchInfo": {
            "startSequenceNumber": sequence(first),
            "endSequenceNumber": sequence(last),
            "approximateArrivalOfFirstRecord": time(first),
            "approximateArrivalOfLastRecord": time(last),
            "batchSize": records.len(),
            "streamArn": mapping.source,
        },
    });
    if let Err(fault) = destination::send(cloud, &mapping.region, destination, record.to_string()).await {
        tracing::warn!(destination, %fault, "the record of a batch that was given up is lost");
    }
}
