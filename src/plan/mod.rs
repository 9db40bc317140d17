//! What would change: the stack as it stands against the template, uploads, the change set.

mod change_set;
mod cloud;
mod definition;
mod deployed;
mod limits;
mod memory;
mod names;
mod offline;
mod phrase;
mod places;
mod prepare;
mod record;
mod renewal;
mod review;
mod rights;
mod scope;
mod status;
mod swap;
mod swaps;

pub use change_set::{
    Action, Change, ChangeSetKind, ChangeSetPage, ChangeSetRequest, Detail, INLINE_TEMPLATE_LIMIT, Import, Replacement,
    RollbackTriggers, StackSettings, TemplateSource,
};
pub use cloud::{Names, Stacks, StoredText, Texts};
pub use definition::{FieldChange, MachineChange, StateChange, StateFate};
pub use deployed::{Deployed, StackOutput, StackResource};
pub use limits::Excess;
pub use memory::{DEPLOYMENT_BUCKET_OUTPUT, Memory, recall, record_bucket, record_key};
pub use names::{Name, Taken, names, taken};
pub use offline::compare;
pub use phrase::phrase;
pub use places::{place_of, places};
pub use prepare::{Plan, PlanFailure, Upload, Wanted, Way, Work, prepare};
pub use record::{Record, Records};
pub use renewal::{Astray, Renewal, Strayed, renewal};
pub use review::{Entry, Fate, Reason, Review, holds_data};
pub use rights::Right;
pub use scope::Known;
pub use status::{Condition, Status};
pub use swap::{Classified, Code, FunctionSwap, MachineSwap, Question as SwapQuestion, Verdict, classify, running};
pub use swaps::{Swapped, Swaps};
