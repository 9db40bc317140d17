//! Where the events are: one row a batch, and an index of batches in memory that tells which rows a question needs.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::EVENTS;
use super::event::{Event, Place};
use crate::Cloud;
use crate::store::{Store, StoreError};

/// Bytes of events of all groups together; beyond that the oldest batches go. Diverges: AWS keeps everything.
pub const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// A batch as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Batch {
    region: String,
    group: String,
    stream: String,
    ingested_ms: i64,
    events: Vec<Event>,
}

/// What the index knows of a batch.
#[derive(Clone, Debug)]
struct Entry {
    group: (String, String),
    stream: String,
    first_ms: i64,
    last_ms: i64,
    bytes: u64,
}

/// One event with all that answers say of it.
#[derive(Clone, Debug)]
pub struct Found {
    pub place: Place,
    pub stream: String,
    pub message: String,
    pub ingested_ms: i64,
}

/// The index of all batches, by their number.
#[derive(Debug, Default)]
pub struct Archive {
    next: u64,
    bytes: u64,
    entries: BTreeMap<u64, Entry>,
    /// The numbers of each group's batches, ascending.
    groups: HashMap<(String, String), Vec<u64>>,
}

impl Archive {
    /// The index of what is stored.
    pub fn open(store: &Store) -> Result<Archive, StoreError> {
        let mut archive = Archive::default();
        let rows: Vec<(String, Batch)> = store.scan(EVENTS, "")?;
        for (row, batch) in rows {
            if let Ok(number) = u64::from_str_radix(&row, 16) {
                archive.index(number, &batch);
            }
        }
        Ok(archive)
    }

    fn index(&mut self, number: u64, batch: &Batch) {
        let times = || batch.events.iter().map(|event| event.timestamp_ms);
        let entry = Entry {
            group: (batch.region.clone(), batch.group.clone()),
            stream: batch.stream.clone(),
            first_ms: times().min().unwrap_or_default(),
            last_ms: times().max().unwrap_or_default(),
            bytes: batch.events.iter().map(size).sum(),
        };
        self.bytes += entry.bytes;
        self.groups.entry(entry.group.clone()).or_default().push(number);
        self.entries.insert(number, entry);
        self.next = self.next.max(number + 1);
    }

    /// Stores a batch of events; the oldest batches go when there are too many bytes.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn append(
        &mut self,
        cloud: &Cloud,
        region: &str,
        group: &str,
        stream: &str,
        events: Vec<Event>,
    ) -> Result<(), StoreError> {
        let batch = Batch {
            region: region.to_owned(),
            group: group.to_owned(),
            stream: stream.to_owned(),
            ingested_ms: cloud.clock.now_ms(),
            events,
        };
        let number = self.next;
        cloud.store.put(EVENTS, &row(number), &batch)?;
        self.index(number, &batch);
        while self.bytes > MOST_BYTES {
            let Some((&oldest, _)) = self.entries.first_key_value() else { break };
            self.remove(&cloud.store, oldest)?;
        }
        Ok(())
    }

    /// Removes the batches of a group, or of one of its streams.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn forget(&mut self, store: &Store, region: &str, group: &str, stream: Option<&str>) -> Result<(), StoreError> {
        let numbers = self.groups.get(&(region.to_owned(), group.to_owned())).cloned().unwrap_or_default();
        for number in numbers {
            let entry = self.entries.get(&number);
            if entry.is_some_and(|entry| stream.is_none_or(|stream| entry.stream == stream)) {
                self.remove(store, number)?;
            }
        }
        Ok(())
    }

    /// Removes a group's batches that ended before `before_ms`.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn expire(&mut self, store: &Store, region: &str, group: &str, before_ms: i64) -> Result<(), StoreError> {
        let numbers = self.groups.get(&(region.to_owned(), group.to_owned())).cloned().unwrap_or_default();
        for number in numbers {
            if self.entries.get(&number).is_some_and(|entry| entry.last_ms < before_ms) {
                self.remove(store, number)?;
            }
        }
        Ok(())
    }

    fn remove(&mut self, store: &Store, number: u64) -> Result<(), StoreError> {
        store.delete(EVENTS, &row(number))?;
        if let Some(entry) = self.entries.remove(&number) {
            self.bytes = self.bytes.saturating_sub(entry.bytes);
            if let Some(numbers) = self.groups.get_mut(&entry.group) {
                numbers.retain(|kept| *kept != number);
            }
        }
        Ok(())
    }

    /// Bytes of a group's events.
    pub fn bytes_of(&self, region: &str, group: &str) -> u64 {
        let numbers = self.groups.get(&(region.to_owned(), group.to_owned()));
        numbers.into_iter().flatten().filter_map(|number| self.entries.get(number)).map(|entry| entry.bytes).sum()
    }

    /// The events of a group from `start_ms` to `end_ms`, both included, in the streams that `wanted` takes; in order.
    ///
    /// # Errors
    /// When a stored batch cannot be read.
    pub fn find(
        &self,
        store: &Store,
        (region, group): (&str, &str),
        (start_ms, end_ms): (i64, i64),
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        let numbers = self.groups.get(&(region.to_owned(), group.to_owned()));
        for number in numbers.into_iter().flatten() {
            let Some(entry) = self.entries.get(number) else { continue };
            if entry.last_ms < start_ms || entry.first_ms > end_ms || !wanted(&entry.stream) {
                continue;
            }
            let Some(batch): Option<Batch> = store.get(EVENTS, &row(*number))? else { continue };
            for (index, event) in (0..).zip(batch.events) {
                if (start_ms..=end_ms).contains(&event.timestamp_ms) {
                    let place = Place { timestamp_ms: event.timestamp_ms, batch: *number, index };
                    let (stream, ingested_ms) = (batch.stream.clone(), batch.ingested_ms);
                    found.push(Found { place, stream, message: event.message, ingested_ms });
                }
            }
        }
        found.sort_by_key(|found| found.place);
        Ok(found)
    }
}

/// An event's size as AWS counts it.
pub fn size(event: &Event) -> u64 {
    const OVERHEAD: u64 = 26;
    event.message.len() as u64 + OVERHEAD
}

/// The row of a batch: its number in sixteen hexadecimal digits, so that rows are in order of arrival.
fn row(number: u64) -> String {
    format!("{number:016x}")
}
