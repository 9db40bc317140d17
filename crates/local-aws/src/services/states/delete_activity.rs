//! DeleteActivity

use std::sync::Arc;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Forgets an activity; one that is not there does no harm.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("activityArn", 1, 256);
    members.finish()?;
    Arn::of(text, &[Resource::Activity])?;
    cloud.states.remove_activity(&cloud.store, text)?;
    Ok(Output::empty())
}
