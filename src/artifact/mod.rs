//! Builds and zips what functions and layers are made of.
//!
//! A [`Unit`] is one zip to be: who owns it and which builder makes its entries. [`build`] runs the builders, names the
//! content by a digest, and takes the zip from the cache when that content was zipped before.

use std::path::{Path, PathBuf};

mod archive;
mod cache;
mod cargo;
mod container;
mod deflater;
mod dep_info;
mod elf;
pub mod esbuild;
mod failure;
mod helper;
mod manifest;
mod node_modules;
pub mod python;
mod record;
mod requirements;
mod rules;
mod run;
mod rust;
mod secret;
mod select;
mod tool;
mod tree;
mod unit;
mod units;

pub use elf::{Machine, glibc_needed, machine};
pub use failure::BuildFailure;
pub use manifest::{Content, Entry, Manifest};
pub use requirements::Requirements;
pub use rules::DEFAULT_EXCLUDES;
pub use secret::Secrets;
pub use select::Selection;
pub use unit::{Architecture, Builder, Unit};
pub use units::{source_maps, units};

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use cache::Cache;
use failure::{megabytes, sizes};
use run::Run;

/// AWS's limit for what a function and its layers unpack to.
///
/// Source: AWS Lambda developer guide, "Lambda quotas": 250 MB unzipped.
pub const UNZIPPED_LIMIT_BYTES: u64 = 262_144_000;

/// AWS's limit for a zip that is handed to Lambda itself; larger ones have to come from S3, as CloudFormation takes them.
///
/// Source: AWS Lambda developer guide, "Lambda quotas": 50 MB zipped, when uploaded through the Lambda API or SDKs.
pub const ZIPPED_LIMIT_BYTES: u64 = 52_428_800;

/// How many of the largest files a message about a limit names.
const LARGEST: usize = 10;

/// A zip that is ready to upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The function keys whose code this is (several share one zip unless packaged individually), or the layer's key.
    pub owners: Vec<String>,
    /// Functions' code, a layer's content, or the code of helpers.
    pub kind: ArtifactKind,
    /// The zip on disk.
    pub path: PathBuf,
    /// Its name in the bucket: `signup.zip`, `RecordDB.zip`.
    pub file_name: String,
    /// Hex BLAKE3 of the manifest (path, mode, content of every entry): names the content, whatever the compressor.
    pub digest: String,
    /// Base64 SHA-256 of the zip, as Lambda's `CodeSha256`.
    pub code_sha256: String,
    pub size_bytes: u64,
    pub unzipped_bytes: u64,
    /// It holds bundles whose source maps Node is to read.
    pub source_maps: bool,
}

/// What an artifact is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    Function,
    Layer,
    /// The code of the stack's helpers.
    Helper,
}

