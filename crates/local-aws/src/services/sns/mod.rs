//! The operations of `sns`: topics, and subscriptions of queues and functions.

mod delivery;
mod publish;
mod subscription;
mod topic;

use crate::operation;
use crate::services::Operation;

pub use super::changing::State;

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("CreateTopic", topic::create_topic),
    operation!("DeleteTopic", topic::delete_topic),
    operation!("GetSubscriptionAttributes", subscription::get_subscription_attributes),
    operation!("GetTopicAttributes", topic::get_topic_attributes),
    operation!("ListSubscriptions", subscription::list_subscriptions),
    operation!("ListSubscriptionsByTopic", subscription::list_subscriptions_by_topic),
    operation!("ListTagsForResource", topic::list_tags_for_resource),
    operation!("ListTopics", topic::list_topics),
    operation!("Publish", publish::publish),
    operation!("SetSubscriptionAttributes", subscription::set_subscription_attributes),
    operation!("SetTopicAttributes", topic::set_topic_attributes),
    operation!("Subscribe", subscription::subscribe),
    operation!("TagResource", topic::tag_resource),
    operation!("Unsubscribe", subscription::unsubscribe),
    operation!("UntagResource", topic::untag_resource),
];

/// Topics and subscriptions by ARN.
const TOPICS: &str = "sns.topics";
const SUBSCRIPTIONS: &str = "sns.subscriptions";
