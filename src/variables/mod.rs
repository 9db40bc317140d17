//! Resolves variables: `$<…>` and `${…}`.

use std::path::PathBuf;

use crate::diagnostic::Diagnostic;
use crate::project::{Dialect, Target};
use crate::source::{Node, Sources};

/// A project in which every variable has its value.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The folder of the configuration file, absolute.
    pub root: PathBuf,
    pub dialect: Dialect,
    /// `--stage`, else `provider.stage`, else `dev`.
    pub stage: String,
    /// `--region`, else `provider.region`, else the profile's, else `us-east-1`.
    pub region: String,
    pub target: Target,
    /// Every file that was read on the way.
    pub sources: Sources,
    /// The configuration with all variables resolved.
    pub document: Node,
    /// Warnings so far.
    pub warnings: Vec<Diagnostic>,
}
