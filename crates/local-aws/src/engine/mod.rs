//! The CloudFormation engine: change sets, schedule, execute, roll back, journal.
//!
//! A stack is what its journal says ([`journal`], [`stack`]). An operation is a first entry; [`run`] then does whatever
//! the stack's status asks for until none is in progress, so that carrying on after a restart is the same call.

pub mod blueprint;
pub mod changes;
pub mod converge;
pub mod dismantle;
pub mod drift;
pub mod journal;
pub mod names;
pub mod provider;
pub mod run;
pub mod schema;
pub mod scope;
#[cfg(test)]
mod simulation;
pub mod stack;
pub mod stack_policy;
pub mod stacks;
pub mod status;
pub mod surroundings;
