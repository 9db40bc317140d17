//! Why an artifact could not be made.

use std::path::{Path, PathBuf};

/// Why an artifact could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildFailure {
    /// A builder ran and said no; `output` is what it printed.
    #[error("{builder} failed for {}", .owners.join(", "))]
    Builder { builder: &'static str, owners: Vec<String>, output: String },
    /// A builder is not on this machine.
    #[error("{tool} is needed to build {}, and cannot be started: {source}", .owners.join(", "))]
    ToolMissing { tool: &'static str, owners: Vec<String>, hint: &'static str, source: std::io::Error },
    /// `handler:` names no package, binary or folder.
    #[error("`{handler}` is neither a package, nor a binary, nor a folder with a Cargo.toml; {}", known(.candidates))]
    UnknownHandler { owner: String, handler: String, candidates: Vec<String> },
    /// The binary would not start where the function runs.
    #[error("the binary of {owner} {problem}")]
    WrongBinary { owner: String, problem: String, hint: String },
    /// More than Lambda takes.
    #[error("{file_name} unpacks to {}, and Lambda takes {}", megabytes(*.unzipped_bytes), megabytes(*.limit_bytes))]
    TooLarge {
        owners: Vec<String>,
        file_name: String,
        unzipped_bytes: u64,
        limit_bytes: u64,
        largest: Vec<(String, u64)>,
    },
    /// Files that must not leave this machine.
    #[error("{} would be in the artifact, and may hold secrets", some(.files))]
    Secrets { owners: Vec<String>, files: Vec<String> },
    /// A name that no zip can hold in a way that everybody reads the same.
    #[error("the name of {} is not Unicode", .path.display())]
    NotUnicode { path: PathBuf },
    /// Options of a builder that it does not have here.
    #[error("{}", .problem)]
    Unsupported { problem: String, hint: String },
    /// The patterns select nothing.
    #[error("no file of {} is selected by the package patterns", .root.display())]
    Empty { root: PathBuf },
    /// A pattern that is none.
    #[error("`{pattern}` is not a pattern: {reason}")]
    Pattern { pattern: String, reason: String },
    /// A link that leads out of the folder that is zipped.
    #[error("{} is a link to {}, which is outside of {}", .link.display(), .to.display(), .root.display())]
    LinkLeavesFolder { link: PathBuf, to: PathBuf, root: PathBuf },
    /// A given zip that is none.
    #[error("{} is not a zip archive: {reason}", .path.display())]
    NotAZip { path: PathBuf, reason: String },
    /// A file that cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// A file that cannot be written.
    #[error("{} cannot be written: {source}", .path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

impl BuildFailure {
    pub(crate) fn read(path: &Path, source: std::io::Error) -> BuildFailure {
        BuildFailure::Read { path: path.to_owned(), source }
    }

    pub(crate) fn write(path: &Path, source: std::io::Error) -> BuildFailure {
        BuildFailure::Write { path: path.to_owned(), source }
    }

    /// The functions and layers that it was made for, where they are known.
    pub fn owners(&self) -> Vec<&str> {
        match self {
            BuildFailure::Builder { owners, .. }
            | BuildFailure::ToolMissing { owners, .. }
            | BuildFailure::TooLarge { owners, .. }
            | BuildFailure::Secrets { owners, .. } => owners.iter().map(String::as_str).collect(),
            BuildFailure::UnknownHandler { owner, .. } | BuildFailure::WrongBinary { owner, .. } => {
                owner.split(", ").collect()
            }
            _ => Vec::new(),
        }
    }

    /// For these functions or layers, where the builder did not know whose files it read.
    pub(crate) fn of(mut self, unit: &[String]) -> BuildFailure {
        if let BuildFailure::Secrets { owners, .. } = &mut self
            && owners.is_empty()
        {
            *owners = unit.to_vec();
        }
        self
    }

    /// What to do about it, if there is something to say beside the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            BuildFailure::ToolMissing { hint, .. } => Some((*hint).to_owned()),
            BuildFailure::WrongBinary { hint, .. } | BuildFailure::Unsupported { hint, .. } => Some(hint.clone()),
            BuildFailure::Builder { builder, output, .. } => advice(builder, output),
            BuildFailure::NotUnicode { .. } => Some("rename it, or exclude it with `package.patterns`".to_owned()),
            BuildFailure::Secrets { .. } => Some(
                "exclude them with `package.patterns`, or say `package.allowSecretsInArtifact: true` if they belong there"
                    .to_owned(),
            ),
            BuildFailure::TooLarge { largest, .. } => Some(format!("the largest files are {}", sizes(largest))),
            BuildFailure::UnknownHandler { handler, candidates, .. } => nearest(handler, candidates),
            _ => None,
        }
    }
}

/// What helps against the failures that most people meet.
fn advice(builder: &str, output: &str) -> Option<String> {
    let says = |words: &str| output.contains(words);
    if says("can't find crate for `std`") || says("can't find crate for `core`") || says("target may not be installed")
    {
        let triple = output.split('`').find(|word| word.ends_with("-linux-gnu")).unwrap_or("aarch64-unknown-linux-gnu");
        return Some(format!("run `rustup target add {triple}`, and `cargo install cargo-zigbuild` to link for it"));
    }
    if says("error: linking with") || (says("linker `") && says("not found")) {
        return Some(
            "run `cargo install cargo-zigbuild` and install zig: it links for any Lambda machine without a C compiler for it"
                .to_owned(),
        );
    }
    let no_wheel = says("No matching distribution found") || says("no wheels") || says("has no usable wheels");
    if builder != "cargo build" && (no_wheel || says("only-binary")) {
        return Some(
            "Lambda's machine needs wheels: pin a version that has one, or put a wheel beside the list and name its path"
                .to_owned(),
        );
    }
    None
}

/// The first ten of many names.
fn some(files: &[String]) -> String {
    match files.len().checked_sub(10) {
        Some(more) if more > 0 => format!("{} and {more} more", files[..10].join(", ")),
        _ => files.join(", "),
    }
}

fn nearest(handler: &str, candidates: &[String]) -> Option<String> {
    let near = |candidate: &&String| strsim::jaro_winkler(handler, candidate);
    let best = candidates.iter().max_by(|a, b| near(a).total_cmp(&near(b)))?;
    (near(&best) > 0.8).then(|| format!("did you mean `{best}`?"))
}

fn known(candidates: &[String]) -> String {
    match candidates {
        [] => "the project has no Rust package".to_owned(),
        some => format!("there are {}", some.join(", ")),
    }
}

/// Paths with their sizes.
pub(crate) fn sizes(files: &[(String, u64)]) -> String {
    let lines: Vec<String> = files.iter().map(|(path, bytes)| format!("{path} ({})", megabytes(*bytes))).collect();
    lines.join(", ")
}

pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1_048_576.0)
}
