//! DescribeMapRun

use std::sync::Arc;

use super::constraint::Members;
use crate::Cloud;
use crate::executions::map_run;
use crate::wire::{Call, Fault, Output};

/// A run of a distributed Map: how far it is.
///
/// Diverges: every child that succeeded counts as a written result, with or without a ResultWriter.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("mapRunArn", 1, 2000);
    members.finish()?;
    Ok(Output::json(map_run::described(&cloud, text)?.into()))
}
