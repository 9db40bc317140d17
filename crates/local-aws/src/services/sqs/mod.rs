//! The operations of `sqs`: standard queues and their messages.

mod attributes;
mod batch;
mod digest;
mod fault;
mod message;
mod queue;
mod receive;
mod send;
mod tags;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::cloud::Config;
use crate::operation;
use crate::services::Operation;
use crate::store::{Store, StoreError};
use queue::Queue;

pub use fault::query_code;

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("ChangeMessageVisibility", receive::change_message_visibility),
    operation!("ChangeMessageVisibilityBatch", batch::change_message_visibility_batch),
    operation!("CreateQueue", queue::create_queue),
    operation!("DeleteMessage", receive::delete_message),
    operation!("DeleteMessageBatch", batch::delete_message_batch),
    operation!("DeleteQueue", queue::delete_queue),
    operation!("GetQueueAttributes", attributes::get_queue_attributes),
    operation!("GetQueueUrl", queue::get_queue_url),
    operation!("ListQueues", queue::list_queues),
    operation!("ListQueueTags", tags::list_queue_tags),
    operation!("PurgeQueue", queue::purge_queue),
    operation!("ReceiveMessage", receive::receive_message),
    operation!("SendMessage", send::send_message),
    operation!("SendMessageBatch", batch::send_message_batch),
    operation!("SetQueueAttributes", attributes::set_queue_attributes),
    operation!("TagQueue", tags::tag_queue),
    operation!("UntagQueue", tags::untag_queue),
];

const QUEUES: &str = "sqs.queues";
const MESSAGES: &str = "sqs.messages";

/// The queues of every region, and whoever waits for a message.
#[derive(Debug)]
pub struct State {
    queues: Mutex<BTreeMap<String, Queue>>,
    arrived: Notify,
}

impl State {
    /// The queues and messages that `store` remembers.
    ///
    /// # Errors
    /// When what was stored cannot be read.
    pub fn open(_config: &Config, store: &Store) -> Result<State, StoreError> {
        let mut queues: BTreeMap<String, Queue> = store.scan(QUEUES, "")?.into_iter().collect();
        for (row, queue) in &mut queues {
            queue.messages =
                store.scan(MESSAGES, &format!("{row}\u{0}"))?.into_iter().map(|(_, message)| message).collect();
        }
        Ok(State { queues: Mutex::new(queues), arrived: Notify::new() })
    }

    /// The queues by region and name, locked.
    fn queues(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
