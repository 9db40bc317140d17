//! What would change: the stack as it stands against the template, uploads, the change set.

mod change_set;
mod cloud;
mod deployed;
mod prepare;
mod review;
mod status;

pub use change_set::{
    Action, Change, ChangeSetKind, ChangeSetPage, ChangeSetRequest, Detail, INLINE_TEMPLATE_LIMIT, Replacement,
    RollbackTriggers, StackSettings, TemplateSource,
};
pub use cloud::Stacks;
pub use deployed::{Deployed, StackOutput};
pub use prepare::{Plan, PlanFailure, Upload, Work, prepare};
pub use review::{Entry, Fate, Reason, Review};
pub use status::{Condition, Status};
