//! The operations of `logs`: groups, streams, events, and filters over them.

mod archive;
mod event;
mod fault;
mod filter_log_events;
mod get_log_events;
mod group;
mod pattern;
mod put_log_events;
mod stream;
mod tags;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cloud::Config;
use crate::operation;
use crate::services::Operation;
use crate::store::{Store, StoreError};
use archive::Archive;

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("CreateLogGroup", group::create_log_group),
    operation!("CreateLogStream", stream::create_log_stream),
    operation!("DeleteLogGroup", group::delete_log_group),
    operation!("DeleteLogStream", stream::delete_log_stream),
    operation!("DeleteRetentionPolicy", group::delete_retention_policy),
    operation!("DescribeLogGroups", group::describe_log_groups),
    operation!("DescribeLogStreams", stream::describe_log_streams),
    operation!("DescribeMetricFilters", group::describe_metric_filters),
    operation!("DescribeSubscriptionFilters", group::describe_subscription_filters),
    operation!("FilterLogEvents", filter_log_events::filter_log_events),
    operation!("GetLogEvents", get_log_events::get_log_events),
    operation!("ListTagsForResource", tags::list_tags_for_resource),
    operation!("ListTagsLogGroup", tags::list_tags_log_group),
    operation!("PutLogEvents", put_log_events::put_log_events),
    operation!("PutRetentionPolicy", group::put_retention_policy),
    operation!("TagLogGroup", tags::tag_log_group),
    operation!("TagResource", tags::tag_resource),
    operation!("TestMetricFilter", filter_log_events::test_metric_filter),
    operation!("UntagLogGroup", tags::untag_log_group),
    operation!("UntagResource", tags::untag_resource),
];

const GROUPS: &str = "logs.groups";
const STREAMS: &str = "logs.streams";
const EVENTS: &str = "logs.events";

/// What this service remembers between calls beside the store: where the events of each group are.
#[derive(Debug)]
pub struct State {
    archive: Mutex<Archive>,
}

impl State {
    /// The state over what `store` remembers.
    ///
    /// # Errors
    /// When what was stored cannot be read.
    pub fn open(_config: &Config, store: &Store) -> Result<State, StoreError> {
        Ok(State { archive: Mutex::new(Archive::open(store)?) })
    }

    fn archive(&self) -> MutexGuard<'_, Archive> {
        self.archive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The row of a group: region, then name.
fn group_row(region: &str, group: &str) -> String {
    format!("{region}\u{0}{group}")
}

/// The row of a stream: region, group, name; a group's name holds no NUL.
fn stream_row(region: &str, group: &str, stream: &str) -> String {
    format!("{region}\u{0}{group}\u{0}{stream}")
}
