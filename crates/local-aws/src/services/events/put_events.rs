//! Events that are put on a bus.

use std::sync::Arc;

use serde_json::{Value, json};

use super::rule::{Rule, invalid};
use super::{bus, delivery};
use crate::Cloud;
use crate::event_pattern::Pattern;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// How many events one call takes.
const MOST: usize = 10;
/// How long an event may be, in bytes.
///
/// Source: Amazon EventBridge User Guide, "Calculating PutEvents event entry size": 1 MB since 2026.
const LONGEST: usize = 1_048_576;

/// Puts events on their buses; each entry is taken or refused by itself.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>.
pub async fn put_events(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let entries = input::list(&call, "Entries");
    if entries.is_empty() || entries.len() > MOST {
        return Err(invalid(&format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and {MOST}"
        )));
    }
    if !call.input["EndpointId"].is_null() {
        return Err(invalid("the local AWS does not support EndpointId of PutEvents; see docs/local-aws.md"));
    }
    let mut answers = Vec::new();
    for entry in entries {
        answers.push(match put(&cloud, &call, entry).await {
            Ok(id) => json!({ "EventId": id }),
            Err(refused) => json!({ "ErrorCode": refused.code, "ErrorMessage": refused.message }),
        });
    }
    let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
    Ok(Output::json(json!({ "FailedEntryCount": failed, "Entries": answers })))
}

async fn put(cloud: &Arc<Cloud>, call: &Call, entry: &Value) -> Result<String, Fault> {
    let text = |name: &str| {
        entry[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| {
            let message = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            Fault::sender("InvalidArgument", message)
        })
    };
    let (source, kind, detail) = (text("Source")?, text("DetailType")?, text("Detail")?);
    let malformed = || Fault::sender("MalformedDetail", "Detail is malformed.");
    let detail: Value = serde_json::from_str(detail).map_err(|_| malformed())?;
    if !detail.is_object() {
        return Err(malformed());
    }
    if source.starts_with("aws.") {
        return Err(Fault::sender("NotAuthorizedForSourceException", "Not authorized for the source."));
    }
    if entry.to_string().len() > LONGEST {
        return Err(Fault::sender("InvalidArgument", "Total size of the entries in the request is over the limit."));
    }
    let bus = bus::of(cloud, &call.region, entry["EventBusName"].as_str())?;
    let seconds = entry["Time"].as_f64().unwrap_or_else(|| cloud.clock.now().as_second() as f64);
    let at = jiff::Timestamp::from_second(seconds as i64).unwrap_or_default();
    let id = uuid::Uuid::new_v4().to_string();
    let event = json!({
        "version": "0",
        "id": id,
        "detail-type": kind,
        "source": source,
        "account": cloud.config.account,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": call.region,
        "resources": entry["Resources"].as_array().cloned().unwrap_or_default(),
        "detail": detail,
    });
    for rule in Rule::all(cloud, &call.region, &bus)?.iter().filter(|rule| rule.enabled) {
        let pattern = rule.pattern.as_ref().and_then(|pattern| Pattern::parse(pattern).ok());
        if pattern.is_some_and(|pattern| pattern.matches(&event)) {
            delivery::deliver(cloud, rule, &event).await;
        }
    }
    Ok(id)
}
