//! `AWS::ApiGateway::Deployment`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, found, gone, required, text, there, unchanged};
use super::patch::Patch;
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-deployment.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::Deployment",
    properties: &[
        Property::text("Description"),
        Property::text("RestApiId").required().replaces(),
        Property::object(
            "StageDescription",
            &[
                Property::text("Description"),
                Property::map("Variables", &Shape::Text),
                Property::flag("TracingEnabled"),
                Property::refused("AccessLogSetting"),
                Property::refused("CacheClusterEnabled"),
                Property::refused("CacheClusterSize"),
                Property::refused("CacheDataEncrypted"),
                Property::refused("CacheTtlInSeconds"),
                Property::refused("CachingEnabled"),
                Property::refused("CanarySetting"),
                Property::refused("ClientCertificateId"),
                Property::refused("DataTraceEnabled"),
                Property::refused("DocumentationVersion"),
                Property::refused("LoggingLevel"),
                Property::refused("MethodSettings"),
                Property::refused("MetricsEnabled"),
                Property::refused("Tags"),
                Property::refused("ThrottlingBurstLimit"),
                Property::refused("ThrottlingRateLimit"),
            ],
        ),
        Property::text("StageName"),
        Property::refused("DeploymentCanarySettings"),
    ],
    attributes: &["DeploymentId"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = json!({ "restApiId": required(&properties, "RestApiId") });
    for (property, member) in [("StageName", "stageName"), ("Description", "description")] {
        if let Some(text) = text(&properties, property) {
            input[member] = Value::from(text);
        }
    }
    let stage = properties.get("StageDescription").cloned().unwrap_or_default();
    for (property, member) in
        [("Description", "stageDescription"), ("Variables", "variables"), ("TracingEnabled", "tracingEnabled")]
    {
        if let Some(value) = stage.get(property) {
            input[member] = value.clone();
        }
    }
    let output = context.invoke("apigateway", "CreateDeployment", input).await?;
    let id = answered(&output, "/id")?;
    Ok(Made::new(id.clone()).with("DeploymentId", id))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let api = required(&properties, "RestApiId");
    let mut patch = Patch::default();
    patch.setting("/description", live.properties.get("Description"), properties.get("Description"), "");
    let deployment = json!({ "restApiId": api, "deploymentId": live.physical });
    patch.send(&context, "UpdateDeployment", deployment).await?;
    let before = text(&live.properties, "StageName");
    match text(&properties, "StageName") {
        Some(stage) if before == Some(stage) => {
            let mut patch = Patch::default();
            let of = |properties: &Value, pointer: &str| properties.pointer(pointer).cloned();
            for (pointer, path, absent) in [
                ("/StageDescription/Description", "/description", ""),
                ("/StageDescription/TracingEnabled", "/tracingEnabled", "false"),
            ] {
                let (before, after) = (of(&live.properties, pointer), of(&properties, pointer));
                patch.setting(path, before.as_ref(), after.as_ref(), absent);
            }
            let pointer = "/StageDescription/Variables";
            patch.map("/variables", live.properties.pointer(pointer), properties.pointer(pointer));
            patch.send(&context, "UpdateStage", json!({ "restApiId": api, "stageName": stage })).await?;
        }
        Some(stage) => {
            let input = json!({ "restApiId": api, "stageName": stage, "deploymentId": live.physical });
            context.invoke("apigateway", "CreateStage", input).await?;
        }
        None => {}
    }
    Ok(unchanged(live))
}

/// A deployment with a stage on it cannot go. The stage goes to the newest other deployment; if there is none, it goes
/// with this one.
async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    let api = required(&live.properties, "RestApiId");
    if let Some(stage) = text(&live.properties, "StageName") {
        let target = json!({ "restApiId": api, "stageName": stage });
        let on_stage = there(context.invoke("apigateway", "GetStage", target.clone()).await)?;
        if on_stage.is_some_and(|found| text(&found, "deploymentId") == Some(&live.physical)) {
            match newest_other(&context, api, &live.physical).await? {
                Some(other) => {
                    let mut patch = Patch::default();
                    patch.replace("/deploymentId", &other);
                    patch.send(&context, "UpdateStage", target).await?;
                }
                None => gone(context.invoke("apigateway", "DeleteStage", target).await)?,
            }
        }
    }
    let input = json!({ "restApiId": api, "deploymentId": live.physical });
    gone(context.invoke("apigateway", "DeleteDeployment", input).await)
}

async fn newest_other(context: &Context, api: &str, deployment: &str) -> Result<Option<String>, Fault> {
    let answer = there(context.invoke("apigateway", "GetDeployments", json!({ "restApiId": api })).await)?;
    let answer = answer.unwrap_or_default();
    let items = answer.get("item").or_else(|| answer.get("items")).and_then(Value::as_array);
    let others = items.into_iter().flatten().filter(|item| text(item, "id") != Some(deployment));
    let time = |item: &Value| item.get("createdDate").and_then(Value::as_f64).unwrap_or_default();
    let newest = others.max_by(|left, right| time(left).total_cmp(&time(right)));
    Ok(newest.and_then(|item| text(item, "id")).map(str::to_owned))
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "restApiId": required(&properties, "RestApiId"), "deploymentId": physical });
    let answer = there(context.invoke("apigateway", "GetDeployment", input).await)?;
    Ok(answer.and_then(|_| found(Made::new(physical.clone()).with("DeploymentId", physical))))
}
