//! Apache Velocity's template language as API Gateway's mapping templates use it.
//!
//! Source: Velocity 1.7 user guide; API Gateway developer guide, "Mapping template and access logging variable
//! reference".
//!
//! Diverges: `#macro`, `#parse`, `#include` and `#evaluate` are refused by name.

mod evaluate;
mod input;
mod method;
mod parse;
mod path;
mod syntax;
mod util;
mod value;

pub use evaluate::{Outcome, Variables, render};
pub use parse::Template;
pub use path::select;

/// Why a template has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The template is no template.
    #[error("line {line}: {message}")]
    Syntax { line: usize, message: String },
    /// A construct of Velocity that this engine refuses.
    #[error("line {line}: the local AWS's mapping templates do not support {what}; see docs/local-aws.md")]
    Unsupported { line: usize, what: String },
    /// `$input` was asked for a body that begins like JSON and is none.
    #[error("Could not parse request body into json: {0}")]
    Body(String),
    /// It could be read and not be evaluated.
    #[error("{0}")]
    Evaluation(String),
}

#[cfg(test)]
mod tests;
