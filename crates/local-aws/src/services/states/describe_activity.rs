//! DescribeActivity

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::seconds;
use super::refusal;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// An activity.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("activityArn", 1, 256);
    members.finish()?;
    Arn::of(text, &[Resource::Activity])?;
    let activity = cloud.states.activities().get(text).cloned().ok_or_else(|| refusal::no_activity(text))?;
    Ok(Output::json(json!({
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": seconds(activity.created_ms),
        "encryptionConfiguration": activity.encryption,
    })))
}
