//! PublishStateMachineVersion

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::seconds;
use super::refusal;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// How many versions a machine can have.
///
/// Source: Step Functions developer guide, "Quotas", state machine versions.
const MOST: usize = 1000;

/// Publishes the current revision; one that is published already keeps its version.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineArn", 1, 256);
    let revision = members.text("revisionId", 0, 256);
    let description = members.text("description", 0, 256).map(str::to_owned);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    if arn.qualifier.is_some() {
        return Err(refusal::no_machine(text));
    }
    cloud.states.update(&cloud.store, &arn, |machine| {
        let current = machine.current.id.as_deref().unwrap_or("INITIAL");
        if let Some(revision) = revision.filter(|revision| *revision != current) {
            return Err(refusal::conflict(format!(
                "Failed to publish the State Machine version for revision {revision}. The current State Machine \
                 revision is {current}."
            )));
        }
        if machine.versions.len() >= MOST {
            return Err(Fault::sender(
                "ServiceQuotaExceededException",
                format!("The state machine has the maximum number of {MOST} versions"),
            ));
        }
        let version = machine.publish(description, &cloud.clock);
        Ok(Output::json(json!({
            "stateMachineVersionArn": machine.version_arn(version.number),
            "creationDate": seconds(version.created_ms),
        })))
    })
}
