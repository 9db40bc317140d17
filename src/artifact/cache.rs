//! Zips by the digest of their content, and what builders made by the digest of what went in, so that nothing is done
//! twice.
//!
//! A file or folder appears under its name only when complete (made beside, then renamed), so two runs at once or a
//! killed one leave nothing half. Nothing is forced to disk: after a power failure a file may be short, which its
//! recorded size tells.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::BuildFailure;
use super::archive;
use super::manifest::Manifest;

/// How long something stays that no run asked for.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long a draft stays that its run did not finish; no build takes as long.
const DRAFTS_KEPT: Duration = Duration::from_secs(24 * 3600);

/// How old the note of the last use may become before it is written again.
const USE_NOTED: Duration = Duration::from_secs(12 * 3600);

/// How the names of drafts begin.
const DRAFT: &str = ".draft-";

/// A folder of zips and builds by digest.
#[derive(Debug)]
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

    /// Where something of this name is or would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Whether a path of the cache is there; if so, it counts as used now.
    pub fn has(&self, path: &Path) -> bool {
        let Ok(metadata) = std::fs::metadata(path) else { return false };
        if age(&metadata).is_some_and(|age| age > USE_NOTED) {
            note_use(path);
        }
        true
    }

    /// A folder to make something in; it goes away when dropped.
    ///
    /// # Errors
    /// [`BuildFailure::Write`].
    pub fn draft(&self) -> Result<tempfile::TempDir, BuildFailure> {
        tempfile::Builder::new().prefix(DRAFT).tempdir_in(&self.folder).map_err(|source| self.unwritable(source))
    }

    /// Gives a finished folder its name. Where another run was faster, its folder is as good.
    ///
    /// # Errors
    /// [`BuildFailure::Write`].
    pub fn keep(&self, draft: &Path, folder: &Path) -> Result<(), BuildFailure> {
        match std::fs::rename(draft, folder) {
            Err(_) if folder.is_dir() => Ok(()),
            Err(source) => Err(BuildFailure::write(folder, source)),
            Ok(()) => Ok(()),
        }
    }

    /// Writes a small file, complete or not at all.
    ///
    /// # Errors
    /// [`BuildFailure::Write`].
    pub fn keep_text(&self, path: &Path, text: &str) -> Result<(), BuildFailure> {
        let draft = self.draft_file()?;
        std::fs::write(draft.path(), text).map_err(|source| BuildFailure::write(path, source))?;
        draft.persist(path).map_err(|error| BuildFailure::write(path, error.error)).map(drop)
    }

    /// The zip of a manifest, and whether it was there already.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn zip(&self, manifest: &Manifest) -> Result<(Zipped, bool), BuildFailure> {
        let path = self.path(&format!("{}.zip", manifest.digest()));
        let record_path = path.with_extension("json");
        if let Some(zipped) = self.known(&path, &record_path) {
            return Ok((zipped, true));
        }
        let draft = self.draft_file()?;
        let (code_sha256, size_bytes) = archive::write(manifest, draft.path())?;
        draft.persist(&path).map_err(|error| BuildFailure::write(&path, error.error))?;
        let record = Record { code_sha256: code_sha256.clone(), size_bytes };
        let text = serde_json::to_string(&record).map_err(|error| BuildFailure::write(&record_path, error.into()))?;
        self.keep_text(&record_path, &text)?;
        Ok((Zipped { path, code_sha256, size_bytes }, false))
    }

    /// Removes what no run has used for [`KEPT`], and drafts that a killed run left.
    ///
    /// # Errors
    /// [`BuildFailure::Read`] when the folder cannot be listed. What another run removed first is no error.
    pub fn prune(&self) -> Result<(), BuildFailure> {
        let failed = |source| BuildFailure::read(&self.folder, source);
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(metadata) = entry.metadata() else { continue };
            let draft = entry.file_name().to_string_lossy().starts_with(DRAFT);
            let kept = if draft { DRAFTS_KEPT } else { KEPT };
            if age(&metadata).is_some_and(|age| age > kept) {
                let path = entry.path();
                // Somebody else may have removed it meanwhile; then it is gone as wanted.
                let _ = if metadata.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            }
        }
        Ok(())
    }

    /// A zip whose record is readable and whose size is the recorded one.
    fn known(&self, path: &Path, record_path: &Path) -> Option<Zipped> {
        let record: Record = serde_json::from_slice(&std::fs::read(record_path).ok()?).ok()?;
        let size = std::fs::metadata(path).ok()?.len();
        let whole = size == record.size_bytes && self.has(path) && self.has(record_path);
        whole.then(|| Zipped { path: path.to_owned(), code_sha256: record.code_sha256, size_bytes: size })
    }

    fn draft_file(&self) -> Result<tempfile::NamedTempFile, BuildFailure> {
        tempfile::Builder::new().prefix(DRAFT).tempfile_in(&self.folder).map_err(|source| self.unwritable(source))
    }

    fn unwritable(&self, source: std::io::Error) -> BuildFailure {
        BuildFailure::write(&self.folder, source)
    }
}

