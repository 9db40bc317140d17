//! One run of the builders: what they share.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cache::Cache;
use super::manifest::{Entry, Manifest};
use super::{BuildEvent, BuildFailure, Workshop};

/// One run of the builders.
pub struct Run<'a> {
    pub workshop: &'a Workshop,
    pub tell: &'a (dyn Fn(BuildEvent) + Sync),
    pub cache: &'a Cache,
    /// Content hash and size of every file read so far: functions with zips of their own share most files.
    hashes: Mutex<HashMap<PathBuf, (blake3::Hash, u64)>>,
    turn: Mutex<()>,
}

impl<'a> Run<'a> {
    pub fn new(workshop: &'a Workshop, cache: &'a Cache, tell: &'a (dyn Fn(BuildEvent) + Sync)) -> Run<'a> {
        Run { workshop, tell, cache, hashes: Mutex::default(), turn: Mutex::default() }
    }

    /// Waits until no other thread runs an installer.
    pub fn turn(&self) -> MutexGuard<'_, ()> {
        // It guards no data that a panic could have left half.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The manifest of these entries; a file is read once a run.
    ///
    /// # Errors
    /// As [`Manifest::new`].
    pub fn manifest(&self, entries: Vec<Entry>) -> Result<Manifest, BuildFailure> {
        Manifest::with(entries, &|path| self.hash(path))
    }

    fn hash(&self, path: &Path) -> Result<(blake3::Hash, u64), BuildFailure> {
        let known = || self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hash) = known().get(path) {
            return Ok(*hash);
        }
        let hash = super::manifest::hash_file(path)?;
        known().insert(path.to_owned(), hash);
        Ok(hash)
    }
}
