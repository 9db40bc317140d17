//! Calls cargo: which packages there are, and one build for all of them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cargo_metadata::{Message, Metadata, Package, TargetKind};

use super::{Architecture, BuildEvent, BuildFailure};

/// How many bytes of cargo's own output are kept for an error.
const OUTPUT_LIMIT_BYTES: usize = 256 * 1024;

/// How a binary is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Linker {
    /// For this machine, with what it has.
    Host,
    /// `cargo zigbuild`, pinned to the C library of Amazon Linux 2.
    Zig(Architecture),
    /// For the architecture, by the linker that cargo is configured with.
    Triple(Architecture),
    /// For the architecture, with the C library inside the binary.
    Static(Architecture),
}

/// A binary that a handler names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub package: String,
    pub binary: String,
}

/// The workspace's own packages, without resolving dependencies.
///
/// # Errors
/// [`BuildFailure::ToolMissing`] without cargo; [`BuildFailure::Builder`] with cargo's words otherwise.
pub fn metadata(folder: &Path, owners: &[String]) -> Result<Metadata, BuildFailure> {
    let mut command = cargo_metadata::MetadataCommand::new();
    command.current_dir(folder).no_deps();
    command.exec().map_err(|error| match error {
        cargo_metadata::Error::Io(source) => missing(owners, source),
        other => failed(owners, other.to_string()),
    })
}

/// The binary that `handler` names: a folder with a `Cargo.toml`, a package, or a binary.
///
/// # Errors
/// [`BuildFailure::UnknownHandler`] with all that could have been meant.
pub fn find(metadata: &Metadata, root: &Path, owner: &str, handler: &str) -> Result<Target, BuildFailure> {
    let manifest = root.join(handler).join("Cargo.toml");
    let by_folder = |package: &&Package| same_file(package.manifest_path.as_std_path(), &manifest);
    let by_name = |package: &&Package| package.name.as_str() == handler;
    let packages = || metadata.packages.iter();
    if let Some(package) = packages().find(by_folder).or_else(|| packages().find(by_name))
        && let Some(binary) = main_binary(package)
    {
        return Ok(Target { package: package.name.to_string(), binary });
    }
    let owning = packages().find(|package| binaries(package).any(|binary| binary == handler));
    owning.map(|package| Target { package: package.name.to_string(), binary: handler.to_owned() }).ok_or_else(|| {
        let candidates = packages().flat_map(binaries).collect();
        BuildFailure::UnknownHandler { owner: owner.to_owned(), handler: handler.to_owned(), candidates }
    })
}

/// The binary of a package that has several: the default one, the one of the package's name, else the first.
fn main_binary(package: &Package) -> Option<String> {
    let named = |name: &str| binaries(package).find(|binary| binary == name);
    let default = package.default_run.as_deref().and_then(named);
    default.or_else(|| named(&package.name)).or_else(|| binaries(package).next())
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn binaries(package: &Package) -> impl Iterator<Item = String> + '_ {
    let is_binary = |kinds: &[TargetKind]| kinds.contains(&TargetKind::Bin);
    package.targets.iter().filter(move |target| is_binary(&target.kind)).map(|target| target.name.clone())
}

/// Builds all targets in one cargo call and answers the path of each binary.
///
/// # Errors
/// [`BuildFailure::Builder`] with the compiler's words; [`BuildFailure::ToolMissing`] without cargo.
pub fn build(
    folder: &Path,
    targets: &[Target],
    linker: Linker,
    owners: &[String],
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<BTreeMap<String, PathBuf>, BuildFailure> {
    let mut child = command(folder, targets, linker)?.spawn().map_err(|source| missing(owners, source))?;
    let stderr = child.stderr.take();
    let output = std::thread::scope(|scope| {
        let words = scope.spawn(|| stderr.map(|stderr| follow(stderr, tell)).unwrap_or_default());
        let binaries = executables(&mut child);
        (binaries, words.join().unwrap_or_default())
    });
    let (binaries, words) = output;
    let status = child.wait().map_err(|source| missing(owners, source))?;
    if !status.success() {
        return Err(failed(owners, words));
    }
    Ok(binaries)
}

fn command(folder: &Path, targets: &[Target], linker: Linker) -> Result<Command, BuildFailure> {
    let mut command = Command::new("cargo");
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    match linker {
        Linker::Host => command.arg("build"),
        Linker::Zig(architecture) => command.args(["zigbuild", "--target", &format!("{}.2.26", architecture.triple())]),
        Linker::Triple(architecture) => command.args(["build", "--target", architecture.triple()]),
        Linker::Static(architecture) => {
            command.args(["build", "--target", architecture.triple()]);
            link_statically(&mut command, architecture)
        }
    };
    command.args(["--release", "--message-format=json-render-diagnostics"]);
    let strip = !rules_stripping(&folder.join("Cargo.toml"))?;
    for target in targets {
        command.args(["--package", &target.package, "--bin", &target.binary]);
        if strip {
            command.args(["--config", &format!("profile.release.package.{}.strip=\"symbols\"", target.package)]);
        }
    }
    // What cargo sets for the process that it runs would look like a change to build scripts.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(&name);
        }
    }
    Ok(command)
}

