//! One zip to be.

use std::path::PathBuf;

use super::{ArtifactKind, Selection};

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
    /// A zip that is already there.
    Prebuilt { path: PathBuf },
}
