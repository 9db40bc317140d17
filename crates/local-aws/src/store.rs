//! What the local AWS remembers: named tables of string keys and JSON values.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A value in the store has not the shape that this version expects.
    #[error("the stored value `{table}/{key}` cannot be read: {source}")]
    Malformed { table: String, key: String, source: serde_json::Error },
}

type Rows = BTreeMap<String, Vec<u8>>;

/// Named tables of string keys and JSON values; keys of a table are in order.
#[derive(Debug, Default)]
pub struct Store {
    tables: Mutex<BTreeMap<&'static str, Rows>>,
}

impl Store {
    /// A store that forgets everything with the process.
    pub fn memory() -> Store {
        Store::default()
    }

    /// Writes `value` under `key`, over whatever was there.
    pub fn put<T: Serialize>(&self, table: &'static str, key: &str, value: &T) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(value).map_err(|source| malformed(table, key, source))?;
        self.rows(table, |rows| rows.insert(key.to_owned(), bytes));
        Ok(())
    }

    /// The value under `key`, if there is one.
    pub fn get<T: DeserializeOwned>(&self, table: &'static str, key: &str) -> Result<Option<T>, StoreError> {
        let bytes = self.rows(table, |rows| rows.get(key).cloned());
        bytes.map(|bytes| parse(table, key, &bytes)).transpose()
    }

    /// Removes `key`; true if it was there.
    pub fn delete(&self, table: &'static str, key: &str) -> Result<bool, StoreError> {
        Ok(self.rows(table, |rows| rows.remove(key).is_some()))
    }

    /// All rows of `table` whose key begins with `prefix`, in the order of their keys.
    pub fn scan<T: DeserializeOwned>(&self, table: &'static str, prefix: &str) -> Result<Vec<(String, T)>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = self.rows(table, |rows| {
            rows.range(prefix.to_owned()..)
                .take_while(|(key, _)| key.starts_with(prefix))
                .map(|(key, bytes)| (key.clone(), bytes.clone()))
                .collect()
        });
        rows.into_iter().map(|(key, bytes)| parse(table, &key, &bytes).map(|value| (key, value))).collect()
    }

    fn rows<R>(&self, table: &'static str, with: impl FnOnce(&mut Rows) -> R) -> R {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        with(tables.entry(table).or_default())
    }
}

fn parse<T: DeserializeOwned>(table: &str, key: &str, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|source| malformed(table, key, source))
}

fn malformed(table: &str, key: &str, source: serde_json::Error) -> StoreError {
    StoreError::Malformed { table: table.to_owned(), key: key.to_owned(), source }
}
