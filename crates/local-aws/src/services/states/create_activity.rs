//! CreateActivity

use std::sync::Arc;

use serde_json::json;

use super::constraint::Members;
use super::create_state_machine::{encryption, owned_key};
use super::machine::seconds;
use super::store::Activity;
use super::{arn, refusal, tag_resource};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Makes an activity; the same name again answers as the first time.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let name = members.required("name", 1, 80).to_owned();
    let tags = tag_resource::read(&mut members);
    let encryption = encryption(&mut members).unwrap_or_else(owned_key);
    members.finish()?;
    refusal::check_name(&name)?;
    let arn = arn::activity(&call.region, &cloud.config.account, &name);
    let found = cloud.states.activities().get(&arn).cloned();
    let activity = match found {
        Some(activity) if activity.encryption == encryption => activity,
        Some(_) => {
            return Err(Fault::sender("ActivityAlreadyExists", format!("Activity Already Exists: '{arn}'")));
        }
        None => {
            let region = call.region.clone();
            let activity = Activity { region, arn, name, created_ms: cloud.clock.now_ms(), encryption };
            cloud.states.insert_activity(&cloud.store, activity.clone())?;
            cloud.states.retag(&cloud.store, &activity.arn, |old| tag_resource::merge(old, tags?))?;
            activity
        }
    };
    Ok(Output::json(json!({"activityArn": activity.arn, "creationDate": seconds(activity.created_ms)})))
}
