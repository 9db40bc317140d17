//! ListStateMachineVersions

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::Members;
use super::machine::{Version, seconds};
use super::page::Page;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// A machine's versions, the newest first.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineArn", 1, 256);
    let page = Page::of(&mut members, 1024);
    members.finish()?;
    let machine = cloud.states.machine(&Arn::of(text, &[Resource::StateMachine])?)?;
    let versions: Vec<Version> = machine.versions.iter().rev().cloned().collect();
    let key = |version: &Version| version.number.to_string();
    let body = page?.cut("stateMachineVersions", versions, key, |version| {
        json!({
            "stateMachineVersionArn": machine.version_arn(version.number),
            "creationDate": seconds(version.created_ms),
        })
    })?;
    Ok(Output::json(body.into()))
}
