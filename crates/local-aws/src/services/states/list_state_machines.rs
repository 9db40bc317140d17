//! ListStateMachines

use std::sync::Arc;

use serde_json::json;

use super::constraint::Members;
use super::machine::{StateMachine, seconds};
use super::page::Page;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// The machines of the region by name.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let page = Page::of(&mut members, 1024);
    members.finish()?;
    let found: Vec<StateMachine> =
        cloud.states.machines().values().filter(|machine| machine.region == call.region).cloned().collect();
    let body = page?.cut("stateMachines", found, StateMachine::arn, |machine| {
        json!({
            "stateMachineArn": machine.arn(),
            "name": machine.name,
            "type": machine.kind.word(),
            "creationDate": seconds(machine.created_ms),
        })
    })?;
    Ok(Output::json(body.into()))
}
