//! `AWS::ApiGatewayV2::Api`

use serde_json::{Value, json};

use super::apigatewayv2_part::Part;
use super::kind::{Kind, kind};
use super::member::{pick, tags};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

const PART: Part = Part {
    create: "CreateApi",
    update: "UpdateApi",
    get: "GetApi",
    delete: "DeleteApi",
    id: "ApiId",
    attributes: &[("ApiEndpoint", "ApiEndpoint"), ("ApiId", "ApiId")],
};

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGatewayV2::Api",
    properties: &[
        Property::text("ApiKeySelectionExpression"),
        Property::object(
            "CorsConfiguration",
            &[
                Property::flag("AllowCredentials"),
                Property::texts("AllowHeaders"),
                Property::texts("AllowMethods"),
                Property::texts("AllowOrigins"),
                Property::texts("ExposeHeaders"),
                Property::integer("MaxAge", -1, 86_400)
            ]
        ),
        Property::text("CredentialsArn"),
        Property::text("Description"),
        Property::flag("DisableExecuteApiEndpoint"),
        Property::text("Name"),
        Property::choice("ProtocolType", &["HTTP", "WEBSOCKET"]).replaces(),
        Property::text("RouteKey"),
        Property::text("RouteSelectionExpression"),
        Property::text("Target"),
        Property::text("Version"),
        Property::map("Tags", &Shape::Text),
        Property::refused("BasePath"),
        Property::refused("Body"),
        Property::refused("BodyS3Location"),
        Property::refused("DisableSchemaValidation"),
        Property::refused("FailOnWarnings"),
        Property::refused("IpAddressType"),
    ],
    attributes: &["ApiEndpoint", "ApiId"],
    volatile: &[],
    identifier: None,
    taggable: true,
});

/// The properties that are members of the API's input.
const MEMBERS: &[&str] = &[
    "ApiKeySelectionExpression",
    "CorsConfiguration",
    "CredentialsArn",
    "Description",
    "DisableExecuteApiEndpoint",
    "Name",
    "ProtocolType",
    "RouteKey",
    "RouteSelectionExpression",
    "Target",
    "Version",
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
