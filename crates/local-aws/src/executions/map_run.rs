//! Map runs and their child executions on the wire; both live inside the execution that started them.

use std::sync::Arc;

use asl::{Child, MapRun};
use serde_json::{Map, Value, json};

use super::record::Entry;
use crate::Cloud;
use crate::services::states::arn::{self, Arn, Resource};
use crate::services::states::definition::state_within;
use crate::services::states::machine::{StateMachine, seconds};
use crate::services::states::page::Page;
use crate::services::states::refusal;
use crate::services::states::start_sync_execution::outcome;
use crate::wire::Fault;

/// DescribeMapRun's output.
///
/// # Errors
/// `InvalidArn`, `ResourceNotFound`.
pub fn described(cloud: &Cloud, text: &str) -> Result<Map<String, Value>, Fault> {
    let arn = Arn::of(text, &[Resource::MapRun])?;
    search(cloud, &arn, |entry, run| (run.arn == text).then(|| description(entry, run)))?
        .ok_or_else(|| refusal::no_resource(text))
}

/// The map runs of an execution, the newest first.
///
/// # Errors
/// `ExecutionDoesNotExist`, what the store cannot read, a token of another list.
pub fn list(cloud: &Cloud, execution_arn: &str, page: &Page) -> Result<Map<String, Value>, Fault> {
    let entry = cloud.states.executions.get(execution_arn)?;
    let items: Vec<Value> = entry
        .inspect(&cloud.store, |execution| execution.map_runs().iter().rev().map(|run| item(&entry, run)).collect())?;
    page.cut("mapRuns", items, |item| item["mapRunArn"].as_str().unwrap_or_default().to_owned(), |item| item)
}

/// The child executions of a map run, the newest first.
///
/// # Errors
/// `InvalidArn`, `ResourceNotFound`, a token of another list.
pub fn list_children(
    cloud: &Cloud,
    text: &str,
    status: Option<&str>,
    redriven: Option<bool>,
    page: &Page,
) -> Result<Map<String, Value>, Fault> {
    let arn = Arn::of(text, &[Resource::MapRun])?;
    let items = search(cloud, &arn, |entry, run| {
        (run.arn == text).then(|| {
            let wanted = |child: &&Child| {
                child.execution.is_some()
                    && status.is_none_or(|status| child.status() == status)
                    && redriven.is_none_or(|redriven| (child.redrive_count > 0) == redriven)
            };
            run.children.iter().rev().filter(wanted).map(|child| Value::Object(summary(entry, run, child))).collect()
        })
    })?;
    let items: Vec<Value> = items.ok_or_else(|| refusal::no_resource(text))?;
    page.cut("executions", items, |item| item["executionArn"].as_str().unwrap_or_default().to_owned(), |item| item)
}

/// Looks at the child execution that `text` names.
///
/// # Errors
/// `InvalidArn`, `ExecutionDoesNotExist`.
pub fn child<R>(cloud: &Cloud, text: &str, look: impl Fn(&Entry, &MapRun, &Child) -> R) -> Result<R, Fault> {
    let arn = Arn::of(text, &[Resource::Execution])?;
    search(cloud, &arn, |entry, run| {
        run.children.iter().find(|child| child.arn == text).map(|child| look(entry, run, child))
    })?
    .ok_or_else(|| refusal::no_execution(text))
}

/// DescribeExecution's output for a child execution.
pub fn child_described(entry: &Entry, run: &MapRun, child: &Child) -> Map<String, Value> {
    let mut body = summary(entry, run, child);
    body.remove("itemCount");
    body.insert("input".to_owned(), child.input.to_string().into());
    body.insert("inputDetails".to_owned(), json!({"included": true}));
    if let Some(end) = child.execution.as_ref().and_then(|execution| execution.outcome()) {
        outcome(&mut body, end, true);
    }
    let (status, reason) = child.redrive_status();
    body.insert("redriveStatus".to_owned(), status.into());
    body.extend(reason.map(|reason| ("redriveStatusReason".to_owned(), reason.into())));
    body
}

/// Changes the limits of the map run `text`; nothing happens to one that has ended.
///
/// # Errors
/// `InvalidArn`, `ResourceNotFound`.
pub fn update(cloud: &Arc<Cloud>, text: &str, change: asl::MapRunUpdate) -> Result<(), Fault> {
    let arn = Arn::of(text, &[Resource::MapRun])?;
    let found = search(cloud, &arn, |entry, run| (run.arn == text).then(|| Arc::clone(&entry.record.arn)))?;
    let entry = cloud.states.executions.get(&found.ok_or_else(|| refusal::no_resource(text))?)?;
    super::update_map_run(cloud, &entry, text, change);
    Ok(())
}

