//! Why an artifact could not be made.

use std::path::{Path, PathBuf};

use super::{secret, tool};

/// What brings a linker for every machine of Lambda's.
pub const INSTALL_ZIGBUILD: &str = "`pip install cargo-zigbuild ziglang` (or `cargo install cargo-zigbuild` and zig)";

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
    /// A package that was built on this machine and cannot run where the function does.
    #[error("the Python package {package} {problem}")]
    WrongPackage { owners: Vec<String>, package: String, problem: String },
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
    #[error("{} would be in the artifact, and may hold secrets", folded(.files))]
    Secrets { owners: Vec<String>, files: Vec<String> },
    /// The same, in a zip that is there already.
    #[error("{} in {} may hold secrets", folded(.files), .path.display())]
    SecretsInZip { path: PathBuf, files: Vec<String> },
    /// Another failure, of these functions or layers.
    #[error("{failure}")]
    Of { owners: Vec<String>, failure: Box<BuildFailure> },
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
            | BuildFailure::WrongPackage { owners, .. }
            | BuildFailure::TooLarge { owners, .. }
            | BuildFailure::Of { owners, .. }
            | BuildFailure::Secrets { owners, .. } => owners.iter().map(String::as_str).collect(),
            BuildFailure::UnknownHandler { owner, .. } | BuildFailure::WrongBinary { owner, .. } => {
                owner.split(", ").collect()
            }
            _ => Vec::new(),
        }
    }

    /// For these functions or layers, where the builder did not know whose files it read.
    pub(crate) fn of(mut self, unit: &[String]) -> BuildFailure {
        if unit.is_empty() || !self.owners().is_empty() {
            return self;
        }
        if let BuildFailure::Secrets { owners, .. } = &mut self {
            *owners = unit.to_vec();
            return self;
        }
        BuildFailure::Of { owners: unit.to_vec(), failure: Box::new(self) }
    }

    /// What to do about it, if there is something to say beside the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            BuildFailure::ToolMissing { hint, .. } => Some((*hint).to_owned()),
            BuildFailure::WrongBinary { hint, .. } | BuildFailure::Unsupported { hint, .. } => Some(hint.clone()),
            BuildFailure::Builder { builder, output, .. } => advice(builder, output),
            BuildFailure::NotUnicode { .. } => Some("rename it, or exclude it with `package.patterns`".to_owned()),
            BuildFailure::Of { failure, .. } => failure.hint(),
            BuildFailure::SecretsInZip { .. } => Some(
                "make the zip without them, or say `package.allowSecretsInArtifact: true` if they belong there".to_owned(),
            ),
            BuildFailure::WrongPackage { .. } => Some(
                "build its wheel on a machine like the function's (`pip wheel --no-deps`), and list the file's path instead"
                    .to_owned(),
            ),
            BuildFailure::Secrets { files, .. } => Some(format!(
                "exclude them with `package.patterns` ({}), or say `package.allowSecretsInArtifact: true` if they belong there",
                excluding(files)
            )),
            BuildFailure::TooLarge { largest, .. } => Some(format!("the largest files are {}", sizes(largest))),
            BuildFailure::UnknownHandler { handler, candidates, .. } => nearest(handler, candidates),
            _ => None,
        }
    }
}

/// What helps against the failures that most people meet.
fn advice(builder: &str, output: &str) -> Option<String> {
    if builder == "cargo build" { advice_for_cargo(output) } else { advice_for_python(output) }
}

