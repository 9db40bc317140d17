//! CloudFormation templates as data: the document, intrinsic functions, the dependency graph, the difference.
//!
//! Pure: no I/O, no clock, no panic on any input.

pub mod canonical;
pub mod check;
pub mod cidr;
pub mod condition;
pub mod decode;
pub mod diff;
pub mod document;
pub mod error;
pub mod evaluate;
pub mod graph;
pub mod parameter;
pub mod reference;
pub mod rule;
pub mod substitution;
pub mod template;

pub use error::TemplateError;
pub use evaluate::{Scope, UNKNOWN, evaluate};
pub use graph::Graph;
pub use template::{Output, Parameter, Resource, Template};
