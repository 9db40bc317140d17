//! `AWS::ApiGateway::GatewayResponse`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{found, gone, lowered, required, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-gatewayresponse.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::GatewayResponse",
    properties: &[
        Property::map("ResponseParameters", &Shape::Text),
        Property::map("ResponseTemplates", &Shape::Text),
        Property::text("ResponseType").required().replaces(),
        Property::text("RestApiId").required().replaces(),
        Property::text("StatusCode"),
    ],
    attributes: &["Id"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn put(context: &Context, properties: &Value) -> Result<(), Fault> {
    let input = Value::Object(lowered(&KIND.schema, properties));
    context.invoke("apigateway", "PutGatewayResponse", input).await.map(|_| ())
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    put(&context, &properties).await?;
    Ok(made(&format!("{}:{}", required(&properties, "RestApiId"), required(&properties, "ResponseType"))))
}

fn made(id: &str) -> Made {
    Made::new(id).with("Id", id)
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    put(&context, &properties).await?;
    Ok(unchanged(live))
}

fn target(properties: &Value) -> Value {
    json!({ "restApiId": required(properties, "RestApiId"), "responseType": required(properties, "ResponseType") })
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("apigateway", "DeleteGatewayResponse", target(&live.properties)).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("apigateway", "GetGatewayResponse", target(&properties)).await)?;
    Ok(answer.and_then(|_| found(made(&physical))))
}
