//! `AWS::Lambda::LayerVersion`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, gone, name_or, pick, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversion.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::Lambda::LayerVersion",
    properties: &[
        Property::texts("CompatibleArchitectures").replaces(),
        Property::texts("CompatibleRuntimes").replaces(),
        Property::object(
            "Content",
            &[
                Property::text("S3Bucket").required(),
                Property::text("S3Key").required(),
                Property::text("S3ObjectVersion")
            ],
        )
        .required()
        .replaces(),
        Property::text("Description").replaces(),
        Property::text("LayerName").replaces(),
        Property::text("LicenseInfo").replaces(),
    ],
    attributes: &["LayerVersionArn"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input =
        pick(&properties, &["CompatibleArchitectures", "CompatibleRuntimes", "Content", "Description", "LicenseInfo"]);
    let layer = name_or(&context, &properties, "LayerName", 140, Letters::Mixed);
    input.insert("LayerName".to_owned(), Value::from(layer));
    let output = context.invoke("lambda", "PublishLayerVersion", Value::Object(input)).await?;
    Ok(made(&answered(&output, "/LayerVersionArn")?))
}

fn made(arn: &str) -> Made {
    Made::new(arn).with("LayerVersionArn", arn)
}

async fn update(_context: Context, live: Live, _properties: Value) -> Result<Made, Fault> {
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let Some((layer, version)) = live.physical.rsplit_once(':') else { return Ok(()) };
    let Ok(version) = version.parse::<u64>() else { return Ok(()) };
    let input = json!({ "LayerName": layer, "VersionNumber": version });
    gone(context.invoke("lambda", "DeleteLayerVersion", input).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("lambda", "GetLayerVersionByArn", json!({ "Arn": physical })).await)?;
    Ok(answer.and_then(|_| found(made(&physical))))
}
