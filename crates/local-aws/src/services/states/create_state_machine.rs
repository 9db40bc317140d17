//! CreateStateMachine

use std::sync::Arc;

use serde_json::{Value, json};

use super::constraint::{Members, validation};
use super::logging::Logging;
use super::machine::{Kind, Revision, StateMachine, seconds};
use super::{arn, definition, refusal, tag_resource};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// What the members say.
struct Request {
    name: String,
    kind: Kind,
    revision: Revision,
    publish: bool,
    version_description: Option<String>,
    tags: Vec<(String, String)>,
}

/// Makes a state machine; the same request again answers as the first time.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let request = read(&call.input)?;
    refusal::check_name(&request.name)?;
    let arn = arn::machine(&call.region, &cloud.config.account, &request.name);
    if let Some(output) = existing(&cloud, &arn, &request)? {
        return Ok(output);
    }
    definition::check(&request.revision.definition, request.kind)?;
    request.revision.logging.check(&cloud, &call.region).await?;
    insert(&cloud, &call.region, request)
}

fn read(input: &Value) -> Result<Request, Fault> {
    let mut members = Members::of(input);
    let name = members.required("name", 1, 80).to_owned();
    let definition = definition::read(&mut members, true).unwrap_or_default().to_owned();
    let role_arn = members.required("roleArn", 1, 256).to_owned();
    let kind = Kind::named(members.choice("type", &["STANDARD", "EXPRESS"]));
    let publish = members.flag("publish").unwrap_or(false);
    let version_description = members.text("versionDescription", 0, 256).map(str::to_owned);
    let tags = tag_resource::read(&mut members);
    let logging = Logging::read(&mut members)?.unwrap_or_default();
    let tracing = tracing(&members).unwrap_or(false);
    let encryption = encryption(&mut members).unwrap_or_else(owned_key);
    members.finish()?;
    if version_description.is_some() && !publish {
        return Err(validation("Version description can only be set when publish is true"));
    }
    check_role(&role_arn)?;
    let revision = Revision { id: None, definition, role_arn, logging, tracing, encryption };
    Ok(Request { name, kind, revision, publish, version_description, tags: tags? })
}

/// The answer for a machine that is there already, when the request is the one that made it.
///
/// Source: CreateStateMachine: idempotent by name, definition, type, logging, tracing and encryption configuration,
/// `publish` and `versionDescription`; a differing role or tags are ignored.
fn existing(cloud: &Cloud, arn: &str, request: &Request) -> Result<Option<Output>, Fault> {
    let machines = cloud.states.machines();
    let Some(machine) = machines.get(arn) else {
        return Ok(None);
    };
    let (old, new) = (&machine.current, &request.revision);
    let same = machine.kind == request.kind
        && old.definition == new.definition
        && old.logging == new.logging
        && old.tracing == new.tracing
        && old.encryption == new.encryption
        && machine.created_with == (request.publish, request.version_description.clone());
    if !same {
        return Err(Fault::sender("StateMachineAlreadyExists", format!("State Machine Already Exists: '{arn}'")));
    }
    let version = request.publish.then(|| machine.versions.first().map(|version| version.number)).flatten();
    Ok(Some(answer(machine, version)))
}

fn insert(cloud: &Cloud, region: &str, request: Request) -> Result<Output, Fault> {
    let now = cloud.clock.now_ms();
    let mut machine = StateMachine {
        region: region.to_owned(),
        account: cloud.config.account.clone(),
        name: request.name.clone(),
        kind: request.kind,
        created_ms: now,
        updated_ms: now,
        current: request.revision.clone(),
        versions: Vec::new(),
        next_version: 1,
        aliases: Vec::new(),
        created_with: (request.publish, request.version_description.clone()),
    };
    let arn = machine.arn();
    let version = request.publish.then(|| machine.publish(request.version_description.clone(), &cloud.clock).number);
    let output = answer(&machine, version);
    let mut machines = cloud.states.machines();
    if machines.contains_key(&arn) {
        drop(machines);
        return existing(cloud, &arn, &request).map(|found| found.unwrap_or(output));
    }
    cloud.states.insert(&cloud.store, &mut machines, machine)?;
    drop(machines);
    if !request.tags.is_empty() {
        cloud.states.retag(&cloud.store, &arn, |tags| tag_resource::merge(tags, request.tags))?;
    }
    Ok(output)
}

fn answer(machine: &StateMachine, version: Option<u64>) -> Output {
    let mut body = json!({"stateMachineArn": machine.arn(), "creationDate": seconds(machine.created_ms)});
    if let Some(number) = version {
        body["stateMachineVersionArn"] = machine.version_arn(number).into();
    }
    Output::json(body)
}

/// Refuses what is not the ARN of a role.
///
/// # Errors
/// `InvalidArn`.
pub fn check_role(arn: &str) -> Result<(), Fault> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let is_role = matches!(parts.as_slice(), ["arn", _, "iam", _, _, name] if name.starts_with("role/"));
    if is_role { Ok(()) } else { Err(Fault::sender("InvalidArn", format!("Invalid Role Arn: '{arn}'"))) }
}

/// `tracingConfiguration.enabled`
pub fn tracing(members: &Members<'_>) -> Option<bool> {
    let configuration = members.value("tracingConfiguration")?;
    Some(configuration.get("enabled").and_then(Value::as_bool).unwrap_or(false))
}

/// `encryptionConfiguration`, with a violation noted where its type is missing or unknown.
pub fn encryption(members: &mut Members<'_>) -> Option<Value> {
    let configuration = members.value("encryptionConfiguration")?;
    match configuration.get("type").and_then(Value::as_str) {
        Some("AWS_OWNED_KEY" | "CUSTOMER_MANAGED_KMS_KEY") => {}
        Some(other) => {
            let set = "Member must satisfy enum value set: [AWS_OWNED_KEY, CUSTOMER_MANAGED_KMS_KEY]";
            members.violate(other, "encryptionConfiguration.type", set);
        }
        None => members.missing("encryptionConfiguration.type"),
    }
    Some(configuration.clone())
}

/// What an `encryptionConfiguration` says that nobody gave.
pub fn owned_key() -> Value {
    json!({"type": "AWS_OWNED_KEY"})
}
