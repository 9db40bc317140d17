//! CloudFormation templates as data: the document, intrinsic functions, the dependency graph, the difference.
//!
//! Pure: no I/O, no clock, no panic on any input.

pub mod template;

pub use template::{Output, Parameter, Resource, Template};
