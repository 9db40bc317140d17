//! Queues: made, found by name or URL, emptied, removed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::message::Message;
use super::{MESSAGES, QUEUES, attributes, fault};
use crate::services::input;
use crate::wire::{Call, Fault, Output};
use crate::{Cloud, Store};

/// A standard queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Queue {
    pub region: String,
    pub name: String,
    pub created_ms: i64,
    pub changed_ms: i64,
    /// Only those that were set.
    pub attributes: BTreeMap<String, String>,
    pub tags: Map<String, Value>,
    pub next: u64,
    /// In the order in which they came.
    #[serde(skip)]
    pub messages: VecDeque<Message>,
}

/// The row of a queue: region, then name.
pub fn row(region: &str, name: &str) -> String {
    format!("{region}\u{0}{name}")
}

impl Queue {
    /// Its row in the store.
    pub fn row(&self) -> String {
        row(&self.region, &self.name)
    }

    /// Writes the queue without its messages.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn save(&self, store: &Store) -> Result<(), Fault> {
        Ok(store.put(QUEUES, &self.row(), self)?)
    }

    /// Writes one message.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn keep(&self, store: &Store, message: &Message) -> Result<(), Fault> {
        Ok(store.put(MESSAGES, &format!("{}\u{0}{:016}", self.row(), message.sequence), message)?)
    }

    /// Removes the message of that place; true if it was there.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn drop_message(&mut self, store: &Store, sequence: u64) -> Result<bool, Fault> {
        let before = self.messages.len();
        self.messages.retain(|message| message.sequence != sequence);
        store.delete(MESSAGES, &format!("{}\u{0}{sequence:016}", self.row()))?;
        Ok(self.messages.len() < before)
    }

    /// Removes every message that `is_gone` says.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn drop_messages(&mut self, store: &Store, is_gone: impl Fn(&Message) -> bool) -> Result<(), Fault> {
        let gone: Vec<u64> =
            self.messages.iter().filter(|message| is_gone(message)).map(|message| message.sequence).collect();
        for sequence in gone {
            self.drop_message(store, sequence)?;
        }
        Ok(())
    }

    /// Appends a message.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn push(&mut self, store: &Store, mut message: Message) -> Result<(), Fault> {
        message.sequence = self.next;
        self.next += 1;
        self.save(store)?;
        self.keep(store, &message)?;
        self.messages.push_back(message);
        Ok(())
    }

    /// `arn:aws:sqs:REGION:ACCOUNT:NAME`
    pub fn arn(&self, cloud: &Cloud) -> String {
        format!("arn:aws:sqs:{}:{}:{}", self.region, cloud.config.account, self.name)
    }
}

/// The URL under which a queue is known.
pub fn url(cloud: &Cloud, name: &str) -> String {
    format!("{}/{}/{name}", cloud.config.endpoint, cloud.config.account)
}

/// Works on the queue that the member `QueueUrl` names.
///
/// # Errors
/// `QueueDoesNotExist`, and what `work` refuses.
pub fn with<R>(
    cloud: &Cloud,
    call: &Call,
    work: impl FnOnce(&mut Queue, &mut Neighbours<'_>) -> Result<R, Fault>,
) -> Result<R, Fault> {
    let url = input::text(call, "QueueUrl").ok_or_else(|| fault::missing("QueueUrl"))?;
    let name = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let mut queues = cloud.sqs.queues();
    let key = row(&call.region, name);
    // Taken out while it is worked on, so that its dead-letter queue can be reached.
    let mut queue = queues.remove(&key).ok_or_else(fault::no_queue)?;
    let result = work(&mut queue, &mut Neighbours { queues: &mut queues, region: &call.region });
    queues.insert(key, queue);
    result
}

/// The other queues.
pub struct Neighbours<'a> {
    queues: &'a mut BTreeMap<String, Queue>,
    region: &'a str,
}

