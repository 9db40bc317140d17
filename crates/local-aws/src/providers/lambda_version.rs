//! `AWS::Lambda::Version`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, gone, pick, required, text, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Lambda::Version",
    properties: &[
        Property::text("CodeSha256").replaces(),
        Property::text("Description").replaces(),
        Property::text("FunctionName").required().replaces(),
        Property::object(
            "ProvisionedConcurrencyConfig",
            &[Property::integer("ProvisionedConcurrentExecutions", 1, i64::MAX).required()],
        )
        .replaces(),
        Property::refused("FunctionScalingConfig"),
        Property::refused("RuntimePolicy"),
    ],
    attributes: &["FunctionArn", "Version"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let function = required(&properties, "FunctionName");
    let before = versions(&context, function).await?;
    let input = pick(&properties, &["CodeSha256", "Description", "FunctionName"]);
    let output = context.invoke("lambda", "PublishVersion", Value::Object(input)).await?;
    let version = answered(&output, "/Version")?;
    if before.contains(&version) {
        return Err(Fault::sender(
            "AlreadyExists",
            format!(
                "A version for this Lambda function exists ( {version} ). Modify the function to create a new version."
            ),
        ));
    }
    if let Some(count) = properties.pointer("/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions") {
        let input = json!({ "FunctionName": function, "Qualifier": version, "ProvisionedConcurrentExecutions": count });
        context.invoke("lambda", "PutProvisionedConcurrencyConfig", input).await?;
    }
    made(&output)
}

async fn versions(context: &Context, function: &str) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    let mut marker: Option<String> = None;
    // A function has at most a few hundred versions: 200 pages of at least one are beyond any.
    for _ in 0..200 {
        let mut input = json!({ "FunctionName": function });
        if let Some(marker) = &marker {
            input["Marker"] = Value::from(marker.as_str());
        }
        let output = context.invoke("lambda", "ListVersionsByFunction", input).await?;
        let versions = output.get("Versions").and_then(Value::as_array).into_iter().flatten();
        found.extend(versions.filter_map(|version| text(version, "Version")).map(str::to_owned));
        marker = text(&output, "NextMarker").map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    Ok(found)
}

async fn update(_context: Context, live: Live, _properties: Value) -> Result<Made, Fault> {
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let Some((function, version)) = live.physical.rsplit_once(':') else { return Ok(()) };
    gone(context.invoke("lambda", "DeleteFunction", json!({ "FunctionName": function, "Qualifier": version })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let Some((function, version)) = physical.rsplit_once(':') else { return Ok(None) };
    let input = json!({ "FunctionName": function, "Qualifier": version });
    match there(context.invoke("lambda", "GetFunctionConfiguration", input).await)? {
        Some(output) => Ok(found(made(&output)?)),
        None => Ok(None),
    }
}

fn made(output: &Value) -> Result<Made, Fault> {
    let (arn, version) = (answered(output, "/FunctionArn")?, answered(output, "/Version")?);
    let qualified = if arn.ends_with(&format!(":{version}")) { arn } else { format!("{arn}:{version}") };
    Ok(Made::new(qualified.clone()).with("FunctionArn", qualified).with("Version", version))
}
