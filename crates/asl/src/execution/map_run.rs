//! The run of a distributed Map: its child executions and what came of them.

use super::Execution;
use super::strand::StrandId;
use crate::effect::{EffectId, Outcome, Timestamp};
use crate::machine::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How a map run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapRunStatus {
    Running,
    Succeeded,
    Failed,
    Aborted,
}

impl MapRunStatus {
    /// `RUNNING`, …
    pub fn name(self) -> &'static str {
        match self {
            MapRunStatus::Running => "RUNNING",
            MapRunStatus::Succeeded => "SUCCEEDED",
            MapRunStatus::Failed => "FAILED",
            MapRunStatus::Aborted => "ABORTED",
        }
    }
}

/// New limits of a map run; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MapRunUpdate {
    pub max_concurrency: Option<u64>,
    pub tolerated_count: Option<u64>,
    pub tolerated_percentage: Option<f64>,
}

/// A map run, as DescribeMapRun shows it.
#[derive(Clone, Debug)]
pub struct MapRun {
    pub arn: String,
    /// The Map state's name.
    pub state: Arc<str>,
    pub kind: Kind,
    /// 0 means no limit of its own.
    pub max_concurrency: u64,
    pub tolerated_count: Option<u64>,
    pub tolerated_percentage: Option<f64>,
    pub started_at: Timestamp,
    pub stopped_at: Option<Timestamp>,
    pub status: MapRunStatus,
    /// In the order of the items; none while they are being read.
    pub children: Vec<Child>,
    pub redrive_count: u64,
    pub redriven_at: Option<Timestamp>,
    pub(crate) strand: StrandId,
    /// The children that wait for their turn to start, or to start again.
    pub(crate) queue: VecDeque<usize>,
    pub(crate) running: u64,
    pub(crate) failed_items: u64,
    pub(crate) done: usize,
}

/// A child execution of a map run.
#[derive(Clone, Debug)]
pub struct Child {
    pub arn: String,
    pub name: String,
    pub input: Value,
    /// The items in its input: more than one when batched.
    pub items: u64,
    /// `None` until it is its turn, and where the run ended before.
    pub execution: Option<Execution>,
    pub stopped_at: Option<Timestamp>,
    /// How often it was redriven; an Express child is run anew instead.
    pub redrive_count: u64,
    /// The ids that the run's execution gave to the child's open effects.
    pub(crate) open: BTreeMap<EffectId, EffectId>,
}

