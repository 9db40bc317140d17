//! The operations of EventBridge Scheduler: schedules of their own, each with one target.

mod expression;
mod schedule;
mod ticker;

use crate::operation;
use crate::services::Operation;

pub use ticker::tick;

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("CreateSchedule", schedule::create_schedule),
    operation!("DeleteSchedule", schedule::delete_schedule),
    operation!("GetSchedule", schedule::get_schedule),
    operation!("ListSchedules", schedule::list_schedules),
    operation!("UpdateSchedule", schedule::update_schedule),
];
