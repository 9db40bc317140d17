//! `AWS::ApiGateway::Resource`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, gone, lowered, required, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-resource.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::Resource",
    properties: &[
        Property::text("ParentId").required().replaces(),
        Property::text("PathPart").required().replaces(),
        Property::text("RestApiId").required().replaces(),
    ],
    attributes: &["ResourceId"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let input = Value::Object(lowered(&KIND.schema, &properties));
    let output = context.invoke("apigateway", "CreateResource", input).await?;
    let id = answered(&output, "/id")?;
    Ok(Made::new(id.clone()).with("ResourceId", id))
}

async fn update(_context: Context, live: Live, _properties: Value) -> Result<Made, Fault> {
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let input = json!({ "restApiId": required(&live.properties, "RestApiId"), "resourceId": live.physical });
    gone(context.invoke("apigateway", "DeleteResource", input).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "restApiId": required(&properties, "RestApiId"), "resourceId": physical });
    let answer = there(context.invoke("apigateway", "GetResource", input).await)?;
    Ok(answer.and_then(|_| found(Made::new(physical.clone()).with("ResourceId", physical))))
}
