//! `AWS::IAM::ManagedPolicy`

use serde_json::{Value, json};

use super::iam_role::{attach, detach};
use super::kind::{Kind, kind};
use super::member::{answered, differs, document, found, gone, name_or, pick, text, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::IAM::ManagedPolicy",
    properties: &[
        Property::text("Description").replaces(),
        Property::text("ManagedPolicyName").replaces(),
        Property::text("Path").replaces(),
        Property::json("PolicyDocument").required(),
        Property::texts("Roles"),
        Property::refused("Groups"),
        Property::refused("Users"),
    ],
    attributes: &["PolicyArn", "PolicyId", "DefaultVersionId"],
    volatile: &["DefaultVersionId"],
    identifier: Some("ManagedPolicyName"),
    taggable: false,
});

fn policy_name(context: &Context, properties: &Value) -> String {
    name_or(context, properties, "ManagedPolicyName", 128, Letters::Mixed)
}

fn name(context: &Context, properties: &Value) -> Option<String> {
    let path = text(properties, "Path").unwrap_or("/");
    Some(format!("arn:aws:iam::{}:policy{path}{}", context.account, policy_name(context, properties)))
}

fn roles(properties: &Value) -> impl Iterator<Item = &str> {
    properties.get("Roles").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = pick(&properties, &["Description", "Path"]);
    input.insert("PolicyName".to_owned(), Value::from(policy_name(&context, &properties)));
    let policy = properties.get("PolicyDocument").map(document).unwrap_or_default();
    input.insert("PolicyDocument".to_owned(), Value::from(policy));
    let output = context.invoke("iam", "CreatePolicy", Value::Object(input)).await?;
    let made = made(&output)?;
    for role in roles(&properties) {
        attach(&context, role, &made.physical).await?;
    }
    Ok(made)
}

fn made(output: &Value) -> Result<Made, Fault> {
    let arn = answered(output, "/Policy/Arn")?;
    let member = |name: &str| output.pointer(&format!("/Policy/{name}")).cloned().unwrap_or_default();
    Ok(Made::new(arn.clone())
        .with("PolicyArn", arn)
        .with("PolicyId", member("PolicyId"))
        .with("DefaultVersionId", member("DefaultVersionId")))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let arn = live.physical.clone();
    if differs(&live, &properties, "PolicyDocument") {
        remove_old_versions(&context, &arn).await?;
        let policy = properties.get("PolicyDocument").map(document).unwrap_or_default();
        let input = json!({ "PolicyArn": arn, "PolicyDocument": policy, "SetAsDefault": true });
        context.invoke("iam", "CreatePolicyVersion", input).await?;
    }
    for role in roles(&live.properties).filter(|role| !roles(&properties).any(|kept| kept == *role)) {
        detach(&context, role, &arn).await?;
    }
    for role in roles(&properties) {
        attach(&context, role, &arn).await?;
    }
    Ok(unchanged(live))
}

/// A policy has at most five versions: those that are not the default make room.
async fn remove_old_versions(context: &Context, arn: &str) -> Result<(), Fault> {
    let answer =
        there(context.invoke("iam", "ListPolicyVersions", json!({ "PolicyArn": arn })).await)?.unwrap_or_default();
    for version in answer.get("Versions").and_then(Value::as_array).into_iter().flatten() {
        if version.get("IsDefaultVersion") != Some(&Value::Bool(true)) {
            let input = json!({ "PolicyArn": arn, "VersionId": version.get("VersionId") });
            gone(context.invoke("iam", "DeletePolicyVersion", input).await)?;
        }
    }
    Ok(())
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    for role in roles(&live.properties) {
        detach(&context, role, &live.physical).await?;
    }
    remove_old_versions(&context, &live.physical).await?;
    gone(context.invoke("iam", "DeletePolicy", json!({ "PolicyArn": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    match there(context.invoke("iam", "GetPolicy", json!({ "PolicyArn": physical })).await)? {
        Some(output) => Ok(found(made(&output)?)),
        None => Ok(None),
    }
}
