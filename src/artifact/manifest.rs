//! The entries of a zip, and the digest that names them.

use std::fs::File;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::BuildFailure;

/// Changes whenever the same manifest would be zipped to other bytes on purpose.
const FORMAT: &str = "deploy-artifact-2";

/// What an entry holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The bytes of a file on disk.
    File(PathBuf),
    /// These bytes.
    Bytes(Vec<u8>),
    /// A symbolic link to this path, relative to the entry.
    Link(String),
}

/// One entry of a zip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// With `/`, relative, without `.` and `..`.
    pub path: String,
    /// May be executed; becomes mode 0755, else 0644.
    pub executable: bool,
    pub content: Content,
}

impl Entry {
    /// A file that is not executed.
    pub fn file(path: String, file: &Path) -> Entry {
        Entry { path, executable: false, content: Content::File(file.to_owned()) }
    }
}

/// An entry and what its content is.
#[derive(Clone, Debug)]
pub struct Item {
    pub entry: Entry,
    pub hash: blake3::Hash,
    pub size_bytes: u64,
}

/// Answers content hash and size of a file.
pub type HashFile<'a> = &'a (dyn Fn(&Path) -> Result<(blake3::Hash, u64), BuildFailure> + Sync);

/// Entries in the order of their paths, and the digest that names them.
#[derive(Clone, Debug)]
pub struct Manifest {
    items: Vec<Item>,
    digest: String,
}

impl Manifest {
    /// Sorts the entries and reads every file once, in parallel.
    ///
    /// # Errors
    /// [`BuildFailure::Read`] for a file that cannot be read.
    pub fn new(entries: Vec<Entry>) -> Result<Manifest, BuildFailure> {
        Manifest::with(entries, &hash_file)
    }

    /// Like [`Manifest::new`], with hashes that are perhaps known already. Of two entries with the same path the first
    /// one stays.
    ///
    /// # Errors
    /// As [`Manifest::new`].
    pub fn with(mut entries: Vec<Entry>, hash_file: HashFile) -> Result<Manifest, BuildFailure> {
        entries.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        entries.dedup_by(|later, earlier| later.path == earlier.path);
        let hashed: Vec<(blake3::Hash, u64)> =
            entries.par_iter().map(|entry| hash(entry, hash_file)).collect::<Result<_, _>>()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(FORMAT.as_bytes());
        for (entry, (hash, _)) in entries.iter().zip(&hashed) {
            hasher.update(&(entry.path.len() as u64).to_le_bytes());
            hasher.update(entry.path.as_bytes());
            hasher.update(&[kind(entry)]);
            hasher.update(hash.as_bytes());
        }
        let digest = hasher.finalize().to_hex().to_string();
        let item = |(entry, (hash, size_bytes))| Item { entry, hash, size_bytes };
        let items = entries.into_iter().zip(hashed).map(item).collect();
        Ok(Manifest { items, digest })
    }

    /// The entries in their order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Hex BLAKE3 over path, kind and content of every entry: 64 digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What all entries unpack to.
    pub fn unzipped_bytes(&self) -> u64 {
        self.items.iter().map(|item| item.size_bytes).sum()
    }

    /// The `count` largest entries, largest first.
    pub fn largest(&self, count: usize) -> Vec<(String, u64)> {
        let mut files: Vec<(String, u64)> =
            self.items.iter().map(|item| (item.entry.path.clone(), item.size_bytes)).collect();
        files.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        files.truncate(count);
        files
    }
}

fn kind(entry: &Entry) -> u8 {
    match (&entry.content, entry.executable) {
        (Content::Link(_), _) => b'l',
        (_, true) => b'x',
        (_, false) => b'f',
    }
}

fn hash(entry: &Entry, hash_file: HashFile) -> Result<(blake3::Hash, u64), BuildFailure> {
    match &entry.content {
        Content::Bytes(bytes) => Ok((blake3::hash(bytes), bytes.len() as u64)),
        Content::Link(to) => Ok((blake3::hash(to.as_bytes()), to.len() as u64)),
        Content::File(path) => hash_file(path),
    }
}

/// Content hash and size in bytes of a file.
///
/// # Errors
/// [`BuildFailure::Read`].
pub fn hash_file(path: &Path) -> Result<(blake3::Hash, u64), BuildFailure> {
    let failed = |source| BuildFailure::read(path, source);
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).map_err(failed)?).map_err(failed)?;
    Ok((hasher.finalize(), hasher.count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, text: &str) -> Entry {
        Entry { path: path.to_owned(), executable: false, content: Content::Bytes(text.as_bytes().to_vec()) }
    }

    #[test]
    fn the_order_of_the_entries_does_not_change_the_digest() {
        let one = Manifest::new(vec![entry("a", "1"), entry("b", "2")]).unwrap();
        let other = Manifest::new(vec![entry("b", "2"), entry("a", "1")]).unwrap();
        assert_eq!(one.digest(), other.digest());
    }

    #[test]
    fn path_mode_and_content_each_change_the_digest() {
        let digest = |entries| Manifest::new(entries).unwrap().digest().to_owned();
        let executable = Entry { executable: true, ..entry("a", "1") };
        let digests = [
            digest(vec![entry("a", "1")]),
            digest(vec![entry("b", "1")]),
            digest(vec![entry("a", "2")]),
            digest(vec![executable]),
        ];
        let distinct: std::collections::BTreeSet<&String> = digests.iter().collect();
        assert_eq!(distinct.len(), digests.len());
    }
}
