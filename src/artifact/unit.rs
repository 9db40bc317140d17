//! One zip to be.

use std::path::PathBuf;

use super::{ArtifactKind, Secrets, Selection, esbuild, python};

/// The processor that a function runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    X86_64,
    Arm64,
}

impl Architecture {
    /// The one of this machine, if Lambda has it.
    pub fn host() -> Option<Architecture> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Architecture::X86_64),
            "aarch64" => Some(Architecture::Arm64),
            _ => None,
        }
    }

    /// As in a Rust target triple.
    pub fn triple(self) -> &'static str {
        match self {
            Architecture::X86_64 => "x86_64-unknown-linux-gnu",
            Architecture::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }
}

/// One zip to be: whose it is, its name, and who makes its entries.
#[derive(Clone, Debug)]
pub struct Unit {
    pub owners: Vec<String>,
    pub kind: ArtifactKind,
    /// `RecordDB.zip`.
    pub file_name: String,
    pub builder: Builder,
}

/// Who makes the entries of a zip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Builder {
    /// One binary, built with cargo, zipped as `bootstrap`.
    Rust {
        /// A package or binary of the workspace, or a folder with a `Cargo.toml`.
        handler: String,
        architecture: Architecture,
        /// `provided.al2023`.
        runtime: String,
    },
    /// A Linux binary that is there already, zipped as `bootstrap`.
    Binary { path: PathBuf, architecture: Architecture, runtime: String },
    /// The files of a folder that the patterns select, as they are.
    Folder { root: PathBuf, selection: Selection },
    /// Python files and what they depend on.
    Python(python::Builder),
    /// Handlers bundled by esbuild.
    Esbuild(esbuild::Builder),
    /// A zip that is already there.
    Prebuilt {
        path: PathBuf,
        /// What may hold secrets is looked for in it as well.
        secrets: Secrets,
    },
    /// The code of the stack's helpers.
    Helper,
}

impl Builder {
    /// Whether functions of these two builders can be in one zip.
    pub fn shares(&self, other: &Builder) -> bool {
        match (self, other) {
            (Builder::Folder { .. }, Builder::Folder { .. }) => self == other,
            (Builder::Python(one), Builder::Python(other)) => one == other,
            (Builder::Esbuild(one), Builder::Esbuild(other)) => {
                one.options == other.options && one.selection == other.selection
            }
            _ => false,
        }
    }

    /// Lets files that may hold secrets stay out of the zip instead of being an error.
    pub fn leave_secrets_out(&mut self) {
        let selection = match self {
            Builder::Folder { selection, .. } => selection,
            Builder::Python(builder) => &mut builder.selection,
            Builder::Esbuild(builder) => &mut builder.selection,
            Builder::Rust { .. } | Builder::Binary { .. } | Builder::Prebuilt { .. } | Builder::Helper => return,
        };
        if selection.secrets == Secrets::Refused {
            selection.secrets = Secrets::LeftOut;
        }
    }

    /// Takes in another function's builder that shares the zip.
    pub fn also(&mut self, other: Builder) {
        if let (Builder::Esbuild(own), Builder::Esbuild(other)) = (self, other) {
            for handler in other.handlers {
                if !own.handlers.contains(&handler) {
                    own.handlers.push(handler);
                }
            }
        }
    }
}
