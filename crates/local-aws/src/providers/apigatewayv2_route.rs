//! `AWS::ApiGatewayV2::Route`

use serde_json::Value;

use super::apigatewayv2_part::Part;
use super::kind::{Kind, kind};
use super::member::pick;
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

const PART: Part = Part {
    create: "CreateRoute",
    update: "UpdateRoute",
    get: "GetRoute",
    delete: "DeleteRoute",
    id: "RouteId",
    attributes: &[("RouteId", "RouteId")],
};

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGatewayV2::Route",
    properties: &[
        Property::text("ApiId").required().replaces(),
        Property::flag("ApiKeyRequired"),
        Property::texts("AuthorizationScopes"),
        Property::choice("AuthorizationType", &["NONE", "AWS_IAM", "CUSTOM", "JWT"]),
        Property::text("AuthorizerId"),
        Property::text("ModelSelectionExpression"),
        Property::text("OperationName"),
        Property::map("RequestModels", &Shape::Text),
        Property::map("RequestParameters", &Shape::Json),
        Property::text("RouteKey").required(),
        Property::text("RouteResponseSelectionExpression"),
        Property::text("Target"),
    ],
    attributes: &["RouteId"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

/// The properties that are members of the API's input.
const MEMBERS: &[&str] = &[
    "ApiId",
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "ModelSelectionExpression",
    "OperationName",
    "RequestModels",
    "RequestParameters",
    "RouteKey",
    "RouteResponseSelectionExpression",
    "Target",
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
