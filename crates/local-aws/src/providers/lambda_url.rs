//! `AWS::Lambda::Url`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, gone, pick, required, text, there};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-url.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Lambda::Url",
    properties: &[
        Property::choice("AuthType", &["AWS_IAM", "NONE"]).required(),
        Property::object(
            "Cors",
            &[
                Property::flag("AllowCredentials"),
                Property::texts("AllowHeaders"),
                Property::texts("AllowMethods"),
                Property::texts("AllowOrigins"),
                Property::texts("ExposeHeaders"),
                Property::integer("MaxAge", 0, 86_400),
            ],
        ),
        Property::choice("InvokeMode", &["BUFFERED", "RESPONSE_STREAM"]),
        Property::text("Qualifier").replaces(),
        Property::text("TargetFunctionArn").required().replaces(),
    ],
    attributes: &["FunctionArn", "FunctionUrl"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn target(properties: &Value) -> Value {
    let mut target = json!({ "FunctionName": required(properties, "TargetFunctionArn") });
    if let Some(qualifier) = text(properties, "Qualifier") {
        target["Qualifier"] = Value::from(qualifier);
    }
    target
}

async fn put(context: &Context, operation: &str, properties: &Value) -> Result<Made, Fault> {
    let mut input = target(properties);
    for (member, value) in pick(properties, &["AuthType", "Cors", "InvokeMode"]) {
        input[member] = value;
    }
    made(&context.invoke("lambda", operation, input).await?)
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    put(&context, "CreateFunctionUrlConfig", &properties).await
}

async fn update(context: Context, live: Live, mut properties: Value) -> Result<Made, Fault> {
    if live.properties.get("Cors").is_some() && properties.get("Cors").is_none() {
        properties["Cors"] = json!({});
    }
    put(&context, "UpdateFunctionUrlConfig", &properties).await
}

fn made(output: &Value) -> Result<Made, Fault> {
    let arn = answered(output, "/FunctionArn")?;
    Ok(Made::new(arn.clone()).with("FunctionArn", arn).with("FunctionUrl", answered(output, "/FunctionUrl")?))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("lambda", "DeleteFunctionUrlConfig", target(&live.properties)).await)
}

async fn read(context: Context, _physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    match there(context.invoke("lambda", "GetFunctionUrlConfig", target(&properties)).await)? {
        Some(output) => Ok(found(made(&output)?)),
        None => Ok(None),
    }
}
