//! `AWS::ApiGatewayV2::Integration`

use serde_json::Value;

use super::apigatewayv2_part::Part;
use super::kind::{Kind, kind};
use super::member::pick;
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

const PART: Part = Part {
    create: "CreateIntegration",
    update: "UpdateIntegration",
    get: "GetIntegration",
    delete: "DeleteIntegration",
    id: "IntegrationId",
    attributes: &[("IntegrationId", "IntegrationId")],
};

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-integration.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGatewayV2::Integration",
    properties: &[
        Property::text("ApiId").required().replaces(),
        Property::text("ConnectionId"),
        Property::choice("ConnectionType", &["INTERNET", "VPC_LINK"]),
        Property::text("ContentHandlingStrategy"),
        Property::text("CredentialsArn"),
        Property::text("Description"),
        Property::text("IntegrationMethod"),
        Property::text("IntegrationSubtype"),
        Property::choice("IntegrationType", &["AWS", "HTTP", "MOCK", "HTTP_PROXY", "AWS_PROXY"]).required(),
        Property::text("IntegrationUri"),
        Property::text("PassthroughBehavior"),
        Property::choice("PayloadFormatVersion", &["1.0", "2.0"]),
        Property::map("RequestParameters", &Shape::Text),
        Property::map("RequestTemplates", &Shape::Text),
        Property::map("ResponseParameters", &Shape::Json),
        Property::text("TemplateSelectionExpression"),
        Property::integer("TimeoutInMillis", 50, 30_000),
        Property::object("TlsConfig", &[Property::text("ServerNameToVerify")]),
    ],
    attributes: &["IntegrationId"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

/// The properties that are members of the API's input.
const MEMBERS: &[&str] = &[
    "ApiId",
    "ConnectionId",
    "ConnectionType",
    "ContentHandlingStrategy",
    "CredentialsArn",
    "Description",
    "IntegrationMethod",
    "IntegrationSubtype",
    "IntegrationType",
    "IntegrationUri",
    "PassthroughBehavior",
    "PayloadFormatVersion",
    "RequestParameters",
    "RequestTemplates",
    "ResponseParameters",
    "TemplateSelectionExpression",
    "TimeoutInMillis",
    "TlsConfig",
];

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let input = pick(&properties, MEMBERS);
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
