//! `AWS::ApiGatewayV2::Stage`

use serde_json::{Value, json};

use super::apigatewayv2_part::Part;
use super::kind::{Kind, kind};
use super::member::{pick, tags};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

const PART: Part = Part {
    create: "CreateStage",
    update: "UpdateStage",
    get: "GetStage",
    delete: "DeleteStage",
    id: "StageName",
    attributes: &[],
};

const ROUTE_SETTINGS: &[Property] = &[
    Property::flag("DataTraceEnabled"),
    Property::flag("DetailedMetricsEnabled"),
    Property::choice("LoggingLevel", &["ERROR", "INFO", "OFF"]),
    Property::integer("ThrottlingBurstLimit", 0, i64::MAX),
    Property::number("ThrottlingRateLimit"),
];

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-stage.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGatewayV2::Stage",
    properties: &[
        Property::object("AccessLogSettings", &[Property::text("DestinationArn"), Property::text("Format")]),
        Property::text("ApiId").required().replaces(),
        Property::flag("AutoDeploy"),
        Property::object("DefaultRouteSettings", ROUTE_SETTINGS),
        Property::text("DeploymentId"),
        Property::text("Description"),
        Property::map("RouteSettings", &Shape::Object(ROUTE_SETTINGS)),
        Property::text("StageName").required().replaces(),
        Property::map("StageVariables", &Shape::Text),
        Property::map("Tags", &Shape::Text),
        Property::refused("AccessPolicyId"),
        Property::refused("ClientCertificateId"),
    ],
    attributes: &[],
    volatile: &[],
    identifier: None,
    taggable: true,
});

/// The properties that are members of the API's input.
const MEMBERS: &[&str] = &[
    "AccessLogSettings",
    "ApiId",
    "AutoDeploy",
    "DefaultRouteSettings",
    "DeploymentId",
    "Description",
    "RouteSettings",
    "StageName",
    "StageVariables",
];

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = pick(&properties, MEMBERS);
    let tags = tags(&context, &properties);
    if !tags.is_empty() {
        input.insert("Tags".to_owned(), json!(tags));
    }
    PART.create(&context, input).await
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    PART.update(&context, &live, pick(&properties, MEMBERS)).await
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    PART.delete(&context, &live).await
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    PART.read(&context, &physical, &properties).await
}
