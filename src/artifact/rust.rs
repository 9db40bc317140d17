//! Rust functions: one cargo call for all of them, skipped when nothing that went into the binaries has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::cargo::{self, Linker, Target};
use super::elf::{self, Machine};
use super::manifest::{Content, Entry, Manifest};
use super::record::Record;
use super::{Architecture, BuildEvent, BuildFailure, Builder, Unit, Workshop, dep_info};

/// The C library of Amazon Linux 2023, on which `provided.al2023` stands.
///
/// Source: Amazon Linux 2023 user guide, "Core glibc": 2.34.
const GLIBC_OF_RUNTIME: (u32, u32) = (2, 34);

/// Files that rule a build beside the sources, looked for in every folder from a source up to the project.
const MANIFESTS: &[&str] = &["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "rust-toolchain", ".cargo/config.toml"];

/// Environment that rules a build.
const ENVIRONMENT: &[&str] = &[
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "RUSTUP_TOOLCHAIN",
    "RUSTC",
    "RUSTC_WRAPPER",
];

/// The binary of each Rust handler.
pub type Binaries = BTreeMap<(String, String), PathBuf>;

/// Builds the Rust units; nothing is started when there is none or nothing has changed.
///
/// # Errors
/// A handler that names no binary, cargo's failure with the compiler's words, or a binary that would not start where
/// the function runs.
pub fn build(
    units: &[Unit],
    workshop: &Workshop,
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Binaries, BuildFailure> {
    let mut binaries = Binaries::new();
    for architecture in [Architecture::X86_64, Architecture::Arm64] {
        let handlers = handlers(units, architecture);
        if !handlers.is_empty() {
            let built = build_for(architecture, &handlers, workshop, tell)?;
            binaries
                .extend(built.into_iter().map(|(handler, path)| ((handler, architecture.triple().to_owned()), path)));
        }
    }
    Ok(binaries)
}

/// The one entry of a Rust function's zip.
///
/// # Errors
/// [`BuildFailure::Read`] when the binary went away since the build.
pub fn manifest(unit: &Unit, binaries: &Binaries) -> Result<Manifest, BuildFailure> {
    let Builder::Rust { handler, architecture } = &unit.builder else { return Manifest::new(Vec::new()) };
    let key = (handler.clone(), architecture.triple().to_owned());
    let binary = binaries.get(&key).ok_or_else(|| BuildFailure::UnknownHandler {
        owner: unit.owners.join(", "),
        handler: handler.clone(),
        candidates: binaries.keys().map(|(handler, _)| handler.clone()).collect(),
    })?;
    Manifest::new(vec![Entry {
        path: "bootstrap".to_owned(),
        executable: true,
        content: Content::File(binary.clone()),
    }])
}

/// Handler and the functions that it serves.
type Handlers = BTreeMap<String, Vec<String>>;

fn handlers(units: &[Unit], wanted: Architecture) -> Handlers {
    let mut handlers = Handlers::new();
    for unit in units {
        if let Builder::Rust { handler, architecture } = &unit.builder
            && *architecture == wanted
        {
            handlers.entry(handler.clone()).or_default().extend(unit.owners.iter().cloned());
        }
    }
    handlers
}

fn build_for(
    architecture: Architecture,
    handlers: &Handlers,
    workshop: &Workshop,
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<BTreeMap<String, PathBuf>, BuildFailure> {
    let record_path = workshop.state_dir.join("artifacts").join(format!("rust-{}.json", architecture.triple()));
    let request = request(handlers, workshop);
    if let Some(binaries) = Record::outputs(&record_path, &request) {
        return Ok(binaries);
    }
    let owners: Vec<String> = handlers.values().flatten().cloned().collect();
    tell(BuildEvent::Started { builder: "cargo", owners: owners.clone() });
    let metadata = cargo::metadata(&workshop.root, &owners)?;
    let mut targets = BTreeMap::new();
    for (handler, functions) in handlers {
        targets.insert(handler.clone(), cargo::find(&metadata, &workshop.root, &functions.join(", "), handler)?);
    }
    let linker = linker(architecture, workshop);
    let distinct: Vec<Target> = targets.values().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let built = cargo::build(&workshop.root, &distinct, linker, &owners, tell)?;
    let mut binaries = BTreeMap::new();
    for (handler, target) in &targets {
        let path = built.get(&target.binary).ok_or_else(|| BuildFailure::Builder {
            builder: "cargo build",
            owners: owners.clone(),
            output: format!("cargo built no binary `{}`", target.binary),
        })?;
        gate(&handlers[handler].join(", "), path, architecture, workshop)?;
        binaries.insert(handler.clone(), path.clone());
    }
    remember(&record_path, &request, &binaries, workshop, has_build_scripts(&metadata))?;
    Ok(binaries)
}

fn linker(architecture: Architecture, workshop: &Workshop) -> Linker {
    let native = Architecture::host() == Some(architecture);
    if workshop.runs_on_host && native {
        Linker::Host
    } else if cargo::has_zigbuild() {
        Linker::Zig(architecture)
    } else if native {
        Linker::Host
    } else {
        Linker::Triple(architecture)
    }
}

/// Refuses a binary that would not start where the function runs.
fn gate(owner: &str, path: &Path, architecture: Architecture, workshop: &Workshop) -> Result<(), BuildFailure> {
    let bytes = std::fs::read(path).map_err(|source| BuildFailure::read(path, source))?;
    let wrong =
        |problem: String, hint: String| Err(BuildFailure::WrongBinary { owner: owner.to_owned(), problem, hint });
    if elf::machine(&bytes) != Some(Machine::Known(architecture)) {
        return wrong(
            format!("is not a Linux binary for {}", architecture.triple()),
            format!("run `rustup target add {}` and `cargo install cargo-zigbuild`", architecture.triple()),
        );
    }
    match elf::glibc_needed(&bytes) {
        Some(needed) if !workshop.runs_on_host && needed > GLIBC_OF_RUNTIME => wrong(
            format!(
                "needs glibc {}.{}, and provided.al2023 has {}.{}",
                needed.0, needed.1, GLIBC_OF_RUNTIME.0, GLIBC_OF_RUNTIME.1
            ),
            "run `cargo install cargo-zigbuild` and install zig; `deploy` then links for the runtime's own C library"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

fn has_build_scripts(metadata: &cargo_metadata::Metadata) -> bool {
    let custom = |target: &cargo_metadata::Target| target.kind.contains(&cargo_metadata::TargetKind::CustomBuild);
    metadata.packages.iter().any(|package| package.targets.iter().any(custom))
}

fn request(handlers: &Handlers, workshop: &Workshop) -> String {
    let environment: Vec<String> =
        ENVIRONMENT.iter().map(|name| format!("{name}={}", std::env::var(name).unwrap_or_default())).collect();
    let asked: Vec<&str> = handlers.keys().map(String::as_str).collect();
    let text =
        format!("{}|{}|{}|{}", asked.join(","), workshop.root.display(), workshop.runs_on_host, environment.join("|"));
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Writes down what the build was made of; a package with a build script is asked of cargo every time, because only
/// cargo knows what that depends on.
fn remember(
    record_path: &Path,
    request: &str,
    binaries: &BTreeMap<String, PathBuf>,
    workshop: &Workshop,
    build_scripts: bool,
) -> Result<(), BuildFailure> {
    let mut inputs = BTreeSet::new();
    for binary in binaries.values() {
        let written = std::fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
        let sources = dep_info::parse(&written);
        if build_scripts || sources.is_empty() {
            Record::forget(record_path);
            return Ok(());
        }
        inputs.extend(sources.iter().flat_map(|source| rulers(source, &workshop.root)));
        inputs.extend(sources);
    }
    inputs.extend(toolchain());
    Record::save(record_path, request, binaries, inputs)
}

/// The manifests in every folder above a source, up to the project's own folder. A missing one counts too: it may
/// appear.
fn rulers(source: &Path, root: &Path) -> Vec<PathBuf> {
    let folders = source.ancestors().skip(1).take_while(|folder| folder.starts_with(root) || root.starts_with(folder));
    folders.flat_map(|folder| MANIFESTS.iter().map(move |name| folder.join(name))).collect()
}

/// What rustup changes when another compiler is installed or chosen.
fn toolchain() -> Vec<PathBuf> {
    let home = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".rustup")));
    let Some(home) = home else { return Vec::new() };
    let hashes =
        std::fs::read_dir(home.join("update-hashes")).into_iter().flatten().flatten().map(|entry| entry.path());
    std::iter::once(home.join("settings.toml")).chain(hashes).collect()
}
