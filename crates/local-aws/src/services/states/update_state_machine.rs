//! UpdateStateMachine

use std::sync::Arc;

use serde_json::json;

use super::arn::{Arn, Resource};
use super::constraint::{Members, validation};
use super::create_state_machine::{check_role, encryption, tracing};
use super::definition;
use super::logging::Logging;
use super::machine::seconds;
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Changes the current revision; one that changes nothing keeps its id.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut members = Members::of(&call.input);
    let text = members.required("stateMachineArn", 1, 256);
    let definition = definition::read(&mut members, false);
    let role_arn = members.text("roleArn", 1, 256);
    let logging = Logging::read(&mut members)?;
    let tracing = tracing(&members);
    let encryption = encryption(&mut members);
    let publish = members.flag("publish").unwrap_or(false);
    let description = members.text("versionDescription", 0, 256).map(str::to_owned);
    members.finish()?;
    let arn = Arn::of(text, &[Resource::StateMachine])?;
    if arn.qualifier.is_some() {
        return Err(super::refusal::no_machine(text));
    }
    let kind = cloud.states.machine(&arn)?.kind;
    if definition.is_none() && role_arn.is_none() && logging.is_none() && tracing.is_none() && encryption.is_none() {
        return Err(Fault::sender(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
        ));
    }
    if description.is_some() && !publish {
        return Err(validation("Version description can only be set when publish is true"));
    }
    role_arn.map_or(Ok(()), check_role)?;
    if let Some(definition) = definition {
        definition::check(definition, kind)?;
    }
    if let Some(logging) = &logging {
        logging.check(&cloud, &call.region).await?;
    }
    cloud.states.update(&cloud.store, &arn, |machine| {
        let mut revision = machine.current.clone();
        revision.definition = definition.map_or(revision.definition, str::to_owned);
        revision.role_arn = role_arn.map_or(revision.role_arn, str::to_owned);
        revision.logging = logging.unwrap_or(revision.logging);
        revision.tracing = tracing.unwrap_or(revision.tracing);
        revision.encryption = encryption.unwrap_or(revision.encryption);
        if revision != machine.current {
            revision.id = Some(uuid::Uuid::new_v4().to_string());
            machine.current = revision;
        }
        machine.updated_ms = cloud.clock.now_ms();
        let mut body = json!({"updateDate": seconds(machine.updated_ms)});
        if let Some(id) = &machine.current.id {
            body["revisionId"] = id.clone().into();
        }
        if publish {
            let version = machine.publish(description, &cloud.clock);
            body["stateMachineVersionArn"] = machine.version_arn(version.number).into();
        }
        Ok(Output::json(body))
    })
}
