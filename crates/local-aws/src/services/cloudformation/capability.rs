//! Which acknowledgements a template needs.

use serde_json::Value;

use crate::engine::blueprint::Blueprint;
use crate::wire::Fault;

const IAM: &[(&str, &str)] = &[
    ("AWS::IAM::AccessKey", ""),
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::IAM::Policy", ""),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::User", "UserName"),
    ("AWS::IAM::UserToGroupAddition", ""),
];

/// The capability that the template needs, if any, with the types that need it.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html> (`Capabilities`)
pub fn needed(blueprint: &Blueprint) -> Option<(&'static str, Vec<String>)> {
    let mut kinds = Vec::new();
    let mut named = false;
    for id in blueprint.graph.needs.keys() {
        let Some(resource) = blueprint.template.resources.get(id) else { continue };
        let Some((kind, name)) = IAM.iter().find(|(kind, _)| *kind == resource.kind) else { continue };
        named |= resource
            .properties
            .as_ref()
            .and_then(|properties| properties.get(name))
            .is_some_and(|value| *value != Value::Null);
        if !kinds.iter().any(|seen| seen == kind) {
            kinds.push((*kind).to_owned());
        }
    }
    let capability = if named { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" };
    (!kinds.is_empty()).then_some((capability, kinds))
}

/// Refuses a template whose capability was not acknowledged.
///
/// # Errors
/// `InsufficientCapabilitiesException`.
pub fn check(blueprint: &Blueprint, given: &[String]) -> Result<(), Fault> {
    let Some((capability, _)) = needed(blueprint) else { return Ok(()) };
    let enough = given.iter().any(|name| name == capability || name == "CAPABILITY_NAMED_IAM");
    if enough {
        return Ok(());
    }
    Err(Fault::sender("InsufficientCapabilitiesException", format!("Requires capabilities : [{capability}]")))
}
