//! `AWS::IAM::Role`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{
    answered, differs, document, gone, name_or, pick, required, tag_list, tags, tags_gone, text, there, unchanged,
};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

/// An inline policy.
pub const POLICY: Shape =
    Shape::Object(&[Property::text("PolicyName").required(), Property::json("PolicyDocument").required()]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::IAM::Role",
    properties: &[
        Property::json("AssumeRolePolicyDocument").required(),
        Property::text("Description"),
        Property::texts("ManagedPolicyArns"),
        Property::integer("MaxSessionDuration", 3600, 43_200),
        Property::text("Path").replaces(),
        Property::text("PermissionsBoundary"),
        Property::objects("Policies", &POLICY),
        Property::text("RoleName").replaces(),
        TAGS,
    ],
    attributes: &["Arn", "RoleId"],
    volatile: &[],
    identifier: Some("RoleName"),
    taggable: true,
});

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(name_or(context, properties, "RoleName", 64, Letters::Mixed))
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let role = name(&context, &properties).unwrap_or_default();
    let mut input = pick(&properties, &["Description", "MaxSessionDuration", "Path", "PermissionsBoundary"]);
    input.insert("RoleName".to_owned(), Value::from(role.as_str()));
    input.insert("AssumeRolePolicyDocument".to_owned(), trust(&properties));
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input.insert("Tags".to_owned(), tag_list(&tags));
    }
    let output = context.invoke("iam", "CreateRole", Value::Object(input)).await?;
    for arn in managed(&properties) {
        attach(&context, &role, arn).await?;
    }
    for policy in inline(&properties) {
        put_inline(&context, &role, policy).await?;
    }
    made(&role, &output)
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let role = live.physical.clone();
    if differs(&live, &properties, "AssumeRolePolicyDocument") {
        let input = json!({ "RoleName": role, "PolicyDocument": trust(&properties) });
        context.invoke("iam", "UpdateAssumeRolePolicy", input).await?;
    }
    if differs(&live, &properties, "Description") || differs(&live, &properties, "MaxSessionDuration") {
        let duration = properties.get("MaxSessionDuration").cloned().unwrap_or_else(|| Value::from(3600));
        let description = text(&properties, "Description").unwrap_or_default();
        let input = json!({ "RoleName": role, "Description": description, "MaxSessionDuration": duration });
        context.invoke("iam", "UpdateRole", input).await?;
    }
    match (text(&live.properties, "PermissionsBoundary"), text(&properties, "PermissionsBoundary")) {
        (before, Some(arn)) if before != Some(arn) => {
            let input = json!({ "RoleName": role, "PermissionsBoundary": arn });
            context.invoke("iam", "PutRolePermissionsBoundary", input).await?;
        }
        (Some(_), None) => {
            context.invoke("iam", "DeleteRolePermissionsBoundary", json!({ "RoleName": role })).await?;
        }
        _ => {}
    }
    update_policies(&context, &live, &properties).await?;
    let stale = tags_gone(&context, &live, &properties);
    if !stale.is_empty() {
        context.invoke("iam", "UntagRole", json!({ "RoleName": role, "TagKeys": stale })).await?;
    }
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        context.invoke("iam", "TagRole", json!({ "RoleName": role, "Tags": tag_list(&tags) })).await?;
    }
    Ok(unchanged(live))
}

async fn update_policies(context: &Context, live: &Live, properties: &Value) -> Result<(), Fault> {
    let role = &live.physical;
    for arn in managed(&live.properties).filter(|arn| !managed(properties).any(|kept| kept == *arn)) {
        detach(context, role, arn).await?;
    }
    for arn in managed(properties) {
        attach(context, role, arn).await?;
    }
    for policy in inline(&live.properties) {
        let name = required(policy, "PolicyName");
        if !inline(properties).any(|kept| required(kept, "PolicyName") == name) {
            delete_inline(context, role, name).await?;
        }
    }
    for policy in inline(properties) {
        put_inline(context, role, policy).await?;
    }
    Ok(())
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    for policy in inline(&live.properties) {
        delete_inline(&context, &live.physical, required(policy, "PolicyName")).await?;
    }
    for arn in managed(&live.properties) {
        detach(&context, &live.physical, arn).await?;
    }
    gone(context.invoke("iam", "DeleteRole", json!({ "RoleName": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let Some(output) = there(context.invoke("iam", "GetRole", json!({ "RoleName": physical })).await)? else {
        return Ok(None);
    };
    let role = output.get("Role").cloned().unwrap_or_default();
    let mut properties = pick(&role, &["Description", "MaxSessionDuration", "RoleName"]);
    properties.retain(|_, value| !value.is_null());
    Ok(Some(Found { made: made(&physical, &output)?, properties }))
}

fn made(role: &str, output: &Value) -> Result<Made, Fault> {
    let id = output.pointer("/Role/RoleId").cloned().unwrap_or_default();
    Ok(Made::new(role).with("Arn", answered(output, "/Role/Arn")?).with("RoleId", id))
}

fn trust(properties: &Value) -> Value {
    Value::from(properties.get("AssumeRolePolicyDocument").map(document).unwrap_or_default())
}

fn managed(properties: &Value) -> impl Iterator<Item = &str> {
    properties.get("ManagedPolicyArns").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn inline(properties: &Value) -> impl Iterator<Item = &Value> {
    properties.get("Policies").and_then(Value::as_array).into_iter().flatten()
}

/// Attaches a managed policy to a role.
pub async fn attach(context: &Context, role: &str, arn: &str) -> Result<(), Fault> {
    let input = json!({ "RoleName": role, "PolicyArn": arn });
    context.invoke("iam", "AttachRolePolicy", input).await.map(|_| ())
}

/// Detaches a managed policy from a role, if it is attached.
pub async fn detach(context: &Context, role: &str, arn: &str) -> Result<(), Fault> {
    gone(context.invoke("iam", "DetachRolePolicy", json!({ "RoleName": role, "PolicyArn": arn })).await)
}

/// Gives a role an inline policy.
pub async fn put_inline(context: &Context, role: &str, policy: &Value) -> Result<(), Fault> {
    let mut input = Map::new();
    input.insert("RoleName".to_owned(), Value::from(role));
    input.insert("PolicyName".to_owned(), Value::from(required(policy, "PolicyName")));
    input.insert(
        "PolicyDocument".to_owned(),
        Value::from(policy.get("PolicyDocument").map(document).unwrap_or_default()),
    );
    context.invoke("iam", "PutRolePolicy", Value::Object(input)).await.map(|_| ())
}

/// Takes an inline policy from a role, if it has it.
pub async fn delete_inline(context: &Context, role: &str, policy: &str) -> Result<(), Fault> {
    gone(context.invoke("iam", "DeleteRolePolicy", json!({ "RoleName": role, "PolicyName": policy })).await)
}
