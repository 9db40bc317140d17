//! Does what a stack's status asks for, phase by phase, until nothing is in progress.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use cfn::evaluate::{Scope, evaluate, scalar};
use cfn::{TemplateError, evaluate::unknown};

use super::blueprint::Blueprint;
use super::converge::{self, Converged, Direction};
use super::dismantle::{self, Dismantled, Scrap};
use super::journal::{Action, Entry, OnFailure, Operation, OutputValue, Policy, Record, Spec};
use super::provider::World;
use super::scope::{Known, StackScope};
use super::stack::Stack;
use super::stacks::{Cell, Stacks, append};
use super::status::StackStatus;
use super::surroundings::Surroundings;
use crate::wire::Fault;

/// An operation passes through at most this many phases: forward, back, clean-up, deletion.
const MAX_PHASES: usize = 6;

/// The engine: the world it works in and the stacks it keeps.
#[derive(Clone)]
pub struct Engine {
    pub world: Arc<dyn World>,
    pub stacks: Arc<Stacks>,
}

impl Engine {
    /// Writes an entry to a stack's journal.
    ///
    /// # Errors
    /// A fault when the store cannot be written.
    pub fn record(&self, cell: &Cell, record: Record) -> Result<(), Fault> {
        let entry = Entry { at_ms: self.world.clock().now_ms(), record };
        Ok(append(self.world.store(), &mut cell.lock(), &entry)?)
    }

    /// Begins an operation on a stack in which none goes on, if `allowed` says so, and runs it in the background.
    ///
    /// # Errors
    /// What `allowed` answers, or a fault when the store cannot be written.
    pub fn begin(
        &self,
        cell: &Arc<Cell>,
        operation: Operation,
        status: StackStatus,
        allowed: impl FnOnce(&Stack) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let at_ms = self.world.clock().now_ms();
        let store = self.world.store();
        {
            let mut stack = cell.lock();
            allowed(&stack)?;
            append(store, &mut stack, &Entry { at_ms, record: Record::Began(Box::new(operation)) })?;
            let record = Record::Stack { status, reason: Some("User Initiated".to_owned()) };
            append(store, &mut stack, &Entry { at_ms, record })?;
        }
        self.spawn(Arc::clone(cell));
        Ok(())
    }

    /// Moves a stack to another status.
    ///
    /// # Errors
    /// As [`Engine::record`].
    pub fn stack_status(&self, cell: &Cell, status: StackStatus, reason: Option<String>) -> Result<(), Fault> {
        self.record(cell, Record::Stack { status, reason })
    }

    /// Carries on in the background with every stack that was left in the middle of an operation.
    pub fn resume(&self) {
        for cell in self.stacks.unfinished() {
            self.spawn(cell);
        }
    }

    /// Runs a stack's operation in the background.
    pub fn spawn(&self, cell: Arc<Cell>) {
        let engine = self.clone();
        tokio::spawn(async move {
            if let Err(fault) = engine.run(&cell).await {
                let id = cell.lock().id.clone();
                tracing::error!(stack = id, %fault, "the operation stopped: its journal cannot be written");
            }
        });
    }

