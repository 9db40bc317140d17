//! `AWS::ApiGateway::UsagePlanKey`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{found, gone, required, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplankey.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::UsagePlanKey",
    properties: &[
        Property::text("KeyId").required().replaces(),
        Property::choice("KeyType", &["API_KEY"]).required().replaces(),
        Property::text("UsagePlanId").required().replaces(),
    ],
    attributes: &["Id"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let (key, plan) = (required(&properties, "KeyId"), required(&properties, "UsagePlanId"));
    let input = json!({ "keyId": key, "keyType": required(&properties, "KeyType"), "usagePlanId": plan });
    context.invoke("apigateway", "CreateUsagePlanKey", input).await?;
    Ok(made(&format!("{key}:{plan}")))
}

fn made(id: &str) -> Made {
    Made::new(id).with("Id", id)
}

async fn update(_context: Context, live: Live, _properties: Value) -> Result<Made, Fault> {
    Ok(unchanged(live))
}

fn target(properties: &Value) -> Value {
    json!({ "keyId": required(properties, "KeyId"), "usagePlanId": required(properties, "UsagePlanId") })
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("apigateway", "DeleteUsagePlanKey", target(&live.properties)).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("apigateway", "GetUsagePlanKey", target(&properties)).await)?;
    Ok(answer.and_then(|_| found(made(&physical))))
}
