//! The executions of state machines: started, driven, answered for, and taken up again after a restart.
//!
//! The interpreter (`asl`) is deterministic: an execution is what it was launched with and the replies that its effects
//! got, in order, with their times. Only that is stored, appended reply by reply; history, open effects and outcome are
//! derived from it by replaying.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::services::states::machine::Kind;
use crate::services::states::refusal;
use crate::services::states::store::Target;
use crate::store::StoreError;
use crate::wire::Fault;
use crate::{Cloud, Store};

mod activity;
mod drive;
pub mod integration;
mod items;
mod journal;
mod log;
mod manifest;
pub mod map_run;
mod program;
mod record;
mod results;
mod timer;
mod token;

pub use activity::ActivityTask;
pub use program::Program;
pub use record::{Entry, Record};

/// How many ended executions keep their history in memory; older ones are replayed when somebody asks.
const KEPT_HISTORIES: usize = 256;

/// Every execution of this local AWS.
pub struct Executions {
    index: Mutex<Index>,
    programs: program::Programs,
    tokens: token::Tokens,
    activities: activity::Queues,
    timers: Arc<timer::Timers>,
    logs: log::Log,
    /// The next execution's place in the order of starts.
    next: AtomicU64,
}

/// The executions by ARN and, by machine, in the order of their starts.
#[derive(Default)]
struct Index {
    by_arn: HashMap<Arc<str>, Arc<Entry>>,
    by_machine: HashMap<String, BTreeMap<u64, Arc<Entry>>>,
    /// Ended executions that still keep their history, the longest ended first.
    kept: VecDeque<Arc<Entry>>,
}

/// What an execution is started with.
pub struct Start {
    pub target: Target,
    pub name: String,
    /// The last part of an Express execution's ARN.
    pub express_id: Option<String>,
    pub input_text: String,
    pub input: Value,
    pub trace_header: Option<String>,
}

impl Executions {
    /// The executions that `store` remembers; those that were running go on with [`Executions::start_all`].
    ///
    /// # Errors
    /// What the store cannot read.
    pub fn open(store: &Store) -> Result<Executions, StoreError> {
        let executions = Executions {
            index: Mutex::default(),
            programs: program::Programs::open(store)?,
            tokens: token::Tokens::default(),
            activities: activity::Queues::default(),
            timers: Arc::default(),
            logs: log::Log::default(),
            next: AtomicU64::new(1),
        };
        for record in journal::records(store)? {
            if let Some(program) = executions.programs.get(&record.program) {
                executions.next.fetch_max(record.sequence + 1, Ordering::Relaxed);
                executions.insert(Arc::new(Entry::ended_or_waiting(record, program)));
            }
        }
        Ok(executions)
    }

    /// Takes up every execution that was running when the last process ended.
    pub fn start(&self, cloud: &Arc<Cloud>) {
        let entries: Vec<Arc<Entry>> = self.index().by_arn.values().cloned().collect();
        for entry in entries {
            if entry.is_running() {
                drive::take_up(cloud, &entry);
            }
        }
    }

    /// Starts an execution of `start.target` and runs it until it waits or ends.
    ///
    /// # Errors
    /// `ExecutionAlreadyExists` when another execution has the name, unless it is running with the same input.
    pub fn launch(&self, cloud: &Arc<Cloud>, start: Start) -> Result<Arc<Entry>, Fault> {
        let now = cloud.clock.now_ms();
        let program = self.programs.intern(&cloud.store, &start.target)?;
        let sequence = self.next.fetch_add(1, Ordering::Relaxed);
        let entry = Arc::new(Entry::new(Record::of(&start, &program, sequence, now), program));
        if let Some(running) = self.claim(&entry)? {
            return Ok(running);
        }
        drive::launch(cloud, &entry, start.input);
        Ok(entry)
    }

    /// Puts `entry` in its place, or finds the running execution that the same request started before.
    fn claim(&self, entry: &Arc<Entry>) -> Result<Option<Arc<Entry>>, Fault> {
        let mut index = self.index();
        if let Some(found) = index.by_arn.get(&entry.record.arn) {
            if found.is_running() && found.record.input == entry.record.input {
                return Ok(Some(Arc::clone(found)));
            }
            let words = format!("Execution Already Exists: '{}'", entry.record.arn);
            return Err(Fault::sender("ExecutionAlreadyExists", words));
        }
        index.insert(Arc::clone(entry));
        Ok(None)
    }

    /// The execution that `arn` names.
    ///
    /// # Errors
    /// `ExecutionDoesNotExist`.
    pub fn get(&self, arn: &str) -> Result<Arc<Entry>, Fault> {
        self.index().by_arn.get(arn).cloned().ok_or_else(|| refusal::no_execution(arn))
    }

    /// The Standard executions of a machine, the newest first.
    pub fn of_machine(&self, machine_arn: &str) -> Vec<Arc<Entry>> {
        let index = self.index();
        let Some(entries) = index.by_machine.get(machine_arn) else {
            return Vec::new();
        };
        entries.values().rev().filter(|entry| entry.program.kind == Kind::Standard).cloned().collect()
    }

    /// Every execution, in no order.
    pub fn all(&self) -> Vec<Arc<Entry>> {
        self.index().by_arn.values().cloned().collect()
    }

    /// Aborts and forgets the executions of a machine.
    ///
    /// # Errors
    /// What the store cannot write.
    pub fn forget_machine(&self, cloud: &Arc<Cloud>, machine_arn: &str) -> Result<(), Fault> {
        let entries = self.index().by_machine.remove(machine_arn).unwrap_or_default();
        for entry in entries.into_values() {
            if entry.is_running() {
                drive::stop(cloud, &entry, asl::Failure::default());
            }
            self.index().by_arn.remove(&entry.record.arn);
            journal::forget(&cloud.store, &entry.record)?;
        }
        Ok(())
    }

    /// Forgets an Express execution that has ended: AWS answers no questions about it.
    fn forget(&self, entry: &Entry) {
        let mut index = self.index();
        index.by_arn.remove(&entry.record.arn);
        if let Some(entries) = index.by_machine.get_mut(&entry.program.machine_arn) {
            entries.remove(&entry.record.sequence);
        }
    }

    /// Notes that `entry` has ended and keeps its history; the oldest kept one is let go. One that ended before, and was
    /// redriven, has one place: the newest.
    fn keep(&self, entry: &Arc<Entry>) {
        let dropped = {
            let mut index = self.index();
            index.kept.retain(|kept| !Arc::ptr_eq(kept, entry));
            index.kept.push_back(Arc::clone(entry));
            if index.kept.len() > KEPT_HISTORIES { index.kept.pop_front() } else { None }
        };
        if let Some(entry) = dropped {
            entry.let_history_go();
        }
    }

    /// Notes that `entry` runs again.
    fn let_run(&self, entry: &Arc<Entry>) {
        self.index().kept.retain(|kept| !Arc::ptr_eq(kept, entry));
    }

    fn insert(&self, entry: Arc<Entry>) {
        self.index().insert(entry);
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    fn insert(&mut self, entry: Arc<Entry>) {
        let machine = self.by_machine.entry(entry.program.machine_arn.clone()).or_default();
        machine.insert(entry.record.sequence, Arc::clone(&entry));
        self.by_arn.insert(Arc::clone(&entry.record.arn), entry);
    }
}

pub use drive::{redrive, stop, update_map_run};
