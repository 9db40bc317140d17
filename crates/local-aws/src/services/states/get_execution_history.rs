//! GetExecutionHistory

use std::sync::Arc;

use asl::HistoryEvent;
use serde_json::{Map, Value};

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::page::Page;
use super::refusal;
use crate::Cloud;
use crate::executions::map_run;
use crate::wire::{Call, Fault, Output};

/// The events of a Standard execution, oldest first unless asked otherwise.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("executionArn", 1, 256);
    let page = Page::of(&mut members, 1024);
    let reverse = members.flag("reverseOrder").unwrap_or(false);
    let include_data = members.flag("includeExecutionData").unwrap_or(true);
    members.finish()?;
    Arn::of(text, &[Resource::Execution])?;
    let page = page?;
    let Ok(entry) = cloud.states.executions.get(text) else {
        let body = map_run::child(&cloud, text, |_, _, child| {
            let history = child.execution.as_ref().map_or(&[][..], |execution| execution.history());
            cut(history, &page, reverse, include_data)
        })??;
        return Ok(Output::json(body.into()));
    };
    let body = entry.inspect(&cloud.store, |execution| cut(execution.history(), &page, reverse, include_data))??;
    Ok(Output::json(body.into()))
}

/// One page of `history`; only its events are put into wire form, whatever the history's length.
fn cut(history: &[HistoryEvent], page: &Page, reverse: bool, include_data: bool) -> Result<Map<String, Value>, Fault> {
    let start = match &page.after {
        None => 0,
        Some(after) => after.parse::<usize>().map_err(|_| refusal::token())?,
    };
    if start > history.len() {
        return Err(refusal::token());
    }
    let show = |event: &HistoryEvent| event.to_wire(include_data);
    let events: Vec<Value> = match reverse {
        false => history.iter().skip(start).take(page.size).map(show).collect(),
        true => history.iter().rev().skip(start).take(page.size).map(show).collect(),
    };
    let end = start + events.len();
    let mut body = Map::new();
    body.insert("events".to_owned(), events.into());
    if end < history.len() {
        body.insert("nextToken".to_owned(), Page::token(&end.to_string()).into());
    }
    Ok(body)
}
