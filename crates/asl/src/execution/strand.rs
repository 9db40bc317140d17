//! One line of states: the machine's own, a branch of a Parallel, an iteration of a Map.

use crate::data::text;
use crate::effect::{EffectId, Failure, Timestamp};
use crate::limits::{MAX_ASSIGN, MAX_VARIABLE, MAX_VARIABLES};
use crate::machine::BlockIndex;
use crate::raise::Raise;
use indexmap::IndexMap;
use serde_json::Value;
use std::sync::Arc;

/// Index of a strand in its execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StrandId(pub usize);

#[derive(Clone, Debug)]
pub(crate) struct Strand {
    pub id: StrandId,
    /// The strand whose state began this one, and this one's index there.
    pub parent: Option<(StrandId, u64)>,
    pub block: BlockIndex,
    pub state: usize,
    /// The current state's input, before InputPath.
    pub input: Value,
    /// The same as text, when somebody has made it.
    pub input_text: Option<Arc<str>>,
    pub variables: IndexMap<String, Value>,
    pub last_event: u64,
    /// The event of the current state's entry, and the one before it.
    pub entered: u64,
    pub before_entry: u64,
    pub entered_at: Timestamp,
    /// What `$$.Map.Item` is.
    pub item: Option<(u64, Value)>,
    /// Attempts that each retrier of the current state has used.
    pub attempts: Vec<u64>,
    pub retry_count: u64,
    /// Whether the failure being handled is a missed heartbeat.
    pub missed_heartbeat: bool,
    pub phase: Phase,
}

/// What a strand waits for.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// Its turn, to enter its state.
    Enter,
    /// Its turn, to try its state again without entering it.
    Again,
    /// The end of a retrier's delay.
    Backoff,
    Sleep,
    Task(TaskRun),
    /// Its turn, to fail: its clock rang together with another's.
    Failing(Failure),
    Branches(Branches),
    Iterations(Box<Iterations>),
    Reading(Box<Reading>),
    MapRun {
        run: usize,
    },
    Writing(Box<Writing>),
}

/// A call under way.
#[derive(Clone, Debug)]
pub(crate) struct TaskRun {
    pub invoke: EffectId,
    pub timeout: Option<EffectId>,
    pub heartbeat: Option<EffectId>,
    pub heartbeat_s: Option<u64>,
    pub started: bool,
}

/// The branches of a Parallel.
#[derive(Clone, Debug)]
pub(crate) struct Branches {
    pub strands: Vec<StrandId>,
    pub results: Vec<Option<Value>>,
    pub pending: usize,
    pub last_event: u64,
    /// The branches that came to their end: their strands' places may be others' by now.
    pub finished: Vec<u64>,
}

/// The iterations of an inline Map.
#[derive(Clone, Debug)]
pub(crate) struct Iterations {
    /// The items that no iteration has taken yet.
    pub items: Vec<Value>,
    /// What `$` means in the ItemSelector, which makes each iteration's input only when it begins.
    pub input: Arc<Value>,
    pub results: Vec<Value>,
    pub next: usize,
    pub done: usize,
    pub running: Vec<(u64, StrandId)>,
    pub concurrency: u64,
    /// The event after which the next iteration begins.
    pub slot_event: u64,
}

/// The reading of a distributed Map's items.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub run: usize,
    pub max_items: Option<u64>,
}

/// The writing of a distributed Map's results.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub run: usize,
}

impl Phase {
    /// The strands under this one that have not finished, each with its index.
    pub fn children(&self) -> Vec<(u64, StrandId)> {
        match self {
            Phase::Branches(branches) => {
                let all = branches.strands.iter().enumerate().map(|(index, id)| (index as u64, *id));
                all.filter(|(index, _)| !branches.finished.contains(index)).collect()
            }
            Phase::Iterations(iterations) => iterations.running.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether the strands or the map run under it outlive its failure, to be redriven.
    pub fn is_composite(&self) -> bool {
        matches!(self, Phase::Branches(_) | Phase::Iterations(_) | Phase::MapRun { .. })
    }
}

impl Strand {
    pub fn new(block: BlockIndex, state: usize, input: Value) -> Strand {
        Strand {
            id: StrandId(0),
            parent: None,
            block,
            state,
            input,
            input_text: None,
            variables: IndexMap::new(),
            last_event: 0,
            entered: 0,
            before_entry: 0,
            entered_at: Timestamp(0),
            item: None,
            attempts: Vec::new(),
            retry_count: 0,
            missed_heartbeat: false,
            phase: Phase::Enter,
        }
    }

    /// Gives variables their values.
    ///
    /// # Errors
    /// They are too large.
    pub fn assign(&mut self, assigned: &[(String, Value)]) -> Result<(), Raise> {
        if assigned.is_empty() {
            return Ok(());
        }
        let mut total = 0;
        for (name, value) in assigned {
            let size = text::compact(value).len();
            total += size;
            if size > MAX_VARIABLE {
                return Err(too_large(format!("The size of the variable '{name}' exceeds {MAX_VARIABLE} bytes.")));
            }
        }
        if total > MAX_ASSIGN {
            return Err(too_large(format!("The combined size of the assigned variables exceeds {MAX_ASSIGN} bytes.")));
        }
        for (name, value) in assigned {
            self.variables.insert(name.clone(), value.clone());
        }
        let kept: usize = self.variables.values().map(|value| text::compact(value).len()).sum();
        if kept > MAX_VARIABLES {
            return Err(too_large(format!("The size of all variables exceeds {MAX_VARIABLES} bytes.")));
        }
        Ok(())
    }
}

fn too_large(message: String) -> Raise {
    Raise::new("States.DataLimitExceeded", message)
}
