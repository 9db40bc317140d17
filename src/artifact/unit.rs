//! One zip to be.

use std::path::PathBuf;

use super::python::{Interpreter, Requirements};
use super::{ArtifactKind, Selection, esbuild};

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
#[derive(Clone, Debug)]
pub enum Builder {
    /// One binary, built with cargo, zipped as `bootstrap`.
    Rust {
        /// A package or binary of the workspace, or a folder with a `Cargo.toml`.
        handler: String,
        architecture: Architecture,
    },
    /// The files of a folder that the patterns select, as they are.
    Folder { root: PathBuf, selection: Selection },
    /// Python files and what they depend on.
    Python { root: PathBuf, selection: Selection, requirements: Requirements, interpreter: Interpreter },
    /// Handlers bundled by esbuild.
    Esbuild { root: PathBuf, handlers: Vec<String>, options: esbuild::Options, selection: Selection },
    /// A zip that is already there.
    Prebuilt { path: PathBuf },
    /// The code of the stack's helpers.
    Helper,
}

impl Builder {
    /// Whether functions of these two builders can be in one zip.
    pub fn shares(&self, other: &Builder) -> bool {
        match (self, other) {
            (Builder::Folder { .. }, Builder::Folder { .. }) => true,
            (Builder::Python { interpreter: one, .. }, Builder::Python { interpreter: other, .. }) => one == other,
            (Builder::Esbuild { options: one, .. }, Builder::Esbuild { options: other, .. }) => one == other,
            _ => false,
        }
    }

    /// Takes in another function's builder that shares the zip.
    pub fn also(&mut self, other: Builder) {
        if let (Builder::Esbuild { handlers, .. }, Builder::Esbuild { handlers: more, .. }) = (self, other) {
            for handler in more {
                if !handlers.contains(&handler) {
                    handlers.push(handler);
                }
            }
        }
    }
}
