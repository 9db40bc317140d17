//! Writes events of executions to CloudWatch Logs, as the machine's logging configuration asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use asl::HistoryEvent;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::record::{Entry, Live};
use crate::Cloud;

/// One line for one log stream.
struct Line {
    region: String,
    group: String,
    stream: String,
    timestamp_ms: i64,
    message: String,
}

/// The way to the writer; it starts with the first line.
#[derive(Default)]
pub struct Log(Mutex<Option<mpsc::UnboundedSender<Line>>>);

impl Log {
    /// Hands over the events that are new since the last time.
    pub fn write(&self, cloud: &Arc<Cloud>, entry: &Entry, live: &mut Live) {
        let logging = &entry.program.revision.logging;
        let (Some(group), Some(execution)) = (logging.group(), &live.execution) else {
            return;
        };
        let history = execution.history();
        let fresh = history.get(live.logged..).unwrap_or_default();
        for event in fresh.iter().filter(|event| logging.level.logs(&event.kind())) {
            let message = message(entry, event, logging.include_execution_data, live.redrives.count);
            self.send(
                cloud,
                Line {
                    region: entry.program.region.clone(),
                    group: group.to_owned(),
                    stream: stream(entry),
                    timestamp_ms: event.timestamp.0,
                    message: message.to_string(),
                },
            );
        }
        live.logged = history.len();
    }

    fn send(&self, cloud: &Arc<Cloud>, line: Line) {
        let mut sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = sender.get_or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            tokio::spawn(put(Arc::downgrade(cloud), receiver));
            sender
        });
        if sender.send(line).is_err() {
            tracing::warn!("the writer of execution logs has ended");
        }
    }
}

/// One event in the form in which Step Functions logs it.
///
/// Source: Step Functions developer guide, "Logging in CloudWatch Logs".
fn message(entry: &Entry, event: &HistoryEvent, include_data: bool, redrives: u64) -> Value {
    let mut wire = match event.to_wire(include_data) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let details = wire.keys().find(|key| key.ends_with("EventDetails")).cloned();
    let details = details.and_then(|key| wire.remove(&key)).unwrap_or_else(|| json!({}));
    json!({
        "id": event.id.to_string(),
        "type": event.kind(),
        "details": details,
        "previous_event_id": event.previous_event_id.to_string(),
        "event_timestamp": event.timestamp.0.to_string(),
        "execution_arn": entry.record.arn.as_ref(),
        "redrive_count": redrives.to_string(),
    })
}

/// `states/MACHINE/YYYY-MM-DD-HH-MM/SHARE`
fn stream(entry: &Entry) -> String {
    let started = jiff::Timestamp::from_millisecond(entry.record.started_ms).unwrap_or_default();
    let minute = started.strftime("%Y-%m-%d-%H-%M");
    let share: String = entry.program.key.chars().take(8).collect();
    format!("states/{}/{minute}/{share}", entry.program.machine_name)
}

/// Puts the lines that have come, a batch a stream at a time.
async fn put(cloud: Weak<Cloud>, mut lines: mpsc::UnboundedReceiver<Line>) {
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, 1000).await > 0 {
        let Some(cloud) = cloud.upgrade() else {
            return;
        };
        let mut streams: BTreeMap<(String, String, String), Vec<Value>> = BTreeMap::new();
        for line in batch.drain(..) {
            let event = json!({"timestamp": line.timestamp_ms, "message": line.message});
            streams.entry((line.region, line.group, line.stream)).or_default().push(event);
        }
        for ((region, group, stream), events) in streams {
            let place = json!({"logGroupName": group, "logStreamName": stream});
            // A stream that is there already is what is wanted; a missing group shows in the next call.
            let _exists = cloud.invoke("logs", "CreateLogStream", &region, place.clone()).await;
            let mut input = place;
            input["logEvents"] = events.into();
            if let Err(fault) = cloud.invoke("logs", "PutLogEvents", &region, input).await {
                tracing::warn!(group, %fault, "events of an execution could not be logged");
            }
        }
    }
}
