//! UpdateMapRun

use std::sync::Arc;

use asl::MapRunUpdate;

use super::constraint::{Members, validation};
use crate::Cloud;
use crate::executions::map_run;
use crate::wire::{Call, Fault, Output};

/// Changes the concurrency and the tolerated failures of a map run that is under way.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("mapRunArn", 1, 2000);
    let concurrency = members.integer("maxConcurrency", 0, i64::from(i32::MAX));
    let count = members.integer("toleratedFailureCount", 0, i64::MAX);
    let percentage = members.decimal("toleratedFailurePercentage", 0.0, 100.0);
    members.finish()?;
    if concurrency.is_none() && count.is_none() && percentage.is_none() {
        return Err(validation(
            "At least one of maxConcurrency, toleratedFailureCount or toleratedFailurePercentage must be specified",
        ));
    }
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let update = MapRunUpdate {
        max_concurrency: number(concurrency),
        tolerated_count: number(count),
        tolerated_percentage: percentage,
    };
    map_run::update(&cloud, text, update)?;
    Ok(Output::empty())
}
