//! ListMapRuns

use std::sync::Arc;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::page::Page;
use crate::Cloud;
use crate::executions::map_run;
use crate::wire::{Call, Fault, Output};

/// The map runs of an execution.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("executionArn", 1, 256);
    let page = Page::of(&mut members, 1024);
    members.finish()?;
    Arn::of(text, &[Resource::Execution])?;
    Ok(Output::json(map_run::list(&cloud, text, &page?)?.into()))
}
