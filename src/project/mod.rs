//! Finds the project: its root, its configuration file, the stage and the target.

use std::path::PathBuf;

use crate::source::{Node, Sources};

/// Which spelling of the configuration a project has; it rules how strict `deploy` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `stack.yaml`: unknown keys are errors, the safe template.
    Stack,
    /// `serverless.yml`: unknown keys are warnings, the template that Serverless v3 makes.
    Serverless,
}

/// Where a stage runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Local,
    Aws,
}

/// A project as read from disk, variables not yet resolved.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder of the configuration file, absolute.
    pub root: PathBuf,
    pub dialect: Dialect,
    pub sources: Sources,
    pub document: Node,
}
