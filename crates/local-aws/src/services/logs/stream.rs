//! Log streams.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::group::Group;
use super::{STREAMS, fault, stream_row};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// One log stream; times are milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stream {
    pub name: String,
    created_ms: i64,
    pub first_event_ms: Option<i64>,
    pub last_event_ms: Option<i64>,
    pub last_ingestion_ms: Option<i64>,
    /// Counts the writes; part of the token of the next one.
    pub writes: u64,
}

impl Stream {
    /// A stream of a group.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn load(cloud: &Cloud, region: &str, group: &str, name: &str) -> Result<Stream, Fault> {
        cloud.store.get(STREAMS, &stream_row(region, group, name))?.ok_or_else(fault::no_stream)
    }

    /// Writes the stream.
    pub fn save(&self, cloud: &Cloud, region: &str, group: &str) -> Result<(), Fault> {
        Ok(cloud.store.put(STREAMS, &stream_row(region, group, &self.name), self)?)
    }

    /// The token that the next write may carry; AWS takes every one since 2023.
    pub fn token(&self) -> String {
        format!("{:056}", self.writes + 1)
    }

    fn shape(&self, cloud: &Cloud, group: &Group, region: &str) -> Value {
        let mut shape = json!({
            "logStreamName": self.name,
            "creationTime": self.created_ms,
            "arn": format!("{}:log-stream:{}", group.arn(cloud, region), self.name),
            "storedBytes": 0,
            "uploadSequenceToken": self.token(),
        });
        let times = [
            ("firstEventTimestamp", self.first_event_ms),
            ("lastEventTimestamp", self.last_event_ms),
            ("lastIngestionTime", self.last_ingestion_ms),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                shape[name] = json!(time);
            }
        }
        shape
    }
}

/// The name of the stream that `call` means.
///
/// # Errors
/// `InvalidParameterException`.
pub fn name_of(call: &Call) -> Result<&str, Fault> {
    let name = input::text(call, "logStreamName").unwrap_or_default();
    if name.is_empty() || name.chars().count() > 512 || name.contains([':', '*', '\u{0}']) {
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{name}' at 'logStreamName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [^:*]*"
        )));
    }
    Ok(name)
}

/// Makes a stream.
pub async fn create_log_stream(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = name_of(&call)?;
    let _ordered = cloud.logs.archive();
    let group = Group::of(&cloud, &call)?;
    if Stream::load(&cloud, &call.region, &group.name, name).is_ok() {
        return Err(fault::exists("log stream"));
    }
    let stream = Stream {
        name: name.to_owned(),
        created_ms: cloud.clock.now_ms(),
        first_event_ms: None,
        last_event_ms: None,
        last_ingestion_ms: None,
        writes: 0,
    };
    stream.save(&cloud, &call.region, &group.name)?;
    Ok(Output::empty())
}

/// Removes a stream with its events.
pub async fn delete_log_stream(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut archive = cloud.logs.archive();
    let group = Group::of(&cloud, &call)?;
    let stream = Stream::load(&cloud, &call.region, &group.name, name_of(&call)?)?;
    archive.forget(&cloud.store, &call.region, &group.name, Some(&stream.name))?;
    cloud.store.delete(STREAMS, &stream_row(&call.region, &group.name, &stream.name))?;
    Ok(Output::empty())
}

/// Streams of a group, by name or by their last event.
pub async fn describe_log_streams(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let group = Group::of(&cloud, &call)?;
    let by_time = input::text(&call, "orderBy") == Some("LastEventTime");
    let prefix = input::text(&call, "logStreamNamePrefix").unwrap_or_default();
    if by_time && !prefix.is_empty() {
        return Err(fault::invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let limit = input::integer(&call, "limit").unwrap_or(50);
    if !(1..=50).contains(&limit) {
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value between 1 and 50"
        )));
    }
    let limit = usize::try_from(limit).unwrap_or(50);
    let rows: Vec<(String, Stream)> = cloud.store.scan(STREAMS, &stream_row(&call.region, &group.name, prefix))?;
    let mut streams: Vec<Stream> = rows.into_iter().map(|(_, stream)| stream).collect();
    if by_time {
        streams.sort_by_key(|stream| stream.last_event_ms.unwrap_or(stream.created_ms));
    }
    if input::flag(&call, "descending") {
        streams.reverse();
    }
    let start = match input::text(&call, "nextToken") {
        Some(token) => {
            let at = streams.iter().position(|stream| stream.name == token);
            at.map(|at| at + 1).ok_or_else(|| fault::invalid("The specified nextToken is invalid."))?
        }
        None => 0,
    };
    let page: Vec<&Stream> = streams.iter().skip(start).take(limit).collect();
    let shapes: Vec<Value> = page.iter().map(|stream| stream.shape(&cloud, &group, &call.region)).collect();
    let mut body = json!({ "logStreams": shapes });
    if start + page.len() < streams.len()
        && let Some(last) = page.last()
    {
        body["nextToken"] = json!(last.name);
    }
    Ok(Output::json(body))
}
