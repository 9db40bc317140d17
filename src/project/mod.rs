//! Finds the project and reads its configuration file.

mod find;
mod text;

use std::path::PathBuf;

use crate::source::{Node, Sources};

pub use find::{NAMES, read};
pub use text::{Unread, read_text};

/// Which spelling of the configuration a project has; it rules how strict `deploy` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `stack.yaml`: unknown keys are errors, the safe template.
    Stack,
    /// `serverless.yml`: unknown keys are warnings, the template that Serverless v3 makes.
    Serverless,
}

/// Where a stage runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    Local,
    Aws,
}

impl Target {
    /// The word of the command line and of `stages:`.
    pub fn as_str(self) -> &'static str {
        match self {
            Target::Local => "local",
            Target::Aws => "aws",
        }
    }
}

/// What the command line says about the project; `opt:` and `param:` read it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder that the command was called in, absolute.
    pub directory: PathBuf,
    /// `--config`, relative to the folder.
    pub config: Option<PathBuf>,
    /// `--stage`
    pub stage: Option<String>,
    /// `--region`
    pub region: Option<String>,
    /// `--target`
    pub target: Option<Target>,
    /// `--profile`
    pub profile: Option<String>,
    /// Each `--param key=value`.
    pub params: Vec<(String, String)>,
    /// Every other option that `opt:` may ask for.
    pub others: Vec<(String, String)>,
}

/// A project as read from disk, variables not yet resolved.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder of the configuration file, absolute.
    pub root: PathBuf,
    pub dialect: Dialect,
    pub sources: Sources,
    /// The configuration file's content: a mapping.
    pub document: Node,
    pub options: Options,
}
