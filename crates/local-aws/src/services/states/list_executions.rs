//! ListExecutions

use std::sync::Arc;

use serde_json::Value;

use super::arn::{Arn, Resource};
use super::constraint::{Members, validation};
use super::machine::Kind;
use super::page::Page;
use super::refusal;
use crate::Cloud;
use crate::executions::{Entry, map_run};
use crate::wire::{Call, Fault, Output};

const STATUSES: &[&str] = &["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"];

/// The executions of a machine, version, alias or map run, the newest first.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let machine = members.text("stateMachineArn", 1, 256);
    let map_run = members.text("mapRunArn", 1, 2000);
    let status = members.choice("statusFilter", STATUSES);
    let redriven = members.choice("redriveFilter", &["REDRIVEN", "NOT_REDRIVEN"]).map(|word| word == "REDRIVEN");
    let page = Page::of(&mut members, 3096);
    members.finish()?;
    let body = match (machine, map_run) {
        (Some(text), None) => of_machine(&cloud, text, status, redriven, &page?)?,
        (None, Some(text)) => map_run::list_children(&cloud, text, status, redriven, &page?)?,
        _ => return Err(validation("Must provide a StateMachine ARN or MapRun ARN")),
    };
    Ok(Output::json(body.into()))
}

fn of_machine(
    cloud: &Cloud,
    text: &str,
    status: Option<&str>,
    redriven: Option<bool>,
    page: &Page,
) -> Result<serde_json::Map<String, Value>, Fault> {
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    let machine = cloud.states.machine(&arn)?;
    if machine.kind == Kind::Express {
        return Err(refusal::machine_type());
    }
    let found: Vec<Arc<Entry>> = cloud
        .states
        .executions
        .of_machine(&machine.arn())
        .into_iter()
        .filter(|entry| arn.qualifier.is_none() || through(entry, text))
        .filter(|entry| status.is_none_or(|status| entry.status() == status))
        .filter(|entry| redriven.is_none_or(|redriven| (entry.live().redrives.count > 0) == redriven))
        .collect();
    page.cut("executions", found, |entry| entry.record.arn.to_string(), |entry| entry.summary(&entry.live()).into())
}

/// Whether `entry` was started by that version or alias.
fn through(entry: &Entry, arn: &str) -> bool {
    entry.program.version_arn.as_deref() == Some(arn) || entry.program.alias_arn.as_deref() == Some(arn)
}
