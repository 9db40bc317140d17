//! What a command can end with, and the exit code of each.

/// A command that did what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
}

/// A command that did not.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The project has mistakes; each is a diagnostic.
    #[error("the project has {} mistakes", .0.errors())]
    Invalid(crate::diagnostic::Diagnostics),
}
