//! `AWS::ApiGateway::Model`

use serde_json::Value;

use super::apigateway_child::Child;
use super::kind::{Kind, kind};
use super::member::{document, invented, unchanged};
use super::patch::Patch;
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

const CHILD: Child = Child {
    create: "CreateModel",
    get: "GetModel",
    delete: "DeleteModel",
    id: "modelName",
    answer: "name",
    attribute: None,
};

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-model.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::Model",
    properties: &[
        Property::text("ContentType").replaces(),
        Property::text("Description"),
        Property::text("Name").replaces(),
        Property::text("RestApiId").required().replaces(),
        Property::json("Schema"),
    ],
    attributes: &[],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    // The service takes the schema as text and wants a name.
    let mut properties = properties;
    if let Some(schema) = properties.get("Schema").map(document) {
        properties["Schema"] = Value::from(schema);
    }
    if properties.get("Name").is_none() {
        // Names of models have letters and digits only.
        let name = invented(&context, 64, Letters::Mixed).replace('-', "");
        properties["Name"] = Value::from(name);
    }
    if properties.get("ContentType").is_none() {
        properties["ContentType"] = Value::from("application/json");
    }
    CHILD.create(&context, &KIND.schema, &properties).await
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let (before, after) = (&live.properties, &properties);
    let mut patch = Patch::default();
    patch.setting("/description", before.get("Description"), after.get("Description"), "");
    patch.setting("/schema", before.get("Schema"), after.get("Schema"), "{}");
    patch.send(&context, "UpdateModel", CHILD.target(&live.physical, before)).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    CHILD.delete(&context, &live).await
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    CHILD.read(&context, &physical, &properties).await
}
