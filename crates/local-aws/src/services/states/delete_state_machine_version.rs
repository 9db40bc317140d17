//! DeleteStateMachineVersion

use std::sync::Arc;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::refusal;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Forgets a version, unless an alias routes to it.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineVersionArn", 1, 2000);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    let number = arn.qualifier.and_then(|number| number.parse::<u64>().ok());
    let (Some(number), Ok(_)) = (number, cloud.states.machine(&arn)) else {
        return Ok(Output::empty());
    };
    cloud.states.update(&cloud.store, &arn, |machine| {
        let routed = |alias: &&super::machine::Alias| alias.routes.iter().any(|route| route.version == number);
        let names: Vec<&str> = machine.aliases.iter().filter(routed).map(|alias| alias.name.as_str()).collect();
        if !names.is_empty() {
            return Err(refusal::conflict(format!(
                "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this \
                 version: [{}]",
                names.join(", ")
            )));
        }
        machine.versions.retain(|version| version.number != number);
        Ok(Output::empty())
    })
}
