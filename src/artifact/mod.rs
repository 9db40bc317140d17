//! Builds and zips what functions and layers are made of.
//!
//! A [`Unit`] is one zip to be: who owns it and which builder makes its entries. [`build`] runs the builders, names the
//! content by a digest, and takes the zip from the cache when that content was zipped before.

use std::path::{Path, PathBuf};

mod archive;
mod cache;
mod cargo;
mod dep_info;
mod elf;
pub mod esbuild;
mod failure;
mod helper;
mod manifest;
mod node_modules;
mod python;
mod record;
mod rust;
mod select;
mod tool;
mod unit;
mod units;

pub use archive::LEVEL;
pub use elf::{Machine, glibc_needed, machine};
pub use failure::BuildFailure;
pub use manifest::{Content, Entry, Manifest};
pub use python::{Interpreter, Requirements};
pub use select::{DEFAULT_EXCLUDES, Selection};
pub use unit::{Architecture, Builder, Unit};
pub use units::units;

use cache::Cache;

/// AWS's limit for what a function and its layers unpack to.
///
/// Source: AWS Lambda developer guide, "Lambda quotas": 250 MB unzipped.
pub const UNZIPPED_LIMIT_BYTES: u64 = 262_144_000;

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
}

/// What an artifact is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    let binaries = rust::build(units, workshop, tell);
    let mut artifacts = Vec::with_capacity(units.len());
    for unit in units {
        let (artifact, cached) = match make(unit, &binaries, &cache, workshop, tell) {
            Err(Refused::Here(failure)) if workshop.tolerant => {
                tell(BuildEvent::Warning { owners: unit.owners.clone(), message: failure.to_string() });
                as_it_is(unit, workshop, &cache)?
            }
            Err(Refused::Here(failure)) => return Err(failure),
            Err(Refused::Binaries) if workshop.tolerant => as_it_is(unit, workshop, &cache)?,
            Err(Refused::Binaries) => break,
            Ok(made) => made,
        };
        tell(BuildEvent::Ready { file_name: artifact.file_name.clone(), size_bytes: artifact.size_bytes, cached });
        artifacts.push(artifact);
    }
    match binaries {
        Err(failure) if !workshop.tolerant => return Err(failure),
        Err(failure) => tell(BuildEvent::Warning { owners: Vec::new(), message: failure.to_string() }),
        Ok(_) => {}
    }
    cache.prune(&artifacts)?;
    Ok(artifacts)
}

/// Why one unit has no artifact.
enum Refused {
    /// Its own mistake.
    Here(BuildFailure),
    /// The one build of all binaries failed.
    Binaries,
}

fn make(
    unit: &Unit,
    binaries: &Result<rust::Binaries, BuildFailure>,
    cache: &Cache,
    workshop: &Workshop,
    tell: &(dyn Fn(BuildEvent) + Sync),
) -> Result<(Artifact, bool), Refused> {
    let made = match &unit.builder {
        Builder::Rust { .. } => {
            let binaries = binaries.as_ref().map_err(|_| Refused::Binaries)?;
            rust::manifest(unit, binaries).and_then(|manifest| zip_manifest(unit, manifest, cache))
        }
        Builder::Folder { root, selection } => {
            select::manifest(root, selection).and_then(|manifest| zip_manifest(unit, manifest, cache))
        }
        Builder::Python { root, selection, requirements, interpreter } => {
            python::manifest(unit, root, selection, requirements, interpreter, workshop, tell)
                .and_then(|manifest| zip_manifest(unit, manifest, cache))
        }
        Builder::Esbuild { root, handlers, options, selection } => {
            esbuild::manifest(unit, root, handlers, options, selection, workshop, tell)
                .and_then(|manifest| zip_manifest(unit, manifest, cache))
        }
        Builder::Prebuilt { path } => prebuilt(unit, path),
        Builder::Helper => helper::manifest().and_then(|manifest| zip_manifest(unit, manifest, cache)),
    };
    made.map_err(Refused::Here)
}

/// The zip of what is there, for a unit that its builder cannot make.
fn as_it_is(unit: &Unit, workshop: &Workshop, cache: &Cache) -> Result<(Artifact, bool), BuildFailure> {
    let entry = |path: &Path| Entry {
        path: unit.file_name.clone(),
        executable: false,
        content: Content::File(path.to_owned()),
    };
    let manifest = match &unit.builder {
        Builder::Prebuilt { path } => Manifest::new(vec![entry(path)])?,
        Builder::Helper => helper::manifest()?,
        Builder::Folder { root, selection }
        | Builder::Python { root, selection, .. }
        | Builder::Esbuild { root, selection, .. } => {
            Manifest::new(select::entries(root, &Selection { secrets_allowed: true, ..selection.clone() })?)?
        }
        Builder::Rust { .. } => Manifest::new(select::entries(
            &workshop.root,
            &Selection { secrets_allowed: true, ..Selection::default() },
        )?)?,
    };
    zip_manifest(unit, manifest, cache)
}

fn zip_manifest(unit: &Unit, manifest: Manifest, cache: &Cache) -> Result<(Artifact, bool), BuildFailure> {
    if manifest.unzipped_bytes() > UNZIPPED_LIMIT_BYTES {
        return Err(too_large(unit, &manifest));
    }
    let (zipped, cached) = cache.zip(&manifest)?;
    let artifact = Artifact {
        owners: unit.owners.clone(),
        kind: unit.kind,
        path: zipped.path,
        file_name: unit.file_name.clone(),
        digest: manifest.digest().to_owned(),
        code_sha256: zipped.code_sha256,
        size_bytes: zipped.size_bytes,
        unzipped_bytes: manifest.unzipped_bytes(),
    };
    Ok((artifact, cached))
}

/// A zip that the user made: its bytes are its content.
fn prebuilt(unit: &Unit, path: &Path) -> Result<(Artifact, bool), BuildFailure> {
    let bytes = std::fs::read(path).map_err(|source| BuildFailure::read(path, source))?;
    let unzipped_bytes = archive::unzipped_bytes(path, &bytes)?;
    let artifact = Artifact {
        owners: unit.owners.clone(),
        kind: unit.kind,
        path: path.to_owned(),
        file_name: unit.file_name.clone(),
        digest: blake3::hash(&bytes).to_hex().to_string(),
        code_sha256: archive::code_sha256(&bytes),
        size_bytes: bytes.len() as u64,
        unzipped_bytes,
    };
    Ok((artifact, true))
}

fn too_large(unit: &Unit, manifest: &Manifest) -> BuildFailure {
    BuildFailure::TooLarge {
        file_name: unit.file_name.clone(),
        unzipped_bytes: manifest.unzipped_bytes(),
        limit_bytes: UNZIPPED_LIMIT_BYTES,
        largest: manifest.largest(10),
    }
}
