//! `AWS::ApiGatewayV2::Authorizer`

use serde_json::{Map, Value};

use super::apigatewayv2_part::Part;
use super::kind::{Kind, kind};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

const PART: Part = Part {
    create: "CreateAuthorizer",
    update: "UpdateAuthorizer",
    get: "GetAuthorizer",
    delete: "DeleteAuthorizer",
    id: "AuthorizerId",
    attributes: &[("AuthorizerId", "AuthorizerId")],
};

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-authorizer.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGatewayV2::Authorizer",
    properties: &[
        Property::text("ApiId").required().replaces(),
        Property::text("AuthorizerCredentialsArn"),
        Property::choice("AuthorizerPayloadFormatVersion", &["1.0", "2.0"]),
        Property::integer("AuthorizerResultTtlInSeconds", 0, 3600),
        Property::choice("AuthorizerType", &["JWT", "REQUEST"]).required(),
        Property::text("AuthorizerUri"),
        Property::flag("EnableSimpleResponses"),
        Property::texts("IdentitySource"),
        Property::text("IdentityValidationExpression"),
        Property::object("JwtConfiguration", &[Property::texts("Audience"), Property::text("Issuer")]),
        Property::text("Name").required(),
    ],
    attributes: &["AuthorizerId"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

/// Every property is a member of the API's input.
fn members(properties: &Value) -> Map<String, Value> {
    properties.as_object().cloned().unwrap_or_default()
}

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    PART.create(&context, members(&properties)).await
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    PART.update(&context, &live, members(&properties)).await
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    PART.delete(&context, &live).await
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    PART.read(&context, &physical, &properties).await
}
