//! Every stack there is, with its journal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Store;
use crate::store::StoreError;

use super::journal::{Entry, Record};
use super::stack::Stack;
use super::status::StackStatus;

const JOURNAL: &str = "cloudformation-journal";

/// One stack, shared.
#[derive(Debug, Default)]
pub struct Cell(Mutex<Stack>);

impl Cell {
    /// The stack as it is now. Hold it only for a moment, never while waiting.
    pub fn lock(&self) -> MutexGuard<'_, Stack> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every stack of the account, those deleted too.
#[derive(Debug, Default)]
pub struct Stacks {
    cells: Mutex<Vec<Arc<Cell>>>,
}

impl Stacks {
    /// Reads every journal in the store.
    ///
    /// # Errors
    /// [`StoreError`] when an entry cannot be read.
    pub fn open(store: &Store) -> Result<Stacks, StoreError> {
        let mut cells: Vec<Arc<Cell>> = Vec::new();
        let mut last = String::new();
        for (key, entry) in store.scan::<Entry>(JOURNAL, "")? {
            let stack = key.rsplit_once('/').map_or(key.as_str(), |(stack, _)| stack);
            if stack != last || cells.is_empty() {
                last = stack.to_owned();
                cells.push(Arc::default());
            }
            if let Some(cell) = cells.last() {
                cell.lock().apply(&entry);
            }
        }
        cells.sort_by_key(|cell| cell.lock().created_ms);
        Ok(Stacks { cells: Mutex::new(cells) })
    }

    /// All stacks of a region, oldest first.
    pub fn all(&self, region: &str) -> Vec<Arc<Cell>> {
        self.cells().iter().filter(|cell| cell.lock().region == region).cloned().collect()
    }

    /// How many stacks there are that are not deleted, in all regions.
    pub fn count(&self) -> usize {
        self.cells().iter().filter(|cell| cell.lock().status() != StackStatus::DeleteComplete).count()
    }

    /// All stacks in which an operation goes on.
    pub fn unfinished(&self) -> Vec<Arc<Cell>> {
        self.cells().iter().filter(|cell| cell.lock().status().in_progress()).cloned().collect()
    }

    /// The stack of a name or an id. By name only a stack that is not deleted is found.
    pub fn find(&self, region: &str, name_or_id: &str) -> Option<Arc<Cell>> {
        self.cells()
            .iter()
            .rev()
            .find(|cell| {
                let stack = cell.lock();
                let named = stack.name == name_or_id && stack.status() != StackStatus::DeleteComplete;
                stack.region == region && (stack.id == name_or_id || named)
            })
            .cloned()
    }

    /// Adds a stack that was just born.
    ///
    /// # Errors
    /// [`StoreError`] when the journal cannot be written.
    pub fn add(&self, store: &Store, entry: &Entry) -> Result<Arc<Cell>, StoreError> {
        let cell = Arc::new(Cell::default());
        append(store, &mut cell.lock(), entry)?;
        self.cells().push(Arc::clone(&cell));
        Ok(cell)
    }

    /// Forgets a stack that never got beyond review, with its journal.
    ///
    /// # Errors
    /// [`StoreError`] when the journal cannot be removed.
    pub fn remove(&self, store: &Store, cell: &Arc<Cell>) -> Result<(), StoreError> {
        let (id, entries) = {
            let stack = cell.lock();
            (stack.id.clone(), stack.entries)
        };
        for number in 0..entries {
            store.delete(JOURNAL, &key(&id, number))?;
        }
        self.cells().retain(|other| !Arc::ptr_eq(other, cell));
        Ok(())
    }

    /// The exports of a region's stacks but `except`, by name.
    pub fn exports(&self, region: &str, except: &str) -> BTreeMap<String, String> {
        let mut exports = BTreeMap::new();
        for cell in self.all(region) {
            let stack = cell.lock();
            if stack.id == except || stack.status() == StackStatus::DeleteComplete {
                continue;
            }
            for output in &stack.outputs {
                exports.extend(output.export.as_ref().map(|name| (name.clone(), output.value.clone())));
            }
        }
        exports
    }

    /// The names of the stacks that use an export.
    pub fn importers(&self, region: &str, export: &str) -> Vec<String> {
        let using = |cell: &Arc<Cell>| {
            let stack = cell.lock();
            (stack.imports.contains(export) && stack.status() != StackStatus::DeleteComplete)
                .then(|| stack.name.clone())
        };
        self.all(region).iter().filter_map(using).collect()
    }

    fn cells(&self) -> MutexGuard<'_, Vec<Arc<Cell>>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(stack_id: &str, number: u64) -> String {
    format!("{stack_id}/{number:08}")
}

/// Writes an entry to the store, then takes it in.
///
/// # Errors
/// [`StoreError`] when it cannot be written; the stack is then unchanged.
pub fn append(store: &Store, stack: &mut Stack, entry: &Entry) -> Result<(), StoreError> {
    let id = match &entry.record {
        Record::Born { id, .. } => id.clone(),
        _ => stack.id.clone(),
    };
    store.put(JOURNAL, &key(&id, stack.entries), entry)?;
    stack.apply(entry);
    Ok(())
}
