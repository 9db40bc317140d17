//! The file behind a store, and the thread that writes it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition, TableHandle};

use super::{Rows, StoreError};

/// How long writes gather before they are committed together.
const GATHER: Duration = Duration::from_millis(30);

/// How long the thread waits before it tries a failed commit again.
const RETRY: Duration = Duration::from_millis(500);

/// Memory for pages of the file: rows are in memory anyway.
const CACHE_BYTES: usize = 4 * 1024 * 1024;

/// One write: a value, or `None` for a removal.
struct Write {
    table: &'static str,
    key: String,
    value: Option<Vec<u8>>,
}

/// Writes on their way into the file, in order.
pub struct Journal {
    queue: Arc<Queue>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Write>,
    /// How many writes were ever recorded, and how many of them are in the file.
    recorded: u64,
    committed: u64,
    /// Someone waits in `flush`: do not gather.
    hurry: bool,
    closing: bool,
    failure: Option<String>,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal {
    /// Opens or makes the file and reads all of it.
    pub fn open(path: &Path) -> Result<(Journal, BTreeMap<String, Rows>), StoreError> {
        let open = |error: redb::Error| StoreError::Open { path: path.to_owned(), message: error.to_string() };
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE_BYTES);
        let database = builder.create(path).map_err(|error| open(error.into()))?;
        let tables = load(&database).map_err(open)?;
        let queue = Arc::new(Queue::default());
        let writer = std::thread::Builder::new().name("store".to_owned()).spawn({
            let queue = Arc::clone(&queue);
            move || write_until_closed(&database, &queue)
        });
        let writer = writer.map_err(|error| StoreError::Open { path: path.to_owned(), message: error.to_string() })?;
        Ok((Journal { queue, writer: Some(writer) }, tables))
    }

    /// Hands one write to the thread.
    pub fn record(&self, table: &'static str, key: &str, value: Option<Vec<u8>>) -> Result<(), StoreError> {
        let mut state = self.queue.state();
        if let Some(message) = &state.failure {
            return Err(StoreError::Write { message: message.clone() });
        }
        state.waiting.push(Write { table, key: key.to_owned(), value });
        state.recorded += 1;
        self.queue.changed.notify_all();
        Ok(())
    }

    /// Waits for everything recorded so far.
    pub fn flush(&self) -> Result<(), StoreError> {
        let mut state = self.queue.state();
        let wanted = state.recorded;
        while state.committed < wanted {
            if let Some(message) = &state.failure {
                return Err(StoreError::Write { message: message.clone() });
            }
            state.hurry = true;
            self.queue.changed.notify_all();
            state = self.queue.wait(state);
        }
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.queue.state().closing = true;
        self.queue.changed.notify_all();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn load(database: &Database) -> Result<BTreeMap<String, Rows>, redb::Error> {
    let mut tables = BTreeMap::new();
    let read = database.begin_read()?;
    for handle in read.list_tables()? {
        let definition: TableDefinition<'_, &str, &[u8]> = TableDefinition::new(handle.name());
        let table = read.open_table(definition)?;
        let mut rows = Rows::new();
        for row in table.iter()? {
            let (key, value) = row?;
            rows.insert(key.value().to_owned(), value.value().to_vec());
        }
        tables.insert(handle.name().to_owned(), rows);
    }
    Ok(tables)
}

fn write_until_closed(database: &Database, queue: &Queue) {
    loop {
        let batch = {
            let mut state = queue.state();
            while state.waiting.is_empty() && !state.closing {
                state = queue.wait(state);
            }
            if state.waiting.is_empty() {
                return;
            }
            if !state.hurry && !state.closing {
                let gathered = queue.changed.wait_timeout_while(state, GATHER, |state| !state.hurry && !state.closing);
                state = gathered.map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
            }
            state.hurry = false;
            std::mem::take(&mut state.waiting)
        };
        if !commit_until_done(database, queue, &batch) {
            return;
        }
        let mut state = queue.state();
        state.committed += batch.len() as u64;
        state.failure = None;
        queue.changed.notify_all();
    }
}

/// Commits one batch, again and again while the disk refuses; false when the store closes meanwhile.
fn commit_until_done(database: &Database, queue: &Queue, batch: &[Write]) -> bool {
    while let Err(error) = commit(database, batch) {
        tracing::error!(%error, "the state file cannot be written");
        let mut state = queue.state();
        state.failure = Some(error.to_string());
        queue.changed.notify_all();
        let waited = queue.changed.wait_timeout_while(state, RETRY, |state| !state.closing);
        state = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        if state.closing {
            return false;
        }
    }
    true
}

fn commit(database: &Database, batch: &[Write]) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    for run in batch.chunk_by(|one, next| one.table == next.table) {
        let Some(first) = run.first() else { continue };
        let definition: TableDefinition<'_, &str, &[u8]> = TableDefinition::new(first.table);
        let mut table = transaction.open_table(definition)?;
        for write in run {
            match &write.value {
                Some(value) => drop(table.insert(write.key.as_str(), value.as_slice())?),
                None => drop(table.remove(write.key.as_str())?),
            }
        }
    }
    transaction.commit()?;
    Ok(())
}
