//! From a plan to a running stack: uploads, change set, progress, the first cause of a failure, removal.

mod amend;
mod begun_by;
mod cause;
mod cloud;
mod deploy;
mod event;
mod failure;
mod history;
mod interrupt;
mod keep;
mod propose;
mod prune;
mod remove;
mod repair;
mod stage;
mod swap;
mod upload;
mod watch;

pub use crate::plan::{StackResource, StoredText};
pub use amend::amend;
pub use begun_by::{BegunBy, begun_by, token};
pub use cause::{Cause, causes, first_cause};
pub use cloud::{EventPage, ObjectPage, ObjectVersion, Objects, Operations, ResourceEvent, Swapping, Unless};
pub use deploy::{Applied, Made, Manner, apply, deployment_bucket, join, wait_for_change_set};
pub use event::{Event, Tell};
pub use failure::{ApplyFailure, Doing, StackFailure, aws_account, stack_name};
pub use history::{Deployment, deployment_name, deployments, objects};
pub use interrupt::Interrupt;
pub use keep::keep_data;
pub use propose::propose;
pub use remove::{Kept, Removal, Removed, remove};
pub use repair::{Remedy, Stuck, import, mend, remedy};
pub use stage::{RestStages, set_stage};
pub use swap::{Liveness, SentCode, Swap, swap};
pub use watch::{Ended, Pace, Since, Watch};

#[cfg(test)]
mod tests;
