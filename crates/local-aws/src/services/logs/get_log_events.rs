//! The events of one stream, page by page, in both directions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::archive::Found;
use super::event::Place;
use super::fault;
use super::group::Group;
use super::stream::{self, Stream};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

const MOST: i64 = 10_000;

/// The most bytes of a page.
const MOST_BYTES: usize = 1_048_576;

/// Where a page begins.
enum From {
    Head,
    Tail,
    After(Place),
    Before(Place),
}

/// A page of a stream's events, oldest first.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>.
pub async fn get_log_events(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let group = Group::of(&cloud, &call)?;
    let stream = Stream::load(&cloud, &call.region, &group.name, stream::name_of(&call)?)?;
    let limit = limit(&call)?;
    let from = match input::text(&call, "nextToken") {
        Some(token) => parse(token).ok_or_else(|| fault::invalid("The specified nextToken is invalid."))?,
        None if input::flag(&call, "startFromHead") => From::Head,
        None => From::Tail,
    };
    let start = input::integer(&call, "startTime").unwrap_or(i64::MIN);
    // The end is not included here, other than in FilterLogEvents.
    let end = input::integer(&call, "endTime").map_or(i64::MAX, |end| end.saturating_sub(1));
    let scope = (call.region.as_str(), group.name.as_str());
    let found = cloud.logs.archive().find(&cloud.store, scope, (start, end), &|name| name == stream.name)?;
    let page = page(&found, &from, limit);
    let (backward, forward) = tokens(page, &from);
    let events: Vec<Value> = page
        .iter()
        .map(|found| json!({ "timestamp": found.place.timestamp_ms, "message": found.message, "ingestionTime": found.ingested_ms }))
        .collect();
    Ok(Output::json(json!({ "events": events, "nextForwardToken": forward, "nextBackwardToken": backward })))
}

/// The most events of a page.
///
/// # Errors
/// `InvalidParameterException` for a limit out of range.
pub fn limit(call: &Call) -> Result<usize, Fault> {
    let limit = input::integer(call, "limit").unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value between 1 and 10000"
        )));
    }
    Ok(usize::try_from(limit).unwrap_or(1))
}

fn page<'a>(found: &'a [Found], from: &From, limit: usize) -> &'a [Found] {
    let forward = |begin: usize| {
        let rest = &found[begin..];
        &rest[..fitting(rest.iter(), limit)]
    };
    let backward = |end: usize| {
        let rest = &found[..end];
        &rest[end - fitting(rest.iter().rev(), limit)..]
    };
    match from {
        From::Head => forward(0),
        From::Tail => backward(found.len()),
        From::After(place) => forward(found.partition_point(|found| found.place <= *place)),
        From::Before(place) => backward(found.partition_point(|found| found.place < *place)),
    }
}

/// How many of the events fit into one page.
fn fitting<'a>(events: impl Iterator<Item = &'a Found>, limit: usize) -> usize {
    let mut bytes = 0;
    events
        .take(limit)
        .take_while(|found| {
            bytes += found.message.len();
            bytes <= MOST_BYTES
        })
        .count()
}

/// The tokens before and after a page; an empty page stays where it is, so a client that polls gets its own token.
fn tokens(page: &[Found], from: &From) -> (String, String) {
    const FIRST: Place = Place { timestamp_ms: 0, batch: 0, index: 0 };
    let (first, last) = match (page.first(), page.last(), from) {
        (Some(first), Some(last), _) => (first.place, last.place),
        (_, _, From::After(place) | From::Before(place)) => (*place, *place),
        _ => (FIRST, FIRST),
    };
    (format!("b/{}/s", first.text()), format!("f/{}/s", last.text()))
}

fn parse(token: &str) -> Option<From> {
    let (direction, rest) = token.split_once('/')?;
    let place = Place::parse(rest.strip_suffix("/s")?)?;
    match direction {
        "f" => Some(From::After(place)),
        "b" => Some(From::Before(place)),
        _ => None,
    }
}
