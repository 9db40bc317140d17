//! `AWS::ApiGateway::Account`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{found, invented, text, unchanged};
use super::patch::Patch;
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-account.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::Account",
    properties: &[Property::text("CloudWatchRoleArn")],
    attributes: &["Id"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn set(context: &Context, properties: &Value) -> Result<(), Fault> {
    let mut patch = Patch::default();
    patch.replace("/cloudwatchRoleArn", text(properties, "CloudWatchRoleArn").unwrap_or_default());
    patch.send(context, "UpdateAccount", json!({})).await
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    set(&context, &properties).await?;
    let id = invented(&context, 64, Letters::Upper);
    Ok(Made::new(id.clone()).with("Id", id))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    set(&context, &properties).await?;
    Ok(unchanged(live))
}

/// The account's settings stay as they are when the resource goes, as on AWS.
async fn delete(_context: Context, _live: Live) -> Result<(), Fault> {
    Ok(())
}

async fn read(_context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    Ok(found(Made::new(physical.clone()).with("Id", physical)))
}