    /// Runs a stack's operation to its end.
    ///
    /// # Errors
    /// A fault when the store cannot be written; the operation then carries on after the next start.
    pub async fn run(&self, cell: &Arc<Cell>) -> Result<(), Fault> {
        use StackStatus::*;
        for _ in 0..MAX_PHASES {
            let status = cell.lock().status();
            match status {
                CreateInProgress | UpdateInProgress | ImportInProgress => self.forward(cell, status).await?,
                UpdateRollbackInProgress | ImportRollbackInProgress => self.backward(cell, status).await?,
                UpdateCompleteCleanupInProgress => self.clean_up(cell, UpdateComplete).await?,
                UpdateRollbackCompleteCleanupInProgress => self.clean_up(cell, UpdateRollbackComplete).await?,
                RollbackInProgress | DeleteInProgress => self.take_down(cell, status).await?,
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    async fn surroundings(&self, cell: &Cell, spec: &Spec) -> Result<Surroundings, Fault> {
        let (region, id, name) = {
            let stack = cell.lock();
            (stack.region.clone(), stack.id.clone(), stack.name.clone())
        };
        let world = self.world.as_ref();
        let mut around = Surroundings::of(world, &self.stacks, &region, &id, &name, &spec.body).await?;
        around.notification_arns.clone_from(&spec.notification_arns);
        Ok(around)
    }

    async fn forward(&self, cell: &Arc<Cell>, status: StackStatus) -> Result<(), Fault> {
        let spec = cell.lock().spec().clone();
        let outcome = match self.prepare(cell, &spec).await {
            Ok((blueprint, around)) => {
                let converged = match self.alarm(cell, &spec).await {
                    Some(reason) => Converged::Failed(reason),
                    None => converge::run(self, cell, &blueprint, &around, &spec, Direction::Forward).await?,
                };
                match (converged, self.alarm(cell, &spec).await) {
                    (Converged::Failed(reason), _) | (Converged::Done(_), Some(reason)) => Err(reason),
                    (Converged::Done(imports), None) => self.publish(cell, &blueprint, &around, imports)?,
                }
            }
            Err(reason) => Err(reason),
        };
        match outcome {
            Ok(()) => {
                let next = match status {
                    StackStatus::CreateInProgress => StackStatus::CreateComplete,
                    StackStatus::ImportInProgress => StackStatus::ImportComplete,
                    _ => StackStatus::UpdateCompleteCleanupInProgress,
                };
                self.stack_status(cell, next, None)
            }
            Err(reason) => self.give_up(cell, status, reason),
        }
    }

    /// Why a rollback trigger lets the operation fail, if one does: its alarm is not there, or goes off.
    ///
    /// Diverges: alarms are looked at before and after the operation, and not for the minutes of monitoring after it.
    ///
    /// Source: AWS CloudFormation User Guide, "Roll back your CloudFormation stack on alarm breach with rollback triggers".
    async fn alarm(&self, cell: &Cell, spec: &Spec) -> Option<String> {
        let region = cell.lock().region.clone();
        for arn in &spec.rollback.alarms {
            let name = arn.split(':').nth(6).unwrap_or_default();
            let input = json!({ "AlarmNames": [name] });
            let answer = self.world.invoke("monitoring", "DescribeAlarms", &region, input).await;
            let found = answer.map(|answer| answer.body).unwrap_or_default();
            match found.pointer("/MetricAlarms/0/StateValue").and_then(Value::as_str) {
                None => return Some(format!("The rollback trigger {arn} does not exist. ")),
                Some("ALARM") => return Some(format!("The rollback trigger {arn} is in the state ALARM. ")),
                Some(_) => {}
            }
        }
        None
    }

    async fn prepare(&self, cell: &Cell, spec: &Spec) -> Result<(Blueprint, Surroundings), String> {
        let around = self.surroundings(cell, spec).await.map_err(|fault| fault.message)?;
        let blueprint = Blueprint::new(spec, &around).map_err(|error| error.to_string())?;
        Ok((blueprint, around))
    }

    /// Works out outputs, refuses exports that clash, and notes both.
    fn publish(
        &self,
        cell: &Cell,
        blueprint: &Blueprint,
        around: &Surroundings,
        mut imports: BTreeSet<String>,
    ) -> Result<Result<(), String>, Fault> {
        let known: HashMap<String, Known> =
            cell.lock().living().map(|(id, live)| (id.clone(), Known::from(live))).collect();
        let scope = StackScope::new(blueprint, around, &known);
        let outputs = match outputs(blueprint, &scope) {
            Ok(outputs) => outputs,
            Err(error) => return Ok(Err(error.to_string())),
        };
        imports.extend(scope.into_imports());
        if let Some(reason) = self.export_conflict(cell, &outputs) {
            return Ok(Err(reason));
        }
        self.record(cell, Record::Outputs { outputs, imports })?;
        Ok(Ok(()))
    }

    /// Why these outputs cannot replace the stack's present ones, if they cannot.
    fn export_conflict(&self, cell: &Cell, outputs: &[OutputValue]) -> Option<String> {
        let (region, id, before) = {
            let stack = cell.lock();
            (stack.region.clone(), stack.id.clone(), stack.outputs.clone())
        };
        let after: IndexMap<&str, &str> =
            outputs.iter().filter_map(|output| Some((output.export.as_deref()?, output.value.as_str()))).collect();
        for other in self.stacks.all(&region) {
            let stack = other.lock();
            if stack.id == id || stack.status() == StackStatus::DeleteComplete {
                continue;
            }
            let names = stack.outputs.iter().filter_map(|output| output.export.as_deref());
            if let Some(name) = names.into_iter().find(|name| after.contains_key(*name)) {
                return Some(format!("Export with name {name} is already exported by stack {}", stack.name));
            }
        }
        for output in &before {
            let Some(name) = &output.export else { continue };
            let word = match after.get(name.as_str()) {
                Some(value) if *value == output.value => continue,
                Some(_) => "updated",
                None => "deleted",
            };
            let importers = self.stacks.importers(&region, name);
            if !importers.is_empty() {
                return Some(format!("Export {name} cannot be {word} as it is in use by {}", importers.join(" and ")));
            }
        }
        None
    }

    /// What follows a failure in the forward phase.
    fn give_up(&self, cell: &Cell, status: StackStatus, reason: String) -> Result<(), Fault> {
        let on_failure = cell.lock().operation.as_ref().map(|operation| operation.on_failure).unwrap_or_default();
        let (next, reason) = match (status, on_failure) {
            (StackStatus::ImportInProgress, _) => (StackStatus::ImportRollbackInProgress, reason),
            (StackStatus::CreateInProgress, OnFailure::Rollback) => {
                (StackStatus::RollbackInProgress, format!("{reason}Rollback requested by user."))
            }
            (StackStatus::CreateInProgress, OnFailure::Delete) => {
                (StackStatus::DeleteInProgress, format!("{reason}Delete requested by user."))
            }
            (StackStatus::CreateInProgress, OnFailure::DoNothing) => (StackStatus::CreateFailed, reason),
            (_, OnFailure::DoNothing) => (StackStatus::UpdateFailed, reason),
            _ => (StackStatus::UpdateRollbackInProgress, reason),
        };
        self.stack_status(cell, next, Some(reason))
    }

    async fn backward(&self, cell: &Arc<Cell>, status: StackStatus) -> Result<(), Fault> {
        let spec = cell.lock().current.clone();
        let import = status == StackStatus::ImportRollbackInProgress;
        let outcome = if import && spec.body.is_empty() {
            Ok(())
        } else {
            match self.prepare(cell, &spec).await {
                Ok((blueprint, around)) => {
                    match converge::run(self, cell, &blueprint, &around, &spec, Direction::Backward).await? {
                        Converged::Done(_) => Ok(()),
                        Converged::Failed(reason) => Err(reason),
                    }
                }
                Err(reason) => Err(reason),
            }
        };
        let (next, reason) = match (outcome, import) {
            (Ok(()), false) => (StackStatus::UpdateRollbackCompleteCleanupInProgress, None),
            (Ok(()), true) => (StackStatus::ImportRollbackComplete, None),
            (Err(reason), false) => (StackStatus::UpdateRollbackFailed, Some(reason)),
            (Err(reason), true) => (StackStatus::ImportRollbackFailed, Some(reason)),
        };
        self.stack_status(cell, next, reason)
    }

    /// Deletes what was replaced and what the template no longer has. A failure here leaves the resource behind and
    /// does not fail the operation, as on AWS.
    async fn clean_up(&self, cell: &Arc<Cell>, next: StackStatus) -> Result<(), Fault> {
        let kept: BTreeSet<String> = {
            let spec = cell.lock().current.clone();
            match self.prepare(cell, &spec).await {
                Ok((blueprint, _)) => blueprint.graph.needs.keys().cloned().collect(),
                // The template was worked out a moment ago; when its surroundings have changed since, nothing goes.
                Err(_) => cell.lock().resources.keys().cloned().collect(),
            }
        };
        let rolled_back = next == StackStatus::UpdateRollbackComplete;
        let scraps = {
            let stack = cell.lock();
            let except = stack.operation.as_ref().is_some_and(|operation| operation.retain_except_on_create);
            let mut scraps = Vec::new();
            for (logical, slot) in &stack.resources {
                let garbage = slot.garbage.iter().map(|live| Scrap {
                    logical: logical.clone(),
                    keep: kept_after(if rolled_back { live.deletion } else { live.replacement }, rolled_back, except),
                    live: live.clone(),
                    current: false,
                });
                scraps.extend(garbage);
                if let Some(live) = slot.live.as_ref().filter(|_| !kept.contains(logical)) {
                    let keep = kept_after(live.deletion, rolled_back, except);
                    scraps.push(Scrap { logical: logical.clone(), live: live.clone(), current: true, keep });
                }
            }
            scraps
        };
        dismantle::run(self, cell, scraps).await?;
        self.stack_status(cell, next, None)
    }

    /// Deletes everything: a stack whose creation failed, or one that is to go.
    async fn take_down(&self, cell: &Arc<Cell>, status: StackStatus) -> Result<(), Fault> {
        let rollback = status == StackStatus::RollbackInProgress;
        let scraps = {
            let stack = cell.lock();
            let operation = stack.operation.as_ref();
            let creating = operation.is_some_and(|operation| operation.action == Action::Create);
            let except = operation.is_some_and(|operation| operation.retain_except_on_create);
            let mut scraps = Vec::new();
            for (logical, slot) in &stack.resources {
                let skipped = operation.is_some_and(|operation| operation.skip.contains(logical));
                for (live, current) in
                    slot.live.iter().map(|live| (live, true)).chain(slot.garbage.iter().map(|live| (live, false)))
                {
                    let keep = skipped || kept_after(live.deletion, rollback || creating, except);
                    scraps.push(Scrap { logical: logical.clone(), live: live.clone(), current, keep });
                }
            }
            scraps
        };
        let (done, failed) = match rollback {
            true => (StackStatus::RollbackComplete, StackStatus::RollbackFailed),
            false => (StackStatus::DeleteComplete, StackStatus::DeleteFailed),
        };
        match dismantle::run(self, cell, scraps).await? {
            Dismantled::Done => {
                self.record(cell, Record::Outputs { outputs: Vec::new(), imports: BTreeSet::new() })?;
                self.stack_status(cell, done, None)
            }
            Dismantled::Failed(names) => {
                let reason = format!("The following resource(s) failed to delete: [{}]. ", names.join(", "));
                self.stack_status(cell, failed, Some(reason))
            }
        }
    }
}

fn kept_after(policy: Policy, new: bool, except_on_create: bool) -> bool {
    match policy {
        Policy::Delete => false,
        Policy::Retain => !(new && except_on_create),
        Policy::RetainExceptOnCreate => !new,
    }
}

fn outputs(blueprint: &Blueprint, scope: &dyn Scope) -> Result<Vec<OutputValue>, TemplateError> {
    let mut outputs: Vec<OutputValue> = Vec::new();
    for (key, output) in &blueprint.template.outputs {
        if !blueprint.holds(output.condition.as_ref()) {
            continue;
        }
        let text = |value: &serde_json::Value, what: &str| {
            evaluate(value, scope)?.as_ref().filter(|value| !unknown(value)).and_then(scalar).ok_or_else(|| {
                TemplateError::format(format!(
                    "The {what} field of every Outputs member must evaluate to a String: {key}"
                ))
            })
        };
        let export = match output.export.as_ref().map(|export| export.get("Name")) {
            None => None,
            Some(Some(name)) => Some(text(name, "Export Name")?),
            Some(None) => {
                return Err(TemplateError::format(format!(
                    "Output {key} is malformed. The Name field of every Export member must be specified"
                )));
            }
        };
        if let Some(name) =
            export.as_ref().filter(|name| outputs.iter().any(|other| other.export.as_ref() == Some(*name)))
        {
            return Err(TemplateError::format(format!("Duplicate Export names {name}")));
        }
        let description = output.description.as_ref().and_then(scalar);
        outputs.push(OutputValue { key: key.clone(), value: text(&output.value, "Value")?, description, export });
    }
    Ok(outputs)
}