fn advice_for_cargo(output: &str) -> Option<String> {
    let says = |words: &str| output.contains(words);
    if says("can't find crate for `std`") || says("can't find crate for `core`") || says("target may not be installed")
    {
        let triple = output.split('`').find(|word| word.ends_with("-linux-gnu")).unwrap_or("aarch64-unknown-linux-gnu");
        return Some(if tool::is_there("cargo-zigbuild") {
            format!("run `rustup target add {triple}`")
        } else {
            format!("run `rustup target add {triple}`, and {INSTALL_ZIGBUILD} to link for it")
        });
    }
    if says("Failed to find zig") {
        return Some("run `pip install ziglang`, or install zig from https://ziglang.org/download".to_owned());
    }
    (says("error: linking with") || (says("linker `") && says("not found")))
        .then(|| format!("{INSTALL_ZIGBUILD}: it links for any Lambda machine without a C compiler for it"))
}

fn advice_for_python(output: &str) -> Option<String> {
    let words: Vec<&str> =
        output.split(|c: char| c.is_whitespace() || c == '│').filter(|word| !word.is_empty()).collect();
    let text = words.join(" ");
    let says = |words: &str| text.contains(words);
    if says("No module named pip") {
        return Some(
            "this Python has no pip: install uv (https://docs.astral.sh/uv), or run `python3 -m ensurepip`".to_owned(),
        );
    }
    let named = |before: &str| {
        let name = text.split_once(before)?.1.split([' ', '`']).next()?;
        (!name.is_empty()).then(|| name.to_owned())
    };
    if let Some(name) = named("Building source distributions is disabled, but attempted to build `") {
        return Some(format!("write its name before its address: `{name} @ git+https://…`"));
    }
    let name = named("Wheels are required for `").or_else(|| named("No matching distribution found for "));
    if name.is_none() && !says("no usable wheels") && !says("no wheels") {
        return None;
    }
    let (subject, name) = name.map_or(("it".to_owned(), "PACKAGE".to_owned()), |name| (format!("`{name}`"), name));
    Some(format!(
        "if {subject} exists, it has no wheel for the function's machine: take a version that has one, or run `pip wheel \
         --no-deps --wheel-dir wheels {name}` (on such a machine, if it holds machine code) and list the file that this \
         writes, `./wheels/….whl`, in its place"
    ))
}

/// The patterns that keep files out: one for a whole `.git`.
fn excluding(files: &[String]) -> String {
    let mut patterns: Vec<String> = files
        .iter()
        .map(|file| match secret::folder(file) {
            Some(folder) => format!("`!{folder}/**`"),
            None => format!("`!{file}`"),
        })
        .collect();
    patterns.dedup();
    some(&patterns)
}

/// The names of files, with one for all that is in the same `.git`.
fn folded(files: &[String]) -> String {
    let mut names: Vec<String> = files
        .iter()
        .map(|file| secret::folder(file).map_or_else(|| file.clone(), |folder| format!("{folder}/")))
        .collect();
    names.dedup();
    some(&names)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_a_wheel_is_named_with_what_to_do() {
        let of_uv = "  ╰─▶ Because docopt==0.6.2 has no usable wheels and you require docopt.\n\n      hint: Wheels are required for\n \
                     │    `docopt` because building from source is disabled";
        let of_pip = "ERROR: No matching distribution found for docopt==0.6.2\n";
        for (output, name) in [(of_uv, " docopt`"), (of_pip, " docopt==0.6.2`")] {
            let advice = advice("uv", output).unwrap();
            assert!(advice.contains("--wheel-dir wheels") && advice.contains(name), "{advice}");
        }
        assert_eq!(advice("uv", "error: Git operation failed"), None);
        assert!(advice("pip", "/usr/bin/python3: No module named pip").unwrap().contains("ensurepip"));
    }

    #[test]
    fn a_whole_repository_is_one_name_and_one_pattern() {
        let files = ["a/.git/HEAD", "a/.git/objects/x", "a/.env"].map(str::to_owned).to_vec();
        let refused = BuildFailure::Secrets { owners: Vec::new(), files };
        assert!(refused.to_string().starts_with("a/.git/, a/.env would"), "{refused}");
        assert!(refused.hint().unwrap().contains("(`!a/.git/**`, `!a/.env`)"));
    }
}
