//! `AWS::IAM::Policy`: an inline policy in one or more roles.

use serde_json::{Value, json};

use super::iam_role::{delete_inline, put_inline};
use super::kind::{Kind, kind};
use super::member::{found, invented, required, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::IAM::Policy",
    properties: &[
        Property::json("PolicyDocument").required(),
        Property::text("PolicyName").required().replaces(),
        Property::texts("Roles"),
        Property::refused("Groups"),
        Property::refused("Users"),
    ],
    attributes: &["Id"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn roles(properties: &Value) -> impl Iterator<Item = &str> {
    properties.get("Roles").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    if roles(&properties).next().is_none() {
        return Err(Fault::sender("ValidationError", "At least one of [Groups,Roles,Users] must be non-empty."));
    }
    for role in roles(&properties) {
        put_inline(&context, role, &properties).await?;
    }
    let id = invented(&context, 128, Letters::Upper);
    Ok(Made::new(id.clone()).with("Id", id))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    for role in roles(&live.properties).filter(|role| !roles(&properties).any(|kept| kept == *role)) {
        delete_inline(&context, role, required(&live.properties, "PolicyName")).await?;
    }
    for role in roles(&properties) {
        put_inline(&context, role, &properties).await?;
    }
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    for role in roles(&live.properties) {
        delete_inline(&context, role, required(&live.properties, "PolicyName")).await?;
    }
    Ok(())
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    for role in roles(&properties) {
        let input = json!({ "RoleName": role, "PolicyName": required(&properties, "PolicyName") });
        if there(context.invoke("iam", "GetRolePolicy", input).await)?.is_none() {
            return Ok(None);
        }
    }
    Ok(found(Made::new(physical.clone()).with("Id", physical)))
}
