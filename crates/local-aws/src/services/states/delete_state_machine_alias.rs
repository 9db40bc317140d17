//! DeleteStateMachineAlias

use std::sync::Arc;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::refusal;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Forgets an alias.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineAliasArn", 1, 256);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    let name = arn.qualifier.unwrap_or_default();
    cloud.states.machine(&arn).map_err(|_| refusal::no_resource(text))?;
    cloud.states.update(&cloud.store, &arn, |machine| {
        let before = machine.aliases.len();
        machine.aliases.retain(|alias| alias.name != name);
        match machine.aliases.len() == before {
            true => Err(refusal::no_resource(text)),
            false => Ok(Output::empty()),
        }
    })
}
