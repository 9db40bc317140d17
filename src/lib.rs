//! From a `stack.yaml` to a running serverless application: the stages of `deploy`, in the order in which data flows.

pub mod apply;
pub mod artifact;
pub mod aws;
pub mod cli;
pub mod diagnostic;
pub mod failure;
pub mod observe;
pub mod plan;
pub mod project;
pub mod report;
mod run;
pub mod source;
pub mod stack;
pub mod template;
pub mod variables;

pub use failure::{Failure, Outcome};
pub use run::run;
