//! `AWS::ApiGateway::Authorizer`

use serde_json::Value;

use super::apigateway_child::Child;
use super::kind::{Kind, kind};
use super::member::unchanged;
use super::patch::Patch;
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

const CHILD: Child = Child {
    create: "CreateAuthorizer",
    get: "GetAuthorizer",
    delete: "DeleteAuthorizer",
    id: "authorizerId",
    answer: "id",
    attribute: Some("AuthorizerId"),
};

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-authorizer.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::Authorizer",
    properties: &[
        Property::text("AuthType"),
        Property::text("AuthorizerCredentials"),
        Property::integer("AuthorizerResultTtlInSeconds", 0, 3600),
        Property::text("AuthorizerUri"),
        Property::text("IdentitySource"),
        Property::text("IdentityValidationExpression"),
        Property::text("Name").required(),
        Property::texts("ProviderARNs"),
        Property::text("RestApiId").required().replaces(),
        Property::choice("Type", &["TOKEN", "REQUEST", "COGNITO_USER_POOLS"]).required(),
    ],
    attributes: &["AuthorizerId"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    CHILD.create(&context, &KIND.schema, &properties).await
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let (before, after) = (&live.properties, &properties);
    let mut patch = Patch::default();
    patch.setting("/authType", before.get("AuthType"), after.get("AuthType"), "");
    patch.setting(
        "/authorizerCredentials",
        before.get("AuthorizerCredentials"),
        after.get("AuthorizerCredentials"),
        "",
    );
    patch.setting(
        "/authorizerResultTtlInSeconds",
        before.get("AuthorizerResultTtlInSeconds"),
        after.get("AuthorizerResultTtlInSeconds"),
        "300",
    );
    patch.setting("/authorizerUri", before.get("AuthorizerUri"), after.get("AuthorizerUri"), "");
    patch.setting("/identitySource", before.get("IdentitySource"), after.get("IdentitySource"), "");
    patch.setting(
        "/identityValidationExpression",
        before.get("IdentityValidationExpression"),
        after.get("IdentityValidationExpression"),
        "",
    );
    patch.setting("/name", before.get("Name"), after.get("Name"), "");
    patch.setting("/type", before.get("Type"), after.get("Type"), "");
    patch.list("/providerARNs", before.get("ProviderARNs"), after.get("ProviderARNs"));
    patch.send(&context, "UpdateAuthorizer", CHILD.target(&live.physical, before)).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    CHILD.delete(&context, &live).await
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    CHILD.read(&context, &physical, &properties).await
}
