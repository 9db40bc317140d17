//! `DeleteChangeSet`

use std::sync::Arc;

use super::change_set;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Forgets a change set; one that is not there is no mistake.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    match change_set::find(&engine, &call) {
        Ok(set) => change_set::delete(engine.world.store(), &set)?,
        Err(fault) if fault.code == "ChangeSetNotFound" => {}
        Err(fault) => return Err(fault),
    }
    Ok(Output::empty())
}
