//! A message in a queue.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::digest;

/// A message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    pub id: String,
    /// Its place in the queue.
    pub sequence: u64,
    pub body: String,
    /// `MessageAttributes` as they were sent.
    pub attributes: Map<String, Value>,
    /// `AWSTraceHeader`, if it was sent.
    pub trace: Option<String>,
    pub sent_ms: i64,
    /// Nobody receives it before.
    pub visible_ms: i64,
    pub received: u64,
    pub first_received_ms: Option<i64>,
    /// What the last receiver has to show.
    pub receipt: Option<String>,
}

impl Message {
    /// Hides the message from others until `visible_ms` and gives out a new receipt.
    pub fn take(&mut self, now_ms: i64, visible_ms: i64) {
        self.received += 1;
        self.first_received_ms.get_or_insert(now_ms);
        self.visible_ms = visible_ms;
        let text = format!("{}:{}", self.sequence, uuid::Uuid::new_v4());
        self.receipt = Some(URL_SAFE_NO_PAD.encode(text));
    }

    /// The message as ReceiveMessage shows it: with the system attributes and message attributes whose names `system`
    /// and `own` ask for.
    pub fn shown(&self, sender: &str, system: &[&str], own: &[&str]) -> Value {
        let mut shown = json!({
            "MessageId": self.id,
            "ReceiptHandle": self.receipt,
            "MD5OfBody": digest::of_body(&self.body),
            "Body": self.body,
        });
        let attributes = self.system(sender, system);
        if !attributes.is_empty() {
            shown["Attributes"] = attributes.into();
        }
        let wanted: Map<String, Value> = self
            .attributes
            .iter()
            .filter(|(name, _)| own.iter().any(|pattern| matches(pattern, name)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !wanted.is_empty() {
            shown["MD5OfMessageAttributes"] = digest::of_attributes(&wanted).into();
            shown["MessageAttributes"] = wanted.into();
        }
        shown
    }

    fn system(&self, sender: &str, wanted: &[&str]) -> Map<String, Value> {
        let all = [
            ("SenderId", Some(sender.to_owned())),
            ("SentTimestamp", Some(self.sent_ms.to_string())),
            ("ApproximateReceiveCount", Some(self.received.to_string())),
            ("ApproximateFirstReceiveTimestamp", self.first_received_ms.map(|ms| ms.to_string())),
            ("AWSTraceHeader", self.trace.clone()),
        ];
        let is_wanted = |name: &str| wanted.iter().any(|word| *word == "All" || *word == name);
        let found = all.into_iter().filter(|(name, _)| is_wanted(name));
        found.filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
    }
}

/// The place in the queue that a receipt handle names; `None` for what this service never gave out.
pub fn sequence_of(handle: &str) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(handle).ok()?;
    String::from_utf8(bytes).ok()?.split_once(':')?.0.parse().ok()
}

/// `All`, `.*`, `name`, `prefix.*`
fn matches(pattern: &str, name: &str) -> bool {
    pattern == "All"
        || pattern == ".*"
        || pattern == name
        || pattern.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
}
