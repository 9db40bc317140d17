//! ListActivities

use std::sync::Arc;

use serde_json::json;

use super::constraint::Members;
use super::machine::seconds;
use super::page::Page;
use super::store::Activity;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The activities of the region by name.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let page = Page::of(&mut members, 1024);
    members.finish()?;
    let found: Vec<Activity> =
        cloud.states.activities().values().filter(|activity| activity.region == call.region).cloned().collect();
    let body = page?.cut(
        "activities",
        found,
        |activity| activity.arn.clone(),
        |activity| {
            json!({
                "activityArn": activity.arn,
                "name": activity.name,
                "creationDate": seconds(activity.created_ms),
            })
        },
    )?;
    Ok(Output::json(body.into()))
}
