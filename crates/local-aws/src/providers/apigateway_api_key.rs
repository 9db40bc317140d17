//! `AWS::ApiGateway::ApiKey`

use serde_json::Value;

use super::apigateway_child::Child;
use super::kind::{Kind, kind};
use super::member::unchanged;
use super::patch::Patch;
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

const CHILD: Child = Child {
    create: "CreateApiKey",
    get: "GetApiKey",
    delete: "DeleteApiKey",
    id: "apiKey",
    answer: "id",
    attribute: Some("APIKeyId"),
};

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-apikey.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::ApiKey",
    properties: &[
        Property::text("CustomerId"),
        Property::text("Description"),
        Property::flag("Enabled"),
        Property::flag("GenerateDistinctId").replaces(),
        Property::text("Name").replaces(),
        Property::text("Value").replaces(),
        Property::refused("StageKeys"),
        Property::refused("Tags"),
    ],
    attributes: &["APIKeyId"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    CHILD.create(&context, &KIND.schema, &properties).await
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let (before, after) = (&live.properties, &properties);
    let mut patch = Patch::default();
    patch.setting("/customerId", before.get("CustomerId"), after.get("CustomerId"), "");
    patch.setting("/description", before.get("Description"), after.get("Description"), "");
    patch.setting("/enabled", before.get("Enabled"), after.get("Enabled"), "false");
    patch.send(&context, "UpdateApiKey", CHILD.target(&live.physical, before)).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    CHILD.delete(&context, &live).await
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    CHILD.read(&context, &physical, &properties).await
}
