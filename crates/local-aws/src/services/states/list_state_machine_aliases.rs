//! ListStateMachineAliases

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::{Alias, seconds};
use super::page::Page;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// A machine's aliases, or those that route to one of its versions, in the order in which they were made.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineArn", 1, 256);
    let page = Page::of(&mut members, 1024);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    let machine = cloud.states.machine(&arn)?;
    let version = arn.qualifier.and_then(|number| number.parse::<u64>().ok());
    let routed = |alias: &&Alias| version.is_none_or(|number| alias.routes.iter().any(|route| route.version == number));
    let aliases: Vec<Alias> = machine.aliases.iter().filter(routed).cloned().collect();
    let body = page?.cut(
        "stateMachineAliases",
        aliases,
        |alias| alias.name.clone(),
        |alias| {
            json!({
                "stateMachineAliasArn": machine.alias_arn(&alias.name),
                "creationDate": seconds(alias.created_ms),
            })
        },
    )?;
    Ok(Output::json(body.into()))
}
