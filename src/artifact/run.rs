//! One run of the builders: what they share.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cache::Cache;
use super::deflater::Deflater;
use super::manifest::{Entry, Manifest};
use super::select::{self, Selected};
use super::tree::Tree;
use super::{BuildEvent, BuildFailure, Selection, Workshop};

/// One run of the builders.
pub struct Run<'a> {
    pub workshop: &'a Workshop,
    pub tell: &'a (dyn Fn(BuildEvent) + Sync),
    pub cache: &'a Cache,
    /// Content hash and size of every file read so far: functions with zips of their own share most files.
    hashes: Mutex<HashMap<PathBuf, (blake3::Hash, u64)>>,
    /// What is below the folders that functions are selected from, by their paths.
    trees: Mutex<HashMap<PathBuf, Arc<Tree>>>,
    pub deflater: Deflater,
    turn: Mutex<()>,
}

impl<'a> Run<'a> {
    pub fn new(
        units: usize,
        workshop: &'a Workshop,
        cache: &'a Cache,
        tell: &'a (dyn Fn(BuildEvent) + Sync),
    ) -> Run<'a> {
        let (hashes, trees, turn) = (Mutex::default(), Mutex::default(), Mutex::default());
        Run {
            workshop,
            tell,
            cache,
            hashes,
            trees,
            deflater: if units > 1 { Deflater::keeping() } else { Deflater::default() },
            turn,
        }
    }

    /// The tree below a folder of the project, listed once a run.
    pub fn tree(&self, root: &Path) -> Arc<Tree> {
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        trees.entry(root.to_owned()).or_insert_with(|| Arc::new(Tree::new(root))).clone()
    }

    /// What is selected of a folder of the project.
    ///
    /// # Errors
    /// As [`select::select`].
    pub fn select(&self, root: &Path, selection: &Selection) -> Result<Selected, BuildFailure> {
        select::select_from(&self.tree(root), selection)
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
