//! Zips by the digest of their content, and what builders made by the digest of what went in, so that nothing is done
//! twice.
//!
//! A file or folder appears under its name only when complete (made beside, then renamed), so two runs at once or a
//! killed one leave nothing half. Nothing is forced to disk: after a power failure a file may be short, which the size in
//! a zip's name tells. The name says all that a run has to know of a zip, `DIGEST.SHA256.SIZE.zip`, so that one listing
//! of the folder finds every zip.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::BuildFailure;
use super::archive;
use super::deflater::Deflater;
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
    /// The zips that were there when the run began, by the digests of their content.
    zips: HashMap<String, Zipped>,
    /// The names of what no run has used for long.
    stale: Vec<String>,
}

/// A zip in the cache.
#[derive(Clone, Debug)]
pub struct Zipped {
    pub path: PathBuf,
    pub code_sha256: String,
    pub size_bytes: u64,
}

impl Cache {
    /// The cache in `folder`, which is made if need be.
    ///
    /// # Errors
    /// [`BuildFailure::Write`] when the folder cannot be made, [`BuildFailure::Read`] when it cannot be listed.
    pub fn open(folder: &Path) -> Result<Cache, BuildFailure> {
        std::fs::create_dir_all(folder).map_err(|source| BuildFailure::write(folder, source))?;
        let failed = |source| BuildFailure::read(folder, source);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            names.extend(entry.map_err(failed)?.file_name().into_string());
        }
        // Of two zips of the same content, which two versions of the compressor left, every run takes the same one.
        names.sort_unstable();
        let mut cache = Cache { folder: folder.to_owned(), zips: HashMap::new(), stale: Vec::new() };
        for name in names {
            let path = cache.path(&name);
            // What another run removed since it was listed is not there.
            let Ok(metadata) = std::fs::metadata(&path) else { continue };
            if is_stale(&name, &metadata) {
                cache.stale.push(name.clone());
            }
            if let Some((digest, code_sha256)) = described(&name, &metadata) {
                let size_bytes = metadata.len();
                cache.zips.entry(digest).or_insert(Zipped { path, code_sha256, size_bytes });
            }
        }
        Ok(cache)
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
    pub fn zip(&self, manifest: &Manifest, deflater: &Deflater) -> Result<(Zipped, bool), BuildFailure> {
        if let Some(zipped) = self.zips.get(manifest.digest()).filter(|zipped| self.has(&zipped.path)) {
            return Ok((zipped.clone(), true));
        }
        let draft = self.draft_file()?;
        let (code_sha256, size_bytes) = archive::write(manifest, draft.path(), deflater)?;
        let path = self.path(&name(manifest.digest(), &code_sha256, size_bytes));
        draft.persist(&path).map_err(|error| BuildFailure::write(&path, error.error))?;
        Ok((Zipped { path, code_sha256, size_bytes }, false))
    }

    /// Removes what no run has used for [`KEPT`], and drafts that a killed run left. What another run removed first, or
    /// uses by now, is no error.
    pub fn prune(&self) {
        for name in &self.stale {
            let path = self.path(name);
            let Ok(metadata) = std::fs::metadata(&path) else { continue };
            if is_stale(name, &metadata) {
                let _ = if metadata.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            }
        }
    }

    fn draft_file(&self) -> Result<tempfile::NamedTempFile, BuildFailure> {
        tempfile::Builder::new().prefix(DRAFT).tempfile_in(&self.folder).map_err(|source| self.unwritable(source))
    }

    fn unwritable(&self, source: std::io::Error) -> BuildFailure {
        BuildFailure::write(&self.folder, source)
    }
}

/// The name of a zip in the cache.
fn name(digest: &str, code_sha256: &str, size_bytes: u64) -> String {
    let sum = STANDARD.decode(code_sha256).unwrap_or_default();
    format!("{digest}.{}.{size_bytes}.zip", URL_SAFE_NO_PAD.encode(sum))
}

/// The digest of a zip's content and its `CodeSha256`, if the file of this name is one and whole.
fn described(name: &str, metadata: &Metadata) -> Option<(String, String)> {
    let mut parts = name.strip_suffix(".zip")?.split('.');
    let (digest, sum, size) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = parts.next().is_none() && metadata.is_file() && size.parse() == Ok(metadata.len());
    let sum = URL_SAFE_NO_PAD.decode(sum).ok().filter(|sum| whole && sum.len() == 32)?;
    Some((digest.to_owned(), STANDARD.encode(sum)))
}

