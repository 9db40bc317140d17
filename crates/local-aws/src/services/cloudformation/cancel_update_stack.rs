//! `CancelUpdateStack`

use std::sync::Arc;

use super::input::{invalid, stack};
use crate::Cloud;
use crate::engine::journal::{Record, Setting};
use crate::engine::status::StackStatus;
use crate::wire::{Call, Fault, Output};

/// Stops an update after what is under way; the stack then rolls back.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html>
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let engine = super::engine(&cloud);
    let cell = stack(&engine, &call)?;
    if cell.lock().status() != StackStatus::UpdateInProgress {
        return Err(invalid("CancelUpdateStack cannot be called from current stack status"));
    }
    engine.record(&cell, Record::Setting(Setting::Cancelled))?;
    Ok(Output::empty())
}