/// Puts the C library into the binaries, beside the flags that the user has set. Flags of the environment hide those of
/// the configuration, so they are added to whichever is in force.
fn link_statically(command: &mut Command, architecture: Architecture) -> &mut Command {
    let flags = "target-feature=+crt-static";
    if let Ok(encoded) = std::env::var("CARGO_ENCODED_RUSTFLAGS") {
        command.env("CARGO_ENCODED_RUSTFLAGS", format!("{encoded}\u{1f}-C\u{1f}{flags}"))
    } else if let Ok(plain) = std::env::var("RUSTFLAGS") {
        command.env("RUSTFLAGS", format!("{plain} -C {flags}"))
    } else {
        command.args(["--config", &format!("target.{}.rustflags=[\"-C\", \"{flags}\"]", architecture.triple())])
    }
}

/// Whether the workspace says itself whether release binaries keep their symbols.
fn rules_stripping(manifest: &Path) -> Result<bool, BuildFailure> {
    let text = std::fs::read_to_string(manifest).map_err(|source| BuildFailure::read(manifest, source))?;
    let mut sections = text.split("\n[");
    let release = sections.find(|section| section.trim_start_matches('[').starts_with("profile.release]"));
    let set = |line: &str| line.split('=').next().is_some_and(|key| matches!(key.trim(), "strip" | "debug"));
    Ok(release.is_some_and(|section| section.lines().skip(1).any(set)))
}

/// The paths of the binaries, by name, from cargo's messages.
fn executables(child: &mut Child) -> BTreeMap<String, PathBuf> {
    let Some(stdout) = child.stdout.take() else { return BTreeMap::new() };
    let messages = Message::parse_stream(BufReader::new(stdout)).map_while(Result::ok);
    messages
        .filter_map(|message| match message {
            Message::CompilerArtifact(artifact) => {
                Some((artifact.target.name, artifact.executable?.into_std_path_buf()))
            }
            _ => None,
        })
        .collect()
}

/// Passes cargo's lines on as they come and keeps the last of them.
fn follow(stderr: impl Read, tell: &(dyn Fn(BuildEvent) + Sync)) -> String {
    let mut kept = String::new();
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        tell(BuildEvent::Progress { builder: "cargo", line: line.trim().to_owned() });
        if kept.len() + line.len() < OUTPUT_LIMIT_BYTES && !progress(&line) {
            kept.push_str(&line);
            kept.push('\n');
        }
    }
    kept
}

/// Lines that say what cargo does rather than what is wrong.
fn progress(line: &str) -> bool {
    ["Compiling", "Downloading", "Downloaded", "Updating", "Locking", "Finished", "Blocking", "Building"]
        .iter()
        .any(|word| line.trim_start().starts_with(word))
}

/// True when `cargo zigbuild` can be called.
pub fn has_zigbuild() -> bool {
    // It has no `--version` of its own.
    let asked = Command::new("cargo").args(["zigbuild", "--help"]).stdin(Stdio::null()).output();
    asked.is_ok_and(|output| output.status.success())
}

fn missing(owners: &[String], source: std::io::Error) -> BuildFailure {
    BuildFailure::ToolMissing {
        tool: "cargo",
        owners: owners.to_vec(),
        hint: "install Rust from https://rustup.rs, then run the same command again",
        source,
    }
}

fn failed(owners: &[String], output: String) -> BuildFailure {
    BuildFailure::Builder { builder: "cargo build", owners: owners.to_vec(), output }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_workspace_says_about_symbols_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Cargo.toml");
        let with = |text: &str| {
            std::fs::write(&path, text).unwrap();
            rules_stripping(&path).unwrap()
        };
        assert!(!with("[workspace]\n[profile.release]\nlto = true\n[profile.dev]\nstrip = true\n"));
        assert!(with("[workspace]\n[profile.release]\nlto = true\nstrip = \"debuginfo\"\n"));
    }
}