impl Neighbours<'_> {
    /// The queue of the same region that an ARN names.
    pub fn by_arn(&mut self, arn: &str) -> Option<&mut Queue> {
        let name = arn.rsplit(':').next()?;
        self.queues.get_mut(&row(self.region, name))
    }
}

/// Makes a queue; the same request again answers as the first time.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>.
pub async fn create_queue(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::text(&call, "QueueName").ok_or_else(|| fault::missing("QueueName"))?;
    let wanted = attributes::read(&call.input["Attributes"])?;
    if name.ends_with(".fifo") {
        return Err(fault::unsupported("FIFO queues"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 80 || !name.chars().all(allowed) {
        let reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        return Err(Fault::sender("InvalidParameterValueException", reason));
    }
    let mut queues = cloud.sqs.queues();
    if let Some(old) = queues.get(&row(&call.region, name)) {
        let differs =
            wanted.iter().find(|(name, value)| attributes::value(old, name).as_deref() != Some(value.as_str()));
        return match differs {
            None => Ok(Output::json(json!({"QueueUrl": url(&cloud, name)}))),
            Some((attribute, _)) => Err(Fault::sender(
                "QueueNameExists",
                format!("A queue already exists with the same name and a different value for attribute {attribute}"),
            )),
        };
    }
    let now = cloud.clock.now_ms();
    let queue = Queue {
        region: call.region.clone(),
        name: name.to_owned(),
        created_ms: now,
        changed_ms: now,
        attributes: wanted,
        tags: call.input["tags"].as_object().cloned().unwrap_or_default(),
        next: 0,
        messages: VecDeque::new(),
    };
    queue.save(&cloud.store)?;
    queues.insert(queue.row(), queue);
    Ok(Output::json(json!({"QueueUrl": url(&cloud, name)})))
}

/// Removes a queue with its messages.
pub async fn delete_queue(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let row = with(&cloud, &call, |queue, _| {
        queue.drop_messages(&cloud.store, |_| true)?;
        Ok(queue.row())
    })?;
    cloud.sqs.queues().remove(&row);
    cloud.store.delete(QUEUES, &row)?;
    Ok(Output::empty())
}

/// Removes the messages of a queue.
pub async fn purge_queue(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    with(&cloud, &call, |queue, _| queue.drop_messages(&cloud.store, |_| true))?;
    Ok(Output::empty())
}

/// The URL of the queue of that name.
pub async fn get_queue_url(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::text(&call, "QueueName").ok_or_else(|| fault::missing("QueueName"))?;
    if !cloud.sqs.queues().contains_key(&row(&call.region, name)) {
        return Err(fault::no_queue());
    }
    Ok(Output::json(json!({"QueueUrl": url(&cloud, name)})))
}

/// The URLs of the queues whose names begin with a prefix.
pub async fn list_queues(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let prefix = input::text(&call, "QueueNamePrefix").unwrap_or_default();
    let asked = input::integer(&call, "MaxResults");
    let most = usize::try_from(asked.unwrap_or(1000)).unwrap_or(0);
    if !(1..=1000).contains(&most) {
        return Err(fault::invalid_value(&most.to_string(), "MaxResults", "Must be between 1 and 1000, if provided."));
    }
    let after = input::text(&call, "NextToken").unwrap_or_default();
    let queues = cloud.sqs.queues();
    let named = queues.values().filter(|queue| queue.region == call.region && queue.name.starts_with(prefix));
    let mut names: Vec<&str> = named.map(|queue| queue.name.as_str()).filter(|name| *name > after).collect();
    let more = names.len() > most;
    names.truncate(most);
    let mut body = json!({});
    if !names.is_empty() {
        body["QueueUrls"] = names.iter().map(|name| url(&cloud, name)).collect();
    }
    if let Some(last) = names.last().filter(|_| more && asked.is_some()) {
        body["NextToken"] = (*last).into();
    }
    Ok(Output::json(body))
}
