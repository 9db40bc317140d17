//! Events are written.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::event::Event;
use super::group::Group;
use super::stream::{self, Stream};
use super::{archive, fault};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// The limits of one batch, from
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: u64 = 1_048_576;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const OLDEST_MS: i64 = 14 * DAY_MS;
const NEWEST_MS: i64 = 2 * 60 * 60 * 1000;

/// Writes a batch; events that are too old or too new are left out and said.
pub async fn put_log_events(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let events = read(&call)?;
    let mut archive = cloud.logs.archive();
    let group = Group::of(&cloud, &call)?;
    let mut stream = Stream::load(&cloud, &call.region, &group.name, stream::name_of(&call)?)?;
    let (kept, rejected) = accept(&cloud, &group, events);
    if let (Some(first), Some(last)) = (kept.first(), kept.last()) {
        let (first_ms, last_ms) = (first.timestamp_ms, last.timestamp_ms);
        stream.first_event_ms = Some(stream.first_event_ms.map_or(first_ms, |old| old.min(first_ms)));
        stream.last_event_ms = Some(stream.last_event_ms.map_or(last_ms, |old| old.max(last_ms)));
        archive.append(&cloud, &call.region, &group.name, &stream.name, kept)?;
    }
    if let Some(before) = group.expired_before_ms(&cloud) {
        archive.expire(&cloud.store, &call.region, &group.name, before)?;
    }
    stream.last_ingestion_ms = Some(cloud.clock.now_ms());
    stream.writes += 1;
    stream.save(&cloud, &call.region, &group.name)?;
    let mut body = json!({ "nextSequenceToken": stream.token() });
    if !rejected.is_empty() {
        body["rejectedLogEventsInfo"] = Value::Object(rejected);
    }
    Ok(Output::json(body))
}

fn read(call: &Call) -> Result<Vec<Event>, Fault> {
    let listed = input::list(call, "logEvents");
    if listed.is_empty() || listed.len() > MOST_EVENTS {
        return Err(fault::invalid(
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length \
             between 1 and 10000",
        ));
    }
    let read = |event: &Value| {
        Some(Event {
            timestamp_ms: event["timestamp"].as_i64().filter(|time| *time >= 0)?,
            message: event["message"].as_str().filter(|message| !message.is_empty())?.to_owned(),
        })
    };
    let events: Option<Vec<Event>> = listed.iter().map(read).collect();
    let events =
        events.ok_or_else(|| fault::invalid("Log events must have a timestamp and a message that is not empty."))?;
    if events.windows(2).any(|pair| pair[0].timestamp_ms > pair[1].timestamp_ms) {
        return Err(fault::invalid("Log events in a single PutLogEvents request must be in chronological order."));
    }
    if events.iter().map(archive::size).sum::<u64>() > MOST_BYTES {
        return Err(fault::invalid(format!("Upload too large: batch size exceeds limit of {MOST_BYTES}")));
    }
    if let (Some(first), Some(last)) = (events.first(), events.last())
        && last.timestamp_ms - first.timestamp_ms > DAY_MS
    {
        return Err(fault::invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    Ok(events)
}

/// The events in the window of time, and what is said of the others.
fn accept(cloud: &Cloud, group: &Group, events: Vec<Event>) -> (Vec<Event>, Map<String, Value>) {
    let now_ms = cloud.clock.now_ms();
    let expired = group.expired_before_ms(cloud).unwrap_or(i64::MIN);
    let old = events.iter().take_while(|event| event.timestamp_ms < now_ms - OLDEST_MS).count();
    let gone = events.iter().take_while(|event| event.timestamp_ms < expired).count();
    let new = events.iter().position(|event| event.timestamp_ms > now_ms + NEWEST_MS);
    let mut rejected = Map::new();
    if let Some(index) = new {
        rejected.insert("tooNewLogEventStartIndex".to_owned(), json!(index));
    }
    if old > 0 {
        rejected.insert("tooOldLogEventEndIndex".to_owned(), json!(old));
    }
    if gone > 0 {
        rejected.insert("expiredLogEventEndIndex".to_owned(), json!(gone));
    }
    let end = new.unwrap_or(events.len());
    let kept = events.into_iter().take(end).skip(old.max(gone)).collect();
    (kept, rejected)
}
