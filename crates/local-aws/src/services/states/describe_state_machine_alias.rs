//! DescribeStateMachineAlias

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::seconds;
use super::{refusal, routing};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// An alias and what it routes to.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineAliasArn", 1, 256);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    let machine = cloud.states.machine(&arn).map_err(|_| refusal::no_resource(text))?;
    let alias = machine.alias(arn.qualifier.unwrap_or_default()).ok_or_else(|| refusal::no_resource(text))?;
    let mut body = json!({
        "stateMachineAliasArn": text,
        "name": alias.name,
        "routingConfiguration": routing::to_wire(&machine, &alias.routes),
        "creationDate": seconds(alias.created_ms),
        "updateDate": seconds(alias.updated_ms),
    });
    if let Some(description) = &alias.description {
        body["description"] = description.clone().into();
    }
    Ok(Output::json(body))
}
