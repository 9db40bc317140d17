//! The events of a group that match a pattern, over all its streams.

use std::sync::Arc;

use serde_json::{Value, json};

use super::event::Place;
use super::fault;
use super::get_log_events::limit;
use super::group::Group;
use super::pattern::Pattern;
use super::stream::Stream;
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// The most bytes of a page.
const MOST_BYTES: usize = 1_048_576;

/// A page of matching events, by time over all streams.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>.
pub async fn filter_log_events(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let group = Group::of(&cloud, &call)?;
    let limit = limit(&call)?;
    let pattern = Pattern::parse(input::text(&call, "filterPattern").unwrap_or_default())?;
    let names: Vec<&str> = input::list(&call, "logStreamNames").iter().filter_map(Value::as_str).collect();
    let prefix = input::text(&call, "logStreamNamePrefix");
    if prefix.is_some() && !names.is_empty() {
        return Err(fault::invalid("logStreamNames and logStreamNamePrefix cannot both be specified"));
    }
    for name in &names {
        Stream::load(&cloud, &call.region, &group.name, name)?;
    }
    let after = match input::text(&call, "nextToken") {
        Some(token) => Some(Place::parse(token).ok_or_else(|| fault::invalid("The specified nextToken is invalid."))?),
        None => None,
    };
    let start = input::integer(&call, "startTime").unwrap_or(i64::MIN);
    let start = start.max(after.map_or(i64::MIN, |place| place.timestamp_ms));
    let end = input::integer(&call, "endTime").unwrap_or(i64::MAX);
    let wanted = |stream: &str| {
        (names.is_empty() || names.contains(&stream)) && prefix.is_none_or(|prefix| stream.starts_with(prefix))
    };
    let scope = (call.region.as_str(), group.name.as_str());
    let found = cloud.logs.archive().find(&cloud.store, scope, (start, end), &wanted)?;
    let (mut events, mut bytes, mut last, mut more) = (Vec::new(), 0, None, false);
    for found in found.iter().filter(|found| after.is_none_or(|after| found.place > after)) {
        if !pattern.matches(&found.message) {
            continue;
        }
        bytes += found.message.len();
        if events.len() == limit || (bytes > MOST_BYTES && !events.is_empty()) {
            more = true;
            break;
        }
        last = Some(found.place);
        events.push(json!({
            "logStreamName": found.stream,
            "timestamp": found.place.timestamp_ms,
            "message": found.message,
            "ingestionTime": found.ingested_ms,
            "eventId": found.place.text(),
        }));
    }
    let mut body = json!({ "events": events, "searchedLogStreams": [] });
    if let Some(last) = last.filter(|_| more) {
        body["nextToken"] = json!(last.text());
    }
    Ok(Output::json(body))
}

/// Which of some messages match a pattern.
pub async fn test_metric_filter(_cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let pattern = Pattern::parse(input::text(&call, "filterPattern").unwrap_or_default())?;
    let messages = input::list(&call, "logEventMessages").iter().filter_map(Value::as_str);
    let matches: Vec<Value> = (1..)
        .zip(messages)
        .filter(|(_, message)| pattern.matches(message))
        .map(|(number, message)| json!({ "eventNumber": number, "eventMessage": message, "extractedValues": {} }))
        .collect();
    Ok(Output::json(json!({ "matches": matches })))
}
