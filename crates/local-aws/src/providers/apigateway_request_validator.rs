//! `AWS::ApiGateway::RequestValidator`

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
    create: "CreateRequestValidator",
    get: "GetRequestValidator",
    delete: "DeleteRequestValidator",
    id: "requestValidatorId",
    answer: "id",
    attribute: Some("RequestValidatorId"),
};

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-requestvalidator.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::RequestValidator",
    properties: &[
        Property::text("Name").replaces(),
        Property::text("RestApiId").required().replaces(),
        Property::flag("ValidateRequestBody"),
        Property::flag("ValidateRequestParameters"),
    ],
    attributes: &["RequestValidatorId"],
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
    patch.setting("/validateRequestBody", before.get("ValidateRequestBody"), after.get("ValidateRequestBody"), "false");
    patch.setting(
        "/validateRequestParameters",
        before.get("ValidateRequestParameters"),
        after.get("ValidateRequestParameters"),
        "false",
    );
    patch.send(&context, "UpdateRequestValidator", CHILD.target(&live.physical, before)).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    CHILD.delete(&context, &live).await
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    CHILD.read(&context, &physical, &properties).await
}