/// Whether no run has used this for long.
fn is_stale(name: &str, metadata: &Metadata) -> bool {
    let kept = if name.starts_with(DRAFT) { DRAFTS_KEPT } else { KEPT };
    age(metadata).is_some_and(|age| age > kept)
}

/// Sets the time of a file or folder to now. What cannot be noted is made again a week later, no more.
fn note_use(path: &Path) {
    let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

fn age(metadata: &Metadata) -> Option<Duration> {
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

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn grow_old(path: &Path, days: u64) {
        let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
        File::open(path).unwrap().set_modified(then).unwrap();
    }

    fn zip(folder: &Path, text: &str) -> (Zipped, bool) {
        Cache::open(folder).unwrap().zip(&manifest(text), &Deflater::default()).unwrap()
    }

    #[test]
    fn the_same_content_is_zipped_once() {
        let folder = tempfile::tempdir().unwrap();
        let (first, cached) = zip(folder.path(), "a");
        assert!(!cached);
        let (second, cached) = zip(folder.path(), "a");
        assert!(cached);
        assert_eq!(
            (first.path, first.code_sha256, first.size_bytes),
            (second.path, second.code_sha256, second.size_bytes)
        );
    }

    #[test]
    fn a_truncated_zip_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let (first, _) = zip(folder.path(), "a");
        let whole = std::fs::read(&first.path).unwrap();
        std::fs::write(&first.path, &whole[..whole.len() / 2]).unwrap();
        let (again, cached) = zip(folder.path(), "a");
        assert!(!cached);
        assert_eq!(std::fs::read(again.path).unwrap(), whole);
    }

    #[test]
    fn what_a_killed_run_leaves_is_never_taken_for_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (whole, _) = zip(folder.path(), "a");
        let bytes = std::fs::read(&whole.path).unwrap();
        let half = &bytes[..bytes.len() / 2];
        // A draft only; and a name without its content, after a power failure.
        for zipped in [None, Some(half), Some(&[][..])] {
            std::fs::remove_file(&whole.path).unwrap();
            std::fs::write(folder.path().join(".draft-killed"), half).unwrap();
            if let Some(zipped) = zipped {
                std::fs::write(&whole.path, zipped).unwrap();
            }
            let (again, cached) = zip(folder.path(), "a");
            assert!(!cached);
            assert_eq!(std::fs::read(&again.path).unwrap(), bytes);
        }
    }

    #[test]
    fn a_zip_that_another_run_removed_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let (first, _) = zip(folder.path(), "a");
        let cache = Cache::open(folder.path()).unwrap();
        std::fs::remove_file(&first.path).unwrap();
        assert!(!cache.zip(&manifest("a"), &Deflater::default()).unwrap().1 && first.path.is_file());
    }

    #[test]
    fn names_that_are_none_of_a_zip_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let digest = manifest("a").digest().to_owned();
        for name in ["x.zip", "a.b.0.zip", "a.b.c.d.zip", &format!("{digest}.AAAA.0.zip"), &format!("{digest}.zip")] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(Cache::open(folder.path()).unwrap().zips.is_empty());
        assert!(!zip(folder.path(), "a").1);
        assert_eq!(names(folder.path()).len(), 6);
    }

    #[test]
    fn many_runs_at_once_agree() {
        let folder = tempfile::tempdir().unwrap();
        let sum = || zip(folder.path(), &"abc".repeat(50_000)).0.code_sha256;
        let sums: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(sum)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(sums.iter().all(|sum| *sum == sums[0]));
        assert_eq!(names(folder.path()).len(), 1);
    }

    #[test]
    fn what_nobody_used_for_long_goes_and_what_is_used_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (old, _) = zip(folder.path(), "old");
        let (used, _) = zip(folder.path(), "used");
        for name in ["python-old", "python-used", ".draft-killed"] {
            std::fs::create_dir_all(folder.path().join(name).join("below")).unwrap();
            grow_old(&folder.path().join(name), 8);
        }
        grow_old(&old.path, 8);
        grow_old(&used.path, 8);
        let cache = Cache::open(folder.path()).unwrap();
        assert!(cache.has(&cache.path("python-used")));
        assert!(cache.zip(&manifest("used"), &Deflater::default()).unwrap().1);
        cache.prune();
        let kept = used.path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(names(folder.path()), [kept, "python-used".to_owned()]);
    }
}
