//! `AWS::StepFunctions::Activity`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{found, gone, required, small_tag_list, tags, tags_gone, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, TAGS};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-activity.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::StepFunctions::Activity",
    properties: &[Property::text("Name").required().replaces(), TAGS, Property::refused("EncryptionConfiguration")],
    attributes: &["Arn", "Name"],
    volatile: &[],
    identifier: Some("Name"),
    taggable: true,
});

fn name(context: &Context, properties: &Value) -> Option<String> {
    Some(context.arn("states", &format!("activity:{}", required(properties, "Name"))))
}

fn made(arn: &str) -> Made {
    let name = arn.rsplit(':').next().unwrap_or_default();
    Made::new(arn).with("Arn", arn).with("Name", name)
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = json!({ "name": required(&properties, "Name") });
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input["tags"] = small_tag_list(&tags);
    }
    let output = context.invoke("states", "CreateActivity", input).await?;
    Ok(made(required(&output, "activityArn")))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let stale = tags_gone(&context, &live, &properties);
    if !stale.is_empty() {
        context.invoke("states", "UntagResource", json!({ "resourceArn": live.physical, "tagKeys": stale })).await?;
    }
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        let input = json!({ "resourceArn": live.physical, "tags": small_tag_list(&tags) });
        context.invoke("states", "TagResource", input).await?;
    }
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("states", "DeleteActivity", json!({ "activityArn": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("states", "DescribeActivity", json!({ "activityArn": physical })).await)?;
    Ok(answer.and_then(|_| found(made(&physical))))
}