/// Sets the time of a file or folder to now. What cannot be noted is made again a week later, no more.
fn note_use(path: &Path) {
    let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

fn age(metadata: &std::fs::Metadata) -> Option<Duration> {
    SystemTime::now().duration_since(metadata.modified().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{Content, Entry};
    use super::*;

    fn manifest(text: &str) -> Manifest {
        let content = Content::Bytes(text.as_bytes().to_vec());
        Manifest::new(vec![Entry { path: "bootstrap".to_owned(), executable: true, content }]).unwrap()
    }

    fn names(cache: &Cache) -> Vec<String> {
        let entries = std::fs::read_dir(&cache.folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn grow_old(path: &Path, days: u64) {
        let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
        File::open(path).unwrap().set_modified(then).unwrap();
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

    #[test]
    fn what_a_killed_run_leaves_is_never_taken_for_whole() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let (whole, _) = cache.zip(&manifest("a")).unwrap();
        let bytes = std::fs::read(&whole.path).unwrap();
        let record = whole.path.with_extension("json");
        let text = std::fs::read(&record).unwrap();
        // Between every two steps: a draft only, the zip without its record, a record cut short by a power failure.
        for (zip, note) in [(None, None), (Some(&bytes[..]), None), (Some(&bytes[..]), Some(&text[..text.len() / 2]))] {
            std::fs::remove_file(&whole.path).unwrap();
            std::fs::remove_file(&record).unwrap();
            std::fs::write(folder.path().join(".draft-killed"), &bytes[..bytes.len() / 2]).unwrap();
            if let Some(zip) = zip {
                std::fs::write(&whole.path, zip).unwrap();
            }
            if let Some(note) = note {
                std::fs::write(&record, note).unwrap();
            }
            let (again, cached) = cache.zip(&manifest("a")).unwrap();
            assert!(!cached);
            assert_eq!(std::fs::read(&again.path).unwrap(), bytes);
            assert_eq!(std::fs::read(&record).unwrap(), text);
        }
    }

    #[test]
    fn many_runs_at_once_agree() {
        let folder = tempfile::tempdir().unwrap();
        let zip = || Cache::open(folder.path()).unwrap().zip(&manifest(&"abc".repeat(50_000))).unwrap().0.code_sha256;
        let sums: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(zip)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(sums.iter().all(|sum| *sum == sums[0]));
        assert_eq!(names(&Cache::open(folder.path()).unwrap()).len(), 2);
    }

    #[test]
    fn what_nobody_used_for_long_goes_and_what_is_used_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let (old, _) = cache.zip(&manifest("old")).unwrap();
        let (used, _) = cache.zip(&manifest("used")).unwrap();
        for name in ["python-old", "python-used", ".draft-killed"] {
            std::fs::create_dir_all(folder.path().join(name).join("below")).unwrap();
            grow_old(&folder.path().join(name), 8);
        }
        for zip in [&old.path, &used.path] {
            grow_old(zip, 8);
            grow_old(&zip.with_extension("json"), 8);
        }
        assert!(cache.has(&cache.path("python-used")) && cache.zip(&manifest("used")).unwrap().1);
        cache.prune().unwrap();
        let stem = used.path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(
            names(&cache),
            [format!("{stem}.json"), format!("{stem}.zip"), "python-used".to_owned()].map(|name| name)
        );
    }
}
