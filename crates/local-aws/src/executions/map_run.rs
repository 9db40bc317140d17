//! Map runs and their child executions on the wire; both live inside the execution that started them.

use std::sync::Arc;

use asl::{Child, MapRun};
use serde_json::{Map, Value, json};

use super::record::Entry;
use crate::Cloud;
use crate::services::states::arn::{self, Arn, Resource};
use crate::services::states::machine::seconds;
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
    page: &Page,
) -> Result<Map<String, Value>, Fault> {
    let arn = Arn::of(text, &[Resource::MapRun])?;
    let items = search(cloud, &arn, |entry, run| {
        (run.arn == text).then(|| {
            let wanted =
                |child: &&Child| child.execution.is_some() && status.is_none_or(|status| child.status() == status);
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
    match child.status() {
        word @ ("RUNNING" | "SUCCEEDED" | "PENDING") => {
            body.insert("redriveStatus".to_owned(), "NOT_REDRIVABLE".into());
            let reason = format!("Execution is {word} and cannot be redriven");
            body.insert("redriveStatusReason".to_owned(), reason.into());
        }
        _ => {
            body.insert("redriveStatus".to_owned(), "REDRIVABLE_BY_MAP_RUN".into());
        }
    }
    body
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

/// `arn:…:stateMachine:MACHINE/LABEL`
fn labelled(entry: &Entry, run: &MapRun) -> String {
    let label = run.arn.split(':').nth(6).and_then(|name| name.split_once('/')).map_or("", |(_, label)| label);
    format!("{}/{label}", entry.program.machine_arn)
}

fn description(entry: &Entry, run: &MapRun) -> Map<String, Value> {
    let mut body = Map::new();
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
    body.insert("itemCounts".to_owned(), counts(|status| run.items(status)));
    body.insert("executionCounts".to_owned(), counts(|status| run.executions(status)));
    body.insert("redriveCount".to_owned(), 0.into());
    body
}

/// The counts by status, and their sum.
fn counts(of: impl Fn(&str) -> u64) -> Value {
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
    counts.insert("resultsWritten".to_owned(), of("SUCCEEDED").into());
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
    body.insert("redriveCount".to_owned(), 0.into());
    if let Some(execution) = &child.execution {
        body.insert("startDate".to_owned(), seconds(execution.started_at().0));
    }
    if let Some(at) = child.stopped_at {
        body.insert("stopDate".to_owned(), seconds(at.0));
    }
    body
}
