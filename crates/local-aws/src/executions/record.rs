//! One execution: what is fixed at its start, and what changes while it runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asl::{EffectId, Execution, Outcome, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::program::Program;
use super::timer::Key;
use super::{Start, journal};
use crate::Store;
use crate::services::states::arn;
use crate::services::states::machine::{Kind, seconds};
use crate::wire::Fault;

/// What is fixed at an execution's start, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub arn: Arc<str>,
    /// The key of its program.
    pub program: Arc<str>,
    /// Its place in the order of starts.
    pub sequence: u64,
    pub input: Arc<str>,
    /// What its random choices come from.
    pub seed: u64,
    pub started_ms: i64,
    pub trace_header: Option<Arc<str>>,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    pub redrives: Redrives,
}

/// How and when an execution ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    pub outcome: Outcome,
    pub at_ms: i64,
}

/// How often and when an execution was redriven.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Redrives {
    pub count: u64,
    pub last_ms: Option<i64>,
}

/// An effect that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    Timer(Key),
    /// Answered by whoever presents the token.
    Token(String),
    /// A started execution that ends with the task.
    Nested(String),
    /// Answered by a call that runs.
    Call,
}

/// One execution.
pub struct Entry {
    pub record: Record,
    pub program: Arc<Program>,
    live: Mutex<Live>,
}

/// What changes while an execution runs.
#[derive(Default)]
pub struct Live {
    /// `None` before the start, and when its history was let go.
    pub execution: Option<Execution>,
    pub ended: Option<Ended>,
    pub redrives: Redrives,
    /// What the latest redrive was asked with, so that the same request again answers the same.
    pub redrive_token: Option<String>,
    pub open: HashMap<EffectId, Open>,
    /// How many entries its journal has.
    pub journaled: u64,
    /// Whether its record is in the store.
    pub stored: bool,
    /// The latest time that it was told.
    pub now_ms: i64,
    /// How many of its events were logged.
    pub logged: usize,
    /// Told when it ends.
    pub watchers: Option<watch::Sender<bool>>,
}

impl Record {
    /// The record of an execution that starts now.
    pub fn of(start: &Start, program: &Program, sequence: u64, now_ms: i64) -> Record {
        let (region, account, machine) = (&program.region, &program.account, &program.machine_name);
        let arn = match (program.kind, &start.express_id) {
            (Kind::Express, Some(id)) => arn::express(region, account, machine, &start.name, id),
            _ => arn::execution(region, account, machine, &start.name),
        };
        Record {
            arn: Arc::from(arn),
            program: Arc::clone(&program.key),
            sequence,
            input: Arc::from(start.input_text.as_str()),
            seed: fastrand::u64(..),
            started_ms: now_ms,
            trace_header: start.trace_header.as_deref().map(Arc::from),
            ended: None,
            redrives: Redrives::default(),
        }
    }

    /// The execution's name.
    pub fn name(&self) -> &str {
        self.arn.split(':').nth(7).unwrap_or_default()
    }
}

impl Live {
    /// When the redrive with that token was, if it was the latest.
    pub fn redriven_with(&self, token: &str) -> Option<i64> {
        self.redrives.last_ms.filter(|_| self.redrive_token.as_deref() == Some(token))
    }
}

impl Entry {
    /// An execution that is about to start.
    pub fn new(record: Record, program: Arc<Program>) -> Entry {
        let live = Live { now_ms: record.started_ms, ..Live::default() };
        Entry { record, program, live: Mutex::new(live) }
    }

    /// An execution as it was found in the store.
    pub fn ended_or_waiting(record: Record, program: Arc<Program>) -> Entry {
        let live = Live {
            ended: record.ended.clone(),
            redrives: record.redrives,
            now_ms: record.started_ms,
            stored: true,
            ..Live::default()
        };
        Entry { record, program, live: Mutex::new(live) }
    }

