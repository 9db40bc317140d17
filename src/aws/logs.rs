//! CloudWatch Logs, as observing sees it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Clients;
use super::error::AwsError;
use super::json::LOGS;
use crate::observe::{LogLine, LogPage, Logs};

impl Logs for Clients {
    async fn log(
        &self,
        group: &str,
        from: Timestamp,
        filter: Option<&str>,
        page: Option<&str>,
    ) -> Result<Option<LogPage>, AwsError> {
        let mut input = json!({"logGroupName": group, "startTime": from.as_millisecond()});
        for (key, value) in [("filterPattern", filter), ("nextToken", page)] {
            if let Some(value) = value {
                input[key] = value.into();
            }
        }
        let answer = match self.json.call(LOGS, "FilterLogEvents", &input).await {
            Err(error) if error.code == "ResourceNotFoundException" => return Ok(None),
            answer => answer?,
        };
        let events = answer.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let next = answer.get("nextToken").and_then(Value::as_str).map(str::to_owned);
        Ok(Some(LogPage { lines: events.iter().map(line).collect(), next }))
    }
}

fn line(event: &Value) -> LogLine {
    let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let millis = event.get("timestamp").and_then(Value::as_i64).unwrap_or_default();
    LogLine {
        id: text("eventId"),
        at: Timestamp::from_millisecond(millis).unwrap_or_default(),
        message: text("message"),
    }
}
