//! From a plan to a running stack: uploads, change set, progress, the first cause of a failure, removal.

mod cause;
mod cloud;
mod deploy;
mod event;
mod failure;
mod interrupt;
mod propose;
mod remove;
mod upload;
mod watch;

pub use cause::{Cause, causes, first_cause};
pub use cloud::{EventPage, ObjectPage, ObjectVersion, Objects, Operations, ResourceEvent, StackResource};
pub use deploy::{Applied, Made, Manner, apply, deployment_name, wait_for_change_set};
pub use event::{Event, Tell};
pub use failure::{ApplyFailure, Doing, StackFailure, aws_account, stack_name};
pub use interrupt::Interrupt;
pub use propose::propose;
pub use remove::{Kept, Removed, remove};
pub use watch::{Ended, Pace, Since, Watch};

#[cfg(test)]
mod tests;
