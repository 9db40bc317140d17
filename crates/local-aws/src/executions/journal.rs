//! What is stored of executions: a record each, and the replies that it got.

use std::collections::HashMap;

use asl::{EffectId, Execution, Failure, MapRunUpdate, Reply, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::drive::Progress;
use super::record::{Entry, Live, Record};
use crate::Store;
use crate::store::StoreError;
use crate::wire::Fault;

const RECORDS: &str = "states-executions";
const JOURNAL: &str = "states-journal";

/// Something that happened to an execution from outside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Happening {
    Replied { id: EffectId, reply: Reply, at: Timestamp },
    Stopped { failure: Failure, at: Timestamp },
    Redriven { at: Timestamp },
    MapRunUpdated { map_run_arn: String, update: MapRunUpdate, at: Timestamp },
}

/// The records of all executions.
///
/// # Errors
/// What the store cannot read.
pub fn records(store: &Store) -> Result<Vec<Record>, StoreError> {
    Ok(store.scan::<Record>(RECORDS, "")?.into_iter().map(|(_, record)| record).collect())
}

/// Writes the record as it is now.
///
/// # Errors
/// What the store cannot write.
pub fn save(store: &Store, entry: &Entry, live: &mut Live) -> Result<(), StoreError> {
    store.put(RECORDS, &entry.record.arn, &entry.current(live))?;
    live.stored = true;
    Ok(())
}

/// Appends to the journal of `entry`.
///
/// # Errors
/// What the store cannot write.
pub fn append(store: &Store, entry: &Entry, live: &mut Live, happening: &Happening) -> Result<(), StoreError> {
    let key = format!("{}#{:08}", entry.record.arn, live.journaled);
    live.journaled += 1;
    store.put(JOURNAL, &key, happening)
}

/// Removes everything of an execution.
///
/// # Errors
/// What the store cannot write.
pub fn forget(store: &Store, record: &Record) -> Result<(), StoreError> {
    store.delete(RECORDS, &record.arn)?;
    for (key, _) in store.scan::<Value>(JOURNAL, &prefix(record))? {
        store.delete(JOURNAL, &key)?;
    }
    Ok(())
}

/// The execution as its journal makes it, and how many entries that has.
///
/// # Errors
/// What the store cannot read.
pub fn replay(store: &Store, entry: &Entry) -> Result<(Execution, u64), Fault> {
    let record = &entry.record;
    let input = serde_json::from_str(&record.input).unwrap_or(Value::Null);
    let machine = entry.program.machine()?;
    let (mut execution, _) = Execution::start(&machine, entry.launch(input), Timestamp(record.started_ms));
    let entries = store.scan::<Happening>(JOURNAL, &prefix(record))?;
    let count = entries.len() as u64;
    for (_, happening) in entries {
        match happening {
            Happening::Replied { id, reply, at } => {
                execution.resume(id, reply, at);
            }
            Happening::Stopped { failure, at } => {
                execution.stop(failure, at);
            }
            Happening::Redriven { at } => {
                execution.redrive(at);
            }
            Happening::MapRunUpdated { map_run_arn, update, at } => {
                execution.update_map_run(&map_run_arn, update, at);
            }
        }
    }
    Ok((execution, count))
}

fn prefix(record: &Record) -> String {
    format!("{}#", record.arn)
}

/// How far the effects of `entry` had come.
///
/// # Errors
/// What the store cannot read.
pub fn progress(store: &Store, entry: &Entry) -> Result<HashMap<EffectId, Progress>, StoreError> {
    let mut found: HashMap<EffectId, Progress> = HashMap::new();
    for (_, happening) in store.scan::<Happening>(JOURNAL, &prefix(&entry.record))? {
        match happening {
            Happening::Replied { id, reply: Reply::Started { .. }, .. } => found.entry(id).or_default().started = true,
            Happening::Replied { id, reply: Reply::Submitted { output }, .. } => {
                found.entry(id).or_default().submitted = Some(output);
            }
            _ => {}
        }
    }
    Ok(found)
}
