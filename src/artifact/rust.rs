//! Rust functions: one cargo call for all of them, skipped when nothing that went into the binaries has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::cargo::{self, Linker, Target};
use super::elf::{self, Machine};
use super::failure::INSTALL_ZIGBUILD;
use super::manifest::{Content, Entry, Manifest};
use super::record::Record;
use super::run::Run;
use super::{Architecture, BuildEvent, BuildFailure, Builder, Unit, Workshop, dep_info, tool};

/// The C library that a runtime stands on, as (major, minor).
///
/// Source: AWS Lambda developer guide, "Lambda runtimes" (which Amazon Linux), and its release notes: Amazon Linux 2023
/// has glibc 2.34, Amazon Linux 2 has 2.26, the first Amazon Linux 2.17.
fn glibc_of(runtime: &str) -> (u32, u32) {
    match runtime {
        "provided.al2" => (2, 26),
        "provided" | "go1.x" => (2, 17),
        _ => (2, 34),
    }
}

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
pub fn build(units: &[Unit], run: &Run) -> Result<Binaries, BuildFailure> {
    let mut binaries = Binaries::new();
    for architecture in [Architecture::X86_64, Architecture::Arm64] {
        let handlers = handlers(units, architecture);
        if !handlers.is_empty() {
            let built = build_for(architecture, &handlers, run)?;
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
    let Builder::Rust { handler, architecture, .. } = &unit.builder else { return Manifest::new(Vec::new()) };
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

/// The zip of a binary that is there already.
///
/// # Errors
/// A binary that would not start where the function runs.
pub fn given(
    unit: &Unit,
    path: &Path,
    architecture: Architecture,
    runtime: &str,
    run: &Run,
) -> Result<Manifest, BuildFailure> {
    let served = Served { functions: unit.owners.clone(), glibc: Some(glibc_of(runtime)) };
    gate(&served, path, architecture, run.workshop)?;
    run.manifest(vec![Entry { executable: true, ..Entry::file("bootstrap".to_owned(), path) }])
}

/// What a handler's binary is for.
#[derive(Debug, Default)]
struct Served {
    functions: Vec<String>,
    /// The oldest C library among their runtimes.
    glibc: Option<(u32, u32)>,
}

/// Handlers and what they serve.
type Handlers = BTreeMap<String, Served>;

fn handlers(units: &[Unit], wanted: Architecture) -> Handlers {
    let mut handlers = Handlers::new();
    for unit in units {
        if let Builder::Rust { handler, architecture, runtime } = &unit.builder
            && *architecture == wanted
        {
            let served = handlers.entry(handler.clone()).or_default();
            served.functions.extend(unit.owners.iter().cloned());
            let glibc = glibc_of(runtime);
            served.glibc = Some(served.glibc.map_or(glibc, |other| other.min(glibc)));
        }
    }
    handlers
}

fn build_for(
    architecture: Architecture,
    handlers: &Handlers,
    run: &Run,
) -> Result<BTreeMap<String, PathBuf>, BuildFailure> {
    let workshop = run.workshop;
    let record_path = run.cache.path(&format!("rust-{}.json", architecture.triple()));
    let request = request(handlers, workshop);
    if let Some(binaries) = Record::outputs(&record_path, &request) {
        run.cache.has(&record_path);
        return Ok(binaries);
    }
    let owners: Vec<String> = handlers.values().flat_map(|served| served.functions.clone()).collect();
    (run.tell)(BuildEvent::Started { builder: "cargo", owners: owners.clone() });
    let mut binaries = BTreeMap::new();
    let mut build_scripts = false;
    for workspace in workspaces(handlers, &workshop.root, &owners)? {
        build_scripts |= workspace.build_scripts;
        let built = build_workspace(&workspace, architecture, handlers, &owners, run)?;
        for (handler, target) in &workspace.targets {
            let path = built.get(&target.binary).ok_or_else(|| BuildFailure::Builder {
                builder: "cargo build",
                owners: owners.clone(),
                output: format!("cargo built no binary `{}`", target.binary),
            })?;
            gate(&handlers[handler], path, architecture, workshop)?;
            binaries.insert(handler.clone(), path.clone());
        }
    }
    remember(run, &record_path, &request, &binaries, build_scripts)?;
    Ok(binaries)
}

/// Handlers whose binaries one cargo call builds.
struct Workspace {
    folder: PathBuf,
    targets: BTreeMap<String, Target>,
    build_scripts: bool,
}

/// The workspaces that the handlers are in: the project's, and those of folders that are no members of it.
fn workspaces(handlers: &Handlers, root: &Path, owners: &[String]) -> Result<Vec<Workspace>, BuildFailure> {
    let own = match root.ancestors().any(|folder| folder.join("Cargo.toml").is_file()) {
        true => Some(cargo::metadata(root, owners)?),
        false => None,
    };
    let mut found: BTreeMap<PathBuf, Workspace> = BTreeMap::new();
    for (handler, served) in handlers {
        let folder = root.join(handler);
        let in_own = own.as_ref().map(|metadata| cargo::find(metadata, root, &served.functions.join(", "), handler));
        let (metadata, target) = match (in_own, &own) {
            (Some(Ok(target)), Some(metadata)) => (metadata.clone(), target),
            (other, _) if folder.join("Cargo.toml").is_file() => {
                let metadata = cargo::metadata(&folder, owners)?;
                match cargo::find(&metadata, root, &served.functions.join(", "), handler) {
                    Ok(target) => (metadata, target),
                    Err(failure) => return Err(other.and_then(Result::err).unwrap_or(failure)),
                }
            }
            (Some(Err(failure)), _) => return Err(failure),
            _ => {
                return Err(BuildFailure::UnknownHandler {
                    owner: served.functions.join(", "),
                    handler: handler.clone(),
                    candidates: Vec::new(),
                });
            }
        };
        let folder = metadata.workspace_root.clone().into_std_path_buf();
        let workspace = found.entry(folder.clone()).or_insert_with(|| Workspace {
            folder,
            targets: BTreeMap::new(),
            build_scripts: has_build_scripts(&metadata),
        });
        workspace.targets.insert(handler.clone(), target);
    }
    Ok(found.into_values().collect())
}

/// One cargo call for all binaries of a workspace. Where the host's C library turns out to be too new for the runtime and
/// nothing else can link, a second one puts the C library into the binaries.
fn build_workspace(
    workspace: &Workspace,
    architecture: Architecture,
    handlers: &Handlers,
    owners: &[String],
    run: &Run,
) -> Result<BTreeMap<String, PathBuf>, BuildFailure> {
    let linker = linker(architecture, run.workshop);
    let targets: Vec<Target> = workspace.targets.values().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let built = cargo::build(&workspace.folder, &targets, linker, owners, run.tell)?;
    if linker != Linker::Host || run.workshop.runs_on_host {
        return Ok(built);
    }
    for (handler, target) in &workspace.targets {
        let Some(path) = built.get(&target.binary) else { continue };
        let bytes = std::fs::read(path).map_err(|source| BuildFailure::read(path, source))?;
        if elf::glibc_needed(&bytes).is_some_and(|needed| handlers[handler].glibc.is_some_and(|has| needed > has)) {
            let line = "this machine's C library is newer than Lambda's: linking statically".to_owned();
            (run.tell)(BuildEvent::Progress { builder: "cargo", line });
            return cargo::build(&workspace.folder, &targets, Linker::Static(architecture), owners, run.tell);
        }
    }
    Ok(built)
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
fn gate(served: &Served, path: &Path, architecture: Architecture, workshop: &Workshop) -> Result<(), BuildFailure> {
    let bytes = std::fs::read(path).map_err(|source| BuildFailure::read(path, source))?;
    let owner = served.functions.join(", ");
    let wrong = |problem: String, hint: String| Err(BuildFailure::WrongBinary { owner: owner.clone(), problem, hint });
    if elf::machine(&bytes) != Some(Machine::Known(architecture)) {
        return wrong(
            format!("is not a Linux binary for {}", architecture.triple()),
            format!("run `rustup target add {}`, and {INSTALL_ZIGBUILD}", architecture.triple()),
        );
    }
    match (elf::glibc_needed(&bytes), served.glibc) {
        (Some(needed), Some(has)) if !workshop.runs_on_host && needed > has => wrong(
            format!("needs glibc {}.{}, and its runtime has {}.{}", needed.0, needed.1, has.0, has.1),
            format!("{INSTALL_ZIGBUILD}: `deploy` then links for the runtime's own C library"),
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
    let asked: Vec<String> = handlers.iter().map(|(handler, served)| format!("{handler}:{:?}", served.glibc)).collect();
    let linker = tool::is_there("cargo-zigbuild");
    let (root, here) = (workshop.root.display(), workshop.runs_on_host);
    let text = format!("{}|{root}|{here}|{linker}|{}", asked.join(","), environment.join("|"));
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Writes down what the build was made of; a package with a build script is asked of cargo every time, because only
/// cargo knows what that depends on.
fn remember(
    run: &Run,
    record_path: &Path,
    request: &str,
    binaries: &BTreeMap<String, PathBuf>,
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
        inputs.extend(sources.iter().flat_map(|source| rulers(source, &run.workshop.root)));
        inputs.extend(sources);
    }
    inputs.extend(toolchain());
    Record::save(run.cache, record_path, request, binaries, inputs)
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