/// What a build tells while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildEvent {
    /// A builder begins with these functions.
    Started { builder: &'static str, owners: Vec<String> },
    /// One line of the builder's own progress.
    Progress { builder: &'static str, line: String },
    /// A zip is ready; `cached` when nothing had to be done for it.
    Ready { file_name: String, size_bytes: u64, cached: bool },
    /// Something was zipped as it is although it cannot run.
    Warning { owners: Vec<String>, message: String },
}

/// Where a build happens and for whom.
#[derive(Clone, Debug)]
pub struct Workshop {
    /// The project's folder.
    pub root: PathBuf,
    /// `.deploy` of the project: build records and zips live below it.
    pub state_dir: PathBuf,
    /// The code will run on this machine, so what the host links against is right by definition.
    pub runs_on_host: bool,
    /// What a builder cannot build is zipped as it is, with a warning, as the Serverless Framework does; for
    /// `deploy package` on a `serverless.yml`, never for what is deployed.
    pub tolerant: bool,
}

/// Builds every unit and answers its artifacts in the order of the units.
///
/// # Errors
/// The first builder that failed, with what it printed; a unit over AWS's size limit; a file that cannot be read or
/// written.
pub fn build(
    units: &[Unit],
    workshop: &Workshop,
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<Vec<Artifact>, BuildFailure> {
    let cache = Cache::open(&workshop.state_dir.join("artifacts"))?;
    let run = Run::new(units.len(), workshop, &cache, tell);
    let binaries = rust::build(units, &run);
    let mut units = units.to_vec();
    if workshop.tolerant {
        units.iter_mut().for_each(|unit| unit.builder.leave_secrets_out());
    }
    let made = make_all(&units, &binaries, &run);
    let mut artifacts = Vec::with_capacity(units.len());
    let mut warned = BTreeSet::new();
    for (unit, made) in units.iter().zip(made) {
        let made = match made {
            Err(Refused::Here(failure)) if workshop.tolerant => {
                if warned.insert(failure.to_string()) {
                    tell(BuildEvent::Warning { owners: unit.owners.clone(), message: failure.to_string() });
                }
                as_it_is(unit, &run)?
            }
            Err(Refused::Here(failure)) => return Err(failure),
            Err(Refused::Binaries) if workshop.tolerant => as_it_is(unit, &run)?,
            Err(Refused::Binaries) => break,
            Ok(made) => made,
        };
        artifacts.push(finished(unit, made, tell));
    }
    match binaries {
        Err(failure) if !workshop.tolerant => return Err(failure),
        Err(failure) => tell(BuildEvent::Warning { owners: Vec::new(), message: failure.to_string() }),
        Ok(_) => {}
    }
    cache.prune();
    Ok(artifacts)
}

/// Tells what is to be told about an artifact.
fn finished(unit: &Unit, made: Made, tell: &(dyn Fn(BuildEvent) + Sync)) -> Artifact {
    let Made { artifact, cached, left_out, largest } = made;
    let warn = |message: String| tell(BuildEvent::Warning { owners: unit.owners.clone(), message });
    if !left_out.is_empty() {
        let files = left_out.join(", ");
        warn(format!("{files} may hold secrets, and is not in {}; a deployment refuses it", artifact.file_name));
    }
    if artifact.size_bytes > ZIPPED_LIMIT_BYTES {
        let (size, limit) = (megabytes(artifact.size_bytes), megabytes(ZIPPED_LIMIT_BYTES));
        warn(format!(
            "{} has {size}, and Lambda itself takes no zip over {limit}: it goes through S3 only; the largest files are {}",
            artifact.file_name,
            sizes(&largest)
        ));
    }
    let Artifact { file_name, size_bytes, .. } = &artifact;
    tell(BuildEvent::Ready { file_name: file_name.clone(), size_bytes: *size_bytes, cached });
    artifact
}

/// What came of every unit. Units of the same files are made once.
fn make_all(units: &[Unit], binaries: &Result<rust::Binaries, BuildFailure>, run: &Run) -> Vec<Result<Made, Refused>> {
    let mut firsts: HashMap<(&Path, &Selection), usize> = HashMap::new();
    let like: Vec<usize> = units
        .iter()
        .enumerate()
        .map(|(at, unit)| match &unit.builder {
            Builder::Folder { root, selection } => *firsts.entry((root, selection)).or_insert(at),
            _ => at,
        })
        .collect();
    let own = |(at, unit): (usize, &Unit)| (like[at] == at).then(|| make(unit, binaries, run));
    let made: Vec<Option<Result<Made, Refused>>> = units.par_iter().enumerate().map(own).collect();
    let of_another = |at: usize, unit: &Unit| match &made[like[at]] {
        Some(Ok(made)) => Ok(made.of(unit)),
        // A refusal names the unit that it is about.
        _ => make(unit, binaries, run),
    };
    let all: Vec<Option<Result<Made, Refused>>> =
        units.iter().enumerate().map(|(at, unit)| (like[at] != at).then(|| of_another(at, unit))).collect();
    made.into_iter().zip(all).filter_map(|(own, other)| own.or(other)).collect()
}

/// What came of a unit.
#[derive(Clone)]
struct Made {
    artifact: Artifact,
    /// It was there already.
    cached: bool,
    /// Files that may hold secrets and stayed out.
    left_out: Vec<String>,
    /// Its largest files, with their sizes in bytes.
    largest: Vec<(String, u64)>,
}

impl Made {
    /// The same zip for another unit.
    fn of(&self, unit: &Unit) -> Made {
        let mut made = self.clone();
        made.artifact.owners = unit.owners.clone();
        made.artifact.kind = unit.kind;
        made.artifact.file_name = unit.file_name.clone();
        made
    }

    /// What esbuild made is told from files that were zipped as they are.
    fn with_source_maps(mut self, unit: &Unit) -> Made {
        self.artifact.source_maps =
            matches!(&unit.builder, Builder::Esbuild(builder) if builder.options.source_maps_read);
        self
    }
}

/// Why one unit has no artifact.
enum Refused {
    /// Its own mistake.
    Here(BuildFailure),
    /// The one build of all binaries failed.
    Binaries,
}

fn make(unit: &Unit, binaries: &Result<rust::Binaries, BuildFailure>, run: &Run) -> Result<Made, Refused> {
    let manifest = match &unit.builder {
        Builder::Rust { .. } => {
            let binaries = binaries.as_ref().map_err(|_| Refused::Binaries)?;
            rust::manifest(unit, binaries).map(|manifest| (manifest, Vec::new()))
        }
        Builder::Folder { root, selection } => select::some(&run.tree(root), selection)
            .and_then(|selected| Ok((run.manifest(selected.entries)?, selected.left_out))),
        Builder::Binary { path, architecture, runtime } => {
            rust::given(unit, path, *architecture, runtime, run).map(|manifest| (manifest, Vec::new()))
        }
        Builder::Python(builder) => python::manifest(unit, builder, run),
        Builder::Esbuild(builder) => esbuild::manifest(unit, builder, run),
        Builder::Prebuilt { path, secrets } => {
            return prebuilt(unit, path, *secrets).map_err(|failure| Refused::Here(failure.of(&unit.owners)));
        }
        Builder::Helper => helper::manifest().map(|manifest| (manifest, Vec::new())),
    };
    manifest
        .and_then(|(manifest, left_out)| zip_manifest(unit, &manifest, left_out, run))
        .map(|made| made.with_source_maps(unit))
        .map_err(|failure| Refused::Here(failure.of(&unit.owners)))
}

/// The zip of what is there, for a unit that its builder cannot make.
fn as_it_is(unit: &Unit, run: &Run) -> Result<Made, BuildFailure> {
    let of = |root: &Path, selection: Selection| {
        let selection = Selection { secrets: Secrets::LeftOut, only_patterns: false, ..selection };
        run.select(root, &selection).map(|selected| (selected.entries, selected.left_out))
    };
    let (entries, left_out) = match &unit.builder {
        Builder::Helper => return zip_manifest(unit, &helper::manifest()?, Vec::new(), run),
        Builder::Prebuilt { path, .. } | Builder::Binary { path, .. } => {
            (vec![Entry::file(unit.file_name.clone(), path)], Vec::new())
        }
        Builder::Folder { root, selection } => of(root, selection.clone())?,
        Builder::Python(builder) => of(&builder.root, builder.selection.clone())?,
        Builder::Esbuild(builder) => of(&builder.root, builder.selection.clone())?,
        Builder::Rust { .. } => of(&run.workshop.root, Selection::default())?,
    };
    zip_manifest(unit, &run.manifest(entries)?, left_out, run)
}

fn zip_manifest(unit: &Unit, manifest: &Manifest, left_out: Vec<String>, run: &Run) -> Result<Made, BuildFailure> {
    let largest = manifest.largest(LARGEST);
    let unzipped_bytes = checked(unit, manifest.unzipped_bytes(), &largest)?;
    let (zipped, cached) = run.cache.zip(manifest, &run.deflater)?;
    let artifact = Artifact {
        owners: unit.owners.clone(),
        kind: unit.kind,
        path: zipped.path,
        file_name: unit.file_name.clone(),
        digest: manifest.digest().to_owned(),
        code_sha256: zipped.code_sha256,
        size_bytes: zipped.size_bytes,
        unzipped_bytes,
        source_maps: false,
    };
    Ok(Made { artifact, cached, left_out, largest })
}

/// A zip that the user made: its bytes are its content.
fn prebuilt(unit: &Unit, path: &Path, secrets: Secrets) -> Result<Made, BuildFailure> {
    let bytes = std::fs::read(path).map_err(|source| BuildFailure::read(path, source))?;
    let mut largest = archive::contents(path, &bytes)?;
    if secrets != Secrets::Allowed {
        let secret = |name: &String| secret::is_secret(name, || archive::beginning(&bytes, name));
        let files: Vec<String> = largest.iter().map(|(name, _)| name).filter(|name| secret(name)).cloned().collect();
        if !files.is_empty() {
            return Err(BuildFailure::SecretsInZip { path: path.to_owned(), files });
        }
    }
    let unzipped_bytes = largest.iter().map(|(_, size)| size).fold(0, |sum: u64, size| sum.saturating_add(*size));
    largest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    largest.truncate(LARGEST);
    let artifact = Artifact {
        owners: unit.owners.clone(),
        kind: unit.kind,
        path: path.to_owned(),
        file_name: unit.file_name.clone(),
        digest: blake3::hash(&bytes).to_hex().to_string(),
        code_sha256: archive::code_sha256(&bytes),
        size_bytes: bytes.len() as u64,
        unzipped_bytes: checked(unit, unzipped_bytes, &largest)?,
        source_maps: false,
    };
    Ok(Made { artifact, cached: true, left_out: Vec::new(), largest })
}

/// The size, if Lambda takes it.
fn checked(unit: &Unit, unzipped_bytes: u64, largest: &[(String, u64)]) -> Result<u64, BuildFailure> {
    if unzipped_bytes <= UNZIPPED_LIMIT_BYTES {
        return Ok(unzipped_bytes);
    }
    Err(BuildFailure::TooLarge {
        owners: unit.owners.clone(),
        file_name: unit.file_name.clone(),
        unzipped_bytes,
        limit_bytes: UNZIPPED_LIMIT_BYTES,
        largest: largest.to_vec(),
    })
}
