//! What the local AWS remembers: named tables of string keys and JSON values.
//!
//! Reads and writes meet memory only. A store with a file hands every write, in order, to a thread that commits them in
//! batches: after a crash the file holds what some earlier moment held, never a mixture.

mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use file::Journal;

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A value in the store has not the shape that this version expects.
    #[error("the stored value `{table}/{key}` cannot be read: {source}")]
    Malformed { table: String, key: String, source: serde_json::Error },
    /// The file cannot be opened: no permission, no space, or damaged.
    #[error("the state file `{}` cannot be opened: {message}", path.display())]
    Open { path: PathBuf, message: String },
    /// The file cannot be written any more; what was written since is in memory only.
    #[error("the state file cannot be written: {message}")]
    Write { message: String },
}

type Rows = BTreeMap<String, Vec<u8>>;

/// Named tables of string keys and JSON values; keys of a table are in order. Clones share the same tables.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    tables: Mutex<BTreeMap<String, Rows>>,
    journal: Option<Journal>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("on_disk", &self.0.journal.is_some()).finish_non_exhaustive()
    }
}

impl Default for Store {
    fn default() -> Store {
        Store::memory()
    }
}

impl Store {
    /// A store that forgets everything with the process.
    pub fn memory() -> Store {
        Store(Arc::new(Inner { tables: Mutex::default(), journal: None }))
    }

    /// The store in the file at `path`, which is made when there is none.
    ///
    /// # Errors
    /// [`StoreError::Open`] when the file cannot be made, is in use, or is no store.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let (journal, tables) = Journal::open(path)?;
        Ok(Store(Arc::new(Inner { tables: Mutex::new(tables), journal: Some(journal) })))
    }

    /// Writes `value` under `key`, over whatever was there.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] for a value that is no JSON, [`StoreError::Write`] once the file cannot be written.
    pub fn put<T: Serialize>(&self, table: &'static str, key: &str, value: &T) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(value).map_err(|source| malformed(table, key, source))?;
        let mut tables = self.tables();
        if let Some(journal) = &self.0.journal {
            journal.record(table, key, Some(bytes.clone()))?;
        }
        rows(&mut tables, table).insert(key.to_owned(), bytes);
        Ok(())
    }

    /// The value under `key`, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] when it has another shape.
    pub fn get<T: DeserializeOwned>(&self, table: &'static str, key: &str) -> Result<Option<T>, StoreError> {
        let bytes = self.tables().get(table).and_then(|rows| rows.get(key)).cloned();
        bytes.map(|bytes| parse(table, key, &bytes)).transpose()
    }

    /// Removes `key`; true if it was there.
    ///
    /// # Errors
    /// [`StoreError::Write`] once the file cannot be written.
    pub fn delete(&self, table: &'static str, key: &str) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let there = tables.get(table).is_some_and(|rows| rows.contains_key(key));
        if there {
            if let Some(journal) = &self.0.journal {
                journal.record(table, key, None)?;
            }
            rows(&mut tables, table).remove(key);
        }
        Ok(there)
    }

    /// All rows of `table` whose key begins with `prefix`, in the order of their keys.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] when one has another shape.
    pub fn scan<T: DeserializeOwned>(&self, table: &'static str, prefix: &str) -> Result<Vec<(String, T)>, StoreError> {
        self.page(table, prefix, None, usize::MAX)
    }

    /// At most `limit` rows whose key begins with `prefix` and comes after `after`, in the order of their keys.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] when one has another shape.
    pub fn page<T: DeserializeOwned>(
        &self,
        table: &'static str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let found: Vec<(String, Vec<u8>)> = {
            let tables = self.tables();
            let rows = tables.get(table).into_iter().flat_map(|rows| rows.range::<str, _>((start, Bound::Unbounded)));
            let rows = rows.take_while(|(key, _)| key.starts_with(prefix)).take(limit);
            rows.map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
        };
        found.into_iter().map(|(key, bytes)| parse(table, &key, &bytes).map(|value| (key, value))).collect()
    }

    /// Returns when everything written so far is in the file.
    ///
    /// # Errors
    /// [`StoreError::Write`] when the file cannot be written.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.0.journal.as_ref().map_or(Ok(()), Journal::flush)
    }

    fn tables(&self) -> MutexGuard<'_, BTreeMap<String, Rows>> {
        self.0.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rows<'a>(tables: &'a mut BTreeMap<String, Rows>, table: &str) -> &'a mut Rows {
    tables.entry(table.to_owned()).or_default()
}

fn parse<T: DeserializeOwned>(table: &str, key: &str, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|source| malformed(table, key, source))
}

fn malformed(table: &str, key: &str, source: serde_json::Error) -> StoreError {
    StoreError::Malformed { table: table.to_owned(), key: key.to_owned(), source }
}

#[cfg(test)]
mod tests;
