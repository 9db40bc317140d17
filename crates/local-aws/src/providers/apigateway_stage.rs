//! `AWS::ApiGateway::Stage`

use serde_json::{Value, json};

use super::apigateway_rest_api::update_tags;
use super::kind::{Kind, kind};
use super::member::{found, gone, lower_first, required, tags, text, there, unchanged};
use super::patch::Patch;
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape, TAGS};
use crate::wire::Fault;

const METHOD_SETTING: Shape = Shape::Object(&[
    Property::flag("CacheDataEncrypted"),
    Property::integer("CacheTtlInSeconds", 0, 3600),
    Property::flag("CachingEnabled"),
    Property::flag("DataTraceEnabled"),
    Property::text("HttpMethod"),
    Property::choice("LoggingLevel", &["OFF", "ERROR", "INFO"]),
    Property::flag("MetricsEnabled"),
    Property::text("ResourcePath"),
    Property::integer("ThrottlingBurstLimit", 0, i64::MAX),
    Property::number("ThrottlingRateLimit"),
]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-stage.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::Stage",
    properties: &[
        Property::object("AccessLogSetting", &[Property::text("DestinationArn"), Property::text("Format")]),
        Property::text("DeploymentId"),
        Property::text("Description"),
        Property::objects("MethodSettings", &METHOD_SETTING),
        Property::text("RestApiId").required().replaces(),
        Property::text("StageName").replaces(),
        TAGS,
        Property::flag("TracingEnabled"),
        Property::map("Variables", &Shape::Text),
        Property::refused("CacheClusterEnabled"),
        Property::refused("CacheClusterSize"),
        Property::refused("CanarySetting"),
        Property::refused("ClientCertificateId"),
        Property::refused("DocumentationVersion"),
    ],
    attributes: &[],
    volatile: &[],
    identifier: None,
    taggable: true,
});

/// A setting of methods, and its place in a patch.
const SETTINGS: &[(&str, &str)] = &[
    ("CacheDataEncrypted", "caching/dataEncrypted"),
    ("CacheTtlInSeconds", "caching/ttlInSeconds"),
    ("CachingEnabled", "caching/enabled"),
    ("DataTraceEnabled", "logging/dataTrace"),
    ("LoggingLevel", "logging/loglevel"),
    ("MetricsEnabled", "metrics/enabled"),
    ("ThrottlingBurstLimit", "throttling/burstLimit"),
    ("ThrottlingRateLimit", "throttling/rateLimit"),
];

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

fn target(properties: &Value) -> Value {
    json!({ "restApiId": required(properties, "RestApiId"), "stageName": text(properties, "StageName").unwrap_or("default") })
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = target(&properties);
    for property in ["DeploymentId", "Description", "TracingEnabled", "Variables"] {
        if let Some(value) = properties.get(property) {
            input[lower_first(property)] = value.clone();
        }
    }
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input["tags"] = json!(tags);
    }
    context.invoke("apigateway", "CreateStage", input).await?;
    let mut patch = Patch::default();
    settings(&mut patch, &json!({}), &properties);
    let sent = patch.send(&context, "UpdateStage", target(&properties)).await;
    if let Err(fault) = sent {
        gone(context.invoke("apigateway", "DeleteStage", target(&properties)).await)?;
        return Err(fault);
    }
    Ok(Made::new(text(&properties, "StageName").unwrap_or("default")))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let mut patch = Patch::default();
    for (property, path, absent) in [
        ("DeploymentId", "/deploymentId", ""),
        ("Description", "/description", ""),
        ("TracingEnabled", "/tracingEnabled", "false"),
    ] {
        patch.setting(path, live.properties.get(property), properties.get(property), absent);
    }
    patch.map("/variables", live.properties.get("Variables"), properties.get("Variables"));
    settings(&mut patch, &live.properties, &properties);
    patch.send(&context, "UpdateStage", target(&properties)).await?;
    let api = required(&properties, "RestApiId");
    let arn = format!("arn:aws:apigateway:{}::/restapis/{api}/stages/{}", context.region, live.physical);
    update_tags(&context, &live, &properties, &arn).await?;
    Ok(unchanged(live))
}

/// Access logs and settings of methods, which only a patch can set.
fn settings(patch: &mut Patch, before: &Value, after: &Value) {
    for (property, path) in
        [("DestinationArn", "/accessLogSettings/destinationArn"), ("Format", "/accessLogSettings/format")]
    {
        let pointer = format!("/AccessLogSetting/{property}");
        patch.setting(path, before.pointer(&pointer), after.pointer(&pointer), "");
    }
    let methods =
        |properties: &Value| properties.get("MethodSettings").and_then(Value::as_array).cloned().unwrap_or_default();
    let place = |method: &Value| {
        // The root is written `/`, every path with `~1` for its slashes.
        let path = text(method, "ResourcePath").unwrap_or("/*").trim_start_matches('/');
        let path = if path == "*" { "*".to_owned() } else { format!("~1{}", path.replace('/', "~1")) };
        format!("/{path}/{}", text(method, "HttpMethod").unwrap_or("*"))
    };
    let before = methods(before);
    for method in methods(after) {
        let at = place(&method);
        let old = before.iter().find(|old| place(old) == at).cloned().unwrap_or_default();
        for (property, path) in SETTINGS {
            if method.get(*property).is_some() {
                patch.setting(&format!("{at}/{path}"), old.get(*property), method.get(*property), "");
            }
        }
    }
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("apigateway", "DeleteStage", target(&live.properties)).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("apigateway", "GetStage", target(&properties)).await)?;
    Ok(answer.and_then(|_| found(Made::new(physical))))
}
