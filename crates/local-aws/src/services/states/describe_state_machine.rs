//! DescribeStateMachine

use std::sync::Arc;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::{StateMachine, seconds};
use super::refusal;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// A machine's current revision, or one of its versions.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineArn", 1, 256);
    let included = members.choice("includedData", &["ALL_DATA", "METADATA_ONLY"]);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    let machine = cloud.states.machine(&arn)?;
    let version = match arn.qualifier {
        None => None,
        Some(number) => {
            let number = number.parse().map_err(|_| refusal::no_machine(text))?;
            Some(machine.version(number).ok_or_else(|| refusal::no_machine(text))?)
        }
    };
    let revision = version.map_or(&machine.current, |version| &version.revision);
    let mut body = StateMachine::described(revision, text, &machine.name);
    body.insert("status".to_owned(), "ACTIVE".into());
    body.insert("type".to_owned(), machine.kind.word().into());
    let created = version.map_or(machine.created_ms, |version| version.created_ms);
    body.insert("creationDate".to_owned(), seconds(created));
    if let Some(description) = version.and_then(|version| version.description.clone()) {
        body.insert("description".to_owned(), description.into());
    }
    if included == Some("METADATA_ONLY") {
        body.remove("definition");
        body.remove("variableReferences");
    }
    Ok(Output::json(body.into()))
}