/// The first thing that `look` finds in a map run of the machine that `arn` names as `MACHINE/LABEL`.
fn search<R>(cloud: &Cloud, arn: &Arn<'_>, look: impl Fn(&Entry, &MapRun) -> Option<R>) -> Result<Option<R>, Fault> {
    let Some((machine, _)) = arn.name.split_once('/') else {
        return Ok(None);
    };
    let entries: Vec<Arc<Entry>> = cloud.states.executions.of_machine(&arn::machine(arn.region, arn.account, machine));
    for entry in entries {
        let found =
            entry.inspect(&cloud.store, |execution| execution.map_runs().iter().find_map(|run| look(&entry, run)))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn item(entry: &Entry, run: &MapRun) -> Value {
    let mut item = json!({
        "executionArn": entry.record.arn.as_ref(),
        "mapRunArn": run.arn,
        "stateMachineArn": labelled(entry, run),
        "startDate": seconds(run.started_at.0),
    });
    if let Some(at) = run.stopped_at {
        item["stopDate"] = seconds(at.0);
    }
    item
}

/// The definition of the Map state of a run.
fn state_of(entry: &Entry, run: &MapRun) -> Option<Value> {
    let definition: Value = serde_json::from_str(&entry.program.revision.definition).ok()?;
    state_within(&definition, &run.state).cloned()
}

/// DescribeStateMachineForExecution's output for a child execution: its definition is that of the Map's processor.
pub fn child_machine(entry: &Entry, run: &MapRun, _child: &Child) -> Map<String, Value> {
    let program = &entry.program;
    let label = label(run).to_owned();
    let name = format!("{}/{label}", program.machine_name);
    let mut body = StateMachine::described(&program.revision, &labelled(entry, run), &name);
    let processor = state_of(entry, run).and_then(|mut state| {
        ["ItemProcessor", "Iterator"].into_iter().find_map(|block| Some(state.get_mut(block)?.take()))
    });
    if let Some(processor) = processor {
        body.insert("definition".to_owned(), processor.to_string().into());
    }
    body.remove("variableReferences");
    body.insert("label".to_owned(), label.into());
    body.insert("mapRunArn".to_owned(), run.arn.clone().into());
    body.insert("updateDate".to_owned(), seconds(program.updated_ms));
    body
}

fn label(run: &MapRun) -> &str {
    run.arn.split(':').nth(6).and_then(|name| name.split_once('/')).map_or("", |(_, label)| label)
}

/// `arn:…:stateMachine:MACHINE/LABEL`
fn labelled(entry: &Entry, run: &MapRun) -> String {
    format!("{}/{}", entry.program.machine_arn, label(run))
}

fn description(entry: &Entry, run: &MapRun) -> Map<String, Value> {
    let mut body = Map::new();
    let has_writer = state_of(entry, run).is_some_and(|state| state.get("ResultWriter").is_some());
    body.insert("mapRunArn".to_owned(), run.arn.clone().into());
    body.insert("executionArn".to_owned(), entry.record.arn.as_ref().into());
    body.insert("status".to_owned(), run.status.name().into());
    body.insert("startDate".to_owned(), seconds(run.started_at.0));
    if let Some(at) = run.stopped_at {
        body.insert("stopDate".to_owned(), seconds(at.0));
    }
    body.insert("maxConcurrency".to_owned(), run.max_concurrency.into());
    body.insert("toleratedFailurePercentage".to_owned(), run.tolerated_percentage.unwrap_or(0.0).into());
    body.insert("toleratedFailureCount".to_owned(), run.tolerated_count.unwrap_or(0).into());
    body.insert("itemCounts".to_owned(), counts(has_writer, |status| run.items(status)));
    body.insert("executionCounts".to_owned(), counts(has_writer, |status| run.executions(status)));
    body.insert("redriveCount".to_owned(), run.redrive_count.into());
    body.extend(run.redriven_at.map(|at| ("redriveDate".to_owned(), seconds(at.0))));
    body
}

/// The counts by status, and their sum.
///
/// Observed: with a ResultWriter, results of failed children are written too.
/// Diverges: without one, every child that succeeded counts as a written result.
fn counts(has_writer: bool, of: impl Fn(&str) -> u64) -> Value {
    let mut counts = Map::new();
    let mut total = 0;
    for (name, status) in [
        ("pending", "PENDING"),
        ("running", "RUNNING"),
        ("succeeded", "SUCCEEDED"),
        ("failed", "FAILED"),
        ("timedOut", "TIMED_OUT"),
        ("aborted", "ABORTED"),
    ] {
        total += of(status);
        counts.insert(name.to_owned(), of(status).into());
    }
    counts.insert("total".to_owned(), total.into());
    let written = if has_writer { of("SUCCEEDED") + of("FAILED") + of("TIMED_OUT") } else { of("SUCCEEDED") };
    counts.insert("resultsWritten".to_owned(), written.into());
    counts.insert("failuresNotRedrivable".to_owned(), 0.into());
    counts.insert("pendingRedrive".to_owned(), 0.into());
    Value::Object(counts)
}

fn summary(entry: &Entry, run: &MapRun, child: &Child) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("executionArn".to_owned(), child.arn.clone().into());
    body.insert("stateMachineArn".to_owned(), labelled(entry, run).into());
    body.insert("name".to_owned(), child.name.clone().into());
    body.insert("status".to_owned(), child.status().into());
    body.insert("mapRunArn".to_owned(), run.arn.clone().into());
    body.insert("itemCount".to_owned(), child.items.into());
    body.insert("redriveCount".to_owned(), child.redrive_count.into());
    if let Some(execution) = &child.execution {
        body.insert("startDate".to_owned(), seconds(execution.started_at().0));
    }
    if let Some(at) = child.stopped_at {
        body.insert("stopDate".to_owned(), seconds(at.0));
    }
    body
}
