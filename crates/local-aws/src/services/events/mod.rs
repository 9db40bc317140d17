//! The operations of `events`: buses, rules and the events that reach their targets.

mod bus;
mod delivery;
mod put_events;
mod rule;
mod schedule;
mod tags;
mod target;
mod ticker;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::operation;
use crate::services::Operation;

pub use delivery::{reaches, send};
pub use schedule::{MINUTE_MS, Schedule};
pub use ticker::{start, tick};

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("CreateEventBus", bus::create_event_bus),
    operation!("DeleteEventBus", bus::delete_event_bus),
    operation!("DeleteRule", rule::delete_rule),
    operation!("DescribeEventBus", bus::describe_event_bus),
    operation!("DescribeRule", rule::describe_rule),
    operation!("DisableRule", rule::disable_rule),
    operation!("EnableRule", rule::enable_rule),
    operation!("ListEventBuses", bus::list_event_buses),
    operation!("ListRules", rule::list_rules),
    operation!("ListTagsForResource", tags::list_tags_for_resource),
    operation!("ListTargetsByRule", target::list_targets_by_rule),
    operation!("PutEvents", put_events::put_events),
    operation!("PutRule", rule::put_rule),
    operation!("PutTargets", target::put_targets),
    operation!("RemoveTargets", target::remove_targets),
    operation!("TagResource", tags::tag_resource),
    operation!("UntagResource", tags::untag_resource),
];

/// What this service remembers between calls beside the store.
#[derive(Debug, Default)]
pub struct State {
    /// Held while a rule is read and written again.
    changing: Mutex<()>,
}

impl State {
    fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
