//! UntagResource

use std::sync::Arc;

use super::constraint::Members;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Removes tags by key; keys that are not there do no harm.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let arn = members.required("resourceArn", 1, 256);
    if members.value("tagKeys").is_none() {
        members.missing("tagKeys");
    }
    let keys = members.list("tagKeys");
    members.finish()?;
    cloud.states.retag(&cloud.store, arn, |tags| {
        tags.retain(|(key, _)| !keys.iter().any(|unwanted| unwanted == key.as_str()));
        Ok(())
    })?;
    Ok(Output::empty())
}
