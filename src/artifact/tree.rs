//! The folders below one root, each listed once a run: functions with zips of their own look at the same ones.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::rules;
use super::{BuildFailure, node_modules};

/// Files that say that their folder is a cache or a virtual environment: nothing in it belongs to the application.
const MARKS: &[&str] = &["CACHEDIR.TAG", "pyvenv.cfg"];

/// What is below a folder, as it was when it was first asked for.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    /// By their paths with `/`, relative to the root.
    folders: Mutex<HashMap<String, Arc<Folder>>>,
    development: OnceLock<Arc<HashSet<String>>>,
}

/// One folder.
#[derive(Debug)]
pub struct Folder {
    pub found: Vec<Found>,
    /// It says of itself that it is a cache or a virtual environment.
    pub cache: bool,
}

/// One file, folder or link.
#[derive(Debug)]
pub struct Found {
    /// With `/`, relative to the root.
    pub name: String,
    pub path: PathBuf,
    pub kind: Kind,
    /// The default excludes leave it out.
    pub excluded: bool,
    executable: OnceLock<bool>,
}

/// What is looked at; sockets, pipes and devices are not.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    /// Where it leads to, as it is written.
    Link(PathBuf),
}

impl Tree {
    pub fn new(root: &Path) -> Tree {
        Tree { root: root.to_owned(), folders: Mutex::default(), development: OnceLock::new() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is in the folder at `path`, which is called `name` below the root.
    ///
    /// # Errors
    /// [`BuildFailure::Read`], [`BuildFailure::NotUnicode`].
    pub fn folder(&self, name: &str, path: &Path) -> Result<Arc<Folder>, BuildFailure> {
        if let Some(folder) = self.known().get(name) {
            return Ok(folder.clone());
        }
        let folder = Arc::new(list(name, path)?);
        Ok(self.known().entry(name.to_owned()).or_insert(folder).clone())
    }

    /// The packages that are for development only.
    ///
    /// # Errors
    /// As [`node_modules::development_only`].
    pub fn development(&self) -> Result<Arc<HashSet<String>>, BuildFailure> {
        if let Some(known) = self.development.get() {
            return Ok(known.clone());
        }
        let packages = Arc::new(node_modules::development_only(&self.root)?);
        Ok(self.development.get_or_init(|| packages).clone())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<Folder>>> {
        // A map is whole between two calls of its own.
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Found {
    /// Whether somebody may execute the file.
    ///
    /// # Errors
    /// [`BuildFailure::Read`].
    pub fn executable(&self) -> Result<bool, BuildFailure> {
        if let Some(known) = self.executable.get() {
            return Ok(*known);
        }
        let metadata = std::fs::metadata(&self.path).map_err(|source| BuildFailure::read(&self.path, source))?;
        Ok(*self.executable.get_or_init(|| may_execute(&metadata)))
    }
}

/// Whether a folder says of itself that it is a cache or a virtual environment.
pub fn is_cache(folder: &Path) -> bool {
    MARKS.iter().any(|mark| folder.join(mark).is_file())
}

fn list(prefix: &str, folder: &Path) -> Result<Folder, BuildFailure> {
    let failed = |source| BuildFailure::read(folder, source);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let file_name = entry.file_name();
        let name = file_name.to_str().ok_or_else(|| BuildFailure::NotUnicode { path: path.clone() })?;
        let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        let kind = match entry.file_type().map_err(failed)? {
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_file() => Kind::File,
            kind if kind.is_symlink() => {
                Kind::Link(std::fs::read_link(&path).map_err(|source| BuildFailure::read(&path, source))?)
            }
            _ => continue,
        };
        let excluded = rules::excluded_by_default(&name);
        found.push(Found { name, path, kind, excluded, executable: OnceLock::new() });
    }
    let marked = |found: &Found| found.path.file_name().is_some_and(|name| MARKS.iter().any(|mark| name == *mark));
    let cache = found.iter().any(|found| found.kind != Kind::Folder && marked(found));
    Ok(Folder { found, cache })
}

#[cfg(unix)]
fn may_execute(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn may_execute(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_listed_once() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a.py"), "").unwrap();
        let tree = Tree::new(root.path());
        let first = tree.folder("", root.path()).unwrap();
        std::fs::write(root.path().join("b.py"), "").unwrap();
        let second = tree.folder("", root.path()).unwrap();
        assert!(Arc::ptr_eq(&first, &second) && second.found.len() == 1);
        assert_eq!(Tree::new(root.path()).folder("", root.path()).unwrap().found.len(), 2);
    }

    #[test]
    fn a_folder_that_cannot_be_listed_is_named() {
        let refused = Tree::new(Path::new("nowhere")).folder("", Path::new("nowhere")).unwrap_err();
        assert!(matches!(refused, BuildFailure::Read { path, .. } if path == Path::new("nowhere")));
    }
}
