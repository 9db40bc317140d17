//! UpdateStateMachineAlias

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::{Members, validation};
use super::machine::seconds;
use super::refusal;
use super::routing::Routing;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Changes an alias's description or routes.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineAliasArn", 1, 256);
    let description = members.text("description", 0, 256).map(str::to_owned);
    let routing = Routing::read(&mut members);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    if description.is_none() && routing.is_none() {
        return Err(Fault::sender(
            "MissingRequiredParameter",
            "Either the description or the RoutingConfiguration must be specified",
        ));
    }
    let name = arn.qualifier.unwrap_or_default();
    cloud.states.machine(&arn).map_err(|_| refusal::no_resource(text))?;
    cloud.states.update(&cloud.store, &arn, |machine| {
        let routes = match &routing {
            None => None,
            Some(routing) if routing.machine_arn()?.unqualified() != machine.arn() => {
                return Err(validation("Routing configuration must contain versions of the alias's state machine"));
            }
            Some(routing) => Some(routing.routes(machine)?),
        };
        let alias = machine.aliases.iter_mut().find(|alias| alias.name == name);
        let alias = alias.ok_or_else(|| refusal::no_resource(text))?;
        alias.routes = routes.unwrap_or_else(|| alias.routes.clone());
        alias.description = description.or_else(|| alias.description.clone());
        alias.updated_ms = cloud.clock.now_ms();
        Ok(Output::json(json!({"updateDate": seconds(alias.updated_ms)})))
    })
}
