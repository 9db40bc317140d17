//! `AWS::Lambda::Alias`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, gone, required, text, there};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

const WEIGHT: Shape =
    Shape::Object(&[Property::text("FunctionVersion").required(), Property::number("FunctionWeight").required()]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Lambda::Alias",
    properties: &[
        Property::text("Description"),
        Property::text("FunctionName").required().replaces(),
        Property::text("FunctionVersion").required(),
        Property::text("Name").required().replaces(),
        Property::object(
            "ProvisionedConcurrencyConfig",
            &[Property::integer("ProvisionedConcurrentExecutions", 1, i64::MAX).required()],
        ),
        Property::object("RoutingConfig", &[Property::objects("AdditionalVersionWeights", &WEIGHT)]),
    ],
    attributes: &["AliasArn"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn input(properties: &Value) -> Value {
    let weights = properties.pointer("/RoutingConfig/AdditionalVersionWeights").and_then(Value::as_array);
    let weights: Map<String, Value> = weights
        .into_iter()
        .flatten()
        .map(|item| {
            (required(item, "FunctionVersion").to_owned(), item.get("FunctionWeight").cloned().unwrap_or_default())
        })
        .collect();
    json!({
        "FunctionName": required(properties, "FunctionName"),
        "Name": required(properties, "Name"),
        "FunctionVersion": required(properties, "FunctionVersion"),
        "Description": text(properties, "Description").unwrap_or_default(),
        "RoutingConfig": { "AdditionalVersionWeights": weights },
    })
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let output = context.invoke("lambda", "CreateAlias", input(&properties)).await?;
    provision(&context, None, &properties).await?;
    made(&output)
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let output = context.invoke("lambda", "UpdateAlias", input(&properties)).await?;
    provision(&context, Some(&live.properties), &properties).await?;
    made(&output)
}

async fn provision(context: &Context, before: Option<&Value>, after: &Value) -> Result<(), Fault> {
    const COUNT: &str = "/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions";
    let (before, after_count) = (before.and_then(|before| before.pointer(COUNT)), after.pointer(COUNT));
    let mut target = json!({ "FunctionName": required(after, "FunctionName"), "Qualifier": required(after, "Name") });
    match (before, after_count) {
        (before, Some(count)) if before != Some(count) => {
            target["ProvisionedConcurrentExecutions"] = count.clone();
            context.invoke("lambda", "PutProvisionedConcurrencyConfig", target).await.map(|_| ())
        }
        (Some(_), None) => gone(context.invoke("lambda", "DeleteProvisionedConcurrencyConfig", target).await),
        _ => Ok(()),
    }
}

fn made(output: &Value) -> Result<Made, Fault> {
    let arn = answered(output, "/AliasArn")?;
    Ok(Made::new(arn.clone()).with("AliasArn", arn))
}

fn target(properties: &Value) -> Value {
    json!({ "FunctionName": required(properties, "FunctionName"), "Name": required(properties, "Name") })
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("lambda", "DeleteAlias", target(&live.properties)).await)
}

async fn read(context: Context, _physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    match there(context.invoke("lambda", "GetAlias", target(&properties)).await)? {
        Some(output) => Ok(found(made(&output)?)),
        None => Ok(None),
    }
}