    /// An execution that is in no list, for a call that belongs to none.
    pub fn nowhere(region: &str, account: &str) -> Entry {
        let program = Arc::new(Program::nowhere(region, account));
        let record = Record {
            arn: Arc::default(),
            program: Arc::default(),
            sequence: 0,
            input: Arc::from("{}"),
            seed: 0,
            started_ms: 0,
            trace_header: None,
            ended: None,
            redrives: Redrives::default(),
        };
        Entry::new(record, program)
    }

    /// What changes, locked.
    pub fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it has not ended.
    pub fn is_running(&self) -> bool {
        self.live().ended.is_none()
    }

    /// Its status in AWS's words.
    pub fn status(&self) -> &'static str {
        self.live().ended.as_ref().map_or("RUNNING", |ended| ended.outcome.status())
    }

    /// The record with what has changed since the start.
    pub fn current(&self, live: &Live) -> Record {
        Record { ended: live.ended.clone(), redrives: live.redrives, ..self.record.clone() }
    }

    /// What the interpreter is launched with.
    pub fn launch(&self, input: Value) -> asl::Launch {
        let program = &self.program;
        asl::Launch {
            execution_arn: self.record.arn.to_string(),
            execution_name: self.record.name().to_owned(),
            machine_arn: program.machine_arn.clone(),
            machine_name: program.machine_name.clone(),
            role_arn: program.revision.role_arn.clone(),
            input_text: self.record.input.to_string(),
            input,
            kind: program.kind.asl(),
            seed: self.record.seed,
            version_arn: program.version_arn.clone(),
            alias_arn: program.alias_arn.clone(),
        }
    }

    /// Looks at the execution, replayed from its journal where it is no longer in memory.
    ///
    /// # Errors
    /// What the store cannot read.
    pub fn inspect<R>(&self, store: &Store, look: impl FnOnce(&Execution) -> R) -> Result<R, Fault> {
        let live = self.live();
        if let Some(execution) = &live.execution {
            return Ok(look(execution));
        }
        drop(live);
        let (execution, _) = journal::replay(store, self)?;
        Ok(look(&execution))
    }

    /// Waits until it has ended.
    pub async fn ended(&self) -> Option<Ended> {
        let mut watcher = {
            let mut live = self.live();
            if let Some(ended) = &live.ended {
                return Some(ended.clone());
            }
            live.watchers.get_or_insert_with(|| watch::channel(false).0).subscribe()
        };
        let _closed = watcher.wait_for(|done| *done).await;
        self.live().ended.clone()
    }

    /// Lets the history of an ended execution go; it can be replayed.
    pub fn let_history_go(&self) {
        let mut live = self.live();
        if live.ended.is_some() && live.stored {
            live.execution = None;
        }
    }

    /// The time to tell the execution: never earlier than it was told before.
    pub fn tick(&self, live: &mut Live, now_ms: i64) -> Timestamp {
        live.now_ms = live.now_ms.max(now_ms);
        Timestamp(live.now_ms)
    }

    /// The members that DescribeExecution and the items of ListExecutions share.
    pub fn summary(&self, live: &Live) -> Map<String, Value> {
        let mut output = Map::new();
        output.insert("executionArn".to_owned(), self.record.arn.as_ref().into());
        output.insert("stateMachineArn".to_owned(), self.program.machine_arn.clone().into());
        output.insert("name".to_owned(), self.record.name().into());
        let status = live.ended.as_ref().map_or("RUNNING", |ended| ended.outcome.status());
        output.insert("status".to_owned(), status.into());
        output.insert("startDate".to_owned(), seconds(self.record.started_ms));
        if let Some(ended) = &live.ended {
            output.insert("stopDate".to_owned(), seconds(ended.at_ms));
        }
        for (name, value) in
            [("stateMachineVersionArn", &self.program.version_arn), ("stateMachineAliasArn", &self.program.alias_arn)]
        {
            if let Some(value) = value {
                output.insert(name.to_owned(), value.clone().into());
            }
        }
        if self.program.kind == Kind::Standard {
            output.insert("redriveCount".to_owned(), json!(live.redrives.count));
            if let Some(ms) = live.redrives.last_ms {
                output.insert("redriveDate".to_owned(), seconds(ms));
            }
        }
        output
    }
}