impl Child {
    /// `PENDING`, `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub fn status(&self) -> &'static str {
        match &self.execution {
            None if self.stopped_at.is_some() => "ABORTED",
            None => "PENDING",
            Some(execution) => execution.outcome().map_or("RUNNING", Outcome::status),
        }
    }

    /// The machine of the child as its run names it: `…:stateMachine:NAME/LABEL`.
    pub fn machine_arn(&self) -> String {
        let arn = self.arn.replacen(":execution:", ":stateMachine:", 1);
        arn.rsplit_once(':').map_or_else(String::new, |(machine, _)| machine.to_owned())
    }

    /// `redriveStatus` and `redriveStatusReason` of the child: only the redrive of its map run starts it again.
    pub fn redrive_status(&self) -> (&'static str, Option<&'static str>) {
        let status = self.status();
        let kind = self.execution.as_ref().map_or(Kind::Standard, |execution| execution.launch().kind);
        match (kind, status) {
            (_, "SUCCEEDED") => ("NOT_REDRIVABLE", Some("Execution is SUCCEEDED and cannot be redriven")),
            (_, "RUNNING" | "PENDING") => ("NOT_REDRIVABLE", Some("Execution is RUNNING and cannot be redriven")),
            (Kind::Standard, _) => ("REDRIVABLE_BY_MAP_RUN", None),
            (Kind::Express, _) => ("NOT_REDRIVABLE", None),
        }
    }

    /// The child's record in a ResultWriter's files.
    pub(crate) fn record(&self) -> Value {
        let mut record = Map::new();
        record.insert("ExecutionArn".into(), self.arn.clone().into());
        record.insert("Input".into(), crate::data::text::compact(&self.input).into());
        record.insert("InputDetails".into(), json!({"Included": true}));
        record.insert("Name".into(), self.name.clone().into());
        match self.execution.as_ref().and_then(Execution::outcome) {
            Some(Outcome::Succeeded(output)) => {
                record.insert("Output".into(), crate::data::text::compact(output).into());
                record.insert("OutputDetails".into(), json!({"Included": true}));
            }
            Some(other) => {
                let failure = other.failure().cloned().unwrap_or_default();
                record.extend(failure.error.map(|error| ("Error".to_owned(), error.into())));
                record.extend(failure.cause.map(|cause| ("Cause".to_owned(), cause.into())));
            }
            None => {}
        }
        record.insert("RedriveCount".into(), self.redrive_count.into());
        let (status, reason) = self.redrive_status();
        record.insert("RedriveStatus".into(), status.into());
        record.extend(reason.map(|reason| ("RedriveStatusReason".to_owned(), reason.into())));
        if let Some(execution) = &self.execution {
            record.insert("StartDate".into(), execution.started_at().rfc3339().into());
        }
        record.insert("StateMachineArn".into(), self.machine_arn().into());
        record.insert("Status".into(), self.status().into());
        record.extend(self.stopped_at.map(|at| ("StopDate".to_owned(), at.rfc3339().into())));
        Value::Object(record)
    }
}

impl MapRun {
    /// How many items are in children of this status.
    pub fn items(&self, status: &str) -> u64 {
        self.children.iter().filter(|child| child.status() == status).map(|child| child.items).sum()
    }

    /// How many children have this status.
    pub fn executions(&self, status: &str) -> u64 {
        self.children.iter().filter(|child| child.status() == status).count() as u64
    }

    /// Whether more failed than may.
    pub(crate) fn exceeded(&self) -> bool {
        let total: u64 = self.children.iter().map(|child| child.items).sum();
        let percentage = if total == 0 { 0.0 } else { self.failed_items as f64 * 100.0 / total as f64 };
        match (self.tolerated_count, self.tolerated_percentage) {
            (None, None) => self.failed_items > 0,
            (count, most) => {
                count.is_some_and(|count| self.failed_items > count) || most.is_some_and(|most| percentage > most)
            }
        }
    }

    /// Everything that has not succeeded waits for its turn again.
    pub(crate) fn reopen(&mut self, now: Timestamp) {
        self.status = MapRunStatus::Running;
        self.stopped_at = None;
        self.redrive_count += 1;
        self.redriven_at = Some(now);
        (self.running, self.failed_items, self.done) = (0, 0, 0);
        self.queue.clear();
        for (index, child) in self.children.iter_mut().enumerate() {
            if child.status() == "SUCCEEDED" {
                self.done += 1;
            } else {
                child.stopped_at = None;
                child.open.clear();
                self.queue.push_back(index);
            }
        }
    }

    pub(crate) fn abort(&mut self, now: Timestamp) {
        if self.status == MapRunStatus::Running {
            self.status = MapRunStatus::Aborted;
            self.close(now);
        }
    }

    /// Whether no child is left to run, or too many have failed.
    pub(crate) fn is_over(&self) -> bool {
        self.done == self.children.len() || self.status != MapRunStatus::Running
    }

    pub(crate) fn fail(&mut self, now: Timestamp) {
        self.status = MapRunStatus::Failed;
        self.close(now);
    }

    /// Ends every child that has not ended.
    pub(crate) fn close(&mut self, now: Timestamp) {
        self.stopped_at = Some(now);
        for child in &mut self.children {
            if let Some(execution) = &mut child.execution {
                execution.stop(crate::effect::Failure::default(), now);
            }
            child.stopped_at.get_or_insert(now);
        }
    }
}
