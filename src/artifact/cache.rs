//! Zips by the digest of their content, so that nothing is zipped twice.
//!
//! A zip and its record appear under their names only when complete (written beside, then renamed), so two runs at once
//! or a killed one leave nothing half.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::archive;
use super::manifest::Manifest;
use super::{Artifact, BuildFailure};

/// How long a zip that no run asked for stays.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// A folder of zips by digest.
pub struct Cache {
    folder: PathBuf,
}

/// A zip in the cache.
pub struct Zipped {
    pub path: PathBuf,
    pub code_sha256: String,
    pub size_bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct Record {
    code_sha256: String,
    size_bytes: u64,
}

impl Cache {
    /// The cache in `folder`, which is made if need be.
    ///
    /// # Errors
    /// [`BuildFailure::Write`] when the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Cache, BuildFailure> {
        std::fs::create_dir_all(folder).map_err(|source| BuildFailure::write(folder, source))?;
        Ok(Cache { folder: folder.to_owned() })
    }

    /// The zip of a manifest, and whether it was there already.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn zip(&self, manifest: &Manifest) -> Result<(Zipped, bool), BuildFailure> {
        let path = self.folder.join(format!("{}.zip", manifest.digest()));
        let record_path = path.with_extension("json");
        if let Some(zipped) = known(&path, &record_path) {
            return Ok((zipped, true));
        }
        let failed = |source| BuildFailure::write(&self.folder, source);
        let draft = tempfile::NamedTempFile::new_in(&self.folder).map_err(failed)?;
        let (code_sha256, size_bytes) = archive::write(manifest, draft.path())?;
        draft.persist(&path).map_err(|error| BuildFailure::write(&path, error.error))?;
        let record = Record { code_sha256: code_sha256.clone(), size_bytes };
        let draft = tempfile::NamedTempFile::new_in(&self.folder).map_err(failed)?;
        serde_json::to_writer(&draft, &record).map_err(|error| BuildFailure::write(&record_path, error.into()))?;
        draft.persist(&record_path).map_err(|error| BuildFailure::write(&record_path, error.error))?;
        Ok((Zipped { path, code_sha256, size_bytes }, false))
    }

    /// Removes what is older than [`KEPT`] and not among `used`.
    ///
    /// # Errors
    /// [`BuildFailure::Read`] when the folder cannot be listed. A file that another run removed first is no error.
    pub fn prune(&self, used: &[Artifact]) -> Result<(), BuildFailure> {
        let failed = |source| BuildFailure::read(&self.folder, source);
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let in_use = used.iter().any(|artifact| artifact.path.file_stem() == path.file_stem());
            let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(age);
            if !in_use && age.is_some_and(|age| age > KEPT) {
                // Somebody else may have removed it meanwhile; then it is gone as wanted.
                let _ = std::fs::remove_file(&path);
            }
        }
        Ok(())
    }
}

fn age(modified: SystemTime) -> Option<Duration> {
    SystemTime::now().duration_since(modified).ok()
}

/// A zip whose record is readable and whose size is the recorded one.
fn known(path: &Path, record_path: &Path) -> Option<Zipped> {
    let record: Record = serde_json::from_slice(&std::fs::read(record_path).ok()?).ok()?;
    let size = std::fs::metadata(path).ok()?.len();
    (size == record.size_bytes).then(|| Zipped {
        path: path.to_owned(),
        code_sha256: record.code_sha256,
        size_bytes: record.size_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{Content, Entry};
    use super::*;

    fn manifest(text: &str) -> Manifest {
        let content = Content::Bytes(text.as_bytes().to_vec());
        Manifest::new(vec![Entry { path: "bootstrap".to_owned(), executable: true, content }]).unwrap()
    }

    #[test]
    fn the_same_content_is_zipped_once() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let (first, cached) = cache.zip(&manifest("a")).unwrap();
        assert!(!cached);
        let (second, cached) = cache.zip(&manifest("a")).unwrap();
        assert!(cached);
        assert_eq!((first.path, first.code_sha256), (second.path, second.code_sha256));
    }

    #[test]
    fn a_truncated_zip_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let (first, _) = cache.zip(&manifest("a")).unwrap();
        let whole = std::fs::read(&first.path).unwrap();
        std::fs::write(&first.path, &whole[..whole.len() / 2]).unwrap();
        let (again, cached) = cache.zip(&manifest("a")).unwrap();
        assert!(!cached);
        assert_eq!(std::fs::read(again.path).unwrap(), whole);
    }
}
