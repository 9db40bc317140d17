//! `AWS::Lambda::EventInvokeConfig`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{found, gone, invented, pick, required, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Lambda::EventInvokeConfig",
    properties: &[
        Property::object(
            "DestinationConfig",
            &[
                Property::object("OnFailure", &[Property::text("Destination").required()]),
                Property::object("OnSuccess", &[Property::text("Destination").required()]),
            ],
        ),
        Property::text("FunctionName").required().replaces(),
        Property::integer("MaximumEventAgeInSeconds", 60, 21_600),
        Property::integer("MaximumRetryAttempts", 0, 2),
        Property::text("Qualifier").required().replaces(),
    ],
    attributes: &[],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn put(context: &Context, properties: &Value) -> Result<(), Fault> {
    let names = ["DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier"];
    let input = Value::Object(pick(properties, &names));
    context.invoke("lambda", "PutFunctionEventInvokeConfig", input).await.map(|_| ())
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    put(&context, &properties).await?;
    Ok(Made::new(invented(&context, 128, Letters::Upper)))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    put(&context, &properties).await?;
    Ok(unchanged(live))
}

fn target(properties: &Value) -> Value {
    json!({ "FunctionName": required(properties, "FunctionName"), "Qualifier": required(properties, "Qualifier") })
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("lambda", "DeleteFunctionEventInvokeConfig", target(&live.properties)).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("lambda", "GetFunctionEventInvokeConfig", target(&properties)).await)?;
    Ok(answer.and_then(|_| found(Made::new(physical))))
}
